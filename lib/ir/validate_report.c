// SPDX-License-Identifier: MIT
// Where and how the validator reports.
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ir/place.h"
#include "validate_walk.h"

// ---- Names and types in messages ---------------------------------------------------------------

enum { SHOWN = 60 }; // bytes of a name or type

static char *next_text(struct ir_validator *v)
{
    return v->text[v->next_text++ % IR_VALIDATE_TEXT_SLOTS];
}

static const char *quote(struct ir_validator *v, const char *text, size_t size, const char *mark)
{
    char *out = next_text(v);
    struct str escaped = { 0 };
    str_add_escaped(&escaped, text, size < SHOWN ? size : SHOWN);
    snprintf(out, sizeof v->text[0], "%s%.100s%s%s", mark, str_text(&escaped),
             size > SHOWN ? "..." : "", mark);
    str_fini(&escaped);
    return out;
}

const char *ir_validate_text(struct ir_validator *v, const char *text, size_t size)
{
    return quote(v, text, size, "\"");
}

const char *ir_validate_name(struct ir_validator *v, ir_name name)
{
    struct ir_text text = ir_name_text(v->program, name);
    return quote(v, text.text, text.size, "'");
}

const char *ir_validate_type(struct ir_validator *v, const struct ir_type *type)
{
    struct str spelling = { 0 };
    ir_type_spell_start(type, SHOWN, &spelling);
    const char *out = quote(v, str_text(&spelling), spelling.size, "");
    str_fini(&spelling);
    return out;
}

// ---- Places ------------------------------------------------------------------------------------

struct path {
    char text[400];
    size_t size;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
path_add(struct path *path, const char *format, ...)
{
    size_t room = sizeof path->text - path->size;
    va_list args;
    va_start(args, format);
    int written = vsnprintf(path->text + path->size, room, format, args);
    va_end(args);
    if (written > 0)
        path->size += (size_t)written < room ? (size_t)written : room - 1;
}

static bool path_full(const struct path *path)
{
    return path->size >= sizeof path->text - 1;
}

// The step to open expression `index` from the one around it.
static void path_add_step(struct path *path, const struct ir_validator *v, size_t index)
{
    bool numbered = false;
    const struct ir_open *open = &v->open[index];
    const char *role =
        index == 0 ? v->role
                   : ir_validate_kid_role(v->facts.items[open[-1].fact].expr, open->kid, &numbered);
    if (numbered)
        path_add(path, ".%s[%u]", role, open->kid);
    else
        path_add(path, ".%s", role);
}

// entry[0].body[2].value.left
static void spell_path(const struct ir_validator *v, struct path *path)
{
    for (size_t i = 0; i < v->frames.count && !path_full(path); i++) {
        const struct ir_frame *frame = &v->frames.items[i];
        path_add(path, "%s%s[%u]", i ? "." : "", frame->role, frame->next ? frame->next - 1 : 0);
    }
    for (size_t i = 0; i < v->open_count && !path_full(path); i++)
        path_add_step(path, v, i);
}

void ir_validate_keep_path(struct ir_validator *v)
{
    struct path path = { .size = 0 };
    spell_path(v, &path);
    str_add(&v->paths, path.text, path.size + 1);
}

// An expression has a position of its own, or that of what it is a part of.
static struct ir_pos position(const struct ir_validator *v)
{
    for (size_t i = v->open_count; i > 0; i--) {
        const struct ir_expr *expr = v->facts.items[v->open[i - 1].fact].expr;
        if (expr->pos.line != 0)
            return expr->pos;
    }
    return v->pos;
}

// Fills the table of line starts. False: no source text, or out of memory.
static bool index_lines(struct ir_validator *v)
{
    const char *text = v->program->source_text;
    size_t size = v->program->source_size;
    if (!text)
        return false;
    if (v->lines.count > 0)
        return true;
    size_t start = 0;
    for (;;) {
        if (!array_push(&v->lines, start))
            return false;
        const char *end = start < size ? memchr(text + start, '\n', size - start) : NULL;
        if (!end)
            return true;
        start = (size_t)(end - text) + 1;
    }
}

static struct diag_place place_of(struct ir_validator *v, struct ir_pos pos)
{
    const struct diag_place nowhere = { .source = v->program->source_name };
    if (pos.line == 0 || !index_lines(v) || pos.line > v->lines.count)
        return nowhere;
    const size_t end =
        pos.line < v->lines.count ? v->lines.items[pos.line] - 1 : v->program->source_size;
    return ir_place_in_line(v->program, pos, v->lines.items[pos.line - 1], end);
}

static void report(struct ir_validator *v, enum diag_code code, const char *path, struct ir_pos pos,
                   const char *format, va_list args)
{
    if (diag_code_severity(code) == VYRE_SEVERITY_ERROR)
        v->error_count++;
    if (!v->params.diag)
        return;
    char message[600];
    vsnprintf(message, sizeof message, format, args);
    struct diag_place place = place_of(v, pos);
    place.path = path;
    diag_report(v->params.diag, code, &place, "%s", message);
}

void ir_validate_report(struct ir_validator *v, enum diag_code code, const char *format, ...)
{
    struct path path = { .size = 0 };
    if (v->params.diag)
        spell_path(v, &path);
    va_list args;
    va_start(args, format);
    report(v, code, path.text, position(v), format, args);
    va_end(args);
}

void ir_validate_report_at(struct ir_validator *v, enum diag_code code, const char *path,
                           struct ir_pos pos, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(v, code, path, pos, format, args);
    va_end(args);
}

void ir_validate_report_buffer(struct ir_validator *v, enum diag_code code, uint32_t index,
                               const char *format, ...)
{
    char path[32];
    va_list args;
    snprintf(path, sizeof path, "buffers[%u]", index);
    va_start(args, format);
    report(v, code, path, v->program->buffers[index].pos, format, args);
    va_end(args);
}
