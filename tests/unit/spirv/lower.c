// SPDX-License-Identifier: MIT
// Lowering: every construct gives a valid module for every environment and memory model, and what
// the module contains is what the rules say.
#include "check.h"
#include "values.h"

#include "base/str.h"
#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>
#include <stdlib.h>

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    if (vyre_program_validate(program, vyre_validate_params(.diag = test_diag_sink(&diags))))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static void assert_compiles(const char *text)
{
    struct vyre_program *program = parse(text);
    check_everywhere(program);
    vyre_program_destroy(&program);
}

static unsigned count_in(const char *text, unsigned opcode)
{
    struct vyre_program *program = parse(text);
    unsigned found = check_count(program, opcode);
    vyre_program_destroy(&program);
    return found;
}

// ---- Everything that compiles -----------------------------------------------------------------

static void what_the_interpreter_does_not_run(void **state)
{
    (void)state;
    static const char *const statements[] = {
        "let x = atomic_nand(a[gid.x], 3)",
        "if gid.x { let x = atomic_nand.relaxed(a[1], gid.x) }",
        "if gid.x == 7 { indirect_dispatch(a, 4) }\nresume(\"r\")",
        "if lid.x { return }\nresume(\"r\")\nbarrier",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        char text[200];
        snprintf(text, sizeof text, "workgroup 64\nbuffer a : u32[] readwrite @0\n%s\n",
                 statements[i]);
        assert_compiles(text);
    }
}

static void every_operator_on_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof word_expressions / sizeof *word_expressions; i++) {
        char text[700];
        snprintf(text, sizeof text, word_program, word_expressions[i]);
        assert_compiles(text);
    }
    // Errors of the interpreter that a device gives a value.
    static const char *const total[] = { "u32(c / d)", "u32(c / -1i)", "c % d" };
    for (size_t i = 0; i < sizeof total / sizeof *total; i++) {
        char text[700];
        snprintf(text, sizeof text, word_program, total[i]);
        assert_compiles(text);
    }
}

static const char everything[] =
    "workgroup 8 4 2\n"
    "buffer in : i32[] readonly @0\n"
    "buffer flags : bool[16] readwrite @1\n"
    "buffer words : u32[64] readwrite @2\n"
    "buffer ring : u32[] readwrite @3\n"
    "buffer fixed : u32[4] uniform @4\n"
    "buffer halves : f16[] readonly @5\n"
    "shared tile : u32[100]\n"
    "shared large : i32[2000]\n"
    "shared small : bool[3]\n"
    "let i = gid.x + wid.y * lid.z\n"
    "let sum = 0\n"
    "let flag = false\n"
    "let negative = -5i\n"
    "tile[lid.x] = i\n"
    "large[i] = in[i]\n"
    "small[1] = flags[i]\n"
    "barrier\n"
    "loop k in 0..len(in) {\n"
    "    sum = sum + u32(in[k])\n"
    "    if flags[k] { flag = flags[k + 1] } else if k < 4 { flag = true } else { }\n"
    "    loop j in k..min(len(halves), 10) { sum = sum ^ tile[j] + u32(large[j]) }\n"
    "}\n"
    "region \"part\" { let local = sum; words[3] = local + fixed[2] }\n"
    "if wid.x == param(1) {\n"
    "    barrier acquire\n"
    "    negative = select(flag, negative, in[3])\n"
    "    if param(0) { return }\n"
    "}\n"
    "barrier\n"
    "let old = atomic_add(words[i], 1)\n"
    "let seen = atomic_compare_exchange(ring[old], sum, 7)\n"
    "barrier\n"
    "words[seen] = atomic_load.acquire(ring[0]) + uniform_load(ring[1])\n"
    "atomic_store.release(ring[9], u32(negative))\n"
    "flags[5] = flag || small[1]\n";

static void everything_at_once(void **state)
{
    (void)state;
    assert_compiles(everything);
    assert_compiles("workgroup 1\n");
    assert_compiles("buffer out : u32[] readwrite @0\nout[0] = len(out)");
}

static void every_atomic_with_every_ordering(void **state)
{
    (void)state;
    static const char *const ops[] = { "add",       "or",  "and",      "xor",
                                       "min",       "max", "exchange", "compare_exchange",
                                       "lru_update" };
    static const char *const orders[] = { "",         ".relaxed", ".acquire",
                                          ".release", ".acq_rel", ".seq_cst" };
    for (size_t op = 0; op < sizeof ops / sizeof *ops; op++) {
        for (size_t order = 0; order < sizeof orders / sizeof *orders; order++) {
            char text[400];
            snprintf(text, sizeof text,
                     "workgroup 64\n"
                     "buffer a : u32[] readwrite @0\n"
                     "buffer b : u32[8] readwrite @1\n"
                     "buffer c : u32[] readwrite @2\n"
                     "let x = atomic_%s%s(a[gid.x], %s5)\n"
                     "let y = atomic_%s%s(b[7], %sx)\n"
                     "c[y] = x\n",
                     ops[op], orders[order], op == 7 ? "4, " : "", ops[op], orders[order],
                     op == 7 ? "4, " : "");
            assert_compiles(text);
        }
    }
}

