// SPDX-License-Identifier: MIT
// The interpreter and the device agree, byte for byte: on every operator over edge values, on
// memory, atomics, loops and barriers. Random programs: tests/differential.
#include "agree.h"

#include "values.h"

static void every_operator_on_edge_values(void **state)
{
    struct vyre_device *device = *state;
    for (size_t i = 0; i < sizeof word_expressions / sizeof *word_expressions; i++) {
        char text[700];
        snprintf(text, sizeof text, word_program, word_expressions[i]);
        assert_agree(device, text, 8, 1);
    }
}

#define IO                                                                                         \
    "buffer e : u32[16] readonly @0\n"                                                             \
    "buffer in : u32[] readonly @1\n"                                                              \
    "buffer out : u32[] readwrite @2\n"                                                            \
    "buffer flags : bool[40] readwrite @3\n"                                                       \
    "buffer signed : i32[] readwrite @4\n"

static const char *const programs[] = {
    // Loads and stores in and out of bounds.
    "workgroup 32\n" IO "out[gid.x] = in[e[gid.x & 15]]",
    "workgroup 32\n" IO "out[gid.x * 3] = in[gid.x * 2] + len(in) + len(flags) * 1000",
    "workgroup 32\n" IO "out[0xffffffff] = 1\nsigned[gid.x] = -5i\nflags[gid.x + 39] = true",
    "workgroup 32\n" IO "flags[gid.x] = flags[gid.x + 1000]\nsigned[gid.x] = signed[gid.x] * 2i",
    "workgroup 7\n" IO "flags[gid.x] = in[gid.x] < 20\nif gid.x < 9 { out[gid.x] = 3 }",
    // Atomics whose result does not depend on the order.
    "workgroup 32\n" IO "let x = atomic_add(out[in[gid.x] & 3], gid.x)",
    "workgroup 32\n" IO "let x = atomic_or(out[in[gid.x]], 1 << gid.x)\n"
    "let y = atomic_and(out[60], 1)",
    "workgroup 32\n" IO "let x = atomic_xor(out[gid.x & 7], in[gid.x])",
    "workgroup 32\n" IO "let x = atomic_min(out[gid.x & 3], in[gid.x])\n"
    "let y = atomic_max(out[4 + (gid.x & 3)], in[gid.x])\n"
    "let z = atomic_lru_update(out[8], gid.x)",
    // Atomics on own words, where the result is known.
    "workgroup 32\n" IO "let x = atomic_exchange(out[gid.x], 7)\nsigned[gid.x] = i32(x)",
    "workgroup 32\n" IO "let x = atomic_compare_exchange(out[gid.x], in[0], 7)\n"
    "let y = atomic_compare_exchange(out[gid.x], 7, 9)\nsigned[gid.x] = i32(x + y)",
    "workgroup 16\n" IO "let sum = 0\n"
    "loop i in 0..gid.x {\n"
    "    let x = atomic_add.acq_rel(out[gid.x], i)\n"
    "    if x > 100 { sum = sum + atomic_max(out[gid.x], 5) }\n"
    "}\n"
    "signed[gid.x] = i32(sum)",
    // Loops.
    "workgroup 32\n" IO "let s = 0\nloop i in in[gid.x]..in[gid.x] + 9 { s = s + i }\n"
    "out[gid.x] = s",
    "workgroup 32\n" IO
    "let s = 1\nloop i in 3..e[gid.x & 7] { loop j in i..len(in) { s = s * 3 + j\n"
    "if s & 16 { s = s ^ in[j] } } }\nout[gid.x] = s",
    "workgroup 32\n" IO "loop i in 0..40 { if i == gid.x { out[i] = 77\nreturn }\nout[gid.x] = i }",
    "workgroup 32\n" IO "loop i in 0xfffffff0..0xffffffff { out[gid.x] = i }",
    "workgroup 32\n" IO "let n = 2\nloop i in 0..n { n = n + 1 }\nout[gid.x] = n",
    // Returns and scopes.
    "workgroup 32\n" IO "if gid.x & 1 { return } else { if gid.x & 2 { out[gid.x] = 1 } }\n"
    "region \"r\" { let x = 5\nout[gid.x] = out[gid.x] + x }\n{ let x = 6\nout[gid.x] = out[gid.x] "
    "* x }",
    "workgroup 32\n" IO "let f = gid.x > 3\nif f { f = bool(flags[gid.x]) }\n"
    "let n = -1i\nif f && gid.x < 20 { n = i32(in[3]) }\nsigned[gid.x] = n\nout[gid.x] = u32(f)",
    // Workgroup memory and barriers.
    "workgroup 32\n" IO "shared t : u32[32]\nt[lid.x] = in[gid.x]\nbarrier\n"
    "out[gid.x] = t[31 - lid.x]",
    "workgroup 32\n" IO "shared t : u32[300]\nshared z : i32[5]\nlet s = u32(z[lid.x])\n"
    "loop i in 0..300 { s = s + t[i] }\nout[gid.x] = s + 9",
    "workgroup 64\n" IO "shared t : u32[64]\nt[lid.x] = in[gid.x]\nbarrier\n"
    "loop k in 0..6 {\n"
    "    let step = 32 >> k\n"
    "    if lid.x < step { t[lid.x] = t[lid.x] + t[lid.x + step] }\n"
    "    barrier\n"
    "}\n"
    "if lid.x == 0 { out[wid.x] = t[0] }",
    "workgroup 32\n" IO "shared t : u32[32]\n"
    "if wid.x == 1 { t[lid.x] = 4\nbarrier\nout[lid.x] = t[lid.x ^ 5] } else { if wid.x == 2 { "
    "return } }\n"
    "barrier\nif wid.x == 0 { signed[lid.x] = i32(t[lid.x]) + 2i }",
    "workgroup 4 4 2\n" IO "shared t : u32[32]\n"
    "let l = lid.x + lid.y * 4 + lid.z * 16\nt[l] = l * in[gid.x]\nbarrier\n"
    "out[l + wid.x * 32] = t[(l * 7) & 31] + gid.y * 100 + gid.z * 1000",
    // Storage as a means of talking within a workgroup.
    "workgroup 32\n" IO "if wid.x == 0 { out[lid.x] = in[lid.x] * 2 }\nbarrier\n"
    "if wid.x == 0 { signed[lid.x] = i32(out[31 - lid.x]) }",
    // Collectives of one rank.
    "workgroup 32\n" IO "all_gather(in, out, 0)\nall_reduce(out, sum, 0)\nif gid.x < 4 {\n"
    "reduce_scatter(e, out, xor, 0)\nbroadcast(out, 0, 0) }",
    // Atomics in divergent flow beside others that go on.
    "workgroup 32\n" IO
    "loop i in 0..u32(lid.x < 13) { let x = atomic_xor(out[1], gid.x) }\nbarrier\n"
    "if wid.x == 0 { signed[lid.x] = i32(out[1] & 0) + 5i }",
};

