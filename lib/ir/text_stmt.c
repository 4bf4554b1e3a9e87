// SPDX-License-Identifier: MIT
// Statements.
#include "text.h"

#include "ir/tables.h"

#include <stdio.h>
#include <string.h>

// A parser of one kind of statement, called behind its first word.
typedef struct ir_node *statement_parser(struct text_parser *parser);

static const char compare_fix[] = "values are compared with ==; = stands in statements alone";

static struct ir_body braces(struct text_parser *parser)
{
    struct ir_nodes nodes = { 0 };
    const struct text_token opener = parser->token;
    if (!ir_text_accept(parser, PUNCT1('{')))
        ir_text_expected_fix(parser, "'{'",
                             ir_text_is_punct(parser, PUNCT1('='))
                                 ? compare_fix
                                 : "bodies stand between { and }, short ones too");
    while (parser->token.kind != TEXT_END && !ir_text_is_punct(parser, PUNCT1('}')))
        ir_text_statement(parser, &nodes);
    if (!ir_text_accept(parser, PUNCT1('}'))) {
        // Where it is missing nobody knows; where it belongs to, the reader wants to.
        char fix[80];
        snprintf(fix, sizeof fix, "the { at %u:%u is not closed", opener.pos.line,
                 opener.pos.column);
        ir_text_expected_fix(parser, "'}'", fix);
    }
    return ir_nodes_take(&parser->draft, &nodes);
}

static struct ir_node *new_node(struct text_parser *parser, enum ir_node_kind kind)
{
    return parser->stopped ? NULL : ir_draft_node(&parser->draft, kind);
}

// ---- Values and control flow --------------------------------------------------------------------

static struct ir_node *let_statement(struct text_parser *parser)
{
    ir_name name = ir_text_name(parser, "the name of the value");
    if (ir_text_is_punct(parser, PUNCT1(':')))
        return ir_text_error(parser, DIAG_T001, &parser->token,
                             "leave the type out; let x = 0 is a u32, 0i an i32, 0.0 an f32",
                             "a value has the type of its expression");
    if (!ir_text_accept(parser, PUNCT1('=')))
        ir_text_expected_fix(parser, "'='", "write let NAME = VALUE; every name can be assigned");
    struct ir_expr *value = ir_text_expr(parser);
    return parser->stopped ? NULL : ir_let(&parser->draft, name, value);
}

static struct ir_node *assign_statement(struct text_parser *parser, const struct text_token *word)
{
    ir_name name = ir_text_token_name(parser, word);
    ir_text_advance(parser);
    struct ir_expr *value = ir_text_expr(parser);
    return parser->stopped ? NULL : ir_assign(&parser->draft, name, value);
}

// x += value
static struct ir_node *compound_statement(struct text_parser *parser, const struct text_token *word)
{
    ir_name name = ir_text_token_name(parser, word);
    struct ir_expr *local = parser->stopped ? NULL : ir_var(&parser->draft, name);
    if (local)
        local->pos = word->pos;
    struct ir_expr *value = ir_text_compound(parser, local, 1);
    return parser->stopped ? NULL : ir_assign(&parser->draft, name, value);
}

static bool has_effect(const struct ir_expr *expr)
{
    if (!expr)
        return false;
    bool found = expr->kind == IR_EXPR_ATOMIC || expr->kind == IR_EXPR_CALL;
    for (uint32_t i = 0; !found && i < expr->kid_count; i++)
        found = has_effect(expr->kids[i]);
    return found;
}

// buffer[index] += value: gives buffer[index] + value, whose index is read a second time from
// `before` on, because expressions have one parent.
static struct ir_expr *compound_element(struct text_parser *parser, const struct text_token *word,
                                        ir_name buffer, const struct ir_expr *index,
                                        const struct ir_text_position *before)
{
    if (has_effect(index))
        return ir_text_error(parser, DIAG_T019, word, NULL,
                             "the index has an effect, and would be evaluated twice");
    ir_text_go_back(parser, before);
    struct ir_expr *again = ir_text_expr(parser);
    uint32_t height = parser->height + 1;
    ir_text_expect(parser, PUNCT1(']'), "']'");
    struct ir_expr *element = parser->stopped ? NULL : ir_load(&parser->draft, buffer, again);
    if (element)
        element->pos = word->pos;
    return ir_text_compound(parser, element, height);
}

