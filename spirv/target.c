// SPDX-License-Identifier: MIT
// Targets that are promises of Vulkan, not devices.
#include <vyre/compile.h>

#include <string.h>

static const struct vyre_target_info known[] = {
    {
        "portable",
        "every Vulkan 1.1 device",
        // The limits that Vulkan 1.1 guarantees ("Required Limits").
        {
            .env = VYRE_ENV_VULKAN_1_1,
            .memory_model = VYRE_MEMORY_GLSL450,
            .max_workgroup_size = { 128, 128, 64 },
            .max_workgroup_invocations = 128,
            .max_workgroup_memory = 16384,
            .max_storage_buffers = 4,
            .max_storage_range = 1u << 27,
            .max_push_bytes = 128,
        },
    },
    {
        "roadmap2022",
        "Vulkan 1.3 and the profile VP_KHR_roadmap_2022: GPUs of desktops, laptops and newer "
        "phones",
        {
            .env = VYRE_ENV_VULKAN_1_3,
            .memory_model = VYRE_MEMORY_VULKAN,
            .device_scope = true,
            .subgroup_size = 4,
            .max_workgroup_size = { 256, 256, 64 },
            .max_workgroup_invocations = 256,
            .max_workgroup_memory = 16384,
            .max_storage_buffers = 30,
            .max_storage_range = 1u << 27,
            .max_push_bytes = 128,
            .float_controls = VYRE_FLOAT_SPECIALS,
        },
    },
    {
        "vulkan1.4",
        "Vulkan 1.4",
        // "Required Limits" and "Feature Requirements" of that version; its environment takes the
        // same SPIR-V as Vulkan 1.3.
        {
            .env = VYRE_ENV_VULKAN_1_3,
            .memory_model = VYRE_MEMORY_VULKAN,
            .device_scope = true,
            .int16 = true,
            .int8 = true,
            .storage_16bit = true,
            .storage_8bit = true,
            .max_workgroup_size = { 256, 256, 64 },
            .max_workgroup_invocations = 256,
            .max_workgroup_memory = 16384,
            .max_storage_buffers = 4,
            .max_storage_range = 1u << 27,
            .max_push_bytes = 256,
            .float_controls = VYRE_FLOAT_SPECIALS,
        },
    },
};

void vyre_target_default(struct vyre_target *out)
{
    *out = known[0].target;
}

enum vyre_result vyre_target_describe(size_t index, struct vyre_target_info *out)
{
    if (!out || index >= sizeof known / sizeof *known)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = known[index];
    return VYRE_OK;
}

enum vyre_result vyre_target_named(const char *name, struct vyre_target *out)
{
    for (size_t i = 0; name && out && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) == 0) {
            *out = known[i].target;
            return VYRE_OK;
        }
    }
    return VYRE_ERR_INVALID_ARGUMENT;
}
