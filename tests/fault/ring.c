// SPDX-License-Identifier: MIT
// Rings on devices that drop work, stop, are lost or run out of something: a typed error in bounded
// time, and nothing left behind.
#include "abandon.h"
#include "fault.h"
#include "ring_support.h"

#include "base/memory.h"
#include <vyre/protocol.h>

#include <time.h>
#include <unistd.h>

static const uint64_t ms = 1000 * 1000;

static const char add_text[] = "workgroup 8\n"
                               "buffer out : u32[] readwrite @0\n"
                               "if lid.x == 0 { let before = atomic_add.relaxed(out[0], 1) }\n";

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct first_error {
    char text[300];
};

// The first error: what follows is only its consequence.
static void keep_error(void *user, enum vyre_log_level level, const char *text)
{
    struct first_error *error = user;
    if (level == VYRE_LOG_ERROR && error->text[0] == '\0')
        snprintf(error->text, sizeof error->text, "%s", text);
}

// The whole life of a ring. Everything is dropped whatever happens, in bounded time.
static enum vyre_result run(const struct vyre_pretend *pretend, bool validation, uint32_t units,
                            uint64_t hang_timeout_ns, struct first_error *error)
{
    struct vyre_device *device = NULL;
    struct vyre_program *program = NULL;
    struct vyre_buffer *out = NULL;
    struct vyre_ring *ring = NULL;
    void *words = NULL;
    size_t done = 0;
    const struct vyre_log log = { keep_error, error };
    enum vyre_result result = vyre_device_create(
        vyre_device_params(.pretend = pretend, .validation = validation, .log = log), &device);
    if (result == VYRE_OK)
        result = vyre_program_parse(add_text, sizeof add_text - 1, NULL, NULL, &program);
    if (result == VYRE_OK)
        result = vyre_buffer_create(device, vyre_buffer_params(.size = 64), &out);
    if (result == VYRE_OK)
        result = vyre_buffer_map(out, &words);
    if (result == VYRE_OK)
        result = vyre_ring_create(device,
                                  vyre_ring_params(.payload = program, .segments = &out,
                                                   .segment_count = 1, .slot_count = 8,
                                                   .hang_timeout_ns = hang_timeout_ns, .log = log),
                                  &ring);
    const struct vyre_work work = { .windows = { { 0, 4 } } };
    for (uint32_t published = 0; result >= 0 && done < units;) {
        while (published < units && (result = vyre_ring_publish(ring, &work, 1)) == VYRE_OK)
            published++;
        struct vyre_completion completions[8];
        size_t count = 0;
        if (result >= 0)
            result = vyre_ring_pump(ring, test_wait_ns, completions, 8, &count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(completions[i].status, VYRE_WORK_DONE);
        done += count;
    }
    if (result >= 0) {
        assert_int_equal(*(const uint32_t *)words, units);
        result = VYRE_OK;
    } else if (ring && vyre_device_status(device) != VYRE_OK) {
        // Nothing works on a poisoned device, and nothing waits.
        struct vyre_completion completion;
        size_t count;
        assert_result(vyre_device_status(device), vyre_ring_publish(ring, &work, 1));
        assert_result(vyre_device_status(device),
                      vyre_ring_pump(ring, test_wait_ns, &completion, 1, &count));
    }
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&out);
    vyre_program_destroy(&program);
    vyre_device_destroy(&device);
    return result;
}

// With a limit pretended the device is not probed, so the ring's dispatches are the first ones.
static const struct vyre_pretend timeline = { .loop_limit = 60000 };
static const struct vyre_pretend fences = { .loop_limit = 60000, .no_timeline = true };

static void dispatches_that_do_nothing_are_a_hang(void **state)
{
    (void)state;
    for (int from = 1; from <= 3; from++) {
        char number[12];
        snprintf(number, sizeof number, "%d", from);
        fault_only("VYRE_FAULT_SWALLOW", number);
        struct first_error error = { .text = "" };
        uint64_t start = now_ns();
        assert_result(VYRE_ERR_HANG, run(from % 2 ? &timeline : &fences, false, 40, 0, &error));
        assert_true(now_ns() - start < 5000 * ms);
        assert_non_null(strstr(error.text, "M006"));
        assert_true(fault_fired() > 0);
    }
}

