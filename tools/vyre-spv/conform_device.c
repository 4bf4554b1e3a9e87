// SPDX-License-Identifier: MIT
// Judges runnable records on a device. What a device cannot be asked is decided before it runs: by
// what the record says about itself, or by the compiler, which refuses the program with a code.
#include "conform.h"
#include "conform_run.h"
#include "launch.h"

#include <string.h>

#define TIMEOUT_NS UINT64_C(60000000000)

// ---- What can be asked --------------------------------------------------------------------------

// Run-time errors of the original that have a result on a device, by the id under which docs/ir.md
// decides it.
static const char *total_of(const char *token)
{
    static const struct {
        const char *token;
        const char *id;
    } totals[] = {
        { "i32_div_or_mod_undefined", "D-1" }, { "expr_unsupported", "D-4" },
        { "unbound_variable", "D-4" },         { "index_not_u32", "D-5" },
        { "atomic_value_not_u32", "D-5" },     { "cast_not_representable", "D-5" },
    };
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        if (strcmp(totals[i].token, token) == 0)
            return totals[i].id;
    }
    return NULL;
}

static bool expects_error(const struct conform_case *c)
{
    return strcmp(conform_text(c, "result"), "error") == 0;
}

static const char *token_of(const struct conform_case *c)
{
    const char *token = conform_text(c, "error");
    return expects_error(c) && token ? token : "";
}

static bool expects_trap(const struct conform_case *c)
{
    return strcmp(token_of(c), "trap") == 0;
}

// What the record says about itself that a device does not do.
static const char *reason_to_skip(const struct conform_case *c)
{
    const char *note = conform_text(c, "note");
    if (expects_error(c) && !expects_trap(c) && !total_of(token_of(c)))
        return "a run-time error that only the interpreter has";
    if (json_object_get(c->record, "raw_inputs"))
        return "inputs that are not those of the buffers (raw_inputs)";
    if (note && strstr(note, "racy"))
        return "the result follows the order of the original's invocations (racy)";
    return NULL;
}

// ---- Tolerance ----------------------------------------------------------------------------------

// The functions whose results a device may give with an error, as the corpus allows: 128 units in
// the last place, or what the operation says where that is more. Everything else is exact.
static uint32_t tolerance_of(const struct conform_case *c)
{
    static const char *const functions[] = { "sin",  "cos",  "tan", "asin", "acos", "atan", "sinh",
                                             "cosh", "tanh", "exp", "exp2", "log",  "log2" };
    const json_int_t own = json_integer_value(json_object_get(c->record, "op_ulp_tolerance"));
    const uint32_t least = own > 128 && own < 1 << 20 ? (uint32_t)own : 128;
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(c->record, "float_ops"), index, item)
    {
        const char *name = json_string_value(item);
        for (size_t i = 0; name && i < sizeof functions / sizeof *functions; i++) {
            if (strcmp(name, functions[i]) == 0)
                return least;
        }
    }
    return 0;
}

// ---- Runs ---------------------------------------------------------------------------------------

static enum conform_outcome compare_outputs(struct conform_case *c,
                                            const struct vyre_program *program,
                                            const struct launch *launch)
{
    const uint32_t ulps = tolerance_of(c);
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(c->record, "buffers"), index, item)
    {
        struct vyre_bytes got;
        if (!json_is_string(json_object_get(item, "output")))
            continue;
        if (!launch->slots[index].is_returned || launch_output(&launch->slots[index], &got))
            return conform_fail(c, "buffer %zu is not returned", index);
        enum conform_outcome outcome = conform_compare(c, program, index, got, ulps);
        if (outcome)
            return outcome;
    }
    return CONFORM_PASSED;
}

// Whether the interpreter finds accesses of invocations that have no order, so that a device may
// rightly give another result (docs/ir.md, D-2).
static bool order_matters(const struct conform_case *c, const struct vyre_program *program)
{
    struct conform_inputs inputs;
    struct vyre_outputs *outputs = NULL;
    bool matters = false;
    if (conform_inputs_read(c, &inputs)) {
        enum vyre_result result = vyre_interpret(
            program,
            vyre_interpret_params(.inputs = inputs.values, .input_count = inputs.count,
                                  .registry = c->backend->ops, .order_matters = &matters),
            &outputs);
        matters = matters && result == VYRE_OK;
    }
    vyre_outputs_destroy(&outputs);
    conform_inputs_fini(&inputs);
    return matters;
}

