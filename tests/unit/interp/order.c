// SPDX-License-Identifier: MIT
// Whether a run says that the order of invocations matters: accesses that no barrier orders, and
// those that one does, or that agree whatever the order is.
#include "run.h"

#include "base/memory.h"

#define HEAD "workgroup 4\nbuffer out : u32[64] readwrite @0 output\n"

static bool order_of(const char *text, uint32_t groups)
{
    struct vyre_run_facts facts = { .order_matters = true };
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs = NULL;
    enum vyre_result result =
        run_text(text, (struct vyre_interpret_params){ .grid = { groups, 1, 1 }, .facts = &facts },
                 &error, &outputs);
    if (result != VYRE_OK)
        fail_msg("%s: %s %s\n%s", vyre_result_name(result), error.code, error.text, text);
    vyre_outputs_destroy(&outputs);
    return facts.order_matters;
}

static void check(const char *text, uint32_t groups, bool expected)
{
    if (order_of(text, groups) != expected)
        fail_msg("order %s:\n%s", expected ? "matters" : "does not matter", text);
}

static void ordered(const char *statements)
{
    char text[2000];
    snprintf(text, sizeof text, HEAD "%s", statements);
    check(text, 2, false);
}

static void unordered(const char *statements)
{
    char text[2000];
    snprintf(text, sizeof text, HEAD "%s", statements);
    check(text, 2, true);
}

static void accesses_of_one_invocation_have_an_order(void **state)
{
    (void)state;
    ordered("out[gid.x] = gid.x + 1");
    ordered("out[gid.x] = gid.x + 1\nout[gid.x] = out[gid.x] * 2");
    ordered("loop i in 0..8 { out[gid.x * 8 + i] = i\nout[gid.x * 8] = out[gid.x * 8 + i] + 7 }");
    check(HEAD "out[0] = gid.x + 1\nout[0] = out[0] + gid.x\n", 3, true);
    check("buffer out : u32[1] readwrite @0 output\nout[0] = 7\nout[0] = out[0] + 1\n", 1, false);
}

static void accesses_of_several_have_none(void **state)
{
    (void)state;
    unordered("out[0] = gid.x + 1");
    unordered("out[gid.x % 7] = gid.x + 1");
    unordered("out[gid.x] = gid.x + 1\nout[gid.x + 32] = out[(gid.x + 1) % 8]");
    unordered("out[gid.x + 32] = out[(gid.x + 1) % 8]\nout[gid.x] = gid.x + 1");
    // Two readers, then a writer that was one of them.
    unordered("let x = out[0]\nif gid.x == 7 { out[0] = 1 }\nout[gid.x + 8] = x");
    unordered("let x = out[0]\nif gid.x == 0 { out[0] = 1 }\nout[gid.x + 8] = x");
    // In one workgroup, and across workgroups where each has one writer.
    unordered("if wid.x == 0 { out[lid.x / 2] = lid.x + 1 }");
    unordered("if lid.x == 0 { out[5] = wid.x + 1 }");
}

static void what_agrees_needs_no_order(void **state)
{
    (void)state;
    ordered("out[0] = 7");
    ordered("out[0] = 0\nlet x = 1");
    unordered("out[0] = 0\nif gid.x == 7 { out[0] = 1 }");
    ordered("out[gid.x] = out[63]"); // loads alone
}

static void barriers_order_a_workgroup(void **state)
{
    (void)state;
    ordered("out[gid.x] = gid.x + 1\nbarrier\nout[gid.x + 32] = out[wid.x * 4 + 3 - lid.x]");
    ordered("let x = out[wid.x]\nbarrier\nif lid.x == 2 { out[wid.x] = 1 }\nout[gid.x + 8] = x");
    ordered("loop i in 0..3 {\n    if lid.x == i { out[wid.x] = i + 1 }\n    barrier\n}");
    // But not two of them.
    unordered("out[gid.x] = gid.x + 1\nbarrier\nout[gid.x + 32] = out[7 - gid.x]");
    unordered("let x = out[0]\nbarrier\nif gid.x == 2 { out[0] = 1 }\nout[gid.x + 8] = x");
    unordered("out[gid.x] = gid.x + 1\nout[gid.x + 32] = out[wid.x * 4 + 3 - lid.x]\nbarrier");
}

static void workgroup_memory_is_of_one_workgroup(void **state)
{
    (void)state;
    check(HEAD "shared t : u32[4]\nt[lid.x] = gid.x + 1\nbarrier\nout[gid.x] = t[3 - lid.x]\n", 2,
          false);
    check(HEAD "shared t : u32[4]\nt[lid.x] = gid.x + 1\nout[gid.x] = t[3 - lid.x]\n", 2, true);
    check(HEAD "shared t : u32[4]\nif lid.x == 0 { t[0] = wid.x + 1 }\n", 2, false);
}

