// SPDX-License-Identifier: MIT
// The interpreter and the device agree, byte for byte, on every kind of value that is not a word:
// f32, u64, f64, and elements of any size.
#include "agree.h"
#include "values.h"

#include <stdlib.h>

static void agree_on(struct vyre_device *device, const char *format, const char *expression,
                     uint32_t workgroups)
{
    char text[2000];
    int written = snprintf(text, sizeof text, format, expression);
    assert_in_range(written, 1, sizeof text - 1);
    assert_agree(device, text, workgroups, 1);
}

// ---- f32 ----------------------------------------------------------------------------------------

static void f32_on_every_pair_of_edge_values(void **state)
{
    for (size_t i = 0; i < sizeof float_expressions / sizeof *float_expressions; i++)
        agree_on(*state, floats, float_expressions[i], 16);
}

static void f32_statements(void **state)
{
    for (size_t i = 0; i < sizeof float_statements / sizeof *float_statements; i++)
        agree_on(*state, float_program, float_statements[i], 2);
}

// Half of them near each other, so that sums cancel and products do not overflow.
static uint32_t random_float(uint32_t *state, size_t word)
{
    uint32_t bits = next_random(state);
    return word & 1 ? (bits & 0x807FFFFF) | (112 + (bits >> 8) % 32) << 23 : bits;
}

// Random operands reach every exponent and every alignment of two of them.
static void agree_on_random_operands(struct vyre_device *device, const char *expression)
{
    enum { COUNT = 1 << 15 };
    static const char format[] = "workgroup 64\n"
                                 "buffer r : u32[%d] readonly @0\n"
                                 "buffer x : f32[%d] readonly @1\n"
                                 "buffer out : f32[%d] readwrite @2\n"
                                 "let u = r[gid.x]\n"
                                 "let a = x[gid.x]\n"
                                 "let b = x[(gid.x * 5 + 1) & %d]\n"
                                 "let c = x[(gid.x * 11 + 7) & %d]\n"
                                 "out[gid.x] = %s\n";
    char text[2000], why[200];
    snprintf(text, sizeof text, format, COUNT, COUNT, COUNT, COUNT - 1, COUNT - 1, expression);
    struct vyre_program *program = test_program(text);
    struct inputs inputs;
    make_inputs(&inputs, program, 1);
    vyre_program_destroy(&program);
    uint32_t random = 12345;
    for (const char *at = expression; *at; at++)
        random = random * 31 + (unsigned char)*at;
    for (size_t word = 0; word < COUNT; word++) {
        inputs.words[0][word] = next_random(&random);
        inputs.words[1][word] = random_float(&random, word);
    }
    const uint32_t grid[3] = { COUNT / 64, 1, 1 };
    struct vyre_outputs *outputs = interpret(text, &inputs, grid);
    if (!same_on_device(device, text, &inputs, outputs, grid, why))
        fail_msg("%s\n%s", why, text);
    vyre_outputs_destroy(&outputs);
    free_inputs(&inputs);
}

static void f32_on_random_operands(void **state)
{
    static const char *const expressions[] = {
        "a + b",   "a - b",         "a * b",           "a / b",
        "sqrt(a)", "reciprocal(a)", "inverse_sqrt(a)", "fma(a, b, c)",
        "f32(u)",  "f32(i32(u))",   "f32(a < b)",      "fma(a, b, -(a * b))",
    };
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        agree_on_random_operands(*state, expressions[i]);
}

static void transcendental_functions(void **state)
{
    for (size_t i = 0; i < sizeof transcendentals / sizeof *transcendentals; i++) {
        agree_on(*state, floats, transcendentals[i], 16);
        agree_on_random_operands(*state, transcendentals[i]);
    }
}

// Mesa takes the bits of -0 and -1 for those of +0 and 1 where it has to choose between the two,
// and finds out what loops, locals and arithmetic come to.
static void choices_between_constants(void **state)
{
    static const char *const statements[] = {
        "let x = 0x3f7fffff\nx = x + 1\nout[gid.x] = select(t, 0x80000000, x)",
        "out[gid.x] = select(t, 383, 0) * 0x800000",
        "out[gid.x] = select(t, 0x7fffffff, 0x3f7fffff) + 1",
        "let x = 0\nif t { x = 383 }\nout[gid.x] = x * 0x800000",
        "let x = 0x3f7fffff\nif t { x = 0x7fffffff }\nout[gid.x] = x + 1",
        "loop k in 0..2 { out[gid.x + k] = select(t, 0x7fffffff + k, 0x3f800000) }",
        "loop k in 0..2 { let z = 0xbf7fffff + k\nout[gid.x + k] = select(t, z, 0) }",
        "loop k in 0..2 { let z = 0xbf7fffff + k\nout[gid.x + k] = select(t, z, out[9] - out[9]) }",
        "loop k in 0..2 { let z = u64(0x7fffffff + k)\n"
        "out[gid.x + k] = u32(select(t, z, u64(0x3f800000))) }",
        "loop k in 0..2 { f[gid.x + k] = select(t, -0.0, f32(k)) }",
        "loop k in 0..3 { f[gid.x + k] = select(t, 0.0, f32(k) - 2.0) }",
        // A 0 that is hidden where it is chosen, and again where it is an operand.
        "let x = 0.0\nf[gid.x] = 1.0 / x\nif t { x = 4.0 }\nf[gid.x + 1] = 1.0 / x",
        "let x = 0.0\nloop k in 0..2 { f[gid.x + k] = 1.0 / (x * -2.0)\nx = 1.0 }",
        "let q = 1.0\nif t { q = -0.0 }\nf[gid.x] = q",
    };
    // On the way to either side.
    static const char format[] = "buffer e : u32[16] readonly @0\n"
                                 "buffer out : u32[40] readwrite @1\n"
                                 "buffer f : f32[40] readwrite @2\n"
                                 "let t = e[gid.x / 4] == 1\n"
                                 "if gid.x %% 4 == 0 {\n%s\n}\n";
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        agree_on(*state, format, statements[i], 8);
}

