// SPDX-License-Identifier: MIT
// What a driver says about the machine code of a pipeline (VK_KHR_pipeline_executable_properties):
// registers, instructions, spills, under whatever names it has for them.
#include "object.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

static void tell_one(const char *part, const VkPipelineExecutableStatisticKHR *statistic,
                     vyre_code_fact_fn *tell, void *user)
{
    char value[40] = "";
    switch (statistic->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
        snprintf(value, sizeof value, "%s", statistic->value.b32 ? "yes" : "no");
        break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
        snprintf(value, sizeof value, "%" PRId64, statistic->value.i64);
        break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR:
        snprintf(value, sizeof value, "%" PRIu64, statistic->value.u64);
        break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR:
        snprintf(value, sizeof value, "%g", statistic->value.f64);
        break;
    default: return; // a kind of a later version
    }
    tell(user, &(const struct vyre_code_fact){ .part = part,
                                               .name = statistic->name,
                                               .description = statistic->description,
                                               .value = value });
}

// A pipeline does not change, and neither does how much there is to say about it: a driver that has
// more than it announced (VK_INCOMPLETE) is wrong one way or the other.
static enum vyre_result check(struct vyre_device *device, const char *call, VkResult got)
{
    enum vyre_result result = vk_device_check(device, NULL, call, got);
    return result > 0 ? VYRE_ERR_DEVICE : result;
}

// The texts of drivers are arrays that a terminator should end.
static void end_texts(VkPipelineExecutableStatisticKHR *statistic)
{
    statistic->name[VK_MAX_DESCRIPTION_SIZE - 1] = '\0';
    statistic->description[VK_MAX_DESCRIPTION_SIZE - 1] = '\0';
}

static enum vyre_result tell_part(const struct vk_pipeline *pipeline, uint32_t index,
                                  const char *part, vyre_code_fact_fn *tell, void *user)
{
    struct vyre_device *device = pipeline->life.device;
    const VkPipelineExecutableInfoKHR which = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
        .pipeline = pipeline->handle,
        .executableIndex = index,
    };
    static const char call[] = "vkGetPipelineExecutableStatisticsKHR";
    uint32_t count = 0;
    VkResult got =
        device->api.vkGetPipelineExecutableStatisticsKHR(device->handle, &which, &count, NULL);
    if (got != VK_SUCCESS || !count)
        return check(device, call, got);
    VkPipelineExecutableStatisticKHR *items = memory_calloc(count, sizeof *items);
    if (!items)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        items[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR;
    got = device->api.vkGetPipelineExecutableStatisticsKHR(device->handle, &which, &count, items);
    for (uint32_t i = 0; got >= 0 && i < count; i++) {
        end_texts(&items[i]);
        tell_one(part, &items[i], tell, user);
    }
    memory_free(items);
    return check(device, call, got);
}

enum vyre_result vk_pipeline_tell(const struct vk_pipeline *pipeline, vyre_code_fact_fn *tell,
                                  void *user)
{
    struct vyre_device *device = pipeline->life.device;
    const struct vk_api *api = &device->api;
    enum vyre_result result = vk_device_status(device);
    if (result)
        return result;
    if (!pipeline->captured || !api->vkGetPipelineExecutablePropertiesKHR ||
        !api->vkGetPipelineExecutableStatisticsKHR)
        return VYRE_ERR_UNSUPPORTED;
    static const char call[] = "vkGetPipelineExecutablePropertiesKHR";
    const VkPipelineInfoKHR which = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR,
        .pipeline = pipeline->handle,
    };
    uint32_t count = 0;
    VkResult got = api->vkGetPipelineExecutablePropertiesKHR(device->handle, &which, &count, NULL);
    if (got != VK_SUCCESS || !count)
        return check(device, call, got);
    VkPipelineExecutablePropertiesKHR *parts = memory_calloc(count, sizeof *parts);
    if (!parts)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        parts[i].sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR;
    got = api->vkGetPipelineExecutablePropertiesKHR(device->handle, &which, &count, parts);
    for (uint32_t i = 0; got >= 0 && !result && i < count; i++) {
        parts[i].name[VK_MAX_DESCRIPTION_SIZE - 1] = '\0';
        result = tell_part(pipeline, i, parts[i].name, tell, user);
    }
    memory_free(parts);
    return result ? result : check(device, call, got);
}
