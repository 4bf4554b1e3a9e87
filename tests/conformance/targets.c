// SPDX-License-Identifier: MIT
// Reduced targets: every program of the corpus that compiles for the device at hand compiles for
// each of these as well, to a module that spirv-val takes and that gives the same bits on that
// device, or is refused for what the target lacks.
//
// usage: targets [--own] EVERY FILE.jsonl...
//   EVERY   1 for all records, N for each Nth of them
//   --own   run the modules of the device's own target too, which `vyre-spv conform` does otherwise
//
// A reduced target's module uses less than the device has, so the device runs it. Modules that were
// validated or run already, for another target, are not validated or run again: most programs do
// not care. Programs whose results depend on the order of invocations are those of which the
// interpreter says so (D-2).
#include "test.h"

#include "check.h"
#include "hex.h"
#include "on_device.h"
#include "records.h"
#include "base/array.h"
#include "ir/model.h"
#include "spirv/lower.h"

#include <stdlib.h>
#include <xxhash.h>

// ---- The targets --------------------------------------------------------------------------------

static const struct row {
    const char *name;
    const char *named;      // vyre_target_named; NULL: the target of the device
    const char *pretend[4]; // what is taken away from it
    const char *refusals;   // codes by which it may refuse what the device takes
    uint32_t full_subgroup; // of the device's own; this device does not run such modules
    bool differs;           // of all records some must have a module of their own
} rows[] = {
    { .name = "the device's own" },
    { .name = "GLSL450 memory model", .pretend = { "no-memory-model" }, .differs = true },
    { .name = "no int64", .pretend = { "no-int64" }, .differs = true },
    { .name = "no 8/16-bit storage", .pretend = { "no-small-storage" }, .differs = true },
    { .name = "no float64", .pretend = { "no-float64" }, .differs = true },
    { .name = "no subgroup operations", .pretend = { "no-subgroups" } },
    { .name = "subgroups of 4", .pretend = { "subgroups-of-4" } },
    { .name = "subgroups of 8", .pretend = { "subgroups-of-8" } },
    { .name = "subgroups of 64", .pretend = { "subgroups-of-64" } },
    // What no target of this version uses; a test of the modules (see no_address).
    { .name = "no device address" },
    { .name = "4 descriptors", .pretend = { "4-buffers" }, .refusals = "L010" },
    { .name = "128 MiB ranges", .pretend = { "128-mib-buffers" }, .refusals = "L018" },
    { .name = "no exact floats", .pretend = { "no-exact-floats" }, .differs = true },
    { .name = "none of these",
      .pretend = { "no-memory-model", "no-int64", "no-small-storage", "no-float64" },
      .differs = true },
    { .name = "portable",
      .named = "portable",
      .refusals = "L008 L009 L010 L011 L018",
      .differs = true },
    { .name = "roadmap2022", .named = "roadmap2022", .refusals = "L008 L009 L010 L011 L018" },
    { .name = "vulkan1.4", .named = "vulkan1.4", .refusals = "L008 L009 L010 L011 L018" },
    { .name = "full subgroups of 32", .full_subgroup = 32, .differs = true },
    { .name = "full subgroups of 64", .full_subgroup = 64, .differs = true },
};

enum { ROWS = sizeof rows / sizeof *rows };

struct counts {
    unsigned same;    // the module is one that was judged before, for the device or a row above
    unsigned passed;  // the same bits
    unsigned ordered; // bits that follow the order of invocations (D-2)
    unsigned valid;   // nothing here runs it
    unsigned limited; // more iterations than the driver allows, and said so
    unsigned refused;
    unsigned failed;
};

struct runner {
    struct vyre_device *device;
    struct vyre_target own;
    struct vyre_target targets[ROWS];
    struct counts counts[ROWS];
    bool own_too;
    unsigned every, seen, records, beyond;
    struct {
        ARRAY(uint64_t);
    } valid; // a hash table of modules that spirv-val took; 0: free
};

static void make_target(const struct row *row, const struct vyre_target *device,
                        struct vyre_target *out)
{
    struct vyre_pretend pretend = { 0 };
    *out = *device;
    if (row->named) {
        assert_result(VYRE_OK, vyre_target_named(row->named, out));
        // What is wrong with the driver stays wrong with it.
        out->loop_limit = device->loop_limit;
        out->fence_is_barrier = device->fence_is_barrier;
        out->vector_width = device->vector_width;
        out->nesting_limit = device->nesting_limit;
        out->float_controls &= device->float_controls;
    }
    for (size_t i = 0; i < sizeof row->pretend / sizeof *row->pretend && row->pretend[i]; i++)
        assert_result(VYRE_OK, vyre_pretend_add(&pretend, row->pretend[i]));
    vyre_target_reduce(out, &pretend);
    if (row->full_subgroup) {
        out->full_subgroup_size = row->full_subgroup;
        out->subgroup_ops = UINT32_MAX;
    }
}

