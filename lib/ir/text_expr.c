// SPDX-License-Identifier: MIT
// Expressions, by precedence climbing.
#include "text.h"

#include "ir/literal64.h"
#include "ir/tables.h"

#include <stdio.h>
#include <string.h>

enum { MOST_OPERANDS = 3 };

// What a name followed by '(' may mean.
enum function_form { FORM_PLAIN, FORM_BINOP, FORM_UNOP, FORM_ATOMIC, FORM_CAST, FORM_EXT };

struct function {
    const char *spelling;
    enum function_form form;
    uint8_t value;    // an enumerator of the form's enumeration
    uint8_t operands; // FORM_PLAIN, FORM_BINOP, FORM_UNOP
};

static const struct function functions[] = {
    { "select", FORM_PLAIN, IR_EXPR_SELECT, 3 },
    { "fma", FORM_PLAIN, IR_EXPR_FMA, 3 },
    { "subgroup_add", FORM_PLAIN, IR_EXPR_SUBGROUP_ADD, 1 },
    { "subgroup_shuffle", FORM_PLAIN, IR_EXPR_SUBGROUP_SHUFFLE, 2 },
    { "subgroup_ballot", FORM_PLAIN, IR_EXPR_SUBGROUP_BALLOT, 1 },
    { "subgroup_local_id", FORM_PLAIN, IR_EXPR_SUBGROUP_LOCAL_ID, 0 },
    { "subgroup_size", FORM_PLAIN, IR_EXPR_SUBGROUP_SIZE, 0 },
#define BINOP(id, tag, name, spelling, ...) { spelling, FORM_BINOP, IR_BIN_##id, 2 },
#include "ir/binop.def"
#undef BINOP
#define UNOP(id, tag, name, spelling) { spelling, FORM_UNOP, IR_UN_##id, 1 },
#include "ir/unop.def"
#undef UNOP
#define ATOMIC(id, tag, name, spelling) { spelling, FORM_ATOMIC, IR_ATOMIC_##id, 0 },
#include "ir/atomic.def"
#undef ATOMIC
#define TYPE(id, tag, spelling, ...) { spelling, FORM_CAST, IR_TYPE_##id, 1 },
#include "ir/type.def"
#undef TYPE
#define EXT(id, kind, form, operands, ...) { NULL, FORM_EXT, IR_EXT_##id, operands },
#include "ir/ext.def"
#undef EXT
};

const char *ir_text_expr_spelling(enum ir_expr_kind kind)
{
    for (size_t i = 0; functions[i].form == FORM_PLAIN; i++)
        if (functions[i].value == kind)
            return functions[i].spelling;
    return NULL;
}

static const struct function *find_function(const struct text_parser *parser,
                                            const struct text_token *word)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const struct function *function = &functions[i];
        const char *spelling = function->spelling;
        if (function->form == FORM_EXT)
            spelling = ir_ext_info((enum ir_ext)function->value)->spelling;
        if (!ir_text_token_is(parser, word, spelling))
            continue;
        // Some types are not spelled by a word alone, and statements are not functions.
        if (function->form == FORM_CAST &&
            !ir_text_type_is_word((enum ir_type_kind)function->value))
            continue;
        if (function->form == FORM_EXT && ir_ext_info((enum ir_ext)function->value)->is_node)
            continue;
        return function;
    }
    return NULL;
}

static struct ir_expr *placed(struct ir_expr *expr, const struct text_token *token)
{
    if (expr)
        expr->pos = token->pos;
    return expr;
}

// Records the height of an expression whose highest operand has the given one. False, and reported,
// when the tree would be too deep for those who walk it.
static bool grow(struct text_parser *parser, uint32_t operand_height, const struct text_token *at)
{
    parser->height = operand_height + 1;
    if (parser->depth + parser->height <= TEXT_DEEPEST)
        return true;
    ir_text_error(parser, DIAG_T008, at, NULL, "the expression is more than %d operators deep",
                  TEXT_DEEPEST);
    return false;
}

