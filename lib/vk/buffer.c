// SPDX-License-Identifier: MIT
#include "object.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

#include <string.h>

static struct vyre_buffer *buffer_of(struct vk_life *life)
{
    return (struct vyre_buffer *)((char *)life - offsetof(struct vyre_buffer, life));
}

static void release(struct vk_life *life)
{
    struct vyre_buffer *buffer = buffer_of(life);
    struct vyre_device *device = life->device;
    if (!device->abandoned) {
        device->api.vkDestroyBuffer(device->handle, buffer->handle, NULL);
        device->api.vkFreeMemory(device->handle, buffer->memory, NULL); // unmaps
    }
    if (buffer->memory)
        atomic_fetch_sub(&device->allocations, 1);
    memory_free(buffer);
}

// ---- Memory -----------------------------------------------------------------------------------

static enum vyre_result allocate(struct vyre_buffer *buffer, const VkMemoryAllocateInfo *info,
                                 VkResult *why)
{
    struct vyre_device *device = buffer->life.device;
    // Counted before, so that two threads cannot both take the last one.
    if (atomic_fetch_add(&device->allocations, 1) >= device->candidate.plan.max_allocations) {
        atomic_fetch_sub(&device->allocations, 1);
        return VYRE_ERR_LIMIT;
    }
    *why = device->api.vkAllocateMemory(device->handle, info, NULL, &buffer->memory);
    if (*why != VK_SUCCESS) {
        buffer->memory = VK_NULL_HANDLE;
        atomic_fetch_sub(&device->allocations, 1);
    }
    return VYRE_OK;
}

static enum vyre_result report_full(const struct vyre_device *device,
                                    const struct vyre_diag_sink *diag)
{
    diag_report(diag, DIAG_D007, NULL, "the device holds at most %u allocations",
                device->candidate.plan.max_allocations);
    return VYRE_ERR_LIMIT;
}

// Takes memory of the best type; where that heap is full, of the next best.
static enum vyre_result allocate_own(struct vyre_buffer *buffer, enum vyre_buffer_use use,
                                     const struct vyre_diag_sink *diag)
{
    struct vyre_device *device = buffer->life.device;
    const struct vk_plan *plan = &device->candidate.plan;
    VkMemoryRequirements needs;
    device->api.vkGetBufferMemoryRequirements(device->handle, buffer->handle, &needs);
    const VkMemoryDedicatedAllocateInfo dedicated = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
        .buffer = buffer->handle,
    };
    VkResult why = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    uint32_t allowed = needs.memoryTypeBits;
    uint32_t type;
    while (why == VK_ERROR_OUT_OF_DEVICE_MEMORY &&
           (type = vk_plan_memory_type(&device->candidate.snapshot.memory, plan->unified, use,
                                       allowed)) != UINT32_MAX) {
        const VkMemoryAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
            .pNext = &dedicated,
            .allocationSize = needs.size,
            .memoryTypeIndex = type,
        };
        if (allocate(buffer, &info, &why) != VYRE_OK)
            return report_full(device, diag);
        allowed &= ~(1u << type);
    }
    if (why == VK_ERROR_OUT_OF_DEVICE_MEMORY && allowed == needs.memoryTypeBits) {
        diag_report(diag, DIAG_D005, NULL, "no memory type of the device fits a storage buffer");
        return VYRE_ERR_UNSUPPORTED;
    }
    return vk_device_check(device, diag, "vkAllocateMemory", why);
}

static enum vyre_result import_pages(struct vyre_buffer *buffer, void *pages,
                                     const struct vyre_diag_sink *diag)
{
    struct vyre_device *device = buffer->life.device;
    struct vk_api *api = &device->api;
    VkMemoryHostPointerPropertiesEXT properties = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT,
    };
    VkResult why = api->vkGetMemoryHostPointerPropertiesEXT(
        device->handle, VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT, pages, &properties);
    if (why != VK_SUCCESS) {
        diag_report(diag, DIAG_D008, NULL, "the driver cannot import these pages");
        return vk_device_check(device, NULL, "vkGetMemoryHostPointerPropertiesEXT", why);
    }
    VkMemoryRequirements needs;
    api->vkGetBufferMemoryRequirements(device->handle, buffer->handle, &needs);
    uint32_t type =
        vk_plan_memory_type(&device->candidate.snapshot.memory, device->candidate.plan.unified,
                            VYRE_BUFFER_READBACK, needs.memoryTypeBits & properties.memoryTypeBits);
    if (type == UINT32_MAX || needs.size > buffer->allocated) {
        diag_report(diag, DIAG_D008, NULL,
                    "the driver imports pages only as memory that is not "
                    "coherent, or larger than they are");
        return VYRE_ERR_UNSUPPORTED;
    }
    const VkImportMemoryHostPointerInfoEXT import = {
        .sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
        .handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
        .pHostPointer = pages,
    };
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .pNext = &import,
        .allocationSize = buffer->allocated,
        .memoryTypeIndex = type,
    };
    if (allocate(buffer, &info, &why) != VYRE_OK)
        return report_full(device, diag);
    buffer->host = pages;
    return vk_device_check(device, diag, "vkAllocateMemory", why);
}

// ---- Contents ---------------------------------------------------------------------------------

