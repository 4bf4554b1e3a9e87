// SPDX-License-Identifier: MIT
#include "test.h"

#include "naive.h"
#include "scan/engine/order.h"
#include "scan/engine/plan.h"

static void ends_are_sorted_by_position(void **state)
{
    (void)state;
    uint64_t seed = 5;
    static const size_t sizes[] = { 0, 1, 2, 32, 33, 1000, 5000 };
    static struct scan_end ends[5000];
    static struct scan_end scratch[5000];
    for (size_t s = 0; s < 7; s++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < sizes[s]; i++) {
            ends[i].position = naive_random(&seed, SCAN_POSITION_MAX);
            ends[i].row = ends[i].position ^ 0x5A5A5A;
            sum += ends[i].position;
        }
        scan_ends_sort(ends, scratch, sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++) {
            assert_true(i == 0 || ends[i - 1].position <= ends[i].position);
            assert_int_equal(ends[i].row, ends[i].position ^ 0x5A5A5A);
            sum -= ends[i].position;
        }
        assert_int_equal(sum, 0);
    }
}

// Literals: 0 "a" (patterns 1, 4), 1 "aaaa" (patterns 0, 2), 2 "b" (pattern 3).
static const struct scan_set set = {
    .literals = (struct scan_literal[]){ { 0, 1, 0, 2 }, { 0, 4, 2, 2 }, { 4, 1, 4, 1 } },
    .literal_count = 3,
    .members = (uint32_t[]){ 1, 4, 0, 2, 3 },
    .pattern_count = 5,
    .size_max = 4,
};

static void hits_go_out_by_start_then_pattern_and_not_too_early(void **state)
{
    (void)state;
    struct scan_order order;
    assert_true(scan_order_init(&order, &set, 8));
    struct scan_hit hit;
    // "aaaa" at 10: its end comes last, its start first.
    for (uint64_t end = 10; end < 14; end++) {
        assert_true(scan_order_add(&order, end, 0));
        if (end == 13)
            assert_true(scan_order_add(&order, end, 1));
        scan_order_advance(&order, end);
        assert_false(scan_order_next(&order, &hit));
    }
    assert_true(scan_order_add(&order, 14, 2));
    scan_order_advance(&order, 14);
    const struct scan_hit first[] = { { 10, 0, 4 }, { 10, 1, 1 }, { 10, 2, 4 }, { 10, 4, 1 } };
    for (size_t i = 0; i < 4; i++) {
        assert_true(scan_order_next(&order, &hit));
        assert_int_equal(hit.start, first[i].start);
        assert_int_equal(hit.pattern, first[i].pattern);
        assert_int_equal(hit.size, first[i].size);
    }
    assert_false(scan_order_next(&order, &hit));
    scan_order_flush(&order);
    const struct scan_hit rest[] = { { 11, 1, 1 }, { 11, 4, 1 }, { 12, 1, 1 }, { 12, 4, 1 },
                                     { 13, 1, 1 }, { 13, 4, 1 }, { 14, 3, 1 } };
    for (size_t i = 0; i < 7; i++) {
        assert_true(scan_order_next(&order, &hit));
        assert_int_equal(hit.start, rest[i].start);
        assert_int_equal(hit.pattern, rest[i].pattern);
    }
    assert_false(scan_order_next(&order, &hit));
    scan_order_fini(&order);
}

// Literals of 1 to 40 bytes end at every byte: as much waits as ever can, and it fits exactly.
static void no_more_waits_than_the_set_says(void **state)
{
    (void)state;
    enum { LONGEST = 40 };
    static struct scan_literal literals[LONGEST];
    static uint32_t members[LONGEST];
    for (uint32_t i = 0; i < LONGEST; i++) {
        literals[i] = (struct scan_literal){ 0, i + 1, i, 1 };
        members[i] = i;
    }
    const struct scan_set all = {
        .literals = literals,
        .literal_count = LONGEST,
        .members = members,
        .pattern_count = LONGEST,
        .size_max = LONGEST,
    };
    struct scan_order order;
    size_t room = (size_t)scan_order_waiting_max(LONGEST, LONGEST);
    assert_true(scan_order_init(&order, &all, room));
    assert_int_equal(order.heap.capacity, room);
    size_t most = 0;
    for (uint64_t end = LONGEST; end < 4 * LONGEST; end++) {
        struct scan_hit hit;
        while (scan_order_next(&order, &hit))
            continue;
        for (uint32_t i = 0; i < LONGEST; i++)
            assert_true(scan_order_add(&order, end, i));
        most = order.heap.count > most ? order.heap.count : most;
        scan_order_advance(&order, end);
    }
    assert_int_equal(most, room);
    assert_false(scan_order_add(&order, 4 * LONGEST, 0)); // not before something went out
    scan_order_fini(&order);
    assert_int_equal(scan_order_waiting_max(1, 1), 2);
    assert_int_equal(scan_order_waiting_max(4096, UINT64_MAX), UINT64_C(4096) * 4097 / 2 + 4096);
}

