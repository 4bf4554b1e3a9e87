// SPDX-License-Identifier: MIT
#include "scan_list.h"
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(VYRE_PATTERN_MAX == 4096, "a message below says so");

// The longest line that can be a pattern: every byte escaped, and a carriage return. What is longer
// is refused before its end is seen, as it may have none.
enum { LINE_SIZE = 4 * VYRE_PATTERN_MAX + 1 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// Decodes the escape at `text`, which starts with a backslash. Returns its length, or 0 after
// setting *why.
static size_t decode_escape(const char *text, size_t size, unsigned char *out, const char **why)
{
    static const char letters[] = "\\nrt0abefv";
    static const char values[] = "\\\n\r\t\0\a\b\x1b\f\v";
    if (size < 2) {
        *why = "a backslash at the end of the pattern; write \\\\ for one";
        return 0;
    }
    if (text[1] == 'x') {
        int high = size > 2 ? hex_digit(text[2]) : -1;
        int low = size > 3 ? hex_digit(text[3]) : -1;
        if (high < 0 || low < 0) {
            *why = "\\x needs two hexadecimal digits";
            return 0;
        }
        *out = (unsigned char)(high * 16 + low);
        return 4;
    }
    const char *letter = text[1] ? strchr(letters, text[1]) : NULL;
    if (!letter) {
        *why = "unknown escape; \\\\ \\n \\r \\t \\0 \\a \\b \\e \\f \\v \\xNN are known";
        return 0;
    }
    *out = (unsigned char)values[letter - letters];
    return 2;
}

static void push(struct scan_list *list, void *bytes, size_t size)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->patterns = tool_realloc(list->patterns, list->capacity * sizeof *list->patterns);
    }
    list->patterns[list->count++] = (struct vyre_pattern){ bytes, size };
    list->bytes += size;
}

static void explain(const char *name, size_t line, size_t column, const char *why, char *error,
                    size_t error_size)
{
    if (line > 0)
        snprintf(error, error_size, "%s:%zu:%zu: %s", name, line, column, why);
    else
        snprintf(error, error_size, "%s: column %zu: %s", name, column, why);
}

static bool add_line(struct scan_list *list, const char *text, size_t size, const char *name,
                     size_t line, char *error, size_t error_size)
{
    unsigned char *bytes = tool_calloc(size, 1);
    size_t count = 0;
    const char *why = NULL;
    size_t at = 0;
    while (at < size && !why) {
        size_t step = 1;
        if (count == VYRE_PATTERN_MAX)
            why = "the pattern is longer than 4096 bytes";
        else if (text[at] == '\\')
            step = decode_escape(text + at, size - at, &bytes[count], &why);
        else
            bytes[count] = (unsigned char)text[at];
        at += why ? 0 : step;
        count++;
    }
    if (why) {
        explain(name, line, at + 1, why, error, error_size);
        free(bytes);
        return false;
    }
    push(list, bytes, count);
    return true;
}

// Reads a line without its end, at most LINE_SIZE + 1 bytes of it. False where the file ends.
static bool read_line(FILE *file, char *line, size_t *size)
{
    int c = getc_unlocked(file);
    const bool found = c != EOF;
    *size = 0;
    for (; c != EOF && c != '\n'; c = getc_unlocked(file)) {
        line[(*size)++] = (char)c;
        if (*size > LINE_SIZE)
            return true;
    }
    // A carriage return before the line's end belongs to the end, as some editors write it.
    if (*size > 0 && line[*size - 1] == '\r')
        --*size;
    return found;
}

bool scan_list_read(struct scan_list *list, FILE *file, const char *name, char *error,
                    size_t error_size)
{
    char line[LINE_SIZE + 1];
    size_t size = 0;
    for (size_t number = 1; read_line(file, line, &size); number++) {
        const char *why = number > SCAN_LIST_LINES_MAX       ? "more lines than 16777216"
                          : list->bytes > SCAN_LIST_SIZE_MAX ? "the patterns are more than 1 GiB"
                                                             : NULL;
        if (why) {
            explain(name, number, 1, why, error, error_size);
            return false;
        }
        if (size > 0 && !add_line(list, line, size, name, number, error, error_size))
            return false;
    }
    if (!ferror(file))
        return true;
    snprintf(error, error_size, "cannot read '%s': %s", name,
             errno ? strerror(errno) : "read error");
    return false;
}

bool scan_list_add(struct scan_list *list, const char *text, size_t size, const char *name,
                   char *error, size_t error_size)
{
    if (size == 0) {
        snprintf(error, error_size, "%s: an empty pattern would match everywhere", name);
        return false;
    }
    return add_line(list, text, size, name, 0, error, error_size);
}

void scan_list_fini(struct scan_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((void *)(uintptr_t)list->patterns[i].bytes);
    free(list->patterns);
    *list = (struct scan_list){ 0 };
}
