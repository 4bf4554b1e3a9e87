// SPDX-License-Identifier: MIT
// The op registry: what it takes, refuses and finds, and the rules of calls that look into it.
#include "validate_rules.h"

#include "base/memory.h"
#include "ir/model.h"

#include <vyre/registry.h>

static enum vyre_result nothing(void *cookie, const uint8_t *arguments, size_t size,
                                struct vyre_op_result *result)
{
    (void)cookie;
    (void)arguments;
    (void)size;
    (void)result;
    return VYRE_OK;
}

static struct vyre_registry *create(void)
{
    struct vyre_registry *registry;
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    return registry;
}

static const struct vyre_op_operand word = { "u32", "word" };

static void an_op_is_found_as_it_was_added(void **state)
{
    (void)state;
    struct vyre_registry *registry = create();
    char id[] = "my.op";
    struct vyre_op_operand inputs[] = { { "u32", "left" }, { "f32", NULL } };
    int cookie;
    assert_result(
        VYRE_OK,
        vyre_registry_add_op(registry, vyre_op_params(.id = id, .category = VYRE_OP_EXTENSION,
                                                      .inputs = inputs, .input_count = 2,
                                                      .outputs = &word, .output_count = 1,
                                                      .capability = "magic", .provider = "a wizard",
                                                      .evaluate = nothing, .cookie = &cookie)));
    memset(id, 'x', 2); // all texts were copied
    inputs[0].type = "bool";
    struct vyre_op_params op;
    assert_result(VYRE_MISS, vyre_registry_find_op(registry, id, &op));
    assert_null(op.id);
    assert_result(VYRE_OK, vyre_registry_find_op(registry, "my.op", &op));
    assert_string_equal(op.id, "my.op");
    assert_int_equal(op.category, VYRE_OP_EXTENSION);
    assert_int_equal(op.input_count, 2);
    assert_string_equal(op.inputs[0].type, "u32");
    assert_string_equal(op.inputs[0].name, "left");
    assert_string_equal(op.inputs[1].type, "f32");
    assert_null(op.inputs[1].name);
    assert_int_equal(op.output_count, 1);
    assert_string_equal(op.outputs[0].type, "u32");
    assert_string_equal(op.capability, "magic");
    assert_string_equal(op.provider, "a wizard");
    assert_ptr_equal(op.cookie, &cookie);
    assert_true(op.evaluate == nothing);
    assert_result(VYRE_OK, vyre_registry_get_op(registry, 0, &op));
    assert_string_equal(op.id, "my.op");
    assert_result(VYRE_MISS, vyre_registry_get_op(registry, 1, &op));
    vyre_registry_destroy(&registry);
    assert_null(registry);
    vyre_registry_destroy(&registry);
}

static void many_ops_keep_their_order(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct vyre_registry *registry = create();
    for (int i = 0; i < COUNT; i++) {
        char id[32];
        snprintf(id, sizeof id, "op.%d", i * 7 % COUNT);
        assert_result(VYRE_OK, vyre_registry_add_op(registry, vyre_op_params(.id = id)));
    }
    assert_int_equal(vyre_registry_op_count(registry), COUNT);
    for (int i = 0; i < COUNT; i++) {
        char id[32];
        struct vyre_op_params op;
        snprintf(id, sizeof id, "op.%d", i * 7 % COUNT);
        assert_result(VYRE_OK, vyre_registry_get_op(registry, (size_t)i, &op));
        assert_string_equal(op.id, id);
        assert_result(VYRE_OK, vyre_registry_find_op(registry, id, &op));
        assert_string_equal(op.id, id);
    }
    vyre_registry_destroy(&registry);
}

static void assert_refused(struct vyre_registry *registry, struct vyre_op_params params,
                           const char *code)
{
    struct test_diags diags = { 0 };
    size_t before = vyre_registry_op_count(registry);
    params.diag = test_diag_sink(&diags);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_registry_add_op(registry, &params));
    assert_int_equal(diags.count, 1);
    if (strncmp(diags.text, code, 4) != 0)
        fail_msg("%s, expected %s", diags.text, code);
    assert_int_equal(vyre_registry_op_count(registry), before);
}

