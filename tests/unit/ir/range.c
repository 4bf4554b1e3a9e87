// SPDX-License-Identifier: MIT
// The range analysis: which accesses it proves, which it must not, and that the checker accepts its
// certificates and no others.
#include "test.h"

#include "base/str.h"
#include "ir/range.h"

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), NULL, test_diag_sink(&diags), &program) != VYRE_OK ||
        vyre_program_validate(program, vyre_validate_params(.subgroup_ops = true,
                                                            .diag = test_diag_sink(&diags))) != 0)
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static void analyse(const struct vyre_program *program, struct ir_ranges *ranges)
{
    const char *why;
    size_t bad;
    assert_result(VYRE_OK, ir_ranges_init(ranges, program, true));
    assert_int_equal(ranges->proofs.count, ranges->inside);
    if (ir_ranges_check(ranges, program, &why, &bad) != VYRE_OK)
        fail_msg("proof %zu of %zu: %s", bad, ranges->proofs.count, why);
}

// `declarations`, then a body; `inside` of its `accesses` are proven.
struct example {
    const char *body;
    uint32_t accesses;
    uint32_t inside;
};

static const char declarations[] = "workgroup 64\n"
                                   "buffer a : u32[] readwrite @0\n"
                                   "buffer b : u32[] readwrite @1\n"
                                   "buffer t : u32[256] readonly @2\n"
                                   "buffer s : i32[] readonly @3\n"
                                   "buffer f : f32[] readwrite @4\n"
                                   "shared w : u32[64]\n";

static void expect(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[2000];
        snprintf(text, sizeof text, "%s%s", declarations, examples[i].body);
        struct vyre_program *program = parse(text);
        struct ir_ranges ranges;
        analyse(program, &ranges);
        if (ranges.accesses != examples[i].accesses || ranges.inside != examples[i].inside)
            fail_msg("%u of %u proven, expected %u of %u:\n%s", ranges.inside, ranges.accesses,
                     examples[i].inside, examples[i].accesses, examples[i].body);
        ir_ranges_fini(&ranges);
        vyre_program_destroy(&program);
    }
}

#define EXPECT(examples) expect(examples, sizeof(examples) / sizeof *(examples))

static void what_is_evident(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "w[lid.x] = t[255]", 2, 2 },
        { "w[lid.x + 1] = t[256]", 2, 0 },
        { "let x = t[a[0] & 255]", 2, 1 },
        { "let x = t[a[0] >> 24]", 2, 1 },
        { "let x = t[a[0] >> 23]", 2, 0 },
        { "let x = t[a[0] % 256]", 2, 1 },
        { "let x = t[a[0] % b[0]]", 3, 0 },
        { "let x = t[min(a[0], 255)]", 2, 1 },
        { "let x = t[max(lid.x, 64) + 191]", 1, 1 },
        { "let x = t[select(a[0] == 0, 3, lid.x * 4)]", 2, 1 },
        { "let x = t[(lid.x * 4 | 3) ^ 1]", 1, 1 },
        { "let x = t[lid.x - 1]", 1, 0 },
        { "let x = t[255 - lid.x]", 1, 1 },
        { "let x = t[saturating_sub(lid.x, 1)]", 1, 1 },
        { "let x = t[popcount(a[0]) << 2]", 2, 1 },
        { "let x = t[a[0] / 0x1000000]", 2, 1 },
        { "let x = t[u32(lid.x)]", 1, 1 },
        { "let x = w[a[0] & 63] + w[a[0] & 64]", 4, 1 },
        { "let y = lid.x * 2\nlet x = t[y] + t[y + 129] + t[y + 130]", 3, 2 },
    };
    EXPECT(examples);
}

