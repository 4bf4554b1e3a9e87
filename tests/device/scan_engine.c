// SPDX-License-Identifier: MIT
// Whole scans on a device, under every plan that a device may have, against the naive search.
#include "device.h"

#include <unistd.h>

#include "engine.h"
#include "naive.h"

enum { TEXTS = 5, PATTERNS = 40 };

struct text {
    uint8_t *bytes;
    size_t size;
};

struct sample {
    struct vyre_pattern patterns[PATTERNS];
    uint8_t *pattern_bytes;
    struct text texts[TEXTS];
    struct naive_hits expected[TEXTS];
};

static void make_sample(struct sample *sample, uint64_t seed)
{
    static const size_t sizes[TEXTS] = { 0, 200000, 1, 5000, 30000 };
    memset(sample, 0, sizeof *sample);
    naive_patterns(&seed, sample->patterns, PATTERNS, 7, 'a', 5, &sample->pattern_bytes);
    for (size_t i = 0; i < TEXTS; i++) {
        struct text *text = &sample->texts[i];
        *text = (struct text){ malloc(sizes[i] + 1), sizes[i] };
        assert_non_null(text->bytes);
        for (size_t j = 0; j < text->size; j++)
            text->bytes[j] = (uint8_t)('a' + naive_random(&seed, j < 50000 ? 20 : 5));
        naive_search(sample->patterns, PATTERNS, text->bytes, text->size, &sample->expected[i]);
    }
}

static void free_sample(struct sample *sample)
{
    for (size_t i = 0; i < TEXTS; i++) {
        free(sample->texts[i].bytes);
        naive_hits_fini(&sample->expected[i]);
    }
    free(sample->pattern_bytes);
}

static struct vyre_scan *open_scan(struct vyre_device *device, const struct sample *sample,
                                   const struct vyre_scan_params *more)
{
    struct vyre_patterns *patterns = NULL;
    assert_result(VYRE_OK, vyre_patterns_compile(vyre_patterns_params(.patterns = sample->patterns,
                                                                      .pattern_count = PATTERNS),
                                                 &patterns));
    struct test_diags diags = { 0 };
    struct vyre_scan_params params = *more;
    params.patterns = patterns;
    params.diag = test_diag_sink(&diags);
    struct vyre_scan *scan = NULL;
    enum vyre_result result = vyre_scan_create(device, &params, &scan);
    if (result != VYRE_OK)
        fail_msg("%s: %s", vyre_result_name(result), diags.text);
    scan->diag = (struct vyre_diag_sink){ 0 }; // `diags` ends here
    vyre_patterns_destroy(&patterns);
    return scan;
}

// Feeds texts alternately as memory and as files, and collects everything.
static enum vyre_result read_scan(struct vyre_scan *scan, const struct sample *sample,
                                  struct naive_hits *hits, uint64_t *counts)
{
    int files[TEXTS];
    for (size_t i = 0; i < TEXTS; i++) {
        const struct text *text = &sample->texts[i];
        files[i] = -1;
        if (i % 2 == 0) {
            assert_result(VYRE_OK, vyre_scan_feed_memory(scan, text->bytes, text->size, i));
            continue;
        }
        FILE *file = tmpfile();
        assert_non_null(file);
        assert_int_equal(fwrite(text->bytes, 1, text->size, file), text->size);
        fflush(file);
        files[i] = dup(fileno(file));
        fclose(file);
        assert_result(VYRE_OK, vyre_scan_feed_fd(scan, files[i], i));
    }
    assert_result(VYRE_OK, vyre_scan_finish(scan));
    enum vyre_result result;
    do {
        struct vyre_scan_event events[100];
        size_t count = 0;
        result = vyre_scan_next(scan, test_wait_ns, events, 100, &count);
        for (size_t i = 0; i < count; i++) {
            if (events[i].kind == VYRE_SCAN_HIT)
                naive_hits_add(&hits[events[i].input], events[i].offset, events[i].pattern);
            else
                counts[events[i].input] = events[i].hits;
        }
    } while (result == VYRE_OK);
    for (size_t i = 0; i < TEXTS; i++)
        if (files[i] >= 0)
            close(files[i]);
    return result;
}

static void check(struct vyre_device *device, const struct vyre_scan_params *params,
                  struct vyre_scan_stats *stats)
{
    struct sample sample;
    make_sample(&sample, 17);
    struct vyre_scan *scan = open_scan(device, &sample, params);
    struct naive_hits hits[TEXTS] = { 0 };
    uint64_t counts[TEXTS] = { 0 };
    assert_result(VYRE_DONE, read_scan(scan, &sample, hits, counts));
    vyre_scan_get_stats(scan, stats);
    assert_true(stats->epochs > 0 && stats->slots > 0);
    assert_true(stats->bytes_device >= 235001);
    assert_true(stats->memory_bytes <= (params->memory_limit
                                            ? params->memory_limit
                                            : (UINT64_C(256) << 20) + stats->automata_bytes));
    for (uint32_t i = 0; i < scan->group_count; i++) {
        struct vyre_ring_stats ring;
        vyre_ring_get_stats(scan->groups[i].ring, &ring);
        assert_true(ring.memory_bytes > 0);
        assert_true(ring.memory_bytes <=
                    SCAN_RING_BYTES + (uint64_t)scan->plan.slot_count * SCAN_RING_SLOT_BYTES);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        assert_int_equal(counts[i], sample.expected[i].count);
        if (!params->count_only)
            naive_assert_equal(&sample.expected[i], &hits[i]);
        naive_hits_fini(&hits[i]);
    }
    vyre_scan_destroy(&scan);
    free_sample(&sample);
}

