// SPDX-License-Identifier: MIT
// Pipelines, bindings, command lists and waiting, on the device, with timeline semaphores and with
// fences.
#include "vk_double.h"

enum { WORDS = 1000 };

struct fixture {
    struct vyre_device *device;
    struct vk_pipeline *pipeline;
    struct vyre_buffer *from;
    struct vyre_buffer *to;
    struct vk_bindings *bindings;
};

static int set_up_with(void **state, const struct vyre_pretend *pretend)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    fixture->device = test_device(pretend);
    fixture->pipeline = double_pipeline(fixture->device);
    fixture->from = words_buffer(fixture->device, VYRE_BUFFER_UPLOAD, WORDS);
    fixture->to = words_buffer(fixture->device, VYRE_BUFFER_READBACK, WORDS);
    fixture->bindings = double_bind(fixture->pipeline, fixture->from, fixture->to);
    uint32_t *from = words_of(fixture->from);
    for (uint32_t i = 0; i < WORDS; i++)
        from[i] = i;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, NULL);
}

static int set_up_fences(void **state)
{
    return set_up_with(state, &(const struct vyre_pretend){ .no_timeline = true });
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    vk_bindings_unref(&fixture->bindings);
    vyre_buffer_destroy(&fixture->from);
    vyre_buffer_destroy(&fixture->to);
    vk_pipeline_unref(&fixture->pipeline);
    test_device_done(&fixture->device);
    free(fixture);
    return 0;
}

static struct vk_commands *begin(struct fixture *fixture)
{
    struct vk_commands *commands = NULL;
    assert_result(VYRE_OK, vk_commands_begin(fixture->device, &commands));
    return commands;
}

static uint64_t submit(struct vk_commands *commands)
{
    uint64_t point = 0;
    assert_result(VYRE_OK, vk_commands_submit(&commands, &point));
    assert_null(commands);
    return point;
}

static void expect_doubled(struct fixture *fixture, uint32_t addend)
{
    const uint32_t *to = words_of(fixture->to);
    for (uint32_t i = 0; i < WORDS; i++)
        assert_int_equal(to[i], 2 * i + addend);
}

static void a_dispatch_computes(void **state)
{
    struct fixture *fixture = *state;
    struct vk_commands *commands = begin(fixture);
    double_dispatch(commands, fixture->pipeline, fixture->bindings, 7, WORDS);
    uint64_t point = submit(commands);
    assert_result(VYRE_OK, vk_wait(fixture->device, point, test_wait_ns));
    expect_doubled(fixture, 7);
}

static void points_grow_by_one_and_cover_what_came_before(void **state)
{
    struct fixture *fixture = *state;
    uint64_t last = submit(begin(fixture));
    for (uint32_t i = 1; i <= 300; i++) {
        struct vk_commands *commands = begin(fixture);
        double_dispatch(commands, fixture->pipeline, fixture->bindings, i, WORDS);
        uint64_t point = submit(commands);
        assert_int_equal(point, last + 1);
        last = point;
    }
    assert_result(VYRE_OK, vk_wait(fixture->device, last, test_wait_ns));
    expect_doubled(fixture, 300);
    assert_result(VYRE_OK, vk_wait(fixture->device, last - 150, 0));
    assert_result(VYRE_OK, vk_wait(fixture->device, 0, 0));
}

static void waiting_refuses_what_has_no_end(void **state)
{
    struct fixture *fixture = *state;
    uint64_t point = submit(begin(fixture));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vk_wait(fixture->device, point, UINT64_MAX));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vk_wait(fixture->device, point + 1, 0));
    assert_result(VYRE_OK, vk_wait(fixture->device, point, test_wait_ns));
    assert_result(VYRE_OK, vk_wait_or_hang(fixture->device, point, 0));
}