static void atomics_meet_in_any_order(void **state)
{
    (void)state;
    ordered("let a = atomic_add(out[0], 1)");
    ordered("let a = atomic_add(out[0], 1)\nlet b = atomic_or(out[0], gid.x)");
    ordered("atomic_store.release(out[0], 3)\nlet x = atomic_load.acquire(out[0])");
    ordered("let a = atomic_add(out[wid.x], 1)\nbarrier\nout[gid.x + 8] = out[wid.x]");
    ordered("out[gid.x] = 0\nbarrier\nlet a = atomic_add(out[wid.x * 4], 1)");
    // The validator refuses the two without a barrier; one orders its own workgroup only.
    unordered("let a = atomic_add(out[0], 1)\nbarrier\nout[gid.x + 8] = out[0]");
    unordered("if gid.x == 3 { out[0] = 5 }\nbarrier\nlet a = atomic_add(out[0], 1)");
    unordered("let a = atomic_add(out[0], 1)\nbarrier\nif gid.x == 3 { out[0] = 5 }");
    unordered("if gid.x == 3 { out[0] = 5 }\nbarrier\nlet a = atomic_load.acquire(out[0])");
}

static void bytes_are_told_apart(void **state)
{
    (void)state;
    static const char neighbours[] = "workgroup 4\nbuffer out : u8[8] readwrite @0 output\n"
                                     "out[gid.x] = cast<u8>(gid.x + 1)\n";
    static const char wide[] = "workgroup 4\nbuffer out : u64[8] readwrite @0 output\n"
                               "out[gid.x / 2] = cast<u64>(gid.x + 1)\n";
    check(neighbours, 2, false);
    check(wide, 2, true);
}

static void copies_are_accesses(void **state)
{
    (void)state;
    static const char head[] = "workgroup 4\nbuffer in : u32[64] readonly @0\n";
    const uint32_t words[64] = { 1, 2, 3 };
    const struct vyre_bytes input = { words, sizeof words };
    static const struct {
        const char *statements;
        bool matters;
    } cases[] = {
        { "if gid.x == 0 {\n    async_store(in, out, 0, 16, \"t\")\n    async_wait(\"t\")\n}",
          false },
        { "if gid.x == 0 {\n    async_store(in, out, 0, 16, \"t\")\n    async_wait(\"t\")\n}\n"
          "if gid.x == 1 { out[0] = 9 }",
          true },
        { "async_store(in, out, 0, 16, \"t\")\nasync_wait(\"t\")", false }, // all the same bytes
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        struct vyre_run_facts facts = { .order_matters = !cases[i].matters };
        struct run_error error = { "", "", "", 0 };
        struct vyre_outputs *outputs = NULL;
        snprintf(text, sizeof text, "%sbuffer out : u32[64] readwrite @1 output\n%s", head,
                 cases[i].statements);
        assert_result(
            VYRE_OK,
            run_text(text,
                     (struct vyre_interpret_params){
                         .inputs = &input, .input_count = 1, .grid = { 1, 1, 1 }, .facts = &facts },
                     &error, &outputs));
        if (facts.order_matters != cases[i].matters)
            fail_msg("order:\n%s", text);
        vyre_outputs_destroy(&outputs);
    }
}

static void results_stay_the_same_and_memory_is_bounded(void **state)
{
    (void)state;
    static const char text[] = HEAD "out[gid.x] = gid.x * gid.x\n";
    struct vyre_run_facts facts = { .order_matters = true };
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs = NULL;
    assert_result(VYRE_OK, run_text(text, (struct vyre_interpret_params){ .grid = { 16, 1, 1 } },
                                    &error, &outputs));
    struct vyre_bytes plain = vyre_outputs_get(outputs, 0, NULL);
    struct vyre_outputs *watched = NULL;
    assert_result(VYRE_OK,
                  run_text(text,
                           (struct vyre_interpret_params){ .grid = { 16, 1, 1 }, .facts = &facts },
                           &error, &watched));
    assert_false(facts.order_matters);
    assert_memory_equal(plain.data, vyre_outputs_get(watched, 0, NULL).data, plain.size);
    vyre_outputs_destroy(&outputs);
    vyre_outputs_destroy(&watched);
    // The marks count, and a run that does not get them fails.
    assert_fails_with(text,
                      (struct vyre_interpret_params){
                          .memory_limit = 2500, .grid = { 1, 1, 1 }, .facts = &facts },
                      VYRE_ERR_LIMIT, "X005");
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    for (uint64_t nth = 1; result == VYRE_ERR_NO_MEMORY; nth++) {
        struct vyre_program *program = run_parse(text);
        memory_fail_nth(nth);
        result = vyre_interpret(program, vyre_interpret_params(.facts = &facts), &outputs);
        memory_fail_nth(0);
        vyre_program_destroy(&program);
        vyre_outputs_destroy(&outputs);
    }
    assert_result(VYRE_OK, result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accesses_of_one_invocation_have_an_order),
        cmocka_unit_test(accesses_of_several_have_none),
        cmocka_unit_test(what_agrees_needs_no_order),
        cmocka_unit_test(barriers_order_a_workgroup),
        cmocka_unit_test(workgroup_memory_is_of_one_workgroup),
        cmocka_unit_test(atomics_meet_in_any_order),
        cmocka_unit_test(bytes_are_told_apart),
        cmocka_unit_test(copies_are_accesses),
        cmocka_unit_test(results_stay_the_same_and_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