static struct ir_node *store_statement(struct text_parser *parser, const struct text_token *word)
{
    ir_name name = ir_text_token_name(parser, word);
    ir_text_advance(parser);
    struct ir_text_position before = ir_text_position(parser);
    struct ir_expr *index = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(']'), "']'");
    struct ir_expr *value;
    if (ir_text_is_compound(parser)) {
        value = compound_element(parser, word, name, index, &before);
    } else {
        ir_text_expect(parser, PUNCT1('='), "'=' and the value to store");
        value = ir_text_expr(parser);
    }
    return parser->stopped ? NULL : ir_store(&parser->draft, name, index, value);
}

static struct ir_node *if_statement(struct text_parser *parser)
{
    struct ir_expr *cond = ir_text_expr(parser);
    struct ir_body then = braces(parser);
    struct ir_body otherwise = { NULL, 0 };
    if (ir_text_accept_word(parser, "else")) {
        if (ir_text_is_word(parser, "if")) {
            // An else-if is the only statement of its else.
            struct ir_nodes only = { 0 };
            ir_text_statement(parser, &only);
            otherwise = ir_nodes_take(&parser->draft, &only);
        } else {
            otherwise = braces(parser);
        }
    }
    return parser->stopped ? NULL : ir_if(&parser->draft, cond, then, otherwise);
}

static struct ir_node *loop_statement(struct text_parser *parser)
{
    ir_name var = ir_text_name(parser, "the name of the loop variable");
    static const char form[] = "write: loop NAME in FROM..TO { }, where TO is excluded";
    if (!ir_text_accept_word(parser, "in"))
        ir_text_expected_fix(parser, "'in'", form);
    struct ir_expr *from = ir_text_expr(parser);
    if (!ir_text_accept(parser, PUNCT2('.', '.')))
        ir_text_expected_fix(parser, "'..' and the end of the range", form);
    struct ir_expr *to = ir_text_expr(parser);
    struct ir_body body = braces(parser);
    return parser->stopped ? NULL : ir_loop(&parser->draft, var, from, to, body);
}

static struct ir_node *region_statement(struct text_parser *parser)
{
    ir_name generator = ir_text_string(parser, "the generator of the region, a string");
    bool has_source = ir_text_accept_word(parser, "from");
    ir_name source = has_source ? ir_text_string(parser, "the source region, a string") : 0;
    struct ir_body body = braces(parser);
    if (parser->stopped)
        return NULL;
    struct ir_node *node = ir_region(&parser->draft, generator, body);
    if (node) {
        node->has_source = has_source;
        node->name2 = source;
    }
    return node;
}

static struct ir_node *barrier_statement(struct text_parser *parser)
{
    enum ir_ordering ordering = IR_ORDER_SEQ_CST;
    if (parser->token.kind == TEXT_NAME && !parser->token.starts_line)
        ordering =
            (enum ir_ordering)ir_text_enum(parser, ir_ordering_spelling, "a memory ordering");
    return parser->stopped ? NULL : ir_barrier(&parser->draft, ordering);
}

static struct ir_node *return_statement(struct text_parser *parser)
{
    if (parser->token.kind != TEXT_END && !parser->token.starts_line &&
        !ir_text_is_punct(parser, PUNCT1('}')) && !ir_text_is_punct(parser, PUNCT1(';')))
        return ir_text_error(parser, DIAG_T001, &parser->token,
                             "results leave a program through its buffers: out[i] = ...",
                             "return takes no value");
    return ir_return(&parser->draft);
}

