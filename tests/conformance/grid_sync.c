// SPDX-License-Identifier: MIT
// With one workgroup a barrier of the grid is one of the workgroup, and so a program that is split
// at it must do what it does plainly: the same outputs to the bit, or the same run-time error.
// usage: grid_sync [--expect SAME,DIFFER,REFUSED,SKIPPED] FILE.jsonl...
//
// Every program of the corpus gets such barriers: one in the middle, one between all statements of
// its outermost list, and in place of the barriers that it has. REFUSED are those that cannot be
// split (F..), DIFFER those whose result depends on the order of invocations, as the interpreter
// itself says. Programs that cannot be given a barrier, do not run, or run for long are SKIPPED.
// Parts must be valid and survive their text and their binary form, and those of the first kind do
// the same when all passes went over them.
#include "runs.h"

#include <vyre/transform.h>

static struct totals {
    unsigned same, differ, refused, skipped, failed;
} totals;

enum mode { MIDDLE, BETWEEN_ALL, OWN_BARRIERS, MODE_COUNT };

static struct ir_node sync_node = { .kind = IR_NODE_BARRIER, .ordering = IR_ORDER_GRID_SYNC };

// The list that is not just a wrapper. The program is the test's own, just decoded.
static struct ir_body *outermost(struct vyre_program *program)
{
    struct ir_body *body = &program->entry;
    while (body->count == 1 &&
           (body->nodes[0]->kind == IR_NODE_REGION || body->nodes[0]->kind == IR_NODE_BLOCK))
        body = &body->nodes[0]->body;
    return body;
}

static bool takes_syncs(const struct vyre_program *program, const struct ir_body *body)
{
    return body != &program->entry && body->count > 1;
}

// Returns the new list of statements, which the caller frees after the program.
static struct ir_node **insert(struct ir_body *body, enum mode mode)
{
    struct ir_node **nodes = calloc(2 * (size_t)body->count, sizeof *nodes);
    uint32_t count = 0;
    for (uint32_t i = 0; nodes && i < body->count; i++) {
        if (i > 0 && (mode == BETWEEN_ALL || i == body->count / 2))
            nodes[count++] = &sync_node;
        nodes[count++] = body->nodes[i];
    }
    if (!nodes)
        abort();
    *body = (struct ir_body){ nodes, count };
    return nodes;
}

// Whether there were any that every invocation passes.
static bool turn_barriers(struct ir_body *body)
{
    bool turned = false;
    for (uint32_t i = 0; i < body->count; i++) {
        struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_BARRIER) {
            node->ordering = IR_ORDER_GRID_SYNC;
            turned = true;
        } else if (node->kind == IR_NODE_BLOCK || node->kind == IR_NODE_REGION) {
            turned = turn_barriers(&node->body) || turned;
        }
    }
    return turned;
}

static bool check_parts(const struct vyre_program *program, char *text, size_t room)
{
    struct vyre_grid_split *split;
    if (vyre_program_split_grid_sync(program, NULL, NULL, &split)) {
        snprintf(text, room, "is split only by the interpreter");
        return false;
    }
    bool good = true;
    for (size_t i = 0; good && i < vyre_grid_split_count(split); i++) {
        const struct vyre_program *part = vyre_grid_split_program(split, i);
        good = is_valid(part, text, room) && round_trips(part, text, room);
    }
    vyre_grid_split_destroy(&split);
    return good;
}

// Parts that all other passes went over, on memory of our own, as a user of the library would.
static bool same_optimised(const struct vyre_program *program, const struct inputs *inputs,
                           const struct run *plain, char *text, size_t room)
{
    static const uint32_t one[3] = { 1, 1, 1 };
    const char *passes[16];
    size_t count = 0;
    struct vyre_pass_info info;
    while (count < sizeof passes / sizeof *passes && !vyre_pass_describe(count, &info))
        passes[count++] = info.name;
    struct vyre_grid_split *split = NULL;
    struct memory memory = { 0 };
    uint32_t grid[3];
    bool good = true;
    snprintf(text, room, "other results when its parts are optimised");
    if (begin_memory(program, inputs, &memory, grid)) { // else inputs that are not those of buffers
        good = vyre_program_transform_parts(
                   program, vyre_transform_params(.passes = passes, .pass_count = count), &split) ==
               VYRE_OK;
        const struct run parts = good ? run_parts(split, one, NULL, &memory) : (struct run){ 0 };
        good = good && same_memory(program, plain, &parts, &memory);
    }
    vyre_grid_split_destroy(&split);
    free_memory(&memory);
    return good;
}

