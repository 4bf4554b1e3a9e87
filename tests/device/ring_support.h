// SPDX-License-Identifier: MIT
// Rings from text, work, and pumping until everything is back.
#ifndef TESTS_DEVICE_RING_SUPPORT_H
#define TESTS_DEVICE_RING_SUPPORT_H

#include "kernel_text.h"

#include <vyre/ring.h>

static inline struct vyre_ring *test_ring(struct vyre_device *device, const char *text,
                                          struct vyre_ring_params params)
{
    struct vyre_program *program = test_program(text);
    struct vyre_ring *ring = NULL;
    struct test_diags diags = { .size = 0 };
    params.payload = program;
    params.diag = test_diag_sink(&diags);
    params.log = (struct vyre_log){ test_log, NULL };
    enum vyre_result result = vyre_ring_create(device, &params, &ring);
    if (result != VYRE_OK)
        fail_msg("no ring: %s: %s", vyre_result_name(result), diags.text);
    vyre_program_destroy(&program);
    return ring;
}

// Receives each completion; the order is that of the queue.
typedef void test_on_completion(void *user, const struct vyre_completion *completion);

static inline void test_take(struct vyre_ring *ring, uint64_t timeout_ns,
                             test_on_completion *on_completion, void *user, size_t *taken)
{
    struct vyre_completion completions[256];
    size_t count = 0;
    enum vyre_result result = vyre_ring_pump(ring, timeout_ns, completions, 256, &count);
    if (result != VYRE_OK && result != VYRE_DONE && result != VYRE_TIMEOUT)
        fail_msg("pump: %s", vyre_result_name(result));
    for (size_t i = 0; i < count; i++)
        if (on_completion)
            on_completion(user, &completions[i]);
    *taken += count;
}

// Publishes `count` units of work, pumping whenever the ring is full, and pumps until all are back.
static inline void test_run(struct vyre_ring *ring, const struct vyre_work *work, size_t count,
                            test_on_completion *on_completion, void *user)
{
    size_t taken = 0;
    for (size_t next = 0; taken < count;) {
        enum vyre_result result = VYRE_FULL;
        while (next < count && (result = vyre_ring_publish(ring, &work[next], 1)) == VYRE_OK)
            next++;
        if (result != VYRE_OK && result != VYRE_FULL)
            fail_msg("publish: %s", vyre_result_name(result));
        size_t before = taken;
        test_take(ring, test_wait_ns, on_completion, user, &taken);
        if (taken == before)
            fail_msg("%zu of %zu completions came", taken, count);
    }
    struct vyre_completion none;
    size_t more = 0;
    assert_result(VYRE_DONE, vyre_ring_pump(ring, 0, &none, 1, &more));
    assert_int_equal(more, 0);
}

#endif // TESTS_DEVICE_RING_SUPPORT_H
