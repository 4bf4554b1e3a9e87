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
    FORM_F32,
    FORM_U8,
    FORM_I8,
    FORM_U16,
    FORM_I16,
    FORM_U64,
    FORM_I64,
    FORM_F64,
    FORM_BOOL,
    FORM_HEX, // elements of any size
    FORM_COUNT,
};

#define FORM_NAMES "u32, i32, f32, u8, i8, u16, i16, u64, i64, f64, bool, hex"

static const struct form_info {
    const char *name;
    size_t size; // bytes
    bool is_signed;
    const char *numbers; // what may be written
} forms[FORM_COUNT] = {
    [FORM_U8] = { "u8", 1, false, "a number from 0 to 255" },
    [FORM_I8] = { "i8", 1, true, "a number from -128 to 127" },
    [FORM_U16] = { "u16", 2, false, "a number from 0 to 65535" },
    [FORM_I16] = { "i16", 2, true, "a number from -32768 to 32767" },
    [FORM_U32] = { "u32", 4, false, "a number from 0 to 4294967295" },
    [FORM_I32] = { "i32", 4, true, "a number from -2147483648 to 2147483647" },
    [FORM_U64] = { "u64", 8, false, "a number from 0 to 18446744073709551615" },
    [FORM_I64] = { "i64", 8, true, "a number from -9223372036854775808 to 9223372036854775807" },
    [FORM_F32] = { "f32", 4, true, "a number that f32 can hold, inf or nan" },
    [FORM_F64] = { "f64", 8, true, "a number that f64 can hold, inf or nan" },
    [FORM_BOOL] = { "bool", 4, false, "0, 1, false or true" },
    [FORM_HEX] = { "hex", 0, false, "all hexadecimal digits of an element" },
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

// Bytes from one element to the next; what has no stride is bytes.
static size_t element_size(const struct vyre_buffer_info *buffer)
{
    return buffer->element_size ? buffer->element_size : 1;
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

// The bits of a form of floats: its sign, its infinity and the NaN that is written `nan`.
struct float_bits {
    uint64_t sign, infinity, nan;
};

static struct float_bits float_bits(enum form form)
{
    return form == FORM_F32 ? (struct float_bits){ UINT64_C(1) << 31, 0x7f800000, 0x7fc00000 }
                            : (struct float_bits){ UINT64_C(1) << 63, UINT64_C(0x7ff0000000000000),
                                                   UINT64_C(0x7ff8000000000000) };
}

// nan, or nan(0x7fc00001) with all bits of any other one, as print_float writes it; behind the
// sign.
static bool parse_nan(const char *at, enum form form, char **end, uint64_t *out)
{
    const struct float_bits known = float_bits(form);
    *out = known.nan;
    *end = (char *)at + 3;
    if (strncmp(at, "nan(0x", 6) != 0)
        return true;
    errno = 0;
    *out = strtoull(at + 4, end, 16);
    if (errno || **end != ')' || *out > (known.sign | (known.sign - 1)) ||
        (*out & (known.sign - 1)) <= known.infinity)
        return false;
    (*end)++;
    return true;
}

// The bits of a number without a sign; false: it is none, or too large for one.
static bool parse_finite(const char *at, enum form form, char **end, uint64_t *out)
{
    if ((*at < '0' || *at > '9') && *at != '.') // strtof would take spaces and more words
        return false;
    if (form == FORM_F32) {
        const float value = strtof(at, end);
        *out = 0;
        memcpy(out, &value, sizeof value);
        return *end != at && !isinf(value);
    }
    const double value = strtod(at, end);
    memcpy(out, &value, sizeof value);
    return *end != at && !isinf(value);
}

// The nearest float of a decimal or hexadecimal number, inf or nan; *text moves behind it.
static bool parse_float(const char **text, enum form form, uint64_t *out)
{
    const struct float_bits known = float_bits(form);
    const char *at = *text;
    bool negative = *at == '-';
    at += negative;
    char *end = NULL;
    uint64_t bits = known.infinity;
    bool good = true;
    if (strncmp(at, "inf", 3) == 0)
        end = (char *)at + 3;
    else
        good = strncmp(at, "nan", 3) == 0 ? parse_nan(at, form, &end, &bits)
                                          : parse_finite(at, form, &end, &bits);
    if (!good)
        return false;
    *out = bits | (negative ? known.sign : 0);
    *text = end;
    return true;
}

static bool parse_bool(const char **text, uint64_t *out)
{
    const size_t size = strcspn(*text, ",");
    *out = is_word(*text, size, "1") || is_word(*text, size, "true");
    if (!*out && !is_word(*text, size, "0") && !is_word(*text, size, "false"))
        return false;
    *text += size;
    return true;
}

static bool parse_number(const char **text, enum form form, uint64_t *out)
{
    switch (form) {
    case FORM_F32:
    case FORM_F64: return parse_float(text, form, out);
    case FORM_BOOL: return parse_bool(text, out);
    default: return parse_integer(text, form, out);
    }
}

// Room for `size` more bytes, which are zeros.
static uint8_t *append(struct tool_bytes *out, size_t *capacity, size_t size)
{
    if (*capacity - out->size < size) {
        *capacity = 2 * *capacity + size + 256;
        out->data = tool_realloc(out->data, *capacity);
    }
    uint8_t *added = (uint8_t *)out->data + out->size;
    memset(added, 0, size);
    out->size += size;
    return added;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// As parse_numbers, for elements as print_element writes them: all of their digits.
static const char *parse_hex(const char *text, size_t element_size, struct tool_bytes *out)
{
    size_t capacity = 0;
    while (*text) {
        const size_t digits = strcspn(text, ",");
        if (digits != 2 * element_size)
            return text;
        uint8_t *element = append(out, &capacity, element_size);
        for (size_t i = 0; i < digits; i++) { // most significant first
            const int digit = digit_of(text[i]);
            if (digit < 0)
                return text;
            uint8_t *byte = &element[element_size - 1 - i / 2];
            *byte = (uint8_t)(*byte << 4 | digit);
        }
        text += digits;
        if (*text == ',' && !*++text)
            return text;
    }
    return NULL;
}

// NULL, or where the number is that is none.
static const char *parse_numbers(const char *text, enum form form, struct tool_bytes *out)
{
    size_t capacity = 0;
    while (*text) {
        const char *start = text;
        uint64_t value = 0;
        if (!parse_number(&text, form, &value) || (*text && *text != ','))
            return start;
        memcpy(append(out, &capacity, forms[form].size), &value,
               forms[form].size); // little-endian, as the devices
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
        return tool_usage("run",
                          "'%s' is no file, and '%.*s:' is not zero: and none of " FORM_NAMES, path,
                          (int)prefix, path);
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
    return form;
}

bool values_are_numbers(const char *spec)
{
    return form_of(spec) != FORM_COUNT;
}

int values_parse(const char *spec, const struct vyre_buffer_info *buffer, struct tool_bytes *out)
{
    const enum form form = form_of(spec);
    *out = (struct tool_bytes){ .size = 0 };
    if (form != FORM_HEX && strcmp(buffer->element, forms[form].name) != 0) {
        const bool is_known = find_form(buffer->element, strlen(buffer->element)) < FORM_COUNT;
        return tool_usage("run",
                          "buffer '%s': its elements are %s, not %s\n"
                          "Fix: give %s%shex:... for their bits, zero:N or a file",
                          buffer->name, buffer->element, forms[form].name,
                          is_known ? buffer->element : "", is_known ? ":..., " : "");
    }
    const char *numbers = spec + strcspn(spec, ":") + 1;
    const char *wrong = form == FORM_HEX ? parse_hex(numbers, element_size(buffer), out)
                                         : parse_numbers(numbers, form, out);
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
    int code = read_file(spec, limit, out);
    const size_t rest = code ? 0 : out->size % element_size(buffer);
    if (rest)
        tool_warning("buffer '%s': the last %zu of %zu bytes of %s are no whole element: %s takes "
                     "%zu bytes\n"
                     "Fix: give a multiple of %zu bytes",
                     buffer->name, rest, out->size, tool_name_of(spec), buffer->element,
                     element_size(buffer), element_size(buffer));
    return code;
}

// ---- Writing ------------------------------------------------------------------------------------

static double double_of(enum form form, uint64_t bits)
{
    double wide = 0;
    float narrow = 0;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &bits, sizeof narrow); // little-endian
    return form == FORM_F32 ? (double)narrow : wide;
}

// The shortest decimal number that reads back as the same bits.
static void print_float(enum form form, uint64_t bits)
{
    enum { MOST_DIGITS = 17 }; // 9 are enough for f32
    const struct float_bits known = float_bits(form);
    const double value = double_of(form, bits);
    if (isnan(value)) {
        if ((bits & ~known.sign) == known.nan)
            fputs(bits & known.sign ? "-nan" : "nan", stdout);
        else
            printf("nan(0x%0*" PRIx64 ")", (int)(2 * forms[form].size), bits);
        return;
    }
    char text[32];
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        const double back = form == FORM_F32 ? (double)strtof(text, NULL) : strtod(text, NULL);
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
    case FORM_I8: printf("%d", (int8_t)value); break;
    case FORM_I16: printf("%d", (int16_t)value); break;
    case FORM_I32: printf("%" PRId32, (int32_t)value); break;
    case FORM_I64: printf("%" PRId64, (int64_t)value); break;
    case FORM_F32:
    case FORM_F64: print_float(form, value); break;
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
    return tool_usage("run",
                      "buffer '%s': '%s' is not one of " FORM_NAMES ", and looks like no file\n"
                      "Fix: use --out %s=hex to see elements of any type, or ./%s for a file of "
                      "that name",
                      buffer->name, spec, buffer->name, spec);
}

bool values_are_a_file(const char *spec)
{
    return strcmp(spec, "-") != 0 && find_form(spec, strlen(spec)) == FORM_COUNT;
}

int values_write(const char *spec, const struct vyre_buffer_info *buffer, const void *data,
                 size_t size)
{
    const enum form form = find_form(spec, strlen(spec));
    if (form < FORM_COUNT) {
        print_elements(form, data, size, element_size(buffer), "", "\n");
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
    if (form == FORM_COUNT)
        form = FORM_HEX;
    printf("%s:", buffer->name);
    print_elements(form, data, size, element_size(buffer), " ", "");
    putchar('\n');
}
