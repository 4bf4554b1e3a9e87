// SPDX-License-Identifier: MIT
// Runs records of the kinds semantics, programs and fuzz (see README.md) on the default device:
// what the compiler makes of a program gives the bytes that the original's interpreter gave. usage:
// device LEAST FILE.jsonl..., where LEAST is how many records of that file have to run: a compiler
// that refuses what it took before is a failure, not a shorter run.
//
// A record belongs to this runner when the original ran it (result ok) and the compiler takes its
// program; everything else is counted by the reason. Records that depend on the order in which the
// original runs invocations are left out by family, never by outcome.
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
    unsigned passed;
    unsigned failed;
    unsigned limited; // stopped by the driver's own limit of loop iterations, and said so
    unsigned refused;
    unsigned skipped;
};

struct runner {
    struct vyre_device *device;
    struct vyre_target target;
    struct counts counts;
};

// Families whose results depend on the original's order of execution; in those of collectives, one
// workgroup reads what another writes.
static bool depends_on_order(const json_t *record)
{
    static const char *const families[] = { "lockstep", "wrap", "collective" };
    const char *family = json_string_value(json_object_get(record, "family"));
    for (size_t i = 0; family && i < sizeof families / sizeof *families; i++)
        if (strcmp(family, families[i]) == 0)
            return true;
    // These store what gid % count finds, from more workgroups than elements.
    const char *name = json_string_value(json_object_get(record, "name"));
    if (name && strncmp(name, "grid/drive_", strlen("grid/drive_")) == 0)
        return true;
    const char *note = json_string_value(json_object_get(record, "note"));
    return note && strstr(note, "racy");
}

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

static uint32_t fault_kind(const struct run *run)
{
    void *map;
    return vyre_buffer_map(run->buffers[run->binding_count], &map) ? 0 : *(uint32_t *)map;
}

static bool compare(const struct run *run, const struct vyre_module_info *info,
                    const json_t *buffers, const char *name)
{
    void *map;
    if (vyre_buffer_map(run->buffers[run->binding_count], &map) || *(uint32_t *)map) {
        printf("FAIL %s: fault %u\n", name, *(uint32_t *)map);
        return false;
    }
    for (size_t i = 0; i < run->binding_count; i++) {
        uint32_t declared = info->bindings[i].buffer;
        const json_t *item = json_array_get(buffers, declared);
        const char *text = json_string_value(json_object_get(item, "output"));
        if (!text || vyre_buffer_map(run->buffers[i], &map))
            continue;
        struct hex expected = hex_decode(text);
        const struct ir_buffer *buffer = &run->program->buffers[declared];
        const uint8_t *got = map;
        if (buffer->has_range && buffer->range_end <= run->sizes[declared] &&
            buffer->range_start <= buffer->range_end)
            got += buffer->range_start;
        for (size_t at = 0; at < expected.size; at++) {
            if (got[at] == expected.data[at])
                continue;
            printf("FAIL %s: byte %zu of %s is %02x, expected %02x\n", name, at,
                   json_string_value(json_object_get(item, "name")), got[at], expected.data[at]);
            hex_free(&expected);
            return false;
        }
        hex_free(&expected);
    }
    return true;
}

static void run_program(struct runner *runner, const struct vyre_program *program,
                        const json_t *record)
{
    const char *name = json_string_value(json_object_get(record, "name"));
    const json_t *buffers = json_object_get(record, "buffers");
    struct vyre_module *module;
    enum vyre_result result =
        vyre_compile(program, vyre_compile_params(.target = &runner->target), &module);
    if (result == VYRE_ERR_UNSUPPORTED) {
        runner->counts.refused++;
        return;
    }
    struct vyre_module_info info;
    struct run run = { .program = program };
    bool ok = false;
    if (result) {
        printf("FAIL %s: %s\n", name, vyre_result_name(result));
    } else {
        vyre_module_reflect(module, &info);
        ok = program->buffer_count <= MOST_BUFFERS && fill(runner, &run, &info, buffers) &&
             dispatch(runner, &run, module, &info);
        if (!ok)
            printf("FAIL %s: cannot run\n", name);
        if (ok && runner->target.loop_limit && fault_kind(&run) == VYRE_FAULT_LOOP_LIMIT) {
            printf("%s: more iterations than the driver allows\n", name);
            runner->counts.limited++;
            run_fini(&run);
            vyre_module_destroy(&module);
            return;
        }
        ok = ok && compare(&run, &info, buffers, name);
    }
    run_fini(&run);
    vyre_module_destroy(&module);
    *(ok ? &runner->counts.passed : &runner->counts.failed) += 1;
}

static void run_record(void *user, const json_t *record)
{
    struct runner *runner = user;
    const char *result = json_string_value(json_object_get(record, "result"));
    const char *wire_text = json_string_value(json_object_get(record, "wire"));
    if (!result || strcmp(result, "ok") != 0 || !wire_text || depends_on_order(record) ||
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
    for (int i = 2; i < argc; i += 2) {
        const unsigned long least = strtoul(argv[i - 1], NULL, 10);
        runner.counts = (struct counts){ 0 };
        read = records_read(argv[i], run_record, &runner) && read;
        printf("%s: %u passed, %u failed, %u limited, %u refused by the compiler, %u skipped\n",
               argv[i], runner.counts.passed, runner.counts.failed, runner.counts.limited,
               runner.counts.refused, runner.counts.skipped);
        const unsigned ran = runner.counts.passed + runner.counts.limited;
        if (ran < least)
            printf("FAIL: %u records ran, %lu are expected\n", ran, least);
        read = read && runner.counts.failed == 0 && runner.counts.passed > 0 && ran >= least;
    }
    vyre_device_destroy(&runner.device);
    return read ? 0 : 1;
}
