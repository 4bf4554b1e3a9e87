// SPDX-License-Identifier: MIT
#include "object.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

#include <string.h>

static const uint32_t spirv_magic = 0x07230203;
enum { SPIRV_HEADER_WORDS = 5 };

static struct vk_pipeline *pipeline_of(struct vk_life *life)
{
    return (struct vk_pipeline *)((char *)life - offsetof(struct vk_pipeline, life));
}

static void release(struct vk_life *life)
{
    struct vk_pipeline *pipeline = pipeline_of(life);
    struct vyre_device *device = life->device;
    if (!device->abandoned) {
        device->api.vkDestroyPipeline(device->handle, pipeline->handle, NULL);
        device->api.vkDestroyPipelineCache(device->handle, pipeline->cache, NULL);
        device->api.vkDestroyPipelineLayout(device->handle, pipeline->layout, NULL);
        device->api.vkDestroyDescriptorSetLayout(device->handle, pipeline->set_layout, NULL);
    }
    memory_free(pipeline);
}

static enum vyre_result check_params(const struct vyre_device *device,
                                     const struct vk_pipeline_params *params)
{
    const struct vyre_target *target = &device->candidate.plan.target;
    if (!params->words || params->word_count <= SPIRV_HEADER_WORDS ||
        params->words[0] != spirv_magic || (params->binding_count && !params->bindings) ||
        params->push_bytes % 4 || params->word_count > SIZE_MAX / sizeof(uint32_t))
        return VYRE_ERR_INVALID_ARGUMENT;
    // The compiler asks for what the target has.
    if (params->subgroup_size && params->subgroup_size != target->full_subgroup_size)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (params->binding_count > target->max_storage_buffers) {
        diag_report(params->diag, DIAG_D010, NULL, "%zu storage buffers; the device binds %u",
                    params->binding_count, target->max_storage_buffers);
        return VYRE_ERR_LIMIT;
    }
    if (params->push_bytes > target->max_push_bytes) {
        diag_report(params->diag, DIAG_D010, NULL,
                    "%u bytes of launch parameters; the device "
                    "takes %u",
                    params->push_bytes, target->max_push_bytes);
        return VYRE_ERR_LIMIT;
    }
    for (size_t i = 0; i < params->binding_count; i++)
        for (size_t k = 0; k < i; k++)
            if (params->bindings[i] == params->bindings[k])
                return VYRE_ERR_INVALID_ARGUMENT;
    return VYRE_OK;
}

// Drivers check the header of a blob themselves, some of them badly; a foreign one never gets
// there.
static bool blob_is_ours(const struct vyre_device *device, const uint8_t *blob, size_t size)
{
    const struct vk_snapshot *snapshot = &device->candidate.snapshot;
    VkPipelineCacheHeaderVersionOne header;
    if (!blob || size < sizeof header)
        return false;
    memcpy(&header, blob, sizeof header); // a host-order header, written by this driver
    return header.headerSize >= sizeof header && header.headerSize <= size &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == snapshot->vendor_id && header.deviceID == snapshot->device_id &&
           memcmp(header.pipelineCacheUUID, snapshot->pipeline_cache_uuid, VK_UUID_SIZE) == 0;
}

static enum vyre_result make_layouts(struct vk_pipeline *pipeline,
                                     const struct vyre_diag_sink *diag)
{
    struct vyre_device *device = pipeline->life.device;
    enum vyre_result result = VYRE_OK;
    if (pipeline->binding_count) {
        VkDescriptorSetLayoutBinding *bindings =
            memory_calloc(pipeline->binding_count, sizeof *bindings);
        if (!bindings)
            return VYRE_ERR_NO_MEMORY;
        for (size_t i = 0; i < pipeline->binding_count; i++)
            bindings[i] = (VkDescriptorSetLayoutBinding){
                .binding = pipeline->bindings[i],
                .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                .descriptorCount = 1,
                .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
            };
        const VkDescriptorSetLayoutCreateInfo set = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
            .bindingCount = (uint32_t)pipeline->binding_count,
            .pBindings = bindings,
        };
        VkResult created = device->api.vkCreateDescriptorSetLayout(device->handle, &set, NULL,
                                                                   &pipeline->set_layout);
        if (created != VK_SUCCESS)
            pipeline->set_layout = VK_NULL_HANDLE;
        memory_free(bindings);
        result = vk_device_check(device, diag, "vkCreateDescriptorSetLayout", created);
        if (result != VYRE_OK)
            return result;
    }
    const VkPushConstantRange push = {
        .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        .size = pipeline->push_bytes,
    };
    const VkPipelineLayoutCreateInfo layout = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = pipeline->set_layout ? 1 : 0,
        .pSetLayouts = &pipeline->set_layout,
        .pushConstantRangeCount = pipeline->push_bytes ? 1 : 0,
        .pPushConstantRanges = &push,
    };
    VkResult created =
        device->api.vkCreatePipelineLayout(device->handle, &layout, NULL, &pipeline->layout);
    if (created != VK_SUCCESS)
        pipeline->layout = VK_NULL_HANDLE;
    return vk_device_check(device, diag, "vkCreatePipelineLayout", created);
}

