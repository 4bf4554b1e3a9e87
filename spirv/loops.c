// SPDX-License-Identifier: MIT
// Loops that count up to a bound, each with a way to end before it when its budget is spent.
#include "locals.h"

// The variable that holds what is left of a budget. Loops that the whole workgroup runs alike, and
// so those with barriers, have one of their own: every invocation finds the same rest in it, and
// what such a loop computes is the same for all of them even when it is cut short.
static uint32_t budget_variable(struct spv_lowering *lowering, bool uniform)
{
    uint32_t *variable = &lowering->budget[uniform];
    if (!*variable) {
        *variable = spv_local_variable(lowering);
        spv_call_it(lowering, *variable, uniform ? "uniform budget" : "budget");
        SPV_EMIT(&lowering->writer, SPV_PROLOGUE, SpvOpStore, *variable,
                 spv_u32(lowering, lowering->facts.loop_budget));
    }
    return *variable;
}

void spv_loop_begin(struct spv_lowering *lowering, struct spv_loop *loop)
{
    struct spv_writer *writer = &lowering->writer;
    loop->body = spv_writer_id(writer);
    loop->header = spv_writer_id(writer);
    loop->next_block = spv_writer_id(writer);
    loop->merge = spv_writer_id(writer);
    loop->counter = spv_writer_id(writer);
    loop->next = spv_writer_id(writer);
    uint32_t before = lowering->block;

    spv_branch(lowering, loop->header);
    spv_start_block(lowering, loop->header);
    SPV_EMIT(writer, SPV_BODY, SpvOpPhi, lowering->type_u32, loop->counter, loop->from, before,
             loop->next, loop->next_block);
    spv_loop_locals_begin(lowering, loop, before);
    loop->running = spv_test2(lowering, SpvOpULessThan, loop->counter, loop->to);
    loop->dead_before = lowering->maybe_dead;
    if (loop->for_alive) {
        lowering->maybe_dead = true;
        loop->running = spv_and_alive(lowering, loop->running);
        lowering->maybe_dead = false;
    }
    uint32_t enter = loop->running;
    uint32_t budget = 0, left = 0, charge = 0;
    if (loop->guarded) {
        budget = budget_variable(lowering, loop->uniform);
        charge = spv_u32(lowering, loop->charge);
        left = spv_op1(lowering, SpvOpLoad, lowering->type_u32, budget);
        uint32_t enough = spv_test2(lowering, SpvOpUGreaterThanEqual, left, charge);
        enter = spv_test2(lowering, SpvOpLogicalAnd, enter, enough);
    }
    SPV_EMIT(writer, SPV_BODY, SpvOpLoopMerge, loop->merge, loop->next_block,
             SpvLoopControlMaskNone);
    SPV_EMIT(writer, SPV_BODY, SpvOpBranchConditional, enter, loop->body, loop->merge);

    spv_start_block(lowering, loop->body);
    loop->entered = writer->sections[SPV_BODY].count;
    loop->pointers = lowering->pointers.count;
    if (loop->guarded) {
        uint32_t rest = spv_word2(lowering, SpvOpISub, left, charge);
        SPV_EMIT(writer, SPV_BODY, SpvOpStore, budget, rest);
    }
}

// A loop that ended although its own condition still holds ran out of budget, or was ended by the
// driver. Either way its results are wrong, and that must not go unseen.
static void check_completion(struct spv_lowering *lowering, const struct spv_loop *loop)
{
    struct spv_if branch = spv_if_begin(lowering, spv_and_alive(lowering, loop->running), false);
    spv_record_fault(lowering, loop->fault, spv_u32(lowering, loop->number), loop->counter);
    // Leaving would make others of the workgroup wait for ever at a barrier. Going on is safe:
    // accesses stay checked, and loops find the budget spent.
    if (!lowering->facts.has_barrier) {
        spv_emit(&lowering->writer, SPV_BODY, SpvOpReturn, NULL, 0);
        lowering->block = 0;
    }
    spv_if_end(lowering, &branch);
}

// A body of one block is the loop's continue target itself, as other compilers have it. It has
// another label then, which its own and the branch before it name.
static bool continue_in_body(struct spv_lowering *lowering, const struct spv_loop *loop)
{
    enum { TARGET = 4, LABEL = 1 }; // words before the first one of the body
    struct spv_writer *writer = &lowering->writer;
    if (lowering->block != loop->body || lowering->facts.has_barrier || writer->status)
        return false;
    uint32_t *first = writer->sections[SPV_BODY].items + loop->entered;
    first[-TARGET] = first[-LABEL] = loop->next_block;
    return true;
}

void spv_loop_end(struct spv_lowering *lowering, const struct spv_loop *loop)
{
    spv_loop_locals_end(lowering, loop);
    if (!continue_in_body(lowering, loop)) {
        spv_branch(lowering, loop->next_block);
        spv_start_block(lowering, loop->next_block);
    }
    lowering->pointers.count = loop->pointers;
    SPV_EMIT(&lowering->writer, SPV_BODY, SpvOpIAdd, lowering->type_u32, loop->next, loop->counter,
             spv_u32(lowering, loop->step));
    spv_branch(lowering, loop->header);
    spv_start_block(lowering, loop->merge);
    lowering->maybe_dead |= loop->dead_before;
    if (loop->guarded)
        check_completion(lowering, loop);
}
