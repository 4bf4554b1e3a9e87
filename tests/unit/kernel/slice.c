// SPDX-License-Identifier: MIT
#include "slice.h"
#include "test.h"

#include <stdlib.h>

// Every workgroup of the grid lies in exactly one slice, and no slice is beyond the budget.
static void assert_cover(const uint32_t grid[3], uint64_t invocations, uint64_t budget)
{
    struct kernel_slices slices;
    kernel_slices_plan(grid, invocations, budget, &slices);
    size_t total = (size_t)grid[0] * grid[1] * grid[2];
    uint8_t *seen = calloc(1, total);
    assert_non_null(seen);
    for (uint64_t i = 0; i < slices.total; i++) {
        uint32_t base[3];
        uint32_t size[3];
        kernel_slices_get(&slices, i, base, size);
        uint64_t groups = (uint64_t)size[0] * size[1] * size[2];
        assert_true(groups >= 1);
        assert_true(groups == 1 || groups * invocations <= budget);
        for (uint32_t z = 0; z < size[2]; z++) {
            for (uint32_t y = 0; y < size[1]; y++) {
                for (uint32_t x = 0; x < size[0]; x++) {
                    size_t at =
                        ((size_t)(base[2] + z) * grid[1] + base[1] + y) * grid[0] + base[0] + x;
                    assert_true(base[0] + x < grid[0] && base[1] + y < grid[1] &&
                                base[2] + z < grid[2]);
                    assert_int_equal(seen[at]++, 0);
                }
            }
        }
    }
    for (size_t i = 0; i < total; i++)
        assert_int_equal(seen[i], 1);
    free(seen);
}

static void slices_cover_the_grid_once(void **state)
{
    (void)state;
    for (uint32_t x = 1; x <= 9; x += 2) {
        for (uint32_t y = 1; y <= 6; y++) {
            for (uint32_t z = 1; z <= 4; z++) {
                for (uint64_t budget = 1; budget <= 120; budget += 7)
                    assert_cover((const uint32_t[3]){ x, y, z }, 1 + budget % 3, budget);
            }
        }
    }
    assert_cover((const uint32_t[3]){ 65535, 3, 2 }, 64, KERNEL_SLICE_INVOCATIONS);
    assert_cover((const uint32_t[3]){ 7, 5, 3 }, UINT64_MAX, 1000);
}

static void small_grids_are_one_slice(void **state)
{
    (void)state;
    struct kernel_slices slices;
    kernel_slices_plan((const uint32_t[3]){ 64, 64, 4 }, 256, KERNEL_SLICE_INVOCATIONS, &slices);
    assert_int_equal(slices.total, 1);
    kernel_slices_plan((const uint32_t[3]){ 64, 64, 5 }, 256, KERNEL_SLICE_INVOCATIONS, &slices);
    assert_int_equal(slices.total, 2);
    assert_int_equal(slices.size[2], 4);
}

static void the_largest_grid_does_not_overflow(void **state)
{
    (void)state;
    struct kernel_slices slices;
    const uint32_t grid[3] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };
    kernel_slices_plan(grid, 1, 1, &slices);
    assert_true(slices.total == UINT64_MAX);
    kernel_slices_plan(grid, 1, UINT64_MAX, &slices);
    assert_true(slices.total > KERNEL_SLICE_MAX);
    uint32_t base[3];
    uint32_t size[3];
    kernel_slices_get(&slices, slices.total - 1, base, size);
    for (unsigned axis = 0; axis < 3; axis++)
        assert_true((uint64_t)base[axis] + size[axis] == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_cover_the_grid_once),
        cmocka_unit_test(small_grids_are_one_slice),
        cmocka_unit_test(the_largest_grid_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
