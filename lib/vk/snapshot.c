// SPDX-License-Identifier: MIT
#include "snapshot.h"

#include "base/memory.h"
#include "feature_chain.h"
#include "instance.h"
#include <vyre/compile.h>

#include <string.h>

static const struct extension {
    const char *name;
    uint32_t core;
} known[VK_EXTENSION_COUNT] = {
#define VK_EXTENSION(id, name, core) { name, core },
#include "extensions.def"
};

const char *vk_extension_name(enum vk_extension extension)
{
    return known[extension].name;
}

bool vk_snapshot_offers(const struct vk_snapshot *snapshot, enum vk_extension extension)
{
    return snapshot->extensions[extension] || snapshot->api_version >= known[extension].core;
}

bool vk_snapshot_by_extension(const struct vk_snapshot *snapshot, enum vk_extension extension)
{
    return snapshot->extensions[extension] && snapshot->api_version < known[extension].core;
}

// Puts `item` between the head of a chain and what follows it.
static void link_after(void *head, void *item)
{
    VkBaseOutStructure *first = head;
    VkBaseOutStructure *second = item;
    second->pNext = first->pNext;
    first->pNext = second;
}

void vk_features_link(struct vk_features *features, const struct vk_snapshot *snapshot)
{
    *features = (struct vk_features){
        .core.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
        .storage_16bit.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES,
        .storage_8bit.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_8BIT_STORAGE_FEATURES,
        .float16_int8.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES,
        .timeline.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
        .memory_model.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES,
        .subgroup_size.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
        .subgroup_flow.sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SUBGROUP_UNIFORM_CONTROL_FLOW_FEATURES_KHR,
        .executable.sType =
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
    };
    link_after(&features->core, &features->storage_16bit); // core in 1.1
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_STORAGE_8BIT))
        link_after(&features->core, &features->storage_8bit);
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_FLOAT16_INT8))
        link_after(&features->core, &features->float16_int8);
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_TIMELINE))
        link_after(&features->core, &features->timeline);
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_MEMORY_MODEL))
        link_after(&features->core, &features->memory_model);
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_SUBGROUP_SIZE))
        link_after(&features->core, &features->subgroup_size);
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_SUBGROUP_FLOW))
        link_after(&features->core, &features->subgroup_flow);
    if (vk_snapshot_offers(snapshot, VK_EXTENSION_EXECUTABLE_PROPERTIES))
        link_after(&features->core, &features->executable);
}

void vk_features_enable(struct vk_features *features, const struct vk_plan *plan)
{
    const struct vyre_target *target = &plan->target;
    features->core.features.shaderInt64 = target->int64;
    features->core.features.shaderInt16 = target->int16;
    features->core.features.shaderFloat64 = target->float64;
    features->float16_int8.shaderInt8 = target->int8;
    features->float16_int8.shaderFloat16 = target->float16;
    features->storage_16bit.storageBuffer16BitAccess = target->storage_16bit;
    features->storage_8bit.storageBuffer8BitAccess = target->storage_8bit;
    features->timeline.timelineSemaphore = plan->timeline;
    features->memory_model.vulkanMemoryModel = target->memory_model == VYRE_MEMORY_VULKAN;
    features->memory_model.vulkanMemoryModelDeviceScope = target->device_scope;
    features->subgroup_size.subgroupSizeControl = plan->demands_subgroup_size;
    features->subgroup_size.computeFullSubgroups = target->full_subgroup_size != 0;
    features->subgroup_flow.shaderSubgroupUniformControlFlow = target->full_subgroup_size != 0;
    features->executable.pipelineExecutableInfo = plan->executable_info;
}

