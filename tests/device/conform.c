// SPDX-License-Identifier: MIT
// Records that the original and a device answer differently are judged by what the interpreter
// foresees. A device that gives anything else fails them: here it is made to, by one bit.
//
// The judges are those of the command; launch_output is wrapped by the linker.
#include "device.h"

#include "conform.h"
#include "conform_ops.h"
#include "launch.h"

#include <stdlib.h>

static bool planted; // whether outputs have one bit turned over

enum vyre_result __real_launch_output(const struct launch_slot *slot, struct vyre_bytes *out);
enum vyre_result __wrap_launch_output(const struct launch_slot *slot, struct vyre_bytes *out);

enum vyre_result __wrap_launch_output(const struct launch_slot *slot, struct vyre_bytes *out)
{
    enum vyre_result result = __real_launch_output(slot, out);
    if (!result && planted && out->size)
        ((uint8_t *)out->data)[out->size - 1] ^= 1; // the buffer's own memory, not used again
    return result;
}

static struct vyre_device *device;
static struct vyre_registry *ops;

static char *hex(const void *bytes, size_t size)
{
    char *text = calloc(2 * size + 1, 1);
    for (size_t i = 0; text && i < size; i++)
        sprintf(text + 2 * i, "%02x", ((const uint8_t *)bytes)[i]);
    return text;
}

static json_t *describe(const struct vyre_program *program, const char *input, const char *output)
{
    static const char *const access[] = { "ro", "rw", "uniform", "workgroup", "wo" };
    json_t *buffers = json_array();
    struct vyre_buffer_info info;
    for (size_t i = 0; !vyre_program_buffer_info(program, i, &info); i++) {
        const bool takes = info.access == VYRE_ACCESS_READ_ONLY;
        json_array_append_new(buffers,
                              json_pack("{s:s, s:s, s:s, s:i, s:s?, s:s?}", "name", info.name,
                                        "type", info.element, "access", access[info.access],
                                        "count", (int)info.count, "input", takes ? input : NULL,
                                        "output", info.is_output ? output : NULL));
    }
    return buffers;
}

// A record of a program with one read-only buffer, of words 1, 2, 3, 4, and one output. An `error`
// is the token of the original's; else `expected` are the words that the original gives.
static json_t *record_of(const char *text, const char *error, const uint32_t expected[4])
{
    static const uint32_t words[4] = { 1, 2, 3, 4 };
    struct vyre_program *program = NULL;
    struct test_diags diags = { .size = 0 };
    uint8_t *wire = NULL;
    size_t size = 0;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &size));
    char *bytes = hex(wire, size), *input = hex(words, sizeof words);
    char *output = hex(expected, 4 * sizeof *expected);
    json_t *record = json_pack("{s:s, s:s, s:s, s:o}", "name", "test", "wire", bytes, "result",
                               error ? "error" : "ok", "buffers",
                               describe(program, input, error ? NULL : output));
    if (error)
        json_object_set_new(record, "error", json_string(error));
    assert_non_null(record);
    free(bytes);
    free(input);
    free(output);
    vyre_free(wire);
    vyre_program_destroy(&program);
    return record;
}

static enum conform_outcome judge(const json_t *record, bool plant, struct conform_case *c)
{
    struct vyre_target target;
    vyre_device_target(device, &target);
    const struct conform_backend backend = { device, target.loop_limit, ops };
    *c = (struct conform_case){ .record = record, .backend = &backend };
    planted = plant;
    return conform_run(c);
}

// DEVIATES with this id, and FAILED when the device gives something else.
static void assert_foreseen(const char *id, const char *error, const char *text)
{
    static const uint32_t none[4];
    struct conform_case c;
    json_t *record = record_of(text, error, none);
    enum conform_outcome outcome = judge(record, false, &c);
    if (outcome != CONFORM_DEVIATES || strcmp(c.deviation, id) != 0)
        fail_msg("%d %s %s\n%s", outcome, c.deviation ? c.deviation : "", c.text, text);
    outcome = judge(record, true, &c);
    if (outcome != CONFORM_FAILED || !strstr(c.text, "buffer 'out'"))
        fail_msg("a wrong result is not seen: %d %s\n%s", outcome, c.text, text);
    json_decref(record);
}

