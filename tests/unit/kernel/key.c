// SPDX-License-Identifier: MIT
#include "key.h"
#include "test.h"

#include "ir/draft.h"

#include <stdlib.h>

// A new field that reaches the lowering must reach the key: extend key.c and the changes below,
// then these sizes.
#if UINTPTR_MAX == UINT64_MAX
_Static_assert(sizeof(struct vyre_target) == 96, "target: see key.c");
_Static_assert(sizeof(struct ir_type) == 40, "type: see key.c");
_Static_assert(sizeof(struct ir_expr) == 32, "expression: see key.c");
_Static_assert(sizeof(struct ir_node) == 112, "node: see key.c");
_Static_assert(sizeof(struct ir_buffer) == 80, "buffer: see key.c");
_Static_assert(sizeof(struct ir_shape_predicate) == 56, "shape: see key.c");
#endif

// Nothing that a validator would take, but every kind of field. Always the same.
static struct vyre_program *make_program(bool names_first)
{
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    if (names_first) { // other numbers for the same names
        ir_draft_cname(&draft, "zulu");
        ir_draft_cname(&draft, "data");
    }
    static const uint32_t dims[2] = { 3, 4 };
    const struct ir_type *tensor = ir_draft_type(&draft, &(struct ir_type){
                                                             .kind = IR_TYPE_TENSOR_SHAPED,
                                                             .dim_count = 2,
                                                             .dims = dims,
                                                             .element = ir_type_scalar(IR_TYPE_U32),
                                                         });
    ir_name data = ir_draft_cname(&draft, "data");
    struct ir_buffer buffer =
        ir_buffer_defaults(data, 0, VYRE_ACCESS_READ_WRITE, ir_type_scalar(IR_TYPE_U32));
    static const struct ir_shape_predicate leaf = { .kind = IR_SHAPE_EXACTLY, .a = 5 };
    static struct ir_shape_predicate shape; // the tests change it
    shape = (struct ir_shape_predicate){ .kind = IR_SHAPE_AND, .left = &leaf, .right = &leaf };
    buffer.shape = &shape;
    ir_draft_buffer(&draft, &buffer);
    buffer = ir_buffer_defaults(ir_draft_cname(&draft, "zulu"), 1, VYRE_ACCESS_READ_ONLY, tensor);
    ir_draft_buffer(&draft, &buffer);

    struct ir_nodes inner = { .count = 0 };
    ir_nodes_add(&draft, &inner, ir_barrier(&draft, IR_ORDER_SEQ_CST));
    struct ir_nodes body = { .count = 0 };
    ir_nodes_add(&draft, &body,
                 ir_store(&draft, data, ir_lit_u32(&draft, 1),
                          ir_cast(&draft, ir_type_scalar(IR_TYPE_U32),
                                  ir_load(&draft, data, ir_lit_u32(&draft, 2)))));
    ir_nodes_add(&draft, &body,
                 ir_if(&draft, ir_lit_bool(&draft, true), ir_nodes_take(&draft, &inner),
                       (struct ir_body){ .count = 0 }));
    struct vyre_program *program = NULL;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &body), false, &program));
    return program;
}

