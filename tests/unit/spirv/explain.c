// SPDX-License-Identifier: MIT
// What the compiler tells about checks: each access and loop once, with its place, and reasons that
// are those of the certificates.
#include "check.h"

#include "base/memory.h"
#include "spirv/lower.h"

// "WHERE FATE KIND NAME: REASON\n" of every check.
struct told {
    char text[8192];
    size_t size;
};

static void tell(void *user, const struct vyre_check *check)
{
    static const char *const kinds[] = { "load", "store", "atomic", "loop" };
    struct told *told = user;
    char place[32];
    snprintf(place, sizeof place, "%u:%u", check->line, check->column);
    assert_true(check->line == 0 || !check->path);
    int written =
        snprintf(told->text + told->size, sizeof told->text - told->size, "%s %s %s %s: %s\n",
                 check->path ? check->path : place, check->removed ? "removed" : "kept",
                 kinds[check->kind], check->name, check->reason);
    told->size += (size_t)written;
    assert_true(told->size < sizeof told->text);
}

// Compiles, tells, and expects the module to be that which is made when nobody asks.
static void explain(const struct vyre_program *program, bool no_optimize, struct told *told)
{
    const struct vyre_check_hook hook = { tell, told };
    struct vyre_target target;
    struct vyre_module *module, *silent;
    size_t count, silent_count;
    told->size = 0;
    check_target(&target, 2, 1);
    assert_result(VYRE_OK,
                  vyre_compile(program,
                               vyre_compile_params(.target = &target, .no_optimize = no_optimize,
                                                   .explain = &hook),
                               &module));
    assert_result(VYRE_OK,
                  vyre_compile(program,
                               vyre_compile_params(.target = &target, .no_optimize = no_optimize),
                               &silent));
    const uint32_t *words = vyre_module_words(module, &count);
    const uint32_t *silent_words = vyre_module_words(silent, &silent_count);
    assert_int_equal(count, silent_count);
    assert_memory_equal(words, silent_words, count * sizeof *words);
    vyre_module_destroy(&module);
    vyre_module_destroy(&silent);
}

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "t", test_diag_sink(&diags), &program))
        fail_msg("%s", diags.text);
    return program;
}

static void assert_told(const char *text, bool no_optimize, const char *expected)
{
    struct told told;
    struct vyre_program *program = parse(text);
    explain(program, no_optimize, &told);
    assert_string_equal(told.text, expected);
    vyre_program_destroy(&program);
}

static const char sample[] = "workgroup 64\n"
                             "buffer in : u32[] readonly @0\n"
                             "buffer out : u32[] readwrite @1\n"
                             "buffer hist : u32[4] readwrite @2\n"
                             "let i = gid.x\n"
                             "if i < len(out) {\n"
                             "    let v = in[i]\n"
                             "    out[i] = v * 8 + v * 8\n"
                             "    let old = atomic_add.relaxed(hist[v & 3], 1)\n"
                             "}\n"
                             "loop k in 0..len(in) {\n"
                             "    out[k + 1] = in[k]\n"
                             "}\n"
                             "loop j in 0..5 { out[7] = j }\n";

static void checks_have_places_and_reasons(void **state)
{
    (void)state;
    assert_told(sample, false,
                "7:13 kept load in: nothing shows that `i` is below len(in)\n"
                "8:5 removed store out: `i` is below len(out): `i < len(out)` holds at 6:6\n"
                "9:15 removed atomic hist: `v & 3` is at most 3, hist has 4 elements\n"
                "11:1 kept loop k: up to 1073741823 iterations, and loops together may take more "
                "than 16777216 passes\n"
                "12:18 removed load in: `k` is below len(in): the loop over `k` ends before "
                "`len(in)` at 11:1\n"
                "12:5 kept store out: nothing shows that `k + 1` is below len(out)\n"
                "14:1 removed loop j: at most 5 iterations, and all loops together stay within "
                "16777216 passes\n"
                "14:18 kept store out: nothing shows that `7` is below len(out)\n");
}

static void without_optimization_literals_alone_are_known(void **state)
{
    (void)state;
    assert_told("buffer a : u32[4] readwrite @0\na[3] = 1\na[gid.x & 3] = 2\n", true,
                "2:1 removed store a: `3` is inside, a has 4 elements\n"
                "3:1 kept store a: without optimization every index that is no literal is "
                "checked\n");
}

static void facts_are_followed_to_where_they_come_from(void **state)
{
    (void)state;
    assert_told("workgroup 64\n"
                "buffer a : u32[] readwrite @0\n"
                "let n = len(a)\n"
                "let i = gid.x\n"
                "if i >= n { return }\n"
                "let j = i\n"
                "a[j] = 1\n"
                "if wid.x < 2 {\n"
                "    a[n - 1 - i] = 2\n"
                "}\n",
                false,
                "7:1 removed store a: `i` is below len(a): `i >= n` does not "
                "hold at 5:6, `n` is `len(a)` at 3:1\n"
                "9:5 kept store a: nothing shows that `n - 1 - i` is below len(a)\n");
}