static void what_conditions_say(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "let i = gid.x\nif i < len(a) { a[i] = 1 }", 1, 1 },
        { "if gid.x < len(a) { a[gid.x] = 1 }", 1, 1 },
        { "let i = gid.x\nif i < len(a) { b[i] = 1 }", 1, 0 },
        { "let i = gid.x\nif i <= len(a) { a[i] = 1 }", 1, 0 },
        { "let i = gid.x\nif len(a) > i { a[i] = 1 }", 1, 1 },
        { "let i = gid.x\nif i >= len(a) { return }\na[i] = 1", 1, 1 },
        { "let i = gid.x\nif i >= len(a) { a[0] = 1 }\na[i] = 1", 2, 0 },
        { "let i = gid.x\nif !(i < len(a)) { return }\na[i] = 1", 1, 1 },
        { "let i = gid.x\nif i >= len(a) { } else { a[i] = 1 }", 1, 1 },
        { "let i = gid.x\nif i < len(a) && i < len(b) { a[i] = b[i] }", 2, 2 },
        { "let i = gid.x\nif i < len(a) || i < len(b) { a[i] = b[i] }", 2, 0 },
        { "let i = gid.x\nif i >= len(a) || i >= len(b) { return }\na[i] = b[i]", 2, 2 },
        { "let i = gid.x\nlet ok = i < len(a)\nif ok { a[i] = 1 }", 1, 1 },
        { "let i = gid.x\nif i < min(len(a), len(b)) { a[i] = b[i] }", 2, 2 },
        { "let n = min(len(a), len(b))\nlet i = gid.x\nif i < n { a[i] = b[i] }", 2, 2 },
        { "let i = gid.x\nif i == 7 { a[0] = t[i] }", 2, 1 },
        { "let i = gid.x\nif i != 7 { return }\na[0] = t[i]", 2, 1 },
        { "let i = gid.x\nif i < 256 { a[0] = t[i] + t[i / 2] + t[i + 1] }", 4, 2 },
        { "let i = gid.x\nif i + 1 < len(a) { a[i + 1] = 1 }", 1, 1 },
        { "let i = gid.x\nif i < len(a) / 4 { a[i * 4 + 3] = a[i * 4 + 4] }", 2, 1 },
        { "let i = gid.x\nif i < len(a) >> 2 { a[(i << 2) + 3] = a[i * 4] }", 2, 2 },
        { "if wid.x < len(a) / 64 { a[gid.x] = 1 }", 1, 1 },
        { "if wid.x < len(a) / 64 { a[wid.x * 64 + lid.x] = 1 }", 1, 1 },
        { "if wid.x < len(a) / 63 { a[gid.x] = 1 }", 1, 0 },
        { "if wid.x < 4 { a[0] = t[gid.x] }", 2, 1 },
        { "if wid.x < 5 { a[0] = t[gid.x] }", 2, 0 },
        { "let d = 1 << (a[0] & 3)\nif lid.x >= d { a[0] = w[lid.x - d] }", 3, 1 },
        { "let d = 1 << (a[0] & 3)\nif lid.x < d { a[0] = w[lid.x - d] }", 3, 0 },
    };
    EXPECT(examples);
}

static void what_loops_say(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "loop i in 0..len(a) { a[i] = 1 }", 1, 1 },
        { "loop i in 0..len(a) { b[i] = 1 }", 1, 0 },
        { "loop i in 0..256 { a[0] = t[i] }", 2, 1 },
        { "loop i in 0..257 { a[0] = t[i] }", 2, 0 },
        { "loop i in 1..len(a) { a[i] = a[i - 1] }", 2, 2 },
        { "loop i in 0..len(a) { a[i] = a[i - 1] }", 2, 1 },
        { "loop i in 0..len(a) / 2 { a[2 * i] = a[i * 2 + 1] }", 2, 2 },
        { "let g = gid.x\nif g < len(a) / 16 { loop k in 0..16 { a[g * 16 + k] = k } }", 1, 1 },
        { "let g = gid.x\nif g < len(a) / 16 { loop k in 0..17 { a[g * 16 + k] = k } }", 1, 0 },
        { "loop i in 0..len(a) { if i >= 256 { return }\na[i] = t[i] }", 2, 2 },
        { "loop i in 0..len(a) { if i >= 256 { return } }\na[0] = t[a[0]]", 3, 0 },
        { "loop i in 0..len(a) { loop k in i..len(a) { a[k] = a[i] } }", 2, 2 },
    };
    EXPECT(examples);
}

