// SPDX-License-Identifier: MIT
#include "kernel.h"

#include "base/memory.h"
#include "base/report.h"
#include "ir/collective.h"

static void release(struct vyre_kernel *kernel)
{
    kernel_faults_fini(&kernel->faults);
    kernel_code_fini(&kernel->code);
    kernel_parts_fini(&kernel->parts);
    vyre_program_destroy(&kernel->program);
    vyre_device_destroy(&kernel->device);
    memory_free(kernel);
}

static enum vyre_result build(struct vyre_kernel *kernel, const struct vyre_kernel_params *params,
                              const struct spv_recheck *recheck)
{
    if (ir_find_grid_sync(params->program))
        return kernel_parts_build(kernel->device, params, recheck, &kernel->parts,
                                  &kernel->code.stats);
    enum vyre_result result = kernel_code_build(kernel->device, params, recheck, &kernel->code);
    if (result)
        return result;
    vyre_module_reflect(kernel->code.module, &kernel->info);
    if (kernel->info.param_count) {
        diag_report(params->diag, DIAG_K009, NULL, "the program has %u launch parameters",
                    kernel->info.param_count);
        return VYRE_ERR_UNSUPPORTED;
    }
    return VYRE_OK;
}

// The program that is compiled: a device is the only rank of its collectives, and code of ops
// stands where they were called.
static enum vyre_result take_program(const struct vyre_kernel_params *params,
                                     struct vyre_program **out)
{
    const struct vyre_program *program = params->program;
    if (ir_find_collective(program) && !ir_find_multi_rank(program)) {
        enum vyre_result result = ir_lower_collectives(program, out);
        if (result)
            return result;
    } else {
        // Programs are immutable but for their reference count, which is atomic.
        *out = vyre_program_ref((struct vyre_program *)program);
    }
    if (!params->registry)
        return VYRE_OK;
    struct vyre_program *called = *out;
    enum vyre_result result = vyre_registry_inline(params->registry, called, params->capabilities,
                                                   params->capability_count, params->diag, out);
    vyre_program_destroy(&called);
    return result;
}

enum vyre_result kernel_create(struct vyre_device *device, const struct vyre_kernel_params *params,
                               const struct spv_recheck *recheck, struct vyre_kernel **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!device || !params || !params->program ||
        (params->capability_count > 0 && !params->capabilities))
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vyre_kernel *kernel = memory_calloc(1, sizeof *kernel);
    if (!kernel)
        return VYRE_ERR_NO_MEMORY;
    enum vyre_result result = kernel_faults_init(&kernel->faults, device);
    if (result) {
        memory_free(kernel);
        return result;
    }
    atomic_init(&kernel->references, 1);
    kernel->device = vyre_device_ref(device);
    vyre_device_target(device, &kernel->target);
    const uint32_t budget = params->loop_budget ? params->loop_budget : VYRE_DEFAULT_LOOP_BUDGET;
    if (kernel->target.loop_limit < budget)
        kernel->driver_limit = kernel->target.loop_limit;
    vk_device_max_grid(device, kernel->max_grid);
    result = take_program(params, &kernel->program);
    struct vyre_kernel_params own = *params;
    own.program = kernel->program;
    if (result == VYRE_OK)
        result = build(kernel, &own, recheck);
    if (result)
        release(kernel);
    else
        *out = kernel;
    return result;
}

enum vyre_result vyre_kernel_create(struct vyre_device *device,
                                    const struct vyre_kernel_params *params,
                                    struct vyre_kernel **out)
{
    return kernel_create(device, params, NULL, out);
}

void vyre_kernel_get_stats(const struct vyre_kernel *kernel, struct vyre_kernel_stats *out)
{
    *out = kernel->code.stats;
}

enum vyre_result vyre_kernel_tell_code(const struct vyre_kernel *kernel, vyre_code_fact_fn *tell,
                                       void *user)
{
    if (!kernel || !tell)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (!kernel->parts.count)
        return vk_pipeline_tell(kernel->code.pipeline, tell, user);
    enum vyre_result result = VYRE_OK;
    for (size_t i = 0; !result && i < kernel->parts.count; i++)
        result = vk_pipeline_tell(kernel->parts.kernels[i]->code.pipeline, tell, user);
    return result;
}

struct vyre_kernel *vyre_kernel_ref(struct vyre_kernel *kernel)
{
    if (kernel)
        atomic_fetch_add_explicit(&kernel->references, 1, memory_order_relaxed);
    return kernel;
}

void vyre_kernel_destroy(struct vyre_kernel **kernel)
{
    if (!kernel || !*kernel)
        return;
    struct vyre_kernel *dropped = *kernel;
    *kernel = NULL;
    // Acquire and release: the last owner sees what the others did before they let go.
    if (atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) == 1)
        release(dropped);
}
