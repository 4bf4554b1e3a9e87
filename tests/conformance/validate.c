// SPDX-License-Identifier: MIT
// Runs records of the kind validate (see README.md): the same codes, in the same order.
// usage: validate PASSED,DEVIATES IN_MEMORY.txt FILE.jsonl...
//
// Every record runs. Programs that do not decode (`decodes` false) are in IN_MEMORY.txt as text.
// What differs as docs/ir.md decides under V-1 deviates: opaque statements and expressions of kinds
// that only a process of the original knew.
#include "test.h"

#include "base/str.h"
#include "conform_extras.h"
#include "conform_ops.h"
#include "hex.h"
#include "records.h"

#include <vyre/program.h>

struct counts {
    unsigned passed;
    unsigned failed;
    unsigned deviates;
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

// ---- Programs ----------------------------------------------------------------------------------

// "== NAME", then the text of a program, up to the next one.
static char *texts;

static struct vyre_program *parse_text(const char *name)
{
    const size_t size = strlen(name);
    const char *at = texts;
    while ((at = strstr(at, "\n== "))) {
        at += 4;
        if (strncmp(at, name, size) != 0 || at[size] != '\n')
            continue;
        const char *end = strstr(at + size, "\n== ");
        const char *text = at + size;
        struct vyre_program *program = NULL;
        if (vyre_program_parse(text, end ? (size_t)(end - text) : strlen(text), name, NULL,
                               &program))
            printf("%s: its text does not parse\n", name);
        return program;
    }
    printf("%s: there is no text of it\n", name);
    return NULL;
}

static struct vyre_program *decode(const json_t *record)
{
    struct hex wire = hex_decode(json_string_value(json_object_get(record, "wire")));
    struct vyre_program *program = NULL;
    (void)!vyre_program_decode(wire.data, wire.size, NULL, &program);
    hex_free(&wire);
    return program;
}

// Bytes that the record says do not decode must not.
static struct vyre_program *program_of(const json_t *record)
{
    const json_t *extras = json_object_get(record, "extras");
    if (json_is_false(json_object_get(record, "decodes"))) {
        struct vyre_program *decoded = NULL;
        if (json_is_string(json_object_get(record, "wire")))
            decoded = decode(record);
        if (decoded) {
            vyre_program_destroy(&decoded);
            return NULL;
        }
        return parse_text(json_string_value(json_object_get(record, "name")));
    }
    struct vyre_program *program = decode(record);
    struct vyre_program *whole = NULL;
    char what[256];
    if (!extras || !program)
        return program;
    if (!conform_extras_add(program, extras, &whole, what, sizeof what))
        printf("%s\n", what);
    vyre_program_destroy(&program);
    return whole;
}

// ---- Codes -------------------------------------------------------------------------------------

static bool same_codes(const char *name, const char *kind, const struct str *got,
                       const struct str *expected)
{
    if (strcmp(str_text(got), str_text(expected)) == 0)
        return true;
    printf("FAIL %s: %s\n  expected %s\n  got      %s\n", name, kind, str_text(expected),
           str_text(got));
    return false;
}

// Whether `got` is `expected` and what V-1 adds to it: V030 and V031.
static bool is_decided(const struct str *got, const struct str *expected)
{
    struct str rest = { 0 };
    for (const char *at = str_text(got); *at; at += 5)
        if (strncmp(at, "V030 ", 5) != 0 && strncmp(at, "V031 ", 5) != 0)
            str_add(&rest, at, 5);
    bool decided = rest.size < got->size && strcmp(str_text(&rest), str_text(expected)) == 0;
    str_fini(&rest);
    return decided;
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

static void check(struct counts *counts, const json_t *record, struct vyre_program *program)
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
    const bool right = result == (codes.errors.size ? VYRE_ERR_INVALID_PROGRAM : VYRE_OK);
    if (!right)
        printf("FAIL %s: %s\n", name, vyre_result_name(result));
    if (right && is_decided(&codes.errors, &errors))
        counts->deviates++;
    else if (same_codes(name, "errors", &codes.errors, &errors) &&
             same_codes(name, "warnings", &codes.warnings, &warnings) && right)
        counts->passed++;
    else
        counts->failed++;
    str_fini(&codes.errors);
    str_fini(&codes.warnings);
    str_fini(&errors);
    str_fini(&warnings);
}

// ---- Files -------------------------------------------------------------------------------------

static void run_record(void *user, const json_t *record)
{
    struct counts *counts = user;
    struct vyre_program *program = program_of(record);
    if (program) {
        check(counts, record, program);
    } else {
        printf("FAIL %s: no program\n", json_string_value(json_object_get(record, "name")));
        counts->failed++;
    }
    vyre_program_destroy(&program);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t capacity = 0;
    if (!file || getdelim(&text, &capacity, '\0', file) < 0)
        perror(path);
    if (file)
        fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    struct counts counts = { 0 };
    texts = argc > 3 ? read_text(argv[2]) : NULL;
    if (!texts)
        return 1;
    bool readable = true;
    ops = conform_ops_create();
    for (int i = 3; i < argc; i++)
        readable &= records_read(argv[i], run_record, &counts);
    vyre_registry_destroy(&ops);
    free(texts);
    printf("%u records passed, %u failed, %u deviate\n", counts.passed, counts.failed,
           counts.deviates);
    char got[32];
    snprintf(got, sizeof got, "%u,%u", counts.passed, counts.deviates);
    if (!readable || strcmp(got, argv[1]) != 0) {
        printf("FAIL: %s passed and deviating records were expected\n", argv[1]);
        return 1;
    }
    return counts.failed != 0;
}
