// SPDX-License-Identifier: MIT
#include "test.h"

#include <stdlib.h>

#include "base/memory.h"
#include "naive.h"
#include "scan/program/patterns.h"

// Walks a table over text as the device does and expands each state as the host does.
static void walk(const struct vyre_patterns *patterns, const struct scan_automata *automata,
                 const uint8_t *text, size_t size, struct naive_hits *out)
{
    const struct scan_set *set = &patterns->set;
    for (size_t a = 0; a < automata->count; a++) {
        const struct scan_automaton *automaton = &automata->items[a];
        uint32_t entry = 0;
        for (size_t i = 0; i < size; i++) {
            uint32_t column = (uint32_t)text[i] - automaton->low;
            column = column < automaton->span ? column : automaton->span;
            entry = automaton->table[(entry & ~SCAN_HIT) + column];
            uint32_t row = entry & ~SCAN_HIT;
            uint32_t literal = scan_automaton_head(automaton, row);
            assert_int_equal(literal != SCAN_NONE, entry >> 31);
            uint32_t outputs = 0;
            for (; literal != SCAN_NONE; literal = scan_automaton_next(automaton, literal)) {
                const struct scan_literal *entry_of = &set->literals[literal];
                for (uint32_t m = 0; m < entry_of->count; m++)
                    naive_hits_add(out, i + 1 - entry_of->size, set->members[entry_of->first + m]);
                outputs += entry_of->count;
            }
            assert_int_equal(outputs, automaton->table[row + automaton->span + 1]);
            assert_true(outputs <= automaton->outputs_max);
        }
    }
    naive_hits_sort(out);
}

static void check(const struct vyre_pattern *list, size_t count, uint64_t table_max,
                  const uint8_t *text, size_t size)
{
    struct vyre_patterns *patterns = NULL;
    assert_result(VYRE_OK,
                  vyre_patterns_compile(
                      vyre_patterns_params(.patterns = list, .pattern_count = count), &patterns));
    struct scan_automata automata = { 0 };
    assert_result(VYRE_OK, scan_automata_build(&patterns->set, table_max, NULL, &automata));
    for (size_t i = 0; i < automata.count; i++)
        assert_true(scan_automaton_bytes(&automata.items[i]) <= table_max);
    struct naive_hits expected = { 0 };
    struct naive_hits got = { 0 };
    naive_search(list, count, text, size, &expected);
    walk(patterns, &automata, text, size, &got);
    naive_assert_equal(&expected, &got);
    naive_hits_fini(&expected);
    naive_hits_fini(&got);
    scan_automata_fini(&automata);
    vyre_patterns_destroy(&patterns);
}

static void random_small_alphabets_agree_with_the_naive_search(void **state)
{
    (void)state;
    uint64_t seed = 20240607;
    for (unsigned round = 0; round < 400; round++) {
        struct vyre_pattern patterns[40];
        uint8_t *bytes = NULL;
        uint32_t letters = 1 + naive_random(&seed, 4);
        uint8_t first = (uint8_t)naive_random(&seed, 250);
        size_t count = 1 + naive_random(&seed, 40);
        naive_patterns(&seed, patterns, count, 1 + naive_random(&seed, 9), first, letters, &bytes);
        uint8_t text[300];
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (uint8_t)(first + naive_random(&seed, letters + 1));
        check(patterns, count, SCAN_TABLE_BYTES_MAX, text, sizeof text);
        free(bytes);
    }
}

static void all_bytes_and_low_and_high_edges_work(void **state)
{
    (void)state;
    uint8_t text[1024];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    struct vyre_pattern patterns[258];
    uint8_t all[256];
    for (unsigned i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
        patterns[i] = (struct vyre_pattern){ &all[i], 1 };
    }
    patterns[256] = (struct vyre_pattern){ "\x00\x07", 2 };
    patterns[257] = (struct vyre_pattern){ "\xF9\x00", 2 };
    check(patterns, 258, SCAN_TABLE_BYTES_MAX, text, sizeof text);
    check(patterns, 1, SCAN_TABLE_BYTES_MAX, text, sizeof text);
    check(patterns + 255, 1, SCAN_TABLE_BYTES_MAX, text, sizeof text);
    check(patterns + 97, 3, SCAN_TABLE_BYTES_MAX, text, sizeof text);
}

static void duplicates_and_nested_patterns_are_reported_each(void **state)
{
    (void)state;
    struct vyre_pattern patterns[] = {
        { "aa", 2 }, { "a", 1 }, { "aaa", 3 }, { "aa", 2 }, { "a", 1 }, { "ba", 2 }, { "aab", 3 },
    };
    check(patterns, 7, SCAN_TABLE_BYTES_MAX, (const uint8_t *)"aaaabaaabab", 11);
}

