// SPDX-License-Identifier: MIT
// Any program to validator, interpreter and compiler, valid or not: each ends in order, and says
// and does the same the second time. A program that was refused is neither compiled nor split.
#include "wire_input.h"

#include "base/str.h"
#include "ir/model.h"

#include <vyre/vyre.h>

enum { INPUTS_MAX = 16, INPUT_BYTES = 1 << 12 };

// What was said, and what came out.
struct run {
    enum vyre_result result;
    unsigned errors;
    struct str said;
    struct vyre_outputs *outputs;
};

static void hear(void *user, const struct vyre_diag *diag)
{
    struct run *run = user;
    run->errors += diag->severity == VYRE_SEVERITY_ERROR;
    FUZZ_CHECK(diag->code != NULL && diag->text != NULL && diag->fix != NULL);
    str_printf(&run->said, "%s %s %s\n", diag->code, diag->path ? diag->path : "", diag->text);
}

static void fini(struct run *run)
{
    str_fini(&run->said);
    vyre_outputs_destroy(&run->outputs);
}

static void check_said(const struct run *a, const struct run *b)
{
    FUZZ_CHECK(a->result == b->result && a->errors == b->errors);
    FUZZ_CHECK(a->said.size == b->said.size);
    FUZZ_CHECK(a->said.size == 0 || memcmp(a->said.text, b->said.text, a->said.size) == 0);
}

static struct run validate(const struct vyre_program *program)
{
    struct run run = { 0 };
    const struct vyre_diag_sink sink = { hear, &run };
    run.result = vyre_program_validate(
        program, vyre_validate_params(.subgroup_ops = true, .collectives = true, .diag = &sink));
    FUZZ_CHECK((run.result == VYRE_ERR_INVALID_PROGRAM) == (run.errors > 0));
    return run;
}

static enum vyre_result check_validator(const struct vyre_program *program)
{
    struct run first = validate(program);
    struct run second = validate(program);
    enum vyre_result result = first.result;
    check_said(&first, &second);
    fini(&first);
    fini(&second);
    return result;
}

static void check_compiler(const struct vyre_program *program, enum vyre_result valid)
{
    struct vyre_module *modules[2];
    enum vyre_result results[2];
    size_t counts[2] = { 0, 0 };
    const uint32_t *words[2] = { NULL, NULL };
    for (int i = 0; i < 2; i++) {
        results[i] = vyre_compile(program, NULL, &modules[i]);
        FUZZ_CHECK((results[i] == VYRE_OK) == (modules[i] != NULL));
        FUZZ_CHECK(valid == VYRE_OK || results[i] == valid);
        if (modules[i])
            words[i] = vyre_module_words(modules[i], &counts[i]);
    }
    FUZZ_CHECK(results[0] == results[1] && counts[0] == counts[1]);
    FUZZ_CHECK(!counts[0] || memcmp(words[0], words[1], counts[0] * sizeof(uint32_t)) == 0);
    vyre_module_destroy(&modules[0]);
    vyre_module_destroy(&modules[1]);
}

// Barriers of the grid are rare; the program is the target's own.
static void turn_barriers(struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_BARRIER)
            node->ordering = IR_ORDER_GRID_SYNC;
        turn_barriers(&node->body);
        turn_barriers(&node->otherwise);
    }
}

// What is split is valid programs, and what is not is a reason.
static void check_split(const struct vyre_program *program)
{
    struct run said = { 0 };
    const struct vyre_diag_sink sink = { hear, &said };
    struct vyre_grid_split *split;
    enum vyre_result result = vyre_program_split_grid_sync(program, NULL, &sink, &split);
    FUZZ_CHECK((result == VYRE_OK) == (split != NULL));
    FUZZ_CHECK((result == VYRE_OK) == (said.errors == 0));
    FUZZ_CHECK(result != VYRE_ERR_INVALID_PROGRAM);
    for (size_t i = 0; i < vyre_grid_split_count(split); i++) {
        struct run part = validate(vyre_grid_split_program(split, i));
        FUZZ_CHECK(part.result == VYRE_OK);
        fini(&part);
    }
    vyre_grid_split_destroy(&split);
    fini(&said);
}

// One value per buffer that takes input; now and then one is missing, or too small.
static size_t give_inputs(const struct vyre_program *program, struct fuzz_input *input,
                          struct vyre_bytes inputs[INPUTS_MAX], uint8_t bytes[INPUT_BYTES])
{
    static const uint32_t edges[] = { 0, 1, 2, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FC00000 };
    for (size_t i = 0; i < INPUT_BYTES; i += sizeof(uint32_t)) {
        uint32_t word = edges[fuzz_byte(input) % 8];
        memcpy(bytes + i, &word, sizeof word);
    }
    size_t given = 0;
    struct vyre_buffer_info info;
    for (size_t i = 0; vyre_program_buffer_info(program, i, &info) == VYRE_OK; i++) {
        bool allocated = info.is_output || info.access == VYRE_ACCESS_WRITE_ONLY ||
                         (info.is_live_out && info.access == VYRE_ACCESS_READ_WRITE);
        if (info.access == VYRE_ACCESS_WORKGROUP || allocated || given == INPUTS_MAX)
            continue;
        size_t size = (size_t)info.count * info.element_size;
        if (info.count == 0 || size > INPUT_BYTES)
            size = 4 * (size_t)(1 + fuzz_byte(input) % 32);
        inputs[given++] = (struct vyre_bytes){ bytes, size };
    }
    return given - (given > 0 && fuzz_byte(input) == 255);
}

static void check_interpreter(const struct vyre_program *program, struct fuzz_input *input)
{
    static uint8_t bytes[INPUT_BYTES];
    static const uint32_t launch_params[2] = { 7, 0xFFFFFFFF };
    struct vyre_bytes inputs[INPUTS_MAX];
    size_t given = give_inputs(program, input, inputs, bytes);
    struct run runs[2] = { 0 };
    for (int i = 0; i < 2; i++) {
        const struct vyre_diag_sink sink = { hear, &runs[i] };
        runs[i].result = vyre_interpret(
            program,
            vyre_interpret_params(.inputs = inputs, .input_count = given,
                                  .launch_params = launch_params, .launch_param_count = 2,
                                  .step_limit = 3000, .memory_limit = 1 << 20, .diag = &sink),
            &runs[i].outputs);
        FUZZ_CHECK((runs[i].result == VYRE_OK) == (runs[i].outputs != NULL));
    }
    check_said(&runs[0], &runs[1]);
    size_t count = runs[0].outputs ? vyre_outputs_count(runs[0].outputs) : 0;
    for (size_t i = 0; i < count; i++) {
        struct vyre_bytes a = vyre_outputs_get(runs[0].outputs, i, NULL);
        struct vyre_bytes b = vyre_outputs_get(runs[1].outputs, i, NULL);
        FUZZ_CHECK(a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0));
    }
    fini(&runs[0]);
    fini(&runs[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = wire_input(data, size);
    struct vyre_program *program;
    if (vyre_program_decode(bytes, size, NULL, &program) == VYRE_OK) {
        // The second half of the program decides about its inputs too.
        struct fuzz_input input = { data + size / 2, size - size / 2, 0 };
        enum vyre_result valid = check_validator(program);
        check_compiler(program, valid);
        check_interpreter(program, &input);
        if (valid == VYRE_OK) {
            check_split(program);
            turn_barriers(&program->entry);
            check_split(program);
        }
    }
    vyre_program_destroy(&program);
    free(bytes);
    return 0;
}
