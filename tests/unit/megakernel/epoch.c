// SPDX-License-Identifier: MIT
// Decisions about epochs.
#include "epoch.h"
#include "test.h"

static uint64_t capacity(const struct mk_epoch_plan *plan)
{
    return (uint64_t)plan->workgroups * plan->steps * plan->batch;
}

static void every_entry_finds_a_workgroup(void **state)
{
    (void)state;
    static const uint32_t values[] = { 1, 2, 3, 16, 64, 250, 4096 };
    enum { VALUES = sizeof values / sizeof *values };
    for (uint32_t c = 0; c < VALUES * VALUES * VALUES * VALUES; c++) {
        const struct mk_epoch_limits limits = {
            .slot_count = 65536,
            .batch = values[c % VALUES] > 64 ? 64 : values[c % VALUES],
            .steps = values[c / VALUES % VALUES],
            .width = values[c / VALUES / VALUES % VALUES],
            .most_workgroups = 4096,
        };
        const uint64_t waiting = values[c / VALUES / VALUES / VALUES] * UINT64_C(16);
        const struct mk_epoch_plan plan = mk_epoch_plan(&limits, waiting, limits.slot_count);
        const uint64_t most = (uint64_t)limits.most_workgroups * limits.steps * limits.batch;
        assert_int_equal(plan.slots, waiting);
        assert_in_range(plan.batch, 1, limits.batch);
        assert_in_range(plan.workgroups, 1, limits.most_workgroups);
        assert_int_equal(plan.steps, limits.steps);
        assert_true(capacity(&plan) >= (waiting < most ? waiting : most));
        // Nobody is woken for nothing.
        assert_true((uint64_t)(plan.workgroups - 1) * plan.batch < waiting);
    }
}

static void few_slots_spread_over_the_device(void **state)
{
    (void)state;
    const struct mk_epoch_limits limits = { 4096, 16, 100, 8, 4096 };
    struct mk_epoch_plan plan = mk_epoch_plan(&limits, 8, 4096);
    assert_int_equal(plan.workgroups, 8);
    assert_int_equal(plan.batch, 1);
    plan = mk_epoch_plan(&limits, 1, 4096);
    assert_int_equal(plan.workgroups, 1);
    plan = mk_epoch_plan(&limits, 4096, 4096);
    assert_int_equal(plan.workgroups, 8);
    assert_int_equal(plan.batch, 16);
    plan = mk_epoch_plan(&limits, 4096, 100);
    assert_int_equal(plan.slots, 100);
}

static void the_quota_follows_the_clock(void **state)
{
    (void)state;
    const struct mk_epoch_limits limits = { 4096, 16, 100, 8, 4096 };
    const uint64_t ms = 1000000;
    assert_int_equal(mk_quota_next(&limits, 100, 100, 5 * ms, false), 200);
    assert_int_equal(mk_quota_next(&limits, 100, 50, 5 * ms, true), 100); // it was not the quota
    assert_int_equal(mk_quota_next(&limits, 4000, 4000, 5 * ms, true), 4096);
    assert_int_equal(mk_quota_next(&limits, 100, 100, 50 * ms, true), 100);
    assert_int_equal(mk_quota_next(&limits, 100, 100, 300 * ms, true), 50);
    assert_int_equal(mk_quota_next(&limits, 100, 100, 300 * ms, false), 100); // looked late
    assert_int_equal(mk_quota_next(&limits, 100, 10, 300 * ms, true), 5);
    assert_int_equal(mk_quota_next(&limits, 1, 1, 300 * ms, true), 1);
    // One claim of one slot for each workgroup, and few of them where the width is a guess.
    assert_int_equal(mk_quota_first(&limits), 8);
    const struct mk_epoch_plan first = mk_epoch_plan(&limits, 4096, mk_quota_first(&limits));
    assert_int_equal(first.batch, 1);
    assert_int_equal(first.workgroups, first.slots);
    const struct mk_epoch_limits gpu = { 4096, 16, 100, 256, 4096 };
    assert_int_equal(mk_quota_first(&gpu), 32);
    const struct mk_epoch_limits small = { 2, 1, 1, 256, 4096 };
    assert_int_equal(mk_quota_first(&small), 2);
}

static void a_head_is_judged(void **state)
{
    (void)state;
    static const struct {
        uint64_t head, tail;
        uint32_t reported;
        enum mk_progress progress;
        uint32_t advance;
    } cases[] = {
        { 10, 20, 20, MK_PROGRESS_DONE, 10 },
        { 10, 20, 15, MK_PROGRESS_SOME, 5 },
        { 10, 20, 10, MK_PROGRESS_NONE, 0 },
        { 10, 10, 10, MK_PROGRESS_DONE, 0 },
        { 10, 20, 21, MK_PROGRESS_NONSENSE, 0 },
        { 10, 20, 9, MK_PROGRESS_NONSENSE, 0 },
        { UINT64_C(0x1FFFFFFFE), UINT64_C(0x200000003), 2, MK_PROGRESS_SOME, 4 },
        { UINT64_C(0x1FFFFFFFE), UINT64_C(0x200000003), 3, MK_PROGRESS_DONE, 5 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t advance;
        assert_int_equal(
            mk_epoch_progress(cases[i].head, cases[i].tail, cases[i].reported, &advance),
            cases[i].progress);
        assert_int_equal(advance, cases[i].advance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_finds_a_workgroup),
        cmocka_unit_test(few_slots_spread_over_the_device),
        cmocka_unit_test(the_quota_follows_the_clock),
        cmocka_unit_test(a_head_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
