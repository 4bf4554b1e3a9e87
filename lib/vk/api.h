// SPDX-License-Identifier: MIT
// The dispatch table, and the loader that fills it. Nothing here is global: each instance object
// opens the loader and owns one table.
#ifndef VK_API_H
#define VK_API_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <vyre/diag.h>

struct vk_api {
    void *loader; // owned, from dlopen
    PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr;
#define VK_GLOBAL(name)                 PFN_##name name;
#define VK_INSTANCE(name)               PFN_##name name;
#define VK_INSTANCE_OPTIONAL(name)      PFN_##name name;
#define VK_DEVICE(name)                 PFN_##name name;
#define VK_DEVICE_OPTIONAL(name, alias) PFN_##name name;
#include "functions.def"
};

// Opens the Vulkan loader (NULL: "libvulkan.so.1") and finds the global functions.
// VYRE_ERR_NO_DEVICE: there is none (D001), or it is not one of Vulkan 1.1 (D002).
enum vyre_result vk_api_open(struct vk_api *api, const char *path,
                             const struct vyre_diag_sink *diag);
void vk_api_close(struct vk_api *api); // accepts zeroed

// Finds the functions of an instance, or of a device. VYRE_ERR_DEVICE (D002): one that Vulkan 1.1
// promises is missing.
enum vyre_result vk_api_load_instance(struct vk_api *api, VkInstance instance,
                                      const struct vyre_diag_sink *diag);
enum vyre_result vk_api_load_device(struct vk_api *api, VkDevice device,
                                    const struct vyre_diag_sink *diag);

#endif // VK_API_H
