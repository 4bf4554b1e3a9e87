// SPDX-License-Identifier: MIT
// String builder. Failure is sticky: appenders return nothing, str_finish reports it.
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Zero-initialised is an empty string. `text` is always NUL-terminated once something was appended.
struct str {
    char *text; // owned
    size_t size;
    size_t capacity;
    bool failed;
};

void str_fini(struct str *str);
void str_clear(struct str *str); // keeps the memory

// Room for `extra` more bytes and the NUL; false when out of memory.
bool str_reserve(struct str *str, size_t extra);

static inline bool str_has_room(const struct str *str, size_t extra)
{
    return !str->failed && str->capacity - str->size > extra;
}

// Inline because writers append a few bytes at a time.
static inline void str_add(struct str *str, const char *text, size_t size)
{
    if (!str_has_room(str, size) && !str_reserve(str, size))
        return;
    if (size)
        memcpy(str->text + str->size, text, size);
    str->size += size;
    str->text[str->size] = '\0';
}

// Copies bytes that do not overlap; without a call where there are few, as in names.
static inline void str_copy_few(char *to, const char *from, size_t size)
{
    if (size > 16) {
        memcpy(to, from, size);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
    }
}

void str_puts(struct str *str, const char *text);
void str_putc(struct str *str, char c);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void str_printf(struct str *str, const char *format, ...);
void str_vprintf(struct str *str, const char *format, va_list args);

// Appends bytes with control bytes, backslashes and bytes that are not valid UTF-8 as \xNN.
void str_add_escaped(struct str *str, const void *bytes, size_t size);

// Moves the text out as an owned NUL-terminated string and empties `str`. False when anything
// failed; then *out is NULL.
bool str_finish(struct str *str, char **out, size_t *size);

// The text, or "" when empty or failed. Lifetime: until the next change.
const char *str_text(const struct str *str);

#endif // BASE_STR_H
