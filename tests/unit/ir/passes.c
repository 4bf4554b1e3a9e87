// SPDX-License-Identifier: MIT
// What each pass makes of small programs, and what it leaves alone.
#include "test.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/str.h"
#include "ir/model.h"
#include "ir/pass.h"
#include <vyre/transform.h>

static struct vyre_program *parse(const char *text)
{
    struct vyre_program *program;
    struct test_diags diags = { .size = 0 };
    if (vyre_program_parse(text, strlen(text), NULL, test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static char *print(const struct vyre_program *program)
{
    char *text;
    size_t size;
    assert_result(VYRE_OK, vyre_program_print(program, &text, &size));
    return text;
}

// The statements of a printed program: what follows its declarations.
static const char *statements(const char *printed)
{
    size_t at = 0;
    while (printed[at] && strncmp(printed + at, "\n\n", 2) != 0)
        at++;
    return printed[at] ? printed + at + 2 : printed;
}

#define BUFFERS                                                                                    \
    "workgroup 64\n"                                                                               \
    "buffer in : u32[] readonly @0\n"                                                              \
    "buffer out : u32[] readwrite @1\n"                                                            \
    "buffer signed : i32[] readwrite @2\n"                                                         \
    "buffer real : f32[] readwrite @3\n"                                                           \
    "buffer count : u32[4] readwrite @4\n"                                                         \
    "shared tile : u32[64]\n"

static void transform_to(const char *pass, const char *before, const char *after)
{
    char text[4000];
    snprintf(text, sizeof text, "%s%s", BUFFERS, before);
    struct vyre_program *program = parse(text);
    snprintf(text, sizeof text, "%s%s", BUFFERS, after);
    struct vyre_program *wanted = parse(text);
    struct vyre_program *made;
    struct test_diags diags = { .size = 0 };
    if (vyre_program_transform(
            program,
            vyre_transform_params(.passes = &pass, .pass_count = 1, .diag = test_diag_sink(&diags)),
            &made))
        fail_msg("%s of\n%s\n%s", pass, before, diags.text);
    char *got = print(made);
    char *expected = print(wanted);
    if (strcmp(got, expected) != 0)
        fail_msg("%s of\n%s\ngives\n%s\nnot\n%s", pass, before, statements(got),
                 statements(expected));
    assert_result(VYRE_OK, vyre_program_validate(made, vyre_validate_params(.subgroup_ops = true)));
    // What does not change is not copied either.
    if (strcmp(before, after) == 0)
        assert_ptr_equal(made, program);
    vyre_free(got);
    vyre_free(expected);
    vyre_program_destroy(&made);
    vyre_program_destroy(&wanted);
    vyre_program_destroy(&program);
}

struct example {
    const char *before;
    const char *after; // NULL: nothing changes
};

static void check(const char *pass, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        transform_to(pass, examples[i].before,
                     examples[i].after ? examples[i].after : examples[i].before);
}

static void constants_are_computed(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "out[0] = 2 + 3 * 4\n", "out[0] = 14\n" },
        { "out[0] = 0 - 1\n", "out[0] = 4294967295\n" },
        { "signed[0] = -7i / 2i\n", "signed[0] = -3i\n" },
        { "signed[0] = i32(4294967295)\n", "signed[0] = -1i\n" },
        { "out[0] = u32(1.5 + 2.25)\n", "out[0] = 3\n" },
        { "real[0] = 1.0 / 3.0\n", "real[0] = 0.33333334\n" },
        { "real[0] = fma(2.0, 3.0, 0.5)\n", "real[0] = 6.5\n" },
        { "out[0] = select(1 < 2, in[0], in[1])\n", "out[0] = in[0]\n" },
        { "out[0] = popcount(255) + clz(1)\n", "out[0] = 39\n" },
        { "out[len(tile)] = lid.y\n", "out[64] = 0\n" },
        { "let n = 4\nlet m = n\nout[0] = m * n\n", "let n = 4\nlet m = 4\nout[0] = 16\n" },
        { "let i = gid.x\nlet j = i\nout[j] = j\n", "let i = gid.x\nlet j = i\nout[i] = i\n" },
    };
    check("fold", examples, sizeof examples / sizeof *examples);
}

static void errors_and_types_are_not_folded(void **state)
{
    (void)state;
    static const struct example examples[] = {
        // i32 division that the interpreter refuses.
        { "let zero = 0i\nsigned[0] = 1i / zero\n", NULL },
        { "signed[0] = -2147483648i / -1i\n", NULL },
        // A zero that the validator would see.
        { "let zero = 0\nout[0] = in[0] / zero\n", NULL },
        // An index that the validator would see outside.
        { "let far = 4\ncount[far] = 1\n", NULL },
        // The binary form has no negative zero.
        { "real[0] = 0.0 * -1.0\n", NULL },
        // An i32 that is a u32 to the validator.
        { "let x = -1i & 3i\nout[0] = x\n", NULL },
        // Assigned: not one value.
        { "let x = 1\nloop i in 0..4 {\n    x = x + x\n}\nout[0] = x\n", NULL },
        // Other lanes may not have the local yet.
        { "let x = 3\nout[0] = subgroup_add(x)\n", NULL },
        // The arm that is not chosen has an effect.
        { "out[0] = select(true, 1, atomic_add(count[0], 1))\n", NULL },
        // Nobody validates the operand of a trap.
        { "if gid.x > 9 {\n    trap(1 + 1, \"t\")\n}\n", NULL },
    };
    check("fold", examples, sizeof examples / sizeof *examples);
}

static void cheaper_operators_are_taken(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "out[0] = in[0] * 8\n", "out[0] = in[0] << 3\n" },
        { "out[0] = 8 * in[0]\n", "out[0] = in[0] << 3\n" },
        { "out[0] = in[0] / 16\n", "out[0] = in[0] >> 4\n" },
        { "out[0] = in[0] % 16\n", "out[0] = in[0] & 15\n" },
        { "out[0] = in[0] % 1\n", "out[0] = 0\n" },
        { "out[0] = in[0] + 0\n", "out[0] = in[0]\n" },
        { "out[0] = (in[0] + 3) + 4\n", "out[0] = in[0] + 7\n" },
        { "out[0] = (in[0] ^ 5) ^ 5\n", "out[0] = in[0] ^ 0\n" },
        { "out[0] = in[0] * 0\n", "out[0] = 0\n" },
        { "signed[0] = signed[1] + 0i\n", "signed[0] = signed[1]\n" },
        { "real[0] = real[1] * 1.0\n", "real[0] = real[1]\n" },
        { "out[0] = u32(in[0])\n", "out[0] = in[0]\n" },
        { "if gid.x < len(in) && gid.x < len(out) {\n    out[gid.x] = 1\n}\n",
          "if gid.x < min(len(in), len(out)) {\n    out[gid.x] = 1\n}\n" },
        { "if gid.x >= len(in) || gid.x >= 9 {\n    return\n}\n",
          "if gid.x >= min(len(in), 9) {\n    return\n}\n" },
        { "let b = !(!(in[0] < 3))\nif b {\n    out[0] = 1\n}\n",
          "let b = in[0] < 3\nif b {\n    out[0] = 1\n}\n" },
        { "let b = select(in[0] < 3, true, false)\nif b {\n    out[0] = 1\n}\n",
          "let b = in[0] < 3\nif b {\n    out[0] = 1\n}\n" },
    };
    check("strength", examples, sizeof examples / sizeof *examples);
}

