// SPDX-License-Identifier: MIT
#include "test.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "fake.h"
#include "naive.h"
#include "scan/program/patterns.h"

struct text {
    const uint8_t *bytes;
    size_t size;
};

struct setup {
    struct fake_options fake;
    const struct vyre_pattern *patterns;
    size_t pattern_count;
    const struct text *texts;
    size_t text_count;
    uint64_t chunk_size;
    uint64_t memory_limit;
    bool counting;
    bool keep_stats;
    struct vyre_scan_stats stats;
};

static struct vyre_scan *start(const struct setup *setup, struct vyre_patterns **patterns,
                               const struct vyre_diag_sink *diag)
{
    assert_result(VYRE_OK,
                  vyre_patterns_compile(vyre_patterns_params(.patterns = setup->patterns,
                                                             .pattern_count = setup->pattern_count),
                                        patterns));
    struct vyre_scan *scan = NULL;
    struct fake_options fake = setup->fake;
    fake.counting = setup->counting;
    assert_result(
        VYRE_OK,
        vyre_scan_create(fake_device(&fake),
                         vyre_scan_params(.patterns = *patterns, .chunk_size = setup->chunk_size,
                                          .memory_limit = setup->memory_limit,
                                          .count_only = setup->counting, .diag = diag),
                         &scan));
    return scan;
}

// Feeds what is not fed yet and takes events until `next` says something else than "more".
struct reader {
    const struct setup *setup;
    size_t fed;
    size_t ended;
    struct naive_hits *hits; // one per text
    uint64_t *counts;
};

static void take(struct reader *reader, const struct vyre_scan_event *event)
{
    const struct setup *setup = reader->setup;
    assert_int_equal(event->input, reader->ended);
    if (event->kind == VYRE_SCAN_HIT) {
        assert_int_equal(event->length, setup->patterns[event->pattern].size);
        naive_hits_add(&reader->hits[event->input], event->offset, event->pattern);
        return;
    }
    assert_int_equal(event->bytes, setup->texts[event->input].size);
    assert_int_equal(event->error, setup->fake.input_error);
    reader->counts[event->input] = event->hits;
    reader->ended++;
}

static enum vyre_result read_all(struct vyre_scan *scan, struct reader *reader)
{
    const struct setup *setup = reader->setup;
    for (;;) {
        bool finished = reader->fed == setup->text_count;
        while (reader->fed < setup->text_count &&
               vyre_scan_feed_memory(scan, setup->texts[reader->fed].bytes,
                                     setup->texts[reader->fed].size, reader->fed) == VYRE_OK)
            reader->fed++;
        if (!finished && reader->fed == setup->text_count)
            assert_result(VYRE_OK, vyre_scan_finish(scan));
        struct vyre_scan_event events[7];
        size_t count = 0;
        enum vyre_result result = vyre_scan_next(scan, 1000000, events, 7, &count);
        for (size_t i = 0; i < count; i++)
            take(reader, &events[i]);
        if (result < 0 || result == VYRE_DONE)
            return result;
    }
}

static void check(struct setup *setup)
{
    struct vyre_patterns *patterns = NULL;
    struct vyre_scan *scan = start(setup, &patterns, NULL);
    vyre_patterns_destroy(&patterns);
    struct naive_hits *hits = calloc(setup->text_count, sizeof *hits);
    uint64_t *counts = calloc(setup->text_count, sizeof *counts);
    struct reader reader = { setup, 0, 0, hits, counts };
    assert_result(VYRE_DONE, read_all(scan, &reader));
    assert_int_equal(reader.ended, setup->text_count);
    vyre_scan_get_stats(scan, &setup->stats);
    for (size_t i = 0; i < setup->text_count; i++) {
        struct naive_hits expected = { 0 };
        naive_search(setup->patterns, setup->pattern_count, setup->texts[i].bytes,
                     setup->texts[i].size, &expected);
        assert_int_equal(counts[i], expected.count);
        if (!setup->counting)
            naive_assert_equal(&expected, &hits[i]);
        naive_hits_fini(&expected);
        naive_hits_fini(&hits[i]);
    }
    free(hits);
    free(counts);
    vyre_scan_destroy(&scan);
    fake_assert_clean();
}