// Nothing may be concluded from what can change or is not a u32.
static void what_must_not_be_believed(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "let i = gid.x\nif i < len(a) { i = i + 1\na[i] = 1 }", 1, 0 },
        { "let i = 0\nloop k in 0..4 { a[i] = 1\ni = i + 7 }", 1, 0 },
        { "let n = len(a)\nn = 1000\nlet i = gid.x\nif i < n { a[i] = 1 }", 1, 0 },
        { "let x = t[(s[0] & s[1]) % (s[2] & s[3])]", 5, 0 },
        { "let x = t[(s[0] & s[1]) >> (s[2] & s[3])]", 5, 0 },
        { "let i = s[0] & s[1]\nif i < (s[2] & s[3]) { a[0] = t[i] }", 6, 0 },
        { "let i = lid.x * 0x10000000\na[0] = t[i * 16 + 255]", 2, 0 },
        { "let i = gid.x\nif i < len(a) { a[i * 0x40000000] = 1 }", 1, 0 },
        { "let i = gid.x\nif i - 1 < len(a) { a[i] = 1 }", 1, 0 },
        { "let i = gid.x\nif i < len(a) - 4 { a[i + 4] = 1 }", 1, 0 },
        { "let i = gid.x\nif a[i] < len(a) { a[a[i]] = 1 }", 3, 0 },
    };
    EXPECT(examples);
}

static void loops_that_are_counted(void **state)
{
    (void)state;
    struct vyre_program *program = parse("buffer a : u32[] readwrite @0\n"
                                         "loop i in 2..10 { a[0] = i }\n"
                                         "loop i in 0..min(a[0], 7) { a[0] = i }\n"
                                         "loop i in a[1]..a[0] { a[0] = i }\n"
                                         "loop i in 5..3 { a[0] = i }\n");
    struct ir_ranges ranges;
    analyse(program, &ranges);
    const struct ir_body *body = &program->entry.nodes[0]->body;
    assert_int_equal(ir_ranges_iterations(&ranges, body->nodes[0]), 8);
    assert_int_equal(ir_ranges_iterations(&ranges, body->nodes[1]), 7);
    assert_int_equal(ir_ranges_iterations(&ranges, body->nodes[2]), UINT32_MAX);
    assert_int_equal(ir_ranges_iterations(&ranges, body->nodes[3]), 0);
    ir_ranges_fini(&ranges);
    vyre_program_destroy(&program);
}

// An invocation that left may have to go on without effect until the others are done with it, so
// what holds for those that stayed is told apart.
static void what_holds_because_others_left(void **state)
{
    (void)state;
    struct vyre_program *program = parse("workgroup 64\nbuffer a : u32[] readwrite @0\n"
                                         "let i = gid.x\n"
                                         "if i >= len(a) { return }\n"
                                         "let j = i\n"
                                         "a[j] = 1\n"
                                         "if lid.x < len(a) { a[lid.x] = 2 }\n"
                                         "loop k in 0..min(i, 5) { a[i - k] = 3 }\n");
    struct ir_ranges ranges;
    analyse(program, &ranges);
    const struct ir_body *body = &program->entry.nodes[0]->body;
    assert_int_equal(ir_ranges_inside(&ranges, body->nodes[3]->a), IR_INSIDE_AFTER_EXITS);
    assert_int_equal(ir_ranges_inside(&ranges, body->nodes[4]->body.nodes[0]->a), IR_INSIDE_ALWAYS);
    assert_int_equal(ir_ranges_iterations(&ranges, body->nodes[5]), UINT32_MAX);
    ir_ranges_fini(&ranges);
    vyre_program_destroy(&program);
}

// ---- The checker ------------------------------------------------------------------------------

