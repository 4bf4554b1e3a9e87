// SPDX-License-Identifier: MIT
// Dispatch: check, decide, bind, submit slice by slice; and the ticket that waits for it.
#include "arguments.h"
#include "kernel.h"
#include "slice.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

struct vyre_ticket {
    struct vyre_kernel *kernel; // referenced
    uint64_t point;             // of the last slice
    bool linear;                // workgroup numbers count through the whole grid
    struct kernel_fault_slot fault;
    struct vyre_ticket **parts; // owned, each too; of the kernel's parts, the last one ends last
};

// A dispatch on its way to the queue.
struct launch {
    struct vyre_kernel *kernel;
    const struct vyre_dispatch_params *params;
    struct kernel_range *ranges; // owned; one per declared buffer
    struct vk_range *bound;      // owned; one per binding
    uint32_t *push;              // owned; byte lengths, and what follows from them
    struct vk_bindings *bindings;
    struct kernel_slices slices;
    struct vyre_ticket *ticket; // borrowed
};

static void launch_fini(struct launch *launch)
{
    vk_bindings_unref(&launch->bindings);
    memory_free(launch->ranges);
    memory_free(launch->bound);
    memory_free(launch->push);
}

static enum vyre_result allocate(struct launch *launch)
{
    const struct vyre_module_info *info = &launch->kernel->info;
    launch->ranges = memory_calloc(launch->kernel->program->buffer_count, sizeof *launch->ranges);
    launch->bound = memory_calloc(info->binding_count + 1, sizeof *launch->bound);
    launch->push = memory_calloc(info->push_bytes / 4, sizeof *launch->push);
    return launch->ranges && launch->bound && launch->push ? VYRE_OK : VYRE_ERR_NO_MEMORY;
}

static enum vyre_result decide_grid(struct launch *launch, uint32_t grid[3])
{
    const struct vyre_kernel *kernel = launch->kernel;
    enum vyre_result result = kernel_arguments_check(
        kernel->program, kernel->target.max_storage_range, launch->params, launch->ranges);
    if (!result)
        result = kernel_grid_decide(kernel->program, kernel->max_grid, launch->params,
                                    launch->ranges, grid);
    return result;
}

static enum vyre_result decide(struct launch *launch)
{
    const struct vyre_kernel *kernel = launch->kernel;
    uint32_t grid[3];
    enum vyre_result result = decide_grid(launch, grid);
    if (result)
        return result;
    const uint32_t *size = kernel->info.workgroup_size;
    kernel_slices_plan(grid, (uint64_t)size[0] * size[1] * size[2], KERNEL_SLICE_INVOCATIONS,
                       &launch->slices);
    if (launch->slices.total > KERNEL_SLICE_MAX) {
        diag_report(launch->params->diag, DIAG_K005, NULL,
                    "a grid of %u x %u x %u workgroups would take more than %d submissions",
                    grid[0], grid[1], grid[2], KERNEL_SLICE_MAX);
        return VYRE_ERR_LIMIT;
    }
    return VYRE_OK;
}

// An empty range still needs something behind its binding; its length says that nothing is there.
static struct vk_range bindable(const struct kernel_range *range)
{
    if (range->size == 0)
        return (struct vk_range){ .buffer = range->buffer, .size = 4 };
    return (struct vk_range){ range->buffer, range->offset, u64_max(range->size, 4) };
}

static enum vyre_result bind(struct launch *launch)
{
    struct vyre_kernel *kernel = launch->kernel;
    const struct vyre_module_info *info = &kernel->info;
    size_t count = info->binding_count;
    for (size_t i = 0; i < info->binding_count; i++) {
        const struct kernel_range *range = &launch->ranges[info->bindings[i].buffer];
        launch->bound[i] = bindable(range);
        launch->push[i] = (uint32_t)range->size;
    }
    vyre_module_derive(info, launch->push);
    if (info->fault_binding != UINT32_MAX) {
        enum vyre_result result =
            kernel_faults_take(&kernel->faults, launch->params->diag, &launch->ticket->fault);
        if (result)
            return result;
        launch->bound[count++] = kernel_fault_range(&launch->ticket->fault);
    }
    if (count == 0)
        return VYRE_OK;
    enum vyre_result result =
        vk_bindings_create(kernel->code.pipeline, launch->bound, count, &launch->bindings);
    if (result == VYRE_ERR_INVALID_ARGUMENT)
        diag_report(launch->params->diag, DIAG_K001, NULL,
                    "a buffer belongs to another device than the kernel");
    return result;
}

