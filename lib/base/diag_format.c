// SPDX-License-Identifier: MIT
// A diagnostic as people see it.
#include <vyre/diag.h>

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

static void put_source_line(struct cursor *cursor, const struct vyre_diag *diag)
{
    put(cursor, "\n    ");
    for (uint32_t i = 0; i < diag->line_text_size; i++) {
        unsigned char c = (unsigned char)diag->line_text[i];
        put(cursor, "%c", c == '\t' ? ' ' : c < 0x20 || c == 0x7F ? '?' : c);
    }
    if (diag->column == 0)
        return;
    put(cursor, "\n    ");
    for (uint32_t i = 1; i < diag->column; i++) {
        // Continuation bytes of UTF-8 take no column on a terminal.
        bool hidden = i <= diag->line_text_size && (diag->line_text[i - 1] & 0xC0) == 0x80;
        if (!hidden)
            put(cursor, " ");
    }
    put(cursor, "^");
    for (uint32_t i = 1; i < diag->length && diag->column + i <= diag->line_text_size; i++)
        put(cursor, "~");
}

size_t vyre_diag_format(const struct vyre_diag *diag, char *out, size_t size)
{
    static const char *const names[] = { "note", "warning", "error" };
    struct cursor cursor = { out, size, 0 };
    if (size)
        out[0] = '\0';
    if (diag->source) {
        put(&cursor, "%s:", diag->source);
        if (diag->line)
            put(&cursor, "%u:", diag->line);
        if (diag->line && diag->column)
            put(&cursor, "%u:", diag->column);
        put(&cursor, " ");
    }
    put(&cursor, "%s", names[diag->severity]);
    if (diag->code)
        put(&cursor, "[%s]", diag->code);
    put(&cursor, ": %s", diag->text);
    if (diag->path && diag->line == 0)
        put(&cursor, " (at %s)", diag->path);
    if (diag->line_text)
        put_source_line(&cursor, diag);
    if (diag->fix)
        put(&cursor, "\nFix: %s", diag->fix);
    return cursor.needed;
}
