// SPDX-License-Identifier: MIT
#include "base/str.h"
#include "base/memory.h"
#include "base/size.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

void str_fini(struct str *str)
{
    memory_free(str->text);
    *str = (struct str){ 0 };
}

void str_clear(struct str *str)
{
    str->size = 0;
    str->failed = false;
    if (str->text)
        str->text[0] = '\0';
}

bool str_reserve(struct str *str, size_t extra)
{
    size_t needed;
    if (str->failed || !size_add(str->size, extra, &needed) || !size_add(needed, 1, &needed)) {
        str->failed = true;
        return false;
    }
    if (needed <= str->capacity)
        return true;
    size_t grown = str->capacity < 64 ? 64 : str->capacity + str->capacity / 2;
    if (grown < needed)
        grown = needed;
    char *text = memory_realloc(str->text, grown);
    if (!text) {
        str->failed = true;
        return false;
    }
    str->text = text;
    str->capacity = grown;
    return true;
}

void str_puts(struct str *str, const char *text)
{
    str_add(str, text, strlen(text));
}

void str_putc(struct str *str, char c)
{
    str_add(str, &c, 1);
}

void str_vprintf(struct str *str, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int needed = vsnprintf(NULL, 0, format, args);
    if (needed < 0) {
        str->failed = true;
    } else if (str_reserve(str, (size_t)needed)) {
        vsnprintf(str->text + str->size, (size_t)needed + 1, format, again);
        str->size += (size_t)needed;
    }
    va_end(again);
}

void str_printf(struct str *str, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_vprintf(str, format, args);
    va_end(args);
}

void str_add_escaped(struct str *str, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    while (size) {
        size_t length = utf8_sequence(b, size);
        if (length == 0 || b[0] < 0x20 || b[0] == 0x7F || b[0] == '\\') {
            str_printf(str, "\\x%02x", b[0]);
            length = 1;
        } else {
            str_add(str, (const char *)b, length);
        }
        b += length;
        size -= length;
    }
}

bool str_finish(struct str *str, char **out, size_t *size)
{
    *out = NULL;
    str_add(str, "", 0);
    if (str->failed) {
        str_fini(str);
        return false;
    }
    *out = str->text;
    if (size)
        *size = str->size;
    *str = (struct str){ 0 };
    return true;
}

const char *str_text(const struct str *str)
{
    return str->text && !str->failed ? str->text : "";
}
