// SPDX-License-Identifier: MIT
// The chain of feature structs: asked for by the snapshot, given back filled to vkCreateDevice.
#ifndef VK_FEATURE_CHAIN_H
#define VK_FEATURE_CHAIN_H

#include "api.h"
#include "plan.h"
#include "snapshot.h"

struct vk_features {
    VkPhysicalDeviceFeatures2 core;
    VkPhysicalDevice16BitStorageFeatures storage_16bit;
    VkPhysicalDevice8BitStorageFeatures storage_8bit;
    VkPhysicalDeviceShaderFloat16Int8Features float16_int8;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline;
    VkPhysicalDeviceVulkanMemoryModelFeatures memory_model;
    VkPhysicalDeviceSubgroupSizeControlFeatures subgroup_size;
    VkPhysicalDeviceShaderSubgroupUniformControlFlowFeaturesKHR subgroup_flow;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executable;
};

// Zeroes the structs and links those that the device knows of, beginning at `core`.
// The struct must not move afterwards.
void vk_features_link(struct vk_features *features, const struct vk_snapshot *snapshot);

// Turns on what the plan uses, in a chain that was linked and holds nothing.
void vk_features_enable(struct vk_features *features, const struct vk_plan *plan);

// Asks the driver everything. `instance_version` is what the instance was created with.
// *answer is what the one query that can fail returned, vkEnumerateDeviceExtensionProperties; when
// it failed the rest was not asked. VYRE_ERR_NO_MEMORY: the host has none.
enum vyre_result vk_snapshot_take(const struct vk_api *api, VkPhysicalDevice physical,
                                  uint32_t instance_version, struct vk_snapshot *out,
                                  VkResult *answer);

#endif // VK_FEATURE_CHAIN_H
