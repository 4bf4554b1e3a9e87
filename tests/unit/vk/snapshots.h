// SPDX-License-Identifier: MIT
// Synthetic snapshots: what three kinds of real devices say, and the least that Vulkan 1.1 allows.
#ifndef TESTS_UNIT_VK_SNAPSHOTS_H
#define TESTS_UNIT_VK_SNAPSHOTS_H

#include "test.h"

#include "plan.h"

static const uint64_t mib = 1024 * 1024;
static const uint64_t gib = 1024 * 1024 * 1024;

enum {
    LOCAL = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
    VISIBLE = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
    COHERENT = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
    CACHED = VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
};

static inline void add_type(struct vk_snapshot *snapshot, uint32_t heap,
                            VkMemoryPropertyFlags flags)
{
    VkPhysicalDeviceMemoryProperties *memory = &snapshot->memory;
    memory->memoryTypes[memory->memoryTypeCount++] = (VkMemoryType){ flags, heap };
}

static inline void add_heap(struct vk_snapshot *snapshot, uint64_t size, VkMemoryHeapFlags flags)
{
    VkPhysicalDeviceMemoryProperties *memory = &snapshot->memory;
    memory->memoryHeaps[memory->memoryHeapCount++] = (VkMemoryHeap){ size, flags };
}

static inline void add_queues(struct vk_snapshot *snapshot, VkQueueFlags flags)
{
    snapshot->queue_families[snapshot->queue_family_count++] =
        (VkQueueFamilyProperties){ .queueFlags = flags, .queueCount = 1 };
}

// The limits that Vulkan 1.1 guarantees (Vulkan, 42.1), one queue, host memory only, no extension.
static inline struct vk_snapshot smallest_snapshot(void)
{
    struct vk_snapshot snapshot = {
        .name = "Smallest",
        .type = VK_PHYSICAL_DEVICE_TYPE_OTHER,
        .api_version = VK_API_VERSION_1_1,
        .max_allocation_size = gib,
        .subgroup_size = 1,
        .limits = {
            .maxStorageBufferRange = 1u << 27,
            .maxPerStageDescriptorStorageBuffers = 4,
            .maxDescriptorSetStorageBuffers = 24,
            .maxPerStageResources = 128,
            .maxPushConstantsSize = 128,
            .maxMemoryAllocationCount = 4096,
            .maxComputeSharedMemorySize = 16384,
            .maxComputeWorkGroupCount = { 65535, 65535, 65535 },
            .maxComputeWorkGroupInvocations = 128,
            .maxComputeWorkGroupSize = { 128, 128, 64 },
            .minStorageBufferOffsetAlignment = 256,
        },
    };
    add_heap(&snapshot, gib, 0);
    add_type(&snapshot, 0, VISIBLE | COHERENT);
    add_queues(&snapshot, VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT);
    return snapshot;
}

static inline void give_everything(struct vk_snapshot *snapshot)
{
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        snapshot->extensions[i] = true;
    snapshot->int64 = snapshot->int16 = snapshot->int8 = true;
    snapshot->float16 = snapshot->float64 = true;
    snapshot->storage_16bit = snapshot->storage_8bit = true;
    snapshot->timeline = true;
    snapshot->memory_model = snapshot->memory_model_device_scope = true;
    snapshot->import_alignment = 4096;
    snapshot->import_buffers = true;
    snapshot->subgroup_size = 32;
    snapshot->subgroup_stages = VK_SHADER_STAGE_COMPUTE_BIT;
    snapshot->subgroup_operations = VK_SUBGROUP_FEATURE_BASIC_BIT;
    snapshot->limits.maxPerStageDescriptorStorageBuffers = 1u << 20;
    snapshot->limits.maxDescriptorSetStorageBuffers = 1u << 20;
    snapshot->limits.maxPerStageResources = 1u << 23;
    snapshot->limits.maxStorageBufferRange = UINT32_MAX;
    snapshot->limits.minStorageBufferOffsetAlignment = 16;
    snapshot->max_allocation_size = 4 * gib;
}

// A card with 8 GiB of its own behind a window of 256 MiB.
static inline struct vk_snapshot discrete_snapshot(void)
{
    struct vk_snapshot snapshot = smallest_snapshot();
    give_everything(&snapshot);
    strcpy(snapshot.name, "Discrete 8000");
    snapshot.type = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
    snapshot.api_version = VK_API_VERSION_1_3;
    memset(&snapshot.memory, 0, sizeof snapshot.memory);
    add_heap(&snapshot, 8 * gib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT);
    add_heap(&snapshot, 16 * gib, 0);
    add_heap(&snapshot, 256 * mib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT);
    add_type(&snapshot, 0, LOCAL);
    add_type(&snapshot, 1, VISIBLE | COHERENT);
    add_type(&snapshot, 2, LOCAL | VISIBLE | COHERENT);
    add_type(&snapshot, 1, VISIBLE | COHERENT | CACHED);
    add_queues(&snapshot, VK_QUEUE_TRANSFER_BIT);
    add_queues(&snapshot, VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT);
    return snapshot;
}

static inline struct vk_snapshot integrated_snapshot(void)
{
    struct vk_snapshot snapshot = smallest_snapshot();
    give_everything(&snapshot);
    strcpy(snapshot.name, "Integrated 600");
    snapshot.type = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU;
    snapshot.api_version = VK_API_VERSION_1_2;
    memset(&snapshot.memory, 0, sizeof snapshot.memory);
    add_heap(&snapshot, 12 * gib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT);
    add_type(&snapshot, 0, LOCAL | VISIBLE | COHERENT);
    add_type(&snapshot, 0, LOCAL | VISIBLE | COHERENT | CACHED);
    return snapshot;
}

// What Mesa 22.3's CPU driver says.
static inline struct vk_snapshot cpu_snapshot(void)
{
    struct vk_snapshot snapshot = smallest_snapshot();
    give_everything(&snapshot);
    strcpy(snapshot.name, "llvmpipe (LLVM 15.0.6, 256 bits)");
    strcpy(snapshot.driver_name, "llvmpipe");
    strcpy(snapshot.driver_info, "Mesa 22.3.6 (LLVM 15.0.6)");
    snapshot.driver_id = VK_DRIVER_ID_MESA_LLVMPIPE;
    snapshot.type = VK_PHYSICAL_DEVICE_TYPE_CPU;
    snapshot.api_version = VK_API_VERSION_1_3;
    snapshot.limits.maxStorageBufferRange = 1u << 27;
    snapshot.limits.maxPerStageDescriptorStorageBuffers = 32;
    snapshot.subgroup_size = 8;
    snapshot.max_allocation_size = 2 * gib;
    memset(&snapshot.memory, 0, sizeof snapshot.memory);
    add_heap(&snapshot, 2 * gib, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT);
    add_type(&snapshot, 0, LOCAL | VISIBLE | COHERENT | CACHED);
    return snapshot;
}

#endif // TESTS_UNIT_VK_SNAPSHOTS_H
