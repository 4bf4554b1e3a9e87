// SPDX-License-Identifier: MIT
#include "on_device.h"

#include "test.h"

#include "hex.h"
#include "ir/grid.h"
#include "ir/model.h"
#include "vk/device.h"

#include <stdlib.h>

// CPU drivers compile when they first run a module, which takes seconds for some, and longer on a
// machine that does other things as well.
static const uint64_t hang_ns = UINT64_C(120000000000);

void on_device_fini(struct on_device_run *run)
{
    for (size_t i = 0; i <= ON_DEVICE_BUFFERS; i++)
        vyre_buffer_destroy(&run->buffers[i]);
}

static bool make_buffer(struct vyre_device *device, struct vyre_buffer **out,
                        const struct hex *bytes, uint64_t size)
{
    void *map;
    // Rounded up because bindings are, and at least a word because a binding cannot be empty.
    if (vyre_buffer_create(device, vyre_buffer_params(.size = (size + 7) & ~3ull), out) ||
        vyre_buffer_map(*out, &map))
        return false;
    if (bytes->size)
        memcpy(map, bytes->data, bytes->size);
    return true;
}

static bool fill(struct vyre_device *device, struct on_device_run *run,
                 const struct vyre_module_info *info, const json_t *buffers)
{
    for (size_t i = 0; i < info->binding_count; i++) {
        uint32_t declared = info->bindings[i].buffer;
        const struct ir_buffer *buffer = &run->program->buffers[declared];
        const json_t *item = json_array_get(buffers, declared);
        struct hex input = { 0 };
        uint64_t size = 0;
        const char *text = json_string_value(json_object_get(item, "input"));
        if (text) {
            input = hex_decode(text);
            size = input.size;
        } else {
            ir_type_packed_size(buffer->element, buffer->count, &size);
        }
        run->sizes[declared] = size;
        bool made = make_buffer(device, &run->buffers[i], &input, size);
        hex_free(&input);
        if (!made)
            return false;
    }
    run->binding_count = info->binding_count;
    run->faults = info->fault_binding != UINT32_MAX;
    const struct hex nothing = { 0 };
    return make_buffer(device, &run->buffers[run->binding_count], &nothing, 16);
}

static bool dispatch(struct vyre_device *device, struct on_device_run *run,
                     const struct vyre_module *module, const struct vyre_module_info *info)
{
    uint32_t bindings[ON_DEVICE_BUFFERS + 1],
        push[ON_DEVICE_BUFFERS + VYRE_MODULE_MOST_DERIVED] = { 0 };
    struct vk_range ranges[ON_DEVICE_BUFFERS + 1];
    size_t count = run->binding_count + run->faults;
    for (size_t i = 0; i < count; i++) {
        bindings[i] = (uint32_t)i;
        ranges[i] = (struct vk_range){ run->buffers[i], 0, vyre_buffer_size(run->buffers[i]) };
        if (i < run->binding_count)
            push[i] = (uint32_t)run->sizes[info->bindings[i].buffer];
    }
    vyre_module_derive(info, push);
    struct vk_pipeline_params params = { .bindings = bindings,
                                         .binding_count = count,
                                         .push_bytes = info->push_bytes,
                                         .subgroup_size = info->subgroup_size };
    params.words = vyre_module_words(module, &params.word_count);
    uint32_t grid[3];
    const uint32_t base[3] = { 0 };
    struct vk_pipeline *pipeline = NULL;
    struct vk_bindings *set = NULL;
    struct vk_commands *commands = NULL;
    uint64_t point;
    bool ok = ir_grid_infer(run->program, run->sizes, grid) &&
              vk_pipeline_create(device, &params, &pipeline) == VYRE_OK &&
              vk_bindings_create(pipeline, ranges, count, &set) == VYRE_OK &&
              vk_commands_begin(device, &commands) == VYRE_OK;
    if (ok) {
        vk_commands_dispatch(commands, pipeline, set, push, info->push_bytes, base, grid);
        ok = vk_commands_submit(&commands, &point) == VYRE_OK &&
             vk_wait_or_hang(device, point, hang_ns) == VYRE_OK;
    }
    vk_bindings_unref(&set);
    vk_pipeline_unref(&pipeline);
    return ok;
}

bool on_device_run(struct vyre_device *device, const struct vyre_program *program,
                   const struct vyre_module *module, const json_t *record,
                   struct on_device_run *run)
{
    *run = (struct on_device_run){ .program = program };
    vyre_module_reflect(module, &run->info);
    return program->buffer_count <= ON_DEVICE_BUFFERS &&
           fill(device, run, &run->info, json_object_get(record, "buffers")) &&
           dispatch(device, run, module, &run->info);
}

const uint32_t *on_device_fault(const struct on_device_run *run)
{
    void *map = NULL;
    return vyre_buffer_map(run->buffers[run->binding_count], &map) ? NULL : map;
}

bool on_device_decode(const json_t *record, struct vyre_program **out)
{
    const char *result = json_string_value(json_object_get(record, "result"));
    const char *text = json_string_value(json_object_get(record, "wire"));
    *out = NULL;
    if (!result || strcmp(result, "ok") != 0 || !text || json_object_get(record, "raw_inputs"))
        return false;
    struct hex wire = hex_decode(text);
    // Kind wire is where decoding is tested.
    const bool decoded = vyre_program_decode(wire.data, wire.size, NULL, out) == VYRE_OK;
    hex_free(&wire);
    return decoded;
}