static void plans_stay_within_their_limits(void **state)
{
    (void)state;
    uint64_t seed = 77;
    unsigned made = 0;
    for (unsigned round = 0; round < 4000; round++) {
        struct scan_facts facts = {
            .cpu = naive_random(&seed, 2),
            .loop_limit = (const uint32_t[]){ 0, 1000, 65535, 1300 }[naive_random(&seed, 4)],
            .storage_max = UINT64_C(1) << (20 + naive_random(&seed, 13)),
            .memory_limit =
                naive_random(&seed, 2) ? UINT64_C(1) << (18 + naive_random(&seed, 16)) : 0,
            .chunk_size = naive_random(&seed, 2) ? 1 + naive_random(&seed, 1 << 22) : 0,
            .pattern_size_max = 1 + naive_random(&seed, naive_random(&seed, 2) ? 4096 : 16),
            .outputs_max = 1 + naive_random(&seed, naive_random(&seed, 2) ? 1 << 24 : 4),
            .ends_max = 1 + naive_random(&seed, naive_random(&seed, 2) ? 1 << 26 : 4),
            .automaton_count = 1 + naive_random(&seed, 3),
            .automata_bytes = naive_random(&seed, 1 << 26),
            .counting = naive_random(&seed, 2),
            .staged = naive_random(&seed, 2),
        };
        struct scan_plan plan;
        enum vyre_result result = scan_plan_make(&facts, NULL, &plan);
        if (result != VYRE_OK)
            continue;
        made++;
        assert_true(plan.warm_size >= facts.pattern_size_max - 1);
        assert_true(plan.warm_size <= plan.shape.warm_blocks * SCAN_BLOCK);
        assert_true(plan.lane_min >= SCAN_BLOCK && plan.lane_min % SCAN_BLOCK == 0);
        assert_true(plan.lane_min <= plan.shape.own_blocks * SCAN_BLOCK);
        assert_true(plan.piece_size > 0 && plan.piece_size % SCAN_BLOCK == 0);
        assert_true(plan.piece_size <= plan.shape.own_blocks * SCAN_BLOCK * SCAN_LANES);
        assert_true(plan.piece_size + plan.warm_size < SCAN_POSITION_MAX);
        assert_true(plan.chunk_size % 4096 == 0 && plan.overlap < plan.chunk_size / 2);
        assert_true(plan.pool_size >= 2 * plan.chunk_size && plan.pool_size <= facts.storage_max);
        assert_true(plan.region_count > 0);
        assert_true(plan.memory_bytes <=
                    (facts.memory_limit
                         ? facts.memory_limit
                         : (UINT64_C(256) << 20) + facts.automata_bytes + plan.host_bytes));
        if (facts.counting) {
            assert_true((uint64_t)plan.piece_size * facts.outputs_max <= UINT32_MAX);
        } else {
            // Splitting must make progress and end.
            assert_true(plan.hit_capacity % SCAN_BLOCK == 0 && plan.hit_capacity > 0);
            assert_true(plan.hit_capacity < plan.piece_size);
            assert_true(plan.hits_stride == plan.hit_capacity * UINT64_C(8));
        }
        if (facts.loop_limit)
            assert_true(scan_shape_passes(&plan.shape) <= facts.loop_limit / 4 ||
                        (plan.shape.own_blocks == 1 &&
                         scan_shape_passes(&plan.shape) <= facts.loop_limit / 2));
    }
    assert_true(made > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_sorted_by_position),
        cmocka_unit_test(hits_go_out_by_start_then_pattern_and_not_too_early),
        cmocka_unit_test(no_more_waits_than_the_set_says),
        cmocka_unit_test(plans_stay_within_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