static void compare(const json_t *record, enum mode mode, const struct vyre_program *program,
                    const struct inputs *inputs)
{
    char text[400] = "other results";
    struct vyre_run_facts facts;
    struct vyre_interpret_params params = { .grid = { 1, 1, 1 }, .step_limit = LONG_RUN };
    params.facts = &facts;
    struct run plain = run_program(program, inputs, params);
    if ((plain.result != VYRE_OK && plain.result != VYRE_ERR_EXECUTION) ||
        !is_valid(program, text, sizeof text)) {
        totals.skipped++;
        vyre_outputs_destroy(&plain.outputs);
        return;
    }
    const bool may_differ = facts.order_matters;
    params.split_grid_sync = true;
    params.step_limit = 0;
    struct run split = run_program(program, inputs, params);
    if (split.result == VYRE_ERR_UNSUPPORTED && split.code[0] == 'F') {
        totals.refused++;
    } else if (!check_parts(program, text, sizeof text) ||
               (mode == MIDDLE && !may_differ &&
                !same_optimised(program, inputs, &plain, text, sizeof text))) {
        totals.failed++;
        printf("FAIL %s, mode %d: %s\n", json_string_value(json_object_get(record, "name")), mode,
               text);
    } else if (same_results(&plain, &split)) {
        totals.same++;
    } else if (may_differ) {
        totals.differ++;
    } else {
        totals.failed++;
        printf("FAIL %s, mode %d: %s %s, not %s %s\n",
               json_string_value(json_object_get(record, "name")), mode,
               vyre_result_name(split.result), split.code, vyre_result_name(plain.result),
               plain.code);
    }
    vyre_outputs_destroy(&plain.outputs);
    vyre_outputs_destroy(&split.outputs);
}

static void try_mode(const json_t *record, enum mode mode, const struct hex *wire,
                     const struct inputs *inputs)
{
    struct vyre_program *program = NULL;
    struct ir_node **nodes = NULL;
    bool ready = vyre_program_decode(wire->data, wire->size, NULL, &program) == VYRE_OK;
    if (ready) {
        struct ir_body *body = outermost(program);
        if (mode == OWN_BARRIERS)
            ready = turn_barriers(&program->entry);
        else if ((ready = takes_syncs(program, body)))
            nodes = insert(body, mode);
    }
    if (ready)
        compare(record, mode, program, inputs);
    else
        totals.skipped++;
    vyre_program_destroy(&program);
    free(nodes);
}

static void try_record(void *user, const json_t *record)
{
    (void)user;
    const char *wire_text = json_string_value(json_object_get(record, "wire"));
    const char *result = json_string_value(json_object_get(record, "result"));
    if (!wire_text || (strcmp(result, "ok") != 0 && strcmp(result, "error") != 0)) {
        totals.skipped += MODE_COUNT;
        return;
    }
    struct hex wire = hex_decode(wire_text);
    struct inputs inputs = { .count = 0 };
    collect_inputs(record, &inputs);
    for (enum mode mode = MIDDLE; mode < MODE_COUNT; mode++)
        try_mode(record, mode, &wire, &inputs);
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
    bool readable = argc > first;
    for (int i = first; i < argc; i++)
        readable &= records_read(argv[i], try_record, NULL);
    char counts[80];
    snprintf(counts, sizeof counts, "%u,%u,%u,%u", totals.same, totals.differ, totals.refused,
             totals.skipped);
    printf("%s (same, differ, refused, skipped), %u failed\n", counts, totals.failed);
    if (expect && strcmp(expect, counts) != 0) {
        printf("expected %s\n", expect);
        return 1;
    }
    return readable && totals.failed == 0 && totals.same > 0 ? 0 : 1;
}
