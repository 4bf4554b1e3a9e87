// SPDX-License-Identifier: MIT
// The range analysis over the corpus. Every certificate is verified; and every program runs in the
// interpreter with a trap in front of each statement that holds a proven access, which fires when
// the index is not inside after all. (Results are no matter here, so long runs are cut short.)
//
// usage: ranges ACCESSES,INSIDE FILE.jsonl ...: what the analysis must look at and prove.
#include "test.h"

#include "hex.h"
#include "ir/copy.h"
#include "ir/range.h"
#include "records.h"

#include <vyre/interpret.h>

#include <stdlib.h>

static const char marker[] = "range analysis: outside";

struct totals {
    unsigned programs, failed, unwatched;
    unsigned accesses, inside;
};

// ---- Watching ---------------------------------------------------------------------------------

struct watch {
    struct ir_copy copy;
    struct ir_draft draft;
    const struct ir_ranges *ranges;
    bool traps;
};

static bool is_pure(const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (!is_pure(expr->kids[i]))
            return false;
    return expr->kind != IR_EXPR_ATOMIC && expr->kind != IR_EXPR_CALL;
}

// What the index was proven to be below: the declared count, or the length. (An atomic's buffer may
// not be asked for its length.)
static struct ir_expr *limit_of(struct watch *watch, ir_name buffer, const struct ir_expr *index)
{
    const struct ir_ranges *ranges = watch->ranges;
    for (size_t i = 0; i < ranges->proofs.count; i++) {
        const struct ir_proof *proof = &ranges->proofs.items[i];
        uint32_t count = watch->copy.from->buffers[proof->buffer].count;
        if (proof->index == index && ranges->steps.items[proof->step].range.high < count)
            return ir_lit_u32(&watch->draft, count);
    }
    return ir_buf_len(&watch->draft, ir_copy_name(&watch->copy, IR_NAME_BUFFER, buffer));
}

// if index >= limit { trap }
static void watch_access(struct watch *watch, struct ir_nodes *out, ir_name buffer,
                         const struct ir_expr *index)
{
    if (!ir_ranges_inside(watch->ranges, index) || !is_pure(index))
        return;
    struct ir_draft *draft = &watch->draft;
    struct ir_node *trap = ir_draft_node(draft, IR_NODE_TRAP);
    struct ir_nodes then = { .count = 0 };
    if (trap) {
        trap->a = ir_lit_u32(draft, 0);
        trap->name = ir_draft_cname(draft, marker);
    }
    ir_nodes_add(draft, &then, trap);
    struct ir_expr *outside =
        ir_bin(draft, IR_BIN_GE, ir_copy_expr(&watch->copy, index), limit_of(watch, buffer, index));
    ir_nodes_add(
        draft, out,
        ir_if(draft, outside, ir_nodes_take(draft, &then), (struct ir_body){ .count = 0 }));
    ir_nodes_fini(&then);
    watch->traps = true;
}

static void watch_expr(struct watch *watch, struct ir_nodes *out, const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        watch_expr(watch, out, expr->kids[i]);
    if (expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC)
        watch_access(watch, out, expr->name, expr->kids[0]);
}

static void watch_node(void *user, struct ir_nodes *out, const struct ir_node *original,
                       struct ir_node *copy)
{
    struct watch *watch = user;
    if (original->a)
        watch_expr(watch, out, original->a);
    if (original->b)
        watch_expr(watch, out, original->b);
    if (original->kind == IR_NODE_STORE)
        watch_access(watch, out, original->name, original->a);
    ir_nodes_add(&watch->draft, out, copy);
}

// NULL: nothing was proven, or the program has no room for traps.
static struct vyre_program *watched(const struct vyre_program *program,
                                    const struct ir_ranges *ranges)
{
    struct watch watch = { .ranges = ranges };
    struct vyre_program *result = NULL;
    assert_true(ir_draft_init(&watch.draft));
    watch.copy = (struct ir_copy){
        .draft = &watch.draft, .from = program, .user = &watch, .node = watch_node
    };
    memcpy(watch.draft.program->workgroup, program->workgroup, sizeof program->workgroup);
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        struct ir_buffer buffer = ir_copy_buffer(&watch.copy, &program->buffers[i]);
        ir_draft_buffer(&watch.draft, &buffer);
    }
    struct ir_body body = ir_copy_body(&watch.copy, program->entry);
    assert_result(VYRE_OK, ir_draft_finish(&watch.draft, body, true, &result));
    if (!watch.traps)
        vyre_program_destroy(&result);
    return result;
}