static void control_flow_that_leaves(void **state)
{
    (void)state;
    assert_compiles("workgroup 64\n"
                    "buffer out : u32[] readwrite @0\n"
                    "if gid.x > 3 { return } else { if gid.x == 2 { return } }\n"
                    "loop i in 0..10 { if i == gid.x { return }; out[i] = 1 }\n"
                    "loop i in gid.x..len(out) { return }\n"
                    "if gid.y { trap(7, \"seven\") }\n"
                    "if gid.z { return } else { return }\n"
                    "out[1] = 2\n");
}

static void empty_and_early_bodies(void **state)
{
    (void)state;
    assert_compiles("buffer out : u32[] readwrite @0\n"
                    "if true { } else { out[0] = 1 }\n"
                    "if len(out) { }\n"
                    "loop i in 0..0 { }\n"
                    "{ }\n"
                    "region \"nothing\" { }\n"
                    "return\n");
}

// ---- What a module contains -------------------------------------------------------------------

static void known_indices_need_no_check(void **state)
{
    (void)state;
    const char *declared = "workgroup 16\nbuffer b : u32[16] readwrite @0\n%s\n";
    static const struct {
        const char *body;
        unsigned branches;
    } cases[] = {
        { "b[15] = 1", 0 },
        { "b[gid.x] = 1", 1 },
        { "b[lid.x] = 1", 0 },
        { "b[gid.x & 15] = 1", 0 },
        { "b[gid.x % 16] = 1", 0 },
        { "b[gid.x % 17] = 1", 1 },
        { "b[min(gid.x, 3)] = 1", 0 },
        { "b[gid.x >> 28] = 1", 0 },
        { "b[gid.x >> 27] = 1", 1 },
        { "b[0] = b[gid.x]", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, declared, cases[i].body);
        if (count_in(text, SpvOpSelectionMerge) != cases[i].branches)
            fail_msg("%s", cases[i].body);
    }
    // The clamp of a checked load, and nothing of it for one inside.
    assert_int_equal(count_in("buffer b : u32[] readwrite @0\nb[0] = b[gid.x]", SpvOpSelect), 1);
    assert_int_equal(count_in("buffer b : u32[2] readwrite @0\nb[0] = b[1]", SpvOpSelect), 0);
}

static unsigned operand_of_first(const char *text, unsigned opcode, unsigned operand)
{
    struct vyre_program *program = parse(text);
    struct vyre_target target;
    check_target(&target, 2, 1);
    struct vyre_module *module;
    assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    uint32_t id = 0, value = UINT32_MAX;
    for (size_t at = 5; at < count && !id; at += words[at] >> 16)
        if ((words[at] & 0xFFFF) == opcode)
            id = words[at + operand];
    for (size_t at = 5; at < count; at += words[at] >> 16)
        if ((words[at] & 0xFFFF) == SpvOpConstant && words[at + 2] == id)
            value = words[at + 3];
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    return value;
}

