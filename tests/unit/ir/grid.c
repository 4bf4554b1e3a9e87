// SPDX-License-Identifier: MIT
#include "test.h"

#include "ir/draft.h"
#include "ir/grid.h"

struct declared {
    const char *name;
    enum vyre_access access;
    enum ir_type_kind element;
    uint32_t count;
    bool is_output;
    uint64_t bytes;
};

// Infers the grid of a program with these buffers; with `atomic` its body is one atomic on the
// first.
static void infer(const uint32_t workgroup[3], const struct declared *buffers, uint32_t count,
                  bool atomic, uint32_t grid[3])
{
    struct ir_draft draft;
    uint64_t bytes[8] = { 0 };
    assert_true(ir_draft_init(&draft));
    memcpy(draft.program->workgroup, workgroup, 3 * sizeof *workgroup);
    for (uint32_t i = 0; i < count; i++) {
        struct ir_buffer buffer =
            ir_buffer_defaults(ir_draft_cname(&draft, buffers[i].name), i, buffers[i].access,
                               ir_type_scalar(buffers[i].element));
        buffer.is_output = buffers[i].is_output;
        buffer.count = buffers[i].count;
        bytes[i] = buffers[i].bytes;
        ir_draft_buffer(&draft, &buffer);
    }
    struct ir_nodes body = { .count = 0 };
    if (atomic) {
        // Deep inside: the walk must reach operands of nested statements.
        struct ir_nodes inner = { .count = 0 };
        ir_name first = ir_draft_cname(&draft, buffers[0].name);
        ir_nodes_add(&draft, &inner,
                     ir_let(&draft, ir_draft_cname(&draft, "old"),
                            ir_bin(&draft, IR_BIN_ADD, ir_lit_u32(&draft, 1),
                                   ir_atomic(&draft, IR_ATOMIC_ADD, IR_ORDER_RELAXED, first,
                                             ir_lit_u32(&draft, 0), NULL, ir_lit_u32(&draft, 1)))));
        ir_nodes_add(&draft, &body,
                     ir_if(&draft, ir_lit_bool(&draft, true), (struct ir_body){ .count = 0 },
                           ir_nodes_take(&draft, &inner)));
    }
    struct vyre_program *program = NULL;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &body), true, &program));
    assert_true(ir_grid_infer(program, bytes, grid));
    uint32_t derived[3];
    assert_result(VYRE_OK, vyre_program_derive_grid(program, bytes, count, derived));
    assert_memory_equal(derived, grid, sizeof derived);
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_program_derive_grid(program, bytes, count + 1, derived));
    vyre_program_destroy(&program);
}

static void assert_grid(const uint32_t grid[3], uint32_t x, uint32_t y, uint32_t z)
{
    if (grid[0] != x || grid[1] != y || grid[2] != z)
        fail_msg("grid %u,%u,%u, expected %u,%u,%u", grid[0], grid[1], grid[2], x, y, z);
}

static const uint32_t linear[3] = { 64, 1, 1 };
static const uint32_t square[3] = { 8, 8, 1 };
static const uint32_t cube[3] = { 2, 2, 2 };
static const uint32_t flat_z[3] = { 1, 1, 32 };
static const uint32_t single[3] = { 1, 1, 1 };

static void the_largest_returned_buffer_decides(void **state)
{
    (void)state;
    const struct declared buffers[] = {
        { "in", VYRE_ACCESS_READ_ONLY, IR_TYPE_U32, 0, false, 4000 },
        { "out", VYRE_ACCESS_READ_WRITE, IR_TYPE_U32, 0, false, 4 * 129 },
        { "more", VYRE_ACCESS_WRITE_ONLY, IR_TYPE_U64, 0, false, 8 * 100 },
    };
    uint32_t grid[3];
    infer(linear, buffers, 3, false, grid);
    assert_grid(grid, 3, 1, 1);
    infer(flat_z, buffers, 3, false, grid);
    assert_grid(grid, 1, 1, 5);
    infer(single, buffers, 3, false, grid);
    assert_grid(grid, 129, 1, 1);
    infer(linear, buffers, 1, false, grid); // nothing is returned: the inputs decide
    assert_grid(grid, 16, 1, 1);
}

static void atomics_and_workgroup_memory_make_inputs_count(void **state)
{
    (void)state;
    const struct declared buffers[] = {
        { "sum", VYRE_ACCESS_READ_WRITE, IR_TYPE_U32, 1, false, 4 },
        { "in", VYRE_ACCESS_UNIFORM, IR_TYPE_U32, 0, false, 4 * 1000 },
        { "scratch", VYRE_ACCESS_WORKGROUP, IR_TYPE_U32, 4096, false, 0 },
    };
    uint32_t grid[3];
    infer(linear, buffers, 2, false, grid);
    assert_grid(grid, 1, 1, 1);
    infer(linear, buffers, 2, true, grid);
    assert_grid(grid, 16, 1, 1);
    infer(linear, buffers, 3, false, grid);
    assert_grid(grid, 16, 1, 1);
}

