// SPDX-License-Identifier: MIT
// The shape of a resident kernel: how many virtual workgroups a slot, slots a claim and claims a
// dispatch may have so that all loops together stay below the limit.
#include "base/report.h"
#include "base/size.h"
#include "writer.h"

#include <vyre/compile.h>

// A device without a limit of its own still has a watchdog. What loops without a bound make of one
// slot stays within RUNAWAY_SLOT passes: when each waits for memory, 0.2 to 0.8 us on a GPU, that
// is 0.2 to 0.8 s. NO_LIMIT bounds what one workgroup does in a dispatch. It is not a time:
// dispatches take 20 to 100 ms because the host limits the slots of an epoch (mk_quota_next). The
// compiler trusts it without counters, as it is the default of vyre_compile_params.loop_budget.
enum {
    NO_LIMIT = VYRE_DEFAULT_LOOP_BUDGET,
    RUNAWAY_SLOT = 1 << 20,
    SHORTEST_GUARD = 16,
    MOST_CHOSEN_BATCH = 16,
    MOST_BATCH = 64,
    MOST_CHOSEN_WORKGROUPS = 256,
    MOST_STEPS = 4096,
};

struct planner {
    const struct vyre_program *payload;
    const struct mk_loops *loops;
    uint64_t budget; // passes of one invocation
    uint32_t invocations;
    struct ir_cost zeroing; // of workgroup memory, before the payload runs
};

static uint32_t invocations_of(const struct vyre_program *payload)
{
    uint64_t count = (uint64_t)payload->workgroup[0] * payload->workgroup[1];
    return count * payload->workgroup[2] > UINT32_MAX ? UINT32_MAX
                                                      : (uint32_t)count * payload->workgroup[2];
}

// ---- Costs, from the inside out -----------------------------------------------------------------

static struct ir_cost workgroup_cost(const struct planner *planner, uint32_t guard)
{
    return ir_cost_add(planner->zeroing, mk_loops_cost(planner->payload, planner->loops, guard));
}

static struct ir_cost claim_cost(const struct planner *planner, const struct mk_shape *shape)
{
    struct ir_cost one = workgroup_cost(planner, shape->loop_guard);
    return ir_cost_loop(shape->batch, ir_cost_loop(shape->workgroups, one));
}

static uint64_t total_cost(const struct planner *planner, const struct mk_shape *shape)
{
    return ir_cost_loop(shape->steps, claim_cost(planner, shape)).passes;
}

// Each decision keeps the next one possible: after it, one claim of one slot still fits.
static bool fits(const struct planner *planner, const struct mk_shape *shape, uint64_t share)
{
    return total_cost(planner, shape) <= planner->budget / share;
}

// ---- Decisions ----------------------------------------------------------------------------------

static bool has_unbounded(const struct mk_loops *loops)
{
    for (size_t i = 0; i < loops->count; i++)
        if (loops->items[i] == MK_UNBOUNDED)
            return true;
    return false;
}

// The largest value in [low, high] that fits, by bisection; false when `low` does not.
static bool largest(const struct planner *planner, struct mk_shape *shape, uint32_t *value,
                    uint32_t low, uint32_t high, uint64_t share)
{
    *value = low;
    if (!fits(planner, shape, share))
        return false;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        *value = middle;
        if (fits(planner, shape, share))
            low = middle;
        else
            high = middle - 1;
    }
    *value = low;
    return true;
}

static bool choose(const struct planner *planner, const struct mk_fuse_params *params,
                   struct mk_shape *shape)
{
    shape->steps = 1;
    shape->batch = 1;
    shape->workgroups = params->workgroups ? params->workgroups : 1;
    shape->loop_guard = 0;
    // A quarter of the budget for one slot leaves room for claims of several. Loops with bounds of
    // their own may already take more than a runaway should: then the guard takes what is left.
    const uint64_t share = u64_max(4, planner->budget / RUNAWAY_SLOT + 1);
    if (has_unbounded(planner->loops) &&
        !largest(planner, shape, &shape->loop_guard, SHORTEST_GUARD, RUNAWAY_SLOT, share) &&
        !largest(planner, shape, &shape->loop_guard, SHORTEST_GUARD, RUNAWAY_SLOT, 1))
        return false;
    if (!fits(planner, shape, 1))
        return false;
    if (!params->workgroups)
        (void)largest(planner, shape, &shape->workgroups, 1, MOST_CHOSEN_WORKGROUPS, 64);
    uint32_t most = params->batch ? params->batch : MOST_CHOSEN_BATCH;
    most = most < MOST_BATCH ? most : MOST_BATCH;
    most = most < planner->invocations ? most : planner->invocations;
    (void)largest(planner, shape, &shape->batch, 1, most, 2);
    return largest(planner, shape, &shape->steps, 1, MOST_STEPS, 1);
}

// Workgroup memory is also zeroed once by the compiler, in strided loops of its own.
static void count_zeroing(struct planner *planner, uint32_t windows, uint64_t *overhead)
{
    *overhead = 16 + planner->budget / 128;
    for (uint32_t i = 0; i < planner->payload->buffer_count; i++) {
        const struct ir_buffer *buffer = &planner->payload->buffers[i];
        if (buffer->access != VYRE_ACCESS_WORKGROUP)
            continue;
        uint64_t rounds =
            ((uint64_t)buffer->count + planner->invocations - 1) / planner->invocations;
        *overhead += rounds + 2;
        if (rounds > 1)
            planner->zeroing =
                ir_cost_add(planner->zeroing, ir_cost_loop(rounds, (struct ir_cost){ 0, 0 }));
    }
    // The claim and the records of a batch.
    const uint64_t records = u64_min(planner->invocations, MOST_BATCH);
    *overhead += mk_scratch_words((uint32_t)records, windows) / planner->invocations + 2;
}

enum vyre_result mk_shape_plan(const struct vyre_program *payload, const struct mk_loops *loops,
                               const struct mk_fuse_params *params, struct mk_shape *shape)
{
    struct planner planner = {
        .payload = payload,
        .loops = loops,
        .budget =
            params->loop_limit && params->loop_limit < NO_LIMIT ? params->loop_limit : NO_LIMIT,
        .invocations = invocations_of(payload),
    };
    uint64_t overhead;
    count_zeroing(&planner, shape->window_count, &overhead);
    const uint64_t limit = planner.budget;
    planner.budget = overhead < limit ? limit - overhead : 0;
    if (!choose(&planner, params, shape)) {
        struct mk_shape least = { .workgroups = params->workgroups ? params->workgroups : 1,
                                  .batch = 1,
                                  .steps = 1,
                                  .loop_guard = SHORTEST_GUARD };
        diag_report(params->diag, DIAG_M004, NULL,
                    "one slot of %u workgroups needs up to %llu passes through loops, the limit "
                    "leaves %llu",
                    least.workgroups, (unsigned long long)total_cost(&planner, &least),
                    (unsigned long long)planner.budget);
        return VYRE_ERR_LIMIT;
    }
    shape->loop_bound = total_cost(&planner, shape);
    return VYRE_OK;
}