// ---- Operands -----------------------------------------------------------------------------------

static void add_operand(struct text_parser *parser, struct ir_expr **kids, uint32_t at,
                        uint32_t *height)
{
    kids[at] = ir_text_expr(parser);
    if (parser->height > *height)
        *height = parser->height;
}

// (a, b, ...) with exactly `count` operands.
static bool operands(struct text_parser *parser, const struct text_token *word,
                     struct ir_expr **kids, uint32_t count, uint32_t *height)
{
    uint32_t found = 0;
    *height = 0;
    ir_text_expect(parser, PUNCT1('('), "'('");
    while (!parser->stopped && !ir_text_is_punct(parser, PUNCT1(')'))) {
        if (found && !ir_text_expect(parser, PUNCT1(','), "',' or ')'"))
            break;
        struct ir_expr *extra;
        add_operand(parser, found < count ? kids + found : &extra, 0, height);
        found++;
    }
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (!parser->stopped && found != count)
        ir_text_error(parser, DIAG_T012, word, NULL, "%.*s takes %u operand%s, found %u",
                      (int)word->size, parser->text + word->start, count, count == 1 ? "" : "s",
                      found);
    return !parser->stopped;
}

struct ir_expr *ir_text_element(struct text_parser *parser, ir_name *buffer)
{
    *buffer = ir_text_name(parser, "an element of a buffer, as in buffer[i]");
    ir_text_expect(parser, PUNCT1('['), "'[' and the index of the element");
    struct ir_expr *index = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(']'), "']'");
    return index;
}

// grid_sync is read, for the validator to say what is wrong with it (V042), but offered to nobody.
static const char *offered_ordering(unsigned tag)
{
    return tag == IR_ORDER_GRID_SYNC ? NULL : ir_ordering_spelling(tag);
}

enum ir_ordering ir_text_ordering(struct text_parser *parser, const enum ir_ordering *missing)
{
    if (missing && !ir_text_is_punct(parser, PUNCT1('.')))
        return *missing;
    ir_text_expect(parser, PUNCT1('.'), "'.' and a memory ordering, as in .acquire or .release");
    if (ir_text_accept_word(parser, ir_ordering_spelling(IR_ORDER_GRID_SYNC)))
        return IR_ORDER_GRID_SYNC;
    return (enum ir_ordering)ir_text_enum(parser, offered_ordering, "a memory ordering");
}

// ---- Functions ----------------------------------------------------------------------------------

// The operator id of an opaque operator: .0x80000001, behind its word.
static uint32_t operator_id(struct text_parser *parser)
{
    ir_text_expect(parser, PUNCT1('.'), "'.' and the number of the operator");
    return (uint32_t)ir_text_number(parser, UINT32_MAX, "the number of the operator");
}

// atomic_add[.ordering](buffer[index], value), or with an expected value before the value
static struct ir_expr *atomic(struct text_parser *parser, const struct text_token *word,
                              enum ir_atomic_op op)
{
    static const enum ir_ordering seq_cst = IR_ORDER_SEQ_CST;
    uint32_t id = op == IR_ATOMIC_OPAQUE ? operator_id(parser) : 0;
    enum ir_ordering ordering = ir_text_ordering(parser, &seq_cst);
    struct ir_expr *values[2] = { NULL, NULL };
    ir_name buffer;
    ir_text_expect(parser, PUNCT1('('), "'('");
    struct ir_expr *index = ir_text_element(parser, &buffer);
    uint32_t height = parser->height;
    ir_text_expect(parser, PUNCT1(','), "',' and the value");
    add_operand(parser, values, 0, &height);
    bool has_expected = ir_text_accept(parser, PUNCT1(','));
    if (has_expected)
        add_operand(parser, values, 1, &height);
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (parser->stopped || !grow(parser, height, word))
        return NULL;
    struct ir_expr *expr =
        ir_atomic(&parser->draft, op, ordering, buffer, index, has_expected ? values[0] : NULL,
                  has_expected ? values[1] : values[0]);
    if (expr)
        expr->bits = id;
    return expr;
}

