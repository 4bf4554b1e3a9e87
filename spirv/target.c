// SPDX-License-Identifier: MIT
#include <vyre/compile.h>

void vyre_target_default(struct vyre_target *out)
{
    // The limits that Vulkan 1.1 guarantees ("Required Limits").
    *out = (struct vyre_target){
        .env = VYRE_ENV_VULKAN_1_1,
        .memory_model = VYRE_MEMORY_GLSL450,
        .max_workgroup_size = { 128, 128, 64 },
        .max_workgroup_invocations = 128,
        .max_workgroup_memory = 16384,
        .max_storage_buffers = 4,
        .max_storage_range = 1u << 27,
        .max_push_bytes = 128,
    };
}
