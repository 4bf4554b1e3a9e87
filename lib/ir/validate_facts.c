// SPDX-License-Identifier: MIT
// Type and uniformity of every expression of a statement, bottom-up and without recursion, so that
// no rule infers anything twice (spec: ir.md, 4.6 and 7).
#include "validate_walk.h"

uint32_t ir_fact_kid(const struct ir_validator *v, uint32_t fact, uint32_t kid)
{
    uint32_t at = fact + 1;
    for (uint32_t i = 0; i < kid; i++)
        at += v->facts.items[at].size;
    return at;
}

// What holds for an expression when it holds for all of its children.
static bool uniform_kind(const struct ir_validator *v, const struct ir_expr *expr)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_BINOP:
    case IR_EXPR_UNOP:
    case IR_EXPR_CAST:
    case IR_EXPR_SELECT:
    case IR_EXPR_FMA: return true;
    case IR_EXPR_VAR: {
        const struct ir_binding *binding = ir_validate_binding(v, expr->name);
        return binding && binding->uniform;
    }
    case IR_EXPR_OPAQUE: return expr->ext == IR_EXT_UNIFORM_LOAD || expr->ext == IR_EXT_PARAM;
    default: return false;
    }
}

// An author's promise that a load is uniform covers its index too.
static bool needs_uniform_kids(const struct ir_expr *expr)
{
    return expr->kind != IR_EXPR_OPAQUE;
}

static void add_access(struct ir_validator *v, const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN: ir_alias_add(v, expr->name, false); break;
    case IR_EXPR_ATOMIC: ir_alias_add(v, expr->name, true); break;
    case IR_EXPR_OPAQUE:
        // Atomic loads and stores carry the ordering that makes them legal beside plain accesses.
        if (expr->ext == IR_EXT_UNIFORM_LOAD)
            ir_alias_add(v, expr->name, false);
        break;
    default: break;
    }
}

static bool enter(struct ir_validator *v, const struct ir_expr *expr)
{
    struct ir_fact fact = { .expr = expr, .size = 1 };
    add_access(v, expr);
    return v->facts.count < UINT32_MAX - 1 && array_push(&v->facts, fact) &&
           array_push(&v->pending, (uint32_t)v->facts.count - 1);
}

// All children of a fact are known: its own type and uniformity follow.
static void conclude(struct ir_validator *v, uint32_t index)
{
    struct ir_fact *fact = &v->facts.items[index];
    const struct ir_expr *expr = fact->expr;
    const struct ir_type *kids[3] = { NULL, NULL, NULL };
    const struct ir_type *local = NULL;
    const struct ir_buffer *buffer = NULL;
    fact->size = (uint32_t)v->facts.count - index;
    fact->uniform = uniform_kind(v, expr);
    uint32_t at = index + 1;
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        if (i < 3)
            kids[i] = v->facts.items[at].type;
        if (needs_uniform_kids(expr))
            fact->uniform = fact->uniform && v->facts.items[at].uniform;
        at += v->facts.items[at].size;
    }
    if (expr->kind == IR_EXPR_VAR) {
        const struct ir_binding *binding = ir_validate_binding(v, expr->name);
        local = binding ? binding->type : NULL;
    } else if (expr->kind == IR_EXPR_LOAD) {
        buffer = ir_validate_buffer(v, expr->name);
    }
    fact->type = ir_expr_type(v->program, expr, kids, local, buffer);
}

uint32_t ir_validate_facts(struct ir_validator *v, const struct ir_expr *expr)
{
    uint32_t root = (uint32_t)v->facts.count;
    v->pending.count = 0;
    if (!enter(v, expr))
        goto no_memory;
    while (v->pending.count > 0) {
        uint32_t index = v->pending.items[v->pending.count - 1];
        struct ir_fact *fact = &v->facts.items[index];
        // Until its children are known, `size` counts those that were entered.
        uint32_t entered = fact->size - 1;
        if (entered < fact->expr->kid_count) {
            fact->size++;
            if (!enter(v, fact->expr->kids[entered]))
                goto no_memory;
        } else {
            v->pending.count--;
            conclude(v, index);
        }
    }
    return root;

no_memory:
    v->failed = true;
    return UINT32_MAX;
}
