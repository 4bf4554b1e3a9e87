// SPDX-License-Identifier: MIT
// Runs records of the kinds semantics, programs and fuzz (see README.md) on the interpreter: the
// same outputs to the bit, or the same kind of run-time error. usage: run [--expect
// PASSED,DEVIATES,SKIPPED] FILE.jsonl...
//
// Only records without a result are skipped: those that the corpus marks as not run, or as too
// large to be carried.
#include "test.h"

#include "conform_ops.h"
#include "hex.h"
#include "records.h"

#include <vyre/interpret.h>

enum outcome { PASSED, FAILED, DEVIATES, SKIPPED, OUTCOMES };

enum { MAX_FAMILIES = 64, MAX_BUFFERS = 64 };

static struct family {
    char name[48];
    unsigned counts[OUTCOMES];
} families[MAX_FAMILIES];

static struct family *family_of(const json_t *record)
{
    const char *name = json_string_value(json_object_get(record, "family"));
    struct family *family = families;
    if (!name)
        name = "?";
    while (family->name[0] && strcmp(family->name, name) != 0)
        family++;
    if (family == families + MAX_FAMILIES - 1)
        abort();
    snprintf(family->name, sizeof family->name, "%s", name);
    return family;
}

// ---- Errors ------------------------------------------------------------------------------------

// Our code for each of the original's run-time errors.
static const char *code_of(const char *token)
{
    static const struct {
        const char *token;
        const char *code;
    } codes[] = {
        { "missing_input", "X002" },
        { "extra_input", "X002" },
        { "input_too_small", "X003" },
        { "unsized_element", "X004" },
        { "workgroup_memory_limit", "X008" },
        { "not_region_wrapped", "X009" },
        { "unbound_variable", "X011" },
        { "binop_operand_kinds_differ", "X013" },
        { "op_undefined_for_f32", "X014" },
        { "op_undefined_for_bool", "X014" },
        { "op_unsupported", "X014" },
        { "i32_div_or_mod_undefined", "X015" },
        { "index_not_u32", "X016" },
        { "trap_address_not_u32", "X016" },
        { "cast_not_representable", "X017" },
        { "atomic_value_not_u32", "X018" },
        { "atomic_op_unsupported", "X019" },
        { "indirect_dispatch", "X019" },
        { "expr_unsupported", "X019" },
        { "opaque_expr", "X019" },
        { "resume", "X019" },
        { "missing_buffer", "X023" },
        { "subgroup_mixed_kinds", "X024" },
        { "async_span_not_u64", "X025" },
        { "async_tag_reused", "X026" },
        { "async_wait_without_start", "X027" },
        { "async_tag_pending_at_end", "X028" },
        { "call_no_registry", "X029" },
        { "call_op_panicked", "X032" },
        { "collective", "X033" },
        { "trap", "X020" },
        { "barrier_not_uniform_if", "X021" },
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].token, token) == 0)
            return codes[i].code;
    return "?";
}

// ---- One record --------------------------------------------------------------------------------

struct inputs {
    struct hex hex[MAX_BUFFERS];
    struct vyre_bytes values[MAX_BUFFERS];
    size_t count;
};

static void add_input(struct inputs *inputs, const json_t *text)
{
    if (inputs->count == MAX_BUFFERS)
        abort();
    struct hex hex = hex_decode(json_string_value(text));
    inputs->hex[inputs->count] = hex;
    inputs->values[inputs->count++] = (struct vyre_bytes){ hex.data, hex.size };
}

static void collect_inputs(const json_t *record, struct inputs *inputs)
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

static bool same_bytes(struct vyre_bytes got, const char *expected)
{
    struct hex hex = hex_decode(expected);
    bool same =
        hex.size == got.size && (got.size == 0 || memcmp(hex.data, got.data, got.size) == 0);
    hex_free(&hex);
    return same;
}

static enum outcome compare_outputs(const json_t *record, const struct vyre_outputs *outputs,
                                    char *text, size_t room)
{
    size_t i, next = 0, buffer;
    const json_t *item;
    json_array_foreach(json_object_get(record, "buffers"), i, item)
    {
        const char *expected = json_string_value(json_object_get(item, "output"));
        if (!expected)
            continue;
        struct vyre_bytes got = vyre_outputs_get(outputs, next++, &buffer);
        if (buffer != i || !same_bytes(got, expected)) {
            snprintf(text, room, "buffer %zu differs", i);
            return FAILED;
        }
    }
    if (next != vyre_outputs_count(outputs)) {
        snprintf(text, room, "%zu buffers are returned, not %zu", vyre_outputs_count(outputs),
                 next);
        return FAILED;
    }
    return PASSED;
}

