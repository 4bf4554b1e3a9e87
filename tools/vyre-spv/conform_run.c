// SPDX-License-Identifier: MIT
// Judges runnable records (semantics, programs, fuzz and the finite kernels of the protocol) on the
// interpreter: the same outputs to the bit, or the same kind of run-time error.
#include "conform.h"
#include "conform_run.h"

#include <stdlib.h>
#include <string.h>

// ---- Errors -------------------------------------------------------------------------------------

// Our code for each of the original's run-time errors; NULL when there is none.
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
        { "trap", "X020" },
        { "barrier_not_uniform_if", "X021" },
        { "missing_buffer", "X023" },
        { "subgroup_mixed_kinds", "X024" },
        { "async_span_not_u64", "X025" },
        { "async_tag_reused", "X026" },
        { "async_wait_without_start", "X027" },
        { "async_tag_pending_at_end", "X028" },
        { "call_no_registry", "X029" },
        { "call_op_panicked", "X032" },
        { "collective", "X033" },
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(codes[i].token, token) == 0)
            return codes[i].code;
    }
    return NULL;
}

// ---- Inputs -------------------------------------------------------------------------------------

static bool add_input(struct conform_inputs *inputs, const json_t *text)
{
    struct tool_bytes *bytes = &inputs->bytes[inputs->count];
    if (!conform_hex(text, bytes))
        return false;
    inputs->values[inputs->count++] = (struct vyre_bytes){ bytes->data, bytes->size };
    return true;
}

bool conform_inputs_read(const struct conform_case *c, struct conform_inputs *inputs)
{
    const json_t *raw = json_object_get(c->record, "raw_inputs");
    const json_t *list = raw ? raw : json_object_get(c->record, "buffers");
    const size_t most = json_array_size(list);
    size_t index;
    json_t *item;
    *inputs = (struct conform_inputs){
        .bytes = tool_calloc(most, sizeof *inputs->bytes),
        .values = tool_calloc(most, sizeof *inputs->values),
    };
    json_array_foreach(list, index, item)
    {
        const json_t *text = raw ? item : json_object_get(item, "input");
        if (!raw && json_is_null(text))
            continue;
        if (!add_input(inputs, text))
            return false;
    }
    return true;
}

void conform_inputs_fini(struct conform_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        tool_bytes_fini(&inputs->bytes[i]);
    free(inputs->bytes);
    free(inputs->values);
    *inputs = (struct conform_inputs){ .count = 0 };
}

// ---- Outputs ------------------------------------------------------------------------------------

static bool is_f32(const struct vyre_buffer_info *info)
{
    return strcmp(info->element, "f32") == 0;
}

// The bits as a number whose order is that of the floats.
static int64_t on_the_line(uint32_t bits)
{
    return bits & 0x80000000u ? -(int64_t)(bits & 0x7fffffffu) : (int64_t)bits;
}

static bool is_nan(uint32_t bits)
{
    return (bits & 0x7fffffffu) > 0x7f800000u;
}

