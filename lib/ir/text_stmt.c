// SPDX-License-Identifier: MIT
// Statements.
#include "text.h"

#include "ir/tables.h"

#include <string.h>

// A parser of one kind of statement, called behind its first word.
typedef struct ir_node *statement_parser(struct text_parser *parser);

static struct ir_body braces(struct text_parser *parser)
{
    struct ir_nodes nodes = { 0 };
    text_expect(parser, PUNCT1('{'), "'{'");
    while (parser->token.kind != TEXT_END && !text_is_punct(parser, PUNCT1('}')))
        text_statement(parser, &nodes);
    text_expect(parser, PUNCT1('}'), "'}'");
    return ir_nodes_take(&parser->draft, &nodes);
}

static struct ir_node *new_node(struct text_parser *parser, enum ir_node_kind kind)
{
    return parser->stopped ? NULL : ir_draft_node(&parser->draft, kind);
}

// ---- Values and control flow --------------------------------------------------------------------

static struct ir_node *let_statement(struct text_parser *parser)
{
    ir_name name = text_name(parser, "the name of the value");
    text_expect(parser, PUNCT1('='), "'='");
    struct ir_expr *value = text_expr(parser);
    return parser->stopped ? NULL : ir_let(&parser->draft, name, value);
}

static struct ir_node *assign_statement(struct text_parser *parser, const struct text_token *word)
{
    ir_name name = text_token_name(parser, word);
    text_advance(parser);
    struct ir_expr *value = text_expr(parser);
    return parser->stopped ? NULL : ir_assign(&parser->draft, name, value);
}

static struct ir_node *store_statement(struct text_parser *parser, const struct text_token *word)
{
    ir_name name = text_token_name(parser, word);
    text_advance(parser);
    struct ir_expr *index = text_expr(parser);
    text_expect(parser, PUNCT1(']'), "']'");
    text_expect(parser, PUNCT1('='), "'=' and the value to store");
    struct ir_expr *value = text_expr(parser);
    return parser->stopped ? NULL : ir_store(&parser->draft, name, index, value);
}

static struct ir_node *if_statement(struct text_parser *parser)
{
    struct ir_expr *cond = text_expr(parser);
    struct ir_body then = braces(parser);
    struct ir_body otherwise = { NULL, 0 };
    if (text_accept_word(parser, "else")) {
        if (text_is_word(parser, "if")) {
            // An else-if is the only statement of its else.
            struct ir_nodes only = { 0 };
            text_statement(parser, &only);
            otherwise = ir_nodes_take(&parser->draft, &only);
        } else {
            otherwise = braces(parser);
        }
    }
    return parser->stopped ? NULL : ir_if(&parser->draft, cond, then, otherwise);
}

static struct ir_node *loop_statement(struct text_parser *parser)
{
    ir_name var = text_name(parser, "the name of the loop variable");
    if (!text_accept_word(parser, "in"))
        text_expected(parser, "'in'");
    struct ir_expr *from = text_expr(parser);
    text_expect(parser, PUNCT2('.', '.'), "'..' and the end of the range");
    struct ir_expr *to = text_expr(parser);
    struct ir_body body = braces(parser);
    return parser->stopped ? NULL : ir_loop(&parser->draft, var, from, to, body);
}

static struct ir_node *region_statement(struct text_parser *parser)
{
    ir_name generator = text_string(parser, "the generator of the region, a string");
    bool has_source = text_accept_word(parser, "from");
    ir_name source = has_source ? text_string(parser, "the source region, a string") : 0;
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
        ordering = (enum ir_ordering)text_enum(parser, ir_ordering_spelling, "a memory ordering");
    return parser->stopped ? NULL : ir_barrier(&parser->draft, ordering);
}

static struct ir_node *return_statement(struct text_parser *parser)
{
    if (parser->token.kind != TEXT_END && !parser->token.starts_line &&
        !text_is_punct(parser, PUNCT1('}')) && !text_is_punct(parser, PUNCT1(';')))
        return text_error(parser, DIAG_T001, &parser->token,
                          "results leave a program through its buffers: out[i] = ...",
                          "return takes no value");
    return ir_return(&parser->draft);
}

