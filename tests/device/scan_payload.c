// SPDX-License-Identifier: MIT
// The payload program alone, by plain dispatches, against the same work in plain C.
#include "device.h"

#include <vyre/kernel.h>

#include "naive.h"
#include "simulate.h"
#include "scan/program/patterns.h"

enum { TEXT_SIZE = 1 << 17, PAIRS = 4096 };

struct bench {
    struct vyre_device *device;
    struct vyre_kernel *kernels[2]; // for hits, for counts
    struct vyre_buffer *buffers[SCAN_BUFFER_COUNT_OF];
    void *views[SCAN_BUFFER_COUNT_OF];
};

static void open_bench(struct bench *bench, const struct scan_shape *shape, size_t table_size)
{
    const uint64_t sizes[SCAN_BUFFER_COUNT_OF] = {
        TEXT_SIZE, sizeof(struct scan_job), table_size, 4, PAIRS * 8,
    };
    for (size_t i = 0; i < 2; i++) {
        struct vyre_program *program = NULL;
        const struct scan_shape own = { shape->own_blocks, shape->warm_blocks, i };
        assert_result(VYRE_OK, scan_payload_create(&own, &program));
        struct test_diags diags = { 0 };
        enum vyre_result result = vyre_kernel_create(
            bench->device, vyre_kernel_params(.program = program, .diag = test_diag_sink(&diags)),
            &bench->kernels[i]);
        if (result != VYRE_OK)
            fail_msg("%s: %s", vyre_result_name(result), diags.text);
        vyre_program_destroy(&program);
    }
    for (size_t i = 0; i < SCAN_BUFFER_COUNT_OF; i++) {
        assert_result(VYRE_OK,
                      vyre_buffer_create(bench->device, vyre_buffer_params(.size = sizes[i]),
                                         &bench->buffers[i]));
        assert_result(VYRE_OK, vyre_buffer_map(bench->buffers[i], &bench->views[i]));
    }
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < SCAN_BUFFER_COUNT_OF; i++)
        vyre_buffer_destroy(&bench->buffers[i]);
    for (size_t i = 0; i < 2; i++)
        vyre_kernel_destroy(&bench->kernels[i]);
}

static void dispatch(struct bench *bench, bool counting)
{
    struct vyre_argument arguments[SCAN_BUFFER_COUNT_OF];
    for (size_t i = 0; i < SCAN_BUFFER_COUNT_OF; i++)
        arguments[i] = (struct vyre_argument){ .buffer = bench->buffers[i] };
    struct vyre_ticket *ticket = NULL;
    assert_result(VYRE_OK,
                  vyre_dispatch(bench->kernels[counting],
                                vyre_dispatch_params(.arguments = arguments,
                                                     .argument_count = SCAN_BUFFER_COUNT_OF,
                                                     .grid = { 1, 1, 1 }),
                                &ticket));
    assert_result(VYRE_OK, vyre_ticket_wait(ticket, test_wait_ns, NULL));
    vyre_ticket_destroy(&ticket);
}

static int compare_pairs(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    return a[0] != b[0] ? a[0] < b[0] ? -1 : 1 : 0;
}

static void compare(struct bench *bench, const struct scan_automaton *automaton,
                    const struct scan_job *job, bool counting)
{
    static uint32_t hits[PAIRS * 2];
    uint32_t count = 0;
    memset(hits, 0, sizeof hits);
    simulate_slot(&(struct simulate_slot){
        .text = bench->views[SCAN_BUFFER_TEXT],
        .text_size = TEXT_SIZE,
        .job = *job,
        .counting = counting,
        .table = automaton->table,
        .table_words = (size_t)automaton->state_count * automaton->columns,
        .count = &count,
        .hits = hits,
        .hit_words = PAIRS * 2,
    });
    memcpy(bench->views[SCAN_BUFFER_JOB], job, sizeof *job);
    memset(bench->views[SCAN_BUFFER_COUNT], 0, 4);
    memset(bench->views[SCAN_BUFFER_HITS], 0, sizeof hits);
    dispatch(bench, counting);
    uint32_t got;
    memcpy(&got, bench->views[SCAN_BUFFER_COUNT], sizeof got);
    assert_int_equal(got, count);
    if (counting || count > PAIRS)
        return;
    uint32_t *pairs = bench->views[SCAN_BUFFER_HITS];
    qsort(hits, count, 2 * sizeof *hits, compare_pairs);
    qsort(pairs, count, 2 * sizeof *pairs, compare_pairs);
    assert_memory_equal(hits, pairs, sizeof hits);
}

static void the_device_agrees_with_the_simulation(void **state)
{
    (void)state;
    static const struct scan_shape shape = { .own_blocks = 256, .warm_blocks = 256 };
    uint64_t seed = 4;
    struct vyre_pattern list[300];
    uint8_t *bytes = NULL;
    naive_patterns(&seed, list, 300, 9, 'a', 8, &bytes);
    struct vyre_patterns *patterns = NULL;
    assert_result(VYRE_OK, vyre_patterns_compile(
                               vyre_patterns_params(.patterns = list + 100, .pattern_count = 200),
                               &patterns));
    const struct scan_automaton *automaton = &patterns->automata.items[0];
    struct bench bench = { .device = test_device(NULL) };
    open_bench(&bench, &shape, (size_t)scan_automaton_bytes(automaton));
    memcpy(bench.views[SCAN_BUFFER_TABLE], automaton->table,
           (size_t)scan_automaton_bytes(automaton));
    uint8_t *text = bench.views[SCAN_BUFFER_TEXT];
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text[i] = (uint8_t)('a' + naive_random(&seed, i < TEXT_SIZE / 2 ? 60 : 8));
    for (unsigned round = 0; round < 60; round++) {
        uint32_t from = naive_random(&seed, TEXT_SIZE);
        uint32_t left = TEXT_SIZE - from;
        uint32_t to = from + 1 + naive_random(&seed, round % 3 == 0 ? left : left % 3000 + 1);
        to = to > TEXT_SIZE ? TEXT_SIZE : to;
        uint32_t base = from / SCAN_BLOCK * SCAN_BLOCK;
        const struct scan_job job = {
            .from = from,
            .to = to,
            .base = base,
            .lane_size = ((to - base + 63) / 64 + 15) / 16 * 16,
            .warm_size = (patterns->set.size_max + 14) / 16 * 16,
            .low = automaton->low,
            .span = automaton->span,
        };
        compare(&bench, automaton, &job, round % 4 == 0);
    }
    close_bench(&bench);
    test_device_done(&bench.device);
    vyre_patterns_destroy(&patterns);
    free(bytes);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_agrees_with_the_simulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
