// SPDX-License-Identifier: MIT
#include "launch.h"

#include <stdlib.h>
#include <string.h>

void launch_describe(struct launch *launch, const struct vyre_program *program)
{
    launch->count = vyre_program_buffer_count(program);
    launch->slots = tool_calloc(launch->count, sizeof *launch->slots);
    for (size_t i = 0; i < launch->count; i++) {
        struct launch_slot *slot = &launch->slots[i];
        const struct vyre_buffer_info *info = &slot->info;
        if (vyre_program_buffer_info(program, i, &slot->info))
            continue; // the count says that there is one
        // The language's rule for who allocates what (vyre/interpret.h).
        bool allocated = info->is_output || info->access == VYRE_ACCESS_WRITE_ONLY ||
                         (info->is_live_out && info->access == VYRE_ACCESS_READ_WRITE);
        slot->is_argument = info->access != VYRE_ACCESS_WORKGROUP;
        slot->takes_input = slot->is_argument && !allocated;
        slot->is_returned =
            slot->is_argument && (allocated || info->access == VYRE_ACCESS_READ_WRITE);
    }
}

void launch_fini(struct launch *launch)
{
    for (size_t i = 0; i < launch->count; i++) {
        vyre_buffer_destroy(&launch->slots[i].buffer);
        tool_bytes_fini(&launch->slots[i].bytes);
    }
    free(launch->slots);
    *launch = (struct launch){ .count = 0 };
}

// Makes the buffer of a slot. An empty one has memory too; its argument says that it is empty.
static enum vyre_result upload(struct vyre_device *device, struct launch_slot *slot,
                               struct vyre_argument *argument, const struct vyre_diag_sink *diag)
{
    enum { EMPTY_OFFSET = 256 };
    slot->size = slot->takes_input ? slot->bytes.size : slot->info.byte_size;
    void *host = NULL;
    enum vyre_result result = vyre_buffer_create(
        device, vyre_buffer_params(.size = slot->size ? slot->size : EMPTY_OFFSET, .diag = diag),
        &slot->buffer);
    if (!result)
        result = vyre_buffer_map(slot->buffer, &host);
    if (!result && slot->bytes.size)
        memcpy(host, slot->bytes.data, slot->bytes.size);
    *argument = (struct vyre_argument){
        .buffer = slot->buffer,
        .offset = slot->size ? 0 : EMPTY_OFFSET,
    };
    return result;
}

enum vyre_result launch_dispatch(struct launch *launch, struct vyre_device *device,
                                 struct vyre_kernel *kernel, uint64_t timeout_ns,
                                 const struct vyre_diag_sink *diag)
{
    struct vyre_argument *arguments = tool_calloc(launch->count, sizeof *arguments);
    size_t count = 0;
    enum vyre_result result = VYRE_OK;
    for (size_t i = 0; !result && i < launch->count; i++) {
        if (launch->slots[i].is_argument)
            result = upload(device, &launch->slots[i], &arguments[count++], diag);
    }
    struct vyre_dispatch_params params = {
        .arguments = arguments,
        .argument_count = count,
        .diag = diag,
    };
    memcpy(params.grid, launch->grid, sizeof params.grid);
    struct vyre_ticket *ticket = NULL;
    if (!result)
        result = vyre_dispatch(kernel, &params, &ticket);
    if (!result)
        result = vyre_ticket_wait(ticket, timeout_ns, diag);
    vyre_ticket_destroy(&ticket);
    free(arguments);
    return result;
}

enum vyre_result launch_output(const struct launch_slot *slot, struct vyre_bytes *out)
{
    const struct vyre_buffer_info *info = &slot->info;
    void *host = NULL;
    *out = (struct vyre_bytes){ .size = 0 };
    enum vyre_result result = vyre_buffer_map(slot->buffer, &host);
    if (result)
        return result;
    const bool is_part =
        info->has_range && info->range_start <= info->range_end && info->range_end <= slot->size;
    *out = (struct vyre_bytes){
        .data = (const char *)host + (is_part ? info->range_start : 0),
        .size = (size_t)(is_part ? info->range_end - info->range_start : slot->size),
    };
    return VYRE_OK;
}
