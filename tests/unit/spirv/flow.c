// SPDX-License-Identifier: MIT
// Control flow across a workgroup: which exits end an invocation, and which make it go on dead.
#include "check.h"

#include <spirv/unified1/spirv.h>

static unsigned count_in(const char *text, unsigned opcode)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program) ||
        vyre_program_validate(program, vyre_validate_params(.diag = test_diag_sink(&diags))))
        fail_msg("%s\n%s", diags.text, text);
    check_everywhere(program);
    unsigned found = check_count(program, opcode);
    vyre_program_destroy(&program);
    return found;
}

#define OUT   "buffer out : u32[] readwrite @0\n"
#define GROUP "workgroup 64\n" OUT

static void only_exits_before_a_meeting_stay(void **state)
{
    (void)state;
    static const struct {
        unsigned returns; // instructions, the one at the end included
        const char *text;
    } cases[] = {
        { 2, GROUP "if lid.x { return }\nout[0] = 1" },
        { 1, GROUP "if lid.x { return }\nbarrier" },
        { 2, GROUP "barrier\nif lid.x { return }\nout[0] = 1" },
        { 2, GROUP "if lid.x { return }\nbarrier\nif lid.x == 2 { return }" },
        // All of a workgroup together.
        { 2, GROUP "if wid.x { return }\nbarrier" },
        { 2, GROUP "if lid.x { return }\nif wid.x { return }\nbarrier" },
        { 1, GROUP "if lid.x { if wid.x { return } }\nbarrier" },
        { 2, "workgroup 1\n" OUT "if lid.x == wid.x { return }\nbarrier" },
        { 2, "workgroup 1\n" OUT "if out[1] { return }\nbarrier" },
        { 1, GROUP "if gid.x { return }\nbarrier" },
        // A barrier before it in a loop comes again.
        { 1, GROUP "loop i in 0..3 { barrier\nif lid.x == i { return } }" },
        { 2, GROUP "loop i in 0..3 { barrier\nif wid.x == i { return } }" },
        { 1, GROUP "loop i in 0..9 { loop j in 0..lid.x { if j == 2 { return } }\nbarrier }" },
        // Traps end an invocation as returns do.
        { 2, GROUP "if lid.x { trap(1, \"t\") }\nout[0] = 1" },
        { 1, GROUP "if lid.x { trap(1, \"t\") }\nbarrier" },
        { 1, GROUP "if lid.x { trap(1, \"t\")\nout[3] = 3 }\nbarrier\nout[0] = 1" },
        // Everyone may be made to leave alike, in a branch of its own.
        { 3, GROUP "if wid.x { if wid.y { return } else { return } }\nbarrier" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned found = count_in(cases[i].text, SpvOpReturn);
        if (found != cases[i].returns)
            fail_msg("%u returns, expected %u\n%s", found, cases[i].returns, cases[i].text);
    }
}

static void barriers_stay_outside_of_what_the_dead_skip(void **state)
{
    (void)state;
    static const char *const texts[] = {
        GROUP "if lid.x { return }\nif wid.x { barrier\nif lid.x == 3 { out[1] = 1 } } else { "
              "barrier }\nout[0] = 1\nbarrier",
        GROUP "let n = 0\nloop i in 0..9 { if lid.x == i { return }\nn = n + 1 }\n"
              "if n { barrier }",
        GROUP "let n = 2\nif lid.x { return }\nif wid.x { n = 3 }\nloop i in 0..n { barrier }",
        GROUP "let n = 0\nif lid.x { return }\nloop i in 0..len(out) { n = n + 1 }\n"
              "loop i in 0..n { barrier }",
        "workgroup 64\n" OUT "shared t : u32[64]\nif lid.x { return }\nt[lid.x] = 4\n"
        "let a = atomic_add(out[9], 1)\natomic_store.release(out[2], t[3])\nbarrier\n"
        "if lid.x == 2 { trap(t[0], \"t\") }\nbarrier",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(count_in(texts[i], SpvOpControlBarrier) > 0);
}

// What stands behind an exit is not lowered, and still counts as a loop, a trap, an exit.
static void numbers_survive_what_is_never_reached(void **state)
{
    (void)state;
    // The loop behind the trap has no bound and would be guarded; the other one must not be.
    assert_int_equal(count_in(OUT "if out[0] { trap(1, \"t\")\nloop i in 0..len(out) { out[i] = 2 "
                                  "} }\nloop j in 0..4 { out[j] = j }",
                              SpvOpAtomicCompareExchange),
                     1);
    // The return behind the trap must not be taken for the one before the barrier.
    assert_int_equal(count_in(GROUP "if wid.x { trap(1, \"t\")\n{ return } }\n"
                                    "if lid.x { return }\nbarrier",
                              SpvOpReturn),
                     2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_exits_before_a_meeting_stay),
        cmocka_unit_test(barriers_stay_outside_of_what_the_dead_skip),
        cmocka_unit_test(numbers_survive_what_is_never_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
