// SPDX-License-Identifier: MIT
// Calls of ops: what an evaluation sees and gives, and every way in which a call is refused.
#include "run.h"

#include "base/memory.h"

#include <vyre/registry.h>

#define OUT "buffer out : u32[1] readwrite @0 output\n"

struct seen {
    uint8_t bytes[64];
    size_t size;
    unsigned calls;
};

static enum vyre_result note(void *cookie, const uint8_t *arguments, size_t size,
                             struct vyre_op_result *result)
{
    struct seen *seen = cookie;
    seen->calls++;
    seen->size = size;
    memcpy(seen->bytes, arguments, size < sizeof seen->bytes ? size : sizeof seen->bytes);
    return vyre_op_result_append(result, "\x2a", 1); // the rest of a word is zero
}

static enum vyre_result copy(void *cookie, const uint8_t *arguments, size_t size,
                             struct vyre_op_result *result)
{
    (void)cookie;
    enum vyre_result first = vyre_op_result_append(result, arguments, size / 2);
    return first ? first : vyre_op_result_append(result, arguments + size / 2, size - size / 2);
}

// Gives as many bytes as the cookie says, all of them 7.
static enum vyre_result flood(void *cookie, const uint8_t *arguments, size_t size,
                              struct vyre_op_result *result)
{
    static uint8_t block[4096];
    (void)arguments;
    (void)size;
    memset(block, 7, sizeof block);
    for (size_t left = *(const size_t *)cookie; left > 0;) {
        size_t some = left < sizeof block ? left : sizeof block;
        enum vyre_result said = vyre_op_result_append(result, block, some);
        if (said)
            return said;
        left -= some;
    }
    return VYRE_OK;
}

static enum vyre_result fails(void *cookie, const uint8_t *arguments, size_t size,
                              struct vyre_op_result *result)
{
    (void)cookie;
    (void)arguments;
    (void)size;
    // What an op appended does not matter when it fails.
    enum vyre_result said = vyre_op_result_append(result, "1234", 4);
    return said ? said : VYRE_ERR_IO;
}

static const struct vyre_op_operand word = { "u32", NULL };
static const struct vyre_op_operand some_bytes = { "bytes", NULL };

static struct vyre_registry *registry_of(const struct vyre_op_params *ops, size_t count)
{
    struct vyre_registry *registry;
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    for (size_t i = 0; i < count; i++)
        assert_result(VYRE_OK, vyre_registry_add_op(registry, &ops[i]));
    vyre_registry_freeze(registry);
    return registry;
}

static void arguments_are_packed_by_their_types(void **state)
{
    (void)state;
    static const struct vyre_op_operand inputs[] = {
        { "u32", NULL }, { "u8", NULL },   { "u64", NULL },       { "i32", NULL },
        { "f32", NULL }, { "bool", NULL }, { "vec2<u32>", NULL },
    };
    struct seen seen = { .calls = 0 };
    const struct vyre_op_params op = {
        .id = "note",
        .inputs = inputs,
        .input_count = 7,
        .outputs = &word,
        .output_count = 1,
        .evaluate = note,
        .cookie = &seen,
    };
    struct vyre_registry *registry = registry_of(&op, 1);
    assert_words_with(OUT "out[0] = call \"note\"(0x04030201, cast<u8>(0x105), "
                          "cast<u64>(7), -2i, 1.1, true, cast<vec2<u32>>(9))",
                      (struct vyre_interpret_params){ .registry = registry }, WORDS(42), 1);
    // The f32 is the low half of a binary64, and a vec2 is one byte, both as the original has it.
    static const uint8_t expected[] = {
        1, 2, 3, 4, 5, 7, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0xa0, 1, 9,
    };
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.size, sizeof expected);
    assert_memory_equal(seen.bytes, expected, sizeof expected);
    vyre_registry_destroy(&registry);
}

