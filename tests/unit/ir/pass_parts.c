// SPDX-License-Identifier: MIT
// Passes that need more than a program, or give more than one: calls are inlined with a registry
// that resolves them, and a split at barriers of the grid gives parts, over which later passes go.
#include "test.h"

#include "base/memory.h"
#include "ir/model.h"

#include <vyre/transform.h>

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { .size = 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static void assert_text(const struct vyre_program *program, const char *expected)
{
    char *text = NULL;
    assert_result(VYRE_OK, vyre_program_print(program, &text, NULL));
    assert_string_equal(text, expected);
    vyre_free(text);
}

// double(a) = a + a, and able, the same with a capability.
static struct vyre_registry *ops(void)
{
    static const struct vyre_op_operand word = { "u32", NULL };
    struct vyre_registry *registry;
    struct vyre_program *body =
        parse("buffer a : u32[1] readonly @0\nbuffer out : u32[1] readwrite @1 output\n"
              "out[0] = a[0] + a[0]\n");
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    for (unsigned i = 0; i < 2; i++)
        assert_result(
            VYRE_OK,
            vyre_registry_add_op(
                registry, vyre_op_params(.id = i ? "able" : "double", .inputs = &word,
                                         .input_count = 1, .outputs = &word, .output_count = 1,
                                         .program = body, .capability = i ? "magic" : NULL)));
    vyre_registry_freeze(registry);
    vyre_program_destroy(&body);
    return registry;
}

static const char *const inline_only[] = { "inline" };

static void calls_are_resolved_by_the_registry(void **state)
{
    (void)state;
    static const char *const magic[] = { "magic" };
    static const char *const both[] = { "inline", "fold", "cse", "dead" };
    struct vyre_registry *registry = ops();
    struct vyre_program *program = parse("buffer in : u32[] readonly @0\n"
                                         "buffer out : u32[] readwrite @1\n"
                                         "out[0] = call \"double\"(in[0])\n");
    struct vyre_program *able = parse("buffer out : u32[] readwrite @1\n"
                                      "out[0] = call \"able\"(1)\n");
    struct vyre_program *made;
    assert_result(VYRE_OK, vyre_program_transform(program,
                                                  vyre_transform_params(.passes = inline_only,
                                                                        .pass_count = 1,
                                                                        .registry = registry),
                                                  &made));
    assert_text(made, "workgroup 1\nbuffer in : u32[] readonly @0\n"
                      "buffer out : u32[] readwrite @1\n\n"
                      "let __vyre_inline_0_argument0 = in[0]\n"
                      "let __vyre_inline_0_result0 = 0\n"
                      "{\n    region \"vyre.program.root\" {\n"
                      "        __vyre_inline_0_result0 = u32(__vyre_inline_0_argument0 + "
                      "__vyre_inline_0_argument0)\n    }\n}\n"
                      "out[0] = __vyre_inline_0_result0\n");
    vyre_program_destroy(&made);
    // Nothing resolves it, or it needs what is not there: the program as it is.
    assert_result(
        VYRE_OK,
        vyre_program_transform(
            program, vyre_transform_params(.passes = inline_only, .pass_count = 1), &made));
    assert_ptr_equal(made, program);
    vyre_program_destroy(&made);
    struct vyre_transform_params params = {
        .passes = both, .pass_count = 4, .registry = registry, .capabilities = magic
    };
    assert_result(VYRE_OK, vyre_program_transform(able, &params, &made));
    assert_text(made,
                "workgroup 1\nbuffer out : u32[] readwrite @1\n\nout[0] = call \"able\"(1)\n");
    vyre_program_destroy(&made);
    params.capability_count = 1;
    assert_result(VYRE_OK, vyre_program_transform(able, &params, &made));
    char *text = NULL;
    assert_result(VYRE_OK, vyre_program_print(made, &text, NULL));
    assert_null(strstr(text, "call"));
    vyre_free(text);
    vyre_program_destroy(&made);
    params.capabilities = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_transform(able, &params, &made));
    vyre_program_destroy(&able);
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

static const char parted[] = "workgroup 4\n"
                             "buffer unused : u32[4] readonly @0\n"
                             "buffer sums : u32[8] readwrite @1\n"
                             "buffer out : u32[1] readwrite @2 output\n"
                             "let two = 1 + 1\n"
                             "sums[gid.x] = two\n"
                             "barrier grid_sync\n"
                             "out[0] = sums[two * 2]\n";

static void note(void *user, const char *pass, size_t part, size_t part_count,
                 const struct vyre_program *program)
{
    char *seen = user;
    assert_true(part < part_count);
    assert_non_null(program);
    snprintf(seen + strlen(seen), 200 - strlen(seen), "%s %zu/%zu ", pass, part, part_count);
}

static void a_split_gives_parts_and_later_passes_go_over_each(void **state)
{
    (void)state;
    static const char *const passes[] = { "grid_sync", "fold", "dead", "grid_sync" };
    char seen[200] = "";
    const struct vyre_pass_hook hook = { note, seen };
    struct vyre_program *program = parse(parted);
    struct vyre_grid_split *split;
    assert_result(VYRE_OK,
                  vyre_program_transform_parts(
                      program,
                      vyre_transform_params(.passes = passes, .pass_count = 4, .hook = &hook),
                      &split));
    assert_string_equal(seen, "grid_sync 0/2 grid_sync 1/2 fold 0/2 fold 1/2 dead 0/2 dead 1/2 "
                              "grid_sync 0/2 grid_sync 1/2 ");
    assert_int_equal(vyre_grid_split_count(split), 2);
    assert_text(vyre_grid_split_program(split, 0), "workgroup 4\n"
                                                   "buffer sums : u32[8] readwrite @1\n\n"
                                                   "sums[gid.x] = 2\n");
    assert_text(vyre_grid_split_program(split, 1), "workgroup 4\n"
                                                   "buffer sums : u32[8] readonly @1\n"
                                                   "buffer out : u32[1] readwrite @2 output\n\n"
                                                   "out[0] = sums[4]\n");
    // Which buffers of the program that was split in the first place.
    assert_int_equal(vyre_grid_split_buffer(split, 0, 0), 1);
    assert_int_equal(vyre_grid_split_buffer(split, 1, 0), 1);
    assert_int_equal(vyre_grid_split_buffer(split, 1, 1), 2);
    assert_int_equal(vyre_grid_split_buffer(split, 1, 2), SIZE_MAX);
    vyre_grid_split_destroy(&split);

    // Not one program; and the default pipeline leaves the barrier where it is.
    struct vyre_program *made;
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_program_transform(program,
                                         vyre_transform_params(.passes = passes, .pass_count = 1,
                                                               .diag = test_diag_sink(&diags)),
                                         &made));
    assert_null(made);
    assert_string_equal(diags.text, "F008 the program becomes 2, which run one after another");
    assert_result(VYRE_OK, vyre_program_transform_parts(program, NULL, &split));
    assert_int_equal(vyre_grid_split_count(split), 1);
    vyre_grid_split_destroy(&split);
    vyre_program_destroy(&program);
}

