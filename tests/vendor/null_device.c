// SPDX-License-Identifier: MIT
#include "null_device.h"

#include "feature_chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool failed(const char *call, VkResult result)
{
    if (result == VK_SUCCESS)
        return false;
    printf("%s returned %d\n", call, (int)result);
    return true;
}

// ---- Vendors ----------------------------------------------------------------------------------

// The driver's names of what is counted; two names are summed.
struct vendor {
    uint32_t id; // PCI
    uint32_t count;
    const char *statistics[KERNEL_MOST_COUNTS][2];
};

static const struct vendor vendors[] = {
    { 0x1002,
      6,
      { { "Instructions" },
        { "SGPRs" },
        { "VGPRs" },
        { "Spilled SGPRs", "Spilled VGPRs" },
        { "LDS size" },
        { "Code size" } } },
    { 0x8086,
      4,
      { { "Instruction Count" },
        { "SEND Count" },
        { "Spill Count", "Fill Count" },
        { "Cycle Count" } } },
};

static const struct vendor *find_vendor(uint32_t id)
{
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        if (vendors[i].id == id)
            return &vendors[i];
    printf("which statistics a driver of vendor %#x has is not known\n", id);
    return NULL;
}

uint32_t null_device_counts(const struct null_device *device)
{
    return device->vendor->count;
}

// ---- Opening ----------------------------------------------------------------------------------

// A driver without memory types would be refused by the plan; everything else is the hardware's.
static void lend_memory(VkPhysicalDeviceMemoryProperties *memory)
{
    if (memory->memoryTypeCount > 0)
        return;
    *memory = (VkPhysicalDeviceMemoryProperties){
        .memoryTypeCount = 1,
        .memoryTypes = { { .propertyFlags = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT |
                                            VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                            VK_MEMORY_PROPERTY_HOST_COHERENT_BIT } },
        .memoryHeapCount = 1,
        .memoryHeaps = { { .size = UINT64_C(8) << 30, .flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT } },
    };
}

static bool create(struct null_device *device, VkPhysicalDevice physical)
{
    struct vk_features features;
    vk_features_link(&features, &device->snapshot);
    vk_features_enable(&features, &device->plan);
    const char *extensions[VK_EXTENSION_COUNT];
    uint32_t extension_count = 0;
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        if (device->plan.extensions[i])
            extensions[extension_count++] = vk_extension_name((enum vk_extension)i);
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = device->plan.queue_family,
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
    if (failed("vkCreateDevice",
               device->api.vkCreateDevice(physical, &info, NULL, &device->handle)))
        return false;
    if (vk_api_load_device(&device->api, device->handle, NULL) != VYRE_OK)
        return false;
    PFN_vkGetDeviceProcAddr get = device->api.vkGetDeviceProcAddr;
#define GET(name) (PFN_##name)(void (*)(void)) get(device->handle, #name)
    device->properties = GET(vkGetPipelineExecutablePropertiesKHR);
    device->statistics = GET(vkGetPipelineExecutableStatisticsKHR);
    device->representations = GET(vkGetPipelineExecutableInternalRepresentationsKHR);
#undef GET
    return device->properties && device->statistics && device->representations;
}

bool null_device_open(struct null_device *device)
{
    *device = (struct null_device){ 0 };
    VkPhysicalDevice *physical = NULL;
    uint32_t count = 0;
    bool refused = false;
    VkResult answer = VK_SUCCESS;
    bool ok = vk_instance_init(&device->instance, NULL, false, &(struct vyre_log){ 0 }, NULL) ==
                  VYRE_OK &&
              vk_instance_devices(&device->instance, &physical, &count, NULL) == VYRE_OK &&
              vk_snapshot_take(&device->instance.api, physical[0], device->instance.api_version,
                               &device->snapshot, &answer) == VYRE_OK &&
              answer == VK_SUCCESS;
    if (ok) {
        device->vendor = find_vendor(device->snapshot.vendor_id);
        lend_memory(&device->snapshot.memory);
        vk_plan_make(&device->snapshot, NULL, &device->plan);
        if (!device->plan.usable)
            printf("%s: %s\n", device->snapshot.name, device->plan.refusal);
        ok = device->vendor && device->plan.usable && create(device, physical[0]);
        refused = !ok;
    }
    vyre_free(physical);
    if (!ok)
        null_device_close(device);
    device->refused = refused;
    return ok;
}

void null_device_close(struct null_device *device)
{
    if (device->handle)
        device->api.vkDestroyDevice(device->handle, NULL);
    vk_instance_fini(&device->instance);
    *device = (struct null_device){ 0 };
}

// ---- Compiling --------------------------------------------------------------------------------

struct parts {
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkShaderModule module;
    VkPipeline pipeline;
};

