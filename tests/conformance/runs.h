// SPDX-License-Identifier: MIT
// Runs records of the corpus on the interpreter and compares what comes out.
#ifndef TESTS_CONFORMANCE_RUNS_H
#define TESTS_CONFORMANCE_RUNS_H

#include "test.h"

#include "hex.h"
#include "records.h"

#include "ir/equal.h"
#include "ir/grid.h"
#include <stdlib.h>
#include <vyre/interpret.h>
#include <vyre/transform.h>

enum {
    MAX_BUFFERS = 64,
    LONG_RUN = 1 << 18, // steps; longer runs are tried less
};

struct inputs {
    struct hex hex[MAX_BUFFERS];
    struct vyre_bytes values[MAX_BUFFERS];
    size_t count;
};

static inline void add_input(struct inputs *inputs, const json_t *text)
{
    if (inputs->count == MAX_BUFFERS)
        abort();
    struct hex hex = hex_decode(json_string_value(text));
    inputs->hex[inputs->count] = hex;
    inputs->values[inputs->count++] = (struct vyre_bytes){ hex.data, hex.size };
}

static inline void collect_inputs(const json_t *record, struct inputs *inputs)
{
    size_t i;
    const json_t *item;
    const json_t *raw = json_object_get(record, "raw_inputs");
    if (raw) {
        json_array_foreach(raw, i, item) add_input(inputs, item);
        return;
    }
    json_array_foreach(json_object_get(record, "buffers"), i,
                       item) if (json_is_string(json_object_get(item, "input")))
        add_input(inputs, json_object_get(item, "input"));
}

static inline void free_inputs(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        hex_free(&inputs->hex[i]);
    inputs->count = 0;
}

// ---- Results -----------------------------------------------------------------------------------

struct run {
    enum vyre_result result;
    char code[8]; // of the first error
    struct vyre_outputs *outputs;
};

static inline void keep_code(void *user, const struct vyre_diag *diag)
{
    char *code = user;
    if (!*code && diag->severity == VYRE_SEVERITY_ERROR)
        snprintf(code, 8, "%s", diag->code);
}

// With the inputs of a record and what else `params` asks for.
static inline struct run run_program(const struct vyre_program *program,
                                     const struct inputs *inputs,
                                     struct vyre_interpret_params params)
{
    struct run run = { .outputs = NULL };
    const struct vyre_diag_sink sink = { keep_code, run.code };
    params.inputs = inputs->values;
    params.input_count = inputs->count;
    params.diag = &sink;
    run.result = vyre_interpret(program, &params, &run.outputs);
    return run;
}

static inline bool same_results(const struct run *a, const struct run *b)
{
    if (a->result != b->result || strcmp(a->code, b->code) != 0 ||
        vyre_outputs_count(a->outputs) != vyre_outputs_count(b->outputs))
        return false;
    for (size_t i = 0; i < vyre_outputs_count(a->outputs); i++) {
        size_t buffer_a, buffer_b;
        struct vyre_bytes x = vyre_outputs_get(a->outputs, i, &buffer_a);
        struct vyre_bytes y = vyre_outputs_get(b->outputs, i, &buffer_b);
        if (buffer_a != buffer_b || x.size != y.size ||
            (x.size > 0 && memcmp(x.data, y.data, x.size) != 0))
            return false;
    }
    return true;
}

// ---- Parts, run one after another ---------------------------------------------------------------

// Contents of a program's buffers, by declaration; those of workgroup memory are empty.
struct memory {
    struct vyre_bytes bytes[MAX_BUFFERS]; // owned
};

static inline void free_memory(struct memory *memory)
{
    for (size_t i = 0; i < MAX_BUFFERS; i++)
        free((void *)memory->bytes[i].data);
    *memory = (struct memory){ 0 };
}

static inline void set_bytes(struct vyre_bytes *to, const void *data, size_t size)
{
    uint8_t *bytes = calloc(1, size + 1);
    if (!bytes)
        abort();
    if (data && size)
        memcpy(bytes, data, size);
    free((void *)to->data);
    *to = (struct vyre_bytes){ bytes, size };
}

static inline bool takes_input(const struct ir_buffer *buffer)
{
    return buffer->access != VYRE_ACCESS_WORKGROUP && !ir_buffer_is_allocated(buffer);
}

