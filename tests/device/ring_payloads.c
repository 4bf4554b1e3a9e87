// SPDX-License-Identifier: MIT
// Every payload of the unit tests, resident on the device: the same words as the interpreter gives
// when it runs the payload alone, on the device as it is and on reduced ones.
#include "ring_support.h"

#include "payloads.h"
#include "works.h"

enum { BYTES = WORK_SEGMENT_WORDS * 4 };

static void expect_done(void *user, const struct vyre_completion *completion)
{
    if (completion->status != VYRE_WORK_DONE)
        fail_msg("%s: slot %llu: status %d, detail %u", (const char *)user,
                 (unsigned long long)completion->tag, (int)completion->status, completion->detail);
}

static void run_resident(struct vyre_device *device, const char *name, const char *text)
{
    uint32_t *words[2], expected[2][WORK_SEGMENT_WORDS];
    struct vyre_buffer *segments[] = { test_buffer(device, BYTES, &words[0]),
                                       test_buffer(device, BYTES, &words[1]) };
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t i = 0; i < WORK_SEGMENT_WORDS; i++)
            words[s][i] = expected[s][i] = works_word(s, i);
    struct vyre_program *payload = test_program(text);
    works_run_alone(payload, expected[0], expected[1]);
    vyre_program_destroy(&payload);

    struct vyre_ring *ring = test_ring(
        device, text,
        (struct vyre_ring_params){ .segments = segments, .segment_count = 2, .max_workgroups = 4 });
    struct vyre_work work[WORK_COUNT];
    for (uint32_t i = 0; i < WORK_COUNT; i++)
        work[i] = (struct vyre_work){
            .windows = { { works[i].from * UINT64_C(4), works[i].from_size * UINT64_C(4) },
                         { works[i].to * UINT64_C(4), works[i].to_size * UINT64_C(4) } },
            .workgroup_count = works[i].groups,
            .tag = i,
        };
    test_run(ring, work, WORK_COUNT, expect_done, (void *)(uintptr_t)name);
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t i = 0; i < WORK_SEGMENT_WORDS; i++)
            if (words[s][i] != expected[s][i])
                fail_msg("%s: word %u of segment %u is %u, the interpreter has %u", name, i, s,
                         words[s][i], expected[s][i]);
    vyre_ring_destroy(&ring);
    vyre_buffer_destroy(&segments[0]);
    vyre_buffer_destroy(&segments[1]);
}

static void run_all(const struct vyre_pretend *pretend)
{
    struct vyre_device *device = test_device(pretend);
    for (size_t p = 0; p < PAYLOAD_COUNT; p++)
        run_resident(device, payloads[p].name, payloads[p].text);
    test_device_done(&device);
}

static void payloads_agree_with_the_interpreter(void **state)
{
    (void)state;
    run_all(NULL);
}

static void payloads_agree_on_reduced_devices(void **state)
{
    (void)state;
    run_all(&(const struct vyre_pretend){ .no_vulkan_memory_model = true, .loop_limit = 9000 });
    run_all(&(const struct vyre_pretend){ .no_timeline = true, .no_int64 = true });
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_agree_with_the_interpreter),
        cmocka_unit_test(payloads_agree_on_reduced_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
