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
        return vk_device_check(device, NULL, call, got);
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
    return got < 0 ? vk_device_check(device, NULL, call, got) : VYRE_OK;
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
    // A compute shader is one executable, or a few where the driver makes variants.
    enum { MOST = 8 };
    VkPipelineExecutablePropertiesKHR parts[MOST];
    uint32_t count = MOST;
    for (int i = 0; i < MOST; i++)
        parts[i] = (VkPipelineExecutablePropertiesKHR){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR
        };
    const VkPipelineInfoKHR which = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR,
        .pipeline = pipeline->handle,
    };
    VkResult got = api->vkGetPipelineExecutablePropertiesKHR(device->handle, &which, &count, parts);
    if (got < 0)
        return vk_device_check(device, NULL, "vkGetPipelineExecutablePropertiesKHR", got);
    for (uint32_t i = 0; !result && i < count && i < MOST; i++) {
        parts[i].name[VK_MAX_DESCRIPTION_SIZE - 1] = '\0';
        result = tell_part(pipeline, i, parts[i].name, tell, user);
    }
    return result;
}
