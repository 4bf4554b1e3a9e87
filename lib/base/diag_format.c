// SPDX-License-Identifier: MIT
// A diagnostic as people see it.
#include <vyre/diag.h>

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

// Writes into a fixed buffer and counts what would have been needed, as snprintf does.
struct cursor {
    char *out;
    size_t size;
    size_t needed;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(struct cursor *cursor, const char *format, ...)
{
    size_t at = cursor->needed < cursor->size ? cursor->needed : cursor->size;
    va_list args;
    va_start(args, format);
    int written =
        vsnprintf(cursor->size ? cursor->out + at : NULL, cursor->size - at, format, args);
    va_end(args);
    if (written > 0)
        cursor->needed += (size_t)written;
}

// Texts with names and tags of programs in them; a line break or an escape must not look like part
// of the message.
static void put_text(struct cursor *cursor, const char *text)
{
    while (*text) {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= 0x20 && text[plain] != 0x7F)
            plain++;
        put(cursor, "%.*s", (int)plain, text);
        text += plain;
        if (*text)
            put(cursor, "\\x%02x", (unsigned char)*text++);
    }
}

enum {
    EXCERPT_MAX = 120,   // bytes of a line that are shown
    EXCERPT_BEFORE = 60, // of them in front of the column, in a longer line
};

// One character as it may go to a terminal. Returns the bytes it takes.
static uint32_t put_character(struct cursor *cursor, const char *text, uint32_t size)
{
    size_t length = utf8_sequence(text, size);
    unsigned char first = (unsigned char)text[0];
    bool is_control = first < 0x20 || first == 0x7F ||
                      (length == 2 && first == 0xC2 && (unsigned char)text[1] < 0xA0);
    if (first == '\t')
        put(cursor, " ");
    else if (length == 0 || is_control)
        put(cursor, "?");
    else
        put(cursor, "%.*s", (int)length, text);
    return length ? (uint32_t)length : 1;
}

static void put_source_line(struct cursor *cursor, const struct vyre_diag *diag)
{
    const char *text = diag->line_text;
    uint32_t size = diag->line_text_size;
    uint32_t column = diag->column ? diag->column - 1 : 0;
    uint32_t start = size > EXCERPT_MAX && column > EXCERPT_BEFORE ? column - EXCERPT_BEFORE : 0;
    if (start > size)
        start = size;
    for (int i = 0; i < 3 && start > 0 && start < size && (text[start] & 0xC0) == 0x80; i++)
        start--;
    uint32_t end = size - start > EXCERPT_MAX ? start + EXCERPT_MAX : size;
    uint32_t margin = start > 0 ? 3 : 0; // columns in front of the caret
    put(cursor, "\n    %s", start > 0 ? "..." : "");
    for (uint32_t at = start; at < end;) {
        margin += at < column;
        at += put_character(cursor, text + at, size - at);
    }
    put(cursor, "%s", end < size ? "..." : "");
    if (diag->column == 0)
        return;
    margin += column > end ? column - end : 0;
    put(cursor, "\n    %*s^", (int)margin, "");
    for (uint32_t i = 1; i < diag->length && i < end && column < end - i; i++)
        put(cursor, "~");
}

size_t vyre_diag_format(const struct vyre_diag *diag, char *out, size_t size)
{
    static const char *const names[] = { "note", "warning", "error" };
    struct cursor cursor = { out, size, 0 };
    if (size)
        out[0] = '\0';
    if (diag->source) {
        put_text(&cursor, diag->source);
        put(&cursor, ":");
        if (diag->line)
            put(&cursor, "%u:", diag->line);
        if (diag->line && diag->column)
            put(&cursor, "%u:", diag->column);
        put(&cursor, " ");
    }
    put(&cursor, "%s", names[diag->severity]);
    if (diag->code)
        put(&cursor, "[%s]", diag->code);
    put(&cursor, ": ");
    put_text(&cursor, diag->text);
    if (diag->path && diag->line == 0)
        put(&cursor, " (at %s)", diag->path);
    if (diag->line_text)
        put_source_line(&cursor, diag);
    if (diag->fix)
        put(&cursor, "\nFix: %s", diag->fix);
    return cursor.needed;
}