// ---- u64 and f64 --------------------------------------------------------------------------------

static void u64_on_edge_values(void **state)
{
    for (size_t i = 0; i < sizeof wide_expressions / sizeof *wide_expressions; i++)
        agree_on(*state, wide, wide_expressions[i], 16);
}

static void u64_by_pairs_of_words(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(&(const struct vyre_pretend){ .no_int64 = true });
    for (size_t i = 0; i < sizeof wide_expressions / sizeof *wide_expressions; i++)
        agree_on(device, wide, wide_expressions[i], 16);
    test_device_done(&device);
}

static void elements_of_64_bits(void **state)
{
    for (size_t i = 0; i < sizeof wide_statements / sizeof *wide_statements; i++)
        agree_on(*state, wide_program, wide_statements[i], 1);
}

// ---- Elements of other sizes --------------------------------------------------------------------

static void elements_on(struct vyre_device *device)
{
    for (size_t i = 0; i < sizeof element_types / sizeof *element_types; i++) {
        for (size_t body = 0; body < sizeof element_statements / sizeof *element_statements;
             body++) {
            char inner[500], text[1000];
            snprintf(inner, sizeof inner, element_statements[body], element_types[i]);
            snprintf(text, sizeof text, element_program, element_types[i], element_types[i],
                     element_types[i], inner);
            assert_agree(device, text, 1, 1);
        }
    }
}

static void elements_of_any_size(void **state)
{
    elements_on(*state);
}

static void casts_of_small_integers(void **state)
{
    for (size_t i = 0; i < sizeof small_casts / sizeof *small_casts; i++)
        agree_on(*state, small_program, small_casts[i], 2);
    // Stores keep the low bytes.
    agree_on(*state,
             "workgroup 32\n"
             "buffer w : u32[] readonly @0\n"
             "buffer b : u8[100] readwrite @1\n"
             "buffer h : i16[50] readwrite @2\n"
             "buffer v : vec4<u32>[10] readwrite @3\n"
             "buffer x : i64[40] readwrite @4\n"
             "b[gid.x] = %s\n"
             "h[gid.x] = i16(w[gid.x])\n"
             "v[gid.x] = cast<vec4<u32>>(i32(w[gid.x]))\n"
             "x[gid.x] = i64(i32(w[gid.x]))\n",
             "u8(w[gid.x])", 2);
}

// Neighbours of a byte are written by other invocations at the same time.
static void keep_bytes_on(struct vyre_device *device)
{
    agree_on(device,
             "workgroup 64\n"
             "buffer b : u8[4096] readwrite @0\n"
             "buffer h : u16[4096] readwrite @1\n"
             "shared t : u8[64]\n"
             "t[lid.x] = %s\n"
             "b[gid.x] = u8(gid.x * 7)\n"
             "h[gid.x ^ 1] = u16(gid.x * 77)\n"
             "barrier\n"
             "b[gid.x] = t[lid.x ^ 3]\n",
             "u8(gid.x * 3)", 64);
}

static void no_byte_is_lost(void **state)
{
    keep_bytes_on(*state);
}

static void the_same_without_small_storage(void **state)
{
    (void)state;
    struct vyre_device *device =
        test_device(&(const struct vyre_pretend){ .no_small_storage = true });
    elements_on(device);
    keep_bytes_on(device);
    test_device_done(&device);
}

static void a_planted_difference_is_found(void **state)
{
    char why[200];
    const char *right = "workgroup 32\nbuffer f : f32[32] readonly @0\n"
                        "buffer out : f32[32] readwrite @1\nout[gid.x] = f[gid.x] * 0.5";
    const char *wrong = "workgroup 32\nbuffer f : f32[32] readonly @0\n"
                        "buffer out : f32[32] readwrite @1\nout[gid.x] = f[gid.x] * 0.50000006";
    assert_true(agree(*state, right, right, 1, 1, why));
    assert_false(agree(*state, right, wrong, 1, 1, why));
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f32_on_every_pair_of_edge_values),
        cmocka_unit_test(f32_statements),
        cmocka_unit_test(f32_on_random_operands),
        cmocka_unit_test(transcendental_functions),
        cmocka_unit_test(choices_between_constants),
        cmocka_unit_test(u64_on_edge_values),
        cmocka_unit_test(u64_by_pairs_of_words),
        cmocka_unit_test(elements_of_64_bits),
        cmocka_unit_test(elements_of_any_size),
        cmocka_unit_test(casts_of_small_integers),
        cmocka_unit_test(no_byte_is_lost),
        cmocka_unit_test(the_same_without_small_storage),
        cmocka_unit_test(a_planted_difference_is_found),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