static void malformed_ops_are_refused(void **state)
{
    (void)state;
    const struct vyre_op_operand untyped = { NULL, "name" }, empty = { "", NULL },
                                 odd = { "u32", "\xff" };
    struct vyre_registry *registry = create();
    assert_result(VYRE_OK, vyre_registry_add_op(registry, vyre_op_params(.id = "a")));
    const struct vyre_op_params malformed[] = {
        { .id = NULL },
        { .id = "" },
        { .id = "\xff" },
        { .id = "b", .category = (enum vyre_op_category)3 },
        { .id = "b", .input_count = 1 },
        { .id = "b", .output_count = 1 },
        { .id = "b", .inputs = &word, .input_count = 4097 },
        { .id = "b", .inputs = &untyped, .input_count = 1 },
        { .id = "b", .outputs = &empty, .output_count = 1 },
        { .id = "b", .outputs = &odd, .output_count = 1 },
        { .id = "b", .capability = "" },
        { .id = "b", .provider = "\xc0" },
    };
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_refused(registry, malformed[i], "O001");
    assert_refused(registry, (struct vyre_op_params){ .id = "a" }, "O002");
    vyre_registry_freeze(registry);
    assert_refused(registry, (struct vyre_op_params){ .id = "b" }, "O003");
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_registry_add_op(registry, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_registry_add_op(NULL, vyre_op_params(.id = "b")));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_registry_create(NULL));
    vyre_registry_destroy(&registry);
}

static void references_to_nothing_are_nothing(void **state)
{
    (void)state;
    assert_null(vyre_registry_ref(NULL));
    assert_null(vyre_program_ref(NULL));
}

static void standard_ops_come_whole_or_not_at_all(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    struct vyre_registry *registry = create();
    struct vyre_op_params op;
    assert_result(VYRE_OK, vyre_registry_add_op(registry, vyre_op_params(.id = "mem.unmap")));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_registry_add_standard_ops(registry, test_diag_sink(&diags)));
    assert_int_equal(strncmp(diags.text, "O002", 4), 0);
    assert_int_equal(vyre_registry_op_count(registry), 1);
    assert_result(VYRE_MISS, vyre_registry_find_op(registry, "io.dma_from_nvme", &op));
    assert_result(VYRE_OK, vyre_registry_find_op(registry, "mem.unmap", &op));
    assert_null(op.capability);
    vyre_registry_destroy(&registry);

    registry = create();
    assert_result(VYRE_OK, vyre_registry_add_standard_ops(registry, NULL));
    static const char *const ids[] = { "io.dma_from_nvme", "io.write_back_to_nvme",
                                       "mem.zerocopy_map", "mem.unmap", "core.indirect_dispatch" };
    assert_int_equal(vyre_registry_op_count(registry), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_result(VYRE_OK, vyre_registry_get_op(registry, i, &op));
        assert_string_equal(op.id, ids[i]);
        assert_int_equal(op.category, VYRE_OP_INTRINSIC);
        assert_non_null(op.capability);
        assert_non_null(op.provider);
        assert_true(op.evaluate == NULL);
    }
    vyre_registry_destroy(&registry);
}

static void references_keep_a_registry(void **state)
{
    (void)state;
    struct vyre_registry *registry = create();
    struct vyre_registry *other = vyre_registry_ref(registry);
    struct vyre_op_params op;
    assert_result(VYRE_OK, vyre_registry_add_op(registry, vyre_op_params(.id = "a")));
    vyre_registry_destroy(&registry);
    assert_result(VYRE_OK, vyre_registry_find_op(other, "a", &op));
    vyre_registry_destroy(&other);
}