static void atomics_pay_only_for_communication(void **state)
{
    (void)state;
    const uint32_t full = SpvMemorySemanticsAcquireReleaseMask |
                          SpvMemorySemanticsUniformMemoryMask |
                          SpvMemorySemanticsMakeAvailableMask | SpvMemorySemanticsMakeVisibleMask;
    static const struct {
        const char *text;
        bool relaxed;
    } cases[] = {
        // A histogram: nobody looks at a result.
        { "buffer h : u32[] readwrite @0\nbuffer in : u32[] readonly @1\n"
          "let x = atomic_add(h[in[gid.x]], 1)\nlet y = atomic_max(h[0], 5)",
          true },
        // A claim: one result, nothing else to see.
        { "buffer h : u32[] readwrite @0\nbuffer out : u32[] readwrite @1\n"
          "let x = atomic_add(h[0], 1)\nout[x] = gid.x",
          true },
        // Data beside the counter is read back.
        { "buffer h : u32[] readwrite @0\nbuffer out : u32[] readwrite @1\n"
          "let x = atomic_add(h[0], 1)\nout[x] = out[x + 1]",
          false },
        // Two results may show an order.
        { "buffer h : u32[] readwrite @0\nbuffer out : u32[] readwrite @1\n"
          "let x = atomic_add(h[0], 1)\nlet y = atomic_add(h[1], 1)\nout[x] = y",
          false },
        // One in a loop is more than one.
        { "buffer h : u32[] readwrite @0\nbuffer out : u32[] readwrite @1\n"
          "loop i in 0..9 { let x = atomic_add(h[i], 1)\nout[x] = i }",
          false },
        // The last word is that of who came behind all others.
        { "buffer h : u32[] readwrite @0\nbuffer out : u32[] readwrite @1\n"
          "out[0] = 1\nlet x = atomic_add(h[0], 1)\nif x == 3 { out[0] = 2 }",
          false },
        { "buffer h : u32[] readwrite @0\nbuffer out : u32[] readwrite @1\n"
          "let x = atomic_add(h[0], 0)\nout[0] = gid.x\nlet y = atomic_add(h[0], 1)\n"
          "if x == 3 { out[1] = 2 }",
          false },
        { "workgroup 2\nbuffer h : u32[] readwrite @0\nlet x = atomic_add(h[0], 1)\nbarrier",
          false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t semantics = operand_of_first(cases[i].text, SpvOpAtomicIAdd, 5);
        if (semantics != (cases[i].relaxed ? 0 : full))
            fail_msg("semantics %u in\n%s", semantics, cases[i].text);
    }
}

// Where a driver takes fences for barriers, no atomic may carry one.
static void atomics_are_relaxed_where_fences_are_barriers(void **state)
{
    (void)state;
    struct vyre_program *program = parse("buffer a : u32[4] readwrite @0\n"
                                         "buffer b : u32[4] readwrite @1\n"
                                         "let x = atomic_add(a[0], 1)\n"
                                         "atomic_store.release(b[0], atomic_load.acquire(a[1]))");
    for (unsigned strange = 0; strange < 2; strange++) {
        struct vyre_target target;
        check_target(&target, 2, 1);
        target.fence_is_barrier = strange;
        struct vyre_module *module;
        assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
        size_t count;
        const uint32_t *words = vyre_module_words(module, &count);
        unsigned fences = 0;
        for (size_t at = 5; at < count; at += words[at] >> 16)
            fences += (words[at] & 0xFFFF) == SpvOpConstant &&
                      (words[at + 3] & SpvMemorySemanticsUniformMemoryMask);
        assert_int_equal(fences, strange ? 0 : 3);
        assert_int_equal(check_count_words(words, count, SpvOpAtomicLoad), !strange);
        assert_int_equal(check_count_words(words, count, SpvOpAtomicStore), !strange);
        vyre_module_destroy(&module);
    }
    vyre_program_destroy(&program);
}

// Where a driver runs vectors, what lies beyond a row leaves first; one wide, by the lane's number.
static void what_lies_beyond_a_workgroup_leaves(void **state)
{
    (void)state;
    static const struct {
        const char *workgroup;
        uint32_t width;
        bool leaves, by_lane;
    } cases[] = {
        { "workgroup 9", 0, false, false },  { "workgroup 9", 8, true, false },
        { "workgroup 8", 8, false, false },  { "workgroup 24 3", 8, false, false },
        { "workgroup 4 8", 8, true, false }, { "workgroup 1", 8, true, true },
        { "workgroup 1 16", 4, true, true }, { "workgroup 4 3", 4, false, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s\nbuffer out : u32[] readwrite @0\nout[wid.x] = 1",
                 cases[i].workgroup);
        struct vyre_program *program = parse(text);
        unsigned returns[2], lanes[2];
        for (unsigned with = 0; with < 2; with++) {
            struct vyre_target target;
            check_target(&target, 2, 1);
            target.vector_width = with ? cases[i].width : 0;
            struct vyre_module *module;
            assert_result(VYRE_OK,
                          spv_lower(program, vyre_compile_params(.target = &target), &module));
            size_t count;
            const uint32_t *words = vyre_module_words(module, &count);
            const char *wrong = check_words(target.env, words, count);
            if (wrong)
                fail_msg("%s: %s", cases[i].workgroup, wrong);
            returns[with] = check_count_words(words, count, SpvOpReturn);
            char *assembly = check_disassemble(words, count);
            lanes[with] = strstr(assembly, "SubgroupLocalInvocationId") != NULL;
            free(assembly);
            vyre_module_destroy(&module);
        }
        assert_int_equal(returns[1] - returns[0], cases[i].leaves);
        assert_int_equal(lanes[1] - lanes[0], cases[i].by_lane);
        vyre_program_destroy(&program);
    }
}

// Where a driver nests what follows a return, a program with many is a loop for it.
static void many_returns_are_breaks(void **state)
{
    (void)state;
    static const struct {
        unsigned returns;
        uint32_t limit;
        bool loop;
    } cases[] = { { 8, 80, false }, { 9, 80, true }, { 9, 0, false }, { 100, 80, true } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str text = { 0 };
        str_printf(&text, "workgroup 8\nbuffer out : u32[] readwrite @0\n");
        for (unsigned k = 0; k < cases[i].returns; k++)
            str_printf(&text, "if out[gid.x] == %u { return }\n", k);
        struct vyre_program *program = parse(str_text(&text));
        struct vyre_target target;
        check_target(&target, 2, 1);
        target.nesting_limit = cases[i].limit;
        struct vyre_module *module;
        assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
        size_t count;
        const uint32_t *words = vyre_module_words(module, &count);
        const char *wrong = check_words(target.env, words, count);
        if (wrong)
            fail_msg("%u returns: %s", cases[i].returns, wrong);
        assert_int_equal(check_count_words(words, count, SpvOpLoopMerge), cases[i].loop);
        vyre_module_destroy(&module);
        vyre_program_destroy(&program);
        str_fini(&text);
    }
}

static void loops_are_guarded_when_their_bound_is_not_known(void **state)
{
    (void)state;
    static const struct {
        const char *loop;
        bool guarded;
    } cases[] = {
        { "loop i in 0..1000 { out[i] = i }", false },
        { "loop i in 0..min(len(out), 1000) { out[i] = i }", false },
        { "loop i in 0..0xffffffff { out[i] = i }", true },
        { "loop i in 0..len(out) { out[i] = i }", true },
        { "loop i in 0..10000 { loop j in 0..10000 { out[i] = j } }", true },
        { "loop i in 0..1000 { loop j in 0..1000 { out[i] = j } }", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "buffer out : u32[] readwrite @0\n%s", cases[i].loop);
        struct vyre_program *program = parse(text);
        check_everywhere(program);
        struct vyre_target target;
        check_target(&target, 0, 0);
        struct vyre_module *module;
        assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
        struct vyre_module_info info;
        vyre_module_reflect(module, &info);
        if (info.fault_binding != (cases[i].guarded ? 1 : UINT32_MAX))
            fail_msg("%s", cases[i].loop);
        vyre_module_destroy(&module);
        // A driver that ends loops silently: every loop that may be ended has to notice.
        target.loop_limit = 999;
        assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
        vyre_module_reflect(module, &info);
        assert_int_equal(info.fault_binding, 1);
        vyre_module_destroy(&module);
        vyre_program_destroy(&program);
    }
}

static bool is_guarded(const char *loops, uint32_t loop_limit, uint32_t loop_budget)
{
    char text[400];
    snprintf(text, sizeof text, "workgroup 1\nbuffer out : u32[] readwrite @0\n%s", loops);
    struct vyre_program *program = parse(text);
    struct vyre_target target;
    check_target(&target, 0, 0);
    target.loop_limit = loop_limit;
    struct vyre_module *module;
    assert_result(VYRE_OK,
                  spv_lower(program,
                            vyre_compile_params(.target = &target, .loop_budget = loop_budget,
                                                .no_optimize = true), // a loop that nobody enters
                            &module));
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    return info.fault_binding != UINT32_MAX;
}

// Drivers count passes, not iterations: 1000 of them here, where the margin is none.
static void every_pass_counts_towards_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *within, *beyond;
    } cases[] = {
        { "loop i in 0..999 { out[i] = i }", "loop i in 0..1000 { out[i] = i }" },
        // 249 * 4 + 2, then 250 * 4 + 2.
        { "loop i in 0..249 { loop j in 0..2 { out[i] = j } }",
          "loop i in 0..250 { loop j in 0..2 { out[i] = j } }" },
        { "loop i in 0..499 { out[i] = i }\nloop i in 0..499 { out[i] = i }",
          "loop i in 0..499 { out[i] = i }\nloop i in 0..500 { out[i] = i }" },
        // A loop that nobody enters.
        { "loop i in 0..499 { loop j in 7..3 { out[i] = j } }",
          "loop i in 0..500 { loop j in 7..3 { out[i] = j } }" },
        { "if out[0] { loop i in 0..900 { out[i] = i } } else { loop i in 0..98 { out[i] = 1 } }",
          "if out[0] { loop i in 0..900 { out[i] = i } } else { loop i in 0..99 { out[i] = 1 } }" },
        // Zeroing is a loop of its own.
        { "shared t : u32[500]\nlet x = t[out[0]]\nloop i in 0..498 { out[i] = x }",
          "shared t : u32[500]\nlet x = t[out[0]]\nloop i in 0..499 { out[i] = x }" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (is_guarded(cases[i].within, 1000, 0))
            fail_msg("%s", cases[i].within);
        if (!is_guarded(cases[i].beyond, 1000, 0))
            fail_msg("%s", cases[i].beyond);
    }
    // A real limit has a margin of 63.
    assert_false(is_guarded("loop i in 0..65471 { out[i] = i }", 65535, 0));
    assert_true(is_guarded("loop i in 0..65472 { out[i] = i }", 65535, 0));
}

