// SPDX-License-Identifier: MIT
// What is known about a valid program before it runs: whether it is evaluated at all, its locals,
// its nesting, and the conditions around its barriers. Recursion is bounded by what a valid program
// has.
#include <stdlib.h>

#include "base/array.h"
#include "base/memory.h"
#include "ir/tables.h"
#include "run.h"

enum { MAX_EXPR_DEPTH = 128 }; // as the validator allows (V033)

static bool refuse(struct interp_run *run, const struct ir_node *node, const char *what)
{
    run->node = node;
    interp_fail(run, DIAG_X001, "%s is not evaluated yet", what);
    run->result = VYRE_ERR_UNSUPPORTED;
    return false;
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
    if (depth > MAX_EXPR_DEPTH)
        return refuse(run, node, "an expression that is nested so deeply");
    if (!is_well_formed(run, expr)) {
        run->node = node;
        return interp_fail(run, DIAG_X023, "an expression is malformed");
    }
    switch (expr->kind) {
    case IR_EXPR_SUBGROUP_ADD:
    case IR_EXPR_SUBGROUP_SHUFFLE:
    case IR_EXPR_SUBGROUP_BALLOT: run->has_subgroups = true; break;
    case IR_EXPR_CALL: return refuse(run, node, ir_expr_info(expr->kind)->name);
    case IR_EXPR_LOAD: {
        const struct interp_buffer *buffer = interp_find_buffer(run, expr->name);
        if (buffer->decl->element->kind == IR_TYPE_BYTES || buffer->stride > INTERP_MAX_BYTES)
            return refuse(run, node, "a load of bytes or of a long vector");
        break;
    }
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (!supports_expr(run, node, expr->kids[i], depth + 1))
            return false;
    return true;
}

static bool supports_body(struct interp_run *run, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        switch (node->kind) {
        case IR_NODE_ALL_REDUCE:
        case IR_NODE_ALL_GATHER:
        case IR_NODE_REDUCE_SCATTER:
        case IR_NODE_BROADCAST: return refuse(run, node, ir_node_info(node->kind)->name);
        default: break;
        }
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
