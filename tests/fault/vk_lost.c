// SPDX-License-Identifier: MIT
// Devices that are lost, and devices that never finish: typed results in bounded time, and a device
// object that refuses everything afterwards.
#include "vk_path.h"

#include "abandon.h"

#include <pthread.h>
#include <time.h>

static const struct vyre_pretend fences = { .no_timeline = true };
static const uint64_t ms = 1000 * 1000;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Opens the path with a fault; the probe's submission, the first one, is let through.
static void open_path(struct path *path, const struct vyre_pretend *pretend)
{
    *path = (struct path){ 0 };
    assert_result(VYRE_OK, path_open(path, vyre_device_params(.pretend = pretend)));
}

static void expect_poisoned(struct path *path, enum vyre_result why)
{
    uint64_t start = now_ns();
    struct vk_commands *commands = NULL;
    struct vyre_buffer *buffer = NULL;
    void *host = NULL;
    assert_result(why, vyre_device_status(path->device));
    assert_result(why, vk_commands_begin(path->device, &commands));
    assert_result(why, vk_wait(path->device, 1, test_wait_ns));
    assert_result(why, vk_wait_or_hang(path->device, 1, test_wait_ns));
    assert_result(why, vyre_buffer_create(path->device, vyre_buffer_params(.size = 4), &buffer));
    assert_result(why, vyre_buffer_map(path->to, &host));
    path_fini(path);
    assert_true(now_ns() - start < 2000 * ms); // at once, the end included
}

static void lost_at_submission(const struct vyre_pretend *pretend)
{
    struct path path;
    // 1: the probe. 2: the zeroing of the device buffer. 3: ours.
    fault_only("VYRE_FAULT_FAIL", "vkQueueSubmit:3:device_lost");
    open_path(&path, pretend);
    uint64_t point = 0;
    assert_result(VYRE_ERR_DEVICE_LOST, path_submit(&path, &point));
    assert_int_equal(point, 0);
    expect_poisoned(&path, VYRE_ERR_DEVICE_LOST);
}

static void a_device_lost_at_submission_is_poisoned(void **state)
{
    (void)state;
    lost_at_submission(NULL);
    lost_at_submission(&fences);
}

static void lost_at_wait(const struct vyre_pretend *pretend, const char *fault)
{
    struct path path;
    fault_only("VYRE_FAULT_FAIL", fault);
    open_path(&path, pretend);
    uint64_t point = 0;
    enum vyre_result result = path_submit(&path, &point);
    // Where beginning the list finds the zeroing complete, it waits too and is the first to know.
    if (result == VYRE_OK)
        result = vk_wait(path.device, point, test_wait_ns);
    assert_result(VYRE_ERR_DEVICE_LOST, result);
    expect_poisoned(&path, VYRE_ERR_DEVICE_LOST);
}

static void a_device_lost_while_waiting_is_poisoned(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    vyre_device_destroy(&device);
    if (info.timeline)
        lost_at_wait(NULL, "vkWaitSemaphores:2:device_lost");
    lost_at_wait(&fences, "vkWaitForFences:2:device_lost");
}

// The probe and the zeroing run; what is submitted then is lost, and polls say that it is complete.
static void lost_behind_polls(const struct vyre_pretend *pretend, const char *fault)
{
    struct path path;
    struct vk_commands *commands = NULL;
    fault_only("VYRE_FAULT_RESET", fault);
    open_path(&path, pretend);
    uint64_t point = 0;
    assert_result(VYRE_OK, path_submit(&path, &point));
    assert_int_equal(point, 3);
    assert_result(VYRE_ERR_DEVICE_LOST, vk_commands_begin(path.device, &commands));
    assert_null(commands);
    assert_result(VYRE_ERR_DEVICE_LOST, vk_wait(path.device, point, 0));
    assert_true(fault_fired() > 0);
    expect_poisoned(&path, VYRE_ERR_DEVICE_LOST);
}

static void a_counter_that_lies_completes_nothing(void **state)
{
    (void)state;
    fault_none();
    struct vyre_device *device = test_device(NULL);
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    vyre_device_destroy(&device);
    if (info.timeline) {
        lost_behind_polls(NULL, "2:18446744073709551615"); // a point that nobody submitted
        lost_behind_polls(NULL, "2:4");
        lost_behind_polls(NULL, "2:3"); // one that could be
    }
    lost_behind_polls(&fences, "2:0");
}