// Makes change `number` in place; false when there are no more.
static bool change_program(struct vyre_program *program, unsigned number)
{
    unsigned at = 0;
    struct ir_buffer *buffer = &program->buffers[0];
    struct ir_type *type = (struct ir_type *)program->buffers[1].element;
    struct ir_shape_predicate *shape = (struct ir_shape_predicate *)buffer->shape;
    struct ir_node *node = program->entry.nodes[0];
    struct ir_node *branch = program->entry.nodes[1];
    struct ir_expr *expr = node->b;
    static const uint32_t other_dims[2] = { 3, 5 };
#define CHANGE(statement)                                                                          \
    if (at++ == number) {                                                                          \
        statement;                                                                                 \
        return true;                                                                               \
    }
    CHANGE(program->workgroup[0]++)
    CHANGE(program->workgroup[1]++)
    CHANGE(program->workgroup[2]++)
    CHANGE(program->non_composable ^= true)
    CHANGE(program->has_entry_op ^= true)
    CHANGE(program->entry_op = program->buffers[1].name)
    CHANGE(program->buffer_count--)
    CHANGE(program->entry.count--)
    CHANGE(program->names[buffer->name].text = "dat4")
    CHANGE(program->names[buffer->name].size--)
    CHANGE({
        struct ir_buffer swap = program->buffers[0];
        program->buffers[0] = program->buffers[1];
        program->buffers[1] = swap;
    })
    CHANGE(buffer->name = program->buffers[1].name)
    CHANGE(buffer->binding++)
    CHANGE(buffer->access = VYRE_ACCESS_READ_ONLY)
    CHANGE(buffer->kind++)
    CHANGE(buffer->linear++)
    CHANGE(buffer->is_output ^= true)
    CHANGE(buffer->live_out ^= true)
    CHANGE(buffer->has_range ^= true)
    CHANGE(buffer->bytes_extraction ^= true)
    CHANGE(buffer->has_axis ^= true)
    CHANGE(buffer->axis++)
    CHANGE(buffer->locality++)
    CHANGE(buffer->alignment++)
    CHANGE(buffer->count++)
    CHANGE(buffer->range_start++)
    CHANGE(buffer->range_end++)
    CHANGE(buffer->element = ir_type_scalar(IR_TYPE_I32))
    CHANGE(buffer->shape = NULL)
    CHANGE(shape->kind = IR_SHAPE_OR)
    CHANGE(shape->a++)
    CHANGE(shape->b++)
    CHANGE(shape->c++)
    CHANGE(shape->d++)
    CHANGE(shape->left = NULL)
    CHANGE(shape->right = NULL)
    CHANGE(type->kind = IR_TYPE_DEVICE_MESH)
    CHANGE(type->lanes++)
    CHANGE(type->scale_tag++)
    CHANGE(type->zero_tag++)
    CHANGE(type->id++)
    CHANGE(type->id2++)
    CHANGE(type->size++)
    CHANGE(type->dim_count--)
    CHANGE(type->dims = other_dims)
    CHANGE(type->element = ir_type_scalar(IR_TYPE_F32))
    CHANGE(type->element = NULL)
    CHANGE(node->kind = IR_NODE_LET)
    CHANGE(node->ordering++)
    CHANGE(node->op++)
    CHANGE(node->ext++)
    CHANGE(node->has_source ^= true)
    CHANGE(node->name = program->buffers[1].name)
    CHANGE(node->name2 = program->buffers[1].name)
    CHANGE(node->tag = program->buffers[1].name)
    CHANGE(node->group++)
    CHANGE(node->root++)
    CHANGE(node->offset++)
    CHANGE(node->a = NULL)
    CHANGE(node->b = NULL)
    CHANGE(node->a = node->b)
    CHANGE(node->payload = (const uint8_t *)"x"; node->payload_size = 1)
    CHANGE(node->payload = (const uint8_t *)"y"; node->payload_size = 1)
    CHANGE(branch->otherwise = branch->body; branch->body.count = 0)
    CHANGE(branch->otherwise = branch->body)
    CHANGE(branch->body.nodes[0]->ordering = IR_ORDER_ACQ_REL)
    CHANGE(expr->kind = IR_EXPR_UNOP)
    CHANGE(expr->op++)
    CHANGE(expr->ordering++)
    CHANGE(expr->ext++)
    CHANGE(expr->has_expected ^= true)
    CHANGE(expr->bits++)
    CHANGE(expr->name = program->buffers[1].name)
    CHANGE(expr->type = ir_type_scalar(IR_TYPE_I32))
    CHANGE(expr->type = NULL)
    CHANGE(expr->kind = IR_EXPR_OPAQUE; expr->payload = (const uint8_t *)"x";
           expr->payload_size = 1)
    CHANGE(expr->kind = IR_EXPR_OPAQUE; expr->payload = (const uint8_t *)"y";
           expr->payload_size = 1)
    CHANGE(expr->kid_count = 0)
    CHANGE(expr->kids[0]->kids[0]->bits = 3)
    CHANGE(expr->kids[0] = NULL)
#undef CHANGE
    return false;
}

