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

// One shape for every device, so that one pipeline serves all pattern sets; smaller ones only where
// the driver ends a shader after few iterations. A slot may use a quarter of such a limit: the
// resident kernel has loops of its own, and an epoch of a single slot is slow.
static void choose_shape(const struct scan_facts *facts, struct scan_plan *plan)
{
    plan->warm_size = blocks_up(facts->pattern_size_max - 1);
    plan->shape = (struct scan_shape){ .own_blocks = 256, .warm_blocks = 256 };
    uint32_t budget = facts->loop_limit / 4;
    if (facts->loop_limit == 0 || budget >= 512)
        return;
    uint32_t warm = 4;
    while (warm < plan->warm_size / SCAN_BLOCK)
        warm *= 2;
    uint32_t own = 1;
    while (warm + own * 2 <= budget)
        own *= 2;
    plan->shape = (struct scan_shape){ .own_blocks = own, .warm_blocks = warm };
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
    if (size > facts->storage_max / CHUNKS_MIN || size > CHUNK_MAX) {
        if (facts->chunk_size) {
            diag_report(diag, DIAG_S008, NULL, "a chunk of %llu bytes is too large for this device",
                        (unsigned long long)size);
            return VYRE_ERR_INVALID_ARGUMENT;
        }
        size = facts->storage_max / CHUNKS_MIN / PAGE * PAGE;
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

enum vyre_result scan_plan_make(const struct scan_facts *facts, const struct vyre_diag_sink *diag,
                                struct scan_plan *out)
{
    struct scan_plan plan = { .job_stride = LINE, .count_stride = LINE };
    enum vyre_result result = choose_chunk(facts, diag, &plan);
    if (result != VYRE_OK)
        return result;
    choose_shape(facts, &plan);
    choose_piece(facts, &plan);
    if (!facts->counting) {
        // One pair per 32 bytes; where more match, the piece is scanned again in smaller ones.
        plan.hit_capacity = plan.piece_size / 32;
        plan.hits_stride = plan.hit_capacity * UINT64_C(8);
    }

    measure_host(facts, &plan);

    // A chunk in flight needs its text and the regions of its pieces.
    uint64_t own = facts->automata_bytes + plan.host_bytes;
    uint64_t limit = facts->memory_limit ? facts->memory_limit : 256 * MIB + own;
    uint64_t pieces = (plan.chunk_size + plan.piece_size - 1) / plan.piece_size + 1;
    uint64_t region = region_bytes(facts, &plan);
    // The number of slots is rounded up to a power of two, so a region may cost two of them.
    uint64_t region_and_slots =
        region + facts->automaton_count * UINT64_C(2) * SCAN_RING_SLOT_BYTES;
    uint64_t fixed = own + facts->automaton_count * UINT64_C(1) * SCAN_RING_BYTES;
    uint64_t most = facts->cpu ? 32 : 128;
    uint64_t chunks = 0;
    for (;; pieces /= 2) {
        uint64_t each = plan.chunk_size * (facts->staged ? 2 : 1) + pieces * region_and_slots;
        chunks = limit > fixed ? (limit - fixed) / each : 0;
        if (chunks >= CHUNKS_MIN || pieces < 2)
            break;
    }
    if (chunks < CHUNKS_MIN) {
        diag_report(diag, DIAG_S006, NULL,
                    "%llu bytes are not enough: automata and waiting hits need %llu, and two "
                    "chunks of %llu bytes are needed",
                    (unsigned long long)limit, (unsigned long long)own,
                    (unsigned long long)plan.chunk_size);
        return VYRE_ERR_LIMIT;
    }
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
                        plan.region_count * region +
                        facts->automaton_count * (uint64_t)plan.slot_count * SCAN_RING_SLOT_BYTES;
    *out = plan;
    return VYRE_OK;
}
