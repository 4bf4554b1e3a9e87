// SPDX-License-Identifier: MIT
#include "scan/engine/plan.h"

#include "base/report.h"
#include "base/size.h"

#define MIB       UINT64_C(1048576)
#define CHUNK_MAX (256 * MIB) // positions in a chunk have 32 bits

enum {
    PAGE = 4096,
    LINE = 64, // what two agents write lies on lines of its own
    CHUNKS_MIN = 2,
    REGIONS_MAX = 4096,
};

static uint32_t blocks_up(uint64_t bytes)
{
    return (uint32_t)((bytes + SCAN_BLOCK - 1) / SCAN_BLOCK * SCAN_BLOCK);
}

// One shape for every device, so that one pipeline, or the one that counts, serves all pattern
// sets; smaller ones only where the driver ends a shader after few iterations. A slot may use a
// quarter of such a limit: the resident kernel has loops of its own, and an epoch of a single slot
// is slow.
static void choose_shape(const struct scan_facts *facts, struct scan_plan *plan)
{
    plan->warm_size = blocks_up(facts->pattern_size_max - 1);
    plan->shape = (struct scan_shape){ 256, 256, facts->counting };
    const uint32_t budget = facts->loop_limit / 4;
    if (facts->loop_limit == 0 || scan_shape_passes(&plan->shape) <= budget)
        return;
    struct scan_shape shape = { 1, 4, facts->counting };
    while (shape.warm_blocks < plan->warm_size / SCAN_BLOCK)
        shape.warm_blocks *= 2;
    do {
        plan->shape = shape;
        shape.own_blocks *= 2;
    } while (scan_shape_passes(&shape) <= budget && shape.own_blocks <= 256);
}

// A lane repeats `warm_size` bytes, so it owns at least twice as many where the shape allows. On a
// GPU shorter lanes put more of them to work at once.
static void choose_piece(const struct scan_facts *facts, struct scan_plan *plan)
{
    uint32_t lane_max = plan->shape.own_blocks * SCAN_BLOCK;
    uint32_t lane = facts->cpu ? 1024 : 512;
    if (lane < 2 * plan->warm_size)
        lane = 2 * plan->warm_size;
    if (lane > lane_max)
        lane = lane_max;
    plan->lane_min = plan->warm_size > 64 ? plan->warm_size : 64;
    if (plan->lane_min > lane)
        plan->lane_min = lane;
    plan->piece_size = (uint32_t)u64_min((uint64_t)lane * SCAN_LANES, plan->chunk_size);
    // The hits of one piece are counted in 32 bits.
    if (facts->counting && facts->outputs_max > 0) {
        uint32_t most = UINT32_MAX / facts->outputs_max / SCAN_BLOCK * SCAN_BLOCK;
        if (most < plan->piece_size)
            plan->piece_size = most > SCAN_BLOCK ? most : SCAN_BLOCK;
    }
}

static enum vyre_result choose_chunk(const struct scan_facts *facts,
                                     const struct vyre_diag_sink *diag, struct scan_plan *plan)
{
    plan->overlap = facts->pattern_size_max - 1;
    uint64_t least = plan->overlap * 2 + 1;
    uint64_t size = facts->chunk_size ? facts->chunk_size : MIB;
    const uint64_t most = u64_min(facts->storage_max / CHUNKS_MIN / PAGE * PAGE, CHUNK_MAX);
    if (size > most) {
        if (facts->chunk_size) {
            diag_report(diag, DIAG_S008, NULL,
                        "a chunk of %llu bytes is too large; this device takes up to %llu",
                        (unsigned long long)size, (unsigned long long)most);
            return VYRE_ERR_INVALID_ARGUMENT;
        }
        size = most;
    }
    size = u64_max(size, least);
    return u64_align_up(size, PAGE, &plan->chunk_size) ? VYRE_OK : VYRE_ERR_INVALID_ARGUMENT;
}

static uint64_t region_bytes(const struct scan_facts *facts, const struct scan_plan *plan)
{
    return facts->automaton_count * (plan->job_stride + plan->count_stride + plan->hits_stride);
}

// Hits are decoded one region at a time, then wait for those that start before them.
static void measure_host(const struct scan_facts *facts, struct scan_plan *plan)
{
    if (facts->counting)
        return;
    uint64_t ends = 2 * facts->automaton_count * (uint64_t)plan->hit_capacity;
    plan->waiting_max = (size_t)scan_order_waiting_max(facts->pattern_size_max, facts->ends_max);
    plan->host_bytes = ends * sizeof(struct scan_end) +
                       plan->waiting_max * (uint64_t)sizeof(struct scan_order_entry);
}

static uint32_t slots_for(uint32_t regions)
{
    uint32_t slots = 2;
    while (slots < regions)
        slots *= 2;
    return slots;
}

// Everything but how many chunks and regions there are.
static enum vyre_result choose_sizes(const struct scan_facts *facts,
                                     const struct vyre_diag_sink *diag, struct scan_plan *plan)
{
    *plan = (struct scan_plan){ .job_stride = LINE, .count_stride = LINE };
    enum vyre_result result = choose_chunk(facts, diag, plan);
    if (result != VYRE_OK)
        return result;
    choose_shape(facts, plan);
    choose_piece(facts, plan);
    if (!facts->counting) {
        // One pair per 32 bytes; where more match, the piece is scanned again in smaller ones.
        plan->hit_capacity = plan->piece_size / 32;
        plan->hits_stride = plan->hit_capacity * UINT64_C(8);
    }
    measure_host(facts, plan);
    return VYRE_OK;
}

