// SPDX-License-Identifier: MIT
// What the interpreter finds for whoever runs a program elsewhere: results that devices have where
// the language has an error, another order of invocations, lanes that are apart, and passes through
// loops. order.c has the order of accesses.
#include "run.h"

#include "base/memory.h"

#define OUT(n) "buffer out : u32[" #n "] readwrite @0 output\n"
#define SIGNED "buffer out : i32[1] readwrite @0 output\n"

// ---- Total results ------------------------------------------------------------------------------

static void errors_have_the_results_of_a_device(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code; // of the error, when nobody asks
        uint32_t word;
    } cases[] = {
        { SIGNED "out[0] = 7i / out[0]", "X015", 0 },
        { SIGNED "out[0] = (-2147483647i - 1i) / (out[0] - 1i)", "X015", 0x80000000 },
        { SIGNED "out[0] = i32(5i % out[0]) + 3i", "X015", 3 },
        { SIGNED "out[0] = i32((-2147483647i - 1i) % (out[0] - 1i)) + 3i", "X015", 3 },
        // An index that is no u32.
        { OUT(4) "out[3] = 9\nout[0] = out[-1i & -1i] + 1", "X016", 1 },
        { OUT(4) "out[0] = 5\nout[-1i & -1i] = 1", "X016", 5 },
        { OUT(1) "let old = atomic_add(out[0], -3i & -1i)", "X018", 0xfffffffd },
        { OUT(1) "let x = cast<u64>(-5i)\nout[0] = cast<u32>(x)", "X017", 0xfffffffb },
        { OUT(1) "buffer wide : u64[1] readwrite @1\nout[0] = cast<u32>(wide[0])", "X017",
          UINT32_MAX },
        { "workgroup 40\n" OUT(40) "out[39 - lid.x] = subgroup_local_id() + subgroup_size()",
          "X019", 39 },
        { OUT(1) "let a = atomic_nand(out[0], 10)\nlet b = atomic_nand(out[0], a + 10)", "X019",
          ~10u },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run_error error = { "", "", "", 0 };
        struct vyre_outputs *outputs;
        static const uint8_t full[8] = { 1, 2, 3, 4, 5 };
        const struct vyre_bytes input = { full, sizeof full };
        struct vyre_interpret_params params = {
            .grid = { 1, 1, 1 },
            .inputs = &input,
            .input_count = strstr(cases[i].text, "wide") ? 1 : 0,
        };
        assert_fails_with(cases[i].text, params, VYRE_ERR_EXECUTION, cases[i].code);
        params.total = true;
        if (run_text(cases[i].text, params, &error, &outputs))
            fail_msg("%s %s\n%s", error.code, error.text, cases[i].text);
        uint32_t word;
        memcpy(&word, vyre_outputs_get(outputs, 0, NULL).data, 4);
        if (word != cases[i].word)
            fail_msg("0x%08x, expected 0x%08x\n%s", word, cases[i].word, cases[i].text);
        vyre_outputs_destroy(&outputs);
    }
}

static void who_returned_contributes_zero(void **state)
{
    (void)state;
    static const char text[] =
        "workgroup 4\n" OUT(4) "if lid.x == 2 {\n    return\n}\n"
                               "let x = lid.x + 10\nout[lid.x] = subgroup_add(x)\n";
    struct vyre_interpret_params params = { .grid = { 1, 1, 1 } };
    assert_fails_with(text, params, VYRE_ERR_EXECUTION, "X011");
    params.total = true;
    assert_words_with(text, params, WORDS(34, 34, 0, 34), 4);
}

static void what_no_device_has_stays_an_error(void **state)
{
    (void)state;
    const struct vyre_interpret_params params = { .grid = { 1, 1, 1 }, .total = true };
    assert_fails_with(OUT(1) "trap(1, \"t\")", params, VYRE_ERR_EXECUTION, "X020");
    assert_fails_with(OUT(1) "resume(\"t\")", params, VYRE_ERR_EXECUTION, "X019");
}

// ---- Another order ------------------------------------------------------------------------------

static void another_order_gives_another_result_where_it_may(void **state)
{
    (void)state;
    const struct vyre_interpret_params forward = { .grid = { 2, 1, 1 } };
    struct vyre_interpret_params reversed = forward;
    reversed.reversed = true;
    static const char last[] = "workgroup 2\n" OUT(1) "out[0] = gid.x\n";
    assert_words_with(last, forward, WORDS(3), 1);
    assert_words_with(last, reversed, WORDS(0), 1);
    // Rounds lose updates that one after another does not.
    static const char lost[] = "workgroup 4\n" OUT(1) "let x = out[0]\nout[0] = x + 1\n";
    assert_words_with(lost, forward, WORDS(2), 1);
    assert_words_with(lost, reversed, WORDS(8), 1);
    // Barriers and subgroup operations keep their order.
    static const char kept[] = "workgroup 2\nshared t : u32[2]\n" OUT(
        4) "t[lid.x] = gid.x\nbarrier\n"
           "let x = subgroup_add(t[1 - lid.x])\nout[gid.x] = x * 10 + t[1 - lid.x]\n";
    assert_words_with(kept, forward, WORDS(11, 10, 53, 52), 4);
    assert_words_with(kept, reversed, WORDS(11, 10, 53, 52), 4);
}

// ---- Facts --------------------------------------------------------------------------------------

static struct vyre_run_facts facts_of(const char *text, bool reversed)
{
    struct vyre_run_facts facts = { .order_matters = true, .loop_passes = 99 };
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    if (run_text(text,
                 (struct vyre_interpret_params){
                     .grid = { 2, 1, 1 }, .facts = &facts, .reversed = reversed },
                 &error, &outputs))
        fail_msg("%s %s\n%s", error.code, error.text, text);
    vyre_outputs_destroy(&outputs);
    return facts;
}