static void memory_control_flow_and_barriers(void **state)
{
    assert_all_agree(*state, programs, sizeof programs / sizeof *programs, 2);
}

static void the_same_without_the_vulkan_memory_model(void **state)
{
    (void)state;
    assert_all_agree_in_old_model(programs, sizeof programs / sizeof *programs);
}

// Loops of more iterations than the device allows: a fault or the right result, never a wrong one.
static void loops_are_never_cut_silently(void **state)
{
    static const struct {
        const char *loops;
        bool too_many; // for a limit of 65,535 iterations
    } cases[] = {
        { "loop i in 0..65000 { n = n + 1 }", false },
        { "loop i in 0..70000 { n = n + 1 }", true },
        { "loop i in 0..300 { loop j in 0..300 { n = n + 1 } }", true },
        { "loop i in 0..out[1] { n = n + 1 }", true },
        { "loop i in 0..60000 { n = n + 1 }\nloop i in 0..60000 { n = n + 1 }", true },
        { "loop i in 0..60000 { n = n + 1 }\nif n { loop i in 0..6000 { n = n + 1 } }", true },
    };
    struct vyre_device *device = *state;
    struct vyre_target target;
    vyre_device_target(device, &target);
    const bool limited = target.loop_limit != 0 && target.loop_limit <= 65535;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "workgroup 16\nbuffer out : u32[16] readwrite @0\nlet n = 0\n%s\nout[gid.x] = n\n",
                 cases[i].loops);
        struct vyre_kernel *kernel = test_kernel(device, text, NULL);
        struct vyre_argument argument = { NULL, 0, 0 };
        uint32_t *words;
        argument.buffer = test_buffer(device, 64, &words);
        words[1] = 70000;
        struct vyre_ticket *ticket;
        assert_result(VYRE_OK,
                      vyre_dispatch(kernel,
                                    vyre_dispatch_params(.arguments = &argument,
                                                         .argument_count = 1, .grid = { 1, 1, 1 }),
                                    &ticket));
        enum vyre_result result = vyre_ticket_wait(ticket, test_wait_ns, NULL);
        if (result != (limited && cases[i].too_many ? VYRE_ERR_FAULT : VYRE_OK))
            fail_msg("%s: %s", cases[i].loops, vyre_result_name(result));
        vyre_ticket_destroy(&ticket);
        vyre_buffer_destroy(&argument.buffer);
        vyre_kernel_destroy(&kernel);
    }
}