static void commands_run_in_order_across_barriers(void **state)
{
    struct fixture *fixture = *state;
    struct vyre_buffer *middle = words_buffer(fixture->device, VYRE_BUFFER_DEVICE, WORDS);
    struct vk_bindings *first = double_bind(fixture->pipeline, fixture->from, middle);
    struct vk_bindings *second = double_bind(fixture->pipeline, middle, fixture->to);
    struct vk_commands *commands = begin(fixture);
    vk_commands_fill(commands, fixture->to, 0, WORDS * 4, 0xffffffffu);
    vk_commands_barrier(commands);
    double_dispatch(commands, fixture->pipeline, first, 1, WORDS);
    vk_commands_barrier(commands);
    double_dispatch(commands, fixture->pipeline, second, 3, WORDS);
    uint64_t point = submit(commands);
    // The list keeps alive what it uses.
    vk_bindings_unref(&first);
    vk_bindings_unref(&second);
    vyre_buffer_destroy(&middle);
    assert_result(VYRE_OK, vk_wait(fixture->device, point, test_wait_ns));
    const uint32_t *to = words_of(fixture->to);
    for (uint32_t i = 0; i < WORDS; i++)
        assert_int_equal(to[i], 4 * i + 5);
}

static void copies_and_fills_touch_their_range_only(void **state)
{
    struct fixture *fixture = *state;
    struct vk_commands *commands = begin(fixture);
    vk_commands_fill(commands, fixture->to, 8, 16, 0xabcdef01u);
    vk_commands_copy(commands, fixture->from, 40, fixture->to, 100, 6); // words 10 and half of 11
    assert_result(VYRE_OK, vk_wait(fixture->device, submit(commands), test_wait_ns));
    const uint32_t *to = words_of(fixture->to);
    assert_int_equal(to[1], 0);
    for (int i = 2; i < 6; i++)
        assert_int_equal(to[i], 0xabcdef01u);
    assert_int_equal(to[6], 0);
    assert_int_equal(to[25], 10);
    assert_int_equal(to[26], 11);
    assert_int_equal(to[27], 0);
}

static void a_base_shifts_the_workgroups(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t base[3] = { 2, 0, 0 };
    const uint32_t grid[3] = { 3, 1, 1 };
    const uint32_t addend = 1;
    struct vk_commands *commands = begin(fixture);
    vk_commands_dispatch(commands, fixture->pipeline, fixture->bindings, &addend, 4, base, grid);
    assert_result(VYRE_OK, vk_wait(fixture->device, submit(commands), test_wait_ns));
    const uint32_t *to = words_of(fixture->to);
    for (uint32_t i = 0; i < WORDS; i++)
        assert_int_equal(to[i], i >= 128 && i < 320 ? 2 * i + 1 : 0);
}

static enum vyre_result submit_bad(struct vk_commands *commands)
{
    uint64_t point = 99;
    enum vyre_result result = vk_commands_submit(&commands, &point);
    assert_null(commands);
    assert_int_equal(point, 0);
    return result;
}

static void mistakes_are_sticky_and_reported_at_submit(void **state)
{
    struct fixture *fixture = *state;
    struct vk_commands *commands = begin(fixture);
    vk_commands_fill(commands, fixture->to, 0, WORDS * 4 + 4, 0);
    double_dispatch(commands, fixture->pipeline, fixture->bindings, 7, WORDS);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, submit_bad(commands));

    commands = begin(fixture);
    vk_commands_fill(commands, fixture->to, 2, 4, 0);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, submit_bad(commands));

    commands = begin(fixture);
    vk_commands_copy(commands, fixture->to, 0, fixture->to, 4, 8);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, submit_bad(commands));

    commands = begin(fixture);
    vk_commands_copy(commands, fixture->from, UINT64_MAX - 3, fixture->to, 0, 8);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, submit_bad(commands));

    commands = begin(fixture);
    const uint32_t huge[3] = { UINT32_MAX, 1, 1 };
    const uint32_t addend = 0;
    vk_commands_dispatch(commands, fixture->pipeline, fixture->bindings, &addend, 4, huge, huge);
    assert_result(VYRE_ERR_LIMIT, submit_bad(commands));

    commands = begin(fixture);
    vk_commands_dispatch(commands, fixture->pipeline, NULL, &addend, 4, NULL, huge);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, submit_bad(commands));

    commands = begin(fixture);
    vk_commands_dispatch(commands, fixture->pipeline, fixture->bindings, NULL, 0, NULL, huge);
    vk_commands_drop(&commands);
    assert_null(commands);
    vk_commands_drop(&commands);

    a_dispatch_computes(state);
}