static struct ir_expr *extension(struct text_parser *parser, const struct text_token *word,
                                 enum ir_ext ext)
{
    const struct ir_ext_info *info = ir_ext_info(ext);
    enum ir_ordering ordering = IR_ORDER_RELAXED;
    struct ir_expr *kids[2] = { NULL, NULL };
    uint32_t height = 0;
    uint32_t immediate = 0;
    ir_name buffer = 0;
    if (info->has_ordering)
        ordering = ir_text_ordering(parser, NULL);
    ir_text_expect(parser, PUNCT1('('), "'('");
    for (uint32_t i = 0; i < info->kid_count; i++) {
        if (i)
            ir_text_expect(parser, PUNCT1(','), "','");
        if (i == 0 && info->has_buffer) {
            kids[0] = ir_text_element(parser, &buffer);
            height = parser->height;
        } else {
            add_operand(parser, kids, i, &height);
        }
    }
    if (info->has_immediate) {
        if (info->kid_count)
            ir_text_expect(parser, PUNCT1(','), "','");
        immediate = (uint32_t)ir_text_number(parser, UINT32_MAX, "a number");
    }
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (parser->stopped || !grow(parser, height, word))
        return NULL;
    return ir_ext_expr(&parser->draft, ext, buffer, ordering, immediate, kids[0], kids[1]);
}

// An expression made of its operands alone.
static struct ir_expr *from_operands(struct text_parser *parser, const struct text_token *word,
                                     const struct function *function)
{
    struct ir_expr *kids[MOST_OPERANDS] = { NULL };
    uint32_t height;
    if (!operands(parser, word, kids, function->operands, &height) || !grow(parser, height, word))
        return NULL;
    switch (function->form) {
    case FORM_BINOP:
        return ir_bin(&parser->draft, (enum ir_binop)function->value, kids[0], kids[1]);
    case FORM_UNOP: return ir_un(&parser->draft, (enum ir_unop)function->value, kids[0]);
    case FORM_CAST:
        return ir_cast(&parser->draft, ir_type_scalar((enum ir_type_kind)function->value), kids[0]);
    default: break;
    }
    struct ir_expr *expr =
        ir_draft_expr(&parser->draft, (enum ir_expr_kind)function->value, function->operands);
    for (uint32_t i = 0; expr && i < function->operands; i++)
        expr->kids[i] = kids[i];
    return expr;
}

// op.0x80000001(a) or (a, b): an opaque operator of one or two operands.
static struct ir_expr *opaque_operator(struct text_parser *parser, const struct text_token *word)
{
    uint32_t id = operator_id(parser);
    uint32_t height = 0;
    struct ir_expr *kids[2] = { NULL, NULL };
    ir_text_expect(parser, PUNCT1('('), "'('");
    add_operand(parser, kids, 0, &height);
    bool binary = ir_text_accept(parser, PUNCT1(','));
    if (binary)
        add_operand(parser, kids, 1, &height);
    ir_text_expect(parser, PUNCT1(')'), "')' behind one or two operands");
    if (parser->stopped || !grow(parser, height, word))
        return NULL;
    struct ir_expr *expr = binary ? ir_bin(&parser->draft, IR_BIN_OPAQUE, kids[0], kids[1])
                                  : ir_un(&parser->draft, IR_UN_OPAQUE, kids[0]);
    if (expr)
        expr->bits = id;
    return expr;
}

static struct ir_expr *length(struct text_parser *parser, const struct text_token *word)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    ir_name buffer = ir_text_name(parser, "the name of a buffer");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (parser->stopped || !grow(parser, 0, word))
        return NULL;
    return ir_buf_len(&parser->draft, buffer);
}

