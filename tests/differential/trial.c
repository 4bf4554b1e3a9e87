// SPDX-License-Identifier: MIT
#include "trial.h"

#include "kernel_text.h"
#include "random.h"

#include "kernel/build.h"
#include "spirv/lower.h"

enum { MOST_BUFFERS = 24 };

struct input {
    const char *name; // borrowed from the program
    size_t declared;  // index of its declaration
    uint32_t *words;  // owned
    size_t size;      // bytes
};

struct inputs {
    struct input items[MOST_BUFFERS];
    size_t count;
};

// ---- Inputs -------------------------------------------------------------------------------------

// In whole words, the last of which may hold less.
static size_t word_count(const struct trial *trial, const struct vyre_buffer_info *info,
                         struct random *random)
{
    if (info->count)
        return ((size_t)info->count * info->element_size + 3) / 4;
    // Loops run over what is only read.
    size_t words =
        info->access == VYRE_ACCESS_READ_ONLY ? 24 + below(random, 20) : 16 + below(random, 400);
    return trial->words && trial->words < words ? trial->words : words;
}

static uint32_t input_word(const struct vyre_buffer_info *info, struct random *random)
{
    if (strcmp(info->element, "f32") == 0)
        return float_bits(random);
    if (strcmp(info->element, "bool") == 0 && below(random, 4))
        return flip(random);
    return number(random);
}

static void make_inputs(const struct trial *trial, const struct vyre_program *program,
                        struct inputs *inputs)
{
    struct vyre_buffer_info info;
    inputs->count = 0;
    for (size_t i = 0; vyre_program_buffer_info(program, i, &info) == VYRE_OK; i++) {
        if (info.access == VYRE_ACCESS_WORKGROUP)
            continue;
        assert_true(inputs->count < MOST_BUFFERS);
        struct random random = { .state = trial->seed };
        for (size_t at = 0; at < info.name_size; at++)
            random.state = next(&random) + (uint8_t)info.name[at];
        size_t words = word_count(trial, &info, &random);
        uint32_t *data = calloc(words, sizeof *data);
        assert_non_null(data);
        for (size_t word = 0; word < words && !trial->zeros; word++)
            data[word] = input_word(&info, &random);
        const size_t size = info.count ? (size_t)info.count * info.element_size : words * 4;
        inputs->items[inputs->count++] = (struct input){ info.name, i, data, size };
    }
}

static void free_inputs(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->items[i].words);
}

// ---- Runs ---------------------------------------------------------------------------------------

static void hear(void *user, const struct vyre_diag *diag)
{
    struct outcome *outcome = user;
    if (diag->severity != VYRE_SEVERITY_ERROR || outcome->code[0])
        return;
    snprintf(outcome->code, sizeof outcome->code, "%s", diag->code);
    snprintf(outcome->why, sizeof outcome->why, "%s %s", diag->code, diag->text);
}

static struct vyre_outputs *interpret(const struct trial *trial, const struct vyre_program *program,
                                      const struct inputs *inputs, struct outcome *outcome)
{
    struct vyre_bytes bytes[MOST_BUFFERS];
    for (size_t i = 0; i < inputs->count; i++)
        bytes[i] = (struct vyre_bytes){ inputs->items[i].words, inputs->items[i].size };
    // With one workgroup a barrier of the grid is one of the workgroup, and the interpreter knows
    // nothing of the splitting that kernels and it share otherwise.
    struct vyre_run_facts facts;
    const struct vyre_diag_sink sink = { hear, outcome };
    struct vyre_interpret_params params = { .inputs = bytes,
                                            .input_count = inputs->count,
                                            .step_limit = 4000000,
                                            .facts = &facts,
                                            .split_grid_sync = trial->grid[0] > 1,
                                            .diag = &sink };
    memcpy(params.grid, trial->grid, sizeof params.grid);
    struct vyre_outputs *outputs;
    if (vyre_interpret(program, &params, &outputs) == VYRE_OK)
        outcome->verdict = facts.order_matters ? TRIAL_RACY : TRIAL_SAME;
    else if (strcmp(outcome->code, "X020") == 0)
        outcome->trapped = true;
    else
        outcome->verdict = TRIAL_INCOMPARABLE;
    return outputs;
}

enum build { OPTIMISED, NOT_OPTIMISED, RECHECKED, BUILDS };

static const char *const build_names[] = { "optimised", "not optimised", "every check made" };

