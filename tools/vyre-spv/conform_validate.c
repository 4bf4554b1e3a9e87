// SPDX-License-Identifier: MIT
// Judges records of the kind validate: the same codes, errors and warnings, in the same order.
#include "conform.h"
#include "conform_extras.h"

#include <string.h>

// ---- Codes --------------------------------------------------------------------------------------

// Records number the rules that have no code of the original U01 to U57; ours are V101 to V157, and
// U20a, U20b and U20c share V120. False when the list is none.
static bool expected_codes(const json_t *list, char *out, size_t room)
{
    size_t index;
    size_t used = 0;
    json_t *item;
    out[0] = '\0';
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, index, item)
    {
        const char *code = json_string_value(item);
        if (!code)
            return false;
        const bool is_local = code[0] == 'U';
        int size = snprintf(out + used, room - used, is_local ? "V1%.2s " : "%s ",
                            is_local ? code + 1 : code);
        if (size < 0 || (size_t)size >= room - used)
            return false;
        used += (size_t)size;
    }
    return true;
}

// ---- Options ------------------------------------------------------------------------------------

enum { MAX_TARGETS = 32 };

// A backend that casts to the types of a list, and its name for them.
struct cast_backend {
    struct vyre_cast_backend backend;
    const char *targets[MAX_TARGETS];
};

static bool read_targets(const json_t *list, struct cast_backend *out)
{
    size_t index;
    json_t *item;
    if (!json_is_array(list) || json_array_size(list) > MAX_TARGETS)
        return false;
    json_array_foreach(list, index, item)
    {
        out->targets[index] = json_string_value(item);
        if (!out->targets[index])
            return false;
    }
    out->backend = (struct vyre_cast_backend){ .targets = out->targets,
                                               .target_count = json_array_size(list) };
    return true;
}

// False, with the outcome, when an option is not known here or cannot be given.
static bool read_options(struct conform_case *c, struct vyre_validate_params *params,
                         struct cast_backend *backend, enum conform_outcome *outcome)
{
    const char *key;
    json_t *value;
    json_t *options = json_object_get(c->record, "options");
    json_object_foreach(options, key, value)
    {
        if (strcmp(key, "allow_shadowing") == 0)
            params->allow_shadowing = json_is_true(value);
        else if (strcmp(key, "subgroup_ops") == 0)
            params->subgroup_ops = json_is_true(value);
        else if (strcmp(key, "distributed_collectives") == 0)
            params->collectives = json_is_true(value);
        else if (strcmp(key, "lookup") == 0 && json_is_string(value) &&
                 strcmp(json_string_value(value), "corpus") == 0)
            params->registry = c->backend->ops;
        else if (strcmp(key, "backend_cast_targets") == 0 && read_targets(value, backend))
            params->cast_backend = &backend->backend;
        else {
            *outcome = conform_skip(c, "the option '%.40s' is not known here", key);
            return false;
        }
    }
    return true;
}

// ---- Programs -----------------------------------------------------------------------------------

// Whether `got` is `expected` and, in between, codes for opaque kinds that this library does not
// know.
static bool is_decided(const char *got, const char *expected)
{
    bool differs = false;
    while (*got) {
        const size_t size = strcspn(got, " ") + 1;
        if (strncmp(got, expected, size) == 0) {
            expected += size;
        } else if (strncmp(got, "V030 ", size) == 0 || strncmp(got, "V031 ", size) == 0) {
            differs = true;
        } else {
            return false;
        }
        got += size;
    }
    return differs && !*expected;
}

static enum conform_outcome check_program(struct conform_case *c,
                                          const struct vyre_program *program)
{
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_validate_params params = { .diag = &sink };
    struct cast_backend backend;
    char expected[sizeof diags.errors];
    enum conform_outcome outcome = CONFORM_PASSED;
    if (!read_options(c, &params, &backend, &outcome))
        return outcome;
    if (!expected_codes(json_object_get(c->record, "errors"), expected, sizeof expected))
        return conform_malformed(c, "'errors' is no list of codes, or a very long one");
    enum vyre_result result = vyre_program_validate(program, &params);
    if (result != (diags.errors[0] ? VYRE_ERR_INVALID_PROGRAM : VYRE_OK))
        return conform_fail(c, "%s with the codes [ %s]", vyre_result_name(result), diags.errors);
    if (conform_text(c, "source") && is_decided(diags.errors, expected))
        return conform_deviate(c, "V-1", "expected [ %s], got [ %s]", expected, diags.errors);
    if (strcmp(diags.errors, expected) != 0)
        return conform_fail(c, "errors: expected [ %s], got [ %s]", expected, diags.errors);
    if (!expected_codes(json_object_get(c->record, "warnings"), expected, sizeof expected))
        return conform_malformed(c, "'warnings' is no list of codes, or a very long one");
    if (strcmp(diags.warnings, expected) != 0)
        return conform_fail(c, "warnings: expected [ %s], got [ %s]", expected, diags.warnings);
    return CONFORM_PASSED;
}

// The program with the fields of buffers that its wire format cannot carry.
static enum conform_outcome check_with_extras(struct conform_case *c,
                                              const struct vyre_program *program)
{
    struct vyre_program *whole = NULL;
    const json_t *extras = json_object_get(c->record, "extras");
    char what[256];
    if (!extras)
        return check_program(c, program);
    if (!conform_extras_add(program, extras, &whole, what, sizeof what))
        return conform_malformed(c, "extras: %s", what);
    enum conform_outcome outcome = check_program(c, whole);
    vyre_program_destroy(&whole);
    return outcome;
}

// A program that exists in memory only, as text.
static enum conform_outcome check_source(struct conform_case *c)
{
    const json_t *source = json_object_get(c->record, "source");
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_program *program = NULL;
    if (!json_is_string(source))
        return conform_malformed(c, "'source' is no text");
    if (vyre_program_parse(json_string_value(source), json_string_length(source), NULL, &sink,
                           &program))
        return conform_malformed(c, "source: %s %s", diags.first, diags.text);
    enum conform_outcome outcome = check_with_extras(c, program);
    vyre_program_destroy(&program);
    return outcome;
}

static enum conform_outcome check_in_memory(struct conform_case *c)
{
    if (json_object_get(c->record, "source"))
        return check_source(c);
    if (json_is_null(json_object_get(c->record, "wire")))
        return conform_skip(c, "the record holds no program: the original could not encode it");
    return conform_skip(c, "the program exists in memory only: its bytes do not decode");
}

enum conform_outcome conform_validate(struct conform_case *c)
{
    const json_t *field = json_object_get(c->record, "wire");
    const bool in_memory_only = json_is_false(json_object_get(c->record, "decodes"));
    struct tool_bytes wire;
    struct conform_diags diags = { .first = "" };
    struct vyre_diag_sink sink = conform_sink(&diags);
    struct vyre_program *program = NULL;
    if (json_is_null(field) && in_memory_only)
        return check_in_memory(c);
    if (!conform_hex(field, &wire))
        return conform_malformed(c, "'wire' is not hexadecimal");
    enum vyre_result result = vyre_program_decode(wire.data, wire.size, &sink, &program);
    enum conform_outcome outcome = CONFORM_PASSED;
    if (in_memory_only && !result)
        outcome = conform_fail(c, "decoded; the original refuses it");
    else if (in_memory_only)
        outcome = check_in_memory(c);
    else if (result)
        outcome = conform_fail(c, "refused with %s: %s", diags.first, diags.text);
    else
        outcome = check_with_extras(c, program);
    vyre_program_destroy(&program);
    tool_bytes_fini(&wire);
    return outcome;
}