static enum vyre_result submit_slice(struct launch *launch, uint64_t index)
{
    uint32_t base[3];
    uint32_t size[3];
    struct vk_commands *commands = NULL;
    kernel_slices_get(&launch->slices, index, base, size);
    enum vyre_result result = vk_commands_begin(launch->kernel->device, &commands);
    if (result)
        return result;
    vk_commands_dispatch(commands, launch->kernel->code.pipeline, launch->bindings, launch->push,
                         launch->kernel->info.push_bytes, base, size);
    uint64_t point = 0;
    result = vk_commands_submit(&commands, &point);
    if (!result)
        launch->ticket->point = point;
    return result;
}

static enum vyre_result run_parts(struct launch *launch)
{
    const struct vyre_kernel *kernel = launch->kernel;
    uint32_t grid[3];
    enum vyre_result result = decide_grid(launch, grid);
    if (result)
        return result;
    launch->ticket->parts = memory_calloc(kernel->parts.count, sizeof *launch->ticket->parts);
    if (!launch->ticket->parts)
        return VYRE_ERR_NO_MEMORY;
    result = kernel_parts_dispatch(&kernel->parts, kernel->program, launch->params, grid,
                                   launch->ticket->parts);
    if (!result)
        launch->ticket->point = launch->ticket->parts[kernel->parts.count - 1]->point;
    return result;
}

static enum vyre_result run(struct launch *launch)
{
    enum vyre_result result = allocate(launch);
    if (!result && launch->kernel->parts.count)
        return run_parts(launch);
    if (!result)
        result = decide(launch);
    if (!result)
        result = bind(launch);
    for (uint64_t i = 0; !result && i < launch->slices.total; i++)
        result = submit_slice(launch, i);
    // The device numbers workgroups within a slice; layers of whole planes keep counting.
    launch->ticket->linear = launch->slices.count[0] == 1 && launch->slices.count[1] == 1;
    return result;
}

enum vyre_result vyre_dispatch(struct vyre_kernel *kernel,
                               const struct vyre_dispatch_params *params, struct vyre_ticket **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!kernel || !params)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = vyre_device_status(kernel->device);
    if (result)
        return result;
    struct vyre_ticket *ticket = memory_calloc(1, sizeof *ticket);
    if (!ticket)
        return VYRE_ERR_NO_MEMORY;
    ticket->kernel = vyre_kernel_ref(kernel);
    struct launch launch = { .kernel = kernel, .params = params, .ticket = ticket };
    result = run(&launch);
    launch_fini(&launch);
    if (result)
        vyre_ticket_destroy(&ticket);
    *out = ticket;
    return result;
}

enum vyre_result vyre_ticket_wait(struct vyre_ticket *ticket, uint64_t timeout_ns,
                                  const struct vyre_diag_sink *diag)
{
    if (!ticket || timeout_ns == UINT64_MAX)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vyre_kernel *kernel = ticket->kernel;
    enum vyre_result result = vk_wait(kernel->device, ticket->point, timeout_ns);
    if (result < 0)
        diag_report(diag, DIAG_D011, NULL, "a dispatch did not complete: %s",
                    vyre_result_text(result));
    // Submissions end in their order, so all parts are done. The first that failed says why.
    for (size_t i = 0; !result && i < kernel->parts.count; i++)
        result = vyre_ticket_wait(ticket->parts[i], 0, diag);
    if (result || !ticket->fault.block)
        return result;
    uint32_t record[4];
    kernel_fault_read(&ticket->fault, record);
    return kernel_fault_report(kernel->program, record, ticket->linear, kernel->driver_limit, diag);
}

void vyre_ticket_destroy(struct vyre_ticket **ticket)
{
    if (!ticket || !*ticket)
        return;
    struct vyre_ticket *dropped = *ticket;
    *ticket = NULL;
    for (size_t i = 0; dropped->parts && i < dropped->kernel->parts.count; i++)
        vyre_ticket_destroy(&dropped->parts[i]);
    memory_free(dropped->parts);
    kernel_faults_give(&dropped->kernel->faults, &dropped->fault, dropped->point);
    vyre_kernel_destroy(&dropped->kernel);
    memory_free(dropped);
}