static enum conform_outcome judge(struct conform_case *c, const struct vyre_program *program,
                                  const struct launch *launch, enum vyre_result result,
                                  const struct conform_diags *diags)
{
    static const char trapped[] = "K007";
    static const char exhausted[] = "K008";
    if (result == VYRE_ERR_FAULT && strcmp(diags->first, exhausted) == 0 &&
        c->backend->device_limits_loops)
        return conform_skip(c, "more passes through a loop than the driver allows (%s)", exhausted);
    if (expects_trap(c))
        return result == VYRE_ERR_FAULT && strcmp(diags->first, trapped) == 0
                   ? CONFORM_PASSED
                   : conform_fail(c, "%s %s (%s), expected a trap", vyre_result_name(result),
                                  diags->first, diags->text);
    if (result)
        return conform_fail(c, "%s %s: %s", vyre_result_name(result), diags->first, diags->text);
    if (expects_error(c))
        return conform_deviate(c, total_of(token_of(c)), "%s is no error on a device", token_of(c));
    enum conform_outcome outcome = compare_outputs(c, program, launch);
    if (outcome == CONFORM_FAILED && order_matters(c, program)) {
        outcome = CONFORM_DEVIATES; // the text says what differs
        c->deviation = "D-2";
    }
    return outcome;
}

// Moves the record's inputs to the slots that take them.
static enum conform_outcome take_inputs(struct conform_case *c, struct launch *launch)
{
    struct conform_inputs inputs;
    size_t next = 0;
    enum conform_outcome outcome = CONFORM_PASSED;
    if (!conform_inputs_read(c, &inputs))
        outcome = conform_malformed(c, "an input is not hexadecimal");
    for (size_t i = 0; !outcome && i < launch->count; i++) {
        if (!launch->slots[i].takes_input)
            continue;
        if (next == inputs.count)
            outcome = conform_malformed(c, "there are not enough inputs");
        else
            launch->slots[i].bytes = inputs.bytes[next++];
    }
    if (!outcome && next != inputs.count)
        outcome = conform_malformed(c, "there are more inputs than buffers that take one");
    for (size_t i = 0; i < next; i++)
        inputs.bytes[i] = (struct tool_bytes){ .size = 0 }; // the slots own them now
    conform_inputs_fini(&inputs);
    return outcome;
}

static enum conform_outcome run_kernel(struct conform_case *c, const struct vyre_program *program,
                                       struct vyre_kernel *kernel)
{
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct launch launch = { .count = 0 };
    launch_describe(&launch, program);
    enum conform_outcome outcome = take_inputs(c, &launch);
    if (!outcome) {
        enum vyre_result result =
            launch_dispatch(&launch, c->backend->device, kernel, TIMEOUT_NS, &sink);
        outcome = judge(c, program, &launch, result, &diags);
    }
    launch_fini(&launch);
    return outcome;
}

// Other codes by which a target, not the language, refuses a program: no subgroup operations, no
// collectives, an entry that is not in regions, which only the interpreter mends, and names in
// operands of transfers, which the validator does not look at.
static bool is_refusal(const char *code)
{
    static const char *const codes[] = { "V041", "V046", "V101", "V102", "L014" };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(codes[i], code) == 0)
            return true;
    }
    return false;
}

enum conform_outcome conform_run_on_device(struct conform_case *c,
                                           const struct vyre_program *program)
{
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_kernel *kernel = NULL;
    const char *reason = reason_to_skip(c);
    if (reason)
        return conform_skip(c, "%s", reason);
    enum vyre_result result = vyre_kernel_create(
        c->backend->device,
        vyre_kernel_params(.program = program, .registry = conform_ops_of(c), .diag = &sink),
        &kernel);
    enum conform_outcome outcome = CONFORM_PASSED;
    if (result == VYRE_ERR_UNSUPPORTED || is_refusal(diags.first))
        outcome = conform_skip(c, "the compiler refuses the program (%s)", diags.first);
    else if (result)
        outcome = conform_fail(c, "%s %s: %s", vyre_result_name(result), diags.first, diags.text);
    else
        outcome = run_kernel(c, program, kernel);
    vyre_kernel_destroy(&kernel);
    return outcome;
}
