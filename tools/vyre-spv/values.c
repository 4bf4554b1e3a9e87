// SPDX-License-Identifier: MIT
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool values_split(const char *argument, struct values_binding *out)
{
    const char *equals = strchr(argument, '=');
    if (!equals || equals == argument || !equals[1]) {
        tool_usage("run", "'%s' is not NAME=VALUE", argument);
        return false;
    }
    *out = (struct values_binding){ argument, (size_t)(equals - argument), equals + 1 };
    return true;
}

// ---- Forms --------------------------------------------------------------------------------------

enum form {
    FORM_U32,
    FORM_I32,
    FORM_U64,
    FORM_I64,
    FORM_F32,
    FORM_HEX, // elements of any size; printed only
    FORM_COUNT,
};

static const struct form_info {
    const char *name;
    size_t size; // bytes
    bool is_signed;
    const char *numbers; // what may be written
} forms[FORM_COUNT] = {
    [FORM_U32] = { "u32", 4, false, "a number from 0 to 4294967295" },
    [FORM_I32] = { "i32", 4, true, "a number from -2147483648 to 2147483647" },
    [FORM_U64] = { "u64", 8, false, "a number from 0 to 18446744073709551615" },
    [FORM_I64] = { "i64", 8, true, "a number from -9223372036854775808 to 9223372036854775807" },
    [FORM_F32] = { "f32", 4, true, "a number that f32 can hold, inf or nan" },
    [FORM_HEX] = { "hex", 0, false, NULL },
};

static bool is_word(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(text, word, size) == 0;
}

// The form of the first `size` bytes, or FORM_COUNT.
static enum form find_form(const char *text, size_t size)
{
    enum form form = FORM_U32;
    while (form < FORM_COUNT && !is_word(text, size, forms[form].name))
        form++;
    return form;
}

// Whether a file of this name is more likely a type or a list of values in the wrong place.
static bool looks_like_values(const char *spec)
{
    static const char *const words[] = {
        "u8",     "u16",    "u32", "u64",  "i8",   "i16",  "i32",   "i64",   "f16",
        "bf16",   "f32",    "f64", "bool", "vec2", "vec3", "vec4",  "bytes", "tensor",
        "f8e4m3", "f8e5m2", "i4",  "hex",  "zero", "vec",  "array",
    };
    size_t size = strcspn(spec, ":<");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_word(spec, size, words[i]))
            return true;
    }
    return false;
}

// ---- Reading ------------------------------------------------------------------------------------

// One number, decimal or 0x..., within the bounds of the form; *text moves behind it.
static bool parse_integer(const char **text, enum form form, uint64_t *out)
{
    const bool is_signed = forms[form].is_signed;
    const char *at = *text;
    bool negative = is_signed && *at == '-';
    at += negative;
    if (*at < '0' || *at > '9') // strtoull would take spaces and signs
        return false;
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(at, &end, at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 16 : 10);
    uint64_t limit = UINT64_MAX >> (64 - 8 * forms[form].size);
    if (is_signed)
        limit = limit / 2 + negative;
    if (errno || value > limit)
        return false;
    *out = negative ? 0 - value : value;
    *text = end;
    return true;
}

// nan, or nan(0x7fc00001) with all bits of any other one, as print_f32 writes it; behind the sign.
static bool parse_nan(const char *at, char **end, uint32_t *out)
{
    *out = 0x7fc00000;
    *end = (char *)at + 3;
    if (strncmp(at, "nan(0x", 6) != 0)
        return true;
    uint64_t bits = strtoull(at + 4, end, 16);
    if (**end != ')' || bits > UINT32_MAX || (bits & 0x7fffffff) <= 0x7f800000)
        return false;
    *out = (uint32_t)bits;
    (*end)++;
    return true;
}

