// SPDX-License-Identifier: MIT
// The device object: opening, what it says about itself, poison, the end.
#include "object.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/str.h"
#include "candidates.h"
#include "feature_chain.h"
#include "probe.h"
#include "result.h"

#include <string.h>

// ---- Status -----------------------------------------------------------------------------------

enum vyre_result vk_device_status(const struct vyre_device *device)
{
    return (enum vyre_result)atomic_load_explicit(&device->status, memory_order_acquire);
}

enum vyre_result vyre_device_status(const struct vyre_device *device)
{
    return device ? vk_device_status(device) : VYRE_ERR_INVALID_ARGUMENT;
}

void vk_device_poison(struct vyre_device *device, enum vyre_result why)
{
    int expected = VYRE_OK;
    if (why < 0 && atomic_compare_exchange_strong(&device->status, &expected, (int)why))
        log_write(&device->log, VYRE_LOG_ERROR, "%s is given up: %s",
                  device->candidate.snapshot.name, vyre_result_text(why));
}

enum vyre_result vk_device_check(struct vyre_device *device, const struct vyre_diag_sink *diag,
                                 const char *call, VkResult result)
{
    if (result == VK_SUCCESS)
        return VYRE_OK;
    log_write(&device->log, VYRE_LOG_ERROR, "%s returned %s (%d)", call, vk_result_name(result),
              (int)result);
    if (result == VK_ERROR_DEVICE_LOST)
        vk_device_poison(device, VYRE_ERR_DEVICE_LOST);
    return vk_report(diag, call, result);
}

// ---- Opening ----------------------------------------------------------------------------------

static void report_no_choice(const struct vk_candidates *list,
                             const struct vyre_device_params *params, enum vyre_result *result)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (!vk_plan_fits(&list->items[i], i, params))
            continue;
        diag_report(params->diag, DIAG_D005, NULL, "%s cannot be used: %s",
                    list->items[i].snapshot.name, list->items[i].plan.refusal);
        *result = list->items[i].asked != VYRE_OK ? list->items[i].asked : VYRE_ERR_UNSUPPORTED;
        return;
    }
    struct str text = { 0 };
    for (uint32_t i = 0; i < list->count; i++)
        str_printf(&text, "%s%u: %s (%s)", i ? "; " : "", i, list->items[i].snapshot.name,
                   vk_plan_kind_text(vk_plan_kind(list->items[i].snapshot.type)));
    diag_report(params->diag, DIAG_D004, NULL, "no device fits the request; there is %s",
                str_text(&text));
    str_fini(&text);
    *result = VYRE_ERR_NO_DEVICE;
}

static enum vyre_result choose(struct vyre_device *device, const struct vyre_device_params *params)
{
    struct vk_candidates list;
    enum vyre_result result = vk_candidates_take(&device->instance, params, &list);
    if (result != VYRE_OK)
        return result;
    if (list.chosen == UINT32_MAX) {
        report_no_choice(&list, params, &result);
    } else {
        device->candidate = list.items[list.chosen];
        device->physical = list.physical[device->candidate.enumerated];
    }
    vk_candidates_fini(&list);
    return result;
}

static enum vyre_result open_device(struct vyre_device *device, const struct vyre_diag_sink *diag)
{
    const struct vk_plan *plan = &device->candidate.plan;
    struct vk_features features;
    vk_features_link(&features, &device->candidate.snapshot);
    vk_features_enable(&features, plan);

    const char *extensions[VK_EXTENSION_COUNT];
    uint32_t extension_count = 0;
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        if (plan->extensions[i])
            extensions[extension_count++] = vk_extension_name((enum vk_extension)i);

    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = plan->queue_family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &features.core,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = extension_count,
        .ppEnabledExtensionNames = extensions,
    };
    device->api = device->instance.api;
    VkResult created = device->api.vkCreateDevice(device->physical, &info, NULL, &device->handle);
    if (created != VK_SUCCESS) {
        device->handle = VK_NULL_HANDLE;
        return vk_device_check(device, diag, "vkCreateDevice", created);
    }
    enum vyre_result result = vk_api_load_device(&device->api, device->handle, diag);
    if (result == VYRE_OK && plan->timeline &&
        (!device->api.vkWaitSemaphores || !device->api.vkGetSemaphoreCounterValue)) {
        diag_report(diag, DIAG_D002, NULL, "the driver offers timeline semaphores without calls");
        result = VYRE_ERR_DEVICE;
    }
    return result == VYRE_OK ? vk_queue_init(device, diag) : result;
}

