// SPDX-License-Identifier: MIT
// Static bounds of loops. Some drivers end a shader silently after a number of passes through
// loops, counted over all loops of an invocation, so the kernel must know its own number.
#ifndef MEGAKERNEL_BOUND_H
#define MEGAKERNEL_BOUND_H

#include "base/array.h"
#include "ir/cost.h"
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

// The cost of a whole program when loops that are not bounded make `guard` iterations.
struct ir_cost mk_loops_cost(const struct vyre_program *program, const struct mk_loops *loops,
                             uint32_t guard);

#endif // MEGAKERNEL_BOUND_H
