// SPDX-License-Identifier: MIT
// Static bounds of loops. Some drivers end a shader silently after a number of passes through
// loops, counted over all loops of an invocation, so the kernel must know its own number.
#ifndef MEGAKERNEL_BOUND_H
#define MEGAKERNEL_BOUND_H

#include "base/array.h"
#include "ir/model.h"

#define MK_UNBOUNDED UINT32_MAX

// The bound of each loop of a program in the order of its text: no execution of the loop makes more
// iterations. MK_UNBOUNDED: not known, or more than a single slot may take anyway.
struct mk_loops {
    ARRAY(uint32_t);
};

// False: out of memory.
bool mk_loops_find(const struct vyre_program *program, struct mk_loops *out);
void mk_loops_fini(struct mk_loops *loops);

// Passes through loops that one execution of something makes, at most, saturating; and how many
// loops it contains. A loop of n iterations takes n + 1 passes; a driver that masks invocations
// instead of branching also makes one pass through each loop that nobody enters.
struct mk_cost {
    uint64_t passes;
    uint64_t loops;
};

struct mk_cost mk_cost_add(struct mk_cost a, struct mk_cost b);
struct mk_cost mk_cost_loop(uint64_t iterations, struct mk_cost body);

// The cost of a whole program when loops that are not bounded make `guard` iterations.
struct mk_cost mk_loops_cost(const struct vyre_program *program, const struct mk_loops *loops,
                             uint32_t guard);

#endif // MEGAKERNEL_BOUND_H
