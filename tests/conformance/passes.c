// SPDX-License-Identifier: MIT
// Every pass, alone and with all others, keeps what the programs of the corpus do: the same outputs
// to the bit, or the same run-time error, on the interpreter. The programs stay valid, and survive
// a print and a parse and the binary form.
// usage: passes [--expect SAME,DIFFER,SKIPPED,CHANGED,CALLS,PARTS] FILE.jsonl...
//
// Calls are rare in the corpus, so where they are inlined the program is first given some: words
// are added, multiplied and so on by ops. What bodies in their place do is compared with what they
// do when the interpreter evaluates each call on the host.
//
// A program that comes again with other inputs, or runs for long, is tried with all passes
// together only. SAME counts pairs of a record and a pass list with equal results; CHANGED those of
// them in which the program became another one, CALLS those in which the program had calls, and
// PARTS those in which it became several. DIFFER counts pairs whose results differ and may: they
// depend on the order in which the interpreter lets invocations run, as it or the record's own note
// says. SKIPPED are records that the interpreter does not evaluate, whose program is not valid as
// it stands, or that run for long and come again, and lists that split what cannot be split.
#include "runs.h"

#include "conform_ops.h"
#include "kinds.h"
#include "ir/copy.h"
#include "ir/grid_sync.h"
#include "ir/tables.h"

enum { MAX_LISTS = 16 };

static struct totals {
    unsigned same, differ, skipped, changed, calls, parts, failed;
} totals;

// Pass lists to try: each pass alone, then all together.
static struct list {
    const char *name;
    const char *passes[MAX_LISTS];
    size_t count;
    bool inlines;
} lists[MAX_LISTS];
static size_t list_count;

static struct vyre_registry *corpus_ops;  // what records call
static struct vyre_registry *outline_ops; // what is put into programs

// ---- Operators as calls ------------------------------------------------------------------------

static const struct outlined {
    enum ir_binop op;
    const char *id;
    const char *spelling;
} outlined[] = {
    { IR_BIN_ADD, "outline.add", "+" },     { IR_BIN_MUL, "outline.mul", "*" },
    { IR_BIN_BIT_AND, "outline.and", "&" }, { IR_BIN_BIT_XOR, "outline.xor", "^" },
    { IR_BIN_SHR, "outline.shr", ">>" },
};

static enum vyre_result evaluate(void *cookie, const uint8_t *arguments, size_t size,
                                 struct vyre_op_result *result)
{
    const struct outlined *op = cookie;
    uint32_t words[2], word = 0;
    if (size != sizeof words)
        return VYRE_ERR_EXECUTION;
    memcpy(words, arguments, size);
    switch (op->op) {
    case IR_BIN_ADD: word = words[0] + words[1]; break;
    case IR_BIN_MUL: word = words[0] * words[1]; break;
    case IR_BIN_BIT_AND: word = words[0] & words[1]; break;
    case IR_BIN_BIT_XOR: word = words[0] ^ words[1]; break;
    case IR_BIN_SHR: word = words[0] >> (words[1] & 31); break;
    default: return VYRE_ERR_EXECUTION;
    }
    return vyre_op_result_append(result, &word, sizeof word);
}

static void create_outline_ops(void)
{
    static const struct vyre_op_operand words[] = { { "u32", NULL }, { "u32", NULL } };
    if (vyre_registry_create(&outline_ops))
        abort();
    for (size_t i = 0; i < sizeof outlined / sizeof *outlined; i++) {
        char text[200];
        struct vyre_program *body;
        snprintf(text, sizeof text,
                 "buffer a : u32[1] readonly @0\nbuffer b : u32[1] readonly @1\n"
                 "buffer out : u32[1] readwrite @2 output\nout[0] = a[0] %s b[0]\n",
                 outlined[i].spelling);
        if (vyre_program_parse(text, strlen(text), "op", NULL, &body) ||
            vyre_registry_add_op(
                outline_ops, vyre_op_params(.id = outlined[i].id, .inputs = words, .input_count = 2,
                                            .outputs = words, .output_count = 1, .program = body,
                                            .evaluate = evaluate, .cookie = (void *)&outlined[i])))
            abort();
        vyre_program_destroy(&body);
    }
    vyre_registry_freeze(outline_ops);
}

