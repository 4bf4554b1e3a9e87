// SPDX-License-Identifier: MIT
#include "kernel/build.h"

#include "base/memory.h"
#include "base/report.h"
#include "cache/store.h"
#include "ir/model.h"
#include "key.h"
#include "spirv/lower.h"
#include "words.h"

#include <time.h>

struct build {
    struct vyre_device *device;
    const struct vyre_kernel_params *params;
    const struct spv_recheck *recheck;
    struct vyre_cache *cache; // NULL: none
    struct vyre_target target;
    struct cache_key module_key;
    struct cache_key pipeline_key;
    struct kernel_code code;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static enum vyre_result validate(struct build *build)
{
    return vyre_program_validate(build->params->program,
                                 vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                                      .registry = build->params->registry,
                                                      .diag = build->params->diag));
}

static void make_keys(struct build *build)
{
    uint8_t identity[VK_DRIVER_IDENTITY_SIZE];
    kernel_key_module(build->params->program, &build->target, build->params, &build->module_key);
    vk_device_identity(build->device, identity);
    kernel_key_pipeline(&build->module_key, identity, sizeof identity, &build->pipeline_key);
}

// What the module says about itself must fit the program, by which a dispatch indexes, and the
// target, of which the pipeline is demanded.
static bool module_fits(const struct build *build)
{
    const struct vyre_module *module = build->code.module;
    struct vyre_module_info info;
    size_t count = 0;
    const uint32_t *words = vyre_module_words(module, &count);
    vyre_module_reflect(module, &info);
    for (size_t i = 0; i < info.binding_count; i++) {
        if (info.bindings[i].buffer >= build->params->program->buffer_count)
            return false;
    }
    if (info.subgroup_size && info.subgroup_size != build->target.full_subgroup_size)
        return false;
    return kernel_words_valid(words, count);
}

// VYRE_MISS: none that can be used.
static enum vyre_result take_module(struct build *build)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum vyre_result result =
        cache_get(build->cache, CACHE_KIND_SPIRV, &build->module_key, &bytes, &size);
    if (!result)
        result = spv_module_load(bytes, size, &build->code.module);
    memory_free(bytes);
    if (!result && !module_fits(build)) {
        vyre_module_destroy(&build->code.module);
        result = VYRE_MISS;
    }
    build->code.stats.module_cached = !result;
    return result;
}

static enum vyre_result lower(struct build *build)
{
    const struct vyre_kernel_params *params = build->params;
    return spv_lower_rechecked(
        params->program,
        vyre_compile_params(.target = &build->target, .no_optimize = params->no_optimize,
                            .debug_info = params->debug_info, .loop_budget = params->loop_budget,
                            .float_mode = params->float_mode, .registry = params->registry,
                            .capabilities = params->capabilities,
                            .capability_count = params->capability_count, .diag = params->diag),
        build->recheck, &build->code.module);
}

static void store_module(struct build *build)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!build->cache || spv_module_save(build->code.module, &bytes, &size))
        return; // a module that cannot be stored is as good as one that can
    cache_put(build->cache, CACHE_KIND_SPIRV, &build->module_key, bytes, size);
    memory_free(bytes);
}

static enum vyre_result make_pipeline(struct build *build, const uint8_t *blob, size_t blob_size)
{
    struct vyre_module_info info;
    size_t word_count = 0;
    const uint32_t *words = vyre_module_words(build->code.module, &word_count);
    vyre_module_reflect(build->code.module, &info);
    bool can_fault = info.fault_binding != UINT32_MAX;
    uint32_t *bindings = memory_calloc(info.binding_count + 1, sizeof *bindings);
    if (!bindings)
        return VYRE_ERR_NO_MEMORY;
    for (size_t i = 0; i < info.binding_count; i++)
        bindings[i] = info.bindings[i].binding;
    if (can_fault)
        bindings[info.binding_count] = info.fault_binding;
    const struct vk_pipeline_params params = {
        .words = words,
        .word_count = word_count,
        .bindings = bindings,
        .binding_count = info.binding_count + can_fault,
        .push_bytes = info.push_bytes,
        .subgroup_size = info.subgroup_size,
        .blob = blob,
        .blob_size = blob_size,
        .capture = build->params->capture,
        .diag = build->params->diag,
    };
    uint64_t start = now_ns();
    enum vyre_result result = vk_pipeline_create(build->device, &params, &build->code.pipeline);
    build->code.stats.pipeline_ns = now_ns() - start;
    build->code.stats.word_count = (uint32_t)word_count;
    memory_free(bindings);
    return result;
}

static void store_blob(struct build *build)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!build->cache || vk_pipeline_blob(build->code.pipeline, &bytes, &size))
        return; // the driver has none: the next start compiles again
    cache_put(build->cache, CACHE_KIND_PIPELINE, &build->pipeline_key, bytes, size);
    memory_free(bytes);
}

static enum vyre_result take_or_make_pipeline(struct build *build)
{
    uint8_t *blob = NULL;
    size_t size = 0;
    enum vyre_result result =
        cache_get(build->cache, CACHE_KIND_PIPELINE, &build->pipeline_key, &blob, &size);
    if (result < 0)
        return result;
    build->code.stats.pipeline_cached = result == VYRE_OK;
    result = make_pipeline(build, blob, size);
    memory_free(blob);
    return result;
}

static enum vyre_result run(struct build *build)
{
    uint64_t start = now_ns();
    enum vyre_result result = validate(build);
    if (result)
        return result;
    make_keys(build);
    result = take_module(build);
    if (result == VYRE_MISS) {
        result = lower(build);
        if (!result)
            store_module(build);
        build->code.stats.lower_ns = now_ns() - start;
    }
    if (!result)
        result = take_or_make_pipeline(build);
    if (!result && !build->code.stats.pipeline_cached)
        store_blob(build);
    return result;
}

enum vyre_result kernel_code_build(struct vyre_device *device,
                                   const struct vyre_kernel_params *params,
                                   const struct spv_recheck *recheck, struct kernel_code *out)
{
    struct build build = {
        .device = device,
        .params = params,
        .recheck = recheck,
        .cache = recheck ? NULL : params->cache,
    };
    *out = (struct kernel_code){ .module = NULL };
    enum vyre_result result = vyre_device_status(device);
    if (!result) {
        vyre_device_target(device, &build.target);
        result = run(&build);
    }
    if (result)
        kernel_code_fini(&build.code);
    else
        *out = build.code;
    return result;
}

void kernel_code_fini(struct kernel_code *code)
{
    vk_pipeline_unref(&code->pipeline);
    vyre_module_destroy(&code->module);
    *code = (struct kernel_code){ .module = NULL };
}
