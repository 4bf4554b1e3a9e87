// SPDX-License-Identifier: MIT
// Several threads submit to and wait for one device at once. Run under TSan too.
#include "vk_double.h"

#include <pthread.h>

enum { THREADS = 4, ROUNDS = 100, WORDS = 256 };

struct worker {
    struct vyre_device *device;
    struct vk_pipeline *pipeline;
    uint32_t number;
    const char *failed; // what went wrong; cmocka's asserts belong to the main thread
};

static const char *work_once(struct worker *worker, struct vk_bindings *bindings,
                             const uint32_t *to, uint32_t addend)
{
    struct vk_commands *commands = NULL;
    uint64_t point = 0;
    if (vk_commands_begin(worker->device, &commands) != VYRE_OK)
        return "begin";
    double_dispatch(commands, worker->pipeline, bindings, addend, WORDS);
    if (vk_commands_submit(&commands, &point) != VYRE_OK)
        return "submit";
    if (addend % 3 == 0)
        return NULL; // let them pile up
    if (vk_wait(worker->device, point, test_wait_ns) != VYRE_OK)
        return "wait";
    for (uint32_t i = 0; i < WORDS; i++)
        if (to[i] != 2 * (worker->number + i) + addend)
            return "contents";
    return NULL;
}

static void *work(void *user)
{
    struct worker *worker = user;
    for (uint32_t round = 0; round < ROUNDS && !worker->failed; round++) {
        struct vyre_buffer *from = NULL;
        struct vyre_buffer *to = NULL;
        struct vk_bindings *bindings = NULL;
        void *from_host = NULL;
        void *to_host = NULL;
        worker->failed = "set up";
        if (vyre_buffer_create(worker->device, vyre_buffer_params(.size = WORDS * 4), &from) ==
                VYRE_OK &&
            vyre_buffer_create(worker->device, vyre_buffer_params(.size = WORDS * 4), &to) ==
                VYRE_OK &&
            vyre_buffer_map(from, &from_host) == VYRE_OK &&
            vyre_buffer_map(to, &to_host) == VYRE_OK) {
            const struct vk_range ranges[2] = { { from, 0, WORDS * 4 }, { to, 0, WORDS * 4 } };
            for (uint32_t i = 0; i < WORDS; i++)
                ((uint32_t *)from_host)[i] = worker->number + i;
            if (vk_bindings_create(worker->pipeline, ranges, 2, &bindings) == VYRE_OK)
                worker->failed = work_once(worker, bindings, to_host, round);
        }
        vk_bindings_unref(&bindings);
        vyre_buffer_destroy(&from);
        vyre_buffer_destroy(&to);
    }
    return NULL;
}

static void run(const struct vyre_pretend *pretend)
{
    struct vyre_device *device = test_device(pretend);
    struct vk_pipeline *pipeline = double_pipeline(device);
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ device, pipeline, i * 1000, NULL };
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (workers[i].failed)
            fail_msg("thread %d failed: %s", i, workers[i].failed);
    }
    vk_pipeline_unref(&pipeline);
    test_device_done(&device);
}

static void threads_share_a_device(void **state)
{
    (void)state;
    run(NULL);
}

static void threads_share_a_device_with_fences(void **state)
{
    (void)state;
    run(&(const struct vyre_pretend){ .no_timeline = true });
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_device),
        cmocka_unit_test(threads_share_a_device_with_fences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