struct outliner {
    struct ir_copy copy;
    struct ir_draft draft;
    bool lanes; // there are expressions whose operands all lanes evaluate: they stay as they are
    unsigned calls;
};

static struct ir_expr *outline_expr(void *user, const struct ir_expr *original,
                                    struct ir_expr *copy)
{
    struct outliner *outliner = user;
    outliner->lanes |= original->kind == IR_EXPR_SUBGROUP_ADD ||
                       original->kind == IR_EXPR_SUBGROUP_SHUFFLE ||
                       original->kind == IR_EXPR_SUBGROUP_BALLOT;
    for (size_t i = 0; i < sizeof outlined / sizeof *outlined; i++) {
        if (!copy || original->kind != IR_EXPR_BINOP || original->op != outlined[i].op)
            continue;
        struct ir_expr *call = ir_draft_expr(&outliner->draft, IR_EXPR_CALL, 2);
        if (!call)
            return NULL;
        call->name = ir_draft_cname(&outliner->draft, outlined[i].id);
        call->kids[0] = copy->kids[0];
        call->kids[1] = copy->kids[1];
        call->pos = copy->pos;
        outliner->calls++;
        return call;
    }
    return copy;
}

static bool has_u64(const struct vyre_program *program)
{
    bool found = false;
    for (uint32_t i = 0; i < program->buffer_count; i++)
        found |= program->buffers[i].element->kind == IR_TYPE_U64;
    return found;
}

// The program with calls in place of operators on words; NULL where there are none, or where they
// are of other types, which the signatures refuse. A u64 gets by them where an operator is said to
// give a u32; an evaluation takes its low word then, a body refuses it (X017).
static struct vyre_program *outline(const struct vyre_program *program)
{
    struct outliner outliner = { .lanes = false };
    struct vyre_program *made = NULL;
    outliner.copy = (struct ir_copy){
        .draft = &outliner.draft, .from = program, .user = &outliner, .expr = outline_expr
    };
    if (!ir_draft_init(&outliner.draft))
        abort();
    ir_copy_head(&outliner.copy);
    struct ir_body entry = ir_copy_body(&outliner.copy, program->entry);
    if (ir_draft_finish(&outliner.draft, entry, false, &made))
        abort();
    if (outliner.lanes || outliner.calls == 0 || has_u64(program) ||
        vyre_program_validate(made, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                                         .registry = outline_ops)))
        vyre_program_destroy(&made);
    return made;
}

// ---- Programs ----------------------------------------------------------------------------------

struct attempt {
    const json_t *record;
    const struct vyre_program *program;
    struct vyre_program *calling; // the same with calls, or NULL; owned
    const struct vyre_registry *ops;
    const struct inputs *inputs;
    struct run expected;
    struct run called; // of `calling`, with every call evaluated
};

// As the parts of a program with barriers of the whole grid are meant: plainly the interpreter
// takes them for barriers of the workgroup, which is the same only where there is one.
static bool same_parts(const struct attempt *attempt, const struct run *expected,
                       const struct vyre_grid_split *split, char *text, size_t room)
{
    struct memory memory = { 0 };
    struct run whole = { 0 }, parts = { 0 };
    uint32_t grid[3] = { 0 };
    bool good = begin_memory(attempt->program, attempt->inputs, &memory, grid);
    if (good && (grid[0] != 1 || grid[1] != 1 || grid[2] != 1))
        whole = run_program(
            attempt->program, attempt->inputs,
            (struct vyre_interpret_params){ .registry = attempt->ops, .split_grid_sync = true });
    if (good) {
        parts = run_parts(split, grid, attempt->ops, &memory);
        good = same_memory(attempt->program, whole.outputs ? &whole : expected, &parts, &memory);
    }
    if (!good)
        snprintf(text, room, "other results in parts: %s %s", vyre_result_name(parts.result),
                 parts.code);
    vyre_outputs_destroy(&whole.outputs);
    free_memory(&memory);
    return good;
}