static const char certified[] = "workgroup 64\n"
                                "buffer a : u32[] readwrite @0\n"
                                "buffer b : u32[] readwrite @1\n"
                                "buffer t : u32[256] readonly @2\n"
                                "let g = gid.x\n"
                                "if g < len(a) / 16 {\n"
                                "    loop k in 1..16 {\n"
                                "        let j = g * 16 + k\n"
                                "        a[j] = t[(a[j] >> 4 & 127) + 128 - k]\n"
                                "    }\n"
                                "}\n"
                                "if wid.x >= len(b) / 64 { return }\n"
                                "b[gid.x] = 1\n"
                                "if lid.x >= 8 { b[gid.x] = t[lid.x - 8] }\n";

static bool accepted(struct ir_ranges *ranges, const struct vyre_program *program)
{
    enum vyre_result result = ir_ranges_check(ranges, program, NULL, NULL);
    assert_true(result == VYRE_OK || result == VYRE_ERR_INVALID_PROGRAM);
    return result == VYRE_OK;
}

// Marks the steps that a proof rests on.
static void mark(const struct ir_ranges *ranges, uint32_t number, bool *used)
{
    if (number == IR_PROOF_NONE || used[number])
        return;
    used[number] = true;
    for (int i = 0; i < 3; i++)
        mark(ranges, ranges->steps.items[number].premise[i], used);
}

// Ways to make a step say more than follows. False: not this one.
static bool spoil(struct ir_proof_step *step, int way)
{
    switch (way) {
    case 0: return step->range.high-- > step->range.low;
    case 1: return step->range.count > 0 && ++step->range.below[0].slack;
    case 2:
        if (step->range.count > 0)
            step->range.below[0].buffer = 2;
        return step->range.count > 0;
    case 3:
        if (step->range.count > 0)
            step->range.below[0].scale *= 2;
        return step->range.count > 0;
    case 4: step->negated = !step->negated; return step->comparison != NULL;
    default: {
        bool had = step->node != NULL;
        step->node = NULL;
        return had;
    }
    }
}

static void a_certificate_that_says_more_proves_nothing(void **state)
{
    (void)state;
    struct vyre_program *program = parse(certified);
    struct ir_ranges ranges;
    analyse(program, &ranges);
    assert_int_equal(ranges.inside, 6);
    bool used[500] = { false };
    assert_true(ranges.steps.count < 500);
    for (size_t i = 0; i < ranges.proofs.count; i++)
        mark(&ranges, ranges.proofs.items[i].step, used);
    unsigned tried = 0;
    for (size_t i = 0; i < ranges.steps.count; i++)
        for (int way = 0; way < 6 && used[i]; way++) {
            struct ir_proof_step before = ranges.steps.items[i];
            bool changed = spoil(&ranges.steps.items[i], way);
            if (changed && accepted(&ranges, program))
                fail_msg("step %zu, rule %u, way %d", i, before.rule, way);
            tried += changed;
            ranges.steps.items[i] = before;
        }
    assert_true(accepted(&ranges, program));
    assert_true(tried > 60);
    // Nothing rests on itself.
    for (size_t i = 0; i < ranges.steps.count; i++) {
        uint32_t before = ranges.steps.items[i].premise[0];
        ranges.steps.items[i].premise[0] = (uint32_t)i;
        assert_true(!used[i] || before == IR_PROOF_NONE || !accepted(&ranges, program));
        ranges.steps.items[i].premise[0] = before;
    }
    ir_ranges_fini(&ranges);
    vyre_program_destroy(&program);
}

static void a_proof_does_not_fit_another_access(void **state)
{
    (void)state;
    struct vyre_program *program = parse(certified);
    struct ir_ranges ranges;
    analyse(program, &ranges);
    for (size_t i = 0; i < ranges.proofs.count; i++) {
        const struct ir_proof before = ranges.proofs.items[i];
        ranges.proofs.items[i].buffer = (before.buffer + 1) % 3;
        assert_false(accepted(&ranges, program));
        ranges.proofs.items[i] = before;
        ranges.proofs.items[i].step = (uint32_t)ranges.steps.count;
        assert_false(accepted(&ranges, program));
        ranges.proofs.items[i] = before;
        ranges.proofs.items[i].step = 0;
        assert_false(accepted(&ranges, program));
        ranges.proofs.items[i] = before;
    }
    ranges.proofs.count--;
    assert_true(accepted(&ranges, program)); // fewer proofs are fewer promises
    ir_ranges_fini(&ranges);
    vyre_program_destroy(&program);
}

