// SPDX-License-Identifier: MIT
// Type facts against the table of spec: ir.md, 1.4, written out here a second time on purpose.
#include "test.h"

#include "base/str.h"
#include "ir/model.h"

enum { NONE = -1 };

static const uint32_t dims[] = { 2, 3, 4 };
static const struct ir_type u32 = { .kind = IR_TYPE_U32 };
static const struct ir_type f16 = { .kind = IR_TYPE_F16 };
static const struct ir_type i4 = { .kind = IR_TYPE_I4 };
static const struct ir_type bytes = { .kind = IR_TYPE_BYTES };
static const struct ir_type vec4 = { .kind = IR_TYPE_VEC, .lanes = 4, .element = &u32 };
static const struct ir_type tensor = { .kind = IR_TYPE_TENSOR };

static const struct fact {
    struct ir_type type;
    const char *spelling;
    int64_t size, bits, stride;
} facts[] = {
    { { .kind = IR_TYPE_U32 }, "u32", 4, 32, 4 },
    { { .kind = IR_TYPE_I32 }, "i32", 4, 32, 4 },
    { { .kind = IR_TYPE_U64 }, "u64", 8, 64, 8 },
    { { .kind = IR_TYPE_VEC2_U32 }, "vec2<u32>", 8, 64, 8 },
    { { .kind = IR_TYPE_VEC4_U32 }, "vec4<u32>", 16, 128, 16 },
    { { .kind = IR_TYPE_BOOL }, "bool", 4, 32, 4 },
    { { .kind = IR_TYPE_BYTES }, "bytes", 1, 8, 0 },
    { { .kind = IR_TYPE_ARRAY, .size = 12 }, "array<12B>", 12, NONE, 0 },
    { { .kind = IR_TYPE_F16 }, "f16", 2, 16, 2 },
    { { .kind = IR_TYPE_BF16 }, "bf16", 2, 16, 2 },
    { { .kind = IR_TYPE_F32 }, "f32", 4, 32, 4 },
    { { .kind = IR_TYPE_F64 }, "f64", 8, 64, 8 },
    { { .kind = IR_TYPE_TENSOR }, "tensor", NONE, NONE, 0 },
    { { .kind = IR_TYPE_U8 }, "u8", 1, 8, 1 },
    { { .kind = IR_TYPE_U16 }, "u16", 2, 16, 2 },
    { { .kind = IR_TYPE_I8 }, "i8", 1, 8, 1 },
    { { .kind = IR_TYPE_I16 }, "i16", 2, 16, 2 },
    { { .kind = IR_TYPE_I64 }, "i64", 8, 64, 8 },
    { { .kind = IR_TYPE_HANDLE, .id = 0xBEEF }, "handle<0x0000beef>", 4, 32, 4 },
    { { .kind = IR_TYPE_VEC, .lanes = 3, .element = &f16 }, "vec<f16;3>", 6, 48, 6 },
    { { .kind = IR_TYPE_VEC, .lanes = 5, .element = &i4 }, "vec<i4;5>", 5, 20, 5 },
    { { .kind = IR_TYPE_VEC, .lanes = 2, .element = &vec4 }, "vec<vec<u32;4>;2>", 32, 256, 32 },
    { { .kind = IR_TYPE_VEC, .lanes = 2, .element = &bytes }, "vec<bytes;2>", 2, 16, 0 },
    { { .kind = IR_TYPE_VEC, .lanes = 2, .element = &tensor }, "vec<tensor;2>", NONE, NONE, 0 },
    { { .kind = IR_TYPE_TENSOR_SHAPED, .element = &f16, .dims = dims, .dim_count = 3 },
      "tensor<f16;2x3x4>",
      NONE,
      NONE,
      0 },
    { { .kind = IR_TYPE_TENSOR_SHAPED, .element = &f16 }, "tensor<f16;>", NONE, NONE, 0 },
    { { .kind = IR_TYPE_SPARSE_CSR, .element = &u32 }, "sparse_csr<u32>", NONE, NONE, 0 },
    { { .kind = IR_TYPE_SPARSE_COO, .element = &u32 }, "sparse_coo<u32>", NONE, NONE, 0 },
    { { .kind = IR_TYPE_SPARSE_BSR, .element = &u32, .id = 8, .id2 = 4 },
      "sparse_bsr<u32;8x4>",
      NONE,
      NONE,
      0 },
    { { .kind = IR_TYPE_F8E4M3 }, "f8e4m3", 1, 8, 1 },
    { { .kind = IR_TYPE_F8E5M2 }, "f8e5m2", 1, 8, 1 },
    { { .kind = IR_TYPE_I4 }, "i4", 1, 4, 1 },
    { { .kind = IR_TYPE_FP4 }, "fp4", 1, 4, 1 },
    { { .kind = IR_TYPE_NF4 }, "nf4", 1, 4, 1 },
    { { .kind = IR_TYPE_DEVICE_MESH, .dims = dims, .dim_count = 2 }, "device_mesh<2x3>", 4, 32, 0 },
    { { .kind = IR_TYPE_QUANTIZED, .element = &i4, .scale_tag = IR_SCALE_PER_GROUP, .id = 128 },
      "quantized<i4;scale:per_group(size=128);zp:absent>",
      1,
      4,
      1 },
    { { .kind = IR_TYPE_QUANTIZED,
        .element = &f16,
        .scale_tag = IR_SCALE_PER_CHANNEL,
        .id = 1,
        .zero_tag = IR_ZERO_PER_CHANNEL,
        .id2 = 2 },
      "quantized<f16;scale:per_channel(axis=1);zp:per_channel(axis=2)>",
      2,
      16,
      2 },
    { { .kind = IR_TYPE_OPAQUE, .id = 0x80000001 }, "opaque<0x80000001>", NONE, NONE, 0 },
};

