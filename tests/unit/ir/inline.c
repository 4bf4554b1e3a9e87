// SPDX-License-Identifier: MIT
// Bodies of ops in place of their calls: the result computes what the calls would, in their order.
#include "test.h"

#include "base/memory.h"
#include "ir/model.h"

#include <stdlib.h>
#include <vyre/interpret.h>
#include <vyre/registry.h>

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static enum vyre_result add(struct vyre_registry *registry, const char *id, const char *const *in,
                            size_t count, const char *out, const char *body,
                            struct test_diags *diags)
{
    struct vyre_op_operand inputs[4];
    const struct vyre_op_operand output = { out, NULL };
    for (size_t i = 0; i < count; i++)
        inputs[i] = (struct vyre_op_operand){ in[i], NULL };
    struct vyre_program *program = parse(body);
    enum vyre_result result = vyre_registry_add_op(
        registry,
        vyre_op_params(.id = id, .inputs = inputs, .input_count = count, .outputs = &output,
                       .output_count = 1, .program = program, .diag = test_diag_sink(diags)));
    vyre_program_destroy(&program);
    return result;
}

static const char *const words[] = { "u32", "u32" };

static void must_add(struct vyre_registry *registry, const char *id, const char *const *in,
                     size_t count, const char *out, const char *body)
{
    struct test_diags diags = { 0 };
    if (add(registry, id, in, count, out, body, &diags))
        fail_msg("%s\n%s", diags.text, body);
}

// mad(a, b) = a * 10 + b; clamp(a) = min(a, 7) by a branch; sum(n) = 0 + 1 + ... + n - 1; sign(f);
// odd, whose indices are not literals; twice, which calls mad.
static struct vyre_registry *ops(void)
{
    static const char *const real[] = { "f32" };
    struct vyre_registry *registry;
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    must_add(registry, "mad", words, 2, "u32",
             // Arguments are ordered by binding, not by declaration.
             "buffer b : u32[1] readonly @5\nbuffer a : u32[1] uniform @2\n"
             "buffer out : u32[1] readwrite @9 output\nlet x = a[0] * 10\nout[0] = x + b[0]\n");
    must_add(registry, "clamp", words, 1, "u32",
             "buffer a : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
             "let x = a[0]\nif x > 7 {\n out[0] = 7\n} else {\n out[0] = x\n}\n");
    must_add(registry, "sum", words, 1, "u32",
             "buffer n : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
             "loop i in 0..n[0] {\n out[0] = out[0] + i\n}\n");
    must_add(registry, "sign", real, 1, "i32",
             "buffer a : f32[1] readonly @0\nbuffer out : i32[1] readwrite @1 output\n"
             "out[0] = select(a[0] < 0.0, -1i, select(a[0] > 0.0, 1i, 0i))\n");
    must_add(registry, "odd", words, 1, "u32",
             "buffer a : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
             "out[a[0]] = 5\nout[a[0] + 1] = 6\nout[0] = out[0] + a[a[0]] * 100 + len(a) * 1000\n");
    must_add(registry, "twice", words, 1, "u32",
             "buffer a : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
             "let x = call \"mad\"(a[0], call \"clamp\"(a[0]))\nout[0] = call \"mad\"(x, x)\n");
    vyre_registry_freeze(registry);
    return registry;
}

static void assert_runs(const struct vyre_program *program, const struct vyre_registry *registry,
                        const uint32_t *expected, size_t count)
{
    struct test_diags diags = { 0 };
    struct vyre_outputs *outputs;
    enum vyre_result result = vyre_interpret(
        program, vyre_interpret_params(.registry = registry, .diag = test_diag_sink(&diags)),
        &outputs);
    if (result)
        fail_msg("%s %s", vyre_result_name(result), diags.text);
    struct vyre_bytes bytes = vyre_outputs_get(outputs, 0, NULL);
    assert_int_equal(bytes.size, 4 * count);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)bytes.data + 4 * i, 4);
        if (word != expected[i])
            fail_msg("word %zu is %u, expected %u", i, word, expected[i]);
    }
    vyre_outputs_destroy(&outputs);
}