static void random_texts_agree_with_the_naive_search(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (unsigned round = 0; round < 60; round++) {
        struct vyre_pattern patterns[12];
        uint8_t *bytes = NULL;
        uint32_t letters = 1 + naive_random(&seed, 5);
        size_t count = 1 + naive_random(&seed, 12);
        uint32_t size_max = round % 10 == 0 ? 300 : 1 + naive_random(&seed, 12);
        naive_patterns(&seed, patterns, count, size_max, 'a', letters, &bytes);
        struct text texts[9];
        for (size_t i = 0; i < 9; i++) {
            size_t size = naive_random(&seed, i % 3 == 0 ? 30000 : 40);
            uint8_t *text = malloc(size + 1);
            for (size_t j = 0; j < size; j++)
                text[j] = (uint8_t)('a' + naive_random(&seed, letters + 1));
            texts[i] = (struct text){ text, size };
        }
        struct setup setup = {
            .fake = { .seed = round, .loop_limit = round % 2 ? 1000 : 0 },
            .patterns = patterns,
            .pattern_count = count,
            .texts = texts,
            .text_count = 9,
            .chunk_size = 4096,
            .memory_limit = round % 3 == 0 ? 2 << 20 : 0,
            .counting = round % 4 == 3,
        };
        check(&setup);
        for (size_t i = 0; i < 9; i++)
            free((void *)(uintptr_t)texts[i].bytes);
        free(bytes);
    }
}

static void a_match_is_found_at_every_offset_around_a_chunk_edge(void **state)
{
    (void)state;
    static uint8_t text[12288];
    struct vyre_pattern patterns[] = { { "needle", 6 }, { "e", 1 } };
    for (size_t at = 4096 - 20; at < 4096 + 20; at++) {
        memset(text, '.', sizeof text);
        memcpy(text + at, "needle", 6);
        struct text texts[] = { { text, sizeof text } };
        struct setup setup = {
            .fake = { .seed = at },
            .patterns = patterns,
            .pattern_count = 2,
            .texts = texts,
            .text_count = 1,
            .chunk_size = 4096,
        };
        check(&setup);
    }
}

static void overflowing_pieces_are_scanned_again_and_lose_nothing(void **state)
{
    (void)state;
    static const uint8_t zeros[300000];
    struct vyre_pattern patterns[] = { { zeros, 1 }, { zeros, 3 } };
    struct text texts[] = { { zeros, 100 }, { zeros, 300000 }, { zeros, 5 } };
    struct setup setup = {
        .fake = { .seed = 3 },
        .patterns = patterns,
        .pattern_count = 2,
        .texts = texts,
        .text_count = 3,
        .chunk_size = 65536,
        .memory_limit = 1 << 20,
    };
    check(&setup);
    assert_true(setup.stats.rescans > 100);
    assert_true(setup.stats.bytes_device > 2 * UINT64_C(300000));
    setup.counting = true;
    check(&setup);
    assert_int_equal(setup.stats.rescans, 0);
}

static void several_automata_report_in_one_order(void **state)
{
    (void)state;
    uint64_t seed = 11;
    struct vyre_pattern patterns[900];
    uint8_t *bytes = NULL;
    naive_patterns(&seed, patterns, 900, 6, 'a', 6, &bytes);
    uint8_t text[20000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)('a' + naive_random(&seed, 6));
    struct text texts[] = { { text, sizeof text }, { text, 77 } };
    struct setup setup = {
        .fake = { .seed = 5, .storage_max = 32768 },
        .patterns = patterns,
        .pattern_count = 900,
        .texts = texts,
        .text_count = 2,
        .chunk_size = 4096,
    };
    check(&setup);
    assert_true(setup.stats.automata > 1);
    setup.counting = true;
    check(&setup);
    free(bytes);
}