static uint32_t word_at(const void *bytes, size_t at)
{
    const uint8_t *b = (const uint8_t *)bytes + at;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool is_close(uint32_t got, uint32_t expected, uint32_t ulps)
{
    if (is_nan(got) || is_nan(expected))
        return is_nan(got) && is_nan(expected);
    const int64_t distance = on_the_line(got) - on_the_line(expected);
    return distance <= (int64_t)ulps && -distance <= (int64_t)ulps;
}

// An element as people read it: its number when it is one of the usual types, and its bytes.
static void spell(const struct vyre_buffer_info *info, const uint8_t *bytes, size_t size, char *out,
                  size_t room)
{
    size_t used = 0;
    if (size == 4) {
        const uint32_t word = word_at(bytes, 0);
        float number;
        memcpy(&number, &word, sizeof number);
        if (is_f32(info))
            used = (size_t)snprintf(out, room, "%.9g ", (double)number);
        else if (strcmp(info->element, "i32") == 0)
            used = (size_t)snprintf(out, room, "%lld ", (long long)(int32_t)word);
        else
            used = (size_t)snprintf(out, room, "%lu ", (unsigned long)word);
    }
    used += (size_t)snprintf(out + used, room - used, "(");
    for (size_t i = 0; i < size && i < 16; i++)
        used += (size_t)snprintf(out + used, room - used, "%02x", bytes[i]);
    snprintf(out + used, room - used, size > 16 ? "...)" : ")");
}

static enum conform_outcome differs(struct conform_case *c, const struct vyre_buffer_info *info,
                                    size_t at, struct vyre_bytes got, struct vyre_bytes expected)
{
    char wanted[96];
    char found[96];
    const size_t stride = info->element_size ? info->element_size : 1;
    const size_t start = at - at % stride;
    const size_t size = expected.size - start < stride ? expected.size - start : stride;
    spell(info, (const uint8_t *)expected.data + start, size, wanted, sizeof wanted);
    spell(info, (const uint8_t *)got.data + start, size, found, sizeof found);
    return conform_fail(c, "buffer '%s' (%s), element %zu of %zu: expected %s, got %s", info->name,
                        info->element, start / stride, expected.size / stride, wanted, found);
}

enum conform_outcome conform_compare_bytes(struct conform_case *c,
                                           const struct vyre_buffer_info *info,
                                           struct vyre_bytes got, struct vyre_bytes expected,
                                           uint32_t ulps)
{
    const uint8_t *wanted = expected.data;
    const uint8_t *found = got.data;
    const size_t step = ulps && is_f32(info) ? 4 : 1;
    if (got.size != expected.size)
        return conform_fail(c, "buffer '%s': %zu bytes, expected %zu", info->name, got.size,
                            expected.size);
    for (size_t at = 0; at < expected.size; at += step) {
        const bool whole = step == 4 && expected.size - at >= 4;
        const bool same = whole
                              ? is_close(word_at(found, at), word_at(wanted, at), ulps)
                              : memcmp(found + at, wanted + at,
                                       expected.size - at < step ? expected.size - at : step) == 0;
        if (!same)
            return differs(c, info, at, got, expected);
    }
    return CONFORM_PASSED;
}

enum conform_outcome conform_compare(struct conform_case *c, const struct vyre_program *program,
                                     size_t index, struct vyre_bytes got, uint32_t ulps)
{
    struct tool_bytes expected;
    struct vyre_buffer_info info;
    const json_t *buffer = json_array_get(json_object_get(c->record, "buffers"), index);
    if (vyre_program_buffer_info(program, index, &info))
        return conform_malformed(c, "the program has no buffer %zu", index);
    if (!conform_hex(json_object_get(buffer, "output"), &expected))
        return conform_malformed(c, "the output of '%s' is not hexadecimal", info.name);
    enum conform_outcome outcome = conform_compare_bytes(
        c, &info, got, (struct vyre_bytes){ expected.data, expected.size }, ulps);
    tool_bytes_fini(&expected);
    return outcome;
}

static enum conform_outcome compare_outputs(struct conform_case *c,
                                            const struct vyre_program *program,
                                            const struct vyre_outputs *outputs)
{
    size_t index;
    size_t next = 0;
    json_t *item;
    json_array_foreach(json_object_get(c->record, "buffers"), index, item)
    {
        size_t buffer = 0;
        if (!json_is_string(json_object_get(item, "output")))
            continue;
        struct vyre_bytes got = vyre_outputs_get(outputs, next, &buffer);
        if (next++ >= vyre_outputs_count(outputs) || buffer != index)
            return conform_fail(c, "buffer %zu is not returned", index);
        enum conform_outcome outcome = conform_compare(c, program, index, got, 0);
        if (outcome)
            return outcome;
    }
    if (next != vyre_outputs_count(outputs))
        return conform_fail(c, "%zu buffers are returned, expected %zu",
                            vyre_outputs_count(outputs), next);
    return CONFORM_PASSED;
}

// ---- Declarations -------------------------------------------------------------------------------

static const char *access_of(enum vyre_access access)
{
    static const char *const words[] = { "ro", "rw", "uniform", "workgroup", "wo" };
    return (size_t)access < sizeof words / sizeof *words ? words[access] : "?";
}

// What the record says about each buffer is what the library says about it.
static enum conform_outcome check_buffers(struct conform_case *c,
                                          const struct vyre_program *program)
{
    const json_t *buffers = json_object_get(c->record, "buffers");
    if (json_array_size(buffers) != vyre_program_buffer_count(program))
        return conform_fail(c, "%zu buffers, expected %zu", vyre_program_buffer_count(program),
                            json_array_size(buffers));
    size_t index;
    json_t *item;
    json_array_foreach(buffers, index, item)
    {
        struct vyre_buffer_info info;
        const char *name = json_string_value(json_object_get(item, "name"));
        const char *type = json_string_value(json_object_get(item, "type"));
        const char *access = json_string_value(json_object_get(item, "access"));
        if (!name || !type || !access || vyre_program_buffer_info(program, index, &info))
            return conform_malformed(c, "buffer %zu has no name, type or access", index);
        if (strcmp(name, info.name) != 0 || strcmp(type, info.element) != 0 ||
            strcmp(access, access_of(info.access)) != 0 ||
            json_integer_value(json_object_get(item, "count")) != (json_int_t)info.count)
            return conform_fail(
                c, "buffer %zu is '%s' : %s[%u] %s, expected '%s' : %s[%lld] %s", index, info.name,
                info.element, info.count, access_of(info.access), name, type,
                (long long)json_integer_value(json_object_get(item, "count")), access);
    }
    return CONFORM_PASSED;
}

// ---- Runs ---------------------------------------------------------------------------------------

static enum conform_outcome check_error(struct conform_case *c, enum vyre_result result,
                                        const struct conform_diags *diags)
{
    const char *token = conform_text(c, "error");
    const char *code = token ? code_of(token) : NULL;
    if (!token)
        return conform_malformed(c, "the error has no token");
    if (!result)
        return conform_fail(c, "ran; expected the error %s", token);
    if (!code)
        return conform_malformed(c, "'%s' is no run-time error", token);
    if (strcmp(code, diags->first) == 0)
        return CONFORM_PASSED;
    return conform_fail(c, "%s %s (%s), expected %s (%s)", vyre_result_name(result), diags->first,
                        diags->text, code, token);
}

const struct vyre_registry *conform_ops_of(const struct conform_case *c)
{
    const char *lookup = conform_text(c, "lookup");
    return lookup && strcmp(lookup, "corpus") == 0 ? c->backend->ops : NULL;
}

static enum conform_outcome interpret(struct conform_case *c, const struct vyre_program *program,
                                      const struct conform_inputs *inputs)
{
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_outputs *outputs = NULL;
    enum vyre_result result =
        vyre_interpret(program,
                       vyre_interpret_params(.inputs = inputs->values, .input_count = inputs->count,
                                             .registry = conform_ops_of(c), .diag = &sink),
                       &outputs);
    enum conform_outcome outcome = CONFORM_PASSED;
    if (result == VYRE_ERR_UNSUPPORTED)
        outcome =
            conform_skip(c, "the interpreter does not evaluate the program (%s)", diags.first);
    else if (strcmp(conform_text(c, "result"), "error") == 0)
        outcome = check_error(c, result, &diags);
    else if (result)
        outcome = conform_fail(c, "%s %s: %s", vyre_result_name(result), diags.first, diags.text);
    else
        outcome = compare_outputs(c, program, outputs);
    vyre_outputs_destroy(&outputs);
    return outcome;
}

static enum conform_outcome run_program(struct conform_case *c, const struct vyre_program *program)
{
    if (c->backend->device)
        return conform_run_on_device(c, program);
    struct conform_inputs inputs;
    enum conform_outcome outcome = CONFORM_PASSED;
    if (conform_inputs_read(c, &inputs))
        outcome = interpret(c, program, &inputs);
    else
        outcome = conform_malformed(c, "an input is not hexadecimal");
    conform_inputs_fini(&inputs);
    return outcome;
}

enum conform_outcome conform_run(struct conform_case *c)
{
    const char *expected = conform_text(c, "result");
    struct tool_bytes wire;
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_program *program = NULL;
    const bool runs = expected && (strcmp(expected, "ok") == 0 || strcmp(expected, "error") == 0);
    if (!runs && expected && strcmp(expected, "omitted_size") == 0)
        return conform_skip(c, "the record is without its data, which is too large (omitted_size)");
    if (!runs && (!expected || strcmp(expected, "not_run") != 0))
        return conform_malformed(c, "'result' is neither ok, error, not_run nor omitted_size");
    if (!runs) { // what there is of it can be checked
        enum conform_outcome outcome = conform_wire(c);
        return outcome ? outcome
                       : conform_skip(c, "the original did not run the program (not_run)");
    }
    if (json_is_null(json_object_get(c->record, "wire")) && conform_text(c, "wire_of"))
        return conform_skip(c, "the record that holds its program is not in these files");
    if (!conform_hex(json_object_get(c->record, "wire"), &wire))
        return conform_malformed(c, "'wire' is not hexadecimal");
    enum vyre_result result = vyre_program_decode(wire.data, wire.size, &sink, &program);
    enum conform_outcome outcome = CONFORM_PASSED;
    if (result)
        outcome = conform_fail(c, "refused with %s: %s", diags.first, diags.text);
    if (!outcome)
        outcome = check_buffers(c, program);
    if (!outcome)
        outcome = conform_identity(c, program);
    if (!outcome)
        outcome = run_program(c, program);
    vyre_program_destroy(&program);
    tool_bytes_fini(&wire);
    return outcome;
}
