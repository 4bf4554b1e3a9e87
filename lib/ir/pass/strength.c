// SPDX-License-Identifier: MIT
// Strength reduction and algebraic identities.
//
// Does: u32 products, quotients and remainders by powers of two become shifts and masks; operators
// with a neutral operand become the other operand, those with an absorbing one the constant;
// constants of chained operators meet in one; of two bounds of one value only the smaller is
// compared. Needs: a valid program; folding before it, because only literals are looked at. Breaks
// nothing: every rule is exact for the kind that the value has at run time, and no expression
// changes its static type.
#include "ir/pass.h"

#include "facts.h"
#include "interp/ops.h"
#include "ir/edit.h"
#include "ir/equal.h"

struct strength {
    struct ir_edit edit;
    struct ir_facts *facts;
};

struct reduced {
    struct ir_expr *expr;
    struct ir_expr_facts facts;
};

// An operator with a literal on one side.
struct operands {
    struct ir_expr *other;
    const struct ir_expr_facts *facts; // of `other`
    uint32_t bits;                     // of the literal
    bool literal_is_left;
};

// ---- Looking ------------------------------------------------------------------------------------

static bool split_operands(const struct ir_expr *expr, const struct ir_expr_facts *kids,
                           struct operands *out)
{
    const unsigned literal = ir_is_literal(expr->kids[1]) ? 1 : 0;
    if (!ir_is_literal(expr->kids[literal]))
        return false;
    *out = (struct operands){ expr->kids[1 - literal], &kids[1 - literal],
                              expr->kids[literal]->bits, literal == 0 };
    return kids[0].kind == kids[1].kind;
}

static bool is_power_of_two(uint32_t value)
{
    return value && !(value & (value - 1));
}

static uint32_t log_of_two(uint32_t value)
{
    uint32_t log = 0;
    while (value >>= 1)
        log++;
    return log;
}

// Whether the literal leaves the other operand as it is.
static bool is_neutral(enum ir_binop op, uint8_t kind, const struct operands *operands)
{
    const bool right = !operands->literal_is_left;
    const uint32_t bits = operands->bits;
    if (kind == INTERP_BOOL)
        return op == IR_BIN_AND ? bits : op == IR_BIN_OR && !bits;
    if (kind == INTERP_FLOAT) // canonical already, so that nothing but the value counts
        return bits == 0x3F800000 && (op == IR_BIN_MUL || (op == IR_BIN_DIV && right));
    if (kind != INTERP_U32 && kind != INTERP_I32)
        return false;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD:
    case IR_BIN_SATURATING_ADD:
    case IR_BIN_BIT_OR:
    case IR_BIN_BIT_XOR: return bits == 0;
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB:
    case IR_BIN_SATURATING_SUB: return right && bits == 0;
    case IR_BIN_SHL:
    case IR_BIN_SHR: return right && (bits & 31) == 0;
    case IR_BIN_ROTATE_LEFT:
    case IR_BIN_ROTATE_RIGHT: return right && (bits & 31) == 0 && kind == INTERP_U32;
    case IR_BIN_MUL:
    case IR_BIN_SATURATING_MUL: return bits == 1;
    case IR_BIN_DIV: return right && bits == 1;
    case IR_BIN_BIT_AND: return bits == UINT32_MAX;
    case IR_BIN_MAX: return bits == 0 && kind == INTERP_U32;
    case IR_BIN_MIN: return bits == UINT32_MAX && kind == INTERP_U32;
    default: return false;
    }
}

// Whether the result is 0 whatever the other operand is.
static bool gives_zero(enum ir_binop op, uint8_t kind, const struct operands *operands)
{
    const uint32_t bits = operands->bits;
    if (kind != INTERP_U32 && kind != INTERP_I32)
        return false;
    switch (op) {
    case IR_BIN_MUL:
    case IR_BIN_SATURATING_MUL:
    case IR_BIN_BIT_AND: return bits == 0;
    case IR_BIN_MIN:
    case IR_BIN_MUL_HIGH: return bits == 0 && kind == INTERP_U32;
    case IR_BIN_MOD: return !operands->literal_is_left && bits == 1;
    default: return false;
    }
}

static bool same_type(const struct ir_type *a, const struct ir_type *b)
{
    return a && b && ir_type_equal(a, b);
}

// ---- Rules: each gives the expression itself when it does not apply
// ------------------------------

