// SPDX-License-Identifier: MIT
// Declarations: what stands above the first statement.
#include "text.h"

#include "ir/tables.h"

#include <stdio.h>
#include <string.h>

// The buffer under construction and which of its attributes were given.
struct declaration {
    struct text_token name;
    struct ir_buffer buffer;
    bool shared; // spelled `shared`, so the access is known and a binding is optional
    bool has_access;
    bool has_binding;
    bool has_kind;
    bool has_locality;
    bool has_alignment;
    bool has_linear;
};

// Marks an attribute as given; false, and reported, when it was.
static bool once(struct text_parser *parser, const struct text_token *word, bool *given)
{
    if (*given) {
        ir_text_error(parser, DIAG_T010, word, NULL,
                      "'%.*s' is said twice, or against another word", (int)word->size,
                      parser->text + word->start);
        return false;
    }
    *given = true;
    return true;
}

// (number), behind the word of an attribute.
static uint64_t parenthesised(struct text_parser *parser, uint64_t largest, const char *what)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    uint64_t value = ir_text_number(parser, largest, what);
    ir_text_expect(parser, PUNCT1(')'), "')'");
    return value;
}

// ---- Shape predicates ---------------------------------------------------------------------------

static const struct shape_form {
    const char *word;
    enum ir_shape_kind kind;
    int numbers;
    int predicates;
} shape_forms[] = {
    { "at_least", IR_SHAPE_AT_LEAST, 1, 0 }, { "at_most", IR_SHAPE_AT_MOST, 1, 0 },
    { "exactly", IR_SHAPE_EXACTLY, 1, 0 },   { "multiple", IR_SHAPE_MULTIPLE, 1, 0 },
    { "mod", IR_SHAPE_MOD_EQUALS, 2, 0 },    { "affine", IR_SHAPE_AFFINE, 4, 0 },
    { "and", IR_SHAPE_AND, 0, 2 },           { "or", IR_SHAPE_OR, 0, 2 },
    { "not", IR_SHAPE_NOT, 0, 1 },
};

const char *ir_text_shape_spelling(enum ir_shape_kind kind, int *numbers)
{
    for (size_t i = 0; i < sizeof shape_forms / sizeof shape_forms[0]; i++) {
        if (shape_forms[i].kind == kind) {
            *numbers = shape_forms[i].numbers;
            return shape_forms[i].word;
        }
    }
    return NULL;
}

static const struct ir_shape_predicate *shape(struct text_parser *parser);

static void shape_operands(struct text_parser *parser, const struct shape_form *form,
                           struct ir_shape_predicate *out)
{
    int64_t *const numbers[] = { &out->a, &out->b, &out->c, &out->d };
    ir_text_expect(parser, PUNCT1('('), "'('");
    for (int i = 0; i < form->numbers; i++) {
        if (i)
            ir_text_expect(parser, PUNCT1(','), "','");
        *numbers[i] = ir_text_signed(parser, "a number");
    }
    if (form->predicates)
        out->left = shape(parser);
    if (form->predicates > 1 && ir_text_expect(parser, PUNCT1(','), "','"))
        out->right = shape(parser);
    ir_text_expect(parser, PUNCT1(')'), "')'");
}

static const struct ir_shape_predicate *shape(struct text_parser *parser)
{
    struct text_token word = parser->token;
    const struct shape_form *form = NULL;
    for (size_t i = 0; i < sizeof shape_forms / sizeof shape_forms[0]; i++)
        if (ir_text_token_is(parser, &word, shape_forms[i].word))
            form = &shape_forms[i];
    if (!form)
        return ir_text_error(
            parser, DIAG_T009, &word,
            "choose one of: at_least, at_most, exactly, multiple, mod, affine, and, "
            "or, not",
            "this is not a shape predicate");
    ir_text_advance(parser);
    if (!ir_text_enter(parser, &word, "predicates", "say it with fewer and, or and not"))
        return NULL;
    struct ir_shape_predicate predicate = { .kind = form->kind };
    shape_operands(parser, form, &predicate);
    ir_text_leave(parser);
    if (parser->stopped || parser->draft.failed)
        return NULL;
    struct ir_shape_predicate *copy =
        arena_copy(&parser->draft.program->arena, &predicate, sizeof predicate);
    parser->draft.failed = parser->draft.failed || !copy;
    return copy;
}