// Before the first part, and the grid that all of them run. False when the inputs are not one for
// each buffer that takes some.
static inline bool begin_memory(const struct vyre_program *program, const struct inputs *inputs,
                                struct memory *memory, uint32_t grid[3])
{
    uint64_t sizes[MAX_BUFFERS] = { 0 }, size;
    size_t next = 0;
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        if (takes_input(buffer) && next == inputs->count)
            return false;
        if (takes_input(buffer)) {
            set_bytes(&memory->bytes[i], inputs->values[next].data, inputs->values[next].size);
            next++;
        } else if (buffer->access != VYRE_ACCESS_WORKGROUP) {
            if (!ir_type_packed_size(buffer->element, buffer->count, &size))
                return false;
            set_bytes(&memory->bytes[i], NULL, (size_t)size);
        }
        sizes[i] = memory->bytes[i].size;
    }
    return next == inputs->count && ir_grid_infer(program, sizes, grid);
}

// Runs one part on its buffers. The result of the run is without outputs.
static inline struct run run_part(const struct vyre_grid_split *split, size_t index,
                                  const uint32_t grid[3], const struct vyre_registry *registry,
                                  struct memory *memory)
{
    const struct vyre_program *part = vyre_grid_split_program(split, index);
    struct inputs inputs = { .count = 0 };
    for (uint32_t i = 0; i < part->buffer_count; i++)
        if (takes_input(&part->buffers[i]))
            inputs.values[inputs.count++] = memory->bytes[vyre_grid_split_buffer(split, index, i)];
    struct run run = run_program(part, &inputs,
                                 (struct vyre_interpret_params){
                                     .grid = { grid[0], grid[1], grid[2] }, .registry = registry });
    for (size_t i = 0; i < vyre_outputs_count(run.outputs); i++) {
        size_t buffer;
        struct vyre_bytes bytes = vyre_outputs_get(run.outputs, i, &buffer);
        set_bytes(&memory->bytes[vyre_grid_split_buffer(split, index, buffer)], bytes.data,
                  bytes.size);
    }
    vyre_outputs_destroy(&run.outputs);
    return run;
}

static inline struct run run_parts(const struct vyre_grid_split *split, const uint32_t grid[3],
                                   const struct vyre_registry *registry, struct memory *memory)
{
    struct run run = { .result = VYRE_OK };
    for (size_t i = 0; run.result == VYRE_OK && i < vyre_grid_split_count(split); i++)
        run = run_part(split, i, grid, registry, memory);
    return run;
}

// Whether parts left what a run of the whole program returned, or failed as it did.
static inline bool same_memory(const struct vyre_program *program, const struct run *whole,
                               const struct run *parts, const struct memory *memory)
{
    if (whole->result != parts->result || strcmp(whole->code, parts->code) != 0)
        return false;
    for (size_t i = 0; i < vyre_outputs_count(whole->outputs); i++) {
        size_t buffer, start = 0;
        struct vyre_bytes wanted = vyre_outputs_get(whole->outputs, i, &buffer);
        struct vyre_bytes found = memory->bytes[buffer];
        const struct ir_buffer *decl = &program->buffers[buffer];
        if (decl->has_range && decl->range_start <= decl->range_end &&
            decl->range_end <= found.size) {
            start = (size_t)decl->range_start;
            found.size = (size_t)(decl->range_end - decl->range_start);
        }
        if (wanted.size != found.size ||
            (wanted.size > 0 &&
             memcmp(wanted.data, (const uint8_t *)found.data + start, wanted.size) != 0))
            return false;
    }
    return true;
}

// ---- Programs ----------------------------------------------------------------------------------

static inline bool round_trips(const struct vyre_program *program, char *text, size_t room)
{
    char *printed = NULL;
    uint8_t *bytes = NULL;
    size_t printed_size = 0, size = 0;
    struct vyre_program *parsed = NULL, *decoded = NULL;
    bool good = true;
    if (vyre_program_print(program, &printed, &printed_size) ||
        vyre_program_parse(printed, printed_size, NULL, NULL, &parsed) ||
        !ir_program_equal(program, parsed)) {
        snprintf(text, room, "does not survive its text");
        good = false;
    } else if (vyre_program_encode(program, NULL, &bytes, &size) ||
               vyre_program_decode(bytes, size, NULL, &decoded)) {
        snprintf(text, room, "does not survive its binary form");
        good = false;
    }
    vyre_free(printed);
    vyre_free(bytes);
    vyre_program_destroy(&parsed);
    vyre_program_destroy(&decoded);
    return good;
}

static inline bool is_valid(const struct vyre_program *program, char *text, size_t room)
{
    struct test_diags diags = { .size = 0 };
    if (vyre_program_validate(program,
                              vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                                   .diag = test_diag_sink(&diags))) == VYRE_OK)
        return true;
    snprintf(text, room, "is not valid any more: %.200s", diags.text);
    return false;
}

#endif // TESTS_CONFORMANCE_RUNS_H