static struct ir_expr *opaque(struct text_parser *parser, const struct text_token *word)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    ir_name kind = ir_text_string(parser, "the kind, a string");
    ir_text_expect(parser, PUNCT1(','), "',' and the payload");
    uint32_t size;
    const uint8_t *payload = ir_text_payload(parser, &size);
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (parser->stopped || !grow(parser, 0, word))
        return NULL;
    struct ir_expr *expr = ir_draft_expr(&parser->draft, IR_EXPR_OPAQUE, 0);
    if (expr) {
        expr->name = kind;
        expr->payload = payload;
        expr->payload_size = size;
    }
    return expr;
}

// call "op.id"(a, b)
static struct ir_expr *call(struct text_parser *parser, const struct text_token *word)
{
    struct {
        ARRAY(struct ir_expr *);
    } args = { 0 };
    uint32_t height = 0;
    bool first = true;
    ir_name op = ir_text_string(parser, "the id of the operation, a string");
    ir_text_expect(parser, PUNCT1('('), "'('");
    while (!parser->stopped && !ir_text_is_punct(parser, PUNCT1(')'))) {
        if (!first && !ir_text_expect(parser, PUNCT1(','), "',' or ')'"))
            break;
        first = false;
        struct ir_expr *arg;
        add_operand(parser, &arg, 0, &height);
        if (!parser->stopped && !array_push(&args, arg))
            parser->draft.failed = true;
    }
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_expr *expr = NULL;
    if (!parser->stopped && grow(parser, height, word))
        expr = ir_draft_expr(&parser->draft, IR_EXPR_CALL, (uint32_t)args.count);
    if (expr) {
        expr->name = op;
        if (args.count)
            memcpy(expr->kids, args.items, args.count * sizeof args.items[0]);
    }
    array_fini(&args);
    return expr;
}

// cast<TYPE>(value); the current token begins with '<'.
static struct ir_expr *cast(struct text_parser *parser, const struct text_token *word)
{
    if (parser->token.kind != TEXT_PUNCT || parser->text[parser->token.start] != '<')
        return ir_text_expected(parser, "'<' and a type");
    const struct ir_type *type = ir_text_type_at(parser, parser->token.start + 1);
    struct ir_expr *kids[1] = { NULL };
    uint32_t height = 0;
    ir_text_expect(parser, PUNCT1('>'), "'>'");
    if (!operands(parser, word, kids, 1, &height) || !grow(parser, height, word))
        return NULL;
    return ir_cast(&parser->draft, type, kids[0]);
}

static const char *function_spelling(size_t index)
{
    if (index >= sizeof functions / sizeof functions[0])
        return NULL;
    const struct function *function = &functions[index];
    return function->form == FORM_EXT ? ir_ext_info((enum ir_ext)function->value)->spelling
                                      : function->spelling;
}

static struct ir_expr *no_operator(struct text_parser *parser, const struct text_token *word)
{
    static const char known[] = "operators are listed in docs/ir.md; operations of a registry are "
                                "called as call \"id\"(...)";
    char fix[TEXT_MOST_FIX];
    return ir_text_error(
        parser, DIAG_T009, word, ir_text_word_fix(parser, word, function_spelling, known, fix),
        "there is no operator '%.*s'", (int)word->size, parser->text + word->start);
}

static struct ir_expr *function_call(struct text_parser *parser, const struct text_token *word)
{
    if (ir_text_token_is(parser, word, "len"))
        return length(parser, word);
    if (ir_text_token_is(parser, word, "opaque"))
        return opaque(parser, word);
    const struct function *function = find_function(parser, word);
    if (!function)
        return no_operator(parser, word);
    switch (function->form) {
    case FORM_ATOMIC: return atomic(parser, word, (enum ir_atomic_op)function->value);
    case FORM_EXT: return extension(parser, word, (enum ir_ext)function->value);
    default: return from_operands(parser, word, function);
    }
}

// ---- Names with a dot ---------------------------------------------------------------------------

