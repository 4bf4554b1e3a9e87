// SPDX-License-Identifier: MIT
// Recording of one submission. queue.c submits it.
#include "object.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

// ---- Making and freeing -----------------------------------------------------------------------

// A pool for each list: a pool may be used by one thread at a time, and lists are recorded by many.
static enum vyre_result make(struct vyre_device *device, struct vk_commands **out)
{
    struct vk_api *api = &device->api;
    struct vk_commands *commands = memory_calloc(1, sizeof *commands);
    if (!commands)
        return VYRE_ERR_NO_MEMORY;
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
        .queueFamilyIndex = device->candidate.plan.queue_family,
    };
    const char *call = "vkCreateCommandPool";
    VkResult result = api->vkCreateCommandPool(device->handle, &pool, NULL, &commands->pool);
    if (result != VK_SUCCESS)
        commands->pool = VK_NULL_HANDLE;
    if (result == VK_SUCCESS) {
        const VkCommandBufferAllocateInfo buffer = {
            .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
            .commandPool = commands->pool,
            .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
            .commandBufferCount = 1,
        };
        call = "vkAllocateCommandBuffers";
        result = api->vkAllocateCommandBuffers(device->handle, &buffer, &commands->buffer);
    }
    if (result == VK_SUCCESS && !device->queue.timeline) {
        const VkFenceCreateInfo fence = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };
        call = "vkCreateFence";
        result = api->vkCreateFence(device->handle, &fence, NULL, &commands->fence);
        if (result != VK_SUCCESS)
            commands->fence = VK_NULL_HANDLE;
    }
    if (result != VK_SUCCESS) {
        vk_commands_free(device, commands);
        return vk_device_check(device, NULL, call, result);
    }
    *out = commands;
    return VYRE_OK;
}

void vk_commands_free(struct vyre_device *device, struct vk_commands *commands)
{
    if (!device->abandoned) {
        // Destroying the pool frees its command buffer.
        device->api.vkDestroyCommandPool(device->handle, commands->pool, NULL);
        device->api.vkDestroyFence(device->handle, commands->fence, NULL);
    }
    array_fini(&commands->holds);
    memory_free(commands);
}

void vk_commands_release_holds(struct vk_commands *commands)
{
    for (size_t i = 0; i < commands->holds.count; i++)
        vk_life_drop(commands->holds.items[i]);
    commands->holds.count = 0;
}

enum vyre_result vk_commands_begin(struct vyre_device *device, struct vk_commands **out)
{
    *out = NULL;
    enum vyre_result result = vk_device_status(device);
    if (result != VYRE_OK)
        return result;
    // Whoever submits without ever waiting pays here for what is complete by now.
    vk_queue_retire(device);
    result = vk_device_status(device); // it may be this that meets the loss of the device
    if (result != VYRE_OK)
        return result;

    pthread_mutex_lock(&device->queue.lock);
    struct vk_commands *commands = device->queue.free;
    if (commands)
        device->queue.free = commands->next;
    pthread_mutex_unlock(&device->queue.lock);
    if (!commands) {
        result = make(device, &commands);
        if (result != VYRE_OK)
            return result;
    }
    commands->next = NULL;
    const VkCommandBufferBeginInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    result = vk_device_check(device, NULL, "vkBeginCommandBuffer",
                             device->api.vkBeginCommandBuffer(commands->buffer, &info));
    if (result != VYRE_OK) {
        vk_commands_free(device, commands);
        return result;
    }
    commands->device = vyre_device_ref(device);
    *out = commands;
    return VYRE_OK;
}

// ---- Recording --------------------------------------------------------------------------------

void vk_commands_fail(struct vk_commands *commands, enum vyre_result result)
{
    if (commands->failed == VYRE_OK)
        commands->failed = result;
}

void vk_commands_hold(struct vk_commands *commands, struct vk_life *life)
{
    // Consecutive commands mostly use the same objects; one hold is enough for each run of them.
    size_t count = commands->holds.count;
    for (size_t back = 1; back <= 4 && back <= count; back++)
        if (commands->holds.items[count - back] == life)
            return;
    if (!array_push(&commands->holds, life)) {
        vk_commands_fail(commands, VYRE_ERR_NO_MEMORY);
        return;
    }
    vk_life_hold(life);
}

