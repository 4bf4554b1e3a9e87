// SPDX-License-Identifier: MIT
#include "ir/place.h"

#include "text.h"

#include <string.h>

// Words and numbers are underlined whole, everything else by one character.
static uint32_t token_length(const char *text, uint32_t size)
{
    uint32_t length = 0;
    while (length < size && text_is_name_char(text[length]))
        length++;
    return length ? length : 1;
}

struct diag_place ir_place(const struct vyre_program *program, struct ir_pos pos)
{
    struct diag_place place = { .source = program->source_name };
    if (!program->source_text || pos.line == 0)
        return place;
    const char *line = program->source_text;
    const char *end = program->source_text + program->source_size;
    for (uint32_t i = 1; i < pos.line; i++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline)
            return place;
        line = newline + 1;
    }
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    size_t size = (size_t)((newline ? newline : end) - line);
    if (size && line[size - 1] == '\r')
        size--;
    place.line_text = line;
    place.line_text_size = (uint32_t)size;
    place.line = pos.line;
    place.column = pos.column;
    place.length = 1;
    if (pos.column >= 1 && pos.column <= size)
        place.length = token_length(line + pos.column - 1, (uint32_t)(size - pos.column + 1));
    return place;
}