// ---- Modules ------------------------------------------------------------------------------------

static uint64_t hash_of(const struct vyre_target *target, const struct vyre_module *module)
{
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    return XXH3_64bits_withSeed(words, count * sizeof *words, (XXH64_hash_t)target->env) | 1;
}

// Whether the module is new to the table.
static bool add_valid(struct runner *runner, uint64_t hash)
{
    enum { SIZE = 1 << 18 };
    if (!runner->valid.items) {
        for (size_t i = 0; i < SIZE; i++)
            if (!array_push(&runner->valid, 0))
                abort();
    }
    size_t at = hash % SIZE;
    while (runner->valid.items[at] && runner->valid.items[at] != hash)
        at = (at + 1) % SIZE;
    const bool is_new = runner->valid.items[at] == 0;
    runner->valid.items[at] = hash;
    return is_new;
}

// No module takes addresses of memory, so a device without them loses nothing.
static bool no_address(const uint32_t *words, size_t count)
{
    enum { OP_CAPABILITY = 17, OP_MEMORY_MODEL = 14, PHYSICAL_ADDRESSES = 5347, LOGICAL = 0 };
    for (size_t at = 5; at < count && words[at] >> 16; at += words[at] >> 16) {
        const uint32_t op = words[at] & 0xFFFF;
        if (op == OP_CAPABILITY && words[at + 1] == PHYSICAL_ADDRESSES)
            return false;
        if (op == OP_MEMORY_MODEL)
            return words[at + 1] == LOGICAL;
    }
    return false;
}

static bool is_valid(struct runner *runner, const struct vyre_target *target, uint64_t hash,
                     const struct vyre_module *module, const char *what)
{
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    if (!add_valid(runner, hash))
        return true;
    const char *message = check_words(target->env, words, count);
    if (!message && !no_address(words, count))
        message = "addresses";
    if (message)
        printf("FAIL %s: %s\n", what, message);
    return !message;
}

// ---- Results ------------------------------------------------------------------------------------

// The functions whose results may be off where a device has no 64-bit floats (docs/ir.md): 128
// units in the last place, or what the record says where that is more.
static uint32_t tolerance_of(const json_t *record)
{
    static const char *const functions[] = { "sin",  "cos",  "tan", "asin", "acos", "atan", "sinh",
                                             "cosh", "tanh", "exp", "exp2", "log",  "log2" };
    const json_int_t own = json_integer_value(json_object_get(record, "op_ulp_tolerance"));
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(record, "float_ops"), index, item)
    {
        const char *name = json_string_value(item);
        for (size_t i = 0; name && i < sizeof functions / sizeof *functions; i++)
            if (strcmp(name, functions[i]) == 0)
                return own > 128 ? (uint32_t)own : 128;
    }
    return 0;
}

// The bits as a number whose order is that of the floats.
static int64_t on_the_line(uint32_t bits)
{
    return bits & 0x80000000u ? -(int64_t)(bits & 0x7fffffffu) : (int64_t)bits;
}

// Whether the float around byte `at` is as near as it has to be.
static bool is_close(const uint8_t *got, const uint8_t *expected, size_t at, uint32_t ulps)
{
    uint32_t a, b;
    memcpy(&a, got + at / 4 * 4, sizeof a);
    memcpy(&b, expected + at / 4 * 4, sizeof b);
    const int64_t distance = on_the_line(a) - on_the_line(b);
    const bool is_nan = (a & 0x7fffffffu) > 0x7f800000u || (b & 0x7fffffffu) > 0x7f800000u;
    return !is_nan && distance <= (int64_t)ulps && -distance <= (int64_t)ulps;
}

static bool same_buffer(const struct on_device_run *run, size_t binding, const struct hex *expected,
                        uint32_t ulps, char *why, size_t room)
{
    const uint32_t declared = run->info.bindings[binding].buffer;
    const struct ir_buffer *buffer = &run->program->buffers[declared];
    void *map;
    if (vyre_buffer_map(run->buffers[binding], &map))
        return false;
    const uint8_t *got = map;
    if (buffer->has_range && buffer->range_end <= run->sizes[declared] &&
        buffer->range_start <= buffer->range_end)
        got += buffer->range_start;
    for (size_t at = 0; at < expected->size; at++) {
        if (got[at] == expected->data[at] || (ulps && buffer->element->kind == IR_TYPE_F32 &&
                                              is_close(got, expected->data, at, ulps)))
            continue;
        snprintf(why, room, "byte %zu of buffer %u is %02x, expected %02x", at, declared, got[at],
                 expected->data[at]);
        return false;
    }
    return true;
}