static void what_is_not_exact_is_left(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "signed[0] = signed[1] / 4i\n", NULL }, // rounds towards zero, a shift does not
        { "real[0] = real[1] + 0.0\n", NULL },    // -0.0 + 0.0 is 0.0
        { "real[0] = real[1] * 0.0\n", NULL },    // NaN, and the sign of zero
        { "out[0] = in[0] / 3\n", NULL },
        // Two values, two loads of what may be one, the wrong operator, a sign.
        { "if gid.x < len(in) && gid.y < len(out) {\n    out[0] = 1\n}\n", NULL },
        { "if in[0] < 5 && in[0] < len(in) {\n    out[0] = 1\n}\n", NULL },
        { "if gid.x < 5 || gid.x < len(in) {\n    out[0] = 1\n}\n", NULL },
        { "if i32(gid.x) < 5i && i32(gid.x) < i32(len(in)) {\n    out[0] = 1\n}\n", NULL },
        { "out[0] = 8 / in[0]\n", NULL },
        { "out[0] = atomic_add(count[0], 1) * 0\n", NULL }, // the atomic stays
        { "out[0] = in[0] - 0 - in[1]\n", "out[0] = in[0] - in[1]\n" },
        { "out[0] = 0 - in[0]\n", NULL },
        // A divisor that the validator would see.
        { "out[0] = 5 / (in[0] * 0)\n", "out[0] = (5 / (in[0] * 0))\n" },
    };
    check("strength", examples, sizeof examples / sizeof *examples);
}

