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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_zeroed_and_distinct),
        cmocka_unit_test(overflow_and_failure_are_sticky),
        cmocka_unit_test(array_grows_and_survives_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
