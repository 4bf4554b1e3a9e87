// SPDX-License-Identifier: MIT
#include "test.h"

#include "ir/tables.h"

// Every assigned tag leads to an enumerator that says the same tag; `assigned` counts them.
#define ASSERT_TAGS(kind_type, from_tag, info, total)                                              \
    do {                                                                                           \
        int assigned = 0;                                                                          \
        for (unsigned tag = 0; tag < 256; tag++) {                                                 \
            kind_type kind;                                                                        \
            if (!from_tag((uint8_t)tag, &kind))                                                    \
                continue;                                                                          \
            assigned++;                                                                            \
            assert_int_equal(info(kind)->tag, tag);                                                \
        }                                                                                          \
        assert_int_equal(assigned, total);                                                         \
    } while (0)

static void tags_and_enumerators_lead_to_each_other(void **state)
{
    (void)state;
    ASSERT_TAGS(enum ir_type_kind, ir_type_from_tag, ir_type_info, 32);
    ASSERT_TAGS(enum ir_expr_kind, ir_expr_from_tag, ir_expr_info, 23);
    ASSERT_TAGS(enum ir_node_kind, ir_node_from_tag, ir_node_info, 20);
    ASSERT_TAGS(enum ir_binop, ir_binop_from_tag, ir_binop_info, 34);
    ASSERT_TAGS(enum ir_unop, ir_unop_from_tag, ir_unop_info, 37);
    ASSERT_TAGS(enum ir_atomic_op, ir_atomic_from_tag, ir_atomic_info, 12);
}

static void tags_where_two_numberings_exist_are_those_of_the_wire(void **state)
{
    (void)state;
    // spec: ir.md, 1.8.1: five rows differ between the wire and another numbering.
    assert_int_equal(ir_binop_info(IR_BIN_LE)->tag, 0x0F);
    assert_int_equal(ir_binop_info(IR_BIN_GE)->tag, 0x10);
    assert_int_equal(ir_binop_info(IR_BIN_AND)->tag, 0x11);
    assert_int_equal(ir_binop_info(IR_BIN_OR)->tag, 0x12);
    assert_int_equal(ir_binop_info(IR_BIN_ABS_DIFF)->tag, 0x13);
    assert_int_equal(ir_expr_info(IR_EXPR_LIT_F32)->tag, 15);
}

static void extensions_are_found_by_kind(void **state)
{
    (void)state;
    assert_int_equal(ir_ext_from_kind("vyre.ext.param", 14), IR_EXT_PARAM);
    assert_int_equal(ir_ext_from_kind("vyre.ext.param", 13), IR_EXT_NONE);
    assert_int_equal(ir_ext_from_kind("", 0), IR_EXT_NONE);
    assert_true(ir_ext_info(IR_EXT_ATOMIC_STORE)->is_node);
    assert_true(ir_ext_info(IR_EXT_ATOMIC_STORE)->has_ordering);
    assert_int_equal(ir_ext_info(IR_EXT_ATOMIC_STORE)->kid_count, 2);
    assert_true(ir_ext_info(IR_EXT_PARAM)->has_immediate);
    assert_false(ir_ext_info(IR_EXT_UNIFORM_LOAD)->is_node);
}

static void small_enumerations_end_where_their_tags_end(void **state)
{
    (void)state;
    assert_string_equal(ir_ordering_spelling(IR_ORDER_GRID_SYNC), "grid_sync");
    assert_null(ir_ordering_spelling(6));
    assert_null(ir_collective_spelling(0));
    assert_string_equal(ir_collective_spelling(6), "xor");
    assert_null(ir_collective_spelling(7));
    assert_string_equal(ir_access_spelling(VYRE_ACCESS_WRITE_ONLY), "writeonly");
    assert_null(ir_access_spelling(5));
    assert_string_equal(ir_memory_kind_spelling(IR_MEMORY_PERSISTENT), "persistent");
    assert_string_equal(ir_locality_spelling(2), "random");
    assert_string_equal(ir_linear_spelling(3), "relevant");
    assert_null(ir_quant_scale_spelling(3));
    assert_null(ir_quant_zero_spelling(4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_and_enumerators_lead_to_each_other),
        cmocka_unit_test(tags_where_two_numberings_exist_are_those_of_the_wire),
        cmocka_unit_test(extensions_are_found_by_kind),
        cmocka_unit_test(small_enumerations_end_where_their_tags_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