static uint64_t fixed_bytes(const struct scan_facts *facts, const struct scan_plan *plan)
{
    return facts->automata_bytes + plan->host_bytes +
           facts->automaton_count * UINT64_C(1) * SCAN_RING_BYTES;
}

// A chunk in flight needs its text and the regions of its pieces. The number of slots is rounded up
// to a power of two, so a region may cost two of them.
static uint64_t chunk_bytes(const struct scan_facts *facts, const struct scan_plan *plan,
                            uint64_t pieces)
{
    uint64_t slots = facts->automaton_count * UINT64_C(2) * SCAN_RING_SLOT_BYTES;
    return plan->chunk_size * (facts->staged ? 2 : 1) +
           pieces * (region_bytes(facts, plan) + slots);
}

static uint64_t least_bytes(const struct scan_facts *facts, const struct scan_plan *plan)
{
    return fixed_bytes(facts, plan) + CHUNKS_MIN * chunk_bytes(facts, plan, 1);
}

static uint64_t limit_of(const struct scan_facts *facts, const struct scan_plan *plan)
{
    return facts->memory_limit ? facts->memory_limit
                               : 256 * MIB + facts->automata_bytes + plan->host_bytes;
}

static void report_least(const struct scan_facts *facts, const struct vyre_diag_sink *diag,
                         const struct scan_plan *tried, const struct scan_plan *least)
{
    const unsigned long long limit = limit_of(facts, tried);
    const unsigned long long least_size = least->chunk_size;
    const unsigned long long enough = least_bytes(facts, least);
    if (tried->chunk_size == least->chunk_size)
        diag_report(diag, DIAG_S006, NULL,
                    "%llu bytes are not enough: the smallest chunks, of %llu bytes, need %llu",
                    limit, least_size, enough);
    else
        diag_report(diag, DIAG_S006, NULL,
                    "%llu bytes are not enough: chunks of %llu bytes need %llu, the smallest, of "
                    "%llu bytes, %llu",
                    limit, (unsigned long long)tried->chunk_size,
                    (unsigned long long)least_bytes(facts, tried), least_size, enough);
}

// A chunk size that nobody asked for gives way to the memory limit.
static enum vyre_result fit_sizes(const struct scan_facts *facts, const struct vyre_diag_sink *diag,
                                  struct scan_plan *plan)
{
    struct scan_facts smaller = *facts;
    struct scan_plan least;
    enum vyre_result result = choose_sizes(facts, diag, plan);
    smaller.chunk_size = PAGE;
    if (result == VYRE_OK)
        result = choose_sizes(&smaller, diag, &least);
    if (result != VYRE_OK)
        return result;
    while (!facts->chunk_size && least_bytes(facts, plan) > limit_of(facts, plan) &&
           plan->chunk_size > least.chunk_size) {
        smaller.chunk_size = plan->chunk_size / 2;
        result = choose_sizes(&smaller, diag, plan);
        if (result != VYRE_OK)
            return result;
    }
    if (least_bytes(facts, plan) <= limit_of(facts, plan))
        return VYRE_OK;
    report_least(facts, diag, plan, &least);
    return VYRE_ERR_LIMIT;
}

enum vyre_result scan_plan_make(const struct scan_facts *facts, const struct vyre_diag_sink *diag,
                                struct scan_plan *out)
{
    struct scan_plan plan;
    enum vyre_result result = fit_sizes(facts, diag, &plan);
    if (result != VYRE_OK)
        return result;
    const uint64_t fixed = fixed_bytes(facts, &plan);
    const uint64_t left = limit_of(facts, &plan) - fixed;
    uint64_t pieces = (plan.chunk_size + plan.piece_size - 1) / plan.piece_size + 1;
    while (pieces > 1 && left / chunk_bytes(facts, &plan, pieces) < CHUNKS_MIN)
        pieces /= 2;
    const uint64_t most = facts->cpu ? 32 : 128;
    uint64_t chunks = left / chunk_bytes(facts, &plan, pieces);
    chunks = u64_min(chunks, u64_max(most * MIB / plan.chunk_size, CHUNKS_MIN));
    chunks = u64_min(chunks, facts->storage_max / plan.chunk_size);
    plan.pool_size = chunks * plan.chunk_size;
    uint64_t regions = u64_min(chunks * pieces, REGIONS_MAX);
    if (plan.hits_stride > 0)
        regions =
            u64_min(regions, facts->storage_max / (plan.hits_stride * facts->automaton_count));
    plan.region_count = (uint32_t)u64_max(regions, 1);
    plan.slot_count = slots_for(plan.region_count);
    plan.memory_bytes = fixed + plan.pool_size * (facts->staged ? 2 : 1) +
                        plan.region_count * region_bytes(facts, &plan) +
                        facts->automaton_count * (uint64_t)plan.slot_count * SCAN_RING_SLOT_BYTES;
    *out = plan;
    return VYRE_OK;
}
