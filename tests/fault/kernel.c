// SPDX-License-Identifier: MIT
// Kernels and dispatches on a device that misbehaves: a typed result each time, nothing left
// behind, nothing wrong taken for a result.
#include "abandon.h"
#include "fault.h"
#include "kernel_text.h"

// Can fault, so that a dispatch takes a fault record too.
static const char text[] = "workgroup 128\n"
                           "buffer sum : u32[1] readwrite @0\n"
                           "let old = atomic_add(sum[0], 1)\n"
                           "if old == 0xffffffff {\n"
                           "    trap(1, \"full\")\n"
                           "}\n";

enum { GROUPS = 70000 / 2, SLICES = 2 }; // 4.5 million invocations

struct path {
    struct vyre_device *device;
    struct vyre_program *program;
    struct vyre_kernel *kernel;
    struct vyre_buffer *buffer;
    struct vyre_ticket *ticket;
    void *host;
};

static enum vyre_result open_and_dispatch(struct path *path, const struct vyre_diag_sink *diag)
{
    enum vyre_result result = vyre_device_create(vyre_device_params(.diag = diag), &path->device);
    if (!result)
        result = vyre_kernel_create(path->device,
                                    vyre_kernel_params(.program = path->program, .diag = diag),
                                    &path->kernel);
    if (!result)
        result = vyre_buffer_create(path->device, vyre_buffer_params(.size = 4), &path->buffer);
    if (!result)
        result = vyre_buffer_map(path->buffer, &path->host);
    const struct vyre_argument argument = { .buffer = path->buffer };
    if (!result)
        result = vyre_dispatch(path->kernel,
                               vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                    .grid = { GROUPS, 1, 1 }, .diag = diag),
                               &path->ticket);
    return result;
}

static void path_fini(struct path *path)
{
    vyre_ticket_destroy(&path->ticket);
    vyre_buffer_destroy(&path->buffer);
    vyre_kernel_destroy(&path->kernel);
    vyre_program_destroy(&path->program);
    vyre_device_destroy(&path->device);
}

static enum vyre_result run(void)
{
    struct path path = { .program = test_program(text) };
    enum vyre_result result = open_and_dispatch(&path, NULL);
    if (!result)
        result = vyre_ticket_wait(path.ticket, test_wait_ns, NULL);
    if (!result)
        assert_int_equal(*(uint32_t *)path.host, GROUPS * 128);
    path_fini(&path);
    return result;
}

static void every_vulkan_call_may_fail(void **state)
{
    (void)state;
    static const char *const functions[] = {
        "vkAllocateCommandBuffers",
        "vkAllocateDescriptorSets",
        "vkAllocateMemory",
        "vkBeginCommandBuffer",
        "vkBindBufferMemory",
        "vkCreateBuffer",
        "vkCreateComputePipelines",
        "vkCreateDescriptorPool",
        "vkCreateDescriptorSetLayout",
        "vkCreatePipelineLayout",
        "vkCreateShaderModule",
        "vkEndCommandBuffer",
        "vkMapMemory",
        "vkQueueSubmit",
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        unsigned nth = 1;
        for (;; nth++) {
            char fault[100];
            snprintf(fault, sizeof fault, "%s:%u:host_memory", functions[i], nth);
            fault_only("VYRE_FAULT_FAIL", fault);
            enum vyre_result result = run();
            if (result != VYRE_OK && result != VYRE_ERR_NO_MEMORY)
                fail_msg("%s: %s", fault, vyre_result_name(result));
            if (!fault_fired()) {
                assert_result(VYRE_OK, result);
                break;
            }
        }
        if (nth < 2)
            fail_msg("%s is never called", functions[i]);
    }
    fault_none();
}

// The second slice is refused after the first one was submitted: no ticket, and what runs already
// runs on without anything of ours being freed under it.
static void a_slice_that_cannot_be_submitted_fails_the_dispatch(void **state)
{
    (void)state;
    unsigned submits = 0;
    for (unsigned nth = 1; nth < 20; nth++) {
        char fault[60];
        snprintf(fault, sizeof fault, "vkQueueSubmit:%u:device_memory", nth);
        fault_only("VYRE_FAULT_FAIL", fault);
        enum vyre_result result = run();
        if (!fault_fired())
            break;
        assert_result(VYRE_ERR_NO_MEMORY, result);
        submits++;
    }
    assert_true(submits >= SLICES + 1); // the probe submits once
    fault_none();
}

static void a_lost_device_is_told_at_the_wait(void **state)
{
    (void)state;
    fault_only("VYRE_FAULT_FAIL",
               "vkWaitSemaphores:2:device_lost"); // the first wait is the probe's
    struct path path = { .program = test_program(text) };
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_OK, open_and_dispatch(&path, test_diag_sink(&diags)));
    enum vyre_result result = vyre_ticket_wait(path.ticket, test_wait_ns, test_diag_sink(&diags));
    if (fault_fired()) { // only devices with timeline semaphores wait like this
        assert_result(VYRE_ERR_DEVICE_LOST, result);
        assert_memory_equal(diags.text, "D011", 4);
        assert_result(VYRE_ERR_DEVICE_LOST, vyre_ticket_wait(path.ticket, 0, NULL));
        struct vyre_ticket *ticket = NULL;
        const struct vyre_argument argument = { .buffer = path.buffer };
        assert_result(
            VYRE_ERR_DEVICE_LOST,
            vyre_dispatch(path.kernel,
                          vyre_dispatch_params(.arguments = &argument, .argument_count = 1),
                          &ticket));
        assert_null(ticket);
        struct vyre_kernel *kernel = NULL;
        assert_result(
            VYRE_ERR_DEVICE_LOST,
            vyre_kernel_create(path.device, vyre_kernel_params(.program = path.program), &kernel));
    }
    path_fini(&path);
    fault_none();
}

// Work that never ends: the ticket says so for as long as it is asked, and stays good.
static void frozen_work_is_a_timeout_until_the_device_is_given_up(void **state)
{
    (void)state;
    fault_only("VYRE_FAULT_FREEZE", "1"); // the probe still runs
    struct path path = { .program = test_program(text) };
    assert_result(VYRE_OK, open_and_dispatch(&path, NULL));
    assert_result(VYRE_TIMEOUT, vyre_ticket_wait(path.ticket, 0, NULL));
    assert_result(VYRE_TIMEOUT, vyre_ticket_wait(path.ticket, 50000000, NULL));
    vk_device_poison(path.device, VYRE_ERR_HANG);
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_ERR_HANG, vyre_ticket_wait(path.ticket, 0, test_diag_sink(&diags)));
    assert_memory_equal(diags.text, "D011", 4);
    path_fini(&path);
    fault_none();
}

int main(void)
{
    fault_enable();
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vulkan_call_may_fail),
        cmocka_unit_test(a_slice_that_cannot_be_submitted_fails_the_dispatch),
        cmocka_unit_test(a_lost_device_is_told_at_the_wait),
        cmocka_unit_test(frozen_work_is_a_timeout_until_the_device_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
