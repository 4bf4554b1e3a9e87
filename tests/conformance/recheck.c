// SPDX-License-Identifier: MIT
// Runs records of the kinds semantics, programs and fuzz (see README.md) on the default device with
// every bounds check made that the compiler had proven away: none of them fails. What the programs
// compute is judged by `vyre-spv conform`. usage: recheck LEAST CHECKS FILE.jsonl..., where LEAST
// is how many records of that file have to run, and CHECKS how many removed checks have to stand in
// them: a compiler that refuses or proves less than before is a failure, not a shorter run.
//
// A record belongs to this runner when the original ran it (result ok) and the compiler takes its
// program; everything else is counted by the reason.
#include "test.h"

#include "hex.h"
#include "records.h"
#include "ir/grid.h"
#include "ir/model.h"
#include "spirv/lower.h"
#include "vk/device.h"

#include <stdlib.h>

enum { MOST_BUFFERS = 32 };

struct counts {
    unsigned inside; // ran, and no access that was proven to be inside was not
    unsigned outside;
    unsigned failed; // could not be compiled or run
    unsigned refused;
    unsigned skipped;
    unsigned long proven; // accesses without a check, of all that ran
};

struct runner {
    struct vyre_device *device;
    struct vyre_target target;
    struct counts counts;
};

// ---- One run ----------------------------------------------------------------------------------

struct run {
    const struct vyre_program *program;
    struct vyre_buffer *buffers[MOST_BUFFERS + 1]; // one per binding, the fault record last
    uint64_t sizes[MOST_BUFFERS];                  // bytes of each declared buffer
    size_t binding_count;
    bool faults;
};

static void run_fini(struct run *run)
{
    for (size_t i = 0; i <= MOST_BUFFERS; i++)
        vyre_buffer_destroy(&run->buffers[i]);
}

static bool make_buffer(struct runner *runner, struct vyre_buffer **out, const struct hex *bytes,
                        uint64_t size)
{
    void *map;
    // Rounded up because bindings are, and at least a word because a binding cannot be empty.
    if (vyre_buffer_create(runner->device, vyre_buffer_params(.size = (size + 7) & ~3ull), out) ||
        vyre_buffer_map(*out, &map))
        return false;
    if (bytes->size)
        memcpy(map, bytes->data, bytes->size);
    return true;
}

static bool fill(struct runner *runner, struct run *run, const struct vyre_module_info *info,
                 const json_t *buffers)
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
        bool made = make_buffer(runner, &run->buffers[i], &input, size);
        hex_free(&input);
        if (!made)
            return false;
    }
    run->binding_count = info->binding_count;
    run->faults = info->fault_binding != UINT32_MAX;
    const struct hex nothing = { 0 };
    return make_buffer(runner, &run->buffers[run->binding_count], &nothing, 16);
}

static bool dispatch(struct runner *runner, struct run *run, const struct vyre_module *module,
                     const struct vyre_module_info *info)
{
    uint32_t bindings[MOST_BUFFERS + 1], push[MOST_BUFFERS] = { 0 };
    struct vk_range ranges[MOST_BUFFERS + 1];
    size_t count = run->binding_count + run->faults;
    for (size_t i = 0; i < count; i++) {
        bindings[i] = (uint32_t)i;
        ranges[i] = (struct vk_range){ run->buffers[i], 0, vyre_buffer_size(run->buffers[i]) };
        if (i < run->binding_count)
            push[i] = (uint32_t)run->sizes[info->bindings[i].buffer];
    }
    struct vk_pipeline_params params = { .bindings = bindings,
                                         .binding_count = count,
                                         .push_bytes = info->push_bytes };
    params.words = vyre_module_words(module, &params.word_count);
    uint32_t grid[3];
    const uint32_t base[3] = { 0 };
    struct vk_pipeline *pipeline = NULL;
    struct vk_bindings *set = NULL;
    struct vk_commands *commands = NULL;
    uint64_t point;
    bool ok = ir_grid_infer(run->program, run->sizes, grid) &&
              vk_pipeline_create(runner->device, &params, &pipeline) == VYRE_OK &&
              vk_bindings_create(pipeline, ranges, count, &set) == VYRE_OK &&
              vk_commands_begin(runner->device, &commands) == VYRE_OK;
    if (ok) {
        vk_commands_dispatch(commands, pipeline, set, push, info->push_bytes, base, grid);
        ok = vk_commands_submit(&commands, &point) == VYRE_OK &&
             vk_wait_or_hang(runner->device, point, UINT64_C(20000000000)) == VYRE_OK;
    }
    vk_bindings_unref(&set);
    vk_pipeline_unref(&pipeline);
    return ok;
}

