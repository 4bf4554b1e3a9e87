// SPDX-License-Identifier: MIT
#include "result.h"

struct entry {
    const char *name;
    enum vyre_result result;
};

static struct entry entry_of(VkResult result)
{
    switch ((int)result) {
#define ENTRY(id, meaning)                                                                         \
    case id: return (struct entry){ #id, meaning };
        ENTRY(VK_SUCCESS, VYRE_OK)
        ENTRY(VK_NOT_READY, VYRE_TIMEOUT)
        ENTRY(VK_TIMEOUT, VYRE_TIMEOUT)
        ENTRY(VK_INCOMPLETE, VYRE_FULL)
        // Out of device memory is the same to a program as out of host memory: give something
        // back or ask for less. The diagnostic names which of the two it was.
        ENTRY(VK_ERROR_OUT_OF_HOST_MEMORY, VYRE_ERR_NO_MEMORY)
        ENTRY(VK_ERROR_OUT_OF_DEVICE_MEMORY, VYRE_ERR_NO_MEMORY)
        ENTRY(VK_ERROR_OUT_OF_POOL_MEMORY, VYRE_ERR_NO_MEMORY)
        ENTRY(VK_ERROR_FRAGMENTED_POOL, VYRE_ERR_NO_MEMORY)
        ENTRY(VK_ERROR_FRAGMENTATION, VYRE_ERR_NO_MEMORY)
        ENTRY(VK_ERROR_TOO_MANY_OBJECTS, VYRE_ERR_LIMIT)
        ENTRY(VK_ERROR_DEVICE_LOST, VYRE_ERR_DEVICE_LOST)
        ENTRY(VK_ERROR_INCOMPATIBLE_DRIVER, VYRE_ERR_NO_DEVICE)
        ENTRY(VK_ERROR_LAYER_NOT_PRESENT, VYRE_ERR_UNSUPPORTED)
        ENTRY(VK_ERROR_EXTENSION_NOT_PRESENT, VYRE_ERR_UNSUPPORTED)
        ENTRY(VK_ERROR_FEATURE_NOT_PRESENT, VYRE_ERR_UNSUPPORTED)
        ENTRY(VK_ERROR_FORMAT_NOT_SUPPORTED, VYRE_ERR_UNSUPPORTED)
        ENTRY(VK_ERROR_INVALID_EXTERNAL_HANDLE, VYRE_ERR_UNSUPPORTED)
        ENTRY(VK_ERROR_INITIALIZATION_FAILED, VYRE_ERR_DEVICE)
        ENTRY(VK_ERROR_MEMORY_MAP_FAILED, VYRE_ERR_DEVICE)
        ENTRY(VK_ERROR_INVALID_SHADER_NV, VYRE_ERR_DEVICE)
        ENTRY(VK_ERROR_NOT_PERMITTED_KHR, VYRE_ERR_DEVICE)
        ENTRY(VK_ERROR_UNKNOWN, VYRE_ERR_DEVICE)
#undef ENTRY
    default: return (struct entry){ "an unknown VkResult", result < 0 ? VYRE_ERR_DEVICE : VYRE_OK };
    }
}

enum vyre_result vk_result_map(VkResult result)
{
    return entry_of(result).result;
}

const char *vk_result_name(VkResult result)
{
    return entry_of(result).name;
}