// What is an error in the interpreter is total on a device (spec: semantics.md, 15).
static void signed_division_is_total(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_kernel *kernel = test_kernel(
        device,
        "workgroup 1\nbuffer in : i32[3] readonly @0\nbuffer out : i32[8] readwrite @1\n"
        "out[0] = in[0] / in[1]\nout[1] = in[0] / in[2]\n"
        "out[2] = i32(in[0] % in[1])\nout[3] = i32(in[0] % in[2])\n"
        "out[4] = in[0] / -1i\nout[5] = i32(in[0] % -1i)\n",
        NULL);
    struct vyre_argument arguments[2] = { { NULL, 0, 0 } };
    uint32_t *in, *out;
    arguments[0].buffer = test_buffer(device, 12, &in);
    arguments[1].buffer = test_buffer(device, 32, &out);
    in[0] = 0x80000000u;
    in[1] = 0;
    in[2] = UINT32_MAX;
    memset(out, 0x55, 32);
    test_dispatch(kernel, arguments, 2, (const uint32_t[]){ 1, 1, 1 });
    const uint32_t expected[] = { 0, 0x80000000u, 0, 0, 0x80000000u, 0 };
    assert_memory_equal(out, expected, sizeof expected);
    vyre_buffer_destroy(&arguments[0].buffer);
    vyre_buffer_destroy(&arguments[1].buffer);
    vyre_kernel_destroy(&kernel);
}

static void a_planted_difference_is_found(void **state)
{
    struct vyre_device *device = *state;
    const char *right = "workgroup 32\n" IO "out[gid.x] = in[gid.x] / e[gid.x & 15]";
    const char *wrong = "workgroup 32\n" IO "out[gid.x] = in[gid.x] / max(e[gid.x & 15], 1)";
    char why[200];
    assert_true(agree(device, right, right, 1, 3, why));
    assert_false(agree(device, right, wrong, 1, 3, why));
    assert_non_null(strstr(why, "interpreter ffffffff"));
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_on_edge_values),
        cmocka_unit_test(memory_control_flow_and_barriers),
        cmocka_unit_test(the_same_without_the_vulkan_memory_model),
        cmocka_unit_test(loops_are_never_cut_silently),
        cmocka_unit_test(signed_division_is_total),
        cmocka_unit_test(a_planted_difference_is_found),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
