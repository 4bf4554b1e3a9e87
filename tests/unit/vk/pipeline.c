// SPDX-License-Identifier: MIT
// What pipelines ask of a driver for full subgroups, from a driver made up here: a CPU's are too
// narrow for the language, so no test on one comes there.
#include "object.h"
#include "test.h"

// What the driver was asked for.
static struct {
    unsigned pipelines;
    VkPipelineShaderStageCreateFlags flags;
    uint32_t demanded; // the size; 0: none
} asked;

static VKAPI_ATTR VkResult VKAPI_CALL create_layout(VkDevice device,
                                                    const VkPipelineLayoutCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator,
                                                    VkPipelineLayout *out)
{
    (void)device;
    (void)info;
    (void)allocator;
    *out = VK_NULL_HANDLE;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_cache(VkDevice device,
                                                   const VkPipelineCacheCreateInfo *info,
                                                   const VkAllocationCallbacks *allocator,
                                                   VkPipelineCache *out)
{
    (void)device;
    (void)info;
    (void)allocator;
    *out = VK_NULL_HANDLE;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_module(VkDevice device,
                                                    const VkShaderModuleCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator,
                                                    VkShaderModule *out)
{
    (void)device;
    (void)info;
    (void)allocator;
    *out = VK_NULL_HANDLE;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_pipelines(VkDevice device, VkPipelineCache cache,
                                                       uint32_t count,
                                                       const VkComputePipelineCreateInfo *infos,
                                                       const VkAllocationCallbacks *allocator,
                                                       VkPipeline *out)
{
    (void)device;
    (void)cache;
    (void)allocator;
    assert_int_equal(count, 1);
    const VkPipelineShaderStageCreateInfo *stage = &infos->stage;
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo *size = stage->pNext;
    asked.pipelines++;
    asked.flags = stage->flags;
    asked.demanded = 0;
    if (size) {
        assert_int_equal(
            size->sType,
            VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO);
        assert_null(size->pNext);
        asked.demanded = size->requiredSubgroupSize;
    }
    *out = VK_NULL_HANDLE;
    return VK_SUCCESS;
}

#define DESTROY(name, type)                                                                        \
    static VKAPI_ATTR void VKAPI_CALL name(VkDevice device, type object,                           \
                                           const VkAllocationCallbacks *allocator)                 \
    {                                                                                              \
        (void)device;                                                                              \
        (void)object;                                                                              \
        (void)allocator;                                                                           \
    }
DESTROY(destroy_module, VkShaderModule)
DESTROY(destroy_pipeline, VkPipeline)
DESTROY(destroy_cache, VkPipelineCache)
DESTROY(destroy_layout, VkPipelineLayout)
DESTROY(destroy_set_layout, VkDescriptorSetLayout)

// A pipeline whose module wants `wanted`, on a device with full subgroups of `full`.
static enum vyre_result create(uint32_t full, bool demands, uint32_t wanted)
{
    static struct vyre_device device;
    static const uint32_t words[6] = { 0x07230203 };
    struct vk_pipeline *pipeline;
    atomic_store(&device.refs, 1);
    atomic_store(&device.status, VYRE_OK);
    device.candidate.plan.target.full_subgroup_size = full;
    device.candidate.plan.demands_subgroup_size = demands;
    device.api.vkCreatePipelineLayout = create_layout;
    device.api.vkCreatePipelineCache = create_cache;
    device.api.vkCreateShaderModule = create_module;
    device.api.vkCreateComputePipelines = create_pipelines;
    device.api.vkDestroyShaderModule = destroy_module;
    device.api.vkDestroyPipeline = destroy_pipeline;
    device.api.vkDestroyPipelineCache = destroy_cache;
    device.api.vkDestroyPipelineLayout = destroy_layout;
    device.api.vkDestroyDescriptorSetLayout = destroy_set_layout;
    asked.pipelines = 0;
    enum vyre_result result =
        vk_pipeline_create(&device,
                           &(const struct vk_pipeline_params){
                               .words = words, .word_count = 6, .subgroup_size = wanted },
                           &pipeline);
    vk_pipeline_unref(&pipeline);
    assert_int_equal(atomic_load(&device.refs), 1);
    return result;
}

static void full_subgroups_are_required(void **state)
{
    (void)state;
    static const struct {
        uint32_t full;
        bool demands;
        uint32_t wanted, demanded;
    } cases[] = {
        { 0, false, 0, 0 },   { 32, false, 0, 0 },  { 32, true, 0, 0 },
        { 32, false, 32, 0 }, { 32, true, 32, 32 }, { 64, false, 64, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_result(VYRE_OK, create(cases[i].full, cases[i].demands, cases[i].wanted));
        assert_int_equal(asked.pipelines, 1);
        assert_int_equal(
            asked.flags,
            cases[i].wanted ? VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT : 0);
        assert_int_equal(asked.demanded, cases[i].demanded);
    }
}

static void what_the_device_lacks_is_not_asked_for(void **state)
{
    (void)state;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, create(0, false, 32));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, create(32, true, 64));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, create(64, false, 32));
    assert_int_equal(asked.pipelines, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_subgroups_are_required),
        cmocka_unit_test(what_the_device_lacks_is_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