// x + 0, x * 1, x & ~0 ... are x; x * 0, x & 0 ... are 0.
static struct ir_expr *identity(struct strength *strength, struct ir_expr *expr,
                                const struct operands *operands, const struct ir_expr_facts *facts)
{
    const enum ir_binop op = (enum ir_binop)expr->op;
    const uint8_t kind = operands->facts->kind;
    if (is_neutral(op, kind, operands) && same_type(operands->facts->type, facts->type))
        return operands->other;
    if (!gives_zero(op, kind, operands) || !ir_droppable(operands->facts))
        return expr;
    struct ir_draft *draft = ir_edit_draft(&strength->edit);
    if (kind == INTERP_U32 && facts->type && facts->type->kind == IR_TYPE_U32)
        return ir_edit_replace(&strength->edit, expr, ir_lit_u32(draft, 0));
    if (kind == INTERP_I32 && facts->type && facts->type->kind == IR_TYPE_I32)
        return ir_edit_replace(&strength->edit, expr, ir_lit_i32(draft, 0));
    return expr;
}

static struct ir_expr *power_of_two(struct strength *strength, struct ir_expr *expr,
                                    const struct operands *operands,
                                    const struct ir_expr_facts *facts)
{
    enum ir_binop op;
    uint32_t amount = log_of_two(operands->bits);
    if (operands->facts->kind != INTERP_U32 || !is_power_of_two(operands->bits) || !facts->type ||
        facts->type->kind != IR_TYPE_U32)
        return expr;
    if (expr->op == IR_BIN_MUL)
        op = IR_BIN_SHL;
    else if (expr->op == IR_BIN_DIV && !operands->literal_is_left)
        op = IR_BIN_SHR;
    else if (expr->op == IR_BIN_MOD && !operands->literal_is_left)
        op = IR_BIN_BIT_AND;
    else
        return expr;
    // The validator wants two u32 operands here (spec: semantics.md, 9.6).
    if (!operands->facts->type || operands->facts->type->kind != IR_TYPE_U32)
        return expr;
    if (op == IR_BIN_BIT_AND)
        amount = operands->bits - 1;
    struct ir_draft *draft = ir_edit_draft(&strength->edit);
    return ir_edit_replace(&strength->edit, expr,
                           ir_bin(draft, op, operands->other, ir_lit_u32(draft, amount)));
}

static bool chains(enum ir_binop op)
{
    return op == IR_BIN_ADD || op == IR_BIN_MUL || op == IR_BIN_BIT_AND || op == IR_BIN_BIT_OR ||
           op == IR_BIN_BIT_XOR;
}

// (x + 1) + 2 is x + 3, and so for the other operators that wrap or work on bits.
static struct ir_expr *chain(struct strength *strength, struct ir_expr *expr,
                             const struct operands *operands, const struct ir_expr_facts *facts)
{
    struct ir_expr *inner = operands->other;
    const uint8_t kind = operands->facts->kind;
    if (kind != INTERP_U32 || !chains((enum ir_binop)expr->op) || inner->kind != IR_EXPR_BINOP ||
        inner->op != expr->op || !facts->type || facts->type->kind != IR_TYPE_U32)
        return expr;
    const unsigned literal = inner->kids[1]->kind == IR_EXPR_LIT_U32 ? 1 : 0;
    if (inner->kids[literal]->kind != IR_EXPR_LIT_U32)
        return expr;
    const struct interp_value a = interp_u32(inner->kids[literal]->bits);
    const struct interp_value b = interp_u32(operands->bits);
    struct interp_value sum;
    if (interp_binop((enum ir_binop)expr->op, &a, &b, &sum) != INTERP_OP_OK)
        return expr;
    struct ir_draft *draft = ir_edit_draft(&strength->edit);
    return ir_edit_replace(&strength->edit, expr,
                           ir_bin(draft, (enum ir_binop)expr->op, inner->kids[1 - literal],
                                  ir_lit_u32(draft, sum.u32)));
}

// A u32 that can be computed at any time, with the same value.
static bool is_plain_u32(const struct strength *strength, const struct ir_expr *expr)
{
    const struct ir_expr_facts facts = ir_facts_of(strength->facts, expr);
    return facts.kind == INTERP_U32 && facts.type && facts.type->kind == IR_TYPE_U32 &&
           ir_droppable(&facts) && !(facts.effects & IR_MAY_LOAD);
}

// x < a && x < b is x < min(a, b), and x >= a || x >= b is x >= min(a, b).
static struct ir_expr *both_bounds(struct strength *strength, struct ir_expr *expr)
{
    const struct ir_expr *left = expr->kids[0], *right = expr->kids[1];
    const struct vyre_program *program = strength->facts->program;
    const uint8_t compare = expr->op == IR_BIN_AND ? IR_BIN_LT : IR_BIN_GE;
    if ((expr->op != IR_BIN_AND && expr->op != IR_BIN_OR) || left->kind != IR_EXPR_BINOP ||
        right->kind != IR_EXPR_BINOP || left->op != compare || right->op != compare ||
        !ir_expr_equal(program, left->kids[0], program, right->kids[0]) ||
        !is_plain_u32(strength, left->kids[0]) || !is_plain_u32(strength, left->kids[1]) ||
        !is_plain_u32(strength, right->kids[1]))
        return expr;
    struct ir_draft *draft = ir_edit_draft(&strength->edit);
    struct ir_expr *least = ir_bin(draft, IR_BIN_MIN, left->kids[1], right->kids[1]);
    return ir_edit_replace(&strength->edit, expr,
                           ir_bin(draft, (enum ir_binop)compare, left->kids[0], least));
}