static enum vyre_result take_extensions(const struct vk_api *api, VkPhysicalDevice physical,
                                        struct vk_snapshot *out, VkResult *answer)
{
    uint32_t count = 0;
    *answer = api->vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL);
    if (*answer != VK_SUCCESS)
        return VYRE_OK;
    VkExtensionProperties *listed = memory_calloc(count, sizeof *listed);
    if (!listed)
        return VYRE_ERR_NO_MEMORY;
    *answer = api->vkEnumerateDeviceExtensionProperties(physical, NULL, &count, listed);
    // A shorter list than there is (VK_INCOMPLETE) only means that less is used.
    if (*answer == VK_INCOMPLETE)
        *answer = VK_SUCCESS;
    for (uint32_t i = 0; *answer == VK_SUCCESS && i < count; i++)
        for (size_t k = 0; k < VK_EXTENSION_COUNT; k++)
            out->extensions[k] |= strcmp(listed[i].extensionName, known[k].name) == 0;
    memory_free(listed);
    return VYRE_OK;
}

static void take_properties(const struct vk_api *api, VkPhysicalDevice physical,
                            struct vk_snapshot *out)
{
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
    };
    VkPhysicalDeviceIDProperties id = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
    };
    VkPhysicalDeviceMaintenance3Properties maintenance = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES,
    };
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES,
    };
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
    };
    VkPhysicalDeviceExternalMemoryHostPropertiesEXT import = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
    };
    VkPhysicalDeviceMaintenance4Properties maintenance_4 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES,
    };
    VkPhysicalDeviceFloatControlsProperties floats = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FLOAT_CONTROLS_PROPERTIES,
    };
    VkPhysicalDeviceSubgroupSizeControlProperties sizes = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES,
    };
    link_after(&properties, &id);
    link_after(&properties, &maintenance);
    link_after(&properties, &subgroup);
    if (vk_snapshot_offers(out, VK_EXTENSION_DRIVER_PROPERTIES))
        link_after(&properties, &driver);
    if (vk_snapshot_offers(out, VK_EXTENSION_HOST_IMPORT))
        link_after(&properties, &import);
    if (vk_snapshot_offers(out, VK_EXTENSION_FLOAT_CONTROLS))
        link_after(&properties, &floats);
    if (vk_snapshot_offers(out, VK_EXTENSION_SUBGROUP_SIZE))
        link_after(&properties, &sizes);
    if (vk_snapshot_offers(out, VK_EXTENSION_MAINTENANCE_4))
        link_after(&properties, &maintenance_4);
    api->vkGetPhysicalDeviceProperties2(physical, &properties);

    // Where widths depend on each other, a mode for 32 bits would be one for 64 bits too.
    const VkShaderFloatControlsIndependence together = VK_SHADER_FLOAT_CONTROLS_INDEPENDENCE_NONE;
    if (floats.shaderSignedZeroInfNanPreserveFloat32)
        out->float_controls |= VYRE_FLOAT_SPECIALS;
    if (floats.shaderRoundingModeRTEFloat32 && floats.roundingModeIndependence != together)
        out->float_controls |= VYRE_FLOAT_ROUND_TO_EVEN;
    if (floats.shaderDenormPreserveFloat32 && floats.denormBehaviorIndependence != together)
        out->float_controls |= VYRE_FLOAT_SUBNORMALS;
    out->driver_id = (uint32_t)driver.driverID;
    memcpy(out->driver_name, driver.driverName, sizeof out->driver_name - 1);
    memcpy(out->driver_info, driver.driverInfo, sizeof out->driver_info - 1);
    memcpy(out->device_uuid, id.deviceUUID, VK_UUID_SIZE);
    memcpy(out->driver_uuid, id.driverUUID, VK_UUID_SIZE);
    out->max_allocation_size = maintenance.maxMemoryAllocationSize;
    out->max_buffer_size = maintenance_4.maxBufferSize;
    out->import_alignment = import.minImportedHostPointerAlignment;
    out->subgroup_size = subgroup.subgroupSize;
    out->subgroup_stages = subgroup.supportedStages;
    out->subgroup_operations = subgroup.supportedOperations;
    out->subgroup_sizes[0] = sizes.minSubgroupSize;
    out->subgroup_sizes[1] = sizes.maxSubgroupSize;
    out->subgroup_demanding = sizes.requiredSubgroupSizeStages;
    out->max_workgroup_subgroups = sizes.maxComputeWorkgroupSubgroups;
}