static void what_is_known_is_not_computed_again(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "out[0] = in[gid.x + 1]\nout[1] = in[gid.x + 1]\n",
          "let _t0 = in[gid.x + 1]\nout[0] = _t0\nout[1] = _t0\n" },
        { "let a = in[gid.x]\nlet b = in[gid.x]\nout[0] = a + b\n",
          "let a = in[gid.x]\nlet b = a\nout[0] = a + b\n" },
        // In any order where that does not matter, through locals.
        { "let i = gid.x\nout[0] = i * 3 + in[0]\nout[1] = in[0] + 3 * gid.x\n",
          "let i = gid.x\nlet _t0 = i * 3 + in[0]\nout[0] = _t0\nout[1] = _t0\n" },
        // From a condition into its branches, not from one branch into what follows.
        { "if in[0] < 3 {\n    out[0] = in[0]\n    out[1] = in[1] * 5\n}\nout[2] = in[1] * 5\n",
          "let _t0 = in[0]\nif _t0 < 3 {\n    out[0] = _t0\n    out[1] = in[1] * 5\n}\n"
          "out[2] = in[1] * 5\n" },
        // A name that is taken.
        { "let _t0 = 1\nout[0] = in[2] + _t0\nout[1] = in[2]\n",
          "let _t0 = 1\nlet _t1 = in[2]\nout[0] = _t1 + _t0\nout[1] = _t1\n" },
        // The least of two zeros is the left one.
        { "real[0] = min(real[1], real[2])\nreal[3] = min(real[2], real[1])\n", NULL },
    };
    check("cse", examples, sizeof examples / sizeof *examples);
}

static void what_may_have_changed_is_read_again(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "let a = out[0]\nout[0] = a + 1\nlet b = out[0]\nout[1] = b\n", NULL },
        // The original's optimizer dropped the first of these stores.
        { "out[0] = gid.x\nout[0] = out[0]\n", NULL },
        { "let a = tile[0]\nbarrier\nout[0] = a + tile[0]\n", NULL },
        { "let a = out[1]\nlet old = atomic_add(count[0], 1)\nout[0] = a + out[1] + old\n", NULL },
        { "let a = atomic_add(count[0], 1)\nlet b = atomic_add(count[0], 1)\nout[a] = b\n", NULL },
        { "let a = out[5]\nloop i in 0..4 {\n    out[i] = a + out[5]\n}\n", NULL },
        { "let x = 0\nout[0] = x + 1\nx = in[0]\nout[1] = x + 1\n", NULL },
        { "out[0] = subgroup_add(in[0])\nout[1] = subgroup_add(in[0])\n", NULL },
        // What nobody writes is the same in every iteration.
        { "let a = in[5]\nloop i in 0..4 {\n    out[i] = a + in[5]\n}\n",
          "let a = in[5]\nloop i in 0..4 {\n    out[i] = a + a\n}\n" },
        // An error that is at the second place only.
        { "let a = signed[0] / signed[1]\nlet b = signed[0] / signed[1]\nsigned[2] = a + b\n",
          "let _t0 = signed[0]\nlet _t1 = signed[1]\nlet a = _t0 / _t1\nlet b = _t0 / _t1\n"
          "signed[2] = a + b\n" },
    };
    check("cse", examples, sizeof examples / sizeof *examples);
}

