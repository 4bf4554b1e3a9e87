// SPDX-License-Identifier: MIT
// What the rewriting of a payload asks about it.
// Needs: a valid program that mk_payload_check accepts.
#include "writer.h"

bool mk_has_barrier(const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_BARRIER || mk_has_barrier(&node->body) ||
            mk_has_barrier(&node->otherwise))
            return true;
    }
    return false;
}

bool mk_node_has_barrier(const struct ir_node *node)
{
    return node->kind == IR_NODE_BARRIER || mk_has_barrier(&node->body) ||
           mk_has_barrier(&node->otherwise);
}

bool mk_may_leave(const struct mk_writer *w, const struct ir_body *body, bool tail, size_t *loop)
{
    bool leaves = false;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        const bool last = tail && i + 1 == body->count;
        if (node->kind == IR_NODE_RETURN || node->kind == IR_NODE_TRAP)
            leaves |= !last;
        const bool is_loop = node->kind == IR_NODE_LOOP;
        if (is_loop && w->loops.items[(*loop)++] == MK_UNBOUNDED)
            leaves |= !last;
        leaves |= mk_may_leave(w, &node->body, last && !is_loop, loop);
        leaves |= mk_may_leave(w, &node->otherwise, last, loop);
    }
    return leaves;
}

static bool expr_touches_memory(const struct ir_expr *expr, bool atomics_only)
{
    const bool atomic = expr->kind == IR_EXPR_ATOMIC ||
                        (expr->kind == IR_EXPR_OPAQUE && expr->ext == IR_EXT_ATOMIC_LOAD);
    const bool plain = expr->kind == IR_EXPR_LOAD ||
                       (expr->kind == IR_EXPR_OPAQUE && expr->ext == IR_EXT_UNIFORM_LOAD);
    if (atomic || (plain && !atomics_only))
        return true;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (expr_touches_memory(expr->kids[i], atomics_only))
            return true;
    return false;
}

// Whether some access takes its index from memory.
static bool has_indirection(const struct ir_expr *expr)
{
    const bool access = expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC ||
                        (expr->kind == IR_EXPR_OPAQUE && expr->kid_count > 0);
    if (access && expr_touches_memory(expr->kids[0], false))
        return true;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (has_indirection(expr->kids[i]))
            return true;
    return false;
}

static bool has_trap(const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        if (body->nodes[i]->kind == IR_NODE_TRAP || has_trap(&body->nodes[i]->body) ||
            has_trap(&body->nodes[i]->otherwise))
            return true;
    return false;
}

bool mk_payload_may_fault(const struct mk_writer *w)
{
    return w->shape.loop_guard > 0 || has_trap(&w->payload->entry);
}

bool mk_payload_has_workgroup_memory(const struct mk_writer *w)
{
    for (uint32_t i = 0; i < w->payload->buffer_count; i++)
        if (w->payload->buffers[i].access == VYRE_ACCESS_WORKGROUP)
            return true;
    return false;
}

bool mk_must_flatten(const struct ir_node *node)
{
    bool atomic = false;
    bool indirect = node->kind == IR_NODE_STORE && expr_touches_memory(node->a, false);
    const struct ir_expr *const operands[] = { node->a, node->b };
    for (int i = 0; i < 2; i++)
        if (operands[i]) {
            atomic |= expr_touches_memory(operands[i], true);
            indirect |= has_indirection(operands[i]);
        }
    return atomic && indirect;
}