static void a_large_set_is_cut_into_automata_under_the_cap(void **state)
{
    (void)state;
    uint64_t seed = 99;
    struct vyre_pattern *patterns = calloc(3000, sizeof *patterns);
    uint8_t *bytes = NULL;
    naive_patterns(&seed, patterns, 3000, 8, 'a', 26, &bytes);
    uint8_t text[2000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)('a' + naive_random(&seed, 26));
    check(patterns, 3000, 200000, text, sizeof text);
    check(patterns, 3000, 5000, text, sizeof text);

    struct vyre_patterns *set = NULL;
    assert_result(VYRE_OK,
                  vyre_patterns_compile(
                      vyre_patterns_params(.patterns = patterns, .pattern_count = 3000), &set));
    assert_int_equal(set->automata.count, 1);
    struct scan_automata automata = { 0 };
    assert_result(VYRE_OK, scan_automata_build(&set->set, 200000, NULL, &automata));
    assert_true(automata.count > 1);
    scan_automata_fini(&automata);
    struct test_diags diags = { 0 };
    assert_result(VYRE_ERR_LIMIT,
                  scan_automata_build(&set->set, 100, test_diag_sink(&diags), &automata));
    assert_non_null(strstr(diags.text, "S005"));
    assert_null(automata.items);
    vyre_patterns_destroy(&set);
    free(bytes);
    free(patterns);
}

static void bad_sets_are_refused_with_the_pattern_named(void **state)
{
    (void)state;
    struct vyre_patterns *set = NULL;
    struct test_diags diags = { 0 };
    const struct vyre_diag_sink *sink = test_diag_sink(&diags);
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_patterns_compile(vyre_patterns_params(.diag = sink), &set));
    assert_null(set);
    static const uint8_t longest[4097];
    struct vyre_pattern patterns[] = {
        { "a", 1 }, { "", 0 }, { longest, 4097 }, { longest, 4096 }
    };
    assert_result(
        VYRE_ERR_INVALID_ARGUMENT,
        vyre_patterns_compile(
            vyre_patterns_params(.patterns = patterns, .pattern_count = 2, .diag = sink), &set));
    assert_result(VYRE_ERR_LIMIT,
                  vyre_patterns_compile(vyre_patterns_params(.patterns = patterns + 2,
                                                             .pattern_count = 1, .diag = sink),
                                        &set));
    assert_result(VYRE_OK,
                  vyre_patterns_compile(vyre_patterns_params(.patterns = patterns + 3,
                                                             .pattern_count = 1, .diag = sink),
                                        &set));
    assert_string_equal(diags.text, "S001 the pattern set is empty | S002 pattern 1 is empty | "
                                    "S003 pattern 0 has 4097 bytes; the limit is 4096");
    vyre_patterns_destroy(&set);
    vyre_patterns_destroy(&set);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_patterns_compile(NULL, &set));
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    struct vyre_pattern patterns[] = { { "abc", 3 }, { "bcd", 3 }, { "abc", 3 } };
    for (uint64_t nth = 1;; nth++) {
        struct vyre_patterns *set = NULL;
        memory_fail_nth(nth);
        enum vyre_result result = vyre_patterns_compile(
            vyre_patterns_params(.patterns = patterns, .pattern_count = 3), &set);
        uint64_t allocations = memory_fail_nth(0);
        if (result == VYRE_OK) {
            assert_true(allocations < nth);
            assert_true(nth > 5);
            vyre_patterns_destroy(&set);
            return;
        }
        assert_int_equal(result, VYRE_ERR_NO_MEMORY);
        assert_null(set);
    }
}

// Long patterns without a common prefix, over all bytes: a kilobyte of table per byte.
static void a_set_whose_automata_would_not_fit_is_refused_unbuilt(void **state)
{
    (void)state;
    enum { COUNT = 1100, SIZE = 4096 };
    uint8_t *bytes = malloc((size_t)COUNT * SIZE);
    struct vyre_pattern *patterns = malloc(COUNT * sizeof *patterns);
    assert_true(bytes && patterns);
    uint64_t seed = 5;
    for (size_t i = 0; i < (size_t)COUNT * SIZE; i++)
        bytes[i] = (uint8_t)naive_random(&seed, 256);
    for (size_t i = 0; i < COUNT; i++)
        patterns[i] = (struct vyre_pattern){ bytes + i * SIZE, SIZE };
    struct test_diags diags = { 0 };
    struct vyre_patterns *set = NULL;
    assert_result(
        VYRE_ERR_LIMIT,
        vyre_patterns_compile(vyre_patterns_params(.patterns = patterns, .pattern_count = COUNT,
                                                   .diag = test_diag_sink(&diags)),
                              &set));
    assert_null(set);
    assert_string_equal(diags.text, "S004 the automata need more than 4294967296 bytes");
    free(patterns);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_small_alphabets_agree_with_the_naive_search),
        cmocka_unit_test(all_bytes_and_low_and_high_edges_work),
        cmocka_unit_test(duplicates_and_nested_patterns_are_reported_each),
        cmocka_unit_test(a_large_set_is_cut_into_automata_under_the_cap),
        cmocka_unit_test(bad_sets_are_refused_with_the_pattern_named),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaks_nothing),
        cmocka_unit_test(a_set_whose_automata_would_not_fit_is_refused_unbuilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