// gid.x, or gid.7 for an axis without a letter
static struct ir_expr *invocation_id(struct text_parser *parser, const struct text_token *word,
                                     enum ir_expr_kind kind)
{
    uint8_t axis = 0;
    ir_text_expect(parser, PUNCT1('.'), "'.' and an axis");
    struct text_token token = parser->token;
    if (token.kind == TEXT_INT) {
        axis = (uint8_t)ir_text_number(parser, UINT8_MAX, "the axis");
    } else if (token.kind == TEXT_NAME && token.size == 1 && parser->text[token.start] >= 'x' &&
               parser->text[token.start] <= 'z') {
        axis = (uint8_t)(parser->text[token.start] - 'x');
        ir_text_advance(parser);
    } else {
        ir_text_expected(parser, "x, y or z");
    }
    if (parser->stopped || !grow(parser, 0, word))
        return NULL;
    return ir_id(&parser->draft, kind, axis);
}

// f32.bits(0x7fc00000) or f64.bits(...)
static struct ir_expr *float_bits(struct text_parser *parser, const struct text_token *word,
                                  bool is_double)
{
    ir_text_expect(parser, PUNCT1('.'), "'.'");
    if (!ir_text_accept_word(parser, "bits"))
        ir_text_expected(parser, "'bits'");
    ir_text_expect(parser, PUNCT1('('), "'('");
    uint64_t bits = ir_text_number(parser, is_double ? UINT64_MAX : UINT32_MAX, "the bits");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (parser->stopped || !grow(parser, 0, word))
        return NULL;
    return is_double ? ir_literal64(&parser->draft, IR_TYPE_F64, bits)
                     : ir_lit_f32(&parser->draft, (uint32_t)bits);
}

static struct ir_expr *dotted(struct text_parser *parser, const struct text_token *word)
{
    if (ir_text_token_is(parser, word, "gid"))
        return invocation_id(parser, word, IR_EXPR_INVOCATION_ID);
    if (ir_text_token_is(parser, word, "wid"))
        return invocation_id(parser, word, IR_EXPR_WORKGROUP_ID);
    if (ir_text_token_is(parser, word, "lid"))
        return invocation_id(parser, word, IR_EXPR_LOCAL_ID);
    if (ir_text_token_is(parser, word, "f32"))
        return float_bits(parser, word, false);
    if (ir_text_token_is(parser, word, "f64"))
        return float_bits(parser, word, true);
    if (ir_text_token_is(parser, word, "op"))
        return opaque_operator(parser, word);
    const struct function *function = find_function(parser, word);
    if (function && function->form == FORM_ATOMIC)
        return atomic(parser, word, (enum ir_atomic_op)function->value);
    if (function && function->form == FORM_EXT)
        return extension(parser, word, (enum ir_ext)function->value);
    return ir_text_error(parser, DIAG_T009, word,
                         "the invocation's ids are gid, wid and lid, .x .y .z",
                         "'%.*s' has no parts", (int)word->size, parser->text + word->start);
}

// ---- Primary expressions ------------------------------------------------------------------------

static struct ir_expr *boolean(struct text_parser *parser, const struct text_token *word,
                               bool value)
{
    return grow(parser, 0, word) ? ir_lit_bool(&parser->draft, value) : NULL;
}

static struct ir_expr *reserved(struct text_parser *parser, const struct text_token *word)
{
    if (ir_text_token_is(parser, word, "true"))
        return boolean(parser, word, true);
    if (ir_text_token_is(parser, word, "false"))
        return boolean(parser, word, false);
    if (ir_text_token_is(parser, word, "call"))
        return call(parser, word);
    if (ir_text_token_is(parser, word, "cast"))
        return cast(parser, word);
    if (parser->stopped)
        return NULL;
    return ir_text_error(parser, DIAG_T018, word,
                         "to choose between two values write select(condition, a, b)",
                         "'%.*s' is no value", (int)word->size, parser->text + word->start);
}

static struct ir_expr *load(struct text_parser *parser, const struct text_token *word)
{
    ir_name buffer = ir_text_token_name(parser, word);
    ir_text_advance(parser);
    struct ir_expr *index = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(']'), "']'");
    if (parser->stopped || !grow(parser, parser->height, word))
        return NULL;
    return ir_load(&parser->draft, buffer, index);
}