// The extension alone does not promise that a buffer with our usage takes such memory
// (VUID-VkBufferCreateInfo-pNext-00920).
static void take_import(const struct vk_api *api, VkPhysicalDevice physical,
                        struct vk_snapshot *out)
{
    if (!vk_snapshot_offers(out, VK_EXTENSION_HOST_IMPORT))
        return;
    static const VkExternalMemoryHandleTypeFlagBits pages =
        VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
    const VkPhysicalDeviceExternalBufferInfo info = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO,
        .usage = vk_buffer_usage,
        .handleType = pages,
    };
    VkExternalBufferProperties found = {
        .sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES,
    };
    api->vkGetPhysicalDeviceExternalBufferProperties(physical, &info, &found);
    const VkExternalMemoryProperties *memory = &found.externalMemoryProperties;
    // Imported memory is larger than the buffer may want it: no dedicated allocation.
    out->import_buffers =
        (memory->compatibleHandleTypes & pages) &&
        (memory->externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) &&
        !(memory->externalMemoryFeatures & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT);
}

static void take_features(const struct vk_api *api, VkPhysicalDevice physical,
                          struct vk_snapshot *out)
{
    struct vk_features features;
    vk_features_link(&features, out);
    api->vkGetPhysicalDeviceFeatures2(physical, &features.core);
    out->int64 = features.core.features.shaderInt64;
    out->int16 = features.core.features.shaderInt16;
    out->float64 = features.core.features.shaderFloat64;
    out->int8 = features.float16_int8.shaderInt8;
    out->float16 = features.float16_int8.shaderFloat16;
    out->storage_16bit = features.storage_16bit.storageBuffer16BitAccess;
    out->storage_8bit = features.storage_8bit.storageBuffer8BitAccess;
    out->timeline = features.timeline.timelineSemaphore;
    out->subgroup_size_control = features.subgroup_size.subgroupSizeControl;
    out->full_subgroups = features.subgroup_size.computeFullSubgroups;
    out->subgroup_flow = features.subgroup_flow.shaderSubgroupUniformControlFlow;
    out->memory_model = features.memory_model.vulkanMemoryModel;
    out->memory_model_device_scope = features.memory_model.vulkanMemoryModelDeviceScope;
    out->executable_info = features.executable.pipelineExecutableInfo;
}

enum vyre_result vk_snapshot_take(const struct vk_api *api, VkPhysicalDevice physical,
                                  uint32_t instance_version, struct vk_snapshot *out,
                                  VkResult *answer)
{
    memset(out, 0, sizeof *out);
    *answer = VK_SUCCESS;
    VkPhysicalDeviceProperties properties;
    api->vkGetPhysicalDeviceProperties(physical, &properties);
    memcpy(out->name, properties.deviceName, sizeof out->name - 1);
    out->type = properties.deviceType;
    out->api_version =
        properties.apiVersion < instance_version ? properties.apiVersion : instance_version;
    out->driver_version = properties.driverVersion;
    out->vendor_id = properties.vendorID;
    out->device_id = properties.deviceID;
    out->limits = properties.limits;
    memcpy(out->pipeline_cache_uuid, properties.pipelineCacheUUID, VK_UUID_SIZE);
    // The rest may only be asked of a device that speaks 1.1; the plan refuses the others.
    if (out->api_version < VK_API_VERSION_1_1)
        return VYRE_OK;

    enum vyre_result result = take_extensions(api, physical, out, answer);
    if (result != VYRE_OK || *answer != VK_SUCCESS)
        return result;
    take_properties(api, physical, out);
    take_import(api, physical, out);
    take_features(api, physical, out);
    out->queue_family_count = VK_SNAPSHOT_QUEUE_FAMILIES;
    api->vkGetPhysicalDeviceQueueFamilyProperties(physical, &out->queue_family_count,
                                                  out->queue_families);
    api->vkGetPhysicalDeviceMemoryProperties(physical, &out->memory);
    return VYRE_OK;
}