static void results_have_the_declared_type(void **state)
{
    (void)state;
    static const struct vyre_op_operand types[] = { { "i32", NULL }, { "f32", NULL } };
    static size_t three = 3;
    const struct vyre_op_params ops[] = {
        { .id = "word",
          .inputs = &word,
          .input_count = 1,
          .outputs = &word,
          .output_count = 1,
          .evaluate = copy },
        { .id = "int",
          .inputs = &word,
          .input_count = 1,
          .outputs = &types[0],
          .output_count = 1,
          .evaluate = copy },
        { .id = "float",
          .inputs = &word,
          .input_count = 1,
          .outputs = &types[1],
          .output_count = 1,
          .evaluate = copy },
        { .id = "three",
          .outputs = &some_bytes,
          .output_count = 1,
          .evaluate = flood,
          .cookie = &three },
    };
    struct vyre_registry *registry = registry_of(ops, 4);
    const struct vyre_interpret_params params = { .registry = registry };
    assert_words_with(OUT "out[0] = call \"word\"(5) + 1", params, WORDS(6), 1);
    assert_words_with(OUT "out[0] = u32(cast<i32>(call \"int\"(0xffffffff)) < 0i)", params,
                      WORDS(1), 1);
    assert_words_with(OUT "out[0] = u32(cast<f32>(call \"float\"(0x40600000)) * 2.0)", params,
                      WORDS(7), 1);
    assert_words_with(OUT "out[0] = call \"three\"()", params, WORDS(0x070707), 1);
    assert_fails_with(OUT "out[0] = call \"three\"() + 1", params, VYRE_ERR_EXECUTION, "X013");
    vyre_registry_destroy(&registry);
}

static void long_results_are_byte_strings(void **state)
{
    (void)state;
    static size_t size = 100;
    const struct vyre_op_params op = {
        .id = "flood", .outputs = &some_bytes, .output_count = 1, .evaluate = flood, .cookie = &size
    };
    struct vyre_registry *registry = registry_of(&op, 1);
    const struct vyre_interpret_params params = { .registry = registry };
    assert_words_with("buffer out : bytes[12] readwrite @0 output bytes_extraction\n"
                      "let x = call \"flood\"()\nout[6] = x\n",
                      params, WORDS(0, 0x07070000, 0x07070707), 3);
    assert_words_with(OUT "if call \"flood\"() {\nout[0] = 1 }", params, WORDS(1), 1);
    assert_fails_with(OUT "out[call \"flood\"()] = 1", params, VYRE_ERR_EXECUTION, "X016");
    vyre_registry_destroy(&registry);
}

// Garbage is collected: a thousand results of 1 MiB fit a limit of 8 MiB, but all of them at once
// do not, and the limit is told apart from a failure of the op.
static void results_are_bounded(void **state)
{
    (void)state;
    static size_t size = 1 << 20;
    const struct vyre_op_params op = {
        .id = "flood", .outputs = &some_bytes, .output_count = 1, .evaluate = flood, .cookie = &size
    };
    struct vyre_registry *registry = registry_of(&op, 1);
    struct vyre_interpret_params params = { .registry = registry, .memory_limit = 8 << 20 };
    size = 1 << 20;
    assert_words_with(OUT "let keep = call \"flood\"()\nloop i in 0..1000 {\n"
                          "let x = call \"flood\"()\n}\nout[0] = select(keep, 1, 0)",
                      params, WORDS(1), 1);
    assert_fails_with("workgroup 64\n" OUT "let x = call \"flood\"()\nout[0] = 1", params,
                      VYRE_ERR_LIMIT, "X005");
    size = (64 << 20) + 1;
    params.memory_limit = 0;
    assert_fails_with(OUT "let x = call \"flood\"()\nout[0] = 1", params, VYRE_ERR_LIMIT, "X005");
    // Steps are taken for the bytes that are copied.
    size = 1 << 20;
    params.step_limit = 10000;
    assert_fails_with(OUT "let x = call \"flood\"()\nout[0] = 1", params, VYRE_ERR_LIMIT, "X006");
    vyre_registry_destroy(&registry);
}