static struct ir_node *trap_statement(struct text_parser *parser)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    struct ir_expr *address = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(','), "',' and the tag");
    ir_name tag = ir_text_string(parser, "the tag, a string");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_node *node = new_node(parser, IR_NODE_TRAP);
    if (node) {
        node->a = address;
        node->name = tag;
    }
    return node;
}

// ---- Transfers and collectives ------------------------------------------------------------------

// word("tag")
static struct ir_node *tagged(struct text_parser *parser, enum ir_node_kind kind)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    ir_name tag = ir_text_string(parser, "the tag, a string");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_node *node = new_node(parser, kind);
    if (node)
        node->name = tag;
    return node;
}

static struct ir_node *resume_statement(struct text_parser *parser)
{
    return tagged(parser, IR_NODE_RESUME);
}

static struct ir_node *async_wait_statement(struct text_parser *parser)
{
    return tagged(parser, IR_NODE_ASYNC_WAIT);
}

// word(source, destination, offset, size, "tag")
static struct ir_node *async_transfer(struct text_parser *parser, enum ir_node_kind kind)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    ir_name source = ir_text_name(parser, "the source buffer");
    ir_text_expect(parser, PUNCT1(','), "',' and the destination buffer");
    ir_name destination = ir_text_name(parser, "the destination buffer");
    ir_text_expect(parser, PUNCT1(','), "',' and the offset");
    struct ir_expr *offset = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(','), "',' and the size");
    struct ir_expr *size = ir_text_expr(parser);
    ir_text_expect(parser, PUNCT1(','), "',' and the tag");
    ir_name tag = ir_text_string(parser, "the tag, a string");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_node *node = new_node(parser, kind);
    if (node) {
        node->name = source;
        node->name2 = destination;
        node->a = offset;
        node->b = size;
        node->tag = tag;
    }
    return node;
}

static struct ir_node *async_load_statement(struct text_parser *parser)
{
    return async_transfer(parser, IR_NODE_ASYNC_LOAD);
}

static struct ir_node *async_store_statement(struct text_parser *parser)
{
    return async_transfer(parser, IR_NODE_ASYNC_STORE);
}

static struct ir_node *indirect_dispatch_statement(struct text_parser *parser)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    ir_name buffer = ir_text_name(parser, "the buffer with the counts");
    ir_text_expect(parser, PUNCT1(','), "',' and the byte offset");
    uint64_t offset = ir_text_number(parser, UINT64_MAX, "the byte offset");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_node *node = new_node(parser, IR_NODE_INDIRECT_DISPATCH);
    if (node) {
        node->name = buffer;
        node->offset = offset;
    }
    return node;
}

// word(buffer[, destination][, operator][, root], group): which parts there are depends on the kind
static struct ir_node *collective(struct text_parser *parser, enum ir_node_kind kind)
{
    bool has_destination = kind == IR_NODE_ALL_GATHER || kind == IR_NODE_REDUCE_SCATTER;
    bool has_operator = kind == IR_NODE_ALL_REDUCE || kind == IR_NODE_REDUCE_SCATTER;
    struct ir_node node = { .kind = (uint8_t)kind };
    ir_text_expect(parser, PUNCT1('('), "'('");
    node.name = ir_text_name(parser, "a buffer");
    if (has_destination && ir_text_expect(parser, PUNCT1(','), "',' and the destination buffer"))
        node.name2 = ir_text_name(parser, "the destination buffer");
    if (has_operator && ir_text_expect(parser, PUNCT1(','), "',' and the operator"))
        node.op = ir_text_enum(parser, ir_collective_spelling, "a collective operator");
    if (kind == IR_NODE_BROADCAST && ir_text_expect(parser, PUNCT1(','), "',' and the root"))
        node.root = (uint32_t)ir_text_number(parser, UINT32_MAX, "the root");
    ir_text_expect(parser, PUNCT1(','), "',' and the group");
    node.group = (uint32_t)ir_text_number(parser, UINT32_MAX, "the group");
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_node *result = new_node(parser, kind);
    if (result)
        *result = node;
    return result;
}

static struct ir_node *all_reduce_statement(struct text_parser *parser)
{
    return collective(parser, IR_NODE_ALL_REDUCE);
}

