// SPDX-License-Identifier: MIT
// What loops cost, in passes.
#include "ir/cost.h"
#include "test.h"

static void assert_cost(struct ir_cost cost, uint64_t passes, uint64_t loops)
{
    assert_int_equal(cost.passes, passes);
    assert_int_equal(cost.loops, loops);
}

static void a_loop_takes_one_pass_more_than_iterations(void **state)
{
    (void)state;
    const struct ir_cost nothing = { 0, 0 };
    assert_cost(ir_cost_loop(0, nothing), 1, 1);
    assert_cost(ir_cost_loop(1, nothing), 2, 1);
    assert_cost(ir_cost_loop(65534, nothing), 65535, 1);
    assert_cost(ir_cost_add(ir_cost_loop(3, nothing), ir_cost_loop(4, nothing)), 9, 2);
}

// As a driver that masks invocations counts: one step per pass, and a masked pass through `inner`
// loops takes one each.
static void nested_loops_cost_what_a_masking_driver_counts(void **state)
{
    (void)state;
    const struct ir_cost nothing = { 0, 0 };
    for (uint64_t outer = 0; outer < 5; outer++)
        for (uint64_t inner = 0; inner < 5; inner++) {
            uint64_t passes = 0;
            for (uint64_t i = 0; i <= outer; i++) {
                passes++;
                for (uint64_t j = 0; j <= (i < outer ? inner : 0); j++)
                    passes++;
            }
            assert_cost(ir_cost_loop(outer, ir_cost_loop(inner, nothing)), passes, 2);
        }
}

static void costs_saturate(void **state)
{
    (void)state;
    struct ir_cost cost = ir_cost_loop(UINT64_MAX, (struct ir_cost){ 0, 0 });
    assert_cost(cost, UINT64_MAX, 1);
    assert_cost(ir_cost_loop(UINT32_MAX, cost), UINT64_MAX, 2);
    assert_cost(ir_cost_loop(0, cost), 2, 2); // nobody enters it
    assert_cost(ir_cost_add(cost, cost), UINT64_MAX, 2);
    assert_cost(ir_cost_loop(2, (struct ir_cost){ UINT64_MAX, UINT64_MAX }), UINT64_MAX,
                UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_takes_one_pass_more_than_iterations),
        cmocka_unit_test(nested_loops_cost_what_a_masking_driver_counts),
        cmocka_unit_test(costs_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