// ---- Claims against values --------------------------------------------------------------------

static uint32_t next_random(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*seed >> 33) % below);
}

// In a let before x and the loop, neither may be used: `early`.
static void write_expr(struct str *out, uint64_t *seed, int depth, bool early)
{
    static const char *const leaves[] = { "lid.x", "wid.x",  "gid.x",      "len(a)", "len(b)",
                                          "0",     "1",      "3",          "64",     "len(w)",
                                          "65535", "0xff00", "4294967295", "x",      "k" };
    static const char *const forms[][2] = {
        { "(", " + " },
        { "(", " - " },
        { "(", " * " },
        { "(", " / " },
        { "(", " % " },
        { "(", " & " },
        { "(", " | " },
        { "(", " ^ " },
        { "(", " << " },
        { "(", " >> " },
        { "min(", ", " },
        { "max(", ", " },
        { "select(lid.x < 7, ", ", " },
        { "saturating_sub(", ", " },
    };
    if (depth == 0 || next_random(seed, 4) == 0) {
        str_printf(out, "%s", leaves[next_random(seed, early ? 13 : 15)]);
        return;
    }
    const char *const *form = forms[next_random(seed, 14)];
    str_printf(out, "%s", form[0]);
    write_expr(out, seed, depth - 1, early);
    str_printf(out, "%s", form[1]);
    write_expr(out, seed, depth - 1, early);
    str_printf(out, ")");
}

struct values {
    uint32_t lid, wid, k;
    uint32_t lengths[3]; // of a, b, w
    const struct ir_expr *x;
};

static uint32_t value_of(const struct vyre_program *program, const struct values *values,
                         const struct ir_expr *expr)
{
    const char *name = expr->name ? ir_name_text(program, expr->name).text : "";
    uint32_t a = 0, b = 0;
    if (expr->kind == IR_EXPR_BINOP || expr->kind == IR_EXPR_SELECT) {
        uint32_t first = expr->kind == IR_EXPR_SELECT;
        a = value_of(program, values, expr->kids[first]);
        b = value_of(program, values, expr->kids[first + 1]);
    }
    switch (expr->kind) {
    case IR_EXPR_LIT_U32: return expr->bits;
    case IR_EXPR_LOCAL_ID: return values->lid;
    case IR_EXPR_WORKGROUP_ID: return values->wid;
    case IR_EXPR_INVOCATION_ID: return values->wid * 64 + values->lid;
    case IR_EXPR_BUF_LEN: return values->lengths[name[0] == 'a' ? 0 : name[0] == 'b' ? 1 : 2];
    case IR_EXPR_VAR: return name[0] == 'k' ? values->k : value_of(program, values, values->x);
    case IR_EXPR_SELECT: return values->lid < 7 ? a : b;
    default: break;
    }
    switch (expr->op) {
    case IR_BIN_ADD: return a + b;
    case IR_BIN_SUB: return a - b;
    case IR_BIN_MUL: return a * b;
    case IR_BIN_DIV: return b ? a / b : UINT32_MAX;
    case IR_BIN_MOD: return b ? a % b : 0;
    case IR_BIN_BIT_AND: return a & b;
    case IR_BIN_BIT_OR: return a | b;
    case IR_BIN_BIT_XOR: return a ^ b;
    case IR_BIN_SHL: return a << (b & 31);
    case IR_BIN_SHR: return a >> (b & 31);
    case IR_BIN_MIN: return a < b ? a : b;
    case IR_BIN_MAX: return a > b ? a : b;
    case IR_BIN_SATURATING_SUB: return a > b ? a - b : 0;
    case IR_BIN_LT: return a < b;
    case IR_BIN_LE: return a <= b;
    case IR_BIN_GE: return a >= b;
    default: fail_msg("operator %u", expr->op); return 0;
    }
}