// The first word that differs; its bytes behind the end of the buffer are 0.
static void compare(const struct vyre_outputs *outputs, const struct inputs *inputs,
                    uint32_t *const maps[MOST_BUFFERS], const char *how, struct outcome *outcome)
{
    for (size_t i = 0; i < vyre_outputs_count(outputs); i++) {
        size_t declared, at = 0;
        struct vyre_bytes expected = vyre_outputs_get(outputs, i, &declared);
        while (inputs->items[at].declared != declared)
            at++;
        assert_int_equal(expected.size, inputs->items[at].size);
        for (size_t start = 0; start < expected.size; start += 4) {
            const size_t bytes = expected.size - start < 4 ? expected.size - start : 4;
            uint32_t want = 0, got = 0;
            memcpy(&want, (const uint8_t *)expected.data + start, bytes);
            memcpy(&got, (const uint8_t *)maps[at] + start, bytes);
            if (got == want)
                continue;
            outcome->verdict = TRIAL_DIFFERENT;
            snprintf(outcome->why, sizeof outcome->why,
                     "buffer %s, word %zu: 0x%08x on the device (%s), 0x%08x in the interpreter",
                     inputs->items[at].name, start / 4, got, how, want);
            return;
        }
    }
}

// Tag and address of a trap, as both say them. False: it is no report of a trap.
static bool read_trap(const char *text, char tag[32], unsigned *address)
{
    const char *at = strstr(text, "trap '");
    return at && sscanf(at, "trap '%31[^']' %*s address %u", tag, address) == 2;
}

// What a dispatch says that should have trapped, or that should not have failed.
static void compare_ends(enum vyre_result result, const struct outcome *said, const char *how,
                         struct outcome *outcome)
{
    char expected[32] = "", got[32] = "";
    unsigned expected_address = 0, address = 0;
    const bool wants = outcome->trapped;
    const bool same = wants && result == VYRE_ERR_FAULT &&
                      read_trap(outcome->why, expected, &expected_address) &&
                      read_trap(said->why, got, &address) && strcmp(expected, got) == 0 &&
                      address == expected_address;
    if (same || (!wants && result == VYRE_OK))
        return;
    char interpreter[sizeof outcome->why];
    snprintf(interpreter, sizeof interpreter, "%s", wants ? outcome->why : "it ends well");
    outcome->verdict = TRIAL_DIFFERENT;
    snprintf(outcome->why, sizeof outcome->why,
             "%s: %.160s on the device (%s); interpreter: %.160s", vyre_result_name(result),
             said->why, how, interpreter);
}

struct vyre_kernel *trial_litter(struct vyre_device *device)
{
    // As much as every device has.
    return test_kernel(device,
                       "workgroup 64\n"
                       "buffer out : u32[64] readwrite @0\n"
                       "shared t : u32[4096]\n"
                       "loop i in 0..64 { t[i * 64 + lid.x] = 0xa5000001 + i * 0x01010101 }\n"
                       "barrier\n"
                       "out[lid.x] = t[(lid.x * 65 + wid.x) & 4095]\n",
                       NULL);
}

// On every processor of a CPU implementation, or most of them.
static void leave_litter(const struct trial *trial)
{
    enum { BYTES = 64 * 4, WORKGROUPS = 64 };
    struct vyre_argument argument = { NULL, 0, 0 };
    uint32_t *words;
    argument.buffer = test_buffer(trial->device, BYTES, &words);
    test_dispatch(trial->litter, &argument, 1, (const uint32_t[]){ WORKGROUPS, 1, 1 });
    vyre_buffer_destroy(&argument.buffer);
}

static enum vyre_result dispatch(struct vyre_kernel *kernel, const struct vyre_argument *arguments,
                                 size_t count, const struct trial *trial, struct outcome *said)
{
    const struct vyre_diag_sink sink = { hear, said };
    struct vyre_dispatch_params params = { .arguments = arguments,
                                           .argument_count = count,
                                           .diag = &sink };
    memcpy(params.grid, trial->grid, sizeof params.grid);
    struct vyre_ticket *ticket = NULL;
    enum vyre_result result = vyre_dispatch(kernel, &params, &ticket);
    if (!result)
        result = vyre_ticket_wait(ticket, test_wait_ns, &sink);
    vyre_ticket_destroy(&ticket);
    return result;
}

