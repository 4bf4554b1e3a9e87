// SPDX-License-Identifier: MIT
// f32 with the interpreter's bits (spec: semantics.md, 3.3, 4.3, 5.4, 5.5 and 10.10).
//
// Operands are canonical already, and every result that may not be is made so. What Vulkan does not
// promise to round correctly, or at all, is computed with integers by the value library.
#include "lowering.h"

#include "ir/model.h"

// Parts of a binary32, and the one NaN.
#define SIGN      0x80000000u
#define MAGNITUDE 0x7FFFFFFFu
#define EXPONENT  0x7F800000u
#define QUIET_NAN 0x7FC00000u

static uint32_t and_word(struct spv_lowering *lowering, uint32_t word, uint32_t mask)
{
    return spv_word2(lowering, SpvOpBitwiseAnd, word, spv_u32(lowering, mask));
}

static uint32_t choose(struct spv_lowering *lowering, uint32_t test, uint32_t yes, uint32_t no)
{
    return spv_choose(lowering, lowering->type_u32, test, yes, no);
}

static uint32_t is_nan(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t magnitude = and_word(lowering, bits, MAGNITUDE);
    return spv_test2(lowering, SpvOpUGreaterThan, magnitude, spv_u32(lowering, EXPONENT));
}

uint32_t spv_canonical(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t exponent = and_word(lowering, bits, EXPONENT);
    uint32_t tiny = spv_test2(lowering, SpvOpIEqual, exponent, spv_u32(lowering, 0));
    uint32_t zero = and_word(lowering, bits, SIGN);
    uint32_t flushed = choose(lowering, tiny, zero, bits);
    uint32_t nan = is_nan(lowering, bits);
    return choose(lowering, nan, spv_u32(lowering, QUIET_NAN), flushed);
}

static uint32_t canonical_bits(uint32_t bits)
{
    if ((bits & MAGNITUDE) > EXPONENT)
        return QUIET_NAN;
    return bits & EXPONENT ? bits : bits & SIGN;
}

struct spv_value spv_literal_f32(struct spv_lowering *lowering, uint32_t bits)
{
    return spv_value_of(spv_u32(lowering, canonical_bits(bits)), SPV_F32);
}

// ---- Conversions --------------------------------------------------------------------------------

struct spv_value spv_as_f32(struct spv_lowering *lowering, struct spv_value value)
{
    if (value.kind == SPV_U32) // the bits of one
        return spv_value_of(spv_canonical(lowering, value.id), SPV_F32);
    if (value.kind == SPV_F64) {
        uint32_t pair = spv_pair(lowering, value);
        uint32_t narrow = spv_call(lowering, "f32_from_f64", lowering->type_u32, &pair, 1);
        return spv_value_of(spv_canonical(lowering, narrow), SPV_F32);
    }
    return value;
}

struct spv_value spv_to_f32(struct spv_lowering *lowering, struct spv_value value)
{
    uint32_t pair;
    switch (value.kind) {
    case SPV_F32:
    case SPV_F64: return value;
    case SPV_BOOL: {
        uint32_t one = spv_u32(lowering, 0x3F800000u);
        return spv_value_of(choose(lowering, value.id, one, spv_u32(lowering, 0)), SPV_F32);
    }
    case SPV_I32: return spv_value_of(spv_call1(lowering, "f32_from_i32", value.id), SPV_F32);
    case SPV_U64:
        pair = spv_pair(lowering, value);
        return spv_value_of(spv_call(lowering, "f32_from_u64", lowering->type_u32, &pair, 1),
                            SPV_F32);
    default: break;
    }
    uint32_t word = spv_as_word(lowering, value);
    return spv_value_of(spv_call1(lowering, "f32_from_u32", word), SPV_F32);
}

// ---- Operators of two ---------------------------------------------------------------------------

static uint32_t less(struct spv_lowering *lowering, uint32_t a, uint32_t b)
{
    return spv_call(lowering, "f32_less", lowering->type_bool, (const uint32_t[]){ a, b }, 2);
}

// A NaN is ignored; of equal operands, zeros of different sign included, the left one is the
// result.
static uint32_t extreme(struct spv_lowering *lowering, uint8_t op, uint32_t left, uint32_t right)
{
    uint32_t better = op == IR_BIN_MIN ? less(lowering, right, left) : less(lowering, left, right);
    uint32_t nan = is_nan(lowering, left);
    uint32_t take = spv_test2(lowering, SpvOpLogicalOr, better, nan);
    return choose(lowering, take, right, left);
}

static uint32_t compare(struct spv_lowering *lowering, uint8_t op, uint32_t left, uint32_t right)
{
    const bool swapped = op == IR_BIN_GT || op == IR_BIN_GE;
    const uint32_t operands[] = { swapped ? right : left, swapped ? left : right };
    const uint32_t type = lowering->type_bool;
    switch (op) {
    case IR_BIN_LT:
    case IR_BIN_GT: return spv_call(lowering, "f32_less", type, operands, 2);
    case IR_BIN_LE:
    case IR_BIN_GE: return spv_call(lowering, "f32_less_equal", type, operands, 2);
    default: break;
    }
    uint32_t equal = spv_call(lowering, "f32_equal", type, operands, 2);
    return op == IR_BIN_EQ ? equal : spv_op1(lowering, SpvOpLogicalNot, type, equal);
}