// The interpreter puts bodies in place itself, and the public call gives a program that needs no
// registry, that is valid, and that means the same after a trip through its text.
static void assert_means(const char *text, const uint32_t *expected, size_t count)
{
    struct vyre_registry *registry = ops();
    struct vyre_program *program = parse(text);
    struct vyre_program *inlined;
    struct test_diags diags = { 0 };
    assert_runs(program, registry, expected, count);
    assert_result(VYRE_OK, vyre_registry_inline(registry, program, NULL, 0, test_diag_sink(&diags),
                                                &inlined));
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
    char *printed;
    assert_result(VYRE_OK, vyre_program_print(inlined, &printed, NULL));
    if (strstr(printed, "call \""))
        fail_msg("%s", printed);
    if (vyre_program_validate(inlined, vyre_validate_params(.diag = test_diag_sink(&diags))))
        fail_msg("%s\n%s", diags.text, printed);
    assert_runs(inlined, NULL, expected, count);
    vyre_program_destroy(&inlined);
    program = parse(printed);
    assert_runs(program, NULL, expected, count);
    vyre_free(printed);
    vyre_program_destroy(&program);
}

#define OUT(count) "buffer out : u32[" #count "] readwrite @0 output\n"
#define WORDS(...) ((const uint32_t[]){ __VA_ARGS__ })
#define assert_program(text, ...)                                                                  \
    assert_means((text), WORDS(__VA_ARGS__), sizeof WORDS(__VA_ARGS__) / sizeof(uint32_t))

static void bodies_compute_what_calls_would(void **state)
{
    (void)state;
    assert_program(OUT(1) "out[0] = call \"mad\"(3, 4)", 34);
    assert_program(OUT(2) "out[gid.x] = call \"clamp\"(gid.x * 9 + 2)", 2, 7);
    assert_program(OUT(5) "out[gid.x] = call \"sum\"(gid.x) + 1", 1, 1, 2, 4, 7);
    assert_program(OUT(1) "out[0] = u32(cast<i32>(call \"sign\"(-2.5)))", 0xFFFFFFFF);
    assert_program(OUT(1) "out[0] = call \"mad\"(call \"mad\"(1, 2), call \"clamp\"(9))", 127);
    // mad(4, 4) = 44, mad(44, 44) = 484
    assert_program(OUT(1) "out[0] = call \"twice\"(4)", 484);
}

// What is outside the one element of an argument is 0, and a store there is dropped.
static void arguments_have_one_element(void **state)
{
    (void)state;
    assert_program(OUT(3) "out[gid.x] = call \"odd\"(gid.x)", 1005, 1000, 1000);
}

static void calls_stand_anywhere(void **state)
{
    (void)state;
    assert_program(OUT(4) "if call \"clamp\"(gid.x) == 2 {\n out[gid.x] = 9\n} else if "
                          "call \"sum\"(gid.x) == 3 {\n out[gid.x] = 8\n}",
                   0, 0, 9, 8);
    assert_program(OUT(1) "loop i in call \"clamp\"(1)..call \"mad\"(0, 4) {\n"
                          " out[0] = call \"mad\"(out[0], i)\n}",
                   123);
    assert_program(OUT(4) "out[call \"clamp\"(gid.x)] = call \"mad\"(gid.x, 1)", 1, 11, 21, 31);
    assert_program(OUT(1) "let x = 1\nx = call \"mad\"(x, call \"mad\"(x, x))\n"
                          "out[0] = select(x == 21, 1, call \"clamp\"(2))",
                   1);
}

