// SPDX-License-Identifier: MIT
// Invocations that returned, or trapped, before the rest of their workgroup meets at a barrier.
//
// Vulkan wants every invocation at a barrier, the language only those that still live (spec:
// semantics.md, 7.4). So who leaves early goes on dead: it computes what the others compute, so
// that everything uniform is the same for it too, and comes by at every barrier, but it writes
// nothing, takes part in no atomic, reports no fault, and does not enter a branch or a loop where
// only some go. flow.h says which exits need this; all others end the invocation.
//
// What a dead invocation loads may race with what the living store. Its loads are in bounds: where
// others left, and in what is passed to other lanes, proofs about living ones do not count
// (spv_check_needed). What they give decides nothing.
#include "lowering.h"

static uint32_t alive_variable(struct spv_lowering *lowering)
{
    if (!lowering->alive) {
        lowering->alive = spv_local_variable(lowering);
        spv_call_it(lowering, lowering->alive, "alive");
        SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpStore, lowering->alive,
                 spv_u32(lowering, 1));
    }
    return lowering->alive;
}

static uint32_t is_alive(struct spv_lowering *lowering)
{
    uint32_t word = spv_op1(lowering, SpvOpLoad, lowering->type_u32, alive_variable(lowering));
    return spv_test2(lowering, SpvOpINotEqual, word, spv_u32(lowering, 0));
}

void spv_exit(struct spv_lowering *lowering)
{
    if (lowering->flow.dead_exits[lowering->next_exit++]) {
        uint32_t variable = alive_variable(lowering);
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, variable, spv_u32(lowering, 0));
        lowering->maybe_dead = true;
        return;
    }
    spv_report_outside(lowering);
    spv_emit(&lowering->writer, SPV_BODY, SpvOpReturn, NULL, 0);
    lowering->block = 0;
}

uint32_t spv_and_alive(struct spv_lowering *lowering, uint32_t cond)
{
    if (!lowering->maybe_dead)
        return cond;
    uint32_t alive = is_alive(lowering);
    return cond ? spv_test2(lowering, SpvOpLogicalAnd, cond, alive) : alive;
}

bool spv_if_alive(struct spv_lowering *lowering, struct spv_if *branch)
{
    if (!lowering->maybe_dead)
        return false;
    *branch = spv_if_begin(lowering, is_alive(lowering), false);
    lowering->maybe_dead = false;
    return true;
}

bool spv_loop_is_for_alive(const struct spv_lowering *lowering, const struct ir_node *node,
                           uint32_t number)
{
    const struct spv_flow *flow = &lowering->flow;
    return flow->left_loops[number] || (lowering->maybe_dead && (spv_flow_is_mixed(flow, node->a) ||
                                                                 spv_flow_is_mixed(flow, node->b)));
}

bool spv_loop_body_maybe_dead(const struct spv_lowering *lowering, uint32_t number)
{
    const struct spv_loop_facts *loop = &lowering->facts.loops.items[number];
    bool maybe = lowering->maybe_dead;
    for (uint32_t i = loop->first_exit; i < loop->exit_end && !maybe; i++)
        maybe = lowering->flow.dead_exits[i];
    return maybe;
}