static struct ir_expr *named(struct text_parser *parser)
{
    struct text_token word = parser->token;
    ir_text_advance(parser);
    if (word.kind == TEXT_NAME) {
        if (ir_text_is_reserved(parser->text + word.start, word.size))
            return placed(reserved(parser, &word), &word);
        if (ir_text_is_punct(parser, PUNCT1('(')))
            return placed(function_call(parser, &word), &word);
        if (ir_text_is_punct(parser, PUNCT1('.')))
            return placed(dotted(parser, &word), &word);
    }
    if (ir_text_is_punct(parser, PUNCT1('[')))
        return placed(load(parser, &word), &word);
    if (parser->stopped || !grow(parser, 0, &word))
        return NULL;
    return placed(ir_var(&parser->draft, ir_text_token_name(parser, &word)), &word);
}

// The largest magnitude of an integer literal.
static uint64_t largest_literal(enum ir_type_kind type, bool negative)
{
    switch (type) {
    case IR_TYPE_U32: return UINT32_MAX;
    case IR_TYPE_I32: return (uint64_t)INT32_MAX + negative;
    case IR_TYPE_I64: return (uint64_t)INT64_MAX + negative;
    default: return UINT64_MAX; // u64, and the bits of floats
    }
}

static struct ir_expr *number(struct text_parser *parser, bool negative)
{
    struct text_token token = parser->token;
    struct ir_draft *draft = &parser->draft;
    enum ir_type_kind type = token.kind == TEXT_INT ? IR_TYPE_U32 : (enum ir_type_kind)token.type;
    uint64_t largest = largest_literal(type, negative);
    uint64_t value = token.value;
    if (value > largest)
        return ir_text_error(parser, DIAG_T007, &token,
                             type == IR_TYPE_I64 ? NULL : "a number of 64 bits ends in u64 or i64",
                             "the largest %s is %llu", ir_type_info(type)->spelling,
                             (unsigned long long)largest);
    ir_text_advance(parser);
    if (parser->stopped || !grow(parser, 0, &token))
        return NULL;
    switch (type) {
    case IR_TYPE_U32: return ir_lit_u32(draft, (uint32_t)value);
    case IR_TYPE_I32: return ir_lit_i32(draft, (int32_t)(negative ? 0 - value : value));
    case IR_TYPE_F32: return ir_lit_f32(draft, (uint32_t)value ^ (negative ? 1u << 31 : 0));
    case IR_TYPE_F64: return ir_literal64(draft, type, value ^ (uint64_t)negative << 63);
    default: return ir_literal64(draft, type, negative ? 0 - value : value);
    }
}

static struct ir_expr *primary(struct text_parser *parser)
{
    struct text_token token = parser->token;
    switch (token.kind) {
    case TEXT_NAME:
    case TEXT_QUOTED: return named(parser);
    case TEXT_INT:
    case TEXT_LITERAL: return placed(number(parser, false), &token);
    default: break;
    }
    if (!ir_text_accept(parser, PUNCT1('(')))
        return ir_text_expected_fix(
            parser, "an expression",
            "a value is a number, a name, buffer[index], len(buffer), gid.x "
            "and the like, an operator between values, or a call such as "
            "min(a, b)");
    struct ir_expr *expr = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(')'), "')'");
    return parser->stopped ? NULL : expr;
}

// ---- Operators ----------------------------------------------------------------------------------

static struct ir_expr *unary(struct text_parser *parser);

static struct ir_expr *prefixed(struct text_parser *parser, enum ir_unop op)
{
    struct text_token token = parser->token;
    ir_text_advance(parser);
    // The sign belongs to a signed literal, so that the smallest i32 can be written.
    if (op == IR_UN_NEGATE && parser->token.kind == TEXT_LITERAL &&
        parser->token.type != IR_TYPE_U32 && parser->token.type != IR_TYPE_U64)
        return placed(number(parser, true), &token);
    struct ir_expr *operand = unary(parser);
    if (parser->stopped || !grow(parser, parser->height, &token))
        return NULL;
    return placed(ir_un(&parser->draft, op, operand), &token);
}