static void bindings_check_their_ranges(void **state)
{
    struct fixture *fixture = *state;
    uint64_t alignment = vk_device_offset_alignment(fixture->device);
    struct vk_bindings *bindings = NULL;
    struct vk_range ranges[2] = { { fixture->from, 0, 16 }, { fixture->to, 0, 16 } };
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_bindings_create(fixture->pipeline, ranges, 1, &bindings));
    ranges[1].offset = alignment + 1;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_bindings_create(fixture->pipeline, ranges, 2, &bindings));
    ranges[1].offset = alignment;
    ranges[1].size = WORDS * 4 - alignment + 1;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_bindings_create(fixture->pipeline, ranges, 2, &bindings));
    ranges[1].size = UINT64_MAX - 1;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_bindings_create(fixture->pipeline, ranges, 2, &bindings));
    ranges[1].size = 3;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_bindings_create(fixture->pipeline, ranges, 2, &bindings));
    assert_null(bindings);
    ranges[1].size = 5; // rounded up to 8
    assert_result(VYRE_OK, vk_bindings_create(fixture->pipeline, ranges, 2, &bindings));
    vk_bindings_unref(&bindings);
}

static void bindings_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    enum { ALIVE = 200, ROUNDS = 20 };
    struct vk_bindings *bindings[ALIVE] = { 0 };
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ALIVE; i++)
            bindings[i] = double_bind(fixture->pipeline, fixture->from, fixture->to);
        for (int i = 0; i < ALIVE; i++)
            vk_bindings_unref(&bindings[i]);
    }
}

static void pipelines_check_their_parameters(void **state)
{
    struct fixture *fixture = *state;
    struct vk_pipeline *pipeline = NULL;
    struct vk_pipeline_params params = double_params();
    params.word_count = 5;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_pipeline_create(fixture->device, &params, &pipeline));
    params = double_params();
    params.push_bytes = 3;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_pipeline_create(fixture->device, &params, &pipeline));
    params.push_bytes = 1u << 20;
    assert_result(VYRE_ERR_LIMIT, vk_pipeline_create(fixture->device, &params, &pipeline));
    params = double_params();
    const uint32_t twice[2] = { 3, 3 };
    params.bindings = twice;
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vk_pipeline_create(fixture->device, &params, &pipeline));
    assert_null(pipeline);
}

static void a_blob_comes_back_and_starts_a_pipeline(void **state)
{
    struct fixture *fixture = *state;
    uint8_t *blob = NULL;
    size_t size = 0;
    enum vyre_result result = vk_pipeline_blob(fixture->pipeline, &blob, &size);
    if (result == VYRE_MISS)
        return; // the driver has none
    assert_result(VYRE_OK, result);
    assert_true(size >= 32);
    struct vk_pipeline_params params = double_params();
    params.blob = blob;
    params.blob_size = size;
    struct vk_pipeline *warm = NULL;
    assert_result(VYRE_OK, vk_pipeline_create(fixture->device, &params, &warm));
    vk_pipeline_unref(&warm);
    // A blob of another driver, or what is left of one, starts nothing and harms nothing.
    for (size_t i = 0; i < 32; i++)
        blob[i] ^= 0xff;
    assert_result(VYRE_OK, vk_pipeline_create(fixture->device, &params, &warm));
    vk_pipeline_unref(&warm);
    params.blob_size = 7;
    assert_result(VYRE_OK, vk_pipeline_create(fixture->device, &params, &warm));
    vk_pipeline_unref(&warm);
    vyre_free(blob);
}

