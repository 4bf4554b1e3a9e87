// SPDX-License-Identifier: MIT
// Judges runnable records on a device. What a device can be asked, and what it has to answer, is
// decided before it runs: by what the record says about itself, by the compiler, which refuses the
// program with a code, and by the interpreter, which runs it first.
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
        { "i32_div_or_mod_undefined", "D-1" },   { "expr_unsupported", "D-4" },
        { "unbound_variable", "D-4" },           { "index_not_u32", "D-5" },
        { "atomic_value_not_u32", "D-5" },       { "cast_not_representable", "D-5" },
        { "atomic_op_unsupported", "D-6" },      { "trap_address_not_u32", "D-5" },
        { "binop_operand_kinds_differ", "D-7" },
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

// Run-time errors of the original that are faults on a device, by their code; NULL: none.
static const char *fault_of(const char *token)
{
    if (strcmp(token, "trap") == 0)
        return "K007";
    return strcmp(token, "resume") == 0 || strcmp(token, "indirect_dispatch") == 0 ? "K011" : NULL;
}

// What the record says about itself that a device does not do.
static const char *reason_to_skip(const struct conform_case *c)
{
    const char *note = conform_text(c, "note");
    if (expects_error(c) && !fault_of(token_of(c)) && !total_of(token_of(c)))
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

// ---- What the interpreter says ------------------------------------------------------------------

// Longer runs are not foreseen to their end; then the record's outputs have to come.
#define FORESEEN_STEPS (UINT64_C(1) << 20)

// What a device has to answer.
struct forecast {
    const char *reason;    // to skip the record; NULL: none
    const char *fault;     // code of the fault that has to come; NULL: none
    const char *deviation; // id; NULL: the answer is the record's
    const char *because;   // of the deviation
    // With an id: what the interpreter gives where it is as total as a device. NULL: any contents
    // of the buffers will do. Owned.
    struct vyre_outputs *outputs;
};

// Passes in which workgroup memory is zeroed, and the ends of their loops.
static uint64_t zeroing_passes(const struct vyre_program *program)
{
    struct vyre_buffer_info info;
    uint32_t size[3];
    uint64_t passes = 0;
    vyre_program_workgroup_size(program, size);
    const uint64_t invocations = (uint64_t)size[0] * size[1] * size[2];
    for (size_t i = 0; !vyre_program_buffer_info(program, i, &info); i++)
        if (info.access == VYRE_ACCESS_WORKGROUP && invocations)
            passes += (info.byte_size / 4 + 1) / invocations + 2;
    return passes;
}

// A driver that ends shaders after so many passes gets no program that makes more of them, nor one
// that could when its invocations run in step.
static const char *reason_by_loops(const struct conform_case *c, const struct vyre_program *program,
                                   const struct vyre_run_facts *facts)
{
    const uint64_t limit = c->backend->loop_limit;
    if (!limit || facts->workgroup_loop_passes + zeroing_passes(program) <= limit)
        return NULL;
    return facts->loop_passes > limit
               ? "more passes through loops than the driver allows"
               : "a workgroup whose passes through loops may be more than the driver allows";
}

static bool same_outputs(const struct vyre_outputs *a, const struct vyre_outputs *b)
{
    bool same = vyre_outputs_count(a) == vyre_outputs_count(b);
    for (size_t i = 0; same && i < vyre_outputs_count(a); i++) {
        const struct vyre_bytes x = vyre_outputs_get(a, i, NULL), y = vyre_outputs_get(b, i, NULL);
        same = x.size == y.size && (x.size == 0 || memcmp(x.data, y.data, x.size) == 0);
    }
    return same;
}

// Whether the order of invocations, where some of their accesses or atomics have none, decides what
// comes out: another order than the original's gives something else. Barriers of the grid give one
// that the original does not know.
static bool order_decides(const struct vyre_program *program,
                          const struct vyre_interpret_params *params,
                          const struct vyre_outputs *outputs)
{
    struct vyre_interpret_params other = *params;
    struct vyre_outputs *others = NULL;
    other.reversed = true;
    other.split_grid_sync = true;
    other.facts = NULL;
    other.diag = NULL;
    const bool decides =
        vyre_interpret(program, &other, &others) != VYRE_OK || !same_outputs(outputs, others);
    vyre_outputs_destroy(&others);
    return decides;
}

static void foresee(const struct conform_case *c, const struct vyre_program *program,
                    const struct conform_inputs *inputs, struct forecast *forecast)
{
    struct vyre_run_facts facts;
    struct conform_diags diags = { .first = "" };
    const struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_outputs *outputs = NULL;
    const struct vyre_interpret_params params = {
        .inputs = inputs->values,
        .input_count = inputs->count,
        .registry = conform_ops_of(c),
        .total = true,
        .facts = &facts,
        .step_limit = FORESEEN_STEPS,
        .diag = &sink,
    };
    *forecast = (struct forecast){ .reason = NULL };
    enum vyre_result result = vyre_interpret(program, &params, &outputs);
    forecast->reason = reason_by_loops(c, program, &facts);
    if (fault_of(token_of(c))) {
        forecast->fault = fault_of(token_of(c));
    } else if (facts.lanes_apart) {
        forecast->deviation = "D-3";
        forecast->because = "lanes of a subgroup are not at one statement";
    } else if ((facts.order_matters || facts.atomics_meet) && result == VYRE_OK &&
               order_decides(program, &params, outputs)) {
        forecast->deviation = "D-2";
        forecast->because = "the result depends on the order of invocations";
    } else if (expects_error(c)) {
        forecast->deviation = total_of(token_of(c));
        forecast->because = "the error has a result on a device";
        forecast->outputs = outputs;
        outputs = NULL;
        if (result && strcmp(diags.first, "X020") == 0)
            forecast->fault = fault_of("trap");
        else if (result)
            forecast->reason = "a run-time error behind one that has a result on a device";
    }
    vyre_outputs_destroy(&outputs);
}

// ---- Runs ---------------------------------------------------------------------------------------

static enum conform_outcome compare_with_record(struct conform_case *c,
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

static enum conform_outcome compare_with_outputs(struct conform_case *c,
                                                 const struct launch *launch,
                                                 const struct vyre_outputs *outputs)
{
    for (size_t i = 0; i < vyre_outputs_count(outputs); i++) {
        size_t index = 0;
        struct vyre_bytes got, expected = vyre_outputs_get(outputs, i, &index);
        if (!launch->slots[index].is_returned || launch_output(&launch->slots[index], &got))
            return conform_fail(c, "buffer %zu is not returned", index);
        enum conform_outcome outcome =
            conform_compare_bytes(c, &launch->slots[index].info, got, expected, tolerance_of(c));
        if (outcome)
            return outcome;
    }
    return CONFORM_PASSED;
}

static enum conform_outcome judge(struct conform_case *c, const struct vyre_program *program,
                                  const struct forecast *forecast, const struct launch *launch,
                                  enum vyre_result result, const struct conform_diags *diags)
{
    if (forecast->fault) {
        if (result != VYRE_ERR_FAULT || strcmp(diags->first, forecast->fault) != 0)
            return conform_fail(c, "%s %s (%s), expected the fault %s", vyre_result_name(result),
                                diags->first, diags->text, forecast->fault);
        return forecast->deviation
                   ? conform_deviate(c, forecast->deviation, "%s", forecast->because)
                   : CONFORM_PASSED;
    }
    if (result)
        return conform_fail(c, "%s %s: %s", vyre_result_name(result), diags->first, diags->text);
    if (!forecast->deviation)
        return compare_with_record(c, program, launch);
    enum conform_outcome outcome = compare_with_outputs(c, launch, forecast->outputs);
    return outcome ? outcome : conform_deviate(c, forecast->deviation, "%s", forecast->because);
}

// Moves inputs to the slots that take them.
static enum conform_outcome give_inputs(struct conform_case *c, struct conform_inputs *inputs,
                                        struct launch *launch)
{
    size_t next = 0;
    enum conform_outcome outcome = CONFORM_PASSED;
    for (size_t i = 0; !outcome && i < launch->count; i++) {
        if (!launch->slots[i].takes_input)
            continue;
        if (next == inputs->count)
            outcome = conform_malformed(c, "there are not enough inputs");
        else
            launch->slots[i].bytes = inputs->bytes[next++];
    }
    if (!outcome && next != inputs->count)
        outcome = conform_malformed(c, "there are more inputs than buffers that take one");
    for (size_t i = 0; i < next; i++)
        inputs->bytes[i] = (struct tool_bytes){ .size = 0 }; // the slots own them now
    return outcome;
}

static enum conform_outcome dispatch(struct conform_case *c, const struct vyre_program *program,
                                     struct vyre_kernel *kernel, struct conform_inputs *inputs,
                                     const struct forecast *forecast)
{
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct launch launch = { .count = 0 };
    launch_describe(&launch, program);
    enum conform_outcome outcome = give_inputs(c, inputs, &launch);
    if (!outcome) {
        enum vyre_result result =
            launch_dispatch(&launch, c->backend->device, kernel, TIMEOUT_NS, &sink);
        outcome = judge(c, program, forecast, &launch, result, &diags);
    }
    launch_fini(&launch);
    return outcome;
}

static enum conform_outcome run_kernel(struct conform_case *c, const struct vyre_program *program,
                                       struct vyre_kernel *kernel)
{
    struct conform_inputs inputs;
    struct forecast forecast = { .reason = NULL };
    enum conform_outcome outcome = CONFORM_PASSED;
    if (!conform_inputs_read(c, &inputs))
        outcome = conform_malformed(c, "an input is not hexadecimal");
    if (!outcome)
        foresee(c, program, &inputs, &forecast);
    if (forecast.reason)
        outcome = conform_skip(c, "%s", forecast.reason);
    if (!outcome)
        outcome = dispatch(c, program, kernel, &inputs, &forecast);
    vyre_outputs_destroy(&forecast.outputs);
    conform_inputs_fini(&inputs);
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