static bool same_whole(const struct attempt *attempt, const struct run *expected,
                       const struct vyre_program *made, char *text, size_t room)
{
    struct run run = run_program(made, attempt->inputs,
                                 (struct vyre_interpret_params){ .registry = attempt->ops });
    const bool good = same_results(expected, &run);
    if (!good)
        snprintf(text, room, "other results: %s %s, not %s %s", vyre_result_name(run.result),
                 run.code, vyre_result_name(expected->result), expected->code);
    vyre_outputs_destroy(&run.outputs);
    return good;
}

// Whether the interpreter's order of invocations decides what comes out: the record says so, or the
// interpreter does.
static bool depends_on_order(const struct attempt *attempt)
{
    const char *note = json_string_value(json_object_get(attempt->record, "note"));
    struct vyre_run_facts facts;
    struct run run =
        run_program(attempt->program, attempt->inputs,
                    (struct vyre_interpret_params){ .registry = attempt->ops, .facts = &facts });
    vyre_outputs_destroy(&run.outputs);
    return facts.order_matters || (note && strstr(note, "racy"));
}

// Edits may leave kinds behind that are gone, and must not miss one.
static bool knows_its_kinds(const struct vyre_program *program, char *text, size_t size)
{
    uint32_t nodes = 0, exprs = 0;
    count_kinds(&program->entry, &nodes, &exprs);
    if (!(nodes & ~program->node_kinds) && !(exprs & ~program->expr_kinds))
        return true;
    snprintf(text, size, "has kinds that it does not know of");
    return false;
}

static void try_list(const struct attempt *attempt, const struct list *list)
{
    char text[400] = "";
    const bool calls = list->inlines && attempt->calling;
    const struct vyre_program *from = calls ? attempt->calling : attempt->program;
    const struct run *expected = calls ? &attempt->called : &attempt->expected;
    struct vyre_grid_split *split = NULL;
    struct run told = { 0 };
    const struct vyre_diag_sink sink = { keep_code, told.code };
    enum vyre_result result = vyre_program_transform_parts(
        from,
        vyre_transform_params(.passes = list->passes, .pass_count = list->count,
                              .registry = calls ? outline_ops : attempt->ops, .diag = &sink),
        &split);
    if (result == VYRE_ERR_UNSUPPORTED && told.code[0] == 'F') {
        totals.skipped++;
        return;
    }
    bool good = result == VYRE_OK;
    if (!good)
        snprintf(text, sizeof text, "%s %s", vyre_result_name(result), told.code);
    const size_t count = vyre_grid_split_count(split);
    for (size_t i = 0; i < count && good; i++) {
        const struct vyre_program *part = vyre_grid_split_program(split, i);
        good = part == attempt->program ||
               (is_valid(part, text, sizeof text) && round_trips(part, text, sizeof text) &&
                knows_its_kinds(part, text, sizeof text));
    }
    const bool changed = count > 1 || vyre_grid_split_program(split, 0) != attempt->program;
    bool same = good;
    if (good && count > 1)
        same = same_parts(attempt, expected, split, text, sizeof text);
    else if (good && changed)
        same = same_whole(attempt, expected, vyre_grid_split_program(split, 0), text, sizeof text);
    vyre_grid_split_destroy(&split);
    const char *name = json_string_value(json_object_get(attempt->record, "name"));
    totals.same += same;
    totals.changed += same && changed;
    totals.calls += same && calls;
    totals.parts += same && count > 1;
    if (good && !same && depends_on_order(attempt)) {
        totals.differ++;
        printf("DIFFERS %s after %s\n", name, list->name);
    } else if (!same) {
        totals.failed++;
        printf("FAIL %s after %s: %s\n", name, list->name, text);
    }
}