static void what_cannot_be_split_is_refused(void **state)
{
    (void)state;
    static const char *const passes[] = { "fold", "grid_sync" };
    struct vyre_program *program = parse("buffer in : u32[4] readonly @0\n"
                                         "buffer out : u32[4] readwrite @1\n"
                                         "loop i in 0..4 {\n    out[i] = in[i]\n"
                                         "    barrier grid_sync\n}\n");
    struct vyre_grid_split *split;
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_ERR_UNSUPPORTED, vyre_program_transform_parts(
                                            program,
                                            vyre_transform_params(.passes = passes, .pass_count = 2,
                                                                  .diag = test_diag_sink(&diags)),
                                            &split));
    assert_null(split);
    assert_memory_equal(diags.text, "F002", 4);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_transform_parts(NULL, NULL, &split));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_transform_parts(program, NULL, NULL));
    vyre_program_destroy(&program);
}

static void passes_say_what_they_are(void **state)
{
    (void)state;
    char list[200] = "";
    struct vyre_pass_info info;
    for (size_t i = 0; vyre_pass_describe(i, &info) == VYRE_OK; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s%s ", info.name,
                 info.is_default ? "*" : "", info.is_split ? "/" : "");
    assert_string_equal(list, "inline grid_sync/ fold* strength* cse* dead* ");
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    static const char *const passes[] = { "inline", "grid_sync", "fold", "grid_sync" };
    struct vyre_registry *registry = ops();
    struct vyre_program *program = parse("workgroup 4\n"
                                         "buffer out : u32[4] readwrite @0\n"
                                         "out[gid.x] = call \"double\"(1 + 1)\n"
                                         "barrier grid_sync\n"
                                         "out[0] = call \"double\"(out[1])\n");
    uint64_t nth = 1;
    for (;; nth++) {
        struct vyre_grid_split *split = NULL;
        (void)memory_fail_nth(0);
        (void)memory_fail_nth(nth);
        enum vyre_result result = vyre_program_transform_parts(
            program, vyre_transform_params(.passes = passes, .pass_count = 4, .registry = registry),
            &split);
        const bool reached = memory_fail_nth(0) >= nth;
        if (!reached) {
            assert_result(VYRE_OK, result);
            assert_int_equal(vyre_grid_split_count(split), 2);
            vyre_grid_split_destroy(&split);
            break;
        }
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_null(split);
    }
    assert_true(nth > 20);
    vyre_program_destroy(&program);
    vyre_registry_destroy(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_resolved_by_the_registry),
        cmocka_unit_test(a_split_gives_parts_and_later_passes_go_over_each),
        cmocka_unit_test(what_cannot_be_split_is_refused),
        cmocka_unit_test(passes_say_what_they_are),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