static void work_nobody_waits_for_ends_with_the_device(void **state)
{
    struct fixture *fixture = *state;
    struct vyre_device *device = test_device(NULL);
    struct vk_pipeline *pipeline = double_pipeline(device);
    struct vyre_buffer *from = words_buffer(device, VYRE_BUFFER_UPLOAD, WORDS);
    struct vyre_buffer *to = words_buffer(device, VYRE_BUFFER_READBACK, WORDS);
    struct vk_bindings *bindings = double_bind(pipeline, from, to);
    vyre_buffer_destroy(&from);
    for (int i = 0; i < 10; i++) {
        struct vk_commands *commands = NULL;
        assert_result(VYRE_OK, vk_commands_begin(device, &commands));
        double_dispatch(commands, pipeline, bindings, 1, WORDS);
        (void)submit(commands);
    }
    // In the order that is hardest: the buffer drops the last reference to the device.
    vk_pipeline_unref(&pipeline);
    vk_bindings_unref(&bindings);
    vyre_device_destroy(&device);
    vyre_buffer_destroy(&to);
    assert_result(VYRE_OK, vyre_device_status(fixture->device));
}

static void a_poisoned_device_refuses_everything(void **state)
{
    struct fixture *fixture = *state;
    struct vyre_device *device = NULL;
    assert_result(VYRE_OK, vyre_device_create(NULL, &device));
    struct vk_pipeline *pipeline = double_pipeline(device);
    struct vyre_buffer *buffer = words_buffer(device, VYRE_BUFFER_READBACK, WORDS);
    struct vk_commands *commands = NULL;
    assert_result(VYRE_OK, vk_commands_begin(device, &commands));
    vk_device_poison(device, VYRE_ERR_HANG);
    vk_device_poison(device, VYRE_ERR_DEVICE_LOST); // the first one sticks

    uint64_t point = 0;
    void *host = NULL;
    struct vyre_buffer *other = NULL;
    struct vk_pipeline *again = NULL;
    struct vk_bindings *bindings = NULL;
    const struct vk_pipeline_params params = double_params();
    const struct vk_range ranges[2] = { { buffer, 0, 4 }, { buffer, 0, 4 } };
    assert_result(VYRE_ERR_HANG, vyre_device_status(device));
    assert_result(VYRE_ERR_HANG, vk_commands_submit(&commands, &point));
    assert_result(VYRE_ERR_HANG, vk_commands_begin(device, &commands));
    assert_result(VYRE_ERR_HANG, vk_wait(device, 0, 0));
    assert_result(VYRE_ERR_HANG, vyre_buffer_map(buffer, &host));
    assert_result(VYRE_ERR_HANG, vyre_buffer_create(device, vyre_buffer_params(.size = 4), &other));
    assert_result(VYRE_ERR_HANG, vk_pipeline_create(device, &params, &again));
    assert_result(VYRE_ERR_HANG, vk_bindings_create(pipeline, ranges, 2, &bindings));
    assert_null(commands);
    assert_null(host);
    vk_pipeline_unref(&pipeline);
    vyre_buffer_destroy(&buffer);
    vyre_device_destroy(&device);
    assert_result(VYRE_OK, vyre_device_status(fixture->device));
}

#define both(test)                                                                                 \
    { #test " (as planned)", test, set_up, tear_down, NULL },                                      \
    {                                                                                              \
#test " (fences)", test, set_up_fences, tear_down, NULL                                    \
    }

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        both(a_dispatch_computes),
        both(points_grow_by_one_and_cover_what_came_before),
        both(waiting_refuses_what_has_no_end),
        both(commands_run_in_order_across_barriers),
        both(copies_and_fills_touch_their_range_only),
        both(a_base_shifts_the_workgroups),
        both(mistakes_are_sticky_and_reported_at_submit),
        both(bindings_check_their_ranges),
        both(bindings_come_and_go),
        both(pipelines_check_their_parameters),
        both(a_blob_comes_back_and_starts_a_pipeline),
        both(work_nobody_waits_for_ends_with_the_device),
        both(a_poisoned_device_refuses_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
