// SPDX-License-Identifier: MIT
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// No index of the language reaches further.
#define VALUE_MAX (UINT64_C(4) << 32)

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

// ---- Reading ------------------------------------------------------------------------------------

// One number, decimal or 0x..., within the bounds of the type; *text moves behind it.
static bool parse_word(const char **text, bool is_signed, uint32_t *out)
{
    const char *at = *text;
    bool negative = is_signed && *at == '-';
    at += negative;
    if (*at < '0' || *at > '9') // strtoull would take spaces and signs
        return false;
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(at, &end, at[0] == '0' && (at[1] == 'x' || at[1] == 'X') ? 16 : 10);
    uint64_t limit = negative ? (uint64_t)1 << 31 : is_signed ? INT32_MAX : UINT32_MAX;
    if (errno || value > limit)
        return false;
    *out = (uint32_t)(negative ? 0 - value : value);
    *text = end;
    return true;
}

static bool parse_words(const char *text, bool is_signed, struct tool_bytes *out)
{
    size_t capacity = 0;
    while (*text) {
        uint32_t word = 0;
        if (!parse_word(&text, is_signed, &word) || (*text && *text != ','))
            return false;
        if (out->size + sizeof word > capacity) {
            capacity = capacity ? 2 * capacity : 256;
            out->data = tool_realloc(out->data, capacity);
        }
        memcpy(out->data + out->size, &word, sizeof word);
        out->size += sizeof word;
        if (*text == ',' && !*++text)
            return false;
    }
    return true;
}

static bool parse_zeros(const char *text, uint32_t element_size, struct tool_bytes *out)
{
    char *end = NULL;
    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    uint64_t count = strtoull(text, &end, 10);
    if (errno || *end || !element_size || count > SIZE_MAX / element_size)
        return false;
    out->size = (size_t)count * element_size;
    out->data = tool_calloc(out->size, 1);
    return true;
}

// A file, or something that only looks like one.
static int read_file(const char *path, struct tool_bytes *out)
{
    size_t prefix = strcspn(path, ":/");
    if (prefix > 0 && path[prefix] == ':' && access(path, F_OK) != 0)
        return tool_usage("run",
                          "'%s' is no file, and '%.*s:' is not one of u32:, i32:, zero:", path,
                          (int)prefix, path);
    return tool_read(path, VALUE_MAX, out) ? TOOL_OK : TOOL_SYSTEM;
}

int values_parse(const char *spec, const struct vyre_buffer_info *buffer, struct tool_bytes *out)
{
    *out = (struct tool_bytes){ .size = 0 };
    bool is_u32 = strncmp(spec, "u32:", 4) == 0;
    bool is_i32 = strncmp(spec, "i32:", 4) == 0;
    bool is_zero = strncmp(spec, "zero:", 5) == 0;
    if (!is_u32 && !is_i32 && !is_zero)
        return read_file(spec, out);
    if (!is_zero && buffer->element_size != 4)
        return tool_usage("run", "the elements of '%s' are %s; give a file", buffer->name,
                          buffer->element);
    if (is_zero ? parse_zeros(spec + 5, buffer->element_size, out)
                : parse_words(spec + 4, is_i32, out))
        return TOOL_OK;
    tool_bytes_fini(out);
    return tool_usage("run", "'%s' is not %s", spec,
                      is_zero  ? "zero: and a number of elements"
                      : is_u32 ? "u32: and numbers from 0 to 4294967295, separated by commas"
                               : "i32: and numbers from -2147483648 to 2147483647, separated by "
                                 "commas");
}

// ---- Writing ------------------------------------------------------------------------------------

enum form {
    FORM_U32,
    FORM_I32,
    FORM_HEX, // elements of any size
};

static void print_element(enum form form, const uint8_t *bytes, size_t size)
{
    uint32_t word = 0;
    if (form != FORM_HEX) {
        memcpy(&word, bytes, sizeof word);
        if (form == FORM_U32)
            printf("%" PRIu32, word);
        else
            printf("%" PRId32, (int32_t)word);
        return;
    }
    for (size_t i = size; i-- > 0;) // most significant first
        printf("%02x", bytes[i]);
}

static void print_elements(enum form form, const void *data, size_t size, size_t element_size,
                           const char *before, const char *after)
{
    const uint8_t *bytes = data;
    size_t stride = form == FORM_HEX ? element_size : sizeof(uint32_t);
    for (size_t at = 0; at < size; at += stride) {
        // What is left of the last element is shown as bytes, not made up to a number.
        size_t left = size - at < stride ? size - at : stride;
        fputs(before, stdout);
        print_element(left < stride ? FORM_HEX : form, bytes + at, left);
        fputs(after, stdout);
    }
}

int values_write(const char *spec, const struct vyre_buffer_info *buffer, const void *data,
                 size_t size)
{
    static const char *const forms[] = { "u32", "i32", "hex" };
    for (int form = FORM_U32; form <= FORM_HEX; form++) {
        if (strcmp(spec, forms[form]) == 0) {
            print_elements(form, data, size, buffer->element_size ? buffer->element_size : 1, "",
                           "\n");
            return TOOL_OK;
        }
    }
    return tool_write(spec, data, size, true);
}

void values_print(const struct vyre_buffer_info *buffer, const void *data, size_t size)
{
    enum form form = FORM_HEX;
    if (strcmp(buffer->element, "u32") == 0 || strcmp(buffer->element, "bool") == 0)
        form = FORM_U32;
    else if (strcmp(buffer->element, "i32") == 0)
        form = FORM_I32;
    printf("%s:", buffer->name);
    print_elements(form, data, size, buffer->element_size ? buffer->element_size : 1, " ", "");
    putchar('\n');
}
