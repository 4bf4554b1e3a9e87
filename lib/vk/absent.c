// SPDX-License-Identifier: MIT
// The room in a build without the Vulkan headers: everything that would open a device says so.
// Without a device there is no object that the other functions could be called with.
#include "vk/probe.h"

#include "base/report.h"

#include <stdlib.h>
#include <string.h>

static enum vyre_result absent(const struct vyre_device_params *params)
{
    diag_report(params ? params->diag : NULL, DIAG_D012, NULL,
                "this build of the library has no Vulkan");
    return VYRE_ERR_UNSUPPORTED;
}

// Reached only by a caller that made up a pointer.
static _Noreturn void impossible(void)
{
    abort();
}

enum vyre_result vyre_device_list(const struct vyre_device_params *params,
                                  struct vyre_device_info **out, size_t *count)
{
    if (!out || !count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    *count = 0;
    return absent(params);
}

enum vyre_result vk_device_open(const struct vyre_device_params *params,
                                const struct vk_probe_store *store, struct vyre_device **out)
{
    (void)store;
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    return absent(params);
}

// ---- Nothing below has an object to be called with --------------------------------------------

#define ABSENT(result, name, ...)                                                                  \
    result name(__VA_ARGS__)                                                                       \
    {                                                                                              \
        impossible();                                                                              \
    }

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

ABSENT(void, vyre_device_get_info, const struct vyre_device *d, struct vyre_device_info *o)
ABSENT(void, vyre_device_target, const struct vyre_device *d, struct vyre_target *o)
ABSENT(struct vyre_device *, vyre_device_ref, struct vyre_device *d)
ABSENT(uint64_t, vyre_buffer_size, const struct vyre_buffer *b)
ABSENT(struct vyre_buffer *, vyre_buffer_ref, struct vyre_buffer *b)
ABSENT(void, vk_device_probe, const struct vyre_device *d, struct vk_probe *o)
ABSENT(void, vk_device_identity, const struct vyre_device *d, uint8_t o[VK_DRIVER_IDENTITY_SIZE])
ABSENT(const struct vyre_log *, vk_device_log, const struct vyre_device *d)
ABSENT(uint64_t, vk_device_offset_alignment, const struct vyre_device *d)
ABSENT(void, vk_device_max_grid, const struct vyre_device *d, uint32_t o[3])
ABSENT(uint64_t, vk_device_validation_messages, const struct vyre_device *d)
ABSENT(void, vk_device_poison, struct vyre_device *d, enum vyre_result why)
ABSENT(enum vyre_result, vk_pipeline_create, struct vyre_device *d,
       const struct vk_pipeline_params *p, struct vk_pipeline **o)
ABSENT(enum vyre_result, vk_pipeline_tell, const struct vk_pipeline *p, vyre_code_fact_fn *t,
       void *u)
ABSENT(enum vyre_result, vk_pipeline_blob, const struct vk_pipeline *p, uint8_t **o, size_t *s)
ABSENT(struct vk_pipeline *, vk_pipeline_ref, struct vk_pipeline *p)
ABSENT(enum vyre_result, vk_bindings_create, struct vk_pipeline *p, const struct vk_range *r,
       size_t n, struct vk_bindings **o)
ABSENT(enum vyre_result, vk_commands_begin, struct vyre_device *d, struct vk_commands **o)
ABSENT(void, vk_commands_dispatch, struct vk_commands *c, struct vk_pipeline *p,
       struct vk_bindings *b, const void *push, uint32_t n, const uint32_t base[3],
       const uint32_t grid[3])
ABSENT(void, vk_commands_copy, struct vk_commands *c, struct vyre_buffer *from, uint64_t f,
       struct vyre_buffer *to, uint64_t t, uint64_t size)
ABSENT(void, vk_commands_fill, struct vk_commands *c, struct vyre_buffer *b, uint64_t o,
       uint64_t size, uint32_t word)
ABSENT(void, vk_commands_barrier, struct vk_commands *c)
ABSENT(enum vyre_result, vk_commands_submit, struct vk_commands **c, uint64_t *point)
ABSENT(enum vyre_result, vk_wait, struct vyre_device *d, uint64_t point, uint64_t timeout_ns)
ABSENT(uint64_t, vk_hang_left, struct vyre_device *d, uint64_t point, uint64_t ns)
ABSENT(enum vyre_result, vk_wait_or_hang, struct vyre_device *d, uint64_t point, uint64_t ns)

// These are called with NULL by code that cleans up.

void vyre_device_destroy(struct vyre_device **device)
{
    (void)device;
}

void vyre_buffer_destroy(struct vyre_buffer **buffer)
{
    (void)buffer;
}

void vk_pipeline_unref(struct vk_pipeline **pipeline)
{
    (void)pipeline;
}

void vk_bindings_unref(struct vk_bindings **bindings)
{
    (void)bindings;
}

void vk_commands_drop(struct vk_commands **commands)
{
    (void)commands;
}

enum vyre_result vyre_device_status(const struct vyre_device *device)
{
    (void)device;
    return VYRE_ERR_INVALID_ARGUMENT;
}

enum vyre_result vyre_buffer_create(struct vyre_device *device,
                                    const struct vyre_buffer_params *params,
                                    struct vyre_buffer **out)
{
    (void)device;
    (void)params;
    if (out)
        *out = NULL;
    return VYRE_ERR_INVALID_ARGUMENT;
}

enum vyre_result vyre_buffer_map(struct vyre_buffer *buffer, void **out)
{
    (void)buffer;
    if (out)
        *out = NULL;
    return VYRE_ERR_INVALID_ARGUMENT;
}
