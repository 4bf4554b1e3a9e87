// SPDX-License-Identifier: MIT
// Shorthand for the expressions and nodes that programs are mostly made of.
#include "ir/draft.h"
#include "ir/tables.h"

#include <stdarg.h>

// An expression with the given children. A missing child means that its construction failed.
static struct ir_expr *make(struct ir_draft *draft, enum ir_expr_kind kind, uint32_t kid_count, ...)
{
    struct ir_expr *expr = ir_draft_expr(draft, kind, kid_count);
    va_list kids;
    va_start(kids, kid_count);
    for (uint32_t i = 0; i < kid_count; i++) {
        struct ir_expr *kid = va_arg(kids, struct ir_expr *);
        if (expr)
            expr->kids[i] = kid;
        if (!kid)
            draft->failed = true;
    }
    va_end(kids);
    return draft->failed ? NULL : expr;
}

static struct ir_expr *literal(struct ir_draft *draft, enum ir_expr_kind kind, uint32_t bits)
{
    struct ir_expr *expr = make(draft, kind, 0);
    if (expr)
        expr->bits = bits;
    return expr;
}

struct ir_expr *ir_lit_u32(struct ir_draft *draft, uint32_t value)
{
    return literal(draft, IR_EXPR_LIT_U32, value);
}

struct ir_expr *ir_lit_i32(struct ir_draft *draft, int32_t value)
{
    return literal(draft, IR_EXPR_LIT_I32, (uint32_t)value);
}

struct ir_expr *ir_lit_bool(struct ir_draft *draft, bool value)
{
    return literal(draft, IR_EXPR_LIT_BOOL, value);
}

struct ir_expr *ir_lit_f32(struct ir_draft *draft, uint32_t bits)
{
    return literal(draft, IR_EXPR_LIT_F32, bits);
}

static struct ir_expr *named(struct ir_expr *expr, ir_name name)
{
    if (expr)
        expr->name = name;
    return expr;
}

static struct ir_expr *with_op(struct ir_expr *expr, unsigned op)
{
    if (expr)
        expr->op = (uint8_t)op;
    return expr;
}

struct ir_expr *ir_var(struct ir_draft *draft, ir_name name)
{
    return named(make(draft, IR_EXPR_VAR, 0), name);
}

struct ir_expr *ir_id(struct ir_draft *draft, enum ir_expr_kind kind, uint8_t axis)
{
    return with_op(make(draft, kind, 0), axis);
}

struct ir_expr *ir_load(struct ir_draft *draft, ir_name buffer, struct ir_expr *index)
{
    return named(make(draft, IR_EXPR_LOAD, 1, index), buffer);
}

struct ir_expr *ir_buf_len(struct ir_draft *draft, ir_name buffer)
{
    return named(make(draft, IR_EXPR_BUF_LEN, 0), buffer);
}

struct ir_expr *ir_bin(struct ir_draft *draft, enum ir_binop op, struct ir_expr *left,
                       struct ir_expr *right)
{
    return with_op(make(draft, IR_EXPR_BINOP, 2, left, right), op);
}

struct ir_expr *ir_un(struct ir_draft *draft, enum ir_unop op, struct ir_expr *operand)
{
    return with_op(make(draft, IR_EXPR_UNOP, 1, operand), op);
}

struct ir_expr *ir_select(struct ir_draft *draft, struct ir_expr *cond, struct ir_expr *yes,
                          struct ir_expr *no)
{
    return make(draft, IR_EXPR_SELECT, 3, cond, yes, no);
}

struct ir_expr *ir_cast(struct ir_draft *draft, const struct ir_type *target, struct ir_expr *value)
{
    if (!target)
        draft->failed = true;
    struct ir_expr *expr = make(draft, IR_EXPR_CAST, 1, value);
    if (expr)
        expr->type = target;
    return expr;
}

struct ir_expr *ir_atomic(struct ir_draft *draft, enum ir_atomic_op op, enum ir_ordering ordering,
                          ir_name buffer, struct ir_expr *index, struct ir_expr *expected,
                          struct ir_expr *value)
{
    struct ir_expr *expr = expected ? make(draft, IR_EXPR_ATOMIC, 3, index, expected, value)
                                    : make(draft, IR_EXPR_ATOMIC, 2, index, value);
    if (expr) {
        expr->ordering = (uint8_t)ordering;
        expr->has_expected = expected != NULL;
    }
    return named(with_op(expr, op), buffer);
}