// ---- Attributes of buffers ----------------------------------------------------------------------

static bool access_attribute(struct text_parser *parser, struct declaration *declaration,
                             const struct text_token *word)
{
    for (unsigned access = 0; ir_access_spelling(access); access++) {
        if (!ir_text_token_is(parser, word, ir_access_spelling(access)))
            continue;
        if (once(parser, word, &declaration->has_access))
            declaration->buffer.access = (uint8_t)access;
        return true;
    }
    return false;
}

static bool hint_attribute(struct text_parser *parser, struct declaration *declaration,
                           const struct text_token *word)
{
    struct ir_buffer *buffer = &declaration->buffer;
    for (unsigned tag = 0; ir_locality_spelling(tag); tag++) {
        if (!ir_text_token_is(parser, word, ir_locality_spelling(tag)))
            continue;
        if (once(parser, word, &declaration->has_locality))
            buffer->locality = (uint8_t)tag;
        return true;
    }
    if (ir_text_token_is(parser, word, "axis")) {
        if (once(parser, word, &buffer->has_axis))
            buffer->axis = (uint8_t)parenthesised(parser, UINT8_MAX, "the axis");
    } else if (ir_text_token_is(parser, word, "align")) {
        if (once(parser, word, &declaration->has_alignment))
            buffer->alignment = (uint32_t)parenthesised(parser, UINT32_MAX, "the alignment");
    } else {
        return false;
    }
    return true;
}

static void range_attribute(struct text_parser *parser, struct declaration *declaration,
                            const struct text_token *word)
{
    struct ir_buffer *buffer = &declaration->buffer;
    if (!once(parser, word, &buffer->has_range))
        return;
    ir_text_expect(parser, PUNCT1('('), "'('");
    buffer->range_start = ir_text_number(parser, UINT64_MAX, "the first byte");
    ir_text_expect(parser, PUNCT1(','), "','");
    buffer->range_end = ir_text_number(parser, UINT64_MAX, "the byte behind the range");
    ir_text_expect(parser, PUNCT1(')'), "')'");
}

// output sets both flags of an output buffer, liveout and result one each (spec: ir.md, 1.2).
static bool output_attribute(struct text_parser *parser, struct declaration *declaration,
                             const struct text_token *word)
{
    bool output = ir_text_token_is(parser, word, "output");
    bool result = ir_text_token_is(parser, word, "result");
    if (!output && !result && !ir_text_token_is(parser, word, "liveout"))
        return false;
    bool given = declaration->buffer.is_output || declaration->buffer.live_out;
    if (once(parser, word, &given)) {
        declaration->buffer.is_output = output || result;
        declaration->buffer.live_out = !result;
    }
    return true;
}

static bool other_attribute(struct text_parser *parser, struct declaration *declaration,
                            const struct text_token *word)
{
    struct ir_buffer *buffer = &declaration->buffer;
    if (ir_text_token_is(parser, word, "range")) {
        range_attribute(parser, declaration, word);
    } else if (ir_text_token_is(parser, word, "kind")) {
        if (once(parser, word, &declaration->has_kind) &&
            ir_text_expect(parser, PUNCT1('('), "'('")) {
            buffer->kind = ir_text_enum(parser, ir_memory_kind_spelling, "a memory kind");
            ir_text_expect(parser, PUNCT1(')'), "')'");
        }
    } else if (ir_text_token_is(parser, word, "usage")) {
        if (once(parser, word, &declaration->has_linear) &&
            ir_text_expect(parser, PUNCT1('('), "'('")) {
            buffer->linear = ir_text_enum(parser, ir_linear_spelling, "a usage");
            ir_text_expect(parser, PUNCT1(')'), "')'");
        }
    } else if (ir_text_token_is(parser, word, "bytes_extraction")) {
        once(parser, word, &buffer->bytes_extraction);
    } else if (ir_text_token_is(parser, word, "shape")) {
        bool given = buffer->shape != NULL;
        if (once(parser, word, &given) && ir_text_expect(parser, PUNCT1('('), "'('")) {
            buffer->shape = shape(parser);
            ir_text_expect(parser, PUNCT1(')'), "')'");
        }
    } else {
        return false;
    }
    return true;
}