static bool change_target(struct vyre_target *target, unsigned number)
{
    unsigned at = 0;
#define CHANGE(statement)                                                                          \
    if (at++ == number) {                                                                          \
        statement;                                                                                 \
        return true;                                                                               \
    }
    CHANGE(target->env = VYRE_ENV_VULKAN_1_3)
    CHANGE(target->memory_model ^= 1)
    CHANGE(target->device_scope ^= true)
    CHANGE(target->int64 ^= true)
    CHANGE(target->int16 ^= true)
    CHANGE(target->int8 ^= true)
    CHANGE(target->storage_16bit ^= true)
    CHANGE(target->storage_8bit ^= true)
    CHANGE(target->float16 ^= true)
    CHANGE(target->float64 ^= true)
    CHANGE(target->full_subgroup_size++)
    CHANGE(target->subgroup_ops++)
    CHANGE(target->max_workgroup_size[0]++)
    CHANGE(target->max_workgroup_size[1]++)
    CHANGE(target->max_workgroup_size[2]++)
    CHANGE(target->max_workgroup_invocations++)
    CHANGE(target->max_workgroup_memory++)
    CHANGE(target->max_storage_buffers++)
    CHANGE(target->max_storage_range++)
    CHANGE(target->max_push_bytes++)
    CHANGE(target->loop_limit++)
    CHANGE(target->fence_is_barrier ^= true)
    CHANGE(target->vector_width++)
    CHANGE(target->nesting_limit++)
    CHANGE(target->float_controls++)
    CHANGE(target->exact_floats++)
    CHANGE(target->hidden_floats++)
#undef CHANGE
    return false;
}

static struct vyre_target plain_target(void)
{
    return (struct vyre_target){ .env = VYRE_ENV_VULKAN_1_2, .max_workgroup_invocations = 128 };
}

static void assert_same(const struct cache_key *a, const struct cache_key *b)
{
    assert_memory_equal(a->bytes, b->bytes, CACHE_KEY_SIZE);
}

static void every_field_of_a_program_changes_the_key(void **state)
{
    (void)state;
    const struct vyre_target target = plain_target();
    enum { MAX = 128 };
    struct cache_key keys[MAX];
    struct vyre_program *program = make_program(false);
    kernel_key_module(program, &target, vyre_kernel_params(0), &keys[0]);
    vyre_program_destroy(&program);
    unsigned count = 1;
    for (;;) {
        program = make_program(false);
        bool changed = change_program(program, count - 1);
        assert_true(count < MAX);
        kernel_key_module(program, &target, vyre_kernel_params(0), &keys[count]);
        vyre_program_destroy(&program);
        if (!changed)
            break;
        for (unsigned i = 0; i < count; i++) {
            if (memcmp(keys[i].bytes, keys[count].bytes, CACHE_KEY_SIZE) == 0)
                fail_msg("change %u has the key of change %u", count, i);
        }
        count++;
    }
    assert_true(count > 70);
    assert_same(&keys[0], &keys[count]); // no change, same key
}

static void every_field_of_a_target_and_the_option_change_the_key(void **state)
{
    (void)state;
    struct vyre_program *program = make_program(false);
    struct vyre_target target = plain_target();
    enum { MAX = 32 };
    struct cache_key keys[MAX];
    unsigned count = 2;
    kernel_key_module(program, &target, vyre_kernel_params(0), &keys[0]);
    kernel_key_module(program, &target, vyre_kernel_params(.no_optimize = true), &keys[1]);
    for (bool more = true; more; count += more) {
        target = plain_target();
        more = change_target(&target, count - 2);
        assert_true(count < MAX);
        kernel_key_module(program, &target, vyre_kernel_params(0), &keys[count]);
        for (unsigned i = 0; more && i < count; i++)
            assert_memory_not_equal(keys[i].bytes, keys[count].bytes, CACHE_KEY_SIZE);
    }
    assert_int_equal(count, 29);
    assert_same(&keys[0], &keys[count]);
    // No code depends on the width that the driver would choose.
    target = plain_target();
    target.subgroup_size++;
    kernel_key_module(program, &target, vyre_kernel_params(0), &keys[count]);
    assert_same(&keys[0], &keys[count]);
    target = plain_target();
    kernel_key_module(program, &target, vyre_kernel_params(.loop_budget = VYRE_DEFAULT_LOOP_BUDGET),
                      &keys[count]);
    assert_same(&keys[0], &keys[count]);
    kernel_key_module(program, &target, vyre_kernel_params(.loop_budget = 1000), &keys[count]);
    for (unsigned i = 0; i < count; i++)
        assert_memory_not_equal(keys[i].bytes, keys[count].bytes, CACHE_KEY_SIZE);
    kernel_key_module(program, &target, vyre_kernel_params(.float_mode = VYRE_FLOAT_FAST),
                      &keys[count + 1]);
    for (unsigned i = 0; i <= count; i++)
        assert_memory_not_equal(keys[i].bytes, keys[count + 1].bytes, CACHE_KEY_SIZE);
    vyre_program_destroy(&program);
}

