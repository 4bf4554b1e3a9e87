// SPDX-License-Identifier: MIT
// Runs records of the corpus on the interpreter and compares what comes out.
#ifndef TESTS_CONFORMANCE_RUNS_H
#define TESTS_CONFORMANCE_RUNS_H

#include "test.h"

#include "hex.h"
#include "records.h"

#include "ir/equal.h"
#include <vyre/interpret.h>

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
