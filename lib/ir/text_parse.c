// SPDX-License-Identifier: MIT
// vyre_program_parse: the whole text, and how errors are told.
#include "text.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- Errors -------------------------------------------------------------------------------------

static struct diag_place place_of(const struct text_parser *parser, const struct text_token *where)
{
    uint32_t start = where->start;
    while (start > 0 && parser->text[start - 1] != '\n')
        start--;
    uint32_t end = where->start;
    while (end < parser->size && parser->text[end] != '\n')
        end++;
    if (end > start && parser->text[end - 1] == '\r')
        end--;
    return (struct diag_place){
        .source = parser->name,
        .line_text = parser->text + start,
        .line_text_size = end - start,
        .line = where->pos.line,
        .column = where->pos.column,
        .length = where->size ? where->size : 1,
    };
}

void *ir_text_error(struct text_parser *parser, enum diag_code code, const struct text_token *where,
                    const char *fix, const char *format, ...)
{
    if (parser->stopped)
        return NULL;
    char text[500];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct diag_place place = place_of(parser, where);
    diag_report_fix(parser->diag, code, &place, fix ? fix : diag_code_fix(code), "%s", text);
    parser->stopped = true;
    parser->at = parser->size;
    parser->token = (struct text_token){ .kind = TEXT_END, .start = parser->size };
    return NULL;
}

void *ir_text_expected(struct text_parser *parser, const char *what)
{
    return ir_text_expected_fix(parser, what, NULL);
}

void *ir_text_expected_fix(struct text_parser *parser, const char *what, const char *fix)
{
    const struct text_token *token = &parser->token;
    if (token->kind == TEXT_END)
        return ir_text_error(parser, DIAG_T001, token, fix,
                             "expected %s, found the end of the program", what);
    uint32_t shown = token->size > 40 ? 40 : token->size;
    while (shown < token->size && shown > 0 &&
           ((unsigned char)parser->text[token->start + shown] & 0xC0) == 0x80)
        shown--; // not in the middle of a character
    return ir_text_error(parser, DIAG_T001, token, fix, "expected %s, found '%.*s%s'", what,
                         (int)shown, parser->text + token->start, shown < token->size ? "..." : "");
}

bool ir_text_enter(struct text_parser *parser, const struct text_token *where, const char *what,
                   const char *fix)
{
    parser->depth++;
    if (parser->depth <= TEXT_DEEPEST)
        return true;
    ir_text_error(parser, DIAG_T008, where, fix, "more than %d %s lie around this one",
                  TEXT_DEEPEST, what);
    return false;
}

void ir_text_leave(struct text_parser *parser)
{
    parser->depth--;
}

// ---- The program --------------------------------------------------------------------------------

static void refuse_bad_utf8(struct text_parser *parser)
{
    if (utf8_valid(parser->text, parser->size))
        return;
    struct text_token bad = { .size = 1, .pos = { 1, 1 } };
    uint32_t line_start = 0;
    while (bad.start < parser->size) {
        size_t length = utf8_sequence(parser->text + bad.start, parser->size - bad.start);
        if (!length)
            break;
        bad.start += (uint32_t)length;
        if (parser->text[bad.start - 1] == '\n') {
            bad.pos.line++;
            line_start = bad.start;
        }
    }
    bad.pos.column = bad.start - line_start + 1;
    ir_text_error(parser, DIAG_T002, &bad, NULL, "the byte 0x%02x does not belong to valid UTF-8",
                  (unsigned char)parser->text[bad.start]);
}

static enum vyre_result parse(struct text_parser *parser, struct vyre_program **out)
{
    struct ir_nodes nodes = { 0 };
    struct text_declared declared = { 0 };
    ir_text_advance(parser);
    while (parser->token.kind != TEXT_END && ir_text_declaration(parser, &declared))
        ;
    while (parser->token.kind != TEXT_END)
        ir_text_statement(parser, &nodes);
    struct ir_body entry = ir_nodes_take(&parser->draft, &nodes);
    if (parser->stopped) {
        ir_draft_fini(&parser->draft);
        return VYRE_ERR_INVALID_PROGRAM;
    }
    return ir_draft_finish(&parser->draft, entry, !declared.unwrapped, out);
}

// The program keeps its text, so that diagnostics of later stages can show the line they mean.
static void keep_source(struct text_parser *parser)
{
    if (parser->draft.failed)
        return;
    struct vyre_program *program = parser->draft.program;
    const char *text = arena_copy_text(&program->arena, parser->text, parser->size);
    const char *name =
        parser->name ? arena_copy_text(&program->arena, parser->name, strlen(parser->name)) : NULL;
    if (!text || (parser->name && !name)) {
        parser->draft.failed = true;
        return;
    }
    program->source_text = text;
    program->source_size = parser->size;
    program->source_name = name;
}

enum vyre_result vyre_program_parse(const char *text, size_t size, const char *name,
                                    const struct vyre_diag_sink *diag, struct vyre_program **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!text && size)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (size > TEXT_LARGEST) {
        diag_report(diag, DIAG_T015, &(struct diag_place){ .source = name },
                    "the text has %zu bytes", size);
        return VYRE_ERR_INVALID_PROGRAM;
    }
    struct text_parser parser = {
        .text = text ? text : "",
        .size = (uint32_t)size,
        .line = 1,
        .line_is_blank = true,
        .name = name,
        .diag = diag,
    };
    ir_draft_init(&parser.draft);
    refuse_bad_utf8(&parser);
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 && !parser.stopped)
        parser.at = 3; // a byte order mark
    keep_source(&parser);
    enum vyre_result result = parse(&parser, out);
    str_fini(&parser.scratch);
    return result;
}