struct ir_expr *ir_ext_expr(struct ir_draft *draft, enum ir_ext ext, ir_name buffer,
                            enum ir_ordering ordering, uint32_t immediate, struct ir_expr *a,
                            struct ir_expr *b)
{
    uint32_t kid_count = ir_ext_info(ext)->kid_count;
    struct ir_expr *expr = kid_count == 0   ? make(draft, IR_EXPR_OPAQUE, 0)
                           : kid_count == 1 ? make(draft, IR_EXPR_OPAQUE, 1, a)
                                            : make(draft, IR_EXPR_OPAQUE, 2, a, b);
    if (expr) {
        expr->ext = (uint8_t)ext;
        expr->ordering = (uint8_t)ordering;
        expr->bits = immediate;
    }
    return named(expr, buffer);
}

// ---- Nodes --------------------------------------------------------------------------------------

// A node with a name and up to two operands, `operands` of which must be there.
static struct ir_node *statement(struct ir_draft *draft, enum ir_node_kind kind, ir_name name,
                                 int operands, struct ir_expr *a, struct ir_expr *b)
{
    if ((operands > 0 && !a) || (operands > 1 && !b))
        draft->failed = true;
    struct ir_node *node = ir_draft_node(draft, kind);
    if (node) {
        node->name = name;
        node->a = a;
        node->b = b;
    }
    return node;
}

struct ir_node *ir_let(struct ir_draft *draft, ir_name name, struct ir_expr *value)
{
    return statement(draft, IR_NODE_LET, name, 1, value, NULL);
}

struct ir_node *ir_assign(struct ir_draft *draft, ir_name name, struct ir_expr *value)
{
    return statement(draft, IR_NODE_ASSIGN, name, 1, value, NULL);
}

struct ir_node *ir_store(struct ir_draft *draft, ir_name buffer, struct ir_expr *index,
                         struct ir_expr *value)
{
    return statement(draft, IR_NODE_STORE, buffer, 2, index, value);
}

struct ir_node *ir_if(struct ir_draft *draft, struct ir_expr *cond, struct ir_body then,
                      struct ir_body otherwise)
{
    struct ir_node *node = statement(draft, IR_NODE_IF, 0, 1, cond, NULL);
    if (node) {
        node->body = then;
        node->otherwise = otherwise;
    }
    return node;
}

static struct ir_node *with_body(struct ir_node *node, struct ir_body body)
{
    if (node)
        node->body = body;
    return node;
}

struct ir_node *ir_loop(struct ir_draft *draft, ir_name var, struct ir_expr *from,
                        struct ir_expr *to, struct ir_body body)
{
    return with_body(statement(draft, IR_NODE_LOOP, var, 2, from, to), body);
}

struct ir_node *ir_block(struct ir_draft *draft, struct ir_body body)
{
    return with_body(ir_draft_node(draft, IR_NODE_BLOCK), body);
}

struct ir_node *ir_region(struct ir_draft *draft, ir_name generator, struct ir_body body)
{
    return with_body(statement(draft, IR_NODE_REGION, generator, 0, NULL, NULL), body);
}

struct ir_node *ir_barrier(struct ir_draft *draft, enum ir_ordering ordering)
{
    struct ir_node *node = ir_draft_node(draft, IR_NODE_BARRIER);
    if (node)
        node->ordering = (uint8_t)ordering;
    return node;
}

struct ir_node *ir_return(struct ir_draft *draft)
{
    return ir_draft_node(draft, IR_NODE_RETURN);
}

struct ir_node *ir_ext_node(struct ir_draft *draft, enum ir_ext ext, ir_name buffer,
                            enum ir_ordering ordering, struct ir_expr *a, struct ir_expr *b)
{
    struct ir_node *node =
        statement(draft, IR_NODE_OPAQUE, buffer, ir_ext_info(ext)->kid_count, a, b);
    if (node) {
        node->ext = (uint8_t)ext;
        node->ordering = (uint8_t)ordering;
    }
    return node;
}