static void patterns_of_the_longest_size_work(void **state)
{
    (void)state;
    static uint8_t text[40000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)('a' + i / 9000 % 2);
    struct vyre_pattern patterns[] = { { text + 1, 4096 }, { text + 6000, 4096 }, { "ab", 2 } };
    struct text texts[] = { { text, sizeof text } };
    struct setup setup = {
        .patterns = patterns,
        .pattern_count = 3,
        .texts = texts,
        .text_count = 1,
        .chunk_size = 4096, // raised: it must hold the overlap twice
    };
    check(&setup);
}

static void a_read_error_reaches_the_end_of_its_input(void **state)
{
    (void)state;
    struct vyre_pattern patterns[] = { { "a", 1 } };
    struct text texts[] = { { (const uint8_t *)"banana", 6 }, { (const uint8_t *)"", 0 } };
    struct setup setup = {
        .fake = { .input_error = EIO },
        .patterns = patterns,
        .pattern_count = 1,
        .texts = texts,
        .text_count = 2,
    };
    check(&setup);
}

// Runs until the scan fails, and checks that what came before the failure is a prefix of the truth.
static void check_failure(const struct fake_options *fake, enum vyre_result expected,
                          const char *code)
{
    uint8_t text[30000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)("gab"[i % 300 < 3 ? i % 300 : 0]);
    struct vyre_pattern patterns[] = { { "ab", 2 }, { "gab", 3 } };
    struct text texts[] = { { text, sizeof text } };
    struct setup setup = {
        .fake = *fake,
        .patterns = patterns,
        .pattern_count = 2,
        .texts = texts,
        .text_count = 1,
        .chunk_size = 4096,
    };
    struct test_diags diags = { 0 };
    struct vyre_patterns *set = NULL;
    struct vyre_scan *scan = start(&setup, &set, test_diag_sink(&diags));
    struct naive_hits hits = { 0 };
    struct naive_hits truth = { 0 };
    uint64_t counts = 0;
    struct reader reader = { &setup, 0, 0, &hits, &counts };
    assert_result(expected, read_all(scan, &reader));
    assert_int_equal(reader.ended, 0);
    assert_true(code[0] == 0 || strstr(diags.text, code));
    naive_search(patterns, 2, text, sizeof text, &truth);
    assert_true(hits.count > 0 && hits.count < truth.count);
    truth.count = hits.count;
    naive_assert_equal(&truth, &hits);
    struct vyre_scan_event event;
    size_t count;
    assert_result(expected, vyre_scan_next(scan, 0, &event, 1, &count));
    assert_int_equal(count, 0);
    naive_hits_fini(&hits);
    naive_hits_fini(&truth);
    vyre_patterns_destroy(&set);
    vyre_scan_destroy(&scan);
    fake_assert_clean();
}

static void failures_are_sticky_and_what_came_before_is_exact(void **state)
{
    (void)state;
    check_failure(&(struct fake_options){ .seed = 1, .hang_after = 4 }, VYRE_ERR_HANG, "");
    check_failure(&(struct fake_options){ .seed = 2, .fault_after = 5 }, VYRE_ERR_FAULT, "S007");
    check_failure(&(struct fake_options){ .seed = 3, .lie_after = 5 }, VYRE_ERR_DEVICE, "S009");
}