static struct ir_node *trap_statement(struct text_parser *parser)
{
    text_expect(parser, PUNCT1('('), "'('");
    struct ir_expr *address = text_expr(parser);
    text_expect(parser, PUNCT1(','), "',' and the tag");
    ir_name tag = text_string(parser, "the tag, a string");
    text_expect(parser, PUNCT1(')'), "')'");
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
    text_expect(parser, PUNCT1('('), "'('");
    ir_name tag = text_string(parser, "the tag, a string");
    text_expect(parser, PUNCT1(')'), "')'");
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
    text_expect(parser, PUNCT1('('), "'('");
    ir_name source = text_name(parser, "the source buffer");
    text_expect(parser, PUNCT1(','), "',' and the destination buffer");
    ir_name destination = text_name(parser, "the destination buffer");
    text_expect(parser, PUNCT1(','), "',' and the offset");
    struct ir_expr *offset = text_expr(parser);
    text_expect(parser, PUNCT1(','), "',' and the size");
    struct ir_expr *size = text_expr(parser);
    text_expect(parser, PUNCT1(','), "',' and the tag");
    ir_name tag = text_string(parser, "the tag, a string");
    text_expect(parser, PUNCT1(')'), "')'");
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
    text_expect(parser, PUNCT1('('), "'('");
    ir_name buffer = text_name(parser, "the buffer with the counts");
    text_expect(parser, PUNCT1(','), "',' and the byte offset");
    uint64_t offset = text_number(parser, UINT64_MAX, "the byte offset");
    text_expect(parser, PUNCT1(')'), "')'");
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
    text_expect(parser, PUNCT1('('), "'('");
    node.name = text_name(parser, "a buffer");
    if (has_destination && text_expect(parser, PUNCT1(','), "',' and the destination buffer"))
        node.name2 = text_name(parser, "the destination buffer");
    if (has_operator && text_expect(parser, PUNCT1(','), "',' and the operator"))
        node.op = text_enum(parser, ir_collective_spelling, "a collective operator");
    if (kind == IR_NODE_BROADCAST && text_expect(parser, PUNCT1(','), "',' and the root"))
        node.root = (uint32_t)text_number(parser, UINT32_MAX, "the root");
    text_expect(parser, PUNCT1(','), "',' and the group");
    node.group = (uint32_t)text_number(parser, UINT32_MAX, "the group");
    text_expect(parser, PUNCT1(')'), "')'");
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
    text_expect(parser, PUNCT1('('), "'('");
    ir_name kind = text_string(parser, "the kind, a string");
    text_expect(parser, PUNCT1(','), "',' and the payload");
    uint32_t size;
    const uint8_t *payload = text_payload(parser, &size);
    text_expect(parser, PUNCT1(')'), "')'");
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
        ordering = text_ordering(parser, NULL);
    text_expect(parser, PUNCT1('('), "'('");
    for (uint32_t i = 0; i < info->kid_count; i++) {
        if (i)
            text_expect(parser, PUNCT1(','), "','");
        operands[i] =
            i == 0 && info->has_buffer ? text_element(parser, &buffer) : text_expr(parser);
    }
    text_expect(parser, PUNCT1(')'), "')'");
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

// Words that people bring along from other languages.
static const char *advice(const struct text_parser *parser, const struct text_token *word)
{
    static const struct {
        const char *word;
        const char *fix;
    } known[] = {
        { "for", "loops count over a range: loop i in 0..n { }" },
        { "while", "loops count over a range: loop i in 0..n { }; leave the program with return" },
        { "var", "names are made by let: let x = 0, and changed by x = 1" },
        { "const", "names are made by let: let x = 0" },
        { "else", "else stands behind the } of its if" },
        { "break", "there is no break: put the rest of the loop's body into an if" },
        { "continue", "there is no continue: put the rest of the loop's body into an if" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_token_is(parser, word, known[i].word))
            return known[i].fix;
    return NULL;
}

static struct ir_node *not_a_statement(struct text_parser *parser, const struct text_token *word)
{
    if (text_begins_declaration(parser, word))
        return text_error(parser, DIAG_T014, word, NULL, "declarations stand before statements");
    const char *fix = advice(parser, word);
    if (fix)
        return text_error(parser, DIAG_T009, word, fix, "'%.*s' begins no statement",
                          (int)word->size, parser->text + word->start);
    if (text_is_punct(parser, PUNCT1('(')) || text_is_punct(parser, PUNCT1('.')))
        return text_error(parser, DIAG_T013, word, NULL, "this is an expression, not a statement");
    if (parser->token.kind == TEXT_PUNCT && !parser->token.starts_line)
        return text_error(parser, DIAG_T001, &parser->token,
                          "statements are x = ..., buffer[i] = ... or begin with a word; there is "
                          "no += or ++: write x = x + 1",
                          "expected '=' or '[' behind a name");
    return text_error(parser, DIAG_T009, word,
                      "statements are x = ..., buffer[i] = ... or begin with one of: let, if, "
                      "loop, region, barrier, return, trap",
                      "'%.*s' begins no statement", (int)word->size, parser->text + word->start);
}

static struct ir_node *worded(struct text_parser *parser)
{
    struct text_token word = parser->token;
    bool plain = word.kind == TEXT_NAME && !text_is_reserved(parser->text + word.start, word.size);
    text_advance(parser);
    if (plain || word.kind == TEXT_QUOTED) {
        if (text_is_punct(parser, PUNCT1('=')))
            return assign_statement(parser, &word);
        if (text_is_punct(parser, PUNCT1('[')))
            return store_statement(parser, &word);
    }
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (text_token_is(parser, &word, statements[i].word))
            return statements[i].parse(parser);
    for (int ext = IR_EXT_NONE + 1; ext < IR_EXT_COUNT; ext++)
        if (ir_ext_info((enum ir_ext)ext)->is_node &&
            text_token_is(parser, &word, ir_ext_info((enum ir_ext)ext)->spelling))
            return extension(parser, (enum ir_ext)ext);
    return parser->stopped ? NULL : not_a_statement(parser, &word);
}

void text_statement(struct text_parser *parser, struct ir_nodes *out)
{
    struct text_token first = parser->token;
    if (!text_enter(parser, &first))
        return;
    struct ir_node *node = NULL;
    if (first.kind == TEXT_NAME || first.kind == TEXT_QUOTED)
        node = worded(parser);
    else if (text_is_punct(parser, PUNCT1('{')))
        node = ir_block(&parser->draft, braces(parser));
    else
        text_expected(parser, "a statement");
    text_leave(parser);
    if (parser->stopped)
        return;
    if (node)
        node->pos = first.pos;
    ir_nodes_add(&parser->draft, out, node);
    if (!text_accept(parser, PUNCT1(';')) && parser->token.kind != TEXT_END &&
        !parser->token.starts_line && !text_is_punct(parser, PUNCT1('}')))
        text_expected(parser, "the end of the line behind a statement");
}