static void work_that_never_ends_is_a_hang(void **state)
{
    (void)state;
    // 1: the zeroing of the state. Then epochs.
    static const char *const from[] = { "1", "2", "3" };
    for (int i = 0; i < 3; i++) {
        fault_only("VYRE_FAULT_FREEZE", from[i]);
        struct first_error error = { .text = "" };
        uint64_t start = now_ns();
        assert_result(VYRE_ERR_HANG, run(i % 2 ? &timeline : &fences, false, 40, 200 * ms, &error));
        assert_in_range(now_ns() - start, 200 * ms, 5000 * ms);
        assert_true(fault_fired() > 0);
    }
}

static void destroying_a_ring_that_hangs_takes_bounded_time(void **state)
{
    (void)state;
    fault_only("VYRE_FAULT_FREEZE", "1");
    struct vyre_device *device = NULL;
    assert_result(VYRE_OK, vyre_device_create(vyre_device_params(.pretend = &timeline), &device));
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_program *program = test_program(add_text);
    struct vyre_ring *ring = NULL;
    assert_result(
        VYRE_OK, vyre_ring_create(device,
                                  vyre_ring_params(.payload = program, .segments = &out,
                                                   .segment_count = 1, .hang_timeout_ns = 200 * ms),
                                  &ring));
    const struct vyre_work work = { .windows = { { 0, 4 } } };
    struct vyre_completion completion;
    size_t count;
    assert_result(VYRE_OK, vyre_ring_publish(ring, &work, 1));
    assert_result(VYRE_TIMEOUT, vyre_ring_pump(ring, 10 * ms, &completion, 1, &count));
    uint64_t start = now_ns();
    vyre_ring_destroy(&ring);
    assert_true(now_ns() - start < 3000 * ms);
    assert_result(VYRE_ERR_HANG, vyre_device_status(device));
    vyre_program_destroy(&program);
    vyre_buffer_destroy(&out);
    vyre_device_destroy(&device);
}

// Three units that freeze; whether the pump or the destroyer meets the hang.
static void hang_with_log(bool pumped, const char *path)
{
    fault_only("VYRE_FAULT_FREEZE", "1");
    struct vyre_device *device = NULL;
    struct vyre_replay *log;
    assert_result(VYRE_OK, vyre_replay_open(vyre_replay_params(.path = path), &log));
    assert_result(VYRE_OK, vyre_device_create(vyre_device_params(.pretend = &timeline), &device));
    uint32_t *words;
    struct vyre_buffer *out = test_buffer(device, 64, &words);
    struct vyre_program *program = test_program(add_text);
    struct vyre_ring *ring = NULL;
    assert_result(VYRE_OK, vyre_ring_create(device,
                                            vyre_ring_params(.payload = program, .segments = &out,
                                                             .segment_count = 1, .replay = log,
                                                             .hang_timeout_ns = 200 * ms),
                                            &ring));
    const struct vyre_work work[3] = { { .windows = { { 0, 4 } }, .tenant = 1 },
                                       { .windows = { { 0, 4 } }, .tenant = 2 },
                                       { .windows = { { 0, 4 } }, .tenant = 3 } };
    struct vyre_completion completion;
    size_t count;
    assert_result(VYRE_OK, vyre_ring_publish(ring, work, 3));
    enum vyre_result expected = pumped ? VYRE_ERR_HANG : VYRE_TIMEOUT;
    assert_result(expected,
                  vyre_ring_pump(ring, pumped ? test_wait_ns : 10 * ms, &completion, 1, &count));
    if (pumped) // and the second time adds nothing
        assert_result(VYRE_ERR_HANG, vyre_ring_pump(ring, 0, &completion, 1, &count));
    vyre_ring_destroy(&ring);
    vyre_program_destroy(&program);
    vyre_buffer_destroy(&out);
    vyre_device_destroy(&device);
    vyre_replay_close(&log);
}