// ---- Records ----------------------------------------------------------------------------------

static void note_marker(void *user, const struct vyre_diag *diag)
{
    if (strstr(diag->text, marker))
        *(bool *)user = true;
}

enum { MOST_INPUTS = 40 };

static bool stays_inside(const json_t *record, const struct vyre_program *program)
{
    struct hex hex[MOST_INPUTS];
    struct vyre_bytes inputs[MOST_INPUTS];
    size_t count = 0, i;
    const json_t *item;
    json_array_foreach(json_object_get(record, "buffers"), i, item)
    {
        const char *text = json_string_value(json_object_get(item, "input"));
        if (!text || count == MOST_INPUTS)
            continue;
        hex[count] = hex_decode(text);
        inputs[count] = (struct vyre_bytes){ hex[count].data, hex[count].size };
        count++;
    }
    bool fired = false;
    const struct vyre_diag_sink sink = { note_marker, &fired };
    struct vyre_outputs *outputs = NULL;
    (void)!vyre_interpret(program,
                          vyre_interpret_params(.inputs = inputs, .input_count = count,
                                                .step_limit = 1 << 20, .diag = &sink),
                          &outputs);
    vyre_outputs_destroy(&outputs);
    while (count-- > 0)
        hex_free(&hex[count]);
    return !fired;
}

static void check_program(struct totals *totals, const json_t *record,
                          const struct vyre_program *program)
{
    const char *name = json_string_value(json_object_get(record, "name"));
    struct ir_ranges ranges;
    const char *why;
    size_t bad;
    assert_result(VYRE_OK, ir_ranges_init(&ranges, program, true));
    totals->programs++;
    totals->accesses += ranges.accesses;
    totals->inside += ranges.inside;
    if (ir_ranges_check(&ranges, program, &why, &bad) != VYRE_OK) {
        printf("FAIL %s: certificate %zu: %s\n", name, bad, why);
        totals->failed++;
    }
    struct vyre_program *with_traps = watched(program, &ranges);
    const struct vyre_validate_params validate = { .subgroup_ops = true, .collectives = true };
    if (with_traps && vyre_program_validate(with_traps, &validate) != VYRE_OK) {
        totals->unwatched++;
    } else if (with_traps && !stays_inside(record, with_traps)) {
        printf("FAIL %s: a proven access is outside\n", name);
        totals->failed++;
    }
    vyre_program_destroy(&with_traps);
    ir_ranges_fini(&ranges);
}

static void run_record(void *user, const json_t *record)
{
    const char *text = json_string_value(json_object_get(record, "wire"));
    struct hex wire = hex_decode(text);
    struct vyre_program *program = NULL;
    if (text && vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK &&
        vyre_program_validate(program, vyre_validate_params(.subgroup_ops = true)) == VYRE_OK)
        check_program(user, record, program);
    vyre_program_destroy(&program);
    hex_free(&wire);
}

int main(int argc, char **argv)
{
    struct totals totals = { 0 };
    bool readable = argc > 2;
    for (int i = 2; i < argc; i++)
        readable &= records_read(argv[i], run_record, &totals);
    char counts[64];
    snprintf(counts, sizeof counts, "%u,%u", totals.accesses, totals.inside);
    printf("%u programs, %s accesses and those inside, %u failed, %u without room for traps\n",
           totals.programs, counts, totals.failed, totals.unwatched);
    if (readable && strcmp(counts, argv[1]) != 0) {
        printf("expected %s\n", argv[1]);
        readable = false;
    }
    return readable && totals.failed == 0 && totals.unwatched < totals.programs / 20 ? 0 : 1;
}