static void sizes_and_spellings_are_those_of_the_table(void **state)
{
    (void)state;
    bool seen[IR_TYPE_COUNT] = { false };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const struct fact *fact = &facts[i];
        seen[fact->type.kind] = true;
        uint64_t value = 0;
        assert_int_equal(ir_type_size(&fact->type, &value), fact->size != NONE);
        if (fact->size != NONE)
            assert_int_equal(value, fact->size);
        assert_int_equal(ir_type_bits(&fact->type, &value), fact->bits != NONE);
        if (fact->bits != NONE)
            assert_int_equal(value, fact->bits);
        assert_int_equal(ir_type_stride(&fact->type), fact->stride);
        struct str text = { 0 };
        ir_type_spell(&fact->type, &text);
        assert_string_equal(str_text(&text), fact->spelling);
        str_fini(&text);
    }
    for (int kind = 0; kind < IR_TYPE_COUNT; kind++)
        assert_true(seen[kind]);
}

static void every_pair_of_different_types_is_unequal(void **state)
{
    (void)state;
    size_t count = sizeof facts / sizeof facts[0];
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < count; b++)
            assert_int_equal(ir_type_equal(&facts[a].type, &facts[b].type), a == b);
    struct ir_type copy = facts[0].type;
    assert_true(ir_type_equal(&copy, ir_type_scalar(IR_TYPE_U32)));
}

static void packed_sizes_round_up_and_refuse_overflow(void **state)
{
    (void)state;
    uint64_t out = 0;
    assert_true(ir_type_packed_size(&i4, 3, &out));
    assert_int_equal(out, 2);
    const struct ir_type array = { .kind = IR_TYPE_ARRAY, .size = 12 };
    assert_true(ir_type_packed_size(&array, 3, &out));
    assert_int_equal(out, 36);
    assert_false(ir_type_packed_size(&tensor, 1, &out));
    assert_false(ir_type_packed_size(&u32, UINT64_MAX / 8, &out));
    assert_false(ir_type_packed_size(&array, UINT64_MAX / 8, &out));
}

static void element_counts_round_down(void **state)
{
    (void)state;
    uint64_t out = 0;
    assert_true(ir_type_element_count(&u32, 11, &out));
    assert_int_equal(out, 2);
    assert_true(ir_type_element_count(&i4, 3, &out)); // spec: semantics.md, 6.1
    assert_int_equal(out, 6);
    const struct ir_type vec = { .kind = IR_TYPE_VEC, .lanes = 3, .element = &f16 };
    assert_true(ir_type_element_count(&vec, 20, &out));
    assert_int_equal(out, 3);
    assert_true(ir_type_element_count(&u32, UINT64_MAX, &out));
    assert_int_equal(out, UINT64_MAX / 4);
    const struct ir_type empty = { .kind = IR_TYPE_ARRAY, .size = 0 };
    assert_true(ir_type_element_count(&empty, 7, &out));
    assert_int_equal(out, 7);
    const struct ir_type no_lanes = { .kind = IR_TYPE_VEC, .lanes = 0, .element = &u32 };
    assert_false(ir_type_element_count(&no_lanes, 7, &out));
    assert_false(ir_type_element_count(&tensor, 7, &out));
}

static void nested_vectors_overflow_to_absent_and_stride_saturates(void **state)
{
    (void)state;
    struct ir_type nested[10] = { { .kind = IR_TYPE_U32 } };
    for (int i = 1; i < 10; i++)
        nested[i] =
            (struct ir_type){ .kind = IR_TYPE_VEC, .lanes = 255, .element = &nested[i - 1] };
    uint64_t out;
    assert_false(ir_type_size(&nested[9], &out));
    assert_false(ir_type_bits(&nested[9], &out));
    assert_true(ir_type_stride(&nested[9]) == UINT64_MAX);
    assert_true(ir_type_size(&nested[3], &out));
    assert_int_equal(out, 4ull * 255 * 255 * 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_spellings_are_those_of_the_table),
        cmocka_unit_test(every_pair_of_different_types_is_unequal),
        cmocka_unit_test(packed_sizes_round_up_and_refuse_overflow),
        cmocka_unit_test(element_counts_round_down),
        cmocka_unit_test(nested_vectors_overflow_to_absent_and_stride_saturates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