static const char *attribute_word(size_t index)
{
    static const char *const words[] = {
        "readonly", "readwrite",        "writeonly", "uniform", "output",
        "liveout",  "result",           "range",     "kind",    "axis",
        "align",    "streaming",        "temporal",  "random",  "usage",
        "shape",    "bytes_extraction",
    };
    return index < sizeof words / sizeof *words ? words[index] : NULL;
}

static void no_attribute(struct text_parser *parser, const struct text_token *word)
{
    static const char known[] =
        "the attributes are: readonly, readwrite, writeonly, uniform, @BINDING, output, "
        "liveout, result, range(a, b), kind(k), axis(n), align(n), streaming, temporal, "
        "random, usage(u), bytes_extraction, shape(p)";
    char fix[TEXT_MOST_FIX];
    ir_text_error(
        parser, DIAG_T009, word, ir_text_word_fix(parser, word, attribute_word, known, fix),
        "'%.*s' is not an attribute of buffers", (int)word->size, parser->text + word->start);
}

static void attributes(struct text_parser *parser, struct declaration *declaration)
{
    for (;;) {
        struct text_token word = parser->token;
        if (word.starts_line)
            return;
        if (ir_text_accept(parser, PUNCT1('@'))) {
            if (once(parser, &word, &declaration->has_binding))
                declaration->buffer.binding =
                    (uint32_t)ir_text_number(parser, UINT32_MAX, "the binding");
            continue;
        }
        if (word.kind != TEXT_NAME)
            return;
        ir_text_advance(parser);
        if (!access_attribute(parser, declaration, &word) &&
            !hint_attribute(parser, declaration, &word) &&
            !output_attribute(parser, declaration, &word) &&
            !other_attribute(parser, declaration, &word)) {
            no_attribute(parser, &word);
            return;
        }
    }
}

// The declaration is complete; what was not said gets its default.
static void add_buffer(struct text_parser *parser, struct declaration *declaration)
{
    struct ir_buffer *buffer = &declaration->buffer;
    if (!declaration->has_access) {
        ir_text_error(parser, DIAG_T011, &declaration->name,
                      "add readonly, readwrite, writeonly or uniform",
                      "how the program uses this buffer is not said");
        return;
    }
    bool needs_binding = buffer->access != VYRE_ACCESS_WORKGROUP;
    if (needs_binding && !declaration->has_binding) {
        ir_text_error(parser, DIAG_T011, &declaration->name, "add its number, for example @0",
                      "this buffer has no binding");
        return;
    }
    struct ir_buffer defaults = ir_buffer_defaults(0, 0, (enum vyre_access)buffer->access, NULL);
    if (!declaration->has_kind)
        buffer->kind = defaults.kind;
    if (!declaration->has_locality)
        buffer->locality = defaults.locality;
    if (!parser->stopped)
        ir_draft_buffer(&parser->draft, buffer);
}