static struct ir_expr *unary(struct text_parser *parser)
{
    struct text_token token = parser->token;
    if (!ir_text_enter(parser, &token, "statements and expressions", NULL))
        return NULL;
    struct ir_expr *expr;
    if (ir_text_is_punct(parser, PUNCT1('-')))
        expr = prefixed(parser, IR_UN_NEGATE);
    else if (ir_text_is_punct(parser, PUNCT1('~')))
        expr = prefixed(parser, IR_UN_BIT_NOT);
    else if (ir_text_is_punct(parser, PUNCT1('!')))
        expr = prefixed(parser, IR_UN_LOGICAL_NOT);
    else
        expr = primary(parser);
    ir_text_leave(parser);
    return expr;
}

// The infix operator that the current token is; false when it is none.
static bool infix(const struct text_parser *parser, enum ir_binop *out)
{
    if (parser->token.kind != TEXT_PUNCT)
        return false;
    for (int op = 0; op < IR_BINOP_COUNT; op++) {
        const struct ir_binop_info *info = ir_binop_info((enum ir_binop)op);
        if (info->precedence && strlen(info->spelling) == parser->token.size &&
            memcmp(info->spelling, parser->text + parser->token.start, parser->token.size) == 0) {
            *out = (enum ir_binop)op;
            return true;
        }
    }
    return false;
}

// An expression of operators that bind at least as strongly as `weakest`. All are left-associative.
static struct ir_expr *binary(struct text_parser *parser, unsigned weakest)
{
    struct ir_expr *left = unary(parser);
    uint32_t height = parser->height;
    enum ir_binop op;
    while (!parser->stopped && infix(parser, &op) && ir_binop_info(op)->precedence >= weakest) {
        struct text_token token = parser->token;
        ir_text_advance(parser);
        struct ir_expr *right = binary(parser, ir_binop_info(op)->precedence + 1u);
        if (parser->stopped ||
            !grow(parser, parser->height > height ? parser->height : height, &token))
            return NULL;
        height = parser->height;
        left = placed(ir_bin(&parser->draft, op, left, right), &token);
    }
    parser->height = height;
    return parser->stopped ? NULL : left;
}

struct ir_expr *ir_text_expr(struct text_parser *parser)
{
    return binary(parser, 1);
}

// ---- Compound assignment ------------------------------------------------------------------------

static const struct compound {
    uint16_t punct;
    enum ir_binop op;
} compounds[] = {
    { PUNCT2('+', '='), IR_BIN_ADD },    { PUNCT2('-', '='), IR_BIN_SUB },
    { PUNCT2('*', '='), IR_BIN_MUL },    { PUNCT2('/', '='), IR_BIN_DIV },
    { PUNCT2('%', '='), IR_BIN_MOD },    { PUNCT2('&', '='), IR_BIN_BIT_AND },
    { PUNCT2('|', '='), IR_BIN_BIT_OR }, { PUNCT2('^', '='), IR_BIN_BIT_XOR },
};

static const struct compound *find_compound(const struct text_parser *parser)
{
    for (size_t i = 0; i < sizeof compounds / sizeof compounds[0]; i++)
        if (ir_text_is_punct(parser, compounds[i].punct))
            return &compounds[i];
    return NULL;
}

bool ir_text_is_compound(const struct text_parser *parser)
{
    return find_compound(parser) != NULL;
}

struct ir_expr *ir_text_compound(struct text_parser *parser, struct ir_expr *left, uint32_t height)
{
    const struct compound *compound = find_compound(parser);
    struct text_token token = parser->token;
    if (!compound)
        return ir_text_expected(parser, "an assignment");
    ir_text_advance(parser);
    struct ir_expr *value = ir_text_expr(parser);
    if (parser->stopped || !grow(parser, parser->height > height ? parser->height : height, &token))
        return NULL;
    return placed(ir_bin(&parser->draft, compound->op, left, value), &token);
}