// False: an access was outside, or the record cannot be read.
static bool stayed_inside(const struct run *run, const char *name)
{
    void *map;
    if (vyre_buffer_map(run->buffers[run->binding_count], &map))
        return false;
    const uint32_t *record = map;
    if (record[0] != SPV_FAULT_UNPROVEN)
        return true; // other faults are what the program does
    printf("FAIL %s: element %u of buffer %u is outside\n", name, record[1], record[2]);
    return false;
}

static enum ir_inside count_proven(void *user, const struct ir_expr *index, enum ir_inside found)
{
    (void)index;
    *(unsigned long *)user += found != IR_INSIDE_UNKNOWN;
    return found;
}

static void run_program(struct runner *runner, const struct vyre_program *program,
                        const json_t *record)
{
    struct counts *counts = &runner->counts;
    const char *name = json_string_value(json_object_get(record, "name"));
    const json_t *buffers = json_object_get(record, "buffers");
    const struct vyre_validate_params validate = { .subgroup_ops = true, .collectives = true };
    unsigned long proven = 0;
    const struct spv_recheck recheck = { count_proven, &proven };
    struct vyre_module *module = NULL;
    enum vyre_result result = vyre_program_validate(program, &validate);
    if (!result)
        result = spv_lower_rechecked(program, vyre_compile_params(.target = &runner->target),
                                     &recheck, &module);
    if (result == VYRE_ERR_UNSUPPORTED || result == VYRE_ERR_INVALID_PROGRAM) {
        counts->refused++;
        return;
    }
    struct vyre_module_info info;
    struct run run = { .program = program };
    bool ran = false;
    if (!result) {
        vyre_module_reflect(module, &info);
        ran = program->buffer_count <= MOST_BUFFERS && fill(runner, &run, &info, buffers) &&
              dispatch(runner, &run, module, &info);
    }
    if (!ran) {
        printf("FAIL %s: cannot run: %s\n", name, vyre_result_name(result));
        counts->failed++;
    } else if (stayed_inside(&run, name)) {
        counts->inside++;
        counts->proven += proven;
    } else {
        counts->outside++;
    }
    run_fini(&run);
    vyre_module_destroy(&module);
}

static void run_record(void *user, const json_t *record)
{
    struct runner *runner = user;
    const char *result = json_string_value(json_object_get(record, "result"));
    const char *wire_text = json_string_value(json_object_get(record, "wire"));
    if (!result || strcmp(result, "ok") != 0 || !wire_text ||
        json_object_get(record, "raw_inputs")) {
        runner->counts.skipped++;
        return;
    }
    struct hex wire = hex_decode(wire_text);
    struct vyre_program *program = NULL;
    if (vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK)
        run_program(runner, program, record);
    else
        runner->counts.skipped++; // kind wire is where decoding is tested
    vyre_program_destroy(&program);
    hex_free(&wire);
}

int main(int argc, char **argv)
{
    struct runner runner = { 0 };
    if (vyre_device_create(NULL, &runner.device)) {
        printf("no Vulkan device\n");
        return TEST_SKIPPED;
    }
    vyre_device_target(runner.device, &runner.target);
    bool read = true;
    for (int i = 3; i < argc; i += 3) {
        const unsigned long least = strtoul(argv[i - 2], NULL, 10);
        const unsigned long checks = strtoul(argv[i - 1], NULL, 10);
        runner.counts = (struct counts){ 0 };
        read = records_read(argv[i], run_record, &runner) && read;
        const struct counts *counts = &runner.counts;
        printf("%s: %u inside with %lu removed checks, %u outside, %u failed, %u refused by the "
               "compiler, %u skipped\n",
               argv[i], counts->inside, counts->proven, counts->outside, counts->failed,
               counts->refused, counts->skipped);
        if (counts->inside < least || counts->proven < checks)
            printf("FAIL: %lu records and %lu removed checks are expected\n", least, checks);
        read = read && counts->failed == 0 && counts->outside == 0 && counts->inside >= least &&
               counts->proven >= checks;
    }
    vyre_device_destroy(&runner.device);
    return read ? 0 : 1;
}
