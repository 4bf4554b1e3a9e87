// SPDX-License-Identifier: MIT
#include "json.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

static void print(json_t *value, size_t flags)
{
    if (!value) {
        tool_error("out of memory");
        exit(TOOL_SYSTEM);
    }
    // 15 digits are those that every decimal number keeps: 154.123, not 154.12299999999999.
    json_dumpf(value, stdout, flags | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(value);
}

void json_print(json_t *value)
{
    print(value, JSON_INDENT(2));
}

void json_print_line(json_t *value)
{
    print(value, JSON_COMPACT);
}

char *json_base64(const void *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = data;
    char *out = tool_calloc((size + 2) / 3 * 4 + 1, 1);
    char *at = out;
    for (size_t i = 0; i < size; i += 3) {
        unsigned group = bytes[i] * 65536u;
        group += i + 1 < size ? bytes[i + 1] * 256u : 0;
        group += i + 2 < size ? bytes[i + 2] : 0;
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = i + 1 < size ? digits[group >> 6 & 63] : '=';
        *at++ = i + 2 < size ? digits[group & 63] : '=';
    }
    return out;
}

void json_set_bytes(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text); // NULL when it is not UTF-8
    if (value) {
        json_object_set_new(object, key, value);
        return;
    }
    char name[64];
    char *encoded = json_base64(text, strlen(text));
    snprintf(name, sizeof name, "%s_b64", key);
    json_object_set_new(object, name, json_string(encoded));
    free(encoded);
}