static void every_plan_gives_the_same_hits(void **state)
{
    (void)state;
    static const struct vyre_pretend plans[] = {
        { 0 },
        { .no_host_import = true },
        { .no_timeline = true },
        { .no_vulkan_memory_model = true },
        { .no_int64 = true, .no_subgroup = true },
        { .loop_limit = 1000 },
        { .loop_limit = 65535, .max_storage_range = 16 << 20 },
    };
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        struct vyre_device *device = test_device(&plans[i]);
        struct vyre_scan_stats stats;
        check(device, vyre_scan_params(.chunk_size = 65536), &stats);
        assert_true(stats.rescans > 0);
        check(device, vyre_scan_params(.chunk_size = 4096, .count_only = true), &stats);
        assert_int_equal(stats.rescans, 0);
        test_device_done(&device);
    }
}

static void every_ingest_path_gives_the_same_hits(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    for (int path = VYRE_INGEST_IMPORTED; path <= VYRE_INGEST_PREAD; path++) {
        struct vyre_scan *scan = NULL;
        struct sample sample;
        make_sample(&sample, 17);
        struct vyre_patterns *patterns = NULL;
        assert_result(VYRE_OK,
                      vyre_patterns_compile(vyre_patterns_params(.patterns = sample.patterns,
                                                                 .pattern_count = PATTERNS),
                                            &patterns));
        enum vyre_result result = vyre_scan_create(
            device, vyre_scan_params(.patterns = patterns, .ingest = (enum vyre_ingest_path)path),
            &scan);
        vyre_patterns_destroy(&patterns);
        vyre_scan_destroy(&scan);
        free_sample(&sample);
        if (result == VYRE_ERR_UNSUPPORTED) {
            print_message("path %d does not work here\n", path);
            continue;
        }
        assert_result(VYRE_OK, result);
        struct vyre_scan_stats stats;
        check(device, vyre_scan_params(.ingest = (enum vyre_ingest_path)path), &stats);
        assert_int_equal(stats.ingest, path);
    }
    test_device_done(&device);
}

// The work is the device's: one wrong word in its copy of the automaton, and hits are missing.
static void a_flipped_word_of_the_automaton_changes_the_result(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct sample sample;
    make_sample(&sample, 17);
    struct vyre_scan *scan = open_scan(device, &sample, vyre_scan_params(.count_only = true));
    const struct scan_automaton *automaton = scan->groups[0].automaton;
    void *table = NULL;
    enum vyre_result mapped = vyre_buffer_map(scan->groups[0].table, &table);
    if (mapped != VYRE_OK) {
        print_message("the table is not mapped on this device\n");
    } else {
        // The start state forgets how the first pattern begins.
        uint32_t column = *(const uint8_t *)sample.patterns[0].bytes - automaton->low;
        assert_int_not_equal(((uint32_t *)table)[column], 0);
        ((uint32_t *)table)[column] = 0;
        struct naive_hits hits[TEXTS] = { 0 };
        uint64_t counts[TEXTS] = { 0 };
        assert_result(VYRE_DONE, read_scan(scan, &sample, hits, counts));
        for (size_t i = 0; i < TEXTS; i++)
            if (sample.expected[i].count > 100)
                assert_true(counts[i] < sample.expected[i].count);
    }
    vyre_scan_destroy(&scan);
    free_sample(&sample);
    test_device_done(&device);
}

static void every_timeout_but_the_endless_one_is_taken(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct sample sample;
    make_sample(&sample, 17);
    struct vyre_scan *scan = open_scan(device, &sample, &(const struct vyre_scan_params){ 0 });
    struct vyre_scan_event event;
    size_t count;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_scan_next(scan, UINT64_MAX, &event, 1, &count));
    assert_result(VYRE_FULL, vyre_scan_next(scan, UINT64_MAX - 1, &event, 1, &count));
    assert_result(VYRE_FULL, vyre_scan_next(scan, 0, &event, 1, &count));
    vyre_scan_destroy(&scan);
    free_sample(&sample);
    test_device_done(&device);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_gives_the_same_hits),
        cmocka_unit_test(every_ingest_path_gives_the_same_hits),
        cmocka_unit_test(every_timeout_but_the_endless_one_is_taken),
        cmocka_unit_test(a_flipped_word_of_the_automaton_changes_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
