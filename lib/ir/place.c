// SPDX-License-Identifier: MIT
#include "ir/place.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

// Words and numbers are underlined whole, everything else by one character.
static uint32_t token_length(const char *text, uint32_t size)
{
    uint32_t length = 0;
    while (length < size && ir_text_is_name_char(text[length]))
        length++;
    return length ? length : 1;
}

struct diag_place ir_place_in_line(const struct vyre_program *program, struct ir_pos pos,
                                   size_t line_start, size_t line_end)
{
    struct diag_place place = { .source = program->source_name };
    const char *line = program->source_text + line_start;
    size_t size = line_end - line_start;
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

struct diag_place ir_place(const struct vyre_program *program, struct ir_pos pos)
{
    const struct diag_place nowhere = { .source = program->source_name };
    if (!program->source_text || pos.line == 0)
        return nowhere;
    const char *line = program->source_text;
    const char *end = program->source_text + program->source_size;
    for (uint32_t i = 1; i < pos.line; i++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline)
            return nowhere;
        line = newline + 1;
    }
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    return ir_place_in_line(program, pos, (size_t)(line - program->source_text),
                            (size_t)((newline ? newline : end) - program->source_text));
}

// ---- Paths --------------------------------------------------------------------------------------

// One more than the nesting that the validator allows (spec: ir.md, 4.3.2).
enum { MAX_DEPTH = 65 };

struct step {
    const char *list;
    uint32_t index;
};

// Leaves the way to `node` in `steps`; returns its length, or 0.
static unsigned find(const struct ir_body *body, const char *list, const struct ir_node *node,
                     struct step *steps, unsigned depth)
{
    for (uint32_t i = 0; i < body->count && depth < MAX_DEPTH; i++) {
        const struct ir_node *at = body->nodes[i];
        const char *then = at->kind == IR_NODE_IF ? "then" : "body";
        steps[depth] = (struct step){ list, i };
        unsigned length = at == node ? depth + 1 : find(&at->body, then, node, steps, depth + 1);
        if (length == 0)
            length = find(&at->otherwise, "otherwise", node, steps, depth + 1);
        if (length > 0)
            return length;
    }
    return 0;
}

bool ir_node_path(const struct vyre_program *program, const struct ir_node *node, char *out,
                  size_t size)
{
    struct step steps[MAX_DEPTH + 1];
    unsigned length = find(&program->entry, "entry", node, steps, 0);
    size_t used = 0;
    for (unsigned i = 0; i < length && used < size; i++) {
        int written = snprintf(out + used, size - used, "%s%s[%u]", i ? "." : "", steps[i].list,
                               steps[i].index);
        used += written > 0 ? (size_t)written : 0;
    }
    return length > 0;
}
