// SPDX-License-Identifier: MIT
// Runs records of the kind validate (see README.md): the same codes, in the same order.
// usage: validate PASSED,SKIPPED FILE.jsonl...
//
// Records are left out, and counted, when they need what validation cannot be told yet: programs
// that only exist in memory (decodes false), buffer fields outside the wire, op lookups, backends.
#include "test.h"

#include "base/str.h"
#include "conform_ops.h"
#include "hex.h"
#include "records.h"

#include <vyre/program.h>

struct counts {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
};

struct codes {
    struct str errors;
    struct str warnings;
};

static void note_code(void *user, const struct vyre_diag *diag)
{
    struct codes *codes = user;
    struct str *list = diag->severity == VYRE_SEVERITY_ERROR ? &codes->errors : &codes->warnings;
    str_printf(list, "%s ", diag->code);
}

// The corpus numbers the rules without a code U01 to U57; our codes for them are V101 to V157.
static void expected_codes(const json_t *list, struct str *out)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        const char *code = json_string_value(item);
        if (code[0] == 'U')
            str_printf(out, "V1%.2s ", code + 1); // U20a, U20b and U20c share V120
        else
            str_printf(out, "%s ", code);
    }
}

static const char *reason_to_skip(const json_t *record)
{
    if (json_is_false(json_object_get(record, "decodes")))
        return "exists in memory only";
    if (json_object_get(record, "extras"))
        return "buffer fields that are not on the wire";
    return NULL;
}

static bool same_codes(const char *name, const char *kind, const struct str *got,
                       const struct str *expected)
{
    if (strcmp(str_text(got), str_text(expected)) == 0)
        return true;
    printf("FAIL %s: %s\n  expected %s\n  got      %s\n", name, kind, str_text(expected),
           str_text(got));
    return false;
}

static struct vyre_registry *ops; // of the corpus

enum { MAX_TARGETS = 8 };

static size_t cast_targets(const json_t *list, const char *targets[MAX_TARGETS])
{
    size_t index;
    json_t *item;
    if (json_array_size(list) > MAX_TARGETS)
        abort();
    json_array_foreach(list, index, item) targets[index] = json_string_value(item);
    return json_array_size(list);
}

static bool check(const json_t *record, struct vyre_program *program)
{
    const char *name = json_string_value(json_object_get(record, "name"));
    const json_t *options = json_object_get(record, "options");
    struct codes codes = { 0 };
    struct str errors = { 0 };
    struct str warnings = { 0 };
    const struct vyre_diag_sink sink = { note_code, &codes };
    const char *targets[MAX_TARGETS];
    const struct vyre_cast_backend backend = {
        .targets = targets,
        .target_count = cast_targets(json_object_get(options, "backend_cast_targets"), targets),
    };
    enum vyre_result result = vyre_program_validate(
        program,
        vyre_validate_params(.diag = &sink,
                             .allow_shadowing =
                                 json_is_true(json_object_get(options, "allow_shadowing")),
                             .registry = json_object_get(options, "lookup") ? ops : NULL,
                             .cast_backend = backend.target_count ? &backend : NULL,
                             .subgroup_ops = json_is_true(json_object_get(options, "subgroup_ops")),
                             .collectives = json_is_true(
                                 json_object_get(options, "distributed_collectives"))));
    expected_codes(json_object_get(record, "errors"), &errors);
    expected_codes(json_object_get(record, "warnings"), &warnings);
    bool ok = same_codes(name, "errors", &codes.errors, &errors) &&
              same_codes(name, "warnings", &codes.warnings, &warnings);
    enum vyre_result wanted = errors.size ? VYRE_ERR_INVALID_PROGRAM : VYRE_OK;
    if (ok && result != wanted) {
        printf("FAIL %s: %s\n", name, vyre_result_name(result));
        ok = false;
    }
    str_fini(&codes.errors);
    str_fini(&codes.warnings);
    str_fini(&errors);
    str_fini(&warnings);
    return ok;
}

static void run_record(void *user, const json_t *record)
{
    struct counts *counts = user;
    if (reason_to_skip(record)) {
        counts->skipped++;
        return;
    }
    struct hex wire = hex_decode(json_string_value(json_object_get(record, "wire")));
    struct vyre_program *program = NULL;
    bool ok = vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK &&
              check(record, program);
    *(ok ? &counts->passed : &counts->failed) += 1;
    vyre_program_destroy(&program);
    hex_free(&wire);
}

int main(int argc, char **argv)
{
    struct counts counts = { 0 };
    bool readable = argc > 2;
    ops = conform_ops_create();
    for (int i = 2; i < argc; i++)
        readable &= records_read(argv[i], run_record, &counts);
    vyre_registry_destroy(&ops);
    printf("%u records passed, %u failed, %u skipped\n", counts.passed, counts.failed,
           counts.skipped);
    char got[32];
    snprintf(got, sizeof got, "%u,%u", counts.passed, counts.skipped);
    if (!readable || strcmp(got, argv[1]) != 0) {
        printf("FAIL: %s passed and skipped records were expected\n", argc > 1 ? argv[1] : "no");
        return 1;
    }
    return counts.failed != 0;
}