static void what_was_in_flight_at_a_hang_is_recorded(void **state)
{
    (void)state;
    for (int pumped = 0; pumped < 2; pumped++) {
        char folder[] = "/tmp/vyre-hang-test-XXXXXX";
        char path[64];
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/log", folder);
        hang_with_log(pumped, path);
        struct vyre_replay *log;
        struct vyre_replay_record record;
        assert_result(VYRE_OK,
                      vyre_replay_open(vyre_replay_params(.path = path, .read_only = true), &log));
        unsigned seen = 0;
        for (; vyre_replay_next(log, &record, NULL) == VYRE_OK; seen++) {
            assert_int_equal(record.tenant, seen + 1);
            assert_int_equal(record.status, VYRE_STATUS_CLAIMED);
            assert_int_equal(record.failure, VYRE_REPLAY_DEVICE_LOSS);
            assert_int_equal(record.error_code, 1005);
        }
        assert_in_range(seen, 1, 3); // as many as the first epoch took
        vyre_replay_close(&log);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
    }
}

// The 1st, 2nd, ... call fails until there is none left to fail.
static void fail_each(const char *function, const char *injected, enum vyre_result expected,
                      const struct vyre_pretend *pretend)
{
    bool fired = true;
    for (unsigned nth = 1; fired && nth < 100; nth++) {
        char fault[100];
        snprintf(fault, sizeof fault, "%s:%u:%s", function, nth, injected);
        fault_only("VYRE_FAULT_FAIL", fault);
        struct first_error error = { .text = "" };
        uint64_t start = now_ns();
        enum vyre_result result = run(pretend, false, 20, 2000 * ms, &error);
        fired = fault_fired() > 0;
        // Success means that the library knew another way.
        if (result != VYRE_OK && (!fired || result != expected))
            fail_msg("%s: %s, expected %s", fault, vyre_result_name(result),
                     vyre_result_name(expected));
        assert_true(now_ns() - start < 5000 * ms);
        if (nth == 1 && !fired)
            fail_msg("%s is never called", function);
    }
    assert_false(fired);
}

static void a_device_may_be_lost_at_any_time(void **state)
{
    (void)state;
    fail_each("vkQueueSubmit", "device_lost", VYRE_ERR_DEVICE_LOST, &timeline);
    fail_each("vkGetFenceStatus", "device_lost", VYRE_ERR_DEVICE_LOST, &fences);
    fail_each("vkWaitForFences", "device_lost", VYRE_ERR_DEVICE_LOST, &fences);
}

static void every_call_may_fail(void **state)
{
    (void)state;
    static const char *const functions[] = {
        "vkAllocateMemory",
        "vkCreateBuffer",
        "vkBindBufferMemory",
        "vkMapMemory",
        "vkCreateShaderModule",
        "vkCreateComputePipelines",
        "vkCreatePipelineLayout",
        "vkCreateDescriptorPool",
        "vkAllocateDescriptorSets",
        "vkCreateCommandPool",
        "vkAllocateCommandBuffers",
        "vkBeginCommandBuffer",
        "vkEndCommandBuffer",
        "vkQueueSubmit",
        "vkCreateDescriptorSetLayout",
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        fail_each(functions[i], "host_memory", VYRE_ERR_NO_MEMORY, &timeline);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    fault_none();
    for (uint64_t nth = 1; nth < 5000; nth++) {
        struct first_error error = { .text = "" };
        (void)memory_fail_nth(nth);
        enum vyre_result result = run(&timeline, false, 20, 2000 * ms, &error);
        uint64_t allocations = memory_fail_nth(0);
        if (allocations < nth) {
            assert_result(VYRE_OK, result);
            assert_true(nth > 100);
            return;
        }
        if (result != VYRE_OK)
            assert_result(VYRE_ERR_NO_MEMORY, result);
        // Most allocations are the compiler's, and each run is a whole one: past the first, sample.
        nth += nth / 40;
    }
    fail_msg("allocations without end");
}

static void without_faults_there_is_no_error(void **state)
{
    (void)state;
    fault_none();
    struct first_error error = { .text = "" };
    assert_result(VYRE_OK, run(&timeline, true, 100, 0, &error));
    assert_string_equal(error.text, "");
    assert_result(VYRE_OK, run(&fences, true, 100, 0, &error));
    assert_string_equal(error.text, "");
}

int main(void)
{
    fault_enable();
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_faults_there_is_no_error),
        cmocka_unit_test(dispatches_that_do_nothing_are_a_hang),
        cmocka_unit_test(work_that_never_ends_is_a_hang),
        cmocka_unit_test(destroying_a_ring_that_hangs_takes_bounded_time),
        cmocka_unit_test(what_was_in_flight_at_a_hang_is_recorded),
        cmocka_unit_test(a_device_may_be_lost_at_any_time),
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
