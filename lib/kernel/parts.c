// SPDX-License-Identifier: MIT
#include "parts.h"

#include "base/memory.h"
#include "kernel/build.h"

// ---- Building -----------------------------------------------------------------------------------

static void add_stats(struct vyre_kernel_stats *sum, const struct vyre_kernel *kernel)
{
    struct vyre_kernel_stats own;
    vyre_kernel_get_stats(kernel, &own);
    sum->module_cached = sum->module_cached && own.module_cached;
    sum->pipeline_cached = sum->pipeline_cached && own.pipeline_cached;
    sum->lower_ns += own.lower_ns;
    sum->pipeline_ns += own.pipeline_ns;
    sum->word_count += own.word_count;
}

static enum vyre_result build_kernels(struct vyre_device *device,
                                      const struct vyre_kernel_params *params,
                                      const struct spv_recheck *recheck, struct kernel_parts *parts,
                                      struct vyre_kernel_stats *stats)
{
    const size_t count = vyre_grid_split_count(parts->split);
    parts->kernels = memory_calloc(count, sizeof(struct vyre_kernel *));
    if (!parts->kernels)
        return VYRE_ERR_NO_MEMORY;
    *stats = (struct vyre_kernel_stats){ .module_cached = true, .pipeline_cached = true };
    struct vyre_kernel_params own = *params;
    for (size_t i = 0; i < count; i++) {
        own.program = vyre_grid_split_program(parts->split, i);
        enum vyre_result result = kernel_create(device, &own, recheck, &parts->kernels[i]);
        if (result)
            return result;
        parts->count++;
        add_stats(stats, parts->kernels[i]);
    }
    return VYRE_OK;
}

enum vyre_result kernel_parts_build(struct vyre_device *device,
                                    const struct vyre_kernel_params *params,
                                    const struct spv_recheck *recheck, struct kernel_parts *out,
                                    struct vyre_kernel_stats *stats)
{
    *out = (struct kernel_parts){ .split = NULL };
    enum vyre_result result =
        vyre_program_split_grid_sync(params->program, params->registry, params->diag, &out->split);
    if (!result)
        result = build_kernels(device, params, recheck, out, stats);
    if (result)
        kernel_parts_fini(out);
    return result;
}

void kernel_parts_fini(struct kernel_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        vyre_kernel_destroy(&parts->kernels[i]);
    memory_free(parts->kernels);
    vyre_grid_split_destroy(&parts->split);
    *parts = (struct kernel_parts){ .split = NULL };
}

// ---- Dispatch -----------------------------------------------------------------------------------

// The arguments of a part among those of the program. Returns their number.
static size_t choose(const struct kernel_parts *parts, size_t part,
                     const struct vyre_argument *const *by_buffer, struct vyre_argument *out)
{
    const size_t count = vyre_program_buffer_count(vyre_grid_split_program(parts->split, part));
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        const struct vyre_argument *argument =
            by_buffer[vyre_grid_split_buffer(parts->split, part, i)];
        if (argument)
            out[chosen++] = *argument;
    }
    return chosen;
}

enum vyre_result kernel_parts_dispatch(const struct kernel_parts *parts,
                                       const struct vyre_program *program,
                                       const struct vyre_dispatch_params *params,
                                       const uint32_t grid[3], struct vyre_ticket **tickets)
{
    const size_t buffers = (size_t)program->buffer_count + 1;
    const struct vyre_argument **by_buffer = memory_calloc(buffers, sizeof *by_buffer);
    struct vyre_argument *own = memory_calloc(buffers, sizeof *own);
    enum vyre_result result = by_buffer && own ? VYRE_OK : VYRE_ERR_NO_MEMORY;
    const struct vyre_argument *next = params->arguments;
    for (uint32_t i = 0; !result && i < program->buffer_count; i++)
        if (program->buffers[i].access != VYRE_ACCESS_WORKGROUP)
            by_buffer[i] = next++;
    for (size_t part = 0; !result && part < parts->count; part++) {
        const struct vyre_dispatch_params of_part = {
            .arguments = own,
            .argument_count = choose(parts, part, by_buffer, own),
            .grid = { grid[0], grid[1], grid[2] },
            .diag = params->diag,
        };
        result = vyre_dispatch(parts->kernels[part], &of_part, &tickets[part]);
    }
    memory_free(by_buffer);
    memory_free(own);
    return result;
}
