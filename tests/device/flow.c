// SPDX-License-Identifier: MIT
// Invocations that return, or trap, before the rest of their workgroup meets: the device gives the
// interpreter's bytes, for which they do not take part in barriers (spec: semantics.md, 7.4) but do
// in subgroup operations (7.6).
#include "agree.h"

#include "base/str.h"

#define HEAD                                                                                       \
    "workgroup 64\n"                                                                               \
    "buffer e : u32[16] readonly @0\n"                                                             \
    "buffer in : u32[] readonly @1\n"                                                              \
    "buffer out : u32[256] readwrite @2\n"                                                         \
    "buffer sum : u32[8] readwrite @3\n"                                                           \
    "shared t : u32[64]\n"

// What everyone that lives passes to its neighbours.
#define EXCHANGE                                                                                   \
    "barrier\nt[lid.x] = out[gid.x] * 31 + in[lid.x]\nbarrier\n"                                   \
    "out[gid.x] = t[(lid.x + 7) & 63] + gid.x\n"

static const char *const programs[] = {
    // The usual guard before the usual reduction.
    HEAD "if gid.x >= 100 { return }\nt[lid.x] = in[gid.x & 31]\nbarrier\n"
         "loop k in 0..6 { if lid.x < 32 >> k { t[lid.x] = t[lid.x] + t[lid.x + (32 >> k)] }\n"
         "barrier }\nif lid.x == 0 { out[wid.x] = t[0] }",
    // Returns in either branch, nested, one after the other, and before nothing.
    HEAD "if lid.x & 1 { if lid.x & 2 { return } else { out[gid.x] = 5 } } else { "
         "if lid.x > 40 { return } }\nout[gid.x] = 9\n" EXCHANGE
         "if in[lid.x] & 1 { return }\n" EXCHANGE "if lid.x > 50 { return }\nout[gid.x] = 77",
    HEAD EXCHANGE "if gid.x % 3 == 0 { out[gid.x] = 1\nreturn }\nout[gid.x] = 2",
    // All of a workgroup, and all of all of them.
    HEAD "if wid.x == 1 && lid.x < 64 { return }\n" EXCHANGE,
    HEAD "if lid.x < 64 { return }\n" EXCHANGE,
    // In loops: with barriers, without, and around each other.
    HEAD "loop i in 0..5 { " EXCHANGE "if lid.x % 5 == i { return }\nout[gid.x] = i * 3 }\n"
         "out[gid.x] = out[gid.x] + 100",
    HEAD "loop i in 0..in[lid.x] & 15 { if i == 4 { out[gid.x] = 44\nreturn }\n"
         "out[gid.x] = out[gid.x] + i }\n" EXCHANGE,
    HEAD "loop i in 0..20 { if in[(lid.x + i) & 31] == 5 { out[gid.x] = i\nreturn } }\n" EXCHANGE,
    HEAD "loop j in 0..3 { loop i in 0..9 { if i * 7 + j == lid.x { return }\n"
         "out[gid.x] = out[gid.x] * 3 + i }\n" EXCHANGE "}",
    HEAD "loop j in 0..3 { loop i in 0..lid.x & 3 { if e[lid.x & 15] == j { return }\n"
         "loop k in 0..i { out[gid.x] = out[gid.x] + k } }\nif wid.x == 1 { " EXCHANGE "} }",
    // The dead count no loops, take no part in atomics, and store nowhere.
    HEAD "if lid.x > 20 { return }\nlet n = 0\nloop i in 0..len(e) { n = n + 2 }\n"
         "let old = atomic_add(sum[0], 1)\nlet old2 = atomic_add(sum[1000], 1)\n"
         "loop i in 0..n & 3 { barrier }\nlet old3 = atomic_max(sum[1], gid.x)\n"
         "atomic_store.release(out[gid.x], atomic_load.acquire(sum[7]))\nbarrier",
    HEAD
    "if lid.x > 20 { return }\nt[lid.x] = 5\nout[wid.x * 64 + (lid.x * 9 & 63)] = 4\n" EXCHANGE,
    // What is uniform stays so for the dead: assigned, chosen, looped over.
    HEAD "let n = 1\nif lid.x & 4 { return }\nif wid.x > 0 { n = 3 } else { n = n + 1 }\n"
         "n = n * 2\nloop i in 0..n { " EXCHANGE "}\nif n == 6 { " EXCHANGE "}",
    HEAD "if lid.x == 3 { return }\nif wid.x == 1 { return }\n" EXCHANGE
         "loop i in 0..4 { " EXCHANGE "if i == 2 { return } }",
    HEAD "let f = lid.x > 5\nlet n = 1\nif f { return }\nif f { n = 2 } else { out[gid.x] = n "
         "}\n" EXCHANGE "out[gid.x] = out[gid.x] + n",
    // Scopes.
    HEAD "region \"a\" { { if in[lid.x] > 9 { return } } }\nregion \"b\" { let x = lid.x\n"
         "out[gid.x] = x\n" EXCHANGE "}\n{ let x = 3\nout[gid.x] = out[gid.x] + x }",
    // A trap that nobody reaches.
    HEAD "if in[lid.x] == 0x12345 { trap(lid.x, \"no\") }\n" EXCHANGE,
};

