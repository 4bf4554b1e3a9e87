// SPDX-License-Identifier: MIT
// Statements: what one of them does to the invocation that executes it (spec: semantics.md, 7.1 to
// 7.4 and 7.8).
#include <stdlib.h>

#include "ir/tables.h"
#include "run.h"

// ---- Names and scopes --------------------------------------------------------------------------

bool interp_bind(struct interp_run *run, ir_name name, const struct interp_value *value,
                 bool loop_variable)
{
    struct interp_invocation *self = run->current;
    uint32_t slot = run->slot_of[name] - 1;
    struct interp_local *local = &self->locals[slot];
    if (local->live)
        return interp_fail(run, DIAG_X010, "'%.60s' is bound already", interp_name_text(run, name));
    *local = (struct interp_local){ *value, true, loop_variable };
    self->log[self->log_count++] = slot;
    return true;
}

void interp_unbind(struct interp_invocation *invocation, uint32_t log_base)
{
    while (invocation->log_count > log_base)
        invocation->locals[invocation->log[--invocation->log_count]].live = false;
}

void interp_push_body(struct interp_invocation *invocation, const struct ir_body *body, bool scoped)
{
    invocation->frames[invocation->frame_count++] = (struct interp_frame){
        .body = body,
        .log_base = invocation->log_count,
        .scoped = scoped,
    };
}

// ---- Statements --------------------------------------------------------------------------------

static bool execute_let(struct interp_run *run, const struct ir_node *node)
{
    struct interp_value value;
    return interp_eval(run, node->a, &value) && interp_bind(run, node->name, &value, false);
}

static bool execute_assign(struct interp_run *run, const struct ir_node *node)
{
    struct interp_value value;
    if (!interp_eval(run, node->a, &value))
        return false;
    uint32_t slot = run->slot_of[node->name];
    struct interp_local *local = slot ? &run->current->locals[slot - 1] : NULL;
    if (!local || !local->live)
        return interp_fail(run, DIAG_X011, "'%.60s' is assigned but not bound",
                           interp_name_text(run, node->name));
    if (local->loop_variable)
        return interp_fail(run, DIAG_X012, "loop variable '%.60s' is assigned",
                           interp_name_text(run, node->name));
    local->value = value;
    return true;
}

static bool execute_store(struct interp_run *run, const struct ir_node *node)
{
    uint32_t index;
    struct interp_value value;
    if (!interp_eval_u32(run, node->a, DIAG_X016, &index) || !interp_eval(run, node->b, &value))
        return false;
    return interp_store(run, interp_find_buffer(run, node->name), index, &value);
}

static int compare_nodes(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (const struct ir_node *const *)left;
    uintptr_t b = (uintptr_t) * (const struct ir_node *const *)right;
    return (a > b) - (a < b);
}

// Remembers the outcome of a condition that decides about a barrier.
static void note_condition(struct interp_run *run, const struct ir_node *node, bool taken)
{
    if (run->condition_count == 0)
        return;
    const struct ir_node **found = bsearch(&node, run->conditions, run->condition_count,
                                           sizeof *run->conditions, compare_nodes);
    if (!found)
        return;
    run->current->seen[found - run->conditions] |= taken ? INTERP_SAW_TRUE : INTERP_SAW_FALSE;
    run->seen_changed = true;
}

static bool execute_if(struct interp_run *run, const struct ir_node *node)
{
    struct interp_value cond;
    if (!interp_eval(run, node->a, &cond))
        return false;
    bool taken = interp_truthy(&cond);
    note_condition(run, node, taken);
    interp_note_skipped(run, node, taken);
    interp_push_body(run->current, taken ? &node->body : &node->otherwise, true);
    return true;
}

static bool execute_loop(struct interp_run *run, const struct ir_node *node)
{
    uint32_t from, to;
    if (!interp_eval_u32(run, node->a, DIAG_X016, &from) ||
        !interp_eval_u32(run, node->b, DIAG_X016, &to))
        return false;
    run->current->frames[run->current->frame_count++] = (struct interp_frame){
        .loop = node,
        .next = from,
        .to = to,
    };
    return true;
}

static bool execute_trap(struct interp_run *run, const struct ir_node *node)
{
    uint32_t address;
    if (!interp_eval_u32(run, node->a, DIAG_X016, &address))
        return false;
    return interp_fail(run, DIAG_X020, "trap '%.100s' at address %u",
                       interp_name_text(run, node->name), address);
}

static bool execute_extension(struct interp_run *run, const struct ir_node *node)
{
    uint32_t index, value;
    if (node->ext != IR_EXT_ATOMIC_STORE)
        return interp_fail(run, DIAG_X019, "an opaque statement has no reference semantics");
    if (!interp_eval_u32(run, node->a, DIAG_X016, &index) ||
        !interp_eval_u32(run, node->b, DIAG_X018, &value))
        return false;
    struct interp_buffer *buffer = interp_find_buffer(run, node->name);
    interp_atomic_store(run, buffer, interp_atomic_word(buffer, index), value);
    return true;
}

bool interp_execute(struct interp_run *run, const struct ir_node *node)
{
    struct interp_invocation *self = run->current;
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET: return execute_let(run, node);
    case IR_NODE_ASSIGN: return execute_assign(run, node);
    case IR_NODE_STORE: return execute_store(run, node);
    case IR_NODE_IF: return execute_if(run, node);
    case IR_NODE_LOOP: return execute_loop(run, node);
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: interp_push_body(self, &node->body, true); return true;
    case IR_NODE_RETURN:
        self->frame_count = 0;
        self->returned = true;
        return true;
    case IR_NODE_BARRIER: self->waiting = true; return true;
    case IR_NODE_TRAP: return execute_trap(run, node);
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE: return interp_async_start(run, node);
    case IR_NODE_ASYNC_WAIT: return interp_async_wait(run, node);
    case IR_NODE_OPAQUE: return execute_extension(run, node);
    case IR_NODE_INDIRECT_DISPATCH:
    case IR_NODE_RESUME:
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_BROADCAST:
    case IR_NODE_COUNT: break;
    }
    return interp_fail(run, DIAG_X019, "%s has no reference semantics",
                       ir_node_info((enum ir_node_kind)node->kind)->name);
}
