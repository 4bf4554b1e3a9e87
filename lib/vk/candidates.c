// SPDX-License-Identifier: MIT
#include "candidates.h"

#include "base/memory.h"
#include "feature_chain.h"
#include "result.h"

#include <string.h>

// A device whose driver does not answer must not hide the others: it is refused.
static enum vyre_result take(struct vk_instance *instance, VkPhysicalDevice physical,
                             const struct vyre_pretend *pretend, struct vk_candidate *item)
{
    VkResult answer;
    enum vyre_result result =
        vk_snapshot_take(&instance->api, physical, instance->api_version, &item->snapshot, &answer);
    if (result != VYRE_OK)
        return result;
    vk_plan_make(&item->snapshot, pretend, &item->plan);
    if (answer != VK_SUCCESS) {
        item->asked = vk_report(NULL, "vkEnumerateDeviceExtensionProperties", answer);
        vk_plan_refuse(&item->plan, "vkEnumerateDeviceExtensionProperties returned %s",
                       vk_result_name(answer));
    }
    return VYRE_OK;
}

enum vyre_result vk_candidates_take(struct vk_instance *instance,
                                    const struct vyre_device_params *params,
                                    struct vk_candidates *out)
{
    memset(out, 0, sizeof *out);
    enum vyre_result result =
        vk_instance_devices(instance, &out->physical, &out->count, params->diag);
    if (result != VYRE_OK)
        return result;
    out->items = memory_calloc(out->count, sizeof *out->items);
    if (!out->items)
        result = VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; result == VYRE_OK && i < out->count; i++) {
        result = take(instance, out->physical[i], params->pretend, &out->items[i]);
        out->items[i].enumerated = i;
    }
    if (result != VYRE_OK) {
        vk_candidates_fini(out);
        return result;
    }
    out->chosen = vk_plan_choose(out->items, out->count, params);
    return VYRE_OK;
}

void vk_candidates_fini(struct vk_candidates *list)
{
    memory_free(list->items);
    memory_free(list->physical);
    memset(list, 0, sizeof *list);
}

enum vyre_result vyre_device_list(const struct vyre_device_params *params,
                                  struct vyre_device_info **out, size_t *count)
{
    static const struct vyre_device_params no_wishes;
    if (!out || !count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    *count = 0;
    if (!params)
        params = &no_wishes;
    struct vk_instance instance;
    enum vyre_result result =
        vk_instance_init(&instance, params->loader, params->validation, &params->log, params->diag);
    if (result != VYRE_OK)
        return result;
    struct vk_candidates list = { 0 };
    result = vk_candidates_take(&instance, params, &list);
    struct vyre_device_info *infos = NULL;
    if (result == VYRE_OK) {
        infos = memory_calloc(list.count, sizeof *infos);
        if (!infos)
            result = VYRE_ERR_NO_MEMORY;
    }
    if (result == VYRE_OK) {
        for (uint32_t i = 0; i < list.count; i++)
            vk_plan_describe(&list.items[i], &infos[i]);
        *out = infos;
        *count = list.count;
    }
    vk_candidates_fini(&list);
    vk_instance_fini(&instance);
    return result;
}
