// SPDX-License-Identifier: MIT
// Values that are not words: every operator, cast and element gives a valid module for every
// environment and memory model.
#include "check.h"
#include "values.h"

#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program) ||
        vyre_program_validate(program, vyre_validate_params(.diag = test_diag_sink(&diags))))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static void check_each(const char *format, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[2000];
        snprintf(text, sizeof text, format, parts[i]);
        struct vyre_program *program = parse(text);
        check_everywhere(program);
        vyre_program_destroy(&program);
    }
}

#define CHECK_EACH(format, parts) check_each(format, parts, sizeof(parts) / sizeof *(parts))

static void floats_are_valid(void **state)
{
    (void)state;
    CHECK_EACH(floats, float_expressions);
    CHECK_EACH(floats, transcendentals);
    CHECK_EACH(float_program, float_statements);
}

static void wide_values_are_valid(void **state)
{
    (void)state;
    CHECK_EACH(wide, wide_expressions);
    CHECK_EACH(wide_program, wide_statements);
    CHECK_EACH(small_program, small_casts);
}

static void elements_of_any_size_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof element_types / sizeof *element_types; i++) {
        for (size_t body = 0; body < sizeof element_statements / sizeof *element_statements;
             body++) {
            char inner[500], text[1000];
            snprintf(inner, sizeof inner, element_statements[body], element_types[i]);
            snprintf(text, sizeof text, element_program, element_types[i], element_types[i],
                     element_types[i], inner);
            struct vyre_program *program = parse(text);
            check_everywhere(program);
            vyre_program_destroy(&program);
        }
    }
}

// Bytes lie inside words, and stores are atomics, where the target has no storage of that size, in
// workgroup memory, and in what asynchronous copies take.
static void small_elements_are_stored_as_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool has_8, has_16;
        unsigned atomics;
    } cases[] = {
        { "buffer b : u8[8] readwrite @0\nb[gid.x] = u8(1)", false, false, 2 },
        { "buffer b : u8[8] readwrite @0\nb[gid.x] = u8(1)", false, true, 2 },
        { "buffer b : u8[8] readwrite @0\nb[gid.x] = u8(1)", true, false, 0 },
        { "buffer b : i16[8] readwrite @0\nb[gid.x] = i16(1)", true, false, 2 },
        { "buffer b : i16[8] readwrite @0\nb[gid.x] = i16(1)", false, true, 0 },
        { "buffer b : vec<u8;3>[8] readwrite @0\nb[gid.x] = b[0]", false, true, 9 },
        { "buffer b : vec<u8;3>[8] readwrite @0\nb[gid.x] = b[0]", true, false, 0 },
        { "buffer b : vec<u16;3>[8] readwrite @0\nb[gid.x] = b[0]", false, true, 0 },
        { "buffer a : u8[8] readonly @0\nbuffer b : u8[8] readwrite @1\nb[gid.x] = a[gid.x]", true,
          true, 0 },
        { "shared t : u8[8]\nbuffer b : u8[8] readwrite @0\nt[lid.x] = b[gid.x]", true, true, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vyre_program *program = parse(cases[i].text);
        struct vyre_target target;
        check_target(&target, 0, 1);
        target.storage_8bit = cases[i].has_8;
        target.storage_16bit = cases[i].has_16;
        struct vyre_module *module = NULL;
        size_t count;
        assert_result(VYRE_OK,
                      vyre_compile(program, vyre_compile_params(.target = &target), &module));
        const uint32_t *words = vyre_module_words(module, &count);
        assert_null(check_words(target.env, words, count));
        const unsigned found = check_count_words(words, count, SpvOpAtomicAnd) +
                               check_count_words(words, count, SpvOpAtomicOr) +
                               check_count_words(words, count, SpvOpAtomicLoad);
        if (found != cases[i].atomics)
            fail_msg("%u atomics, expected %u\n%s", found, cases[i].atomics, cases[i].text);
        vyre_module_destroy(&module);
        vyre_program_destroy(&program);
    }
}

// A function of the library is copied once, and only into modules that call it.
static void library_functions_are_copied_once(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        unsigned least, most;
    } cases[] = {
        { "out[gid.x] = -f[0]", 1, 1 },
        { "out[gid.x] = floor(f[0])", 2, 4 },
        { "out[gid.x] = floor(f[0]) - floor(f[1])", 2, 12 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "buffer f : f32[2] readonly @0\nbuffer out : f32[] readwrite @1\n%s\n",
                 cases[i].body);
        struct vyre_program *program = parse(text);
        assert_in_range(check_count(program, SpvOpFunction), cases[i].least, cases[i].most);
        vyre_program_destroy(&program);
    }
}

static unsigned count_for(const char *expression, const struct vyre_target *target,
                          enum vyre_float_mode mode, unsigned opcode)
{
    char text[2000];
    snprintf(text, sizeof text, floats, expression);
    struct vyre_program *program = parse(text);
    struct vyre_module *module;
    assert_result(
        VYRE_OK,
        spv_lower(program, vyre_compile_params(.target = target, .float_mode = mode), &module));
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    unsigned found = check_count_words(words, count, opcode);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    return found;
}

