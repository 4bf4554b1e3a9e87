// SPDX-License-Identifier: MIT
// What the interpreter does not run, or runs as an error: the device gives a meaning, or a fault.
#include "agree.h"

static struct vyre_buffer *filled(struct vyre_device *device, uint32_t value, uint32_t **words)
{
    struct vyre_buffer *buffer = test_buffer(device, 256, words);
    for (int i = 0; i < 64; i++)
        (*words)[i] = value + (uint32_t)i;
    return buffer;
}

// Runs a program of one buffer, `b`, on 64 words.
static enum vyre_result run(struct vyre_device *device, const char *text, uint32_t value,
                            uint32_t workgroups, uint32_t result[64], struct test_diags *diags)
{
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    struct vyre_argument argument = { NULL, 0, 0 };
    uint32_t *words;
    argument.buffer = filled(device, value, &words);
    struct vyre_ticket *ticket;
    assert_result(VYRE_OK,
                  vyre_dispatch(kernel,
                                vyre_dispatch_params(.arguments = &argument, .argument_count = 1,
                                                     .grid = { workgroups, 1, 1 }),
                                &ticket));
    enum vyre_result outcome = vyre_ticket_wait(ticket, test_wait_ns, test_diag_sink(diags));
    memcpy(result, words, 256);
    vyre_ticket_destroy(&ticket);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    return outcome;
}

#define B "buffer b : u32[64] readwrite @0\n"

static void nand_is_not_and(void **state)
{
    struct vyre_device *device = *state;
    uint32_t words[64];
    struct test_diags diags = { 0 };
    // On words of one's own: old values and results are known.
    static const char own[] = "workgroup 32\n" B "let old = atomic_nand(b[lid.x], 0xf0f0f0f1)\n"
                              "let far = atomic_nand(b[lid.x + 4000], 1)\nbarrier\n"
                              "b[lid.x + 32] = old\nif far != 0 { b[0] = 77 }";
    assert_result(VYRE_OK, run(device, own, 0x12345678u, 1, words, &diags));
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(words[i], ~((0x12345678u + i) & 0xf0f0f0f1u));
        assert_int_equal(words[32 + i], 0x12345678u + i);
    }
    // By all at once: each of 512 turns the word over, and none is lost.
    assert_result(VYRE_OK,
                  run(device, "workgroup 64\n" B "let old = atomic_nand.relaxed(b[0], 0xffffffff)",
                      5, 8, words, &diags));
    assert_int_equal(words[0], 5);
    assert_result(VYRE_OK, run(device, "workgroup 63\n" B "let old = atomic_nand(b[0], 0xffffffff)",
                               5, 3, words, &diags));
    assert_int_equal(words[0], ~5u);
}

static void statements_without_a_meaning(void **state)
{
    struct vyre_device *device = *state;
    static const char *const statements[] = { "indirect_dispatch(b, 0)", "resume(\"later\")" };
    static const char *const says[] = { "IndirectDispatch 'b' was reached",
                                        "Resume 'later' was reached" };
    for (int i = 0; i < 2; i++) {
        char text[200];
        uint32_t words[64];
        struct test_diags diags = { 0 };
        for (uint32_t reached = 0; reached < 2; reached++) {
            snprintf(text, sizeof text, "workgroup 4\n" B "if b[1] == %u { %s }\nb[gid.x] = 9\n",
                     3 - reached, statements[i]);
            enum vyre_result result = run(device, text, 1, 1, words, &diags);
            assert_result(reached ? VYRE_ERR_FAULT : VYRE_OK, result);
            if (!reached)
                assert_int_equal(words[3], 9);
        }
        if (!strstr(diags.text, "K011") || !strstr(diags.text, says[i]))
            fail_msg("%s", diags.text);
    }
}

static void collectives_among_one(void **state)
{
    struct vyre_device *device = *state;
    static const char *const statements[] = {
        "all_reduce(b, sum, 0)\nb[gid.x] = b[gid.x] + 1",
        "broadcast(b, 0, 0)\nb[gid.x] = b[gid.x] + 2",
        "all_gather(a, b, 0)",
        "reduce_scatter(a, b, max, 0)",
        "if wid.x == 1 { all_gather(a, b, 0) } else { all_reduce(b, xor, 0) }",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "workgroup 16\nbuffer a : u32[20] readonly @0\nbuffer b : u32[40] readwrite @1\n"
                 "%s\n",
                 statements[i]);
        assert_agree(device, text, 2, 2);
    }
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nand_is_not_and),
        cmocka_unit_test(statements_without_a_meaning),
        cmocka_unit_test(collectives_among_one),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
