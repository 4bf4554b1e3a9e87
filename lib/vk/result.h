// SPDX-License-Identifier: MIT
// What a VkResult means to a program, and how it is spelled.
#ifndef VK_RESULT_H
#define VK_RESULT_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <vyre/result.h>

// Total: unknown negative values are VYRE_ERR_DEVICE, unknown positive ones VYRE_OK.
enum vyre_result vk_result_map(VkResult result);

// "VK_ERROR_DEVICE_LOST"; "an unknown VkResult" for values that we do not know. Static.
const char *vk_result_name(VkResult result);

#endif // VK_RESULT_H