// An instruction of the driver is used where the target vouches for it, and in fast mode.
static void drivers_are_trusted_as_far_as_the_target_says(void **state)
{
    (void)state;
    static const struct {
        const char *expression;
        unsigned opcode;
        enum vyre_exact_float exact;
    } cases[] = {
        { "a + b", SpvOpFAdd, VYRE_EXACT_ADD },
        { "a - b", SpvOpFSub, VYRE_EXACT_ADD },
        { "a * b", SpvOpFMul, VYRE_EXACT_MUL },
        { "a / b", SpvOpFDiv, VYRE_EXACT_DIV },
        { "reciprocal(a)", SpvOpFDiv, VYRE_EXACT_DIV },
        { "f32(n)", SpvOpConvertUToF, VYRE_EXACT_CONVERT },
        { "f32(i32(n))", SpvOpConvertSToF, VYRE_EXACT_CONVERT },
        { "select(a < b, a, b)", SpvOpFOrdLessThan, VYRE_EXACT_COMPARE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vyre_target target;
        check_target(&target, 2, 1);
        const char *expression = cases[i].expression;
        const unsigned opcode = cases[i].opcode;
        assert_int_equal(count_for(expression, &target, VYRE_FLOAT_FAST, opcode), 1);
        assert_int_equal(count_for(expression, &target, VYRE_FLOAT_STRICT, opcode), 0);
        target.exact_floats = cases[i].exact;
        assert_int_equal(count_for(expression, &target, VYRE_FLOAT_STRICT, opcode), 1);
        target.exact_floats = ~(uint32_t)cases[i].exact;
        assert_int_equal(count_for(expression, &target, VYRE_FLOAT_STRICT, opcode), 0);
    }
    // The library's own arithmetic follows: exp is nothing but additions, products and a quotient.
    struct vyre_target target;
    check_target(&target, 2, 1);
    assert_int_equal(count_for("exp(a)", &target, VYRE_FLOAT_STRICT, SpvOpFMul), 0);
    target.exact_floats = VYRE_EXACT_MUL;
    assert_in_range(count_for("exp(a)", &target, VYRE_FLOAT_STRICT, SpvOpFMul), 5, 20);
    assert_int_equal(count_for("exp(a)", &target, VYRE_FLOAT_STRICT, SpvOpFAdd), 0);
    assert_int_equal(count_for("exp(a)", &target, VYRE_FLOAT_FAST, SpvOpFMul), 0);
}

// What an instruction gave is taken as it is by the next one.
static void floats_are_not_made_of_their_bits_again(void **state)
{
    (void)state;
    struct vyre_target target;
    check_target(&target, 2, 1);
    const unsigned one = count_for("a * b", &target, VYRE_FLOAT_FAST, SpvOpBitcast);
    const unsigned two = count_for("a * b * b", &target, VYRE_FLOAT_FAST, SpvOpBitcast);
    assert_int_equal(two, one + 2); // b, and the bits of the result
}

// Operands that the driver may not know for constants meet a word 0 that it does not know for one.
static void operands_are_hidden_where_the_target_says(void **state)
{
    (void)state;
    struct vyre_target target;
    check_target(&target, 2, 1);
    target.exact_floats = VYRE_EXACT_ADD | VYRE_EXACT_MUL;
    target.hidden_floats = VYRE_EXACT_MUL;
    const unsigned sum = SpvOpIAdd; // of which the hidden zero takes one
    assert_int_equal(count_for("a * b", &target, VYRE_FLOAT_STRICT, SpvOpFMul), 1);
    assert_int_equal(count_for("a * b", &target, VYRE_FLOAT_STRICT, sum), 3);
    assert_int_equal(count_for("a * 0.0", &target, VYRE_FLOAT_STRICT, sum), 3);
    assert_int_equal(count_for("a + b", &target, VYRE_FLOAT_STRICT, sum), 0);
    assert_int_equal(count_for("a * b", &target, VYRE_FLOAT_FAST, sum), 0);
    // In the library, too.
    const unsigned products = count_for("exp(a)", &target, VYRE_FLOAT_STRICT, SpvOpFMul);
    const unsigned hidden = count_for("exp(a)", &target, VYRE_FLOAT_STRICT, sum);
    target.hidden_floats = 0;
    const unsigned others = count_for("exp(a)", &target, VYRE_FLOAT_STRICT, sum);
    assert_int_equal(hidden, others + 2 * products + 1);
}

// The bits of -0 and -1 are hidden from drivers that take them for the bits of others.
static void words_are_hidden_where_a_driver_may_mix_them_up(void **state)
{
    (void)state;
    struct vyre_target target;
    check_target(&target, 2, 1);
    const unsigned hides = SpvOpBitwiseOr;
    static const struct {
        unsigned count;
        const char *expression;
    } words[] = {
        { 1, "f32(n + 0x80000000)" },
        { 1, "f32(n + 0xbf800000)" },
        { 0, "f32(n + 0x3f800000)" },
        // One of two constants, which may become others behind the choice.
        { 1, "f32(select(a < b, 0x80000000, 0x3f800000))" },
        { 1, "f32(select(a < b, 383, 0) * 0x800000)" },
        { 1, "f32(select(a < b, 0x7fffffff, 0x3f7fffff) + 1)" },
        { 1, "f32(select(a < b, n - n, 3))" },
        { 0, "f32(select(a < b, n, 3))" },
        { 0, "f32(select(a < b, 3, n + 1))" },
        { 2, "f32(u32(select(a < b, u64(n ^ n), u64(3))))" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const unsigned found = count_for(words[i].expression, &target, VYRE_FLOAT_FAST, hides);
        if (found != words[i].count)
            fail_msg("%u are hidden, not %u: %s", found, words[i].count, words[i].expression);
    }
    const char *choice = "select(a < b, -0.0, 1.0)";
    assert_int_equal(count_for(choice, &target, VYRE_FLOAT_FAST, hides), 0);
    target.exact_floats = target.hidden_floats = VYRE_EXACT_SELECT | VYRE_EXACT_COMPARE;
    assert_int_equal(count_for(choice, &target, VYRE_FLOAT_STRICT, hides), 1);
    target.hidden_floats = 0;
    assert_int_equal(count_for(choice, &target, VYRE_FLOAT_STRICT, hides), 0);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(count_for(words[i].expression, &target, VYRE_FLOAT_FAST, hides), 0);
}

static unsigned hidden_in(const char *statements)
{
    static const char buffers[] = "buffer in : u32[4] readonly @0\nbuffer o : u32[4] readwrite @1";
    char text[500];
    snprintf(text, sizeof text, "%s\n%s", buffers, statements);
    struct vyre_program *program = parse(text);
    const unsigned found = check_count(program, SpvOpBitwiseOr);
    vyre_program_destroy(&program);
    return found;
}

// A local that has constants to choose from hides them; one that only begins with one does not.
static void locals_hide_the_constants_that_they_choose_from(void **state)
{
    (void)state;
    assert_int_equal(hidden_in("let x = 0\nif in[0] > 3 { x = 383 }\no[0] = x * 0x800000"), 2);
    assert_int_equal(hidden_in("let x = 0\nif in[0] > 3 { x = x + 1 }\no[0] = x"), 1);
    assert_int_equal(hidden_in("let x = 0\nif in[0] > 3 { x = x + in[1] }\no[0] = x"), 0);
    assert_int_equal(hidden_in("let x = in[2]\nif in[0] > 3 { x = 3 }\no[0] = x"), 1);
    assert_int_equal(hidden_in("loop k in 0..2 { o[k] = select(in[k] > 3, 5, k + 1) }"), 1);
    assert_int_equal(hidden_in("loop k in in[1]..9 { o[k] = select(in[k] > 3, 5, k) }"), 0);
    assert_int_equal(hidden_in("loop k in 0..2 { let y = k * 3\no[k] = select(in[k] > 3, 5, y) }"),
                     1);
    assert_int_equal(hidden_in("{ let k = in[1]\nk = 3\no[0] = k }\n"
                               "loop k in 0..2 { o[k] = select(in[k] > 3, 5, k + 1) }"),
                     2);
    assert_int_equal(hidden_in("let x = 0\nloop k in 0..2 { x = x + k }\no[0] = x"), 1);
}

static void modules_ask_for_what_the_target_offers(void **state)
{
    (void)state;
    struct vyre_target target;
    check_target(&target, 0, 0);
    target.exact_floats = VYRE_EXACT_ADD;
    const unsigned opcode = SpvOpExecutionMode; // one is the workgroup size
    assert_int_equal(count_for("a + b", &target, VYRE_FLOAT_STRICT, opcode), 1);
    target.float_controls = VYRE_FLOAT_ROUND_TO_EVEN | VYRE_FLOAT_SUBNORMALS;
    assert_int_equal(count_for("a + b", &target, VYRE_FLOAT_STRICT, opcode), 3);
    assert_int_equal(count_for("a + b", &target, VYRE_FLOAT_FAST, opcode), 1);
    assert_int_equal(count_for("a * b", &target, VYRE_FLOAT_STRICT, opcode), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_are_valid),
        cmocka_unit_test(wide_values_are_valid),
        cmocka_unit_test(elements_of_any_size_are_valid),
        cmocka_unit_test(library_functions_are_copied_once),
        cmocka_unit_test(small_elements_are_stored_as_they_are),
        cmocka_unit_test(drivers_are_trusted_as_far_as_the_target_says),
        cmocka_unit_test(floats_are_not_made_of_their_bits_again),
        cmocka_unit_test(operands_are_hidden_where_the_target_says),
        cmocka_unit_test(words_are_hidden_where_a_driver_may_mix_them_up),
        cmocka_unit_test(locals_hide_the_constants_that_they_choose_from),
        cmocka_unit_test(modules_ask_for_what_the_target_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