static enum vyre_result map_and_zero(struct vyre_buffer *buffer, const struct vyre_diag_sink *diag)
{
    struct vyre_device *device = buffer->life.device;
    enum vyre_result result =
        vk_device_check(device, diag, "vkMapMemory",
                        device->api.vkMapMemory(device->handle, buffer->memory, 0, VK_WHOLE_SIZE, 0,
                                                &buffer->host));
    if (result == VYRE_OK)
        memset(buffer->host, 0, (size_t)buffer->allocated);
    return result;
}

// Submissions execute in order, so nobody has to wait for the fill.
static enum vyre_result fill_with_zero(struct vyre_buffer *buffer)
{
    struct vk_commands *commands;
    enum vyre_result result = vk_commands_begin(buffer->life.device, &commands);
    if (result != VYRE_OK)
        return result;
    uint64_t point;
    vk_commands_fill(commands, buffer, 0, buffer->allocated, 0);
    return vk_commands_submit(&commands, &point);
}

// ---- Public -----------------------------------------------------------------------------------

static enum vyre_result check_params(const struct vyre_device *device,
                                     const struct vyre_buffer_params *params, uint64_t *allocated)
{
    const struct vk_plan *plan = &device->candidate.plan;
    if (!params->size || params->use > VYRE_BUFFER_DEVICE)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (!u64_align_up(params->size, 4, allocated) || *allocated > SIZE_MAX ||
        *allocated > plan->target.max_storage_range) {
        diag_report(params->diag, DIAG_D007, NULL, "a buffer of %llu bytes; the device binds %llu",
                    (unsigned long long)params->size,
                    (unsigned long long)plan->target.max_storage_range);
        return VYRE_ERR_LIMIT;
    }
    if (!params->host_pages)
        return VYRE_OK;
    if (!plan->host_import) {
        diag_report(params->diag, DIAG_D008, NULL, "the device does not import host pages");
        return VYRE_ERR_UNSUPPORTED;
    }
    if (((uintptr_t)params->host_pages | params->size) & (plan->import_alignment - 1)) {
        diag_report(params->diag, DIAG_D008, NULL,
                    "address and size must be multiples of %llu bytes",
                    (unsigned long long)plan->import_alignment);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    return VYRE_OK;
}

static enum vyre_result fill_in(struct vyre_buffer *buffer, const struct vyre_buffer_params *params)
{
    struct vyre_device *device = buffer->life.device;
    const VkExternalMemoryBufferCreateInfo external = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
        .handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
    };
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .pNext = params->host_pages ? &external : NULL,
        .size = buffer->allocated,
        .usage = vk_buffer_usage,
    };
    VkResult created = device->api.vkCreateBuffer(device->handle, &info, NULL, &buffer->handle);
    if (created != VK_SUCCESS)
        buffer->handle = VK_NULL_HANDLE;
    enum vyre_result result = vk_device_check(device, params->diag, "vkCreateBuffer", created);
    if (result == VYRE_OK)
        result = params->host_pages ? import_pages(buffer, params->host_pages, params->diag)
                                    : allocate_own(buffer, params->use, params->diag);
    if (result == VYRE_OK)
        result = vk_device_check(
            device, params->diag, "vkBindBufferMemory",
            device->api.vkBindBufferMemory(device->handle, buffer->handle, buffer->memory, 0));
    if (result != VYRE_OK || params->host_pages)
        return result;
    return params->use == VYRE_BUFFER_DEVICE ? fill_with_zero(buffer)
                                             : map_and_zero(buffer, params->diag);
}

enum vyre_result vyre_buffer_create(struct vyre_device *device,
                                    const struct vyre_buffer_params *params,
                                    struct vyre_buffer **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!device || !params)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = vk_device_status(device);
    uint64_t allocated = 0;
    if (result == VYRE_OK)
        result = check_params(device, params, &allocated);
    if (result != VYRE_OK)
        return result;
    struct vyre_buffer *buffer = memory_calloc(1, sizeof *buffer);
    if (!buffer)
        return VYRE_ERR_NO_MEMORY;
    vk_life_init(&buffer->life, device, release);
    buffer->size = params->size;
    buffer->allocated = allocated;
    result = fill_in(buffer, params);
    if (result != VYRE_OK) {
        vk_life_unref(&buffer->life);
        return result;
    }
    *out = buffer;
    return VYRE_OK;
}

enum vyre_result vyre_buffer_map(struct vyre_buffer *buffer, void **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!buffer)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = vk_device_status(buffer->life.device);
    if (result != VYRE_OK)
        return result;
    if (!buffer->host)
        return VYRE_ERR_UNSUPPORTED;
    *out = buffer->host;
    return VYRE_OK;
}

uint64_t vyre_buffer_size(const struct vyre_buffer *buffer)
{
    return buffer->size;
}

struct vyre_buffer *vyre_buffer_ref(struct vyre_buffer *buffer)
{
    if (buffer)
        vk_life_ref(&buffer->life);
    return buffer;
}

void vyre_buffer_destroy(struct vyre_buffer **buffer)
{
    if (!buffer || !*buffer)
        return;
    struct vyre_buffer *gone = *buffer;
    *buffer = NULL;
    vk_life_unref(&gone->life);
}