// Whether the record has the program of the one before it.
static bool is_again(const char *wire)
{
    static char before[65536];
    const bool again = strcmp(before, wire) == 0;
    snprintf(before, sizeof before, "%s", strlen(wire) < sizeof before ? wire : "");
    return again;
}

static void try_program(struct attempt *attempt, bool again)
{
    char text[400];
    struct vyre_interpret_params params = { .step_limit = LONG_RUN, .registry = attempt->ops };
    // Long runs, too, are tried once, but not with other inputs, and get no calls: inlined, they
    // would be longer still.
    attempt->expected = run_program(attempt->program, attempt->inputs, params);
    const bool is_long = attempt->expected.result == VYRE_ERR_LIMIT;
    const bool once = again || is_long;
    params.step_limit = 0;
    if (is_long && again) {
        totals.skipped++;
        return;
    }
    if (is_long)
        attempt->expected = run_program(attempt->program, attempt->inputs, params);
    // Programs without their root region are run, but are not valid.
    if (attempt->expected.result == VYRE_ERR_UNSUPPORTED ||
        !is_valid(attempt->program, text, sizeof text)) {
        totals.skipped++;
    } else {
        attempt->calling = attempt->ops || is_long ? NULL : outline(attempt->program);
        params.registry = outline_ops;
        if (attempt->calling)
            attempt->called = run_program(attempt->calling, attempt->inputs, params);
        for (size_t i = once ? list_count - 1 : 0; i < list_count; i++)
            try_list(attempt, &lists[i]);
        vyre_program_destroy(&attempt->calling);
        vyre_outputs_destroy(&attempt->called.outputs);
    }
    vyre_outputs_destroy(&attempt->expected.outputs);
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
    const char *lookup = json_string_value(json_object_get(record, "lookup"));
    const bool runs = strcmp(result, "ok") == 0 || strcmp(result, "error") == 0;
    if (runs && vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK) {
        collect_inputs(record, &inputs);
        struct attempt attempt = { .record = record,
                                   .program = program,
                                   .ops = lookup ? corpus_ops : NULL,
                                   .inputs = &inputs };
        try_program(&attempt, again);
    } else {
        totals.skipped++;
    }
    vyre_program_destroy(&program);
    free_inputs(&inputs);
    hex_free(&wire);
}

static void make_lists(void)
{
    struct list all = { .name = "all", .inlines = true };
    for (size_t i = 0; i < vyre_pass_count(); i++) {
        struct vyre_pass_info info;
        if (vyre_pass_describe(i, &info) != VYRE_OK || list_count == MAX_LISTS - 1)
            abort();
        lists[list_count++] = (struct list){
            .name = info.name,
            .passes = { info.name },
            .count = 1,
            .inlines = strcmp(info.name, "inline") == 0,
        };
        all.passes[all.count++] = info.name;
    }
    lists[list_count++] = all;
}

int main(int argc, char **argv)
{
    const char *expect = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--expect") == 0) {
        expect = argv[2];
        first = 3;
    }
    make_lists();
    corpus_ops = conform_ops_create();
    create_outline_ops();
    bool readable = argc > first;
    for (int i = first; i < argc; i++)
        readable &= records_read(argv[i], try_record, NULL);
    vyre_registry_destroy(&corpus_ops);
    vyre_registry_destroy(&outline_ops);
    char counts[80];
    snprintf(counts, sizeof counts, "%u,%u,%u,%u,%u,%u", totals.same, totals.differ, totals.skipped,
             totals.changed, totals.calls, totals.parts);
    printf("%s (same, differ, skipped, changed, calls, parts), %u failed\n", counts, totals.failed);
    if (expect && strcmp(expect, counts) != 0) {
        printf("expected %s\n", expect);
        return 1;
    }
    return readable && totals.failed == 0 && totals.changed > 0 ? 0 : 1;
}