// Loads and atomics before a call happen before its arguments are evaluated, those after it later.
static void the_order_of_evaluation_stays(void **state)
{
    (void)state;
    struct vyre_registry *registry = ops();
    struct vyre_program *program = parse(
        "buffer c : u32[8] readwrite @0 output\nif gid.x == 0 {\n"
        "atomic_store.relaxed(c[1], atomic_add(c[0], 1) * 1000 + "
        "call \"mad\"(atomic_add(c[0], 1), atomic_add(c[0], 1)) * 10 + atomic_add(c[0], 1))\n"
        "atomic_store.relaxed(c[2 + atomic_exchange(c[0], 1)], call \"clamp\"(atomic_add(c[0], "
        "1)))\n}\n");
    // 0 * 1000 + (1 * 10 + 2) * 10 + 3; then c[0] is 4: c[6] = clamp(1)
    assert_runs(program, registry, WORDS(2, 123, 0, 0, 0, 0, 1, 0), 8);
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

static void names_do_not_meet(void **state)
{
    (void)state;
    assert_program(OUT(1) "let __vyre_inline_0_result0 = 1\nlet __vyre_inline_7_local_x = 2\n"
                          "let x = call \"mad\"(__vyre_inline_0_result0, __vyre_inline_7_local_x)\n"
                          "out[0] = x + __vyre_inline_7_local_x",
                   14);
}

// ---- What stays ---------------------------------------------------------------------------------

static enum vyre_result seven(void *cookie, const uint8_t *arguments, size_t size,
                              struct vyre_op_result *result)
{
    (void)cookie;
    (void)arguments;
    (void)size;
    return vyre_op_result_append(result, "\7", 1);
}

static void evaluations_and_capabilities_come_first(void **state)
{
    (void)state;
    static const struct vyre_op_operand word = { "u32", NULL };
    struct vyre_registry *registry;
    struct vyre_program *inlined;
    struct vyre_program *body = parse(OUT(1) "out[0] = 5");
    struct vyre_program *program = parse(OUT(2) "out[0] = call \"both\"()\nout[1] = 1\n");
    struct vyre_program *gifted = parse(OUT(1) "out[0] = call \"gifted\"()");
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    assert_result(VYRE_OK,
                  vyre_registry_add_op(registry, vyre_op_params(.id = "both", .outputs = &word,
                                                                .output_count = 1, .program = body,
                                                                .evaluate = seven)));
    assert_result(VYRE_OK,
                  vyre_registry_add_op(registry, vyre_op_params(.id = "gifted", .outputs = &word,
                                                                .output_count = 1, .program = body,
                                                                .capability = "sight")));
    vyre_program_destroy(&body); // the registry has its own reference
    // The interpreter evaluates where it can; a compiler takes the body.
    assert_runs(program, registry, WORDS(7, 1), 2);
    assert_result(VYRE_OK, vyre_registry_inline(registry, program, NULL, 0, NULL, &inlined));
    assert_runs(inlined, NULL, WORDS(5, 1), 2);
    vyre_program_destroy(&inlined);
    // Without the capability the call stays, and the program is the same.
    assert_result(VYRE_OK, vyre_registry_inline(registry, gifted, NULL, 0, NULL, &inlined));
    assert_ptr_equal(inlined, gifted);
    vyre_program_destroy(&inlined);
    struct vyre_outputs *outputs;
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_interpret(gifted, vyre_interpret_params(.registry = registry), &outputs));
    static const char *const sight[] = { "sight" };
    assert_result(VYRE_OK, vyre_registry_inline(registry, gifted, sight, 1, NULL, &inlined));
    assert_runs(inlined, NULL, WORDS(5), 1);
    vyre_program_destroy(&inlined);
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_registry_inline(registry, NULL, NULL, 0, NULL, &inlined));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_registry_inline(registry, gifted, NULL, 1, NULL, &inlined));
    vyre_program_destroy(&gifted);
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

// ---- Refusals -----------------------------------------------------------------------------------

static void bodies_that_do_more_than_compute(void **state)
{
    (void)state;
#define BODY "buffer a : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
    static const char *const bodies[] = {
        "buffer out : u32[1] readwrite @1 output\nout[0] = 1", // no argument
        BODY "buffer b : u32[1] readonly @2\nout[0] = 1",      // one too many
        "buffer a : u32[1] readonly @0\n",                     // no result
        BODY "buffer b : u32[1] readwrite @2\nout[0] = 1",     // another buffer
        BODY "shared t : u32[1]\nout[0] = 1",                  // shared memory
        "buffer a : u32[2] readonly @0\nbuffer out : u32[1] readwrite @1 output\nout[0] = 1",
        "buffer a : f32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\nout[0] = 1",
        "buffer a : u32[1] readonly @0\nbuffer out : u64[1] readwrite @1 output\n",
        BODY "out[0] = gid.x",
        BODY "out[0] = wid.y",
        BODY "out[0] = lid.z",
        BODY "out[0] = atomic_add(out[0], 1)",
        BODY "out[0] = param(0)",
        BODY "out[0] = uniform_load(a[0])",
        BODY "out[0] = 1\nreturn",
        BODY "barrier",
        BODY "trap(1, \"t\")",
        BODY "if a[0] {\n async_load(a, out, 0, 4, \"t\")\n}",
        BODY "out = 1",    // assigns a buffer
        BODY "out[0] = x", // not valid
        BODY "out[0] = call \"unknown\"(1)",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct vyre_registry *registry;
        struct test_diags diags = { 0 };
        assert_result(VYRE_OK, vyre_registry_create(&registry));
        enum vyre_result result = add(registry, "op", words, 1, "u32", bodies[i], &diags);
        if (result != VYRE_ERR_INVALID_ARGUMENT || !strstr(diags.text, "O004"))
            fail_msg("%s %s\n%s", vyre_result_name(result), diags.text, bodies[i]);
        assert_int_equal(vyre_registry_op_count(registry), 0);
        vyre_registry_destroy(&registry);
    }
}