static void returns_before_barriers(void **state)
{
    assert_all_agree(*state, programs, sizeof programs / sizeof *programs, 3);
}

static void the_same_without_the_vulkan_memory_model(void **state)
{
    (void)state;
    assert_all_agree_in_old_model(programs, sizeof programs / sizeof *programs);
}

static void a_planted_difference_is_found(void **state)
{
    struct vyre_device *device = *state;
    const char *right = HEAD "if lid.x > 30 { return }\nlet x = atomic_add(sum[0], 1)\n" EXCHANGE;
    const char *wrong = HEAD "if lid.x > 31 { return }\nlet x = atomic_add(sum[0], 1)\n" EXCHANGE;
    char why[200];
    assert_true(agree(device, right, right, 1, 3, why));
    assert_false(agree(device, right, wrong, 1, 3, why));
}

// Some of a workgroup trap while the others go on to a barrier, and the dispatch still fails.
static void traps_before_barriers(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_kernel *kernel =
        test_kernel(device,
                    "workgroup 64\nbuffer out : u32[64] readwrite @0\n"
                    "if lid.x == 5 { trap(4096, \"five\") }\nbarrier\n"
                    "if lid.x == 6 { trap(4097, \"six\") }\nbarrier\nout[gid.x] = 1\n",
                    NULL);
    struct vyre_argument argument = { NULL, 0, 0 };
    uint32_t *words;
    argument.buffer = test_buffer(device, 256, &words);
    struct vyre_ticket *ticket;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                     .grid = { 1, 1, 1 }),
                                &ticket));
    assert_result(VYRE_ERR_FAULT, vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(&diags)));
    // The first in time is reported; the barrier between them decides which that is.
    assert_non_null(strstr(diags.text, "five"));
    assert_non_null(strstr(diags.text, "4096"));
    assert_int_equal(words[5], 0);
    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
}

// Returns in a row, more than Mesa's CPU driver takes branches around each other; in a loop, and
// before barriers, too.
static void many_returns(void **state)
{
    static const char *const frames[][3] = {
        { "", "if in[gid.x] %% 128 == %u { out[gid.x] = %u\nreturn }\n", "" },
        { "loop i in 0..in[40] + 1 {\n", "if in[gid.x] %% 128 == %u { out[gid.x] = %u\nreturn }\n",
          "}\n" },
        { "", "if e[gid.x & 15] == %u { out[gid.x] = %u\nreturn }\n",
          "t[lid.x] = 3\nbarrier\nout[gid.x] = t[lid.x ^ 1]\n" },
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        struct str text = { 0 };
        str_printf(&text, "%s%s", HEAD, frames[i][0]);
        for (unsigned k = 0; k < 90; k++)
            str_printf(&text, frames[i][1], 127 - k, k);
        str_printf(&text, "out[gid.x] = 1000\n%s", frames[i][2]);
        assert_agree(*state, str_text(&text), 3, 1);
        str_fini(&text);
    }
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(returns_before_barriers),
        cmocka_unit_test(the_same_without_the_vulkan_memory_model),
        cmocka_unit_test(a_planted_difference_is_found),
        cmocka_unit_test(traps_before_barriers),
        cmocka_unit_test(many_returns),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