// The first error; warnings may come before it.
static void keep_first(void *user, const struct vyre_diag *diag)
{
    char *text = user;
    if (!*text && diag->severity == VYRE_SEVERITY_ERROR)
        snprintf(text, 200, "%s %s", diag->code, diag->text);
}

static struct vyre_registry *ops; // of the corpus

// The records of one family ran without a registry.
static bool calls_ops(const json_t *record)
{
    const char *family = json_string_value(json_object_get(record, "family"));
    return !family || strcmp(family, "call_none") != 0;
}

static enum outcome run_program(const json_t *record, const struct vyre_program *program,
                                char *text, size_t room)
{
    char diag[200] = "";
    const struct vyre_diag_sink sink = { keep_first, diag };
    const char *expected = json_string_value(json_object_get(record, "result"));
    const char *token = json_string_value(json_object_get(record, "error"));
    struct vyre_outputs *outputs;
    struct inputs inputs = { .count = 0 };
    collect_inputs(record, &inputs);
    enum vyre_result result = vyre_interpret(
        program,
        vyre_interpret_params(.inputs = inputs.values, .input_count = inputs.count,
                              .registry = calls_ops(record) ? ops : NULL, .diag = &sink),
        &outputs);
    enum outcome outcome = FAILED;
    if (strcmp(expected, "ok") == 0 && result == VYRE_OK)
        outcome = compare_outputs(record, outputs, text, room);
    else if (strcmp(expected, "error") == 0 && result != VYRE_OK &&
             strncmp(diag, code_of(token), 4) == 0)
        outcome = PASSED;
    if (outcome == FAILED && !*text)
        snprintf(text, room, "%s: %s, expected %s %s", vyre_result_name(result), diag, expected,
                 token ? token : "");
    vyre_outputs_destroy(&outputs);
    for (size_t i = 0; i < inputs.count; i++)
        hex_free(&inputs.hex[i]);
    return outcome;
}

static enum outcome run_record(const json_t *record, char *text, size_t room)
{
    const char *expected = json_string_value(json_object_get(record, "result"));
    if (strcmp(expected, "ok") != 0 && strcmp(expected, "error") != 0) {
        snprintf(text, room, "has no result");
        return SKIPPED;
    }
    struct hex wire = hex_decode(json_string_value(json_object_get(record, "wire")));
    struct vyre_program *program;
    enum vyre_result result = vyre_program_decode(wire.data, wire.size, NULL, &program);
    enum outcome outcome = FAILED;
    if (result == VYRE_OK)
        outcome = run_program(record, program, text, room);
    else
        snprintf(text, room, "decode: %s", vyre_result_name(result));
    vyre_program_destroy(&program);
    hex_free(&wire);
    return outcome;
}

// ---- Files -------------------------------------------------------------------------------------

static void count_record(void *user, const json_t *record)
{
    unsigned *totals = user;
    char text[400] = "";
    enum outcome outcome = run_record(record, text, sizeof text);
    totals[outcome]++;
    family_of(record)->counts[outcome]++;
    if (outcome == FAILED)
        printf("FAIL %s: %s\n", json_string_value(json_object_get(record, "name")), text);
}

int main(int argc, char **argv)
{
    unsigned totals[OUTCOMES] = { 0 };
    const char *expect = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--expect") == 0) {
        expect = argv[2];
        first = 3;
    }
    ops = conform_ops_create();
    bool readable = argc > first;
    for (int i = first; i < argc; i++)
        readable &= records_read(argv[i], count_record, totals);
    for (const struct family *family = families; family->name[0]; family++)
        printf("%-14s %u passed, %u failed, %u deviate, %u skipped\n", family->name,
               family->counts[PASSED], family->counts[FAILED], family->counts[DEVIATES],
               family->counts[SKIPPED]);
    vyre_registry_destroy(&ops);
    char counts[64];
    snprintf(counts, sizeof counts, "%u,%u,%u", totals[PASSED], totals[DEVIATES], totals[SKIPPED]);
    printf("%u records passed, %u failed, %u deviate, %u skipped\n", totals[PASSED], totals[FAILED],
           totals[DEVIATES], totals[SKIPPED]);
    if (expect && strcmp(expect, counts) != 0) {
        printf("expected %s (passed, deviating, skipped), got %s\n", expect, counts);
        return 1;
    }
    return readable && totals[FAILED] == 0 && totals[PASSED] > 0 ? 0 : 1;
}
