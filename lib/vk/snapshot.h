// SPDX-License-Identifier: MIT
// What a driver says about one physical device, as plain data: made by the driver or by a test.
#ifndef VK_SNAPSHOT_H
#define VK_SNAPSHOT_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <stdbool.h>
#include <stdint.h>

enum vk_extension {
#define VK_EXTENSION(id, name, core) VK_EXTENSION_##id,
#include "extensions.def"
    VK_EXTENSION_COUNT
};

enum { VK_SNAPSHOT_QUEUE_FAMILIES = 16 };

// What every buffer is created for.
static const VkBufferUsageFlags vk_buffer_usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                                                  VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                                  VK_BUFFER_USAGE_TRANSFER_DST_BIT;

struct vk_snapshot {
    char name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
    char driver_name[VK_MAX_DRIVER_NAME_SIZE]; // "" when the driver does not say
    char driver_info[VK_MAX_DRIVER_INFO_SIZE];
    VkPhysicalDeviceType type;
    uint32_t api_version; // the lower one of what the device and the instance speak
    uint32_t driver_version;
    uint32_t driver_id; // VkDriverId; 0: the driver does not say
    uint32_t vendor_id;
    uint32_t device_id;
    uint8_t pipeline_cache_uuid[VK_UUID_SIZE];
    uint8_t device_uuid[VK_UUID_SIZE];
    uint8_t driver_uuid[VK_UUID_SIZE];

    bool extensions[VK_EXTENSION_COUNT]; // as the device lists them

    // Features, of the core version or of an extension.
    bool int64;
    bool int16;
    bool int8;
    bool float16;
    bool float64;
    bool storage_16bit;
    bool storage_8bit;
    bool timeline;
    bool memory_model;
    bool memory_model_device_scope;
    bool subgroup_size_control;
    bool full_subgroups;
    bool subgroup_flow;
    bool executable_info;    // the driver tells about machine code
    uint32_t float_controls; // of 32-bit floats, enum vyre_float_control

    VkPhysicalDeviceLimits limits;
    uint64_t max_allocation_size; // bytes of one vkAllocateMemory
    uint64_t max_buffer_size;     // bytes of one VkBuffer; 0: the device does not say
    uint64_t import_alignment;    // bytes; 0: no import
    bool import_buffers;          // whether buffers of ours may be bound to imported host pages
    uint32_t subgroup_size;
    VkShaderStageFlags subgroup_stages;
    VkSubgroupFeatureFlags subgroup_operations;
    uint32_t subgroup_sizes[2];            // smallest and largest; 0: the device does not say
    VkShaderStageFlags subgroup_demanding; // stages that may demand one of these
    uint32_t max_workgroup_subgroups;      // where they do

    uint32_t queue_family_count; // at most VK_SNAPSHOT_QUEUE_FAMILIES
    VkQueueFamilyProperties queue_families[VK_SNAPSHOT_QUEUE_FAMILIES];
    VkPhysicalDeviceMemoryProperties memory;
};

// The name of an extension. Lifetime: static.
const char *vk_extension_name(enum vk_extension extension);

// Whether the device offers what the extension brings: the extension itself, or a core version that
// took it in.
bool vk_snapshot_offers(const struct vk_snapshot *snapshot, enum vk_extension extension);

// Whether using it means naming the extension at device creation.
bool vk_snapshot_by_extension(const struct vk_snapshot *snapshot, enum vk_extension extension);

#endif // VK_SNAPSHOT_H