// Loads of those who left: what others know of the index does not hold for them.
static void the_dead_are_told_of(void **state)
{
    (void)state;
    struct told told;
    struct vyre_program *program = parse("workgroup 64\n"
                                         "buffer a : u32[] readwrite @0\n"
                                         "shared s : u32[64]\n"
                                         "if gid.x >= len(a) { return }\n"
                                         "s[lid.x] = a[gid.x]\n"
                                         "barrier\n"
                                         "a[gid.x] = s[63 - lid.x]\n");
    explain(program, false, &told);
    assert_non_null(strstr(told.text, "5:12 kept load a: the index is inside for those who have "
                                      "not returned, but those who have come by here too"));
    assert_non_null(strstr(told.text, "7:1 removed store a: `gid.x` is below len(a)"));
    vyre_program_destroy(&program);
}

// A program from the wire, and what its passes leave of it, is told in terms of the program that
// was given.
static void programs_without_text_have_paths(void **state)
{
    (void)state;
    struct told told;
    uint8_t *wire;
    size_t size;
    struct vyre_program *program = parse(sample), *decoded;
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &size));
    assert_result(VYRE_OK, vyre_program_decode(wire, size, NULL, &decoded));
    explain(decoded, false, &told);
    assert_string_equal(
        told.text,
        "entry[0].body[1].then[0] kept load in: nothing shows that `i` is below len(in)\n"
        "entry[0].body[1].then[1] removed store out: `i` is below len(out): `i < len(out)` holds\n"
        "entry[0].body[1].then[2] removed atomic hist: `v & 3` is at most 3, hist has 4 elements\n"
        "entry[0].body[2] kept loop k: up to 1073741823 iterations, and loops together may take "
        "more than 16777216 passes\n"
        "entry[0].body[2].body[0] removed load in: `k` is below len(in): the loop over `k` ends "
        "before `len(in)`\n"
        "entry[0].body[2].body[0] kept store out: nothing shows that `k + 1` is below len(out)\n"
        "entry[0].body[3] removed loop j: at most 5 iterations, and all loops together stay within "
        "16777216 passes\n"
        "entry[0].body[3].body[0] kept store out: nothing shows that `7` is below len(out)\n");
    vyre_free(wire);
    vyre_program_destroy(&decoded);
    vyre_program_destroy(&program);
    program = parse("buffer a : u32[] readwrite @0\n"
                    "if gid.x == 0 { a[1] = 1 } else { loop k in 0..9 { a[k] = 2 } }\n");
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &size));
    assert_result(VYRE_OK, vyre_program_decode(wire, size, NULL, &decoded));
    explain(decoded, false, &told);
    assert_non_null(strstr(told.text, "entry[0].body[0].then[0] kept store a"));
    assert_non_null(strstr(told.text, "entry[0].body[0].otherwise[0] removed loop k"));
    assert_non_null(strstr(told.text, "entry[0].body[0].otherwise[0].body[0] kept store a"));
    vyre_free(wire);
    vyre_program_destroy(&decoded);
    vyre_program_destroy(&program);
}

// Nothing is told of a program that is not compiled.
static void refusals_are_not_explained(void **state)
{
    (void)state;
    struct told told = { .size = 0 };
    const struct vyre_check_hook hook = { tell, &told };
    struct vyre_module *module;
    struct vyre_program *program = parse("buffer a : u32[4] readwrite @0\na[1] = 2\n"
                                         "barrier grid_sync\na[2] = 1\n");
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_compile(program, vyre_compile_params(.explain = &hook), &module));
    assert_int_equal(told.size, 0);
    vyre_program_destroy(&program);
}

static void ignore(void *user, const struct vyre_check *check)
{
    (void)user;
    assert_non_null(check->reason);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    const struct vyre_check_hook hook = { ignore, NULL };
    struct vyre_program *program = parse(sample), *decoded;
    struct vyre_module *module;
    uint8_t *wire;
    size_t size;
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &size));
    assert_result(VYRE_OK, vyre_program_decode(wire, size, NULL, &decoded));
    memory_fail_nth(0);
    assert_result(VYRE_OK, vyre_compile(decoded, vyre_compile_params(.explain = &hook), &module));
    vyre_module_destroy(&module);
    const uint64_t total = memory_fail_nth(0);
    for (uint64_t nth = 1; nth <= total; nth++) {
        memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY,
                      vyre_compile(decoded, vyre_compile_params(.explain = &hook), &module));
        assert_null(module);
    }
    memory_fail_nth(0);
    vyre_free(wire);
    vyre_program_destroy(&decoded);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_have_places_and_reasons),
        cmocka_unit_test(without_optimization_literals_alone_are_known),
        cmocka_unit_test(facts_are_followed_to_where_they_come_from),
        cmocka_unit_test(the_dead_are_told_of),
        cmocka_unit_test(programs_without_text_have_paths),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(refusals_are_not_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