static void buffer_declaration(struct text_parser *parser, bool shared)
{
    const char *form = shared ? "write: shared NAME : TYPE[COUNT]"
                              : "write: buffer NAME : TYPE[COUNT] ACCESS @BINDING, with a number "
                                "or nothing for COUNT";
    struct declaration declaration = {
        .name = parser->token,
        .has_access = shared,
        .buffer = { .access = VYRE_ACCESS_WORKGROUP, .pos = parser->token.pos },
    };
    declaration.buffer.name = ir_text_name(parser, "the name of the buffer");
    if (!ir_text_accept(parser, PUNCT1(':')))
        ir_text_expected_fix(parser, "':' and a type", form);
    declaration.buffer.element = ir_text_type(parser);
    if (!ir_text_accept(parser, PUNCT1('[')))
        ir_text_expected_fix(parser, "'[' and the number of elements", form);
    if (parser->token.kind != TEXT_INT && !ir_text_is_punct(parser, PUNCT1(']')))
        ir_text_expected_fix(parser, "the number of elements", form);
    if (!ir_text_is_punct(parser, PUNCT1(']')))
        declaration.buffer.count =
            (uint32_t)ir_text_number(parser, UINT32_MAX, "number of elements");
    ir_text_expect(parser, PUNCT1(']'), "']'");
    attributes(parser, &declaration);
    if (!parser->stopped)
        add_buffer(parser, &declaration);
}

// ---- The rest -----------------------------------------------------------------------------------

static void workgroup_declaration(struct text_parser *parser)
{
    uint32_t size[3] = { 1, 1, 1 };
    for (int axis = 0; axis < 3 && (axis == 0 || parser->token.kind == TEXT_INT); axis++)
        size[axis] = (uint32_t)ir_text_number(parser, UINT32_MAX, "a workgroup size");
    if (!parser->draft.failed)
        memcpy(parser->draft.program->workgroup, size, sizeof size);
}

bool ir_text_begins_declaration(const struct text_parser *parser, const struct text_token *word)
{
    const struct text_token *next = &parser->token;
    bool has_name = next->kind == TEXT_NAME || next->kind == TEXT_QUOTED;
    if (ir_text_token_is(parser, word, "workgroup"))
        return next->kind == TEXT_INT;
    if (ir_text_token_is(parser, word, "buffer") || ir_text_token_is(parser, word, "shared"))
        return has_name;
    if (ir_text_token_is(parser, word, "op"))
        return next->kind == TEXT_STRING;
    if (ir_text_token_is(parser, word, "noncomposable") ||
        ir_text_token_is(parser, word, "unwrapped"))
        return next->kind == TEXT_END || next->starts_line;
    return false;
}

static void declare(struct text_parser *parser, const struct text_token *word,
                    struct text_declared *declared)
{
    struct ir_draft *draft = &parser->draft;
    struct vyre_program none = { 0 }; // stands in when there was no memory for the program
    struct vyre_program *program = draft->program ? draft->program : &none;
    if (ir_text_token_is(parser, word, "workgroup")) {
        program->workgroup_pos = word->pos;
        if (once(parser, word, &declared->workgroup))
            workgroup_declaration(parser);
    } else if (ir_text_token_is(parser, word, "op")) {
        if (once(parser, word, &program->has_entry_op))
            program->entry_op = ir_text_string(parser, "the id of the operation");
    } else if (ir_text_token_is(parser, word, "noncomposable")) {
        once(parser, word, &program->non_composable);
    } else if (ir_text_token_is(parser, word, "unwrapped")) {
        once(parser, word, &declared->unwrapped);
    } else {
        buffer_declaration(parser, ir_text_token_is(parser, word, "shared"));
    }
}

bool ir_text_declaration(struct text_parser *parser, struct text_declared *declared)
{
    // A look at the next token decides; when this is no declaration the lexer goes back.
    struct ir_text_position before = ir_text_position(parser);
    struct text_token word = parser->token;
    if (word.kind != TEXT_NAME)
        return false;
    ir_text_advance(parser);
    if (parser->stopped || !ir_text_begins_declaration(parser, &word)) {
        ir_text_go_back(parser, &before);
        return false;
    }
    declare(parser, &word, declared);
    ir_text_accept(parser, PUNCT1(';'));
    if (parser->token.kind != TEXT_END && !parser->token.starts_line)
        ir_text_expected(parser, "the end of the line behind a declaration");
    return true;
}
