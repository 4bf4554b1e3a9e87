// SPDX-License-Identifier: MIT
// Every pass, alone and with all others, keeps what the programs of the corpus do: the same outputs
// to the bit, or the same run-time error, on the interpreter. The programs stay valid, and survive
// a print and a parse and the binary form.
// usage: passes [--expect SAME,DIFFER,SKIPPED,CHANGED] FILE.jsonl...
//
// A program that comes again with other inputs, or runs for long, is tried with all passes
// together only. SAME counts
// pairs of a record and a pass list with equal results; CHANGED those of them in which
// the program became another one. DIFFER counts pairs whose results differ and may: the record's
// own note says that they depend on the order in which the interpreter lets invocations run.
// Records that the interpreter does not evaluate, or whose program is not valid as it stands, are
// SKIPPED.
#include "runs.h"

#include <vyre/transform.h>

enum { MAX_LISTS = 16 };

static struct totals {
    unsigned same, differ, skipped, changed, failed;
} totals;

// Pass lists to try: each pass alone, then NULL for all together.
static const char *lists[MAX_LISTS];
static size_t list_count;

// ---- Programs ----------------------------------------------------------------------------------

// The interpreter's order decides: the record says so.
static bool depends_on_order(const json_t *record)
{
    const char *note = json_string_value(json_object_get(record, "note"));
    return note && strstr(note, "racy");
}

static void try_list(const json_t *record, const struct vyre_program *program,
                     const struct inputs *inputs, const struct run *expected, const char *list)
{
    char text[400] = "";
    struct vyre_program *made = NULL;
    enum vyre_result result = vyre_program_transform(
        program, vyre_transform_params(.passes = list ? &list : NULL, .pass_count = list ? 1 : 0),
        &made);
    bool good = result == VYRE_OK;
    if (!good)
        snprintf(text, sizeof text, "%s", vyre_result_name(result));
    if (good && made != program) {
        struct run run = { .outputs = NULL };
        good = is_valid(made, text, sizeof text) && round_trips(made, text, sizeof text);
        totals.changed += good;
        if (good) {
            run = run_program(made, inputs, (struct vyre_interpret_params){ 0 });
            good = same_results(expected, &run);
            if (!good && depends_on_order(record)) {
                totals.differ++;
                totals.changed--;
                printf("DIFFERS %s after %s\n", json_string_value(json_object_get(record, "name")),
                       list ? list : "all");
                vyre_outputs_destroy(&run.outputs);
                vyre_program_destroy(&made);
                return;
            }
            if (!good)
                snprintf(text, sizeof text, "other results: %s %s, not %s %s",
                         vyre_result_name(run.result), run.code, vyre_result_name(expected->result),
                         expected->code);
        }
        vyre_outputs_destroy(&run.outputs);
    }
    vyre_program_destroy(&made);
    totals.same += good;
    totals.failed += !good;
    if (!good)
        printf("FAIL %s after %s: %s\n", json_string_value(json_object_get(record, "name")),
               list ? list : "all", text);
}

// Whether the record has the program of the one before it.
static bool is_again(const char *wire)
{
    static char before[65536];
    const bool again = strcmp(before, wire) == 0;
    snprintf(before, sizeof before, "%s", strlen(wire) < sizeof before ? wire : "");
    return again;
}

static void try_record(void *user, const json_t *record)
{
    (void)user;
    const char *text_of_wire = json_string_value(json_object_get(record, "wire"));
    if (!text_of_wire) { // too large for the corpus
        totals.skipped++;
        return;
    }
    const bool again = is_again(text_of_wire);
    struct hex wire = hex_decode(text_of_wire);
    struct vyre_program *program = NULL;
    struct inputs inputs = { .count = 0 };
    const char *result = json_string_value(json_object_get(record, "result"));
    const bool runs = strcmp(result, "ok") == 0 || strcmp(result, "error") == 0;
    if (runs && vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK) {
        collect_inputs(record, &inputs);
        char text[400];
        // Long runs, too, are tried once.
        struct run expected =
            run_program(program, &inputs, (struct vyre_interpret_params){ .step_limit = LONG_RUN });
        const bool once = again || expected.result == VYRE_ERR_LIMIT;
        if (expected.result == VYRE_ERR_LIMIT)
            expected = run_program(program, &inputs, (struct vyre_interpret_params){ 0 });
        // Programs without their root region are run, but are not valid.
        if (expected.result == VYRE_ERR_UNSUPPORTED || !is_valid(program, text, sizeof text)) {
            totals.skipped++;
        } else {
            for (size_t i = once ? list_count - 1 : 0; i < list_count; i++)
                try_list(record, program, &inputs, &expected, lists[i]);
        }
        vyre_outputs_destroy(&expected.outputs);
    } else {
        totals.skipped++;
    }
    vyre_program_destroy(&program);
    free_inputs(&inputs);
    hex_free(&wire);
}

int main(int argc, char **argv)
{
    const char *expect = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--expect") == 0) {
        expect = argv[2];
        first = 3;
    }
    for (size_t i = 0; i < vyre_pass_count(); i++) {
        struct vyre_pass_info info;
        if (vyre_pass_describe(i, &info) != VYRE_OK || list_count == MAX_LISTS - 1)
            abort();
        lists[list_count++] = info.name;
    }
    lists[list_count++] = NULL;
    bool readable = argc > first;
    for (int i = first; i < argc; i++)
        readable &= records_read(argv[i], try_record, NULL);
    char counts[80];
    snprintf(counts, sizeof counts, "%u,%u,%u,%u", totals.same, totals.differ, totals.skipped,
             totals.changed);
    printf("%s (same, differ, skipped, changed), %u failed\n", counts, totals.failed);
    if (expect && strcmp(expect, counts) != 0) {
        printf("expected %s\n", expect);
        return 1;
    }
    return readable && totals.failed == 0 && totals.changed > 0 ? 0 : 1;
}