static void a_loop_budget_decides_what_is_guarded(void **state)
{
    (void)state;
    const char *loop = "loop i in 0..16777215 { out[i] = i }";
    assert_false(is_guarded(loop, 0, 0));
    assert_true(is_guarded("loop i in 0..16777216 { out[i] = i }", 0, 0));
    assert_false(is_guarded("loop i in 0..16777216 { out[i] = i }", 0, UINT32_MAX));
    assert_false(is_guarded(loop, 0, VYRE_DEFAULT_LOOP_BUDGET));
    assert_true(is_guarded(loop, 0, VYRE_DEFAULT_LOOP_BUDGET - 1));
    assert_true(is_guarded(loop, 65535, UINT32_MAX)); // the smaller one rules
    assert_true(is_guarded("loop i in 0..60000 { out[i] = i }", 65535, 1000));
    // Together they are too many, although each fits.
    assert_false(is_guarded("loop i in 0..400 { out[i] = i }\nloop i in 0..400 { }", 0, 1000));
    assert_true(is_guarded("loop i in 0..600 { out[i] = i }\nloop i in 0..600 { }", 0, 1000));
}

// A program that begins with these lines and ends with `out[0] = x`.
static void assert_phis(const char *lines, unsigned phis)
{
    char text[512];
    snprintf(text, sizeof text,
             "buffer in : u64[4] readonly @1\nbuffer out : u32[4] readwrite @0\nlet x = gid.x\n"
             "%s\nout[0] = x",
             lines);
    assert_compiles(text);
    if (count_in(text, SpvOpPhi) != phis)
        fail_msg("%u phis and not %u: %s", count_in(text, SpvOpPhi), phis, lines);
    if (!strstr(lines, "out[") && count_in(text, SpvOpStore) != 1)
        fail_msg("a variable: %s", lines);
}