static void arguments_are_checked(void **state)
{
    (void)state;
    struct vyre_pattern pattern = { "a", 1 };
    struct setup setup = { .patterns = &pattern, .pattern_count = 1 };
    struct vyre_patterns *patterns = NULL;
    struct vyre_scan *scan = start(&setup, &patterns, NULL);
    struct vyre_scan_event event;
    size_t count = 9;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_scan_next(scan, 0, &event, 1, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_scan_next(scan, UINT64_MAX, &event, 1, &count));
    assert_int_equal(count, 0);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_scan_next(scan, 0, &event, 0, &count));
    assert_result(VYRE_FULL, vyre_scan_next(scan, 0, &event, 1, &count));
    assert_result(VYRE_FULL, vyre_scan_next(scan, UINT64_MAX - 1, &event, 1, &count));
    assert_result(VYRE_OK, vyre_scan_finish(scan));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_scan_feed_memory(scan, "a", 1, 0));
    assert_result(VYRE_DONE, vyre_scan_next(scan, 0, &event, 1, &count));
    vyre_scan_destroy(&scan);
    vyre_scan_destroy(&scan);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_scan_create(NULL, NULL, &scan));
    struct test_diags diags = { 0 };
    assert_result(VYRE_ERR_LIMIT,
                  vyre_scan_create(fake_device(&setup.fake),
                                   vyre_scan_params(.patterns = patterns, .memory_limit = 10000,
                                                    .diag = test_diag_sink(&diags)),
                                   &scan));
    assert_null(scan);
    assert_non_null(strstr(diags.text, "S006"));
    vyre_patterns_destroy(&patterns);
    fake_assert_clean();
}

// What a refusal says: bytes for the chunk size that was tried, and for the smallest one.
struct needs {
    unsigned long long tried_size;
    unsigned long long tried;
    unsigned long long least_size;
    unsigned long long least;
};

static enum vyre_result try_limit(const struct vyre_patterns *patterns, uint64_t limit,
                                  uint64_t chunk_size, struct needs *needs)
{
    const struct fake_options fake = { .seed = 1 };
    struct test_diags diags = { 0 };
    struct vyre_scan *scan = NULL;
    enum vyre_result result =
        vyre_scan_create(fake_device(&fake),
                         vyre_scan_params(.patterns = patterns, .memory_limit = limit,
                                          .chunk_size = chunk_size, .diag = test_diag_sink(&diags)),
                         &scan);
    if (result == VYRE_ERR_LIMIT) {
        const char *at = strstr(diags.text, "not enough: ");
        assert_non_null(at);
        if (sscanf(at, "not enough: the smallest chunks, of %llu bytes, need %llu",
                   &needs->least_size, &needs->least) == 2) {
            needs->tried_size = needs->least_size;
            needs->tried = needs->least;
        } else {
            assert_int_equal(sscanf(at,
                                    "not enough: chunks of %llu bytes need %llu, the smallest, of "
                                    "%llu bytes, %llu",
                                    &needs->tried_size, &needs->tried, &needs->least_size,
                                    &needs->least),
                             4);
        }
    }
    vyre_scan_destroy(&scan);
    fake_assert_clean();
    return result;
}

static void a_refused_limit_is_told_what_is_enough(void **state)
{
    (void)state;
    struct vyre_pattern items[] = { { "abc", 3 }, { "bcd", 3 }, { "x", 1 } };
    struct vyre_patterns *patterns = NULL;
    assert_result(VYRE_OK,
                  vyre_patterns_compile(vyre_patterns_params(.patterns = items, .pattern_count = 3),
                                        &patterns));
    struct needs needs = { 0 };
    assert_result(VYRE_ERR_LIMIT, try_limit(patterns, 1000, 1 << 20, &needs));
    assert_int_equal(needs.tried_size, 1 << 20);
    assert_int_equal(needs.least_size, 4096);
    assert_true(needs.tried > 2 << 20 && needs.least < 1 << 20);
    const struct needs said = needs;
    assert_result(VYRE_OK, try_limit(patterns, said.tried, 1 << 20, &needs));
    assert_result(VYRE_ERR_LIMIT, try_limit(patterns, said.tried - 1, 1 << 20, &needs));
    assert_result(VYRE_OK, try_limit(patterns, said.least, 4096, &needs));
    assert_result(VYRE_ERR_LIMIT, try_limit(patterns, said.least - 1, 4096, &needs));
    // A chunk size that nobody gave becomes smaller first.
    assert_result(VYRE_OK, try_limit(patterns, said.tried - 1, 0, &needs));
    assert_result(VYRE_OK, try_limit(patterns, said.least, 0, &needs));
    assert_result(VYRE_ERR_LIMIT, try_limit(patterns, said.least - 1, 0, &needs));
    assert_int_equal(needs.tried_size, 4096);
    assert_int_equal(needs.tried, said.least);
    vyre_patterns_destroy(&patterns);
}