static void free_device(struct vyre_device *device)
{
    if (device->handle && device->api.vkDestroyDevice) {
        vk_queue_fini(device);
        vk_pools_fini(device);
        if (!device->abandoned)
            device->api.vkDestroyDevice(device->handle, NULL);
    }
    if (device->abandoned)
        vk_instance_abandon(&device->instance);
    else
        vk_instance_fini(&device->instance);
    pthread_mutex_destroy(&device->queue.lock);
    pthread_mutex_destroy(&device->pools.lock);
    memory_free(device);
}

enum vyre_result vk_device_open(const struct vyre_device_params *params,
                                const struct vk_probe_store *store, struct vyre_device **out)
{
    static const struct vyre_device_params no_wishes;
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!params)
        params = &no_wishes;
    struct vyre_device *device = memory_calloc(1, sizeof *device);
    if (!device)
        return VYRE_ERR_NO_MEMORY;
    atomic_init(&device->refs, 1);
    atomic_init(&device->status, VYRE_OK);
    pthread_mutex_init(&device->queue.lock, NULL); // cannot fail with default attributes on Linux
    pthread_mutex_init(&device->pools.lock, NULL);
    device->log = params->log;

    enum vyre_result result = vk_instance_init(&device->instance, params->loader,
                                               params->validation, &device->log, params->diag);
    if (result == VYRE_OK)
        result = choose(device, params);
    if (result == VYRE_OK)
        result = open_device(device, params->diag);
    if (result == VYRE_OK)
        result = vk_probe_run(device, store, params->diag);
    if (result != VYRE_OK) {
        free_device(device);
        return result;
    }
    log_write(&device->log, VYRE_LOG_INFO, "device: %s; %s", device->candidate.snapshot.name,
              device->candidate.reason);
    *out = device;
    return VYRE_OK;
}

struct vyre_device *vyre_device_ref(struct vyre_device *device)
{
    if (device)
        atomic_fetch_add_explicit(&device->refs, 1, memory_order_relaxed);
    return device;
}

void vyre_device_destroy(struct vyre_device **device)
{
    if (!device || !*device)
        return;
    struct vyre_device *gone = *device;
    *device = NULL;
    if (atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) == 1)
        free_device(gone);
}

// ---- What it says about itself ----------------------------------------------------------------

void vyre_device_get_info(const struct vyre_device *device, struct vyre_device_info *out)
{
    vk_plan_describe(&device->candidate, out);
}

void vyre_device_target(const struct vyre_device *device, struct vyre_target *out)
{
    *out = device->candidate.plan.target;
}

const struct vyre_log *vk_device_log(const struct vyre_device *device)
{
    return &device->log;
}

uint64_t vk_device_offset_alignment(const struct vyre_device *device)
{
    return device->candidate.plan.offset_alignment;
}

void vk_device_max_grid(const struct vyre_device *device, uint32_t out[3])
{
    memcpy(out, device->candidate.plan.max_grid, sizeof device->candidate.plan.max_grid);
}

uint64_t vk_device_validation_messages(const struct vyre_device *device)
{
    return atomic_load(&device->instance.validation_messages);
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

void vk_device_identity(const struct vyre_device *device, uint8_t out[VK_DRIVER_IDENTITY_SIZE])
{
    const struct vk_snapshot *snapshot = &device->candidate.snapshot;
    put_u32(out, snapshot->driver_id);
    put_u32(out + 4, snapshot->driver_version);
    put_u32(out + 8, snapshot->vendor_id);
    put_u32(out + 12, snapshot->device_id);
    memcpy(out + 16, snapshot->pipeline_cache_uuid, 16);
    memcpy(out + 32, snapshot->device_uuid, 16);
    put_u32(out + 48, (uint32_t)sizeof(void *));
    put_u32(out + 52, snapshot->api_version);
    memcpy(out + 56, snapshot->driver_uuid, 8);
}