static struct ir_node *all_gather_statement(struct text_parser *parser)
{
    return collective(parser, IR_NODE_ALL_GATHER);
}

static struct ir_node *reduce_scatter_statement(struct text_parser *parser)
{
    return collective(parser, IR_NODE_REDUCE_SCATTER);
}

static struct ir_node *broadcast_statement(struct text_parser *parser)
{
    return collective(parser, IR_NODE_BROADCAST);
}

// ---- Extensions ---------------------------------------------------------------------------------

static struct ir_node *opaque_statement(struct text_parser *parser)
{
    ir_text_expect(parser, PUNCT1('('), "'('");
    ir_name kind = ir_text_string(parser, "the kind, a string");
    ir_text_expect(parser, PUNCT1(','), "',' and the payload");
    uint32_t size;
    const uint8_t *payload = ir_text_payload(parser, &size);
    ir_text_expect(parser, PUNCT1(')'), "')'");
    struct ir_node *node = new_node(parser, IR_NODE_OPAQUE);
    if (node) {
        node->name = kind;
        node->payload = payload;
        node->payload_size = size;
    }
    return node;
}

static struct ir_node *extension(struct text_parser *parser, enum ir_ext ext)
{
    const struct ir_ext_info *info = ir_ext_info(ext);
    struct ir_expr *operands[2] = { NULL, NULL };
    ir_name buffer = 0;
    enum ir_ordering ordering = IR_ORDER_RELAXED;
    if (info->has_ordering)
        ordering = ir_text_ordering(parser, NULL);
    ir_text_expect(parser, PUNCT1('('), "'('");
    for (uint32_t i = 0; i < info->kid_count; i++) {
        if (i)
            ir_text_expect(parser, PUNCT1(','), "','");
        operands[i] =
            i == 0 && info->has_buffer ? ir_text_element(parser, &buffer) : ir_text_expr(parser);
    }
    ir_text_expect(parser, PUNCT1(')'), "')'");
    if (parser->stopped)
        return NULL;
    return ir_ext_node(&parser->draft, ext, buffer, ordering, operands[0], operands[1]);
}

// ---- One statement ------------------------------------------------------------------------------

static const struct {
    const char *word;
    statement_parser *parse;
} statements[] = {
    { "let", let_statement },
    { "if", if_statement },
    { "loop", loop_statement },
    { "region", region_statement },
    { "barrier", barrier_statement },
    { "return", return_statement },
    { "trap", trap_statement },
    { "resume", resume_statement },
    { "async_load", async_load_statement },
    { "async_store", async_store_statement },
    { "async_wait", async_wait_statement },
    { "indirect_dispatch", indirect_dispatch_statement },
    { "all_reduce", all_reduce_statement },
    { "all_gather", all_gather_statement },
    { "reduce_scatter", reduce_scatter_statement },
    { "broadcast", broadcast_statement },
    { "opaque", opaque_statement },
};

// Every word that begins a statement or a declaration, of which the last are few.
static const char *first_word(size_t index)
{
    static const char *const declarations[] = { "buffer", "shared",        "workgroup",
                                                "op",     "noncomposable", "unwrapped" };
    const size_t known = sizeof statements / sizeof *statements;
    if (index < known)
        return statements[index].word;
    index -= known;
    return index < sizeof declarations / sizeof *declarations ? declarations[index] : NULL;
}

static void *no_statement(struct text_parser *parser, const struct text_token *word)
{
    static const char known[] = "statements are x = ..., buffer[i] = ... or begin with one of: "
                                "let, if, loop, region, barrier, return, trap";
    char fix[TEXT_MOST_FIX];
    return ir_text_error(parser, DIAG_T009, word,
                         ir_text_word_fix(parser, word, first_word, known, fix),
                         "'%.*s' begins no statement", (int)word->size, parser->text + word->start);
}

