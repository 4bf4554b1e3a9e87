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

bool ir_uniform_kind(const struct ir_expr *expr)
{
    return kinds[expr->kind].uniform;
}

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
    if (expr->kid_count == 0 && ir_fixed_types[expr->kind]) {
        fact->size = 1;
        fact->uniform = kinds[expr->kind].uniform;
        fact->type = ir_fixed_type(expr);
        return;
    }
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

// Appends a fact for `root` and for everything in it, in pre-order. Only `expr` is set.
static bool add_facts(struct ir_validator *v, const struct ir_expr *root)
{
    size_t pending = 0;
    size_t count = v->facts.count;
    v->pending.count = 0;
    if (!array_reserve_in(&v->arena, &v->pending, 1))
        return false;
    v->pending.items[pending++] = root;
    while (pending > 0) {
        const struct ir_expr *expr = v->pending.items[--pending];
        const uint32_t kid_count = expr->kid_count;
        if (count == v->facts.capacity) {
            v->facts.count = count;
            if (count >= UINT32_MAX - 1 || !array_reserve_in(&v->arena, &v->facts, 1))
                return false;
        }
        v->facts.items[count].expr = expr;
        v->facts.items[count++].fine = false;
        if (kinds[expr->kind].access)
            add_access(v, expr);
        if (v->pending.capacity - pending < kid_count) {
            v->pending.count = pending;
            if (!array_reserve_in(&v->arena, &v->pending, kid_count))
                return false;
        }
        for (uint32_t i = kid_count; i > 0; i--)
            v->pending.items[pending++] = expr->kids[i - 1];
    }
    v->facts.count = count;
    return true;
}

uint32_t ir_validate_facts(struct ir_validator *v, const struct ir_expr *expr)
{
    const size_t root = v->facts.count;
    struct ir_fact fact = { .expr = expr, .size = 1, .fine = true };
    if (root < UINT32_MAX - 1 && ir_validate_is_fine(v, expr, &fact)) {
        if (!array_push_in(&v->arena, &v->facts, fact))
            v->failed = true;
        return (uint32_t)root;
    }
    if (!add_facts(v, expr)) {
        v->failed = true;
        return UINT32_MAX;
    }
    // Children lie behind their parent, so backwards every child comes before it.
    for (size_t i = v->facts.count; i > root; i--)
        conclude(v, (uint32_t)i - 1);
    return (uint32_t)root;
}
