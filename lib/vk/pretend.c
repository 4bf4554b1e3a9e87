// SPDX-License-Identifier: MIT
// Reduced devices: what a plan pretends that a device lacks. Pure, and part of builds without
// Vulkan too: a target need not be a device's.
#include <vyre/device.h>

#include <string.h>

static const struct vyre_pretend_info known[] = {
#define PRETEND(name, field, value, text) { name, text },
#include "pretend.def"
};

enum { COUNT = sizeof known / sizeof *known };

enum vyre_result vyre_pretend_describe(size_t index, struct vyre_pretend_info *out)
{
    if (!out || index >= COUNT)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = known[index];
    return VYRE_OK;
}

enum vyre_result vyre_pretend_add(struct vyre_pretend *pretend, const char *name)
{
    if (!pretend || !name)
        return VYRE_ERR_INVALID_ARGUMENT;
#define PRETEND(known, field, value, text)                                                         \
    if (strcmp(name, known) == 0) {                                                                \
        pretend->field = value;                                                                    \
        return VYRE_OK;                                                                            \
    }
#include "pretend.def"
    return VYRE_ERR_INVALID_ARGUMENT;
}

void vyre_target_reduce(struct vyre_target *target, const struct vyre_pretend *pretend)
{
    if (pretend->no_vulkan_memory_model) {
        target->memory_model = VYRE_MEMORY_GLSL450;
        target->device_scope = false;
    }
    target->int64 &= !pretend->no_int64;
    target->float64 &= !pretend->no_float64;
    target->storage_8bit &= !pretend->no_small_storage;
    target->storage_16bit &= !pretend->no_small_storage;
    if (pretend->subgroup_size && target->subgroup_size)
        target->subgroup_size = pretend->subgroup_size;
    if (pretend->no_subgroup)
        target->subgroup_size = 0;
    if (pretend->no_subgroup || pretend->subgroup_size)
        target->full_subgroup_size = 0; // it has none of that size
    if (pretend->no_subgroup)
        target->subgroup_ops = 0;
    if (pretend->no_exact_floats)
        target->exact_floats = target->hidden_floats = 0;
    // 0 is no limit, or one that is not known yet.
    if (pretend->loop_limit && (!target->loop_limit || pretend->loop_limit < target->loop_limit))
        target->loop_limit = pretend->loop_limit;
    if (pretend->max_storage_buffers && pretend->max_storage_buffers < target->max_storage_buffers)
        target->max_storage_buffers = pretend->max_storage_buffers;
    if (pretend->max_storage_range && pretend->max_storage_range < target->max_storage_range)
        target->max_storage_range = pretend->max_storage_range;
}