#define WORDS                                                                                      \
    "workgroup 4\nbuffer in : u32[4] readonly @0\nbuffer out : u32[4] readwrite @1 output\n"
#define SIGNED                                                                                     \
    "workgroup 4\nbuffer in : i32[4] readonly @0\nbuffer out : i32[4] readwrite @1 output\n"
#define CONDITIONS                                                                                 \
    "workgroup 4\nbuffer in : bool[4] readonly @0\nbuffer out : u32[4] readwrite @1 output\n"

static void total_results_are_compared(void **state)
{
    (void)state;
    assert_foreseen("D-1", "i32_div_or_mod_undefined",
                    SIGNED "out[gid.x] = in[gid.x] / (in[gid.x] - 2i) + 7i\n");
    assert_foreseen("D-1", "i32_div_or_mod_undefined",
                    SIGNED "out[gid.x] = 5i + i32(in[gid.x] % (in[gid.x] - 4i))\n");
    assert_foreseen("D-4", "expr_unsupported", WORDS "out[gid.x] = subgroup_local_id() + 3\n");
    assert_foreseen("D-4", "unbound_variable",
                    WORDS "if lid.x == 1 {\n    return\n}\nlet x = in[lid.x]\n"
                          "let s = subgroup_add(x)\nout[lid.x] = s\n");
    assert_foreseen("D-5", "index_not_u32",
                    WORDS "out[gid.x] = in[(0i - 1i) & (0i - 1i)] + gid.x\n");
    assert_foreseen("D-6", "atomic_op_unsupported",
                    WORDS "let old = atomic_nand(out[gid.x], in[gid.x])\n");
    assert_foreseen("D-7", "binop_operand_kinds_differ",
                    CONDITIONS "if in[gid.x] && gid.x < 3 {\n    out[gid.x] = 5\n}\n");
    assert_foreseen("D-7", "binop_operand_kinds_differ",
                    CONDITIONS "if in[gid.x] == (gid.x < 2) {\n    out[gid.x] = 6\n}\n");
}

// Nothing can be said about the contents, and that is said before the device runs.
static void what_cannot_be_compared_deviates(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        const char *text;
    } cases[] = {
        { "D-2", WORDS "out[0] = gid.x\n" },
        { "D-2", WORDS "out[gid.x] = in[gid.x]\nout[(gid.x + 1) % 4] = out[0] + gid.x\n" },
        { "D-2", WORDS "let old = atomic_add(out[0], 1)\nif old == 0 {\n    "
                       "let far = atomic_exchange(out[1], gid.x + 1)\n}\n" },
        { "D-3",
          WORDS "let x = gid.x\nif in[gid.x] > 2 {\n    out[0] = 1\n}\nlet s = subgroup_add(x)\n"
                "out[gid.x] = s\n" },
    };
    static const uint32_t wrong[4] = { 77, 77, 77, 77 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct conform_case c;
        json_t *record = record_of(cases[i].text, NULL, wrong);
        for (int plant = 0; plant < 2; plant++) {
            enum conform_outcome outcome = judge(record, plant, &c);
            if (outcome != CONFORM_DEVIATES || strcmp(c.deviation, cases[i].id) != 0)
                fail_msg("%d %s %s\n%s", outcome, c.deviation ? c.deviation : "", c.text,
                         cases[i].text);
        }
        json_decref(record);
    }
}

// Accesses without an order whose results agree in any.
static void what_every_order_gives_is_compared(void **state)
{
    (void)state;
    static const char text[] = WORDS "out[gid.x] = in[gid.x]\nout[(gid.x + 1) % 4] = 9\n"
                                     "barrier\nout[gid.x] = in[gid.x] * 2\n";
    static const uint32_t right[4] = { 2, 4, 6, 8 }, wrong[4] = { 2, 4, 6, 9 };
    struct conform_case c;
    json_t *record = record_of(text, NULL, right);
    if (judge(record, false, &c) != CONFORM_PASSED)
        fail_msg("%s", c.text);
    assert_int_equal(judge(record, true, &c), CONFORM_FAILED);
    json_decref(record);
    record = record_of(text, NULL, wrong);
    assert_int_equal(judge(record, false, &c), CONFORM_FAILED);
    json_decref(record);
    // A counter that all add to.
    static const uint32_t sum[4] = { 10, 0, 0, 0 };
    record = record_of(WORDS "let old = atomic_add(out[0], in[gid.x])\n", NULL, sum);
    assert_int_equal(judge(record, false, &c), CONFORM_PASSED);
    assert_int_equal(judge(record, true, &c), CONFORM_FAILED);
    json_decref(record);
}

