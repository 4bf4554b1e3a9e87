// SPDX-License-Identifier: MIT
// Workgroups that do not fill the vectors of a driver which runs the rest of the last vector too:
// what that rest would find in memory, zeros, decides nothing. Every bound is made so that zeros
// would run a loop longer than the workgroup does: vectors would disagree about the barriers, or
// the passes through loops of a whole vector be spent.
#include "agree.h"

#define HEAD                                                                                       \
    "workgroup %u %u\n"                                                                            \
    "buffer e : u32[16] readonly @0\n"                                                             \
    "buffer in : u32[] readonly @1\n"                                                              \
    "buffer out : u32[] readwrite @2\n"                                                            \
    "buffer sum : u32[8] readwrite @3\n"                                                           \
    "shared t : u32[64]\n"                                                                         \
    "let l = lid.y * %u + lid.x\n"                                                                 \
    "let g = gid.x + lid.y * 1000\n"

// The elements of `e` are 0, 1, 2, 3, 5 and so on.
static const char *const programs[] = {
    // Loops in loops and in branches.
    HEAD "loop a in 0..2 { loop b in 0..2 - uniform_load(e[2]) { barrier } }\nout[g] = 1",
    HEAD "loop a in 0..8 { loop b in 0..(uniform_load(in[a]) ^ 2) & 3 { barrier } }\nout[g] = 1",
    HEAD "if wid.x { } else { loop b in 0..7 >> uniform_load(e[15]) { barrier } }\nout[g] = 1",
    HEAD "if uniform_load(e[3]) == 3 { loop b in 0..1 - uniform_load(e[1]) {\n"
         "loop c in 0..3 { barrier\nout[g] = c }\nbarrier } }\nout[g] = out[g] + 1",
    // Bounds out of what atomics, and stores to workgroup memory, left.
    HEAD "let old = atomic_or(sum[wid.x], 3)\nbarrier\n"
         "loop a in 0..2 { loop b in 0..3 - (uniform_load(sum[wid.x]) & 3) { barrier } }\n"
         "out[g] = 1",
    HEAD "t[l] = 2 + l\nbarrier\nloop a in 0..2 {\n"
         "loop b in 0..2 - min(uniform_load(t[0]), 2) { barrier }\nout[g] = t[l] }\nbarrier\n"
         "out[g] = out[g] + 1",
    // Some leave early, or might.
    HEAD "if l == 2 { return }\nloop a in 0..2 { if in[0] == 0x12345 { trap(1, \"no\") }\n"
         "loop b in 0..1 - uniform_load(e[1]) { barrier\nif l == b { return } }\nbarrier }\n"
         "out[g] = 1",
    HEAD "loop a in 0..3 { if in[l] == a { return }\nbarrier\n"
         "loop b in 0..2 - uniform_load(e[2]) { barrier } }\nout[g] = 1",
    // Loops that the compiler makes, for memory that is zero at first and for copies.
    HEAD "loop a in 0..2 { loop b in 0..2 - uniform_load(e[2]) { barrier\nt[l] = a }\n"
         "out[g] = out[g] + t[l]\nbarrier }\nout[g] = out[g] + 1",
    HEAD "loop a in 0..2 { loop b in 0..1 - uniform_load(e[1]) {\n"
         "async_load(in, t, 0, 64 - uniform_load(e[6]), \"c\")\nasync_wait(\"c\") }\n"
         "out[g] = t[l]\nbarrier }\nout[g] = out[g] + 1",
    // Lanes that pass their values through workgroup memory.
    HEAD "loop a in 0..2 { loop b in 0..1 - uniform_load(e[1]) { barrier\n"
         "out[g] = subgroup_add(in[l]) } }\nbarrier\nout[g] = subgroup_shuffle(in[l], 1)",
    // Without barriers: the passes that a vector has in all, and the budget of an invocation.
    HEAD "loop a in 0..2 { loop b in 0..e[1] - 1 { out[g] = b }\nout[g] = a }\n"
         "loop b in 0..l + 2 { out[g] = out[g] + b }",
    HEAD "if e[l & 3] < 2 { loop b in 0..e[1] - 1 { if in[b] == 9 { return } } }\n"
         "loop b in 0..l + 2 { out[g] = out[g] + b }",
};

static void assert_program(struct vyre_device *device, const char *program, const unsigned size[2])
{
    char text[1200];
    snprintf(text, sizeof text, program, size[0], size[1], size[0]);
    assert_agree(device, text, 2, 1);
}

// Rows of several vectors, which may disagree, and rows of one.
static void what_lies_beyond_a_workgroup_decides_nothing(void **state)
{
    static const unsigned several[][2] = { { 9, 1 }, { 17, 1 }, { 12, 2 } };
    static const unsigned single[][2] = { { 1, 1 }, { 3, 1 }, { 1, 3 } };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        assert_program(*state, programs[i], several[i % 3]);
        assert_program(*state, programs[i], single[i % 3]);
    }
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_lies_beyond_a_workgroup_decides_nothing),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
