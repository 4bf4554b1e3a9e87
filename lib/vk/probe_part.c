// SPDX-License-Identifier: MIT
#include "probe_part.h"

enum vyre_result vk_probe_part_init(struct vk_probe_part *part, struct vyre_device *device,
                                    const struct vk_probe_shader *shader,
                                    const struct vyre_diag_sink *diag)
{
    *part = (struct vk_probe_part){ .workgroups = shader->workgroups };
    const uint32_t binding = 0;
    const struct vk_pipeline_params params = {
        .words = shader->words,
        .word_count = shader->word_count,
        .bindings = &binding,
        .binding_count = 1,
        .diag = diag,
    };
    enum vyre_result result = vk_pipeline_create(device, &params, &part->pipeline);
    if (result == VYRE_OK)
        result = vyre_buffer_create(
            device,
            vyre_buffer_params(.size = shader->size, .use = VYRE_BUFFER_READBACK, .diag = diag),
            &part->buffer);
    if (result == VYRE_OK)
        result = vyre_buffer_map(part->buffer, &part->host);
    if (result == VYRE_OK) {
        const struct vk_range range = { part->buffer, 0, shader->size };
        result = vk_bindings_create(part->pipeline, &range, 1, &part->bindings);
    }
    return result;
}

void vk_probe_part_fini(struct vk_probe_part *part)
{
    vk_bindings_unref(&part->bindings);
    vyre_buffer_destroy(&part->buffer);
    vk_pipeline_unref(&part->pipeline);
    *part = (struct vk_probe_part){ 0 };
}

void vk_probe_part_record(const struct vk_probe_part *part, struct vk_commands *commands)
{
    const uint32_t grid[3] = { part->workgroups, 1, 1 };
    if (part->workgroups)
        vk_commands_dispatch(commands, part->pipeline, part->bindings, NULL, 0, NULL, grid);
}
