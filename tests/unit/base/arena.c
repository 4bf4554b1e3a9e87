// SPDX-License-Identifier: MIT
#include "test.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/memory.h"

static void memory_is_aligned_zeroed_and_distinct(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    uint8_t *last = NULL;
    for (size_t size = 0; size < 5000; size += 7) {
        uint8_t *memory = arena_zalloc(&arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 8, 0);
        assert_ptr_not_equal(memory, last);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xA5, size);
        last = memory;
    }
    arena_fini(&arena);
}

static void overflow_and_failure_are_sticky(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_null(arena_array(&arena, SIZE_MAX / 2, 4));
    assert_true(arena.failed);
    assert_null(arena_alloc(&arena, 1));
    arena_fini(&arena);

    memory_fail_nth(1);
    assert_null(arena_alloc(&arena, 1));
    memory_fail_nth(0);
    assert_null(arena_alloc(&arena, 1));
    arena_fini(&arena);
    assert_non_null(arena_alloc(&arena, 1));
    arena_fini(&arena);
}

static void array_grows_and_survives_failure(void **state)
{
    (void)state;
    struct {
        ARRAY(uint32_t);
    } array = { 0 };
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(array_push(&array, i));
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(array.items[i], i);
    size_t before = array.capacity;
    memory_fail_nth(1);
    assert_false(array_reserve(&array, before));
    memory_fail_nth(0);
    assert_int_equal(array.count, 1000);
    assert_int_equal(array.capacity, before);
    array_fini(&array);
    assert_null(array.items);
}

struct numbers {
    ARRAY(uint32_t);
};

static void assert_counts_up(const struct numbers *numbers, uint32_t from)
{
    for (size_t i = 0; i < numbers->count; i++)
        assert_int_equal(numbers->items[i], from + i);
}

static void arrays_grow_in_an_arena(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct numbers one = { 0 }, other = { 0 };
    for (uint32_t i = 0; i < 100000; i++) {
        assert_true(array_push_in(&arena, &one, i));
        if (i % 3 == 0) // so that `one` has something behind it now and then
            assert_true(array_push_in(&arena, &other, 7 + i / 3));
    }
    assert_int_equal(one.count, 100000);
    assert_counts_up(&one, 0);
    assert_counts_up(&other, 7);
    struct numbers alone = { 0 };
    assert_true(array_push_in(&arena, &alone, 0));
    const uint32_t *first = alone.items;
    for (uint32_t i = 1; i < 100; i++)
        assert_true(array_push_in(&arena, &alone, i));
    assert_ptr_equal(alone.items, first); // nothing came behind it
    assert_counts_up(&alone, 0);
    arena_fini(&arena);
}

static void an_array_survives_an_arena_that_is_full(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct numbers numbers = { 0 };
    assert_true(array_push_in(&arena, &numbers, 1));
    memory_fail_nth(1);
    assert_false(array_reserve_in(&arena, &numbers, 1000000));
    memory_fail_nth(0);
    assert_int_equal(numbers.count, 1);
    assert_int_equal(numbers.items[0], 1);
    assert_false(array_reserve_in(&arena, &numbers, SIZE_MAX - 1));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_zeroed_and_distinct),
        cmocka_unit_test(overflow_and_failure_are_sticky),
        cmocka_unit_test(array_grows_and_survives_failure),
        cmocka_unit_test(arrays_grow_in_an_arena),
        cmocka_unit_test(an_array_survives_an_arena_that_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