static void counts_are_elements_of_the_actual_bytes(void **state)
{
    (void)state;
    const struct declared packed[] = {
        { "out", VYRE_ACCESS_READ_WRITE, IR_TYPE_I4, 2, false, 96 }, // 192 elements
    };
    const struct declared ragged[] = {
        { "out", VYRE_ACCESS_READ_WRITE, IR_TYPE_U32, 0, false, 4 * 64 + 3 },
    };
    const struct declared empty[] = {
        { "out", VYRE_ACCESS_READ_ONLY, IR_TYPE_U32, 0, true, 0 },
    };
    uint32_t grid[3];
    infer(linear, packed, 1, false, grid);
    assert_grid(grid, 3, 1, 1);
    infer(linear, ragged, 1, false, grid);
    assert_grid(grid, 1, 1, 1);
    infer(linear, empty, 1, false, grid);
    assert_grid(grid, 1, 1, 1);
}

static void several_active_axes_share_the_work(void **state)
{
    (void)state;
    struct declared buffers[] = {
        { "out", VYRE_ACCESS_READ_WRITE, IR_TYPE_U32, 0, false, 4 * 64 * 10 },
    };
    uint32_t grid[3];
    infer(square, buffers, 1, false, grid); // 10 groups: 4 x 4
    assert_grid(grid, 4, 4, 1);
    buffers[0].bytes = 4 * 8 * 9;
    infer(cube, buffers, 1, false, grid); // 9 groups: 3 x 3 x 3
    assert_grid(grid, 3, 3, 3);
    buffers[0].bytes = 4 * 8 * 8;
    infer(cube, buffers, 1, false, grid);
    assert_grid(grid, 2, 2, 2);
}

static void graphs_count_their_nodes(void **state)
{
    (void)state;
    struct declared buffers[] = {
        { "pg_nodes", VYRE_ACCESS_READ_ONLY, IR_TYPE_U32, 640, false, 4 * 640 },
        { "out", VYRE_ACCESS_READ_WRITE, IR_TYPE_U32, 0, false, 4 },
    };
    uint32_t grid[3];
    infer(linear, buffers, 2, false, grid);
    assert_grid(grid, 10, 1, 1);
    buffers[0].name = "pg_node";
    infer(linear, buffers, 2, false, grid);
    assert_grid(grid, 1, 1, 1);
}

static void huge_counts_saturate(void **state)
{
    (void)state;
    const struct declared buffers[] = {
        { "out", VYRE_ACCESS_READ_WRITE, IR_TYPE_U8, 0, false, UINT64_MAX / 8 },
    };
    const uint32_t huge[3] = { UINT32_MAX, UINT32_MAX, UINT32_MAX };
    uint32_t grid[3];
    infer(single, buffers, 1, false, grid);
    assert_grid(grid, UINT32_MAX, 1, 1);
    infer(huge, buffers, 1, false, grid);
    assert_grid(grid, 1, 1, 1);
}

static void types_without_a_size_are_refused(void **state)
{
    (void)state;
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct ir_buffer buffer = ir_buffer_defaults(
        ir_draft_cname(&draft, "t"), 0, VYRE_ACCESS_READ_ONLY, ir_type_scalar(IR_TYPE_TENSOR));
    ir_draft_buffer(&draft, &buffer);
    struct vyre_program *program = NULL;
    assert_result(VYRE_OK, ir_draft_finish(&draft, (struct ir_body){ .count = 0 }, true, &program));
    const uint64_t bytes[1] = { 64 };
    uint32_t grid[3] = { 7, 7, 7 };
    assert_false(ir_grid_infer(program, bytes, grid));
    assert_grid(grid, 7, 7, 7);
    assert_result(VYRE_ERR_UNSUPPORTED, vyre_program_derive_grid(program, bytes, 1, grid));
    assert_grid(grid, 0, 0, 0);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_derive_grid(NULL, bytes, 1, grid));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_derive_grid(program, NULL, 1, grid));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_derive_grid(program, bytes, 1, NULL));
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_returned_buffer_decides),
        cmocka_unit_test(atomics_and_workgroup_memory_make_inputs_count),
        cmocka_unit_test(counts_are_elements_of_the_actual_bytes),
        cmocka_unit_test(several_active_axes_share_the_work),
        cmocka_unit_test(graphs_count_their_nodes),
        cmocka_unit_test(huge_counts_saturate),
        cmocka_unit_test(types_without_a_size_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
