// SPDX-License-Identifier: MIT
// What loops cost, counted in passes. Pure.
//
// A driver that limits the loops of a shader counts passes over all loops of an invocation, not
// iterations: a loop of n iterations takes n + 1 of them, because the last one finds the condition
// false. Such drivers mask invocations instead of branching around code, so each loop also takes
// one pass wherever nobody enters it: behind a false condition, after a return, and in the last
// pass of the loop around it.
//
// The compiler decides by these numbers which loops need a counter, and the resident kernel how
// much work fits into one dispatch. They share this file so that they cannot disagree.
#ifndef IR_COST_H
#define IR_COST_H

#include <stdint.h>

// Of one execution of something, at most; both saturate at UINT64_MAX.
struct ir_cost {
    uint64_t passes; // through all loops in it
    uint64_t loops;  // in its text, nested ones included: its passes when nobody executes it
};

// One thing after another, or either of them: masked invocations walk through both branches.
struct ir_cost ir_cost_add(struct ir_cost a, struct ir_cost b);

// A loop of at most `iterations` iterations around `body`.
struct ir_cost ir_cost_loop(uint64_t iterations, struct ir_cost body);

#endif // IR_COST_H
