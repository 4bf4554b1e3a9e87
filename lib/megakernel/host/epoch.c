// SPDX-License-Identifier: MIT
#include "epoch.h"

// A workgroup should make a few claims, so that those with slow slots leave work to the others.
enum { CLAIMS_PER_WORKGROUP = 4 };

// Of the first epoch. On GPUs the width is a guess, and on a small one slots would take turns.
enum { MOST_FIRST_SLOTS = 32 };

static const uint64_t shortest_ns = 20ull * 1000 * 1000;
static const uint64_t longest_ns = 100ull * 1000 * 1000;

static uint32_t clamp(uint64_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : value > high ? high : (uint32_t)value;
}

static uint64_t divide_up(uint64_t value, uint64_t by)
{
    return (value + by - 1) / by;
}

struct mk_epoch_plan mk_epoch_plan(const struct mk_epoch_limits *limits, uint64_t waiting,
                                   uint32_t quota)
{
    struct mk_epoch_plan plan = { .steps = limits->steps };
    plan.slots = clamp(waiting, 1, quota);
    plan.batch =
        clamp(plan.slots / ((uint64_t)limits->width * CLAIMS_PER_WORKGROUP), 1, limits->batch);
    uint64_t fuel = (uint64_t)plan.batch * limits->steps;
    if (divide_up(plan.slots, fuel) > limits->most_workgroups) {
        plan.batch = limits->batch;
        fuel = (uint64_t)plan.batch * limits->steps;
    }
    uint64_t useful = divide_up(plan.slots, plan.batch);
    uint64_t wanted = useful < limits->width ? useful : limits->width;
    uint64_t needed = divide_up(plan.slots, fuel);
    plan.workgroups = clamp(wanted > needed ? wanted : needed, 1, limits->most_workgroups);
    return plan;
}

uint32_t mk_quota_first(const struct mk_epoch_limits *limits)
{
    const uint32_t side_by_side =
        limits->width < MOST_FIRST_SLOTS ? limits->width : MOST_FIRST_SLOTS;
    return clamp(side_by_side, 1, limits->slot_count);
}

uint32_t mk_quota_next(const struct mk_epoch_limits *limits, uint32_t quota, uint32_t slots,
                       uint64_t duration_ns, bool exact)
{
    if (duration_ns < shortest_ns && slots >= quota)
        return clamp((uint64_t)quota * 2, 1, limits->slot_count);
    // Down to one slot: however slow it is, two of them would take longer.
    if (exact && duration_ns > longest_ns && slots > 1)
        return clamp(slots / 2, 1, quota);
    return quota;
}

enum mk_progress mk_epoch_progress(uint64_t head, uint64_t tail, uint32_t reported,
                                   uint32_t *advance)
{
    *advance = reported - (uint32_t)head;
    uint64_t waiting = tail - head;
    if (*advance > waiting) {
        *advance = 0;
        return MK_PROGRESS_NONSENSE;
    }
    if (*advance == waiting)
        return MK_PROGRESS_DONE;
    return *advance > 0 ? MK_PROGRESS_SOME : MK_PROGRESS_NONE;
}