// The nearest f32 of a decimal or hexadecimal number, inf or nan; *text moves behind it.
static bool parse_f32(const char **text, uint64_t *out)
{
    const char *at = *text;
    bool negative = *at == '-';
    at += negative;
    char *end = NULL;
    uint32_t bits = 0x7f800000;
    if (strncmp(at, "inf", 3) == 0) {
        end = (char *)at + 3;
    } else if (strncmp(at, "nan", 3) == 0) {
        if (!parse_nan(at, &end, &bits))
            return false;
    } else {
        if ((*at < '0' || *at > '9') && *at != '.') // strtof would take spaces and more words
            return false;
        float value = strtof(at, &end);
        if (end == at || isinf(value)) // not a number, or too large for one
            return false;
        memcpy(&bits, &value, sizeof bits);
    }
    *out = bits | (uint32_t)negative << 31;
    *text = end;
    return true;
}

// NULL, or where the number is that is none.
static const char *parse_numbers(const char *text, enum form form, struct tool_bytes *out)
{
    size_t capacity = 0;
    while (*text) {
        const char *start = text;
        uint64_t value = 0;
        bool good =
            form == FORM_F32 ? parse_f32(&text, &value) : parse_integer(&text, form, &value);
        if (!good || (*text && *text != ','))
            return start;
        if (out->size + sizeof value > capacity) {
            capacity = capacity ? 2 * capacity : 256;
            out->data = tool_realloc(out->data, capacity);
        }
        memcpy(out->data + out->size, &value, forms[form].size); // little-endian, as the devices
        out->size += forms[form].size;
        if (*text == ',' && !*++text)
            return text;
    }
    return NULL;
}

static bool parse_count(const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return !errno && !*end;
}

// A file, or something that only looks like one.
static int read_file(const char *path, const struct tool_limit *limit, struct tool_bytes *out)
{
    size_t prefix = strcspn(path, ":/");
    if (prefix > 0 && path[prefix] == ':' && access(path, F_OK) != 0)
        return tool_usage(
            "run",
            "'%s' is no file, and '%.*s:' is not one of u32:, i32:, u64:, i64:, f32:, "
            "zero:",
            path, (int)prefix, path);
    return tool_read_file(path, limit, out);
}

static int make_zeros(const char *text, const struct vyre_buffer_info *buffer,
                      const struct tool_limit *limit, struct tool_bytes *out)
{
    uint64_t count = 0;
    if (!parse_count(text, &count) || !buffer->element_size)
        return tool_usage("run", "buffer '%s': '%s' is not a number of elements, as in zero:16",
                          buffer->name, text);
    if (count > limit->bytes / buffer->element_size) {
        tool_error("buffer '%s': zero:%" PRIu64 " is too large: at most %" PRIu64 " bytes %s",
                   buffer->name, count, limit->bytes, limit->reason);
        return TOOL_WRONG_INPUT;
    }
    out->size = (size_t)count * buffer->element_size;
    out->data = tool_calloc(out->size, 1);
    return TOOL_OK;
}

// The form of the numbers in `spec`, FORM_COUNT where there are none.
static enum form form_of(const char *spec)
{
    const size_t prefix = strcspn(spec, ":");
    const enum form form = spec[prefix] ? find_form(spec, prefix) : FORM_COUNT;
    return form < FORM_HEX ? form : FORM_COUNT;
}

bool values_are_numbers(const char *spec)
{
    return form_of(spec) != FORM_COUNT;
}

int values_parse(const char *spec, const struct vyre_buffer_info *buffer, struct tool_bytes *out)
{
    const enum form form = form_of(spec);
    *out = (struct tool_bytes){ .size = 0 };
    if (buffer->element_size != forms[form].size)
        return tool_usage("run",
                          "buffer '%s': its elements are %s, and numbers of %s have another size\n"
                          "Fix: give a file, zero:N, or numbers of a type of that size",
                          buffer->name, buffer->element, forms[form].name);
    const char *wrong = parse_numbers(spec + strcspn(spec, ":") + 1, form, out);
    if (!wrong)
        return TOOL_OK;
    tool_bytes_fini(out);
    return tool_usage("run", "buffer '%s': '%.*s' is not %s", buffer->name,
                      (int)strcspn(wrong, ","), wrong, forms[form].numbers);
}

