// SPDX-License-Identifier: MIT
#include "test.h"

#include "base/memory.h"
#include "ir/draft.h"

// out[gid.x] = 7, with a vector buffer whose spelling must be made.
static enum vyre_result build(struct vyre_program **out)
{
    struct ir_draft draft;
    ir_draft_init(&draft);
    const struct ir_type *vec = ir_draft_type(&draft, &(struct ir_type){
                                                          .kind = IR_TYPE_VEC,
                                                          .lanes = 3,
                                                          .element = ir_type_scalar(IR_TYPE_F32),
                                                      });
    struct ir_buffer result = ir_buffer_defaults(
        ir_draft_cname(&draft, "out"), 1, VYRE_ACCESS_READ_WRITE, ir_type_scalar(IR_TYPE_U32));
    result.is_output = true;
    result.count = 16;
    ir_draft_buffer(&draft, &result);
    struct ir_buffer input =
        ir_buffer_defaults(ir_draft_name(&draft, "in\0x", 4), 0, VYRE_ACCESS_READ_ONLY, vec);
    ir_draft_buffer(&draft, &input);
    struct ir_nodes body = { 0 };
    for (int i = 0; i < 20; i++)
        ir_nodes_add(&draft, &body,
                     ir_store(&draft, ir_draft_cname(&draft, "out"),
                              ir_bin(&draft, IR_BIN_ADD, ir_id(&draft, IR_EXPR_INVOCATION_ID, 0),
                                     ir_lit_u32(&draft, (uint32_t)i)),
                              ir_lit_u32(&draft, 7)));
    return ir_draft_finish(&draft, ir_nodes_take(&draft, &body), true, out);
}

static void builds_a_program_with_names_buffers_and_a_root_region(void **state)
{
    (void)state;
    struct vyre_program *program;
    assert_result(VYRE_OK, build(&program));
    assert_int_equal(program->entry.count, 1);
    const struct ir_node *root = program->entry.nodes[0];
    assert_int_equal(root->kind, IR_NODE_REGION);
    assert_string_equal(ir_name_text(program, root->name).text, IR_ROOT_GENERATOR);
    assert_int_equal(root->body.count, 20);
    assert_int_equal(vyre_program_buffer_count(program), 2);
    struct vyre_buffer_info info;
    assert_result(VYRE_OK, vyre_program_buffer_info(program, 1, &info));
    assert_int_equal(info.name_size, 4);
    assert_memory_equal(info.name, "in\0x", 5);
    assert_string_equal(info.element, "vec<f32;3>");
    assert_int_equal(info.element_size, 12);
    assert_int_equal(info.access, VYRE_ACCESS_READ_ONLY);
    assert_result(VYRE_OK, vyre_program_buffer_info(program, 0, &info));
    assert_true(info.is_output);
    assert_int_equal(info.count, 16);
    assert_result(VYRE_MISS, vyre_program_buffer_info(program, 2, &info));
    uint32_t size[3];
    vyre_program_workgroup_size(program, size);
    assert_int_equal(size[0] * size[1] * size[2], 1);
    assert_ptr_equal(ir_find_buffer(program, program->buffers[1].name), &program->buffers[1]);
    assert_null(ir_find_buffer(program, root->name));

    struct vyre_program *second = vyre_program_ref(program);
    vyre_program_destroy(&program);
    assert_null(program);
    assert_int_equal(second->buffer_count, 2);
    vyre_program_destroy(&second);
    vyre_program_destroy(&second); // NULL is accepted
}

static void equal_names_have_equal_numbers(void **state)
{
    (void)state;
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    assert_int_equal(ir_draft_name(&draft, NULL, 0), 0);
    ir_name first[500];
    char text[16];
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "name%d", i);
        first[i] = ir_draft_cname(&draft, text);
        assert_int_equal(first[i], i + 1);
    }
    for (int i = 0; i < 500; i++) {
        snprintf(text, sizeof text, "name%d", i);
        assert_int_equal(ir_draft_cname(&draft, text), first[i]);
    }
    ir_draft_fini(&draft);
}

static void regions_are_not_wrapped_again(void **state)
{
    (void)state;
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct ir_nodes body = { 0 };
    ir_nodes_add(&draft, &body,
                 ir_region(&draft, ir_draft_cname(&draft, "mine"), (struct ir_body){ 0 }));
    struct vyre_program *program;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &body), true, &program));
    assert_string_equal(ir_name_text(program, program->entry.nodes[0]->name).text, "mine");
    vyre_program_destroy(&program);
}

static void any_failing_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    struct vyre_program *program;
    memory_fail_nth(0);
    assert_result(VYRE_OK, build(&program));
    vyre_program_destroy(&program);
    uint64_t total = memory_fail_nth(0);
    assert_true(total > 5);
    for (uint64_t nth = 1; nth <= total; nth++) {
        memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY, build(&program));
        assert_null(program);
    }
    memory_fail_nth(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_a_program_with_names_buffers_and_a_root_region),
        cmocka_unit_test(equal_names_have_equal_numbers),
        cmocka_unit_test(regions_are_not_wrapped_again),
        cmocka_unit_test(any_failing_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