// Two new values for each statement: with the first 16,384 of them the product is forgotten, and
// from there on known again.
static void what_is_far_is_computed_again(void **state)
{
    (void)state;
    enum { STORES = 20000 };
    static const char *const passes[] = { "cse" };
    struct str text = { 0 };
    str_puts(&text, "buffer out : u32[20001] readwrite @0\n");
    for (int i = 0; i < STORES; i++)
        str_printf(&text, "out[%d] = gid.x * gid.y ^ %d\n", i + 1, i + 1);
    struct vyre_program *program = parse(str_text(&text)), *made;
    assert_result(VYRE_OK,
                  vyre_program_transform(
                      program, vyre_transform_params(.passes = passes, .pass_count = 1), &made));
    char *got = print(made);
    size_t lets = 0, products = 0;
    for (const char *at = got; (at = strstr(at, "let ")); at++)
        lets++;
    for (const char *at = got; (at = strstr(at, "gid.x * gid.y")); at++)
        products++;
    assert_int_equal(lets, 2);
    assert_int_equal(products, 2);
    vyre_free(got);
    vyre_program_destroy(&made);
    vyre_program_destroy(&program);
    str_fini(&text);
}

static void what_nobody_sees_goes(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "let a = in[0] * 3\nlet b = a + 1\nout[0] = 1\n", "out[0] = 1\n" },
        { "let sum = 0\nloop i in 0..4 {\n    sum = sum + in[i]\n    out[i] = i\n}\n",
          "loop i in 0..4 {\n    out[i] = i\n}\n" },
        { "if true {\n    out[0] = 1\n} else {\n    out[1] = 1\n}\n", "{\n    out[0] = 1\n}\n" },
        { "if 0 {\n    out[0] = 1\n}\nout[1] = 1\n", "out[1] = 1\n" },
        { "loop i in 7..3 {\n    out[i] = 1\n}\nout[1] = 1\n", "out[1] = 1\n" },
        { "if in[0] {\n    let x = in[1]\n}\nout[1] = 1\n", "out[1] = 1\n" },
        { "{\n    return\n}\nout[1] = 1\n", "{\n    return\n}\n" },
    };
    check("dead", examples, sizeof examples / sizeof *examples);
}

static void what_can_be_seen_stays(void **state)
{
    (void)state;
    static const struct example examples[] = {
        { "let old = atomic_add(count[0], 1)\n", NULL },
        { "let x = signed[0] / signed[1]\n", NULL }, // may be an error
        { "out[0] = gid.x\nout[0] = out[0]\n", NULL },
        { "out[0] = 1\nout[0] = 2\n", NULL },
        { "let p = param(3)\n", NULL }, // tells how many there are
        { "loop i in 0..4 {\n    let x = in[i]\n}\n", "loop i in 0..4 {\n}\n" }, // it may not end
        { "let x = in[0]\nout[0] = subgroup_add(x)\n", NULL },
        // The grid depends on whether there is an atomic.
        { "if false {\n    let old = atomic_add(count[0], 1)\n}\nout[0] = 1\n", NULL },
        { "let x = 1\nif gid.x < 4 {\n    x = 2\n}\nout[0] = x\n", NULL },
        { "if gid.x > 9 {\n    trap(1, \"t\")\n}\n", NULL },
    };
    check("dead", examples, sizeof examples / sizeof *examples);
}