static void the_memory_limit_holds_on_every_path(void **state)
{
    (void)state;
    static const uint8_t zeros[100000];
    struct vyre_pattern patterns[] = { { zeros, 3 }, { "a", 1 } };
    struct text texts[] = { { zeros, sizeof zeros } };
    for (unsigned round = 0; round < 40; round++) {
        struct setup setup = {
            .fake = { .seed = round, .staged = round % 2 },
            .patterns = patterns,
            .pattern_count = 2,
            .texts = texts,
            .text_count = 1,
            .chunk_size = 4096,
            .memory_limit = (UINT64_C(1) << 18) + round * UINT64_C(100000),
            .counting = round % 5 == 4,
        };
        check(&setup);
        assert_true(setup.stats.memory_bytes > setup.memory_limit / 4);
        assert_true(setup.stats.memory_bytes <= setup.memory_limit);
    }
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    static const uint8_t zeros[10000];
    struct vyre_pattern pattern = { zeros, 1 };
    struct text texts[] = { { zeros, sizeof zeros } };
    struct setup setup = {
        .patterns = &pattern,
        .pattern_count = 1,
        .texts = texts,
        .text_count = 1,
        .chunk_size = 4096,
    };
    struct vyre_patterns *patterns = NULL;
    assert_result(VYRE_OK,
                  vyre_patterns_compile(
                      vyre_patterns_params(.patterns = &pattern, .pattern_count = 1), &patterns));
    bool done = false;
    for (uint64_t nth = 1; !done; nth++) {
        struct vyre_device *device = fake_device(&setup.fake);
        struct naive_hits hits = { 0 };
        uint64_t counts = 0;
        struct reader reader = { &setup, 0, 0, &hits, &counts };
        struct vyre_scan *scan = NULL;
        memory_fail_nth(nth);
        enum vyre_result result = vyre_scan_create(
            device, vyre_scan_params(.patterns = patterns, .chunk_size = 4096), &scan);
        if (result == VYRE_OK)
            result = read_all(scan, &reader);
        done = memory_fail_nth(0) < nth;
        assert_int_equal(result, done ? VYRE_DONE : VYRE_ERR_NO_MEMORY);
        if (done)
            assert_int_equal(counts, sizeof zeros);
        // Every byte is a hit: none may be missing among those before the failure, nor may the end
        // of the input come without all of them.
        for (size_t i = 0; i < hits.count; i++)
            assert_int_equal(hits.items[i].offset, i);
        assert_true(reader.ended == 0 || counts == sizeof zeros);
        naive_hits_fini(&hits);
        vyre_scan_destroy(&scan);
        fake_assert_clean();
    }
    vyre_patterns_destroy(&patterns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_agree_with_the_naive_search),
        cmocka_unit_test(a_match_is_found_at_every_offset_around_a_chunk_edge),
        cmocka_unit_test(overflowing_pieces_are_scanned_again_and_lose_nothing),
        cmocka_unit_test(several_automata_report_in_one_order),
        cmocka_unit_test(patterns_of_the_longest_size_work),
        cmocka_unit_test(a_read_error_reaches_the_end_of_its_input),
        cmocka_unit_test(failures_are_sticky_and_what_came_before_is_exact),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(a_refused_limit_is_told_what_is_enough),
        cmocka_unit_test(the_memory_limit_holds_on_every_path),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