static bool make_layout(struct null_device *device, const struct kernel_shape *kernel,
                        struct parts *parts)
{
    VkDescriptorSetLayoutBinding bindings[64] = { 0 };
    if (kernel->binding_count > sizeof bindings / sizeof *bindings)
        return false;
    for (uint32_t i = 0; i < kernel->binding_count; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    const VkDescriptorSetLayoutCreateInfo set = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = kernel->binding_count,
        .pBindings = bindings,
    };
    const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 0, kernel->push_bytes };
    if (failed("vkCreateDescriptorSetLayout",
               device->api.vkCreateDescriptorSetLayout(device->handle, &set, NULL, &parts->set)))
        return false;
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &parts->set,
        .pushConstantRangeCount = kernel->push_bytes ? 1 : 0,
        .pPushConstantRanges = &push,
    };
    return !failed("vkCreatePipelineLayout", device->api.vkCreatePipelineLayout(
                                                 device->handle, &layout, NULL, &parts->layout));
}

static bool make_pipeline(struct null_device *device, const struct kernel_shape *kernel,
                          bool want_isa, struct parts *parts)
{
    const VkShaderModuleCreateInfo module = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = kernel->word_count * sizeof *kernel->words,
        .pCode = kernel->words,
    };
    if (failed("vkCreateShaderModule",
               device->api.vkCreateShaderModule(device->handle, &module, NULL, &parts->module)))
        return false;
    const bool full = kernel->subgroup_size != 0;
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo demanded = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = kernel->subgroup_size,
    };
    const VkComputePipelineCreateInfo pipeline = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR |
                 (want_isa ? VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR : 0u),
        .stage = { .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                   .pNext = full && device->plan.demands_subgroup_size ? &demanded : NULL,
                   .flags = full ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0u,
                   .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                   .module = parts->module,
                   .pName = "main" },
        .layout = parts->layout,
    };
    return !failed("vkCreateComputePipelines",
                   device->api.vkCreateComputePipelines(device->handle, VK_NULL_HANDLE, 1,
                                                        &pipeline, NULL, &parts->pipeline));
}

// ---- What the compiler tells ------------------------------------------------------------------

static void take(const struct vendor *vendor, const char *name, uint64_t value,
                 struct kernel_cost *cost)
{
    for (uint32_t i = 0; i < vendor->count; i++)
        for (int part = 0; part < 2; part++)
            if (vendor->statistics[i][part] && strcmp(name, vendor->statistics[i][part]) == 0)
                cost->counts[i] += value;
}

static bool read_cost(struct null_device *device, VkPipeline pipeline, struct kernel_cost *cost)
{
    *cost = (struct kernel_cost){ 0 };
    VkPipelineExecutableStatisticKHR items[64];
    for (size_t i = 0; i < 64; i++)
        items[i] = (VkPipelineExecutableStatisticKHR){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR
        };
    uint32_t count = 64;
    const VkPipelineExecutableInfoKHR which = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
        .pipeline = pipeline,
    };
    if (failed("vkGetPipelineExecutableStatisticsKHR",
               device->statistics(device->handle, &which, &count, items)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        take(device->vendor, items[i].name, items[i].value.u64, cost);
    return cost->counts[0] > 0;
}

// The representation that is the machine's code is the last one with text.
static char *read_isa(struct null_device *device, VkPipeline pipeline)
{
    VkPipelineExecutableInternalRepresentationKHR items[16];
    for (size_t i = 0; i < 16; i++)
        items[i] = (VkPipelineExecutableInternalRepresentationKHR){
            .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR
        };
    uint32_t count = 16;
    const VkPipelineExecutableInfoKHR which = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
        .pipeline = pipeline,
    };
    if (failed("vkGetPipelineExecutableInternalRepresentationsKHR",
               device->representations(device->handle, &which, &count, items)))
        return NULL;
    char *isa = NULL;
    for (uint32_t i = 0; i < count; i++) {
        items[i].pData = calloc(1, items[i].dataSize + 1);
        if (!items[i].pData)
            abort();
    }
    if (!failed("vkGetPipelineExecutableInternalRepresentationsKHR",
                device->representations(device->handle, &which, &count, items)) &&
        count > 0) {
        isa = items[count - 1].pData;
        items[count - 1].pData = NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        free(items[i].pData);
    return isa;
}

bool null_device_compile(struct null_device *device, const struct kernel_shape *kernel,
                         struct kernel_cost *cost, char **isa)
{
    struct parts parts = { 0 };
    bool ok = make_layout(device, kernel, &parts) &&
              make_pipeline(device, kernel, isa != NULL, &parts) &&
              read_cost(device, parts.pipeline, cost);
    if (isa)
        *isa = ok ? read_isa(device, parts.pipeline) : NULL;
    device->api.vkDestroyPipeline(device->handle, parts.pipeline, NULL);
    device->api.vkDestroyShaderModule(device->handle, parts.module, NULL);
    device->api.vkDestroyPipelineLayout(device->handle, parts.layout, NULL);
    device->api.vkDestroyDescriptorSetLayout(device->handle, parts.set, NULL);
    return ok && (!isa || *isa);
}