static void calls_that_cannot_be_made(void **state)
{
    (void)state;
    struct seen seen = { .calls = 0 };
    const struct vyre_op_params ops[] = {
        { .id = "fails",
          .inputs = &word,
          .input_count = 1,
          .outputs = &word,
          .output_count = 1,
          .evaluate = fails },
        { .id = "deaf", .outputs = &word, .output_count = 1 },
        { .id = "gifted",
          .outputs = &word,
          .output_count = 1,
          .capability = "second_sight",
          .evaluate = note,
          .cookie = &seen },
    };
    struct vyre_registry *registry = registry_of(ops, 3);
    struct vyre_interpret_params params = { .registry = registry };
    assert_fails(OUT "out[0] = call \"fails\"(1)", "X029");
    assert_fails_with(OUT "out[0] = call \"unknown\"(1)", params, VYRE_ERR_INVALID_PROGRAM, "V016");
    assert_fails_with(OUT "out[0] = call \"fails\"(1)", params, VYRE_ERR_EXECUTION, "X032");
    assert_fails_with(OUT "out[0] = call \"fails\"(u32(-1i / (0i + 0i)))", params,
                      VYRE_ERR_EXECUTION, "X015");
    // A program is refused for what it may call, not for what it happens to call.
    assert_fails_with(OUT "if false {\nout[0] = call \"deaf\"() }", params, VYRE_ERR_UNSUPPORTED,
                      "X031");
    assert_fails_with(OUT "if false {\nout[0] = call \"gifted\"() }", params, VYRE_ERR_UNSUPPORTED,
                      "X030");
    static const char *const wrong[] = { "sight", NULL, "second_sight " };
    params.capabilities = wrong;
    params.capability_count = 3;
    assert_fails_with(OUT "out[0] = call \"gifted\"()", params, VYRE_ERR_UNSUPPORTED, "X030");
    assert_int_equal(seen.calls, 0);
    static const char *const right[] = { "sight", "second_sight" };
    params.capabilities = right;
    params.capability_count = 2;
    assert_words_with(OUT "out[0] = call \"gifted\"()", params, WORDS(42), 1);
    assert_int_equal(seen.calls, 1);
    vyre_registry_destroy(&registry);
}

static void keep_fix(void *user, const struct vyre_diag *diag)
{
    char *text = user;
    snprintf(text, 600, "%s | %s", diag->text, diag->fix);
}

static void a_refusal_names_op_backend_and_provider(void **state)
{
    (void)state;
    char text[600] = "";
    const struct vyre_diag_sink sink = { keep_fix, text };
    struct vyre_registry *registry;
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    assert_result(VYRE_OK, vyre_registry_add_standard_ops(registry, NULL));
    struct vyre_program *program =
        run_parse(OUT "out[0] = call \"io.dma_from_nvme\"(3i, cast<u64>(0), cast<u64>(4096))");
    struct vyre_outputs *outputs;
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_interpret(program,
                                 vyre_interpret_params(.registry = registry, .diag = &sink),
                                 &outputs));
    assert_non_null(strstr(text, "io.dma_from_nvme"));
    assert_non_null(strstr(text, "nvme_dma"));
    assert_non_null(strstr(text, "the interpreter"));
    assert_non_null(strstr(text, "by a runtime"));
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    static size_t size = 100;
    const struct vyre_op_params op = { .id = "flood",
                                       .inputs = &word,
                                       .input_count = 1,
                                       .outputs = &some_bytes,
                                       .output_count = 1,
                                       .evaluate = flood,
                                       .cookie = &size };
    struct vyre_registry *registry = registry_of(&op, 1);
    struct vyre_program *program =
        run_parse("buffer out : bytes[12] readwrite @0 output bytes_extraction\n"
                  "let x = call \"flood\"(1)\nout[6] = x\n");
    for (uint64_t nth = 1;; nth++) {
        struct vyre_outputs *outputs;
        memory_fail_nth(nth);
        enum vyre_result result =
            vyre_interpret(program, vyre_interpret_params(.registry = registry), &outputs);
        if (memory_fail_nth(0) < nth) {
            assert_result(VYRE_OK, result);
            vyre_outputs_destroy(&outputs);
            break;
        }
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_null(outputs);
    }
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_packed_by_their_types),
        cmocka_unit_test(results_have_the_declared_type),
        cmocka_unit_test(long_results_are_byte_strings),
        cmocka_unit_test(results_are_bounded),
        cmocka_unit_test(calls_that_cannot_be_made),
        cmocka_unit_test(a_refusal_names_op_backend_and_provider),
        cmocka_unit_test(any_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