static bool same_results(const struct on_device_run *run, const json_t *record, uint32_t ulps,
                         char *why, size_t room)
{
    const uint32_t *fault = on_device_fault(run);
    if (!fault || fault[0]) {
        snprintf(why, room, "fault %u", fault ? fault[0] : 0);
        return false;
    }
    bool same = true;
    for (size_t i = 0; same && i < run->binding_count; i++) {
        const json_t *item =
            json_array_get(json_object_get(record, "buffers"), run->info.bindings[i].buffer);
        const char *text = json_string_value(json_object_get(item, "output"));
        if (!text)
            continue;
        struct hex expected = hex_decode(text);
        same = same_buffer(run, i, &expected, ulps, why, room);
        hex_free(&expected);
    }
    return same;
}

// Whether invocations that run in another order leave other bytes.
static bool order_decides(const struct vyre_program *program, struct vyre_interpret_params params,
                          const struct vyre_outputs *outputs)
{
    struct vyre_outputs *others = NULL;
    params.facts = NULL;
    params.reversed = true;
    bool same = vyre_interpret(program, &params, &others) == VYRE_OK;
    for (size_t i = 0; same && i < vyre_outputs_count(outputs); i++) {
        size_t declared;
        const struct vyre_bytes one = vyre_outputs_get(outputs, i, &declared);
        const struct vyre_bytes other = vyre_outputs_get(others, i, &declared);
        same = one.size == other.size && memcmp(one.data, other.data, one.size) == 0;
    }
    vyre_outputs_destroy(&others);
    return !same;
}

static bool order_matters(const struct vyre_program *program, const json_t *record)
{
    struct hex inputs[ON_DEVICE_BUFFERS];
    struct vyre_bytes values[ON_DEVICE_BUFFERS];
    struct vyre_outputs *outputs = NULL;
    struct vyre_run_facts facts;
    size_t count = 0, index;
    json_t *item;
    json_array_foreach(json_object_get(record, "buffers"), index, item)
    {
        const char *text = json_string_value(json_object_get(item, "input"));
        if (!text || count == ON_DEVICE_BUFFERS)
            continue;
        inputs[count] = hex_decode(text);
        values[count] = (struct vyre_bytes){ inputs[count].data, inputs[count].size };
        count++;
    }
    const struct vyre_interpret_params params = { .inputs = values,
                                                  .input_count = count,
                                                  .facts = &facts };
    const enum vyre_result result = vyre_interpret(program, &params, &outputs);
    const bool matters =
        result == VYRE_OK &&
        (facts.order_matters || (facts.atomics_meet && order_decides(program, params, outputs)));
    vyre_outputs_destroy(&outputs);
    for (size_t i = 0; i < count; i++)
        hex_free(&inputs[i]);
    return matters;
}

// ---- Records ------------------------------------------------------------------------------------

static void run_module(struct runner *runner, size_t row, const struct vyre_program *program,
                       const struct vyre_module *module, const json_t *record, const char *what)
{
    struct counts *counts = &runner->counts[row];
    const uint32_t ulps = runner->targets[row].float64 ? 0 : tolerance_of(record);
    char why[200] = "it cannot be run";
    struct on_device_run run;
    if (!on_device_run(runner->device, program, module, record, &run)) {
        counts->failed++;
        printf("FAIL %s: %s\n", what, why);
    } else if (runner->own.loop_limit && on_device_fault(&run) &&
               on_device_fault(&run)[0] == VYRE_FAULT_LOOP_LIMIT) {
        counts->limited++;
    } else if (same_results(&run, record, ulps, why, sizeof why)) {
        counts->passed++;
    } else if (order_matters(program, record)) {
        counts->ordered++;
    } else {
        counts->failed++;
        printf("FAIL %s: %s\n", what, why);
    }
    on_device_fini(&run);
}

// Whether the device has everything that modules for this target may use.
static bool runs_here(const struct vyre_target *own, const struct vyre_target *target)
{
    return target->env <= own->env && target->memory_model <= own->memory_model &&
           target->device_scope <= own->device_scope && target->int64 <= own->int64 &&
           target->int16 <= own->int16 && target->int8 <= own->int8 &&
           target->storage_16bit <= own->storage_16bit &&
           target->storage_8bit <= own->storage_8bit && target->float16 <= own->float16 &&
           target->float64 <= own->float64 &&
           (!target->full_subgroup_size || target->full_subgroup_size == own->full_subgroup_size);
}

