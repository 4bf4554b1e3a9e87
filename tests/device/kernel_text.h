// SPDX-License-Identifier: MIT
// Kernels from text, buffers and dispatches that must work.
#ifndef TESTS_DEVICE_KERNEL_TEXT_H
#define TESTS_DEVICE_KERNEL_TEXT_H

#include "device.h"

#include "base/memory.h"

#include <vyre/kernel.h>

static inline struct vyre_program *test_program(const char *text)
{
    struct vyre_program *program = NULL;
    struct test_diags diags = { .size = 0 };
    if (vyre_program_parse(text, strlen(text), "test.vyre", test_diag_sink(&diags), &program))
        fail_msg("%s", diags.text);
    return program;
}

static inline struct vyre_kernel *test_kernel(struct vyre_device *device, const char *text,
                                              struct vyre_cache *cache)
{
    struct vyre_program *program = test_program(text);
    struct vyre_kernel *kernel = NULL;
    struct test_diags diags = { .size = 0 };
    enum vyre_result result = vyre_kernel_create(
        device,
        vyre_kernel_params(.program = program, .cache = cache, .diag = test_diag_sink(&diags)),
        &kernel);
    if (result)
        fail_msg("no kernel: %s: %s\n%s", vyre_result_name(result), diags.text, text);
    vyre_program_destroy(&program);
    return kernel;
}

static inline struct vyre_buffer *test_buffer(struct vyre_device *device, size_t size,
                                              uint32_t **words)
{
    struct vyre_buffer *buffer = NULL;
    void *host = NULL;
    assert_result(VYRE_OK, vyre_buffer_create(device, vyre_buffer_params(.size = size), &buffer));
    assert_result(VYRE_OK, vyre_buffer_map(buffer, &host));
    *words = host;
    return buffer;
}

// Dispatches and waits; `grid` may be NULL.
static inline void test_dispatch(struct vyre_kernel *kernel, const struct vyre_argument *arguments,
                                 size_t count, const uint32_t *grid)
{
    struct vyre_ticket *ticket = NULL;
    struct test_diags diags = { .size = 0 };
    struct vyre_dispatch_params params = {
        .arguments = arguments,
        .argument_count = count,
        .diag = test_diag_sink(&diags),
    };
    if (grid)
        memcpy(params.grid, grid, sizeof params.grid);
    enum vyre_result result = vyre_dispatch(kernel, &params, &ticket);
    if (!result)
        result = vyre_ticket_wait(ticket, test_wait_ns, params.diag);
    if (result)
        fail_msg("dispatch: %s: %s", vyre_result_name(result), diags.text);
    vyre_ticket_destroy(&ticket);
}

// Makes and runs the kernel with each allocation failing once, until none is left to fail: success,
// or the lack said. Returns how many there were.
static inline uint64_t test_fail_each_allocation(struct vyre_device *device,
                                                 const struct vyre_program *program,
                                                 const struct vyre_argument *arguments,
                                                 size_t count)
{
    for (uint64_t nth = 1;; nth++) {
        struct vyre_kernel *kernel = NULL;
        struct vyre_ticket *ticket = NULL;
        memory_fail_nth(0);
        memory_fail_nth(nth);
        enum vyre_result result =
            vyre_kernel_create(device, vyre_kernel_params(.program = program), &kernel);
        if (!result)
            result = vyre_dispatch(
                kernel, vyre_dispatch_params(.arguments = arguments, .argument_count = count),
                &ticket);
        if (!result)
            result = vyre_ticket_wait(ticket, test_wait_ns, NULL);
        bool reached = memory_fail_nth(0) >= nth;
        vyre_ticket_destroy(&ticket);
        vyre_kernel_destroy(&kernel);
        if (!reached) {
            assert_result(VYRE_OK, result);
            return nth;
        }
        if (result != VYRE_ERR_NO_MEMORY && result != VYRE_OK)
            fail_msg("allocation %u: %s", (unsigned)nth, vyre_result_name(result));
    }
}

#endif // TESTS_DEVICE_KERNEL_TEXT_H
