// SPDX-License-Identifier: MIT
// Type and uniformity of every expression of a statement, bottom-up and without recursion, so that
// no rule infers anything twice (spec: ir.md, 4.6 and 7).
#include "validate_walk.h"

enum access { NOT_ACCESSED, READ, CHANGED_ATOMICALLY, BY_EXTENSION };

// By kind: whether it is uniform when all of its children are, and how it accesses the buffer that
// it names. A table, because this is looked up for every expression.
static const struct {
    bool uniform;
    uint8_t access; // enum access
} kinds[IR_EXPR_COUNT] = {
    [IR_EXPR_LIT_U32] = { .uniform = true },
    [IR_EXPR_LIT_I32] = { .uniform = true },
    [IR_EXPR_LIT_BOOL] = { .uniform = true },
    [IR_EXPR_LIT_F32] = { .uniform = true },
    [IR_EXPR_WORKGROUP_ID] = { .uniform = true },
    [IR_EXPR_BINOP] = { .uniform = true },
    [IR_EXPR_UNOP] = { .uniform = true },
    [IR_EXPR_CAST] = { .uniform = true },
    [IR_EXPR_SELECT] = { .uniform = true },
    [IR_EXPR_FMA] = { .uniform = true },
    [IR_EXPR_BUF_LEN] = { .uniform = true, .access = READ },
    [IR_EXPR_LOAD] = { .access = READ },
    [IR_EXPR_ATOMIC] = { .access = CHANGED_ATOMICALLY },
    [IR_EXPR_OPAQUE] = { .access = BY_EXTENSION },
};

static void add_access(struct ir_validator *v, const struct ir_expr *expr)
{
    const enum access access = (enum access)kinds[expr->kind].access;
    // Atomic loads and stores carry the ordering that makes them legal beside plain accesses.
    if (access == READ || (access == BY_EXTENSION && expr->ext == IR_EXT_UNIFORM_LOAD))
        ir_alias_add(v, expr->name, false);
    else if (access == CHANGED_ATOMICALLY)
        ir_alias_add(v, expr->name, true);
}

// All children of a fact are known: its own type and uniformity follow.
static void conclude(struct ir_validator *v, uint32_t index)
{
    struct ir_fact *const facts = v->facts.items;
    struct ir_fact *fact = &facts[index];
    const struct ir_expr *expr = fact->expr;
    const struct ir_type *kids[3] = { NULL, NULL, NULL };
    const struct ir_type *local = NULL;
    const struct ir_buffer *buffer = NULL;
    bool uniform = kinds[expr->kind].uniform;
    uint32_t at = index + 1;
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        if (i < 3)
            kids[i] = facts[at].type;
        uniform = uniform && facts[at].uniform;
        at += facts[at].size;
    }
    if (expr->kind == IR_EXPR_VAR) {
        const struct ir_binding *binding = ir_validate_binding(v, expr->name);
        local = binding ? binding->type : NULL;
        uniform = binding && binding->uniform;
    } else if (expr->kind == IR_EXPR_LOAD) {
        buffer = ir_validate_buffer(v, expr->name);
    } else if (expr->kind == IR_EXPR_OPAQUE) {
        // An author's promise that a load is uniform covers its index too.
        uniform = expr->ext == IR_EXT_UNIFORM_LOAD || expr->ext == IR_EXT_PARAM;
    }
    fact->size = at - index;
    fact->uniform = uniform;
    fact->type = ir_expr_type(v->program, expr, kids, local, buffer);
}

uint32_t ir_validate_facts(struct ir_validator *v, const struct ir_expr *expr)
{
    const size_t root = v->facts.count;
    v->pending.count = 0;
    if (!array_push(&v->pending, expr))
        goto no_memory;
    while (v->pending.count > 0) {
        const struct ir_fact fact = { .expr = v->pending.items[--v->pending.count] };
        if (v->facts.count >= UINT32_MAX - 1 || !array_push(&v->facts, fact))
            goto no_memory;
        add_access(v, fact.expr);
        for (uint32_t i = fact.expr->kid_count; i > 0; i--)
            if (!array_push(&v->pending, fact.expr->kids[i - 1]))
                goto no_memory;
    }
    // Children lie behind their parent, so backwards every child comes before it.
    for (size_t i = v->facts.count; i > root; i--)
        conclude(v, (uint32_t)i - 1);
    return (uint32_t)root;

no_memory:
    v->failed = true;
    return UINT32_MAX;
}
