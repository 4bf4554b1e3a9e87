// SPDX-License-Identifier: MIT
#include "test.h"

#include "units.h"

#include "base/memory.h"

#include <stdlib.h>

static uint32_t random_state = 12345;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static bool has_run(const uint8_t *model, uint32_t count, uint32_t size)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < count; i++) {
        run = model[i] ? 0 : run + 1;
        if (run == size)
            return true;
    }
    return false;
}

// Against an array of bytes: a run is found exactly when there is one, and never taken twice.
static void runs_are_found_exactly_when_there_are_any(void **state)
{
    (void)state;
    static const uint32_t counts[] = { 1, 2, 63, 64, 65, 128, 500 };
    for (unsigned c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t count = counts[c];
        struct stream_units units;
        uint8_t model[500] = { 0 };
        struct {
            uint32_t first, size;
        } runs[500];
        uint32_t run_count = 0;
        uint32_t refused = 0;
        assert_true(stream_units_init(&units, count));
        for (unsigned step = 0; step < 20000; step++) {
            if (draw(2) && run_count > 0) {
                uint32_t pick = draw(run_count);
                stream_units_give(&units, runs[pick].first, runs[pick].size);
                memset(model + runs[pick].first, 0, runs[pick].size);
                runs[pick] = runs[--run_count];
                continue;
            }
            uint32_t size = 1 + draw(draw(4) ? 5 : count);
            bool there = has_run(model, count, size);
            uint32_t first = stream_units_take(&units, size);
            assert_int_equal(first != STREAM_UNITS_NONE, there);
            refused += !there;
            if (!there)
                continue;
            assert_true(first < count && size <= count - first);
            for (uint32_t i = first; i < first + size; i++)
                assert_int_equal(model[i], 0);
            memset(model + first, 1, size);
            runs[run_count].first = first;
            runs[run_count++].size = size;
        }
        assert_true(refused > 0);
        while (run_count > 0) {
            run_count--;
            stream_units_give(&units, runs[run_count].first, runs[run_count].size);
        }
        assert_int_equal(units.used, 0);
        assert_int_equal(stream_units_take(&units, count), 0);
        stream_units_fini(&units);
    }
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct stream_units units;
    assert_true(stream_units_init(&units, 10));
    assert_int_equal(stream_units_take(&units, 0), STREAM_UNITS_NONE);
    assert_int_equal(stream_units_take(&units, 11), STREAM_UNITS_NONE);
    assert_int_equal(stream_units_take(&units, UINT32_MAX), STREAM_UNITS_NONE);
    stream_units_fini(&units);
    (void)memory_fail_nth(1);
    assert_false(stream_units_init(&units, 10));
    (void)memory_fail_nth(0);
    stream_units_fini(&units);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_found_exactly_when_there_are_any),
        cmocka_unit_test(impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