// `ran` are the modules that need not run again, `count` of them.
static void run_row(struct runner *runner, size_t row, const struct vyre_program *program,
                    const json_t *record, uint64_t *ran, size_t *count)
{
    struct counts *counts = &runner->counts[row];
    struct test_diags diags = { .size = 0 };
    char what[200];
    struct vyre_module *module = NULL;
    snprintf(what, sizeof what, "%s for %s", json_string_value(json_object_get(record, "name")),
             rows[row].name);
    enum vyre_result result = vyre_compile(
        program,
        vyre_compile_params(.target = &runner->targets[row], .diag = test_diag_sink(&diags)),
        &module);
    if (result) {
        // The device takes it, so it is what the target lacks that the code has to name.
        const char *code = strchr(diags.text, 'L');
        char name[5] = "";
        if (code)
            snprintf(name, sizeof name, "%s", code);
        const bool named = name[0] && rows[row].refusals && strstr(rows[row].refusals, name);
        counts->refused += named;
        counts->failed += !named;
        if (!named)
            printf("FAIL %s: %s %s\n", what, vyre_result_name(result), diags.text);
        return;
    }
    const uint64_t hash = hash_of(&runner->targets[row], module);
    bool is_same = false;
    for (size_t i = 0; i < *count; i++)
        is_same |= ran[i] == hash;
    if (!is_valid(runner, &runner->targets[row], hash, module, what))
        counts->failed++;
    else if (is_same)
        counts->same++;
    else if (!runs_here(&runner->own, &runner->targets[row]))
        counts->valid++;
    else
        run_module(runner, row, program, module, record, what);
    if (!is_same)
        ran[(*count)++] = hash;
    vyre_module_destroy(&module);
}

static void run_record(void *user, const json_t *record)
{
    struct runner *runner = user;
    struct vyre_program *program = NULL;
    struct vyre_module *module = NULL;
    uint64_t ran[ROWS + 1];
    size_t count = 0;
    if (runner->seen++ % runner->every || vyre_device_status(runner->device) != VYRE_OK)
        return;
    if (on_device_decode(record, &program) &&
        vyre_compile(program, vyre_compile_params(.target = &runner->own), &module) == VYRE_OK) {
        runner->records++;
        if (!runner->own_too)
            ran[count++] = hash_of(&runner->own, module);
        for (size_t row = 0; row < ROWS; row++)
            run_row(runner, row, program, record, ran, &count);
    } else {
        runner->beyond++;
    }
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
}

// ---- Main ---------------------------------------------------------------------------------------

// Whether this row's target is one that came before: a device may lack what is taken away.
static bool is_repeated(const struct runner *runner, size_t row)
{
    const struct vyre_target *target = &runner->targets[row];
    bool found = memcmp(target, &runner->own, sizeof *target) == 0;
    for (size_t i = 0; i < row && !found; i++)
        found = memcmp(target, &runner->targets[i], sizeof *target) == 0;
    return found;
}

static bool print_row(const struct runner *runner, size_t row)
{
    const struct counts *counts = &runner->counts[row];
    printf("%-24s %6u %6u %6u %6u %6u %6u %6u\n", rows[row].name, counts->same, counts->passed,
           counts->valid, counts->ordered, counts->limited, counts->refused, counts->failed);
    const bool differs = counts->passed || counts->valid || !rows[row].differs ||
                         runner->every > 1 || is_repeated(runner, row);
    if (!differs)
        printf("FAIL %s: this target changes nothing\n", rows[row].name);
    return !counts->failed && differs;
}

int main(int argc, char **argv)
{
    struct runner runner = { .own_too = argc > 1 && strcmp(argv[1], "--own") == 0 };
    const int first = 2 + runner.own_too;
    if (argc >= first)
        runner.every = (unsigned)strtoul(argv[first - 1], NULL, 10);
    if (!runner.every || argc == first) {
        printf("usage: targets [--own] EVERY FILE.jsonl...\n");
        return 2;
    }
    if (vyre_device_create(NULL, &runner.device)) {
        printf("no Vulkan device\n");
        return TEST_SKIPPED;
    }
    vyre_device_target(runner.device, &runner.own);
    for (size_t row = 0; row < ROWS; row++)
        make_target(&rows[row], &runner.own, &runner.targets[row]);
    bool good = true;
    for (int i = first; i < argc; i++)
        good = records_read(argv[i], run_record, &runner) && good;
    if (vyre_device_status(runner.device) != VYRE_OK) {
        printf("FAIL the device is gone: %s\n",
               vyre_result_text(vyre_device_status(runner.device)));
        good = false;
    }
    printf("%u records that this device takes, %u that are not for it\n", runner.records,
           runner.beyond);
    printf("%-24s %6s %6s %6s %6s %6s %6s %6s\n", "target", "same", "passed", "valid", "order",
           "limit", "lacks", "failed");
    for (size_t row = 0; row < ROWS; row++)
        good = print_row(&runner, row) && good;
    array_fini(&runner.valid);
    vyre_device_destroy(&runner.device);
    return good && runner.records ? 0 : 1;
}