static void a_failed_allocation_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t nth = 1;; nth++) {
        struct vyre_registry *registry = create();
        memory_fail_nth(nth);
        enum vyre_result result = vyre_registry_add_standard_ops(registry, NULL);
        bool reached = memory_fail_nth(0) >= nth;
        assert_result(reached ? VYRE_ERR_NO_MEMORY : VYRE_OK, result);
        assert_int_equal(vyre_registry_op_count(registry), reached ? 0 : 5);
        if (reached) // and it is as good as new
            assert_result(VYRE_OK, vyre_registry_add_standard_ops(registry, NULL));
        vyre_registry_destroy(&registry);
        if (!reached)
            break;
        assert_true(nth < 100);
    }
}

// ---- Rules --------------------------------------------------------------------------------------

static void calls_are_checked_against_signatures(void **state)
{
    (void)state;
    static const struct vyre_op_operand two[] = { { "u32", NULL }, { "F32", NULL } };
    static const struct vyre_op_operand odd = { "f16", NULL };
    struct vyre_registry *registry = create();
    assert_result(VYRE_OK, vyre_registry_add_op(registry, vyre_op_params(.id = "two", .inputs = two,
                                                                         .input_count = 2)));
    assert_result(VYRE_OK,
                  vyre_registry_add_op(
                      registry, vyre_op_params(.id = "odd", .inputs = &odd, .input_count = 1)));
    assert_result(VYRE_OK, vyre_registry_add_standard_ops(registry, NULL));
    const struct vyre_validate_params params = { .registry = registry };
#define CALL(text) BUFFERS "let x = " text "\n"
    assert_codes_with("", params, CALL("call \"two\"(1, 2.0)"));
    assert_codes_with("V016", params, CALL("call \"three\"(1, 2.0)"));
    assert_codes_with("V020", params, CALL("call \"two\"(1)"));
    assert_codes_with("V020", params, CALL("call \"two\"(1, 2.0, 3)"));
    assert_codes_with("V022", params, CALL("call \"two\"(1, 2)"));
    assert_codes_with("V022 V022", params, CALL("call \"two\"(1i, true)"));
    assert_codes_with("V021", params, CALL("call \"odd\"(1)"));
    assert_codes_with("", params, CALL("call \"two\"(1, call \"two\"(1, 1.0))")); // unknown type
    assert_codes_with("V022", params, CALL("call \"two\"(1, 1) + call \"two\"(1, 1.0)"));
    assert_codes_with("", params,
                      CALL("call \"io.dma_from_nvme\"(3i, cast<u64>(0), cast<u64>(8))"));
    assert_codes_with("V021", params, CALL("call \"mem.unmap\"(1)"));
    // Without a registry nothing is known of an op.
    assert_codes("", CALL("call \"three\"(1)"));
    vyre_registry_destroy(&registry);
}

static void a_backend_may_cast_to_some_types_only(void **state)
{
    (void)state;
    static const char *const targets[] = { "u32", "f32" };
    const struct vyre_cast_backend backend = { "toy", targets, 2 };
    const struct vyre_validate_params params = { .cast_backend = &backend };
    assert_codes_with("", params, BUFFERS "let x = f32(u32(true))\n");
    assert_codes_with("V034", params, BUFFERS "let x = i32(1)\n");
    assert_codes_with("V034 V035", params, BUFFERS "let x = cast<u8>(1)\n");
    assert_codes_with("V034 V012", params, BUFFERS "let x = cast<f64>(1)\n");
    const struct vyre_cast_backend none = { NULL, NULL, 0 };
    assert_codes_with("V034", (struct vyre_validate_params){ .cast_backend = &none },
                      BUFFERS "let x = u32(1)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_op_is_found_as_it_was_added),
        cmocka_unit_test(many_ops_keep_their_order),
        cmocka_unit_test(malformed_ops_are_refused),
        cmocka_unit_test(standard_ops_come_whole_or_not_at_all),
        cmocka_unit_test(references_keep_a_registry),
        cmocka_unit_test(references_to_nothing_are_nothing),
        cmocka_unit_test(a_failed_allocation_changes_nothing),
        cmocka_unit_test(calls_are_checked_against_signatures),
        cmocka_unit_test(a_backend_may_cast_to_some_types_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