int values_read(const char *spec, const struct vyre_buffer_info *buffer,
                const struct tool_limit *limit, struct tool_bytes *out)
{
    *out = (struct tool_bytes){ .size = 0 };
    if (strncmp(spec, "zero:", 5) == 0)
        return make_zeros(spec + 5, buffer, limit, out);
    return read_file(spec, limit, out);
}

// ---- Writing ------------------------------------------------------------------------------------

// The shortest decimal number that reads back as the same bits.
static void print_f32(uint32_t bits)
{
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    if (isnan(value)) {
        if ((bits & 0x7fffffff) == 0x7fc00000)
            fputs(bits >> 31 ? "-nan" : "nan", stdout);
        else
            printf("nan(0x%08" PRIx32 ")", bits);
        return;
    }
    char text[32];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        float back = strtof(text, NULL);
        if (memcmp(&back, &value, sizeof back) == 0)
            break;
    }
    fputs(text, stdout);
}

static void print_element(enum form form, const uint8_t *bytes, size_t size)
{
    if (form == FORM_HEX) {
        for (size_t i = size; i-- > 0;) // most significant first
            printf("%02x", bytes[i]);
        return;
    }
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    switch (form) {
    case FORM_I32: printf("%" PRId32, (int32_t)value); break;
    case FORM_I64: printf("%" PRId64, (int64_t)value); break;
    case FORM_F32: print_f32((uint32_t)value); break;
    default: printf("%" PRIu64, value);
    }
}

static void print_elements(enum form form, const void *data, size_t size, size_t element_size,
                           const char *before, const char *after)
{
    const uint8_t *bytes = data;
    size_t stride = form == FORM_HEX ? element_size : forms[form].size;
    for (size_t at = 0; at < size; at += stride) {
        // What is left of the last element is shown as bytes, not made up to a number.
        size_t left = size - at < stride ? size - at : stride;
        fputs(before, stdout);
        print_element(left < stride ? FORM_HEX : form, bytes + at, left);
        fputs(after, stdout);
    }
}

int values_check_output(const char *spec, const struct vyre_buffer_info *buffer)
{
    // A bare word is a slip more often than a file.
    const bool is_file = strcmp(spec, "-") == 0 || strpbrk(spec, "./");
    if (find_form(spec, strlen(spec)) < FORM_COUNT || (is_file && !looks_like_values(spec)))
        return TOOL_OK;
    return tool_usage(
        "run",
        "buffer '%s': '%s' is not one of u32, i32, u64, i64, f32, hex, and looks like "
        "no file\n"
        "Fix: use --out %s=hex to see elements of any type, or ./%s for a file of "
        "that name",
        buffer->name, spec, buffer->name, spec);
}

int values_write(const char *spec, const struct vyre_buffer_info *buffer, const void *data,
                 size_t size)
{
    const enum form form = find_form(spec, strlen(spec));
    if (form < FORM_COUNT) {
        print_elements(form, data, size, buffer->element_size ? buffer->element_size : 1, "", "\n");
        return TOOL_OK;
    }
    int code = tool_write(spec, data, size, true);
    if (!code && strcmp(spec, "-") != 0)
        tool_say("wrote %s (%zu bytes)", spec, size);
    return code;
}

void values_print(const struct vyre_buffer_info *buffer, const void *data, size_t size)
{
    enum form form = find_form(buffer->element, strlen(buffer->element));
    if (strcmp(buffer->element, "bool") == 0)
        form = FORM_U32;
    else if (form == FORM_COUNT)
        form = FORM_HEX;
    printf("%s:", buffer->name);
    print_elements(form, data, size, buffer->element_size ? buffer->element_size : 1, " ", "");
    putchar('\n');
}