// Each shows in a module with lines, and in no other one.
static void where_a_program_stands_counts_with_debug_information(void **state)
{
    (void)state;
    enum { CHANGES = 6 };
    const struct vyre_target target = plain_target();
    struct cache_key keys[CHANGES], plain[CHANGES];
    for (unsigned i = 0; i < CHANGES; i++) {
        struct vyre_program *program = make_program(false);
        struct ir_node *branch = program->entry.nodes[1];
        if (i == 1)
            program->source_text = "text";
        if (i == 2)
            program->source_name = "name";
        if (i == 3)
            program->entry.nodes[0]->b->pos.line++;
        if (i == 4)
            program->entry.nodes[0]->pos.column++;
        if (i == 5)
            branch->body.nodes[0]->pos.line++;
        kernel_key_module(program, &target, vyre_kernel_params(.debug_info = true), &keys[i]);
        kernel_key_module(program, &target, vyre_kernel_params(0), &plain[i]);
        vyre_program_destroy(&program);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(keys[k].bytes, keys[i].bytes, CACHE_KEY_SIZE);
        assert_same(&plain[0], &plain[i]);
        assert_memory_not_equal(plain[i].bytes, keys[i].bytes, CACHE_KEY_SIZE);
    }
}

static void names_count_by_text_and_positions_not_at_all(void **state)
{
    (void)state;
    const struct vyre_target target = plain_target();
    struct cache_key keys[2];
    struct vyre_program *program = make_program(false);
    kernel_key_module(program, &target, vyre_kernel_params(0), &keys[0]);
    vyre_program_destroy(&program);
    program = make_program(true);
    program->entry.nodes[0]->pos = (struct ir_pos){ 7, 8 };
    program->entry.nodes[0]->b->pos = (struct ir_pos){ 7, 9 };
    program->buffers[0].pos = (struct ir_pos){ 1, 1 };
    kernel_key_module(program, &target, vyre_kernel_params(0), &keys[1]);
    vyre_program_destroy(&program);
    assert_same(&keys[0], &keys[1]);
}

static void driver_blobs_depend_on_module_and_driver(void **state)
{
    (void)state;
    struct cache_key module = { { 1, 2, 3 } };
    uint8_t identity[64] = { 9 };
    struct cache_key keys[2];
    kernel_key_pipeline(&module, identity, sizeof identity, &keys[0]);
    kernel_key_pipeline(&module, identity, sizeof identity, &keys[1]);
    assert_same(&keys[0], &keys[1]);
    for (unsigned i = 0; i < sizeof identity; i++) {
        identity[i] ^= 0x40;
        kernel_key_pipeline(&module, identity, sizeof identity, &keys[1]);
        assert_memory_not_equal(keys[0].bytes, keys[1].bytes, CACHE_KEY_SIZE);
        identity[i] ^= 0x40;
    }
    module.bytes[31] ^= 1;
    kernel_key_pipeline(&module, identity, sizeof identity, &keys[1]);
    assert_memory_not_equal(keys[0].bytes, keys[1].bytes, CACHE_KEY_SIZE);
    kernel_key_probe(identity, sizeof identity, &keys[0]);
    identity[63] ^= 1;
    kernel_key_probe(identity, sizeof identity, &keys[1]);
    assert_memory_not_equal(keys[0].bytes, keys[1].bytes, CACHE_KEY_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_a_program_changes_the_key),
        cmocka_unit_test(every_field_of_a_target_and_the_option_change_the_key),
        cmocka_unit_test(where_a_program_stands_counts_with_debug_information),
        cmocka_unit_test(names_count_by_text_and_positions_not_at_all),
        cmocka_unit_test(driver_blobs_depend_on_module_and_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