static struct ir_node *not_a_statement(struct text_parser *parser, const struct text_token *word)
{
    if (ir_text_begins_declaration(parser, word))
        return ir_text_error(parser, DIAG_T014, word, NULL, "declarations stand before statements");
    const char *fix = ir_text_statement_advice(parser, word);
    if (fix)
        return ir_text_error(parser, DIAG_T009, word, fix, "'%.*s' begins no statement",
                             (int)word->size, parser->text + word->start);
    const bool like_call = ir_text_is_punct(parser, PUNCT1('('));
    // Short operators, such as len, are close to other words.
    if (like_call && word->size > 4 &&
        ir_text_nearest(parser->text + word->start, word->size, first_word))
        return no_statement(parser, word);
    if (like_call || ir_text_is_punct(parser, PUNCT1('.')))
        return ir_text_error(parser, DIAG_T013, word, NULL,
                             "this is an expression, not a statement");
    if (parser->token.kind == TEXT_PUNCT && !parser->token.starts_line)
        return ir_text_error(parser, DIAG_T001, &parser->token,
                             ir_text_is_punct(parser, PUNCT2('=', '='))
                                 ? "a value is assigned with =; == compares, in conditions"
                                 : "statements are x = ..., x += ..., buffer[i] = ... or begin "
                                   "with a word; there is "
                                   "no ++ and no <<=: write x += 1, x = x << 1",
                             "expected '=' or '[' behind a name");
    return no_statement(parser, word);
}

static struct ir_node *worded(struct text_parser *parser)
{
    struct text_token word = parser->token;
    bool plain =
        word.kind == TEXT_NAME && !ir_text_is_reserved(parser->text + word.start, word.size);
    ir_text_advance(parser);
    if (plain || word.kind == TEXT_QUOTED) {
        if (ir_text_is_punct(parser, PUNCT1('=')))
            return assign_statement(parser, &word);
        if (ir_text_is_punct(parser, PUNCT1('[')))
            return store_statement(parser, &word);
        if (ir_text_is_compound(parser))
            return compound_statement(parser, &word);
    }
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (ir_text_token_is(parser, &word, statements[i].word))
            return statements[i].parse(parser);
    for (int ext = IR_EXT_NONE + 1; ext < IR_EXT_COUNT; ext++)
        if (ir_ext_info((enum ir_ext)ext)->is_node &&
            ir_text_token_is(parser, &word, ir_ext_info((enum ir_ext)ext)->spelling))
            return extension(parser, (enum ir_ext)ext);
    return parser->stopped ? NULL : not_a_statement(parser, &word);
}

static const char *behind_statement(const struct text_parser *parser)
{
    if (ir_text_is_punct(parser, PUNCT1('=')))
        return compare_fix;
    if (ir_text_is_word(parser, "and"))
        return "write && between conditions";
    if (ir_text_is_word(parser, "or"))
        return "write || between conditions";
    if (ir_text_is_word(parser, "elif") || ir_text_is_word(parser, "elsif") ||
        ir_text_is_word(parser, "elseif"))
        return "write else if";
    return "begin a new line, or put ; between";
}

void ir_text_statement(struct text_parser *parser, struct ir_nodes *out)
{
    struct text_token first = parser->token;
    if (!ir_text_enter(parser, &first, "statements",
                       "move the inner statements out, or join conditions with &&"))
        return;
    struct ir_node *node = NULL;
    if (first.kind == TEXT_NAME || first.kind == TEXT_QUOTED)
        node = worded(parser);
    else if (ir_text_is_punct(parser, PUNCT1('{')))
        node = ir_block(&parser->draft, braces(parser));
    else
        ir_text_expected(parser, "a statement");
    ir_text_leave(parser);
    if (parser->stopped)
        return;
    if (node)
        node->pos = first.pos;
    ir_nodes_add(&parser->draft, out, node);
    if (!ir_text_accept(parser, PUNCT1(';')) && parser->token.kind != TEXT_END &&
        !parser->token.starts_line && !ir_text_is_punct(parser, PUNCT1('}')))
        ir_text_expected_fix(parser, "the end of the line behind a statement",
                             behind_statement(parser));
}