static void a_device_lost_in_the_probe_does_not_open(void **state)
{
    (void)state;
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    fault_only("VYRE_FAULT_FAIL", "vkQueueSubmit:1:device_lost");
    assert_result(VYRE_ERR_DEVICE_LOST,
                  vyre_device_create(vyre_device_params(.diag = test_diag_sink(&diags)), &device));
    assert_null(device);
    assert_non_null(strstr(diags.text, "D013"));
}

static void never_advancing(const struct vyre_pretend *pretend)
{
    struct path path;
    fault_only("VYRE_FAULT_FREEZE", "2");
    open_path(&path, pretend);
    uint64_t start = now_ns();
    uint64_t point = 0;
    assert_result(VYRE_OK, path_submit(&path, &point));
    assert_result(VYRE_TIMEOUT, vk_wait(path.device, point, 0));
    assert_result(VYRE_TIMEOUT, vk_wait(path.device, point, 50 * ms));
    assert_result(VYRE_TIMEOUT, vk_wait(path.device, point, 250 * ms)); // wait again
    assert_true(now_ns() - start >= 300 * ms);
    assert_result(VYRE_OK, vyre_device_status(path.device));
    assert_result(VYRE_ERR_HANG, vk_wait_or_hang(path.device, point, 100 * ms));
    assert_true(now_ns() - start < 3000 * ms);
    expect_poisoned(&path, VYRE_ERR_HANG);
}

static void work_that_never_ends_times_out_then_hangs(void **state)
{
    (void)state;
    never_advancing(NULL);
    never_advancing(&fences);
}

static void a_device_that_never_runs_anything_does_not_open(void **state)
{
    (void)state;
    struct vyre_device *device = NULL;
    uint64_t start = now_ns();
    fault_only("VYRE_FAULT_FREEZE", "0");
    assert_result(VYRE_ERR_HANG, vyre_device_create(NULL, &device));
    assert_null(device);
    assert_true(now_ns() - start < 10000 * ms);
}

static void a_device_that_swallows_dispatches_does_not_open(void **state)
{
    (void)state;
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    fault_only("VYRE_FAULT_SWALLOW", "1");
    assert_result(VYRE_ERR_DEVICE,
                  vyre_device_create(vyre_device_params(.diag = test_diag_sink(&diags)), &device));
    assert_non_null(strstr(diags.text, "D013"));
    // Later ones leave their output as it was, which is what callers have to notice.
    fault_only("VYRE_FAULT_SWALLOW", "2");
    assert_result(VYRE_ERR_INTERNAL, path_run(NULL));
    assert_true(fault_fired() > 0);
}

// The thread that waits hears of a poison that comes from another thread.
static void *poison_soon(void *user)
{
    const struct timespec pause = { 0, 100 * 1000 * 1000 };
    nanosleep(&pause, NULL);
    vk_device_poison(user, VYRE_ERR_DEVICE_LOST);
    return NULL;
}

static void waiting_threads_hear_of_poison(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct path path;
        pthread_t thread;
        uint64_t point = 0;
        fault_only("VYRE_FAULT_FREEZE", "2");
        open_path(&path, round ? &fences : NULL);
        assert_result(VYRE_OK, path_submit(&path, &point));
        assert_int_equal(pthread_create(&thread, NULL, poison_soon, path.device), 0);
        uint64_t start = now_ns();
        assert_result(VYRE_ERR_DEVICE_LOST, vk_wait(path.device, point, test_wait_ns));
        assert_true(now_ns() - start < 3000 * ms);
        assert_int_equal(pthread_join(thread, NULL), 0);
        expect_poisoned(&path, VYRE_ERR_DEVICE_LOST);
    }
}

int main(void)
{
    fault_enable();
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_lost_at_submission_is_poisoned),
        cmocka_unit_test(a_device_lost_while_waiting_is_poisoned),
        cmocka_unit_test(a_counter_that_lies_completes_nothing),
        cmocka_unit_test(a_device_lost_in_the_probe_does_not_open),
        cmocka_unit_test(work_that_never_ends_times_out_then_hangs),
        cmocka_unit_test(a_device_that_never_runs_anything_does_not_open),
        cmocka_unit_test(a_device_that_swallows_dispatches_does_not_open),
        cmocka_unit_test(waiting_threads_hear_of_poison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