static void check_claims(const struct vyre_program *program, const struct ir_ranges *ranges,
                         const struct values *values)
{
    for (size_t i = 0; i < ranges->steps.count; i++) {
        const struct ir_proof_step *step = &ranges->steps.items[i];
        if (!step->expr)
            continue;
        uint32_t value = value_of(program, values, step->expr);
        if (value < step->range.low || value > step->range.high)
            fail_msg("step %zu, rule %u: %u is not in [%u, %u]", i, step->rule, value,
                     step->range.low, step->range.high);
        for (uint32_t k = 0; k < step->range.count; k++) {
            const struct ir_below *below = &step->range.below[k];
            int64_t length = values->lengths[below->buffer];
            if ((int64_t)below->scale * value + below->slack >= length)
                fail_msg("step %zu, rule %u: %u * %u + %lld is not below %lld", i, step->rule,
                         below->scale, value, (long long)below->slack, (long long)length);
        }
    }
}

// Random expressions under a random condition: whatever values make the condition true, every claim
// holds. Lengths are those that buffers can have.
static void claims_hold_for_all_values(void **state)
{
    (void)state;
    static const uint32_t lengths[] = { 0, 1, 5, 63, 64, 65, 1000, 65536, 0x3fffffff };
    static const uint32_t groups[] = { 0, 1, 2, 15, 1000, 0x3ffffff };
    static const char *const tests[] = { "<", "<=", ">=" };
    uint64_t seed = 3;
    unsigned reached = 0, claims = 0;
    for (unsigned round = 0; round < 3000; round++) {
        struct str text = { 0 };
        str_printf(&text, "workgroup 64\nbuffer a : u32[] readwrite @0\n"
                          "buffer b : u32[] readwrite @1\nshared w : u32[64]\nlet x = ");
        write_expr(&text, &seed, 2, true);
        str_printf(&text, "\nloop k in 0..9 {\nif ");
        write_expr(&text, &seed, 2, false);
        str_printf(&text, " %s ", tests[next_random(&seed, 3)]);
        write_expr(&text, &seed, 2, false);
        str_printf(&text, " {\na[");
        write_expr(&text, &seed, 3, false);
        str_printf(&text, "] = 1\n}\n}\n");
        struct vyre_program *program;
        assert_result(VYRE_OK, vyre_program_parse(text.text, text.size, NULL, NULL, &program));
        str_fini(&text);
        if (vyre_program_validate(program, NULL) != VYRE_OK) { // divides by a literal 0
            vyre_program_destroy(&program);
            continue;
        }
        struct ir_ranges ranges;
        analyse(program, &ranges);
        for (size_t i = 0; i < ranges.steps.count; i++)
            claims += ranges.steps.items[i].range.high < UINT32_MAX;
        const struct ir_body *body = &program->entry.nodes[0]->body;
        const struct ir_node *test = body->nodes[1]->body.nodes[0];
        for (unsigned sample = 0; sample < 40; sample++) {
            const struct values values = {
                .lid = next_random(&seed, 64),
                .wid = groups[next_random(&seed, 6)],
                .k = next_random(&seed, 9),
                .lengths = { lengths[next_random(&seed, 9)], lengths[next_random(&seed, 9)], 64 },
                .x = body->nodes[0]->a,
            };
            if (!value_of(program, &values, test->a))
                continue;
            reached++;
            check_claims(program, &ranges, &values);
        }
        ir_ranges_fini(&ranges);
        vyre_program_destroy(&program);
    }
    assert_true(reached > 20000 && claims > 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_evident),
        cmocka_unit_test(what_conditions_say),
        cmocka_unit_test(what_loops_say),
        cmocka_unit_test(what_must_not_be_believed),
        cmocka_unit_test(loops_that_are_counted),
        cmocka_unit_test(what_holds_because_others_left),
        cmocka_unit_test(a_certificate_that_says_more_proves_nothing),
        cmocka_unit_test(a_proof_does_not_fit_another_access),
        cmocka_unit_test(claims_hold_for_all_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