static void locals_are_values(void **state)
{
    (void)state;
    assert_phis("x = x + 1\nx = x * 3", 0);
    assert_phis("if wid.y > 3 { x = x * 3\nx = x + out[1] }", 1);
    assert_phis("if wid.y > 3 { x = x * 3 } else { x = 5 }", 1);
    assert_phis("if wid.y > 3 { } else { x = wid.z }", 1);
    assert_phis("if wid.y > 3 { x = x + 0 * wid.x } else { x = x }", 0);
    // Who returns brings nothing along.
    assert_phis("if wid.y > 3 { x = 7\nreturn }", 0);
    assert_phis("if wid.y > 3 { x = 7\nreturn } else { x = 8 }", 0);
    assert_phis("if wid.y > 3 { x = 8 } else { x = 7\nreturn }", 0);
    assert_phis("if wid.y > 3 { x = 8\nreturn } else { x = 7\nreturn }\nout[3] = x", 0);
    // An inner branch tells the outer one; what is bound within a branch ends with it.
    assert_phis("if wid.y > 3 { if wid.z > 4 { x = 1 }\nx = x + 1 }", 2);
    assert_phis("if wid.y > 3 { if wid.z > 4 { x = 1 } } else { if wid.z > 5 { x = 2 } }", 3);
    assert_phis("if wid.y > 3 { x = 1\nif wid.z > 4 { x = 2 }\nx = x + 1 }\nx = x + 1", 2);
    assert_phis("if wid.y > 3 { x = x * 3\nif wid.z > 4 { x = 2 } } else { out[1] = x }", 2);
    assert_phis("if wid.y > 3 { x = x * 3\nif wid.z > 4 { out[2] = 1 } else { x = 2 } } else { "
                "out[1] = x }",
                2);
    assert_phis("if wid.y > 3 { let y = wid.z\ny = y + 1\nout[1] = y }", 0);
    // A loop: its counter, and what it assigns.
    assert_phis("loop i in 0..9 { x = x + i }", 2);
    assert_phis("loop i in 0..9 { if i > wid.y { x = x + i } }", 3);
    assert_phis("loop i in 0..9 { loop j in 0..9 { x = x + j } }", 4);
    assert_phis("loop i in 0..9 { let y = i\nloop j in 0..9 { y = y + j }\nout[1] = y }", 3);
    assert_phis("if wid.y > 3 { loop i in 0..9 { x = x + i } }", 3);
    assert_phis("loop i in 0..9 { x = 3\nreturn }", 2);
    // The words that differ, of what has two.
    assert_phis("let w = cast<u64>(x)\nif wid.y > 3 { w = cast<u64>(wid.x) }\nx = cast<u32>(w)", 1);
    assert_phis("let w = in[1]\nif wid.y > 3 { w = in[2] }\nx = cast<u32>(w)", 2);
}

