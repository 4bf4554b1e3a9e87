// SPDX-License-Identifier: MIT
// Descriptor sets, and the pools that they come from.
#include "object.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

// What one pool holds. A pool that is too small only means that there will be another one.
enum { SETS_PER_POOL = 64, DESCRIPTORS_PER_POOL = 512 };

// ---- Pools ------------------------------------------------------------------------------------

// Both run under the pools' lock, and reporting calls into the program: a failure is handed to the
// caller, with the call that it came from. NULL: it is the host that has no memory.
static VkResult make_pool(struct vyre_device *device, size_t descriptors, const char **call,
                          struct vk_descriptor_pool **out)
{
    *call = NULL;
    struct vk_descriptor_pool *pool = memory_calloc(1, sizeof *pool);
    if (!pool)
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    const VkDescriptorPoolSize size = {
        .type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .descriptorCount = (uint32_t)u64_max(descriptors, DESCRIPTORS_PER_POOL),
    };
    const VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT,
        .maxSets = SETS_PER_POOL,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    *call = "vkCreateDescriptorPool";
    VkResult created =
        device->api.vkCreateDescriptorPool(device->handle, &info, NULL, &pool->handle);
    if (created != VK_SUCCESS) {
        memory_free(pool);
        return created;
    }
    *out = pool;
    return VK_SUCCESS;
}

static VkResult take_set(struct vk_bindings *bindings, struct vk_descriptor_pool *pool)
{
    struct vyre_device *device = bindings->life.device;
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = pool->handle,
        .descriptorSetCount = 1,
        .pSetLayouts = &bindings->pipeline->set_layout,
    };
    VkResult result = device->api.vkAllocateDescriptorSets(device->handle, &info, &bindings->set);
    if (result == VK_SUCCESS) {
        bindings->pool = pool;
        pool->sets++;
    }
    return result;
}

static VkResult take_set_from_any(struct vk_bindings *bindings, const char **call)
{
    struct vyre_device *device = bindings->life.device;
    struct vk_descriptor_pool *pool;
    for (pool = device->pools.first; pool; pool = pool->next) {
        if (pool->sets == SETS_PER_POOL)
            continue;
        *call = "vkAllocateDescriptorSets";
        VkResult result = take_set(bindings, pool);
        if (result != VK_ERROR_OUT_OF_POOL_MEMORY && result != VK_ERROR_FRAGMENTED_POOL)
            return result;
    }
    VkResult made = make_pool(device, bindings->pipeline->binding_count, call, &pool);
    if (made != VK_SUCCESS)
        return made;
    pool->next = device->pools.first;
    device->pools.first = pool;
    *call = "vkAllocateDescriptorSets";
    return take_set(bindings, pool);
}

void vk_pools_fini(struct vyre_device *device)
{
    for (struct vk_descriptor_pool *pool = device->pools.first, *next; pool; pool = next) {
        next = pool->next;
        if (!device->abandoned)
            device->api.vkDestroyDescriptorPool(device->handle, pool->handle, NULL);
        memory_free(pool);
    }
    device->pools.first = NULL;
}

// ---- Bindings ---------------------------------------------------------------------------------

static struct vk_bindings *bindings_of(struct vk_life *life)
{
    return (struct vk_bindings *)((char *)life - offsetof(struct vk_bindings, life));
}

static void release(struct vk_life *life)
{
    struct vk_bindings *bindings = bindings_of(life);
    struct vyre_device *device = life->device;
    if (bindings->pool) {
        pthread_mutex_lock(&device->pools.lock);
        if (!device->abandoned)
            device->api.vkFreeDescriptorSets(device->handle, bindings->pool->handle, 1,
                                             &bindings->set);
        bindings->pool->sets--;
        pthread_mutex_unlock(&device->pools.lock);
    }
    for (size_t i = 0; i < bindings->buffer_count; i++)
        vk_life_drop(&bindings->buffers[i]->life);
    vk_life_drop(&bindings->pipeline->life);
    memory_free(bindings);
}

static enum vyre_result check_range(const struct vyre_device *device, const struct vk_range *range,
                                    uint64_t *rounded)
{
    const struct vk_plan *plan = &device->candidate.plan;
    uint64_t end;
    if (!range->buffer || range->buffer->life.device != device || range->size < 4 ||
        range->offset % plan->offset_alignment || !u64_align_up(range->size, 4, rounded) ||
        !u64_add(range->offset, *rounded, &end) || end > range->buffer->allocated)
        return VYRE_ERR_INVALID_ARGUMENT;
    return *rounded > plan->target.max_storage_range ? VYRE_ERR_LIMIT : VYRE_OK;
}

static enum vyre_result write_set(struct vk_bindings *bindings, const struct vk_range *ranges,
                                  size_t count)
{
    struct vyre_device *device = bindings->life.device;
    for (size_t i = 0; i < count; i++) {
        uint64_t rounded = 0;
        enum vyre_result result = check_range(device, &ranges[i], &rounded);
        if (result != VYRE_OK)
            return result;
        vk_life_hold(&ranges[i].buffer->life);
        bindings->buffers[bindings->buffer_count++] = ranges[i].buffer;
        const VkDescriptorBufferInfo buffer = { ranges[i].buffer->handle, ranges[i].offset,
                                                rounded };
        const VkWriteDescriptorSet write = {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = bindings->set,
            .dstBinding = bindings->pipeline->bindings[i],
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &buffer,
        };
        device->api.vkUpdateDescriptorSets(device->handle, 1, &write, 0, NULL);
    }
    return VYRE_OK;
}

enum vyre_result vk_bindings_create(struct vk_pipeline *pipeline, const struct vk_range *ranges,
                                    size_t count, struct vk_bindings **out)
{
    *out = NULL;
    struct vyre_device *device = pipeline->life.device;
    enum vyre_result result = vk_device_status(device);
    if (result != VYRE_OK)
        return result;
    if (count != pipeline->binding_count || (count && !ranges))
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vk_bindings *bindings =
        memory_calloc(1, sizeof *bindings + count * sizeof bindings->buffers[0]);
    if (!bindings)
        return VYRE_ERR_NO_MEMORY;
    vk_life_init(&bindings->life, device, release);
    vk_life_hold(&pipeline->life);
    bindings->pipeline = pipeline;
    if (count) {
        const char *call;
        pthread_mutex_lock(&device->pools.lock);
        VkResult taken = take_set_from_any(bindings, &call);
        pthread_mutex_unlock(&device->pools.lock);
        result = call ? vk_device_check(device, NULL, call, taken) : VYRE_ERR_NO_MEMORY;
        if (result == VYRE_OK)
            result = write_set(bindings, ranges, count);
    }
    if (result != VYRE_OK) {
        vk_life_unref(&bindings->life);
        return result;
    }
    *out = bindings;
    return VYRE_OK;
}

void vk_bindings_unref(struct vk_bindings **bindings)
{
    if (!bindings || !*bindings)
        return;
    struct vk_bindings *gone = *bindings;
    *bindings = NULL;
    vk_life_unref(&gone->life);
}
