// SPDX-License-Identifier: MIT
#include "ir/cost.h"

#include "base/size.h"

static uint64_t sum(uint64_t a, uint64_t b)
{
    uint64_t out;
    return u64_add(a, b, &out) ? out : UINT64_MAX;
}

struct ir_cost ir_cost_add(struct ir_cost a, struct ir_cost b)
{
    return (struct ir_cost){ sum(a.passes, b.passes), sum(a.loops, b.loops) };
}

struct ir_cost ir_cost_loop(uint64_t iterations, struct ir_cost body)
{
    uint64_t passes;
    if (!u64_mul(iterations, sum(body.passes, 1), &passes))
        passes = UINT64_MAX;
    // The last pass is masked, and so goes once through every loop of the body.
    const uint64_t loops = sum(body.loops, 1);
    return (struct ir_cost){ sum(passes, loops), loops };
}