static void pointers_are_made_once_a_block(void **state)
{
    (void)state;
    const char *twice = "buffer out : u32[4] readwrite @0\nout[gid.x & 3] = out[gid.x & 3] + 1";
    assert_int_equal(count_in(twice, SpvOpAccessChain), 1);
    const char *apart = "buffer out : u32[4] readwrite @0\nlet i = gid.x & 3\n"
                        "if wid.y > 3 {\nout[i] = 1\n} else {\nout[i] = 2\n}\nout[i] = 3";
    assert_int_equal(count_in(apart, SpvOpAccessChain), 3);
}

static void workgroup_memory_is_zeroed_once(void **state)
{
    (void)state;
    const char *used = "workgroup 64\nshared s : u32[1000]\nbuffer out : u32[] readwrite @0\n"
                       "out[gid.x] = s[lid.x]";
    assert_int_equal(count_in(used, SpvOpLoopMerge), 1);
    assert_int_equal(count_in(used, SpvOpControlBarrier), 1);
    const char *alone = "workgroup 1\nshared s : u32[2]\nbuffer out : u32[] readwrite @0\n"
                        "out[gid.x] = s[1]";
    assert_int_equal(count_in(alone, SpvOpControlBarrier), 0);
    const char *unread = "workgroup 64\nshared s : u32[1000]\ns[lid.x] = 1";
    assert_int_equal(count_in(unread, SpvOpControlBarrier), 0);
}

#define LEAVE "if lid.x == 3 {\nreturn\n}\n"
#define TRAP  "if lid.x == 3 {\ntrap(0, \"left\")\n}\n"
#define FILL  "s[lid.x] = 1\nbarrier\nout[gid.x] = s[3]\n"

// Zeroing shows as one barrier more than the program has.
static void memory_that_is_filled_first_is_not_zeroed(void **state)
{
    (void)state;
    static const struct {
        const char *size, *count, *body;
        unsigned barriers;
    } cases[] = {
        { "64", "64", "s[lid.x] = 1\nbarrier\nout[gid.x] = s[63 - lid.x]", 1 },
        { "64", "40", "s[lid.x] = 1\nbarrier\nout[gid.x] = s[39 - lid.x]", 1 },
        { "64", "100", "s[lid.x] = 1\ns[lid.x + 64] = 2\nbarrier\nout[gid.x] = s[70]", 1 },
        { "8 8", "64", "let i = lid.y * 8 + lid.x\ns[i] = 1\nbarrier\nout[i] = s[63 - i]", 1 },
        { "8 4 2", "64", "s[lid.z + 2 * (lid.x * 4 + lid.y)] = 1\nbarrier\nout[gid.x] = s[lid.x]",
          1 },
        { "64", "64", "if wid.x < 9 {\ns[lid.x] = 1\nbarrier\nout[gid.x] = s[0]\n}", 1 },
        { "64", "64", "loop k in 0..4 {\ns[lid.x] = k\nbarrier\nout[gid.x] = s[k]\nbarrier\n}", 2 },
        { "64", "64", "if wid.x > 9 {\nreturn\n}\ns[lid.x] = 1\nbarrier\nout[gid.x] = s[0]", 1 },
        { "64", "64",
          "if wid.x > 9 {\nreturn\n}\nlet i = lid.x\ns[i] = 1\nbarrier\nout[gid.x] = s[0]", 1 },
        { "64", "64",
          "loop k in 0..4 {\nlet i = lid.x\ns[i] = k\nbarrier\nout[gid.x] = s[k]\nbarrier\n}", 2 },
        { "1", "1", "s[0] = 1\nout[gid.x] = s[gid.x]", 0 },
        // Not by all, not all, not before, not known to all.
        { "64", "64", "if lid.x < 9 {\ns[lid.x] = 1\n}\nbarrier\nout[gid.x] = s[0]", 2 },
        { "64", "64", "if lid.x > 9 {\nreturn\n}\ns[lid.x] = 1\nbarrier\nout[gid.x] = s[0]", 2 },
        { "64", "65", "s[lid.x] = 1\nbarrier\nout[gid.x] = s[64]", 2 },
        { "64", "64", "s[lid.x + 1] = 1\nbarrier\nout[gid.x] = s[0]", 2 },
        { "64", "64", "s[lid.x & 31] = 1\nbarrier\nout[gid.x] = s[0]", 2 },
        { "64", "64", "s[lid.x * 2] = 1\nbarrier\nout[gid.x] = s[1]", 2 },
        { "8 8", "64", "s[lid.y * 7 + lid.x] = 1\nbarrier\nout[gid.x] = s[63]", 2 },
        { "64", "128", "s[lid.x] = 1\nbarrier\ns[lid.x + 64] = s[70]\nbarrier\nout[0] = s[0]", 3 },
        { "64", "64", "s[lid.x] = s[lid.x] + 1\nbarrier\nout[gid.x] = s[0]", 2 },
        { "64", "64", "out[gid.x] = s[0]\nbarrier\ns[lid.x] = 1\nbarrier\nout[gid.x] = s[0]", 3 },
        { "64", "64", "if wid.x < 9 {\ns[lid.x] = 1\nbarrier\n}\nout[gid.x] = s[0]", 2 },
        { "64", "64", "loop k in 0..out[0] {\ns[lid.x] = 1\n}\nbarrier\nout[gid.x] = s[0]", 2 },
        { "64", "64", "s[lid.x] = 1\nout[gid.x] = s[lid.x]", 1 },
        { "64", "64",
          "if wid.x > 9 {\nlet i = 1\nout[i] = 1\n}\nlet i = lid.x\ns[i] = 1\nbarrier\nout[gid.x] "
          "= s[0]",
          2 },
        { "64", "64",
          "loop k in 0..4 {\nlet i = lid.x + k\ns[i] = k\nbarrier\nout[0] = s[k]\nbarrier\n}", 3 },
        { "64", "64", "let i = 1\ni = lid.x\ns[i] = 1\nbarrier\nout[gid.x] = s[0]", 2 },
        // Not by those who left between two of the stores.
        { "64", "128", "s[lid.x] = 1\n" LEAVE "s[lid.x + 64] = 2\nbarrier\nout[gid.x] = s[67]", 2 },
        { "64", "128", "s[lid.x] = 1\n" TRAP "s[lid.x + 64] = 2\nbarrier\nout[gid.x] = s[67]", 2 },
        { "64", "64", "s[lid.x] = 1\n" LEAVE "barrier\nout[gid.x] = s[3]", 1 },
        // Nor by those who left in an earlier iteration, even if that stands behind the stores.
        { "64", "64", "loop k in 0..2 {\nif k == 1 {\n" FILL "}\n" LEAVE "}", 2 },
        { "64", "64", "loop k in 0..2 {\nif k == 0 {\n" LEAVE "} else {\n" FILL "}\n}", 2 },
        { "64", "64", "loop k in 0..2 {\nif k == 0 {\n" TRAP "} else {\n" FILL "}\n}", 2 },
        { "64", "64", "loop k in 0..2 {\nloop j in 0..k {\n" FILL "}\n" LEAVE "}", 2 },
        { "64", "64", "loop k in 0..2 {\nloop j in 0..2 {\n" LEAVE "}\n" FILL "}", 2 },
        { "64", "64", "loop k in 0..2 {\n" FILL LEAVE "}", 1 },
        { "64", "64", "loop k in 0..2 {\n{\n" FILL "}\n" LEAVE "}", 1 },
        { "64", "64", "loop k in 0..2 {\nif wid.x < k {\n" FILL "}\nif wid.x > 9 {\nreturn\n}\n}",
          1 },
        { "64", "64", "loop k in 0..2 {\nif k == 1 {\n" FILL "}\n}\n" LEAVE "barrier", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "workgroup %s\nshared s : u32[%s]\nbuffer out : u32[] readwrite @0\n%s",
                 cases[i].size, cases[i].count, cases[i].body);
        const unsigned barriers = count_in(text, SpvOpControlBarrier);
        if (barriers != cases[i].barriers)
            fail_msg("%u barriers, not %u:\n%s", barriers, cases[i].barriers, text);
    }
}