// BUFFERS, a statement `count` times, and what follows. The caller frees it.
static char *repeated(const char *statement, size_t count, const char *rest)
{
    const size_t length = strlen(statement);
    const size_t size = sizeof BUFFERS + count * length + strlen(rest);
    char *text = malloc(size);
    assert_non_null(text);
    char *end = text + sizeof BUFFERS - 1;
    memcpy(text, BUFFERS, sizeof BUFFERS - 1);
    for (size_t i = 0; i < count; i++, end += length)
        memcpy(end, statement, length);
    memcpy(end, rest, strlen(rest) + 1);
    return text;
}

// What is left of the list is not looked at again for each of its exits, which would take seconds.
static void a_list_may_have_many_exits(void **state)
{
    (void)state;
    enum { EXITS = 20000 };
    static const char *const pass = "dead";
    char *before = repeated("if true {\n    return\n}\n", EXITS,
                            "out[0] = 1\nlet q = atomic_add(count[0], 1)\n"
                            "if true {\n    return\n}\nout[1] = 1\n");
    char *after = repeated("{\n    return\n}\n", EXITS,
                           "out[0] = 1\nlet q = atomic_add(count[0], 1)\n{\n    return\n}\n");
    struct vyre_program *program = parse(before);
    struct vyre_program *wanted = parse(after);
    struct vyre_program *made;
    assert_result(VYRE_OK,
                  vyre_program_transform(
                      program, vyre_transform_params(.passes = &pass, .pass_count = 1), &made));
    char *got = print(made);
    char *expected = print(wanted);
    assert_true(strcmp(got, expected) == 0);
    vyre_free(got);
    vyre_free(expected);
    vyre_program_destroy(&made);
    vyre_program_destroy(&wanted);
    vyre_program_destroy(&program);
    free(before);
    free(after);
}

// ---- The manager --------------------------------------------------------------------------------

static void count_pass(void *user, const char *pass, size_t part, size_t part_count,
                       const struct vyre_program *program)
{
    char *seen = user;
    assert_non_null(program);
    snprintf(seen + strlen(seen), 100 - strlen(seen), "%s ", pass);
    if (part_count > 1)
        snprintf(seen + strlen(seen), 100 - strlen(seen), "%zu/%zu ", part, part_count);
}

static void passes_run_in_the_order_that_is_asked_for(void **state)
{
    (void)state;
    struct vyre_program *program = parse(BUFFERS "let x = 2 * 4\nout[0] = in[0] * x + in[0] * x\n");
    struct vyre_program *made;
    char seen[100] = "";
    const struct vyre_pass_hook hook = { count_pass, seen };
    assert_result(VYRE_OK,
                  vyre_program_transform(program, vyre_transform_params(.hook = &hook), &made));
    assert_string_equal(seen, "fold strength cse dead ");
    char *text = print(made);
    assert_string_equal(statements(text), "let _t0 = in[0] << 3\nout[0] = _t0 + _t0\n");
    vyre_free(text);
    vyre_program_destroy(&made);

    static const char *const order[] = { "dead", "fold" };
    seen[0] = '\0';
    assert_result(VYRE_OK,
                  vyre_program_transform(
                      program,
                      vyre_transform_params(.passes = order, .pass_count = 2, .hook = &hook),
                      &made));
    assert_string_equal(seen, "dead fold ");
    // The result keeps alive what it shares.
    vyre_program_destroy(&program);
    text = print(made);
    assert_string_equal(statements(text), "let x = 8\nout[0] = in[0] * 8 + in[0] * 8\n");
    vyre_free(text);
    vyre_program_destroy(&made);
}