static void loops_beyond_a_driver_are_skipped(void **state)
{
    (void)state;
    static const char text[] =
        WORDS "let x = 0\nloop i in 0..in[3] * 20000 {\n    x = x + in[i & 3]\n"
              "}\nout[gid.x] = x\n";
    static const uint32_t sums[4] = { 200000, 200000, 200000, 200000 };
    struct conform_case c;
    json_t *record = record_of(text, NULL, sums);
    const struct conform_backend limited = { device, 65535, ops }, endless = { device, 0, ops };
    c = (struct conform_case){ .record = record, .backend = &limited };
    planted = false;
    assert_int_equal(conform_run(&c), CONFORM_SKIPPED);
    assert_string_equal(c.text, "more passes through loops than the driver allows");
    // Where none is known, a fault is one.
    struct vyre_target target;
    vyre_device_target(device, &target);
    c = (struct conform_case){ .record = record, .backend = &endless };
    enum conform_outcome outcome = conform_run(&c);
    if (outcome != (target.loop_limit ? CONFORM_FAILED : CONFORM_PASSED))
        fail_msg("%d %s", outcome, c.text);
    json_decref(record);
}

// A fault of another code, or none, is not the one that was foreseen.
static void faults_are_foreseen(void **state)
{
    (void)state;
    static const uint32_t none[4];
    static const struct {
        const char *error;
        const char *id; // NULL: the record passes
        const char *text;
    } cases[] = {
        { "trap", NULL, WORDS "trap(in[gid.x], \"t\")\n" },
        { "resume", NULL, WORDS "resume(\"t\")\n" },
        { "indirect_dispatch", NULL, WORDS "indirect_dispatch(in, 0)\n" },
        { "trap_address_not_u32", "D-5", WORDS "trap((0i - 1i) & (0i - 1i), \"t\")\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct conform_case c;
        json_t *record = record_of(cases[i].text, cases[i].error, none);
        enum conform_outcome outcome = judge(record, false, &c);
        if (outcome != (cases[i].id ? CONFORM_DEVIATES : CONFORM_PASSED) ||
            (cases[i].id && strcmp(c.deviation, cases[i].id) != 0))
            fail_msg("%d %s\n%s", outcome, c.text, cases[i].text);
        json_object_set_new(record, "error", json_string(i == 0 ? "resume" : "trap"));
        const bool same = i == 3; // the original's word for it only
        if ((judge(record, false, &c) == CONFORM_FAILED) == same)
            fail_msg("another fault is not seen: %s\n%s", c.text, cases[i].text);
        json_decref(record);
    }
}

static void errors_behind_errors_are_skipped(void **state)
{
    (void)state;
    static const uint32_t none[4];
    struct conform_case c;
    json_t *record = record_of(SIGNED "let x = in[gid.x] / (in[gid.x] - 1i)\nif in[gid.x] == 2i {\n"
                                      "    resume(\"t\")\n}\nout[gid.x] = x\n",
                               "i32_div_or_mod_undefined", none);
    assert_int_equal(judge(record, false, &c), CONFORM_SKIPPED);
    assert_non_null(strstr(c.text, "behind one"));
    json_decref(record);
}

static int set_up(void **state)
{
    (void)state;
    device = test_device(NULL);
    ops = conform_ops_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vyre_registry_destroy(&ops);
    vyre_device_destroy(&device);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(total_results_are_compared),
        cmocka_unit_test(what_cannot_be_compared_deviates),
        cmocka_unit_test(what_every_order_gives_is_compared),
        cmocka_unit_test(loops_beyond_a_driver_are_skipped),
        cmocka_unit_test(errors_behind_errors_are_skipped),
        cmocka_unit_test(faults_are_foreseen),
    };
    if (!test_has_device())
        return TEST_SKIPPED;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