static enum vyre_result make_cache(struct vk_pipeline *pipeline,
                                   const struct vk_pipeline_params *params)
{
    struct vyre_device *device = pipeline->life.device;
    bool warm = blob_is_ours(device, params->blob, params->blob_size);
    const VkPipelineCacheCreateInfo cache = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = warm ? params->blob_size : 0,
        .pInitialData = warm ? params->blob : NULL,
    };
    VkResult created =
        device->api.vkCreatePipelineCache(device->handle, &cache, NULL, &pipeline->cache);
    if (created != VK_SUCCESS)
        pipeline->cache = VK_NULL_HANDLE;
    return vk_device_check(device, params->diag, "vkCreatePipelineCache", created);
}

static enum vyre_result make_pipeline(struct vk_pipeline *pipeline,
                                      const struct vk_pipeline_params *params)
{
    struct vyre_device *device = pipeline->life.device;
    struct vk_api *api = &device->api;
    const VkShaderModuleCreateInfo code = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = params->word_count * sizeof *params->words,
        .pCode = params->words,
    };
    VkShaderModule module = VK_NULL_HANDLE;
    VkResult created = api->vkCreateShaderModule(device->handle, &code, NULL, &module);
    if (created != VK_SUCCESS)
        return vk_device_check(device, params->diag, "vkCreateShaderModule", created);
    const bool full = params->subgroup_size != 0;
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo demanded = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = params->subgroup_size,
    };
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE |
                 (pipeline->captured ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0),
        .stage = {
            .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
            .pNext = full && device->candidate.plan.demands_subgroup_size ? &demanded : NULL,
            .flags = full ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0u,
            .stage = VK_SHADER_STAGE_COMPUTE_BIT,
            .module = module,
            .pName = "main",
        },
        .layout = pipeline->layout,
    };
    created = api->vkCreateComputePipelines(device->handle, pipeline->cache, 1, &info, NULL,
                                            &pipeline->handle);
    if (created != VK_SUCCESS)
        pipeline->handle = VK_NULL_HANDLE;
    api->vkDestroyShaderModule(device->handle, module, NULL);
    return vk_device_check(device, params->diag, "vkCreateComputePipelines", created);
}

enum vyre_result vk_pipeline_create(struct vyre_device *device,
                                    const struct vk_pipeline_params *params,
                                    struct vk_pipeline **out)
{
    *out = NULL;
    enum vyre_result result = vk_device_status(device);
    if (result == VYRE_OK)
        result = check_params(device, params);
    if (result != VYRE_OK)
        return result;
    // check_params bounded the count by a 32-bit limit of the device.
    size_t bytes = params->binding_count * sizeof *params->bindings;
    struct vk_pipeline *pipeline = memory_calloc(1, sizeof *pipeline + bytes);
    if (!pipeline)
        return VYRE_ERR_NO_MEMORY;
    vk_life_init(&pipeline->life, device, release);
    pipeline->push_bytes = params->push_bytes;
    pipeline->captured = params->capture && device->candidate.plan.executable_info;
    pipeline->binding_count = params->binding_count;
    if (bytes)
        memcpy(pipeline->bindings, params->bindings, bytes);
    result = make_layouts(pipeline, params->diag);
    if (result == VYRE_OK)
        result = make_cache(pipeline, params);
    if (result == VYRE_OK)
        result = make_pipeline(pipeline, params);
    if (result != VYRE_OK) {
        vk_life_unref(&pipeline->life);
        return result;
    }
    *out = pipeline;
    return VYRE_OK;
}

enum vyre_result vk_pipeline_blob(const struct vk_pipeline *pipeline, uint8_t **out, size_t *size)
{
    static const char call[] = "vkGetPipelineCacheData";
    struct vyre_device *device = pipeline->life.device;
    *out = NULL;
    *size = 0;
    enum vyre_result result = vk_device_status(device);
    if (result != VYRE_OK)
        return result;
    VkResult got = VK_INCOMPLETE;
    uint8_t *bytes = NULL;
    size_t count = 0;
    // The data may grow between the two calls; then VK_INCOMPLETE asks for another round.
    for (int round = 0; round < 4 && got == VK_INCOMPLETE; round++) {
        memory_free(bytes);
        bytes = NULL;
        got = device->api.vkGetPipelineCacheData(device->handle, pipeline->cache, &count, NULL);
        if (got != VK_SUCCESS || !count)
            break;
        bytes = memory_alloc(count);
        if (!bytes)
            return VYRE_ERR_NO_MEMORY;
        got = device->api.vkGetPipelineCacheData(device->handle, pipeline->cache, &count, bytes);
    }
    if (got == VK_SUCCESS && count) {
        *out = bytes;
        *size = count;
        return VYRE_OK;
    }
    memory_free(bytes);
    return got < 0 ? vk_device_check(device, NULL, call, got) : VYRE_MISS;
}

struct vk_pipeline *vk_pipeline_ref(struct vk_pipeline *pipeline)
{
    vk_life_ref(&pipeline->life);
    return pipeline;
}

void vk_pipeline_unref(struct vk_pipeline **pipeline)
{
    if (!pipeline || !*pipeline)
        return;
    struct vk_pipeline *gone = *pipeline;
    *pipeline = NULL;
    vk_life_unref(&gone->life);
}
