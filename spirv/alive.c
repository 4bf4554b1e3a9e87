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
#include "numbers.h"

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

static void end_invocation(struct spv_lowering *lowering)
{
    spv_emit(&lowering->writer, SPV_BODY, SpvOpReturn, NULL, 0);
    lowering->block = 0;
}

// What they find in memory must not decide how often a whole vector comes by at a barrier, or spend
// its passes through loops. Where the workgroup is one wide the driver takes every local id for 0,
// but then a row is one vector. The sum hides that no id is so large.
void spv_leave_beyond(struct spv_lowering *lowering)
{
    const uint32_t width = lowering->target->vector_width;
    const uint32_t size = lowering->program->workgroup[0];
    if (!width || size % width == 0)
        return;
    struct spv_writer *writer = &lowering->writer;
    if (size == 1)
        SPV_EMIT(writer, SPV_CAPABILITIES, SpvOpCapability, SpvCapabilityGroupNonUniform);
    uint32_t id = spv_built_in(lowering, size == 1 ? SPV_SUBGROUP_LANE : SPV_LOCAL_ID, 0);
    id = spv_word2(lowering, SpvOpIAdd, id, spv_hidden_zero(lowering));
    uint32_t beyond = spv_test2(lowering, SpvOpUGreaterThanEqual, id, spv_u32(lowering, size));
    struct spv_if branch = spv_if_begin(lowering, beyond, false);
    end_invocation(lowering);
    spv_if_end(lowering, &branch);
}

// A return may come of every exit of the program, and behind every loop and copy
// (check_completion). In a loop it is a break for the driver, behind which nothing nests; a loop
// that it knows to be of one iteration it would undo. The iteration is a pass for which the margin
// of the loop limit has room (LIMIT_PER_MARGIN).
struct spv_frame spv_frame_begin(struct spv_lowering *lowering)
{
    // Statements around each other (V018), and what one of them often becomes; what it really is,
    // nesting.c tells.
    enum { DEEPEST_STATEMENT = 64, DEEPEST_WITHIN = 8 };
    const struct spv_facts *facts = &lowering->facts;
    struct spv_writer *writer = &lowering->writer;
    const uint64_t returns =
        (uint64_t)facts->exit_count + facts->loops.count + lowering->copies.count;
    struct spv_frame frame = { 0 };
    if (!lowering->target->nesting_limit ||
        returns + DEEPEST_STATEMENT + DEEPEST_WITHIN <= lowering->target->nesting_limit)
        return frame;
    const uint32_t body = spv_writer_id(writer);
    frame.header = spv_writer_id(writer);
    frame.next = spv_writer_id(writer);
    frame.merge = spv_writer_id(writer);
    spv_branch(lowering, frame.header);
    spv_start_block(lowering, frame.header);
    SPV_EMIT(writer, SPV_BODY, SpvOpLoopMerge, frame.merge, frame.next, SpvLoopControlMaskNone);
    SPV_EMIT(writer, SPV_BODY, SpvOpBranch, body);
    spv_start_block(lowering, body);
    return frame;
}

void spv_frame_end(struct spv_lowering *lowering, const struct spv_frame *frame)
{
    if (!frame->header) {
        spv_return(lowering);
        return;
    }
    if (lowering->block)
        spv_report_outside(lowering);
    spv_branch(lowering, frame->next);
    spv_start_block(lowering, frame->next);
    uint32_t again =
        spv_test2(lowering, SpvOpINotEqual, spv_hidden_zero(lowering), spv_u32(lowering, 0));
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpBranchConditional, again, frame->header,
             frame->merge);
    spv_start_block(lowering, frame->merge);
    end_invocation(lowering);
}

void spv_return(struct spv_lowering *lowering)
{
    if (!lowering->block)
        return;
    spv_report_outside(lowering);
    end_invocation(lowering);
}

void spv_exit(struct spv_lowering *lowering)
{
    if (lowering->flow.dead_exits[lowering->next_exit++]) {
        uint32_t variable = alive_variable(lowering);
        SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpStore, variable, spv_u32(lowering, 0));
        lowering->maybe_dead = true;
        return;
    }
    spv_return(lowering);
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