// Variables with a decoration, in the module for Vulkan 1.3 and a memory model.
static unsigned count_decorated(const char *text, unsigned memory_model, unsigned decoration)
{
    struct vyre_program *program = parse(text);
    struct vyre_target target;
    check_target(&target, 2, memory_model);
    struct vyre_module *module;
    assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = &target), &module));
    size_t count;
    unsigned found = 0;
    const uint32_t *words = vyre_module_words(module, &count);
    for (size_t at = 5; at < count; at += words[at] >> 16)
        found += (words[at] & 0xFFFF) == SpvOpDecorate && words[at + 2] == decoration;
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    return found;
}

static void buffers_that_others_write_are_aliased(void **state)
{
    (void)state;
    const char *text = "buffer status : u32[4] readwrite @0\nbuffer data : u32[4] readonly @1\n"
                       "buffer news : u32[4] readwrite @2\n"
                       "let a = atomic_load.acquire(status[0]) + status[1] + news[0] + data[1]";
    // What the flag announces lies in `news`.
    assert_int_equal(count_decorated(text, VYRE_MEMORY_VULKAN, SpvDecorationAliased), 2);
    assert_int_equal(count_decorated(text, VYRE_MEMORY_VULKAN, SpvDecorationNonWritable), 1);
}

// Only where somebody can tell the order of accesses do they have one.
static void buffers_that_carry_nothing_are_private(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        unsigned coherent;
    } cases[] = {
        { "out[gid.x] = t[lid.x]", 0 },
        { "if wid.x > 2 {\nout[gid.x] = t[lid.x]\n}", 0 },
        { "out[gid.x] = out[gid.y] + t[lid.x]", 1 },
        { "out[gid.x] = t[lid.x]\nout[gid.y] = 3", 1 }, // perhaps the same one
        { "loop i in 0..4 {\nout[gid.x] = t[lid.x]\nbarrier\n}", 1 },
        { "let old = atomic_add(out[gid.x], t[lid.x])", 1 },
        { "let old = atomic_add(lock[0], 1)\nout[old] = 1\nlet more = atomic_add(lock[0], 1)", 2 },
        { "let x = out[gid.x] + t[lid.x]\nt[lid.y] = x", 0 },
        { "bytes[gid.x] = cast<u8>(t[lid.x])", 1 }, // shares its word with others
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text,
                 "workgroup 64\nshared t : u32[64]\nbuffer out : u32[] readwrite @0\n"
                 "buffer bytes : u8[] readwrite @1\nbuffer lock : u32[] readwrite @2\n"
                 "t[lid.x] = gid.x\nbarrier\n%s",
                 cases[i].body);
        assert_compiles(text);
        unsigned found = count_decorated(text, VYRE_MEMORY_GLSL450, SpvDecorationCoherent);
        if (found != cases[i].coherent)
            fail_msg("%u coherent buffers: %s", found, cases[i].body);
    }
}