static void on_device(const struct trial *trial, const struct vyre_program *program,
                      const struct inputs *inputs, const struct vyre_outputs *outputs,
                      enum build build, struct outcome *outcome)
{
    struct vyre_kernel *kernel;
    struct outcome said = { .verdict = TRIAL_SAME };
    const struct vyre_diag_sink sink = { hear, &said };
    const struct spv_recheck recheck = { .judge = NULL };
    const struct vyre_kernel_params params = {
        .program = program,
        .no_optimize = build == NOT_OPTIMISED,
        .float_mode = trial->exact ? VYRE_FLOAT_EXACT : VYRE_FLOAT_STRICT,
        .diag = &sink,
    };
    enum vyre_result result =
        kernel_create(trial->device, &params, build == RECHECKED ? &recheck : NULL, &kernel);
    if (result == VYRE_ERR_UNSUPPORTED || result == VYRE_ERR_LIMIT) {
        *outcome = said;
        outcome->verdict = TRIAL_REFUSED;
        return;
    }
    if (result != VYRE_OK)
        fail_msg("no kernel: %s: %s", vyre_result_name(result), said.why);
    struct vyre_argument arguments[MOST_BUFFERS] = { { NULL, 0, 0 } };
    uint32_t *maps[MOST_BUFFERS];
    for (size_t i = 0; i < inputs->count; i++) {
        const size_t size = inputs->items[i].size;
        arguments[i].buffer = test_buffer(trial->device, (size + 3) & ~(size_t)3, &maps[i]);
        arguments[i].size = size;
        memcpy(maps[i], inputs->items[i].words, size);
    }
    leave_litter(trial);
    result = dispatch(kernel, arguments, inputs->count, trial, &said);
    compare_ends(result, &said, build_names[build], outcome);
    if (outcome->verdict == TRIAL_SAME && !outcome->trapped)
        compare(outputs, inputs, maps, build_names[build], outcome);
    for (size_t i = 0; i < inputs->count; i++)
        vyre_buffer_destroy(&arguments[i].buffer);
    vyre_kernel_destroy(&kernel);
}

struct outcome trial_run(const struct trial *trial, const struct vyre_program *program)
{
    struct outcome outcome = { .verdict = TRIAL_SAME };
    const struct vyre_diag_sink sink = { hear, &outcome };
    if (vyre_program_validate(program, vyre_validate_params(.subgroup_ops = true, .diag = &sink)) !=
        VYRE_OK) {
        outcome.verdict = TRIAL_INVALID;
        return outcome;
    }
    struct inputs inputs;
    make_inputs(trial, program, &inputs);
    struct vyre_outputs *outputs = interpret(trial, program, &inputs, &outcome);
    struct vyre_program *planted =
        trial->plant && outcome.verdict == TRIAL_SAME ? trial->plant(program) : NULL;
    // Half of the programs are enough for what costs the driver most.
    const int builds = trial->seed % 2 ? RECHECKED : BUILDS;
    for (int build = OPTIMISED; build < builds && outcome.verdict == TRIAL_SAME; build++)
        on_device(trial, planted ? planted : program, &inputs, outputs, (enum build)build,
                  &outcome);
    vyre_program_destroy(&planted);
    vyre_outputs_destroy(&outputs);
    free_inputs(&inputs);
    return outcome;
}

// ---- Text ---------------------------------------------------------------------------------------

// As `vyre-spv run` takes the bits of elements of any type: the most significant byte first.
static void print_input(const struct input *input, const struct vyre_buffer_info *info,
                        struct str *out)
{
    const size_t stride = info->element_size ? info->element_size : 1;
    str_printf(out, " \\\n  --in %s=hex:", input->name);
    for (size_t at = 0; at + stride <= input->size; at += stride) {
        str_printf(out, at ? "," : "");
        for (size_t byte = stride; byte-- > 0;)
            str_printf(out, "%02x", ((const uint8_t *)input->words)[at + byte]);
    }
    if (info->access != VYRE_ACCESS_READ_ONLY)
        str_printf(out, " --out %s=hex", input->name);
}

void trial_print(const struct trial *trial, const struct vyre_program *program, struct str *out)
{
    char *text;
    size_t size;
    assert_result(VYRE_OK, vyre_program_print(program, &text, &size));
    str_printf(out, "%s\nvyre-spv run k.vyre --no-cache --grid %u,%u,%u%s", text, trial->grid[0],
               trial->grid[1], trial->grid[2], trial->exact ? " --float exact" : "");
    vyre_free(text);
    struct inputs inputs;
    make_inputs(trial, program, &inputs);
    for (size_t i = 0; i < inputs.count; i++) {
        struct vyre_buffer_info info;
        assert_result(VYRE_OK, vyre_program_buffer_info(program, inputs.items[i].declared, &info));
        print_input(&inputs.items[i], &info, out);
    }
    str_printf(out, "\n");
    free_inputs(&inputs);
}