// Whether [offset, offset + size) lies inside the buffer, and the buffer on the list's device.
static bool in_range(struct vk_commands *commands, const struct vyre_buffer *buffer,
                     uint64_t offset, uint64_t size)
{
    uint64_t end;
    if (buffer && buffer->life.device == commands->device && u64_add(offset, size, &end) &&
        end <= buffer->allocated)
        return true;
    vk_commands_fail(commands, VYRE_ERR_INVALID_ARGUMENT);
    return false;
}

static bool check_grid(struct vk_commands *commands, const uint32_t base[3], const uint32_t grid[3])
{
    for (int axis = 0; axis < 3; axis++) {
        uint32_t limit = commands->device->candidate.plan.max_grid[axis];
        if (base[axis] > limit || grid[axis] > limit - base[axis]) {
            vk_commands_fail(commands, VYRE_ERR_LIMIT);
            return false;
        }
    }
    return true;
}

void vk_commands_dispatch(struct vk_commands *commands, struct vk_pipeline *pipeline,
                          struct vk_bindings *bindings, const void *push, uint32_t push_bytes,
                          const uint32_t base[3], const uint32_t grid[3])
{
    static const uint32_t origin[3];
    if (commands->failed != VYRE_OK)
        return;
    if (!base)
        base = origin;
    if (!pipeline || pipeline->life.device != commands->device ||
        push_bytes != pipeline->push_bytes || (push_bytes && !push) ||
        (bindings ? bindings->pipeline != pipeline : pipeline->binding_count != 0)) {
        vk_commands_fail(commands, VYRE_ERR_INVALID_ARGUMENT);
        return;
    }
    if (!check_grid(commands, base, grid) || !grid[0] || !grid[1] || !grid[2])
        return; // nothing runs in an empty grid

    struct vk_api *api = &commands->device->api;
    vk_commands_hold(commands, &pipeline->life);
    if (bindings)
        vk_commands_hold(commands, &bindings->life);
    if (commands->failed != VYRE_OK)
        return;
    if (commands->bound_pipeline != pipeline) {
        api->vkCmdBindPipeline(commands->buffer, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->handle);
        commands->bound_pipeline = pipeline;
        commands->bound_bindings = NULL; // another layout may disturb them
    }
    if (pipeline->binding_count && commands->bound_bindings != bindings) {
        api->vkCmdBindDescriptorSets(commands->buffer, VK_PIPELINE_BIND_POINT_COMPUTE,
                                     pipeline->layout, 0, 1, &bindings->set, 0, NULL);
        commands->bound_bindings = bindings;
    }
    if (push_bytes)
        api->vkCmdPushConstants(commands->buffer, pipeline->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                                push_bytes, push);
    api->vkCmdDispatchBase(commands->buffer, base[0], base[1], base[2], grid[0], grid[1], grid[2]);
}

void vk_commands_copy(struct vk_commands *commands, struct vyre_buffer *from, uint64_t from_offset,
                      struct vyre_buffer *to, uint64_t to_offset, uint64_t size)
{
    if (commands->failed != VYRE_OK || !in_range(commands, from, from_offset, size) ||
        !in_range(commands, to, to_offset, size) || !size)
        return;
    if (from == to && from_offset < to_offset + size && to_offset < from_offset + size) {
        vk_commands_fail(commands, VYRE_ERR_INVALID_ARGUMENT); // the ranges overlap
        return;
    }
    vk_commands_hold(commands, &from->life);
    vk_commands_hold(commands, &to->life);
    const VkBufferCopy region = { from_offset, to_offset, size };
    if (commands->failed == VYRE_OK)
        commands->device->api.vkCmdCopyBuffer(commands->buffer, from->handle, to->handle, 1,
                                              &region);
}

void vk_commands_fill(struct vk_commands *commands, struct vyre_buffer *buffer, uint64_t offset,
                      uint64_t size, uint32_t word)
{
    if (commands->failed != VYRE_OK || !in_range(commands, buffer, offset, size) || !size)
        return;
    if ((offset | size) & 3) {
        vk_commands_fail(commands, VYRE_ERR_INVALID_ARGUMENT);
        return;
    }
    vk_commands_hold(commands, &buffer->life);
    if (commands->failed == VYRE_OK)
        commands->device->api.vkCmdFillBuffer(commands->buffer, buffer->handle, offset, size, word);
}

void vk_commands_barrier(struct vk_commands *commands)
{
    if (commands->failed != VYRE_OK)
        return;
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                         VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
    };
    const VkPipelineStageFlags work =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    commands->device->api.vkCmdPipelineBarrier(commands->buffer, work, work, 0, 1, &barrier, 0,
                                               NULL, 0, NULL);
}
