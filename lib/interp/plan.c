// SPDX-License-Identifier: MIT
// What is known about a valid program before it runs: whether it is evaluated at all, its locals,
// its nesting, and the conditions around its barriers. Recursion is bounded by what a valid program
// has.
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/memory.h"
#include "ir/registry.h"
#include "ir/tables.h"
#include "run.h"

enum { MAX_EXPR_DEPTH = 128 }; // as the validator allows (V033)

// An op must have an evaluation, and what it needs must be there, before anything runs. Without a
// registry a call fails where it is evaluated.
static bool supports_call(struct interp_run *run, const struct ir_node *node,
                          const struct ir_expr *expr)
{
    const struct vyre_interpret_params *params = run->params;
    run->node = node;
    if (!params->registry)
        return true;
    const struct vyre_op_params *op =
        ir_registry_find(params->registry, ir_name_text(run->program, expr->name));
    if (!ir_has_capability(params->capabilities, params->capability_count, op->capability)) {
        char fix[300];
        snprintf(fix, sizeof fix,
                 "run it where '%.60s' is provided: by %.120s; or name it in "
                 "capabilities when the op's own evaluation provides it",
                 op->capability,
                 op->provider ? op->provider : "the runtime that the op was made for");
        return interp_refuse(run, DIAG_X030, fix,
                             "op '%.60s' needs '%.60s', which the interpreter does not have",
                             op->id, op->capability);
    }
    return op->evaluate ||
           interp_refuse(run, DIAG_X031, NULL, "op '%.60s' has no evaluation", op->id);
}

// ---- Support -----------------------------------------------------------------------------------

// The validator does not look at trap addresses and asynchronous copies, so what evaluation relies
// on is checked here for every expression.
static bool is_well_formed(struct interp_run *run, const struct ir_expr *expr)
{
    const struct interp_buffer *buffer = interp_find_buffer(run, expr->name);
    switch (expr->kind) {
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: return expr->op <= 2;
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN: return buffer != NULL;
    case IR_EXPR_ATOMIC:
        return buffer && buffer->decl->access != VYRE_ACCESS_WORKGROUP &&
               expr->has_expected == (expr->op == IR_ATOMIC_COMPARE_EXCHANGE);
    case IR_EXPR_OPAQUE: return buffer || !ir_ext_info(expr->ext)->has_buffer;
    default: return true;
    }
}

static bool supports_expr(struct interp_run *run, const struct ir_node *node,
                          const struct ir_expr *expr, unsigned depth)
{
    if (depth > MAX_EXPR_DEPTH) {
        run->node = node;
        return interp_refuse(run, DIAG_X001, NULL, "an expression is nested deeper than %d levels",
                             MAX_EXPR_DEPTH);
    }
    if (!is_well_formed(run, expr)) {
        run->node = node;
        return interp_fail(run, DIAG_X023, "an expression is malformed");
    }
    run->has_subgroups |= ir_expr_is_subgroup(expr);
    if (expr->kind == IR_EXPR_CALL && !supports_call(run, node, expr))
        return false;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (!supports_expr(run, node, expr->kids[i], depth + 1))
            return false;
    return true;
}

static bool supports_body(struct interp_run *run, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if ((node->a && !supports_expr(run, node, node->a, 0)) ||
            (node->b && !supports_expr(run, node, node->b, 0)) ||
            !supports_body(run, &node->body) || !supports_body(run, &node->otherwise))
            return false;
    }
    return true;
}

bool interp_supports(struct interp_run *run)
{
    return supports_body(run, &run->program->entry);
}

// ---- Locals, nesting, conditions ---------------------------------------------------------------

// A barrier that decides about uniformity: one inside a region does not (spec: semantics.md, 7.4).
static bool has_barrier(const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_BARRIER ||
            (node->kind != IR_NODE_REGION &&
             (has_barrier(&node->body) || has_barrier(&node->otherwise))))
            return true;
    }
    return false;
}

struct conditions {
    ARRAY(const struct ir_node *);
};

static bool plan_body(struct interp_run *run, const struct ir_body *body, uint32_t depth,
                      struct conditions *conditions)
{
    // A loop on the way takes two frames.
    uint32_t frames = 2 * (depth + 1);
    if (frames > run->max_frames)
        run->max_frames = frames;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        bool binds = node->kind == IR_NODE_LET || node->kind == IR_NODE_LOOP;
        if (binds && run->slot_of[node->name] == 0)
            run->slot_of[node->name] = ++run->slot_count;
        if (node->kind == IR_NODE_IF &&
            (has_barrier(&node->body) || has_barrier(&node->otherwise)) &&
            !array_push(conditions, node))
            return false;
        if (!plan_body(run, &node->body, depth + 1, conditions) ||
            !plan_body(run, &node->otherwise, depth + 1, conditions))
            return false;
    }
    return true;
}

static int compare_nodes(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (const struct ir_node *const *)left;
    uintptr_t b = (uintptr_t) * (const struct ir_node *const *)right;
    return (a > b) - (a < b);
}

bool interp_plan(struct interp_run *run)
{
    struct conditions conditions = { 0 };
    bool planned = plan_body(run, &run->program->entry, 0, &conditions);
    if (conditions.count > 1)
        qsort(conditions.items, conditions.count, sizeof *conditions.items, compare_nodes);
    run->conditions = conditions.items;
    run->condition_count = (uint32_t)conditions.count;
    return planned;
}