static void global_ids_are_computed_from_others(void **state)
{
    (void)state;
    const char *head = "workgroup 64\nbuffer out : u32[] readwrite @0\n";
    static const struct {
        const char *body;
        unsigned ids; // built-ins
    } cases[] = {
        { "out[gid.x] = 1", 1 },
        { "out[gid.x] = wid.x", 2 },
        { "out[gid.x] = wid.x + lid.x", 2 },
        { "out[gid.y] = wid.y + lid.y", 2 },
        { "out[gid.x] = wid.y + lid.x", 3 },
        { "out[gid.x + gid.y] = wid.x + lid.x", 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s%s", head, cases[i].body);
        assert_compiles(text);
        unsigned found = count_decorated(text, VYRE_MEMORY_VULKAN, SpvDecorationBuiltIn);
        if (found != cases[i].ids)
            fail_msg("%u built-ins: %s", found, cases[i].body);
    }
}

static void blocks_are_not_more_than_needed(void **state)
{
    (void)state;
    const char *head = "buffer out : u32[4] readwrite @0\n";
    static const struct {
        const char *body;
        unsigned blocks;
    } cases[] = {
        { "loop i in 0..9 {\nout[0] = i\n}", 4 }, // the body is where it continues
        { "loop i in 0..9 {\nif i > wid.x {\nout[0] = i\n}\n}", 7 },
        { "shared t : u32[4]\nloop i in 0..9 {\nbarrier\n}", 5 },
        { "if wid.x > 3 {\nout[0] = 1\n}", 3 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s%s", head, cases[i].body);
        assert_compiles(text);
        if (count_in(text, SpvOpLabel) != cases[i].blocks)
            fail_msg("%u blocks: %s", count_in(text, SpvOpLabel), cases[i].body);
    }
    // What comes last returns by itself.
    const char *last = "buffer out : u32[4] readwrite @0\nif wid.x > 3 {\nout[0] = 1\n}";
    const char *before = "buffer out : u32[4] readwrite @0\nif wid.x > 3 {\nout[0] = 1\n}\n"
                         "out[1] = 2";
    assert_int_equal(count_in(last, SpvOpReturn), 2);
    assert_int_equal(count_in(before, SpvOpReturn), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_on_every_kind),
        cmocka_unit_test(what_the_interpreter_does_not_run),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(every_atomic_with_every_ordering),
        cmocka_unit_test(control_flow_that_leaves),
        cmocka_unit_test(empty_and_early_bodies),
        cmocka_unit_test(known_indices_need_no_check),
        cmocka_unit_test(atomics_pay_only_for_communication),
        cmocka_unit_test(atomics_are_relaxed_where_fences_are_barriers),
        cmocka_unit_test(what_lies_beyond_a_workgroup_leaves),
        cmocka_unit_test(many_returns_are_breaks),
        cmocka_unit_test(loops_are_guarded_when_their_bound_is_not_known),
        cmocka_unit_test(every_pass_counts_towards_a_limit),
        cmocka_unit_test(a_loop_budget_decides_what_is_guarded),
        cmocka_unit_test(locals_are_values),
        cmocka_unit_test(pointers_are_made_once_a_block),
        cmocka_unit_test(workgroup_memory_is_zeroed_once),
        cmocka_unit_test(memory_that_is_filled_first_is_not_zeroed),
        cmocka_unit_test(buffers_that_others_write_are_aliased),
        cmocka_unit_test(buffers_that_carry_nothing_are_private),
        cmocka_unit_test(global_ids_are_computed_from_others),
        cmocka_unit_test(blocks_are_not_more_than_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