static enum vyre_result inline_last(struct vyre_registry *registry, unsigned last,
                                    struct test_diags *diags)
{
    char text[100];
    struct vyre_program *inlined = NULL;
    snprintf(text, sizeof text, OUT(1) "out[0] = call \"op%u\"(1)", last);
    struct vyre_program *program = parse(text);
    enum vyre_result result =
        vyre_registry_inline(registry, program, NULL, 0, test_diag_sink(diags), &inlined);
    if (result == VYRE_OK)
        assert_runs(inlined, NULL, WORDS(1), 1);
    assert_true((result == VYRE_OK) == (inlined != NULL));
    vyre_program_destroy(&inlined);
    vyre_program_destroy(&program);
    return result;
}

// Each op calls the one before it, once or twice: deep, or exponentially large.
static void growth_is_bounded(void **state)
{
    (void)state;
    for (unsigned calls = 1; calls <= 2; calls++) {
        struct vyre_registry *registry;
        assert_result(VYRE_OK, vyre_registry_create(&registry));
        must_add(registry, "op0", words, 1, "u32", BODY "out[0] = a[0]");
        for (unsigned i = 1; i < 40; i++) {
            char id[16], body[300];
            snprintf(id, sizeof id, "op%u", i);
            snprintf(body, sizeof body,
                     calls == 1 ? BODY "out[0] = call \"op%u\"(a[0])"
                                : BODY "out[0] = min(call \"op%u\"(a[0]), call \"op%u\"(a[0]))",
                     i - 1, i - 1);
            must_add(registry, id, words, 1, "u32", body);
        }
        struct test_diags diags = { 0 };
        assert_result(VYRE_OK, inline_last(registry, 5, &diags));
        assert_result(VYRE_ERR_LIMIT, inline_last(registry, 39, &diags));
        assert_non_null(strstr(diags.text, "O005"));
        vyre_registry_destroy(&registry);
    }
}

static void errors_name_the_call(void **state)
{
    (void)state;
    struct vyre_registry *registry;
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    static const char *const ints[] = { "i32" };
    must_add(registry, "div", ints, 1, "i32",
             "buffer a : i32[1] readonly @0\nbuffer out : i32[1] readwrite @1 output\n"
             "\n\n\nout[0] = 1i / a[0]");
    struct vyre_program *program =
        parse(OUT(1) "let x = 0i\nout[0] = 1\nlet y = call \"div\"(x)\n");
    struct vyre_outputs *outputs;
    struct test_diags diags = { 0 };
    assert_result(
        VYRE_ERR_EXECUTION,
        vyre_interpret(program,
                       vyre_interpret_params(.registry = registry, .diag = test_diag_sink(&diags)),
                       &outputs));
    assert_int_equal(strncmp(diags.text, "X015", 4), 0);
    struct vyre_program *inlined;
    assert_result(VYRE_OK, vyre_registry_inline(registry, program, NULL, 0, NULL, &inlined));
    // The text that positions refer to lives with the result.
    vyre_program_destroy(&program);
    assert_string_equal(inlined->source_name, "test");
    assert_true(inlined->source_size > 0 && inlined->source_text[0] == 'b');
    vyre_program_destroy(&inlined);
    vyre_registry_destroy(&registry);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    struct vyre_registry *registry = ops();
    struct vyre_program *program =
        parse(OUT(1) "out[0] = out[0] + call \"twice\"(call \"odd\"(3)) * call \"sum\"(2)");
    for (uint64_t nth = 1;; nth++) {
        struct vyre_program *inlined;
        memory_fail_nth(nth);
        enum vyre_result result = vyre_registry_inline(registry, program, NULL, 0, NULL, &inlined);
        if (memory_fail_nth(0) < nth) {
            assert_result(VYRE_OK, result);
            vyre_program_destroy(&inlined);
            break;
        }
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_null(inlined);
    }
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_compute_what_calls_would),
        cmocka_unit_test(arguments_have_one_element),
        cmocka_unit_test(calls_stand_anywhere),
        cmocka_unit_test(the_order_of_evaluation_stays),
        cmocka_unit_test(names_do_not_meet),
        cmocka_unit_test(evaluations_and_capabilities_come_first),
        cmocka_unit_test(bodies_that_do_more_than_compute),
        cmocka_unit_test(growth_is_bounded),
        cmocka_unit_test(errors_name_the_call),
        cmocka_unit_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