static void passes_are_listed(void **state)
{
    (void)state;
    struct vyre_pass_info info;
    for (size_t i = 0; i < vyre_pass_count(); i++) {
        assert_result(VYRE_OK, vyre_pass_describe(i, &info));
        assert_true(info.name[0] && info.description[0]);
    }
    assert_result(VYRE_MISS, vyre_pass_describe(vyre_pass_count(), &info));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_pass_describe(0, NULL));
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct vyre_program *program = parse(BUFFERS "out[0] = 1\n");
    struct vyre_program *invalid = parse(BUFFERS "out[0] = 1.5\n");
    struct vyre_program *made = program;
    static const char *const unknown = "nothing";
    static const char *const missing = NULL;
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_transform(NULL, NULL, &made));
    assert_null(made);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_transform(program, NULL, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_program_transform(
                      program, vyre_transform_params(.passes = &missing, .pass_count = 1), &made));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_program_transform(program, vyre_transform_params(.pass_count = 1), &made));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_program_transform(program,
                                         vyre_transform_params(.passes = &unknown, .pass_count = 1,
                                                               .diag = test_diag_sink(&diags)),
                                         &made));
    assert_string_equal(diags.text, "F001 there is no pass 'nothing'");
    assert_null(made);
    assert_result(VYRE_ERR_INVALID_PROGRAM, vyre_program_transform(invalid, NULL, &made));
    assert_null(made);
    vyre_program_destroy(&invalid);
    vyre_program_destroy(&program);
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    struct vyre_program *program =
        parse(BUFFERS "let x = 2 * 4\nlet unused = in[1]\nif 1 > 2 {\n    trap(1, \"t\")\n}\n"
                      "out[0] = in[0] * x + in[0] * x\n");
    uint64_t nth = 1;
    for (;; nth++) {
        struct vyre_program *made = NULL;
        (void)memory_fail_nth(0);
        (void)memory_fail_nth(nth);
        enum vyre_result result = vyre_program_transform(program, NULL, &made);
        const bool reached = memory_fail_nth(0) >= nth;
        if (!reached) {
            assert_result(VYRE_OK, result);
            vyre_program_destroy(&made);
            break;
        }
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_null(made);
    }
    assert_true(nth > 20);
    vyre_program_destroy(&program);
}

// ---- Numbers ------------------------------------------------------------------------------------

static void loops_and_traps_keep_their_numbers(void **state)
{
    (void)state;
    struct vyre_program *program = parse(
        BUFFERS "if false {\n    trap(1, \"a\")\n    loop i in 0..3 {\n        out[i] = 1\n    "
                "}\n}\nloop i in 0..in[0] {\n    if in[i] {\n        trap(2, \"b\")\n    }\n}"
                "\nloop i in 4..4 {\n    trap(3, \"c\")\n}\nloop i in 0..in[1] {\n    if "
                "in[i] {\n        trap(4, \"d\")\n    }\n}\n");
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_optimize(program, NULL, &made));
    assert_non_null(made->loop_numbers);
    assert_int_equal(made->loop_numbers[0], 1);
    assert_int_equal(made->loop_numbers[1], 3);
    assert_non_null(made->trap_numbers);
    assert_int_equal(made->trap_numbers[0], 1);
    assert_int_equal(made->trap_numbers[1], 3);
    // A second round drops nothing more and keeps them.
    struct vyre_program *again;
    assert_result(VYRE_OK, ir_optimize(made, NULL, &again));
    assert_int_equal(again->loop_numbers[1], 3);
    vyre_program_destroy(&again);
    vyre_program_destroy(&made);
    // What a user asks for is a program of its own.
    assert_result(VYRE_OK, vyre_program_transform(program, NULL, &made));
    assert_null(made->loop_numbers);
    assert_null(made->trap_numbers);
    vyre_program_destroy(&made);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_computed),
        cmocka_unit_test(errors_and_types_are_not_folded),
        cmocka_unit_test(cheaper_operators_are_taken),
        cmocka_unit_test(what_is_not_exact_is_left),
        cmocka_unit_test(what_is_known_is_not_computed_again),
        cmocka_unit_test(what_may_have_changed_is_read_again),
        cmocka_unit_test(what_is_far_is_computed_again),
        cmocka_unit_test(what_nobody_sees_goes),
        cmocka_unit_test(what_can_be_seen_stays),
        cmocka_unit_test(a_list_may_have_many_exits),
        cmocka_unit_test(passes_run_in_the_order_that_is_asked_for),
        cmocka_unit_test(passes_are_listed),
        cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(every_failed_allocation_is_told),
        cmocka_unit_test(loops_and_traps_keep_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