static const char *arithmetic(uint8_t op)
{
    switch (op) {
    case IR_BIN_ADD: return "f32_add";
    case IR_BIN_SUB: return "f32_sub";
    case IR_BIN_MUL: return "f32_mul";
    case IR_BIN_DIV: return "f32_div";
    default: return NULL;
    }
}

bool spv_float_binary(struct spv_lowering *lowering, uint8_t op, struct spv_value left,
                      struct spv_value right, struct spv_value *out)
{
    uint32_t a = spv_as_f32(lowering, left).id;
    uint32_t b = spv_as_f32(lowering, right).id;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_SUB:
    case IR_BIN_MUL:
    case IR_BIN_DIV: {
        uint32_t bits = spv_call2(lowering, arithmetic(op), a, b);
        *out = spv_value_of(spv_canonical(lowering, bits), SPV_F32);
        return true;
    }
    case IR_BIN_MIN:
    case IR_BIN_MAX: *out = spv_value_of(extreme(lowering, op, a, b), SPV_F32); return true;
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE: *out = spv_value_of(compare(lowering, op, a, b), SPV_BOOL); return true;
    default: return false;
    }
}

struct spv_value spv_fma(struct spv_lowering *lowering, const struct ir_expr *expr,
                         const struct spv_value operands[3])
{
    uint32_t ids[3];
    for (int i = 0; i < 3; i++) {
        struct spv_value operand = spv_as_f32(lowering, operands[i]);
        if (operand.kind != SPV_F32)
            spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L004, &expr->pos,
                       "fma is not defined for %s", spv_kind_names[operand.kind]);
        ids[i] = operand.id;
    }
    uint32_t bits = spv_call3(lowering, "f32_fma", ids[0], ids[1], ids[2]);
    return spv_value_of(spv_canonical(lowering, bits), SPV_F32);
}

// ---- Operators of one ---------------------------------------------------------------------------

static uint32_t negate(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t flipped = spv_word2(lowering, SpvOpBitwiseXor, bits, spv_u32(lowering, SIGN));
    return choose(lowering, is_nan(lowering, bits), bits, flipped);
}

// 1 with the operand's sign; a NaN stays, and both zeros give +0.
static uint32_t sign_of(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t sign = and_word(lowering, bits, SIGN);
    uint32_t one = spv_word2(lowering, SpvOpBitwiseOr, sign, spv_u32(lowering, 0x3F800000u));
    uint32_t magnitude = and_word(lowering, bits, MAGNITUDE);
    uint32_t is_zero = spv_test2(lowering, SpvOpIEqual, magnitude, spv_u32(lowering, 0));
    uint32_t number = choose(lowering, is_zero, spv_u32(lowering, 0), one);
    return choose(lowering, is_nan(lowering, bits), bits, number);
}

// How the magnitude compares with an infinity's.
static struct spv_value classify(struct spv_lowering *lowering, SpvOp test, uint32_t bits)
{
    uint32_t magnitude = and_word(lowering, bits, MAGNITUDE);
    return spv_value_of(spv_test2(lowering, test, magnitude, spv_u32(lowering, EXPONENT)),
                        SPV_BOOL);
}

bool spv_float_unary(struct spv_lowering *lowering, uint8_t op, struct spv_value operand,
                     struct spv_value *out)
{
    const uint32_t x = spv_as_f32(lowering, operand).id;
    const uint32_t one = spv_u32(lowering, 0x3F800000u);
    uint32_t bits;
    switch (op) {
    case IR_UN_IS_NAN: *out = classify(lowering, SpvOpUGreaterThan, x); return true;
    case IR_UN_IS_INF: *out = classify(lowering, SpvOpIEqual, x); return true;
    case IR_UN_IS_FINITE: *out = classify(lowering, SpvOpULessThan, x); return true;
    case IR_UN_NEGATE: bits = negate(lowering, x); break;
    case IR_UN_ABS: bits = and_word(lowering, x, MAGNITUDE); break;
    case IR_UN_SIGN: bits = sign_of(lowering, x); break;
    case IR_UN_FLOOR: bits = spv_call1(lowering, "f32_floor", x); break;
    case IR_UN_CEIL: bits = spv_call1(lowering, "f32_ceil", x); break;
    case IR_UN_TRUNC: bits = spv_call1(lowering, "f32_trunc", x); break;
    case IR_UN_ROUND: bits = spv_call1(lowering, "f32_round", x); break;
    case IR_UN_SQRT: bits = spv_call1(lowering, "f32_sqrt", x); break; // never tiny
    case IR_UN_RECIPROCAL:
        bits = spv_canonical(lowering, spv_call2(lowering, "f32_div", one, x));
        break;
    case IR_UN_INVERSE_SQRT:
        bits = spv_call2(lowering, "f32_div", one, spv_call1(lowering, "f32_sqrt", x));
        break;
    default: return false;
    }
    *out = spv_value_of(bits, SPV_F32);
    return true;
}
