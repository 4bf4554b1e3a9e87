// SPDX-License-Identifier: MIT
// Float modes, and drivers that have less: what is computed with integers has the interpreter's
// bits; without 64-bit floats, and in fast mode, results are as near as docs/ir.md says.
#include "agree.h"
#include "values.h"

#include <math.h>
#include <stdlib.h>

enum { COUNT = 4096 };

static const char program_format[] = "workgroup 64\n"
                                     "buffer f : f32[4096] readonly @0\n"
                                     "buffer out : f32[4096] readwrite @1\n"
                                     "let a = f[gid.x]\n"
                                     "let b = f[(gid.x * 5 + 1) & 4095]\n"
                                     "let c = f[(gid.x * 11 + 7) & 4095]\n"
                                     "out[gid.x] = %s\n";

// Runs `expression` over `inputs` on the device.
static void run_on(struct vyre_device *device, const char *expression, enum vyre_float_mode mode,
                   const uint32_t inputs[COUNT], uint32_t out[COUNT])
{
    char text[500];
    snprintf(text, sizeof text, program_format, expression);
    struct vyre_program *program = test_program(text);
    struct vyre_kernel *kernel = NULL;
    assert_result(VYRE_OK,
                  vyre_kernel_create(
                      device, vyre_kernel_params(.program = program, .float_mode = mode), &kernel));
    vyre_program_destroy(&program);
    struct vyre_argument arguments[2] = { { NULL, 0, 0 } };
    uint32_t *maps[2];
    for (size_t i = 0; i < 2; i++)
        arguments[i].buffer = test_buffer(device, COUNT * 4, &maps[i]);
    memcpy(maps[0], inputs, COUNT * 4);
    test_dispatch(kernel, arguments, 2, (const uint32_t[]){ COUNT / 64, 1, 1 });
    memcpy(out, maps[1], COUNT * 4);
    for (size_t i = 0; i < 2; i++)
        vyre_buffer_destroy(&arguments[i].buffer);
    vyre_kernel_destroy(&kernel);
}

static void interpret_on(const char *expression, const uint32_t inputs[COUNT], uint32_t out[COUNT])
{
    char text[500];
    snprintf(text, sizeof text, program_format, expression);
    uint32_t words[2][COUNT];
    memcpy(words[0], inputs, sizeof words[0]);
    memset(words[1], 0, sizeof words[1]);
    struct inputs both = { .words = { words[0], words[1] },
                           .sizes = { COUNT * 4, COUNT * 4 },
                           .declared = { 0, 1 },
                           .count = 2 };
    struct vyre_outputs *outputs = interpret(text, &both, (const uint32_t[]){ COUNT / 64, 1, 1 });
    size_t declared;
    memcpy(out, vyre_outputs_get(outputs, 0, &declared).data, COUNT * 4);
    vyre_outputs_destroy(&outputs);
}

// Steps from one float to another; NaN are all the same, and far from everything else.
static uint32_t ulps(uint32_t a, uint32_t b)
{
    const bool nan_a = (a & 0x7FFFFFFF) > 0x7F800000, nan_b = (b & 0x7FFFFFFF) > 0x7F800000;
    if (nan_a || nan_b)
        return nan_a && nan_b ? 0 : UINT32_MAX;
    int64_t x = a & 0x80000000 ? -(int64_t)(a & 0x7FFFFFFF) : (int64_t)a;
    int64_t y = b & 0x80000000 ? -(int64_t)(b & 0x7FFFFFFF) : (int64_t)b;
    return (uint32_t)(x > y ? x - y : y - x);
}

// Anything, or numbers of everyday size.
static void make_floats(uint32_t out[COUNT], bool everyday)
{
    uint32_t state = 99;
    for (size_t i = 0; i < COUNT; i++) {
        uint32_t bits = next_random(&state);
        bool small = everyday || i & 1;
        out[i] = small ? (bits & 0x807FFFFF) | (118 + (bits >> 8) % 16) << 23 : bits;
        if (!everyday && i < 32)
            out[i] = float_edges[i];
    }
}

static void assert_near(struct vyre_device *device, const char *expression,
                        enum vyre_float_mode mode, bool everyday, uint32_t most)
{
    static uint32_t inputs[COUNT], got[COUNT], wanted[COUNT];
    make_floats(inputs, everyday);
    run_on(device, expression, mode, inputs, got);
    interpret_on(expression, inputs, wanted);
    for (size_t i = 0; i < COUNT; i++)
        if (most ? ulps(got[i], wanted[i]) > most : got[i] != wanted[i])
            fail_msg("%s of %08x: device %08x, interpreter %08x", expression, inputs[i], got[i],
                     wanted[i]);
}

static const char *const arithmetic[] = {
    "a + b",         "a - b",
    "a * b",         "a / b",
    "sqrt(a)",       "inverse_sqrt(a)",
    "reciprocal(a)", "fma(a, b, c)",
    "f32(u32(a))",   "f32(i32(a))",
    "min(a, b)",     "max(a, b)",
    "f32(a < b)",    "f32(a <= b) + f32(a == b) * 2.0",
    "f32(a == a)",   "exp(a)",
    "sin(a)",
};

static void integers_have_the_same_bits(void **state)
{
    (void)state;
    struct vyre_device *device =
        test_device(&(const struct vyre_pretend){ .no_exact_floats = true });
    for (size_t i = 0; i < sizeof arithmetic / sizeof *arithmetic; i++)
        assert_near(device, arithmetic[i], VYRE_FLOAT_STRICT, false, 0);
    test_device_done(&device);
}

static void exact_has_the_same_bits(void **state)
{
    for (size_t i = 0; i < sizeof transcendentals / sizeof *transcendentals; i++)
        assert_near(*state, transcendentals[i], VYRE_FLOAT_EXACT, false, 0);
}

static void without_64_bits_strict_is_near(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(&(const struct vyre_pretend){ .no_float64 = true });
    for (size_t i = 0; i < sizeof transcendentals / sizeof *transcendentals; i++)
        assert_near(device, transcendentals[i], VYRE_FLOAT_STRICT, false, 128);
    test_device_done(&device);
}

static void fast_is_near_for_everyday_numbers(void **state)
{
    static const struct {
        const char *expression;
        uint32_t most;
    } cases[] = {
        { "a + b", 1 },        { "a * b", 1 },           { "a / b", 3 },
        { "sqrt(abs(a))", 4 }, { "min(a, b)", 1 },       { "f32(a < b)", 1 },
        { "floor(a)", 1 },     { "exp(a * 0.01)", 128 }, { "log2(abs(a) + 2.0)", 128 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(*state, cases[i].expression, VYRE_FLOAT_FAST, true, cases[i].most);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_the_same_bits),
        cmocka_unit_test(exact_has_the_same_bits),
        cmocka_unit_test(without_64_bits_strict_is_near),
        cmocka_unit_test(fast_is_near_for_everyday_numbers),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