#define LATE "let x = 1\nif lid.x > 1 {\n    out[gid.x] = 1\n}\n"

static void lanes_that_are_apart_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *statements;
        bool apart;
    } cases[] = {
        { "out[gid.x] = subgroup_add(lid.x)", false },
        { "let x = subgroup_add(subgroup_add(lid.x) + lid.x)\nout[gid.x] = x", false },
        { LATE "out[gid.x] = subgroup_add(x)", true },
        { LATE "out[gid.x] = subgroup_add(lid.x * 2)", false }, // is the same everywhere
        { LATE "barrier\nout[gid.x] = subgroup_add(x)", false },
        { "let x = 1\nif lid.x == 1 {\n    return\n}\nout[gid.x] = subgroup_add(x)", false },
        // Lane 0 stores what lane 1 makes of it.
        { "out[gid.x] = subgroup_add(out[gid.x])", true },
        { "let x = subgroup_add(out[gid.x])\nout[gid.x] = x", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "workgroup 4\n" OUT(8) "%s\n", cases[i].statements);
        for (int reversed = 0; reversed < 2; reversed++)
            if (facts_of(text, reversed).lanes_apart != cases[i].apart)
                fail_msg("lanes are %sapart\n%s", cases[i].apart ? "" : "not ", text);
    }
}

static void atomics_that_meet_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *statements;
        bool meet;
    } cases[] = {
        { "let old = atomic_add(out[gid.x], 1)", false },
        { "let old = atomic_add(out[0], 0)", true },
        { "let old = atomic_add(out[lid.x], 1)", true }, // of the other workgroup
        { "if lid.x == 1 {\n    let old = atomic_add(out[wid.x], 1)\n}\nbarrier\n"
          "if lid.x == 0 {\n    let old = atomic_add(out[wid.x], 1)\n}",
          false },
        { "out[0] = gid.x", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "workgroup 4\n" OUT(8) "%s\n", cases[i].statements);
        const struct vyre_run_facts facts = facts_of(text, false);
        if (facts.atomics_meet != cases[i].meet)
            fail_msg("atomics %smeet\n%s", cases[i].meet ? "" : "do not ", text);
        assert_int_equal(facts.order_matters, i == 4);
    }
}

static void passes_through_loops_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *statements;
        uint64_t own, together;
    } cases[] = {
        { "out[gid.x] = 1", 0, 0 },
        { "loop i in 0..5 {\n    out[i] = i\n}", 6, 2 * 6 },
        { "loop i in 0..lid.x + 1 {\n    out[i] = i\n}", 3, 2 + 3 },
        // The end of the outer one comes by the inner one.
        { "loop i in 0..3 {\n    loop j in 0..2 {\n        out[i] = j\n    }\n}", 4 + 3 * 3,
          2 * (4 + 3 * 3 + 1) },
        // And so does who takes the other branch.
        { "if lid.x == 1 {\n    loop i in 0..7 {\n        out[i] = i\n    }\n}", 8, 8 + 1 },
        { "if lid.x == 7 {\n    loop i in 0..7 {\n        loop j in 0..7 {\n            out[i] = "
          "j\n"
          "        }\n    }\n} else {\n    out[gid.x] = 1\n}",
          0, 2 * 2 },
        { "if lid.x == 0 {\n    out[gid.x] = 1\n} else if lid.x == 1 {\n    out[gid.x] = 2\n"
          "} else {\n    loop i in 0..7 {\n        out[i] = i\n    }\n}",
          0, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text, "workgroup 2\n" OUT(8) "%s\n", cases[i].statements);
        const struct vyre_run_facts facts = facts_of(text, false);
        if (facts.loop_passes != cases[i].own || facts.workgroup_loop_passes != cases[i].together)
            fail_msg("%llu and %llu passes, expected %llu and %llu\n%s",
                     (unsigned long long)facts.loop_passes,
                     (unsigned long long)facts.workgroup_loop_passes,
                     (unsigned long long)cases[i].own, (unsigned long long)cases[i].together, text);
    }
}

// Facts of a run that ends early are those of what there was of it.
static void a_run_that_fails_has_facts(void **state)
{
    (void)state;
    struct vyre_run_facts facts;
    const struct vyre_interpret_params params = { .facts = &facts, .step_limit = 1000 };
    assert_fails_with(OUT(1) "loop i in 0..1000000 {\n}\n", params, VYRE_ERR_LIMIT, "X006");
    assert_in_range(facts.loop_passes, 400, 1000);
    assert_fails_with(OUT(1) "loop i in 0..3 {\n}\ntrap(1, \"t\")\n", params, VYRE_ERR_EXECUTION,
                      "X020");
    assert_int_equal(facts.loop_passes, 4);
    assert_fails_with(OUT(1) "out[0] = 1.5\n", params, VYRE_ERR_INVALID_PROGRAM, "V113");
    assert_int_equal(facts.loop_passes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_the_results_of_a_device),
        cmocka_unit_test(who_returned_contributes_zero),
        cmocka_unit_test(what_no_device_has_stays_an_error),
        cmocka_unit_test(another_order_gives_another_result_where_it_may),
        cmocka_unit_test(lanes_that_are_apart_are_told),
        cmocka_unit_test(atomics_that_meet_are_told),
        cmocka_unit_test(passes_through_loops_are_counted),
        cmocka_unit_test(a_run_that_fails_has_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