static struct ir_expr *reduce_binop(struct strength *strength, struct ir_expr *expr,
                                    const struct ir_expr_facts *kids,
                                    const struct ir_expr_facts *facts)
{
    struct operands operands;
    if (!split_operands(expr, kids, &operands))
        return both_bounds(strength, expr);
    struct ir_expr *made = identity(strength, expr, &operands, facts);
    if (made == expr)
        made = chain(strength, expr, &operands, facts);
    if (made == expr)
        made = power_of_two(strength, expr, &operands, facts);
    return made;
}

static bool is_not(const struct ir_expr *expr)
{
    return expr->kind == IR_EXPR_UNOP && expr->op == IR_UN_LOGICAL_NOT;
}

// !!c is c, and a cast of a value to the type that it has is the value.
static struct ir_expr *reduce_unary(const struct strength *strength, struct ir_expr *expr,
                                    const struct ir_expr_facts *kids,
                                    const struct ir_expr_facts *facts)
{
    struct ir_expr *inner = expr->kids[0];
    if (is_not(expr) && is_not(inner)) {
        struct ir_expr_facts cond = ir_facts_of(strength->facts, inner->kids[0]);
        return cond.kind == INTERP_BOOL && same_type(cond.type, facts->type) ? inner->kids[0]
                                                                             : expr;
    }
    if (expr->kind == IR_EXPR_CAST && kids[0].kind != IR_KIND_UNKNOWN &&
        kids[0].kind == facts->kind && same_type(kids[0].type, facts->type))
        return inner;
    return expr;
}

// select(c, true, false) is c.
static struct ir_expr *reduce_select(struct ir_expr *expr, const struct ir_expr_facts *kids)
{
    const struct ir_expr *yes = expr->kids[1];
    const struct ir_expr *no = expr->kids[2];
    if (kids[0].kind == INTERP_BOOL && kids[0].type && kids[0].type->kind == IR_TYPE_BOOL &&
        yes->kind == IR_EXPR_LIT_BOOL && no->kind == IR_EXPR_LIT_BOOL && yes->bits && !no->bits)
        return expr->kids[0];
    return expr;
}

// ---- The walk -----------------------------------------------------------------------------------

static struct reduced reduce_expr(struct strength *strength, struct ir_expr *expr)
{
    struct ir_expr_facts kids[IR_FACT_KIDS];
    struct ir_expr *now = expr;
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        struct reduced kid = reduce_expr(strength, expr->kids[i]);
        if (!ir_hides_zero(expr, i, kid.expr))
            now = ir_edit_kid(&strength->edit, expr, now, i, kid.expr);
        if (i < IR_FACT_KIDS)
            kids[i] = kid.facts;
    }
    struct ir_expr_facts facts = ir_facts_from(strength->facts, now, kids);
    struct ir_expr *made = now;
    if (now->kind == IR_EXPR_BINOP)
        made = reduce_binop(strength, now, kids, &facts);
    else if (now->kind == IR_EXPR_UNOP || now->kind == IR_EXPR_CAST)
        made = reduce_unary(strength, now, kids, &facts);
    else if (now->kind == IR_EXPR_SELECT)
        made = reduce_select(now, kids);
    // What an expression becomes has its kind, its type and its effects.
    return (struct reduced){ made, facts };
}

static struct ir_body reduce_body(struct strength *strength, struct ir_body body)
{
    struct ir_edit_body made = { .from = body };
    for (uint32_t i = 0; i < body.count; i++) {
        struct ir_node *node = body.nodes[i];
        const bool leave = ir_operands_unchecked(node);
        struct ir_expr *a = node->a && !leave ? reduce_expr(strength, node->a).expr : node->a;
        struct ir_expr *b = node->b && !leave ? reduce_expr(strength, node->b).expr : node->b;
        struct ir_body inner = reduce_body(strength, node->body);
        struct ir_body otherwise = reduce_body(strength, node->otherwise);
        ir_edit_put(&strength->edit, &made,
                    ir_edit_node(&strength->edit, node, a, b, inner, otherwise));
    }
    return ir_edit_take(&strength->edit, &made);
}

enum vyre_result ir_pass_strength(const struct ir_pass_context *context,
                                  const struct vyre_program *from, struct vyre_program **out)
{
    struct strength strength = { .facts = context->facts };
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    *out = NULL;
    ir_edit_init(&strength.edit, from);
    if (ir_facts_about(strength.facts, from))
        result = ir_edit_finish(&strength.edit, reduce_body(&strength, from->entry), out);
    if (!result)
        ir_facts_follow(strength.facts, *out);
    ir_edit_fini(&strength.edit);
    return result;
}
