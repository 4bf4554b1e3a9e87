// SPDX-License-Identifier: MIT
// u64 (spec: semantics.md, 3.1 and 4.1). A value is a pair of words wherever it goes; arithmetic is
// that of 64-bit integers where the target has them, and of pairs where not.
#include "numbers.h"

#include "ir/model.h"

static uint32_t pair_call(struct spv_lowering *lowering, const char *name, struct spv_value a,
                          struct spv_value b)
{
    const uint32_t left = spv_pair(lowering, a);
    const uint32_t operands[] = { left, spv_pair(lowering, b) };
    return spv_call(lowering, name, spv_pair_type(lowering), operands, 2);
}

static struct spv_value wide(struct spv_lowering *lowering, const char *name, struct spv_value a,
                             struct spv_value b)
{
    return spv_from_pair(lowering, pair_call(lowering, name, a, b), SPV_U64);
}

// ---- 64-bit integers ----------------------------------------------------------------------------

static uint32_t type_u64(struct spv_lowering *lowering)
{
    static const uint32_t width[] = { 64, 0 };
    if (!lowering->has_int64)
        SPV_EMIT(&lowering->writer, SPV_CAPABILITIES, SpvOpCapability, SpvCapabilityInt64);
    lowering->has_int64 = true;
    return spv_intern_type(&lowering->writer, SpvOpTypeInt, width, 2);
}

static uint32_t as_u64(struct spv_lowering *lowering, struct spv_value value)
{
    uint32_t pair = spv_pair(lowering, value);
    return spv_op1(lowering, SpvOpBitcast, type_u64(lowering), pair);
}

static uint32_t constant_u64(struct spv_lowering *lowering, uint64_t number)
{
    const uint32_t operands[] = { type_u64(lowering), (uint32_t)number, (uint32_t)(number >> 32) };
    return spv_intern_constant(&lowering->writer, SpvOpConstant, operands, 3);
}

static struct spv_value from_u64(struct spv_lowering *lowering, uint32_t number)
{
    uint32_t pair = spv_op1(lowering, SpvOpBitcast, spv_pair_type(lowering), number);
    return spv_from_pair(lowering, pair, SPV_U64);
}

// x / 0 is all ones and x % 0 is 0; a remainder by 1 is the 0 wanted.
static uint32_t native_divide(struct spv_lowering *lowering, SpvOp op, uint32_t a, uint32_t b)
{
    const uint32_t type = type_u64(lowering);
    uint32_t zero = constant_u64(lowering, 0);
    uint32_t one = constant_u64(lowering, 1);
    uint32_t by_zero = spv_test2(lowering, SpvOpIEqual, b, zero);
    uint32_t divisor = spv_choose(lowering, type, by_zero, one, b);
    uint32_t result = spv_op2(lowering, op, type, a, divisor);
    if (op == SpvOpUMod)
        return result;
    uint32_t ones = constant_u64(lowering, UINT64_MAX);
    return spv_choose(lowering, type, by_zero, ones, result);
}

// False when it is not one of the operators that have an instruction, or the target has none.
static bool native(struct spv_lowering *lowering, uint8_t op, struct spv_value left,
                   struct spv_value right, struct spv_value *out)
{
    static const struct {
        uint8_t op;
        SpvOp instruction;
    } all[] = {
        { IR_BIN_ADD, SpvOpIAdd },
        { IR_BIN_WRAPPING_ADD, SpvOpIAdd },
        { IR_BIN_SUB, SpvOpISub },
        { IR_BIN_WRAPPING_SUB, SpvOpISub },
        { IR_BIN_MUL, SpvOpIMul },
        { IR_BIN_DIV, SpvOpUDiv },
        { IR_BIN_MOD, SpvOpUMod },
        { IR_BIN_SHL, SpvOpShiftLeftLogical },
        { IR_BIN_SHR, SpvOpShiftRightLogical },
    };
    size_t i = 0;
    while (i < sizeof all / sizeof *all && all[i].op != op)
        i++;
    if (i == sizeof all / sizeof *all || !lowering->target->int64)
        return false;
    const SpvOp instruction = all[i].instruction;
    uint32_t a = as_u64(lowering, left), number;
    if (op == IR_BIN_SHL || op == IR_BIN_SHR) {
        uint32_t amount = spv_word2(lowering, SpvOpBitwiseAnd, right.id, spv_u32(lowering, 63));
        number = spv_op2(lowering, instruction, type_u64(lowering), a, amount);
    } else if (op == IR_BIN_DIV || op == IR_BIN_MOD) {
        number = native_divide(lowering, instruction, a, as_u64(lowering, right));
    } else {
        uint32_t b = as_u64(lowering, right);
        number = spv_op2(lowering, instruction, type_u64(lowering), a, b);
    }
    *out = from_u64(lowering, number);
    return true;
}

// ---- Pairs --------------------------------------------------------------------------------------

static uint32_t is_less(struct spv_lowering *lowering, struct spv_value a, struct spv_value b)
{
    if (lowering->target->int64) {
        uint32_t first = as_u64(lowering, a);
        return spv_test2(lowering, SpvOpULessThan, first, as_u64(lowering, b));
    }
    const uint32_t left = spv_pair(lowering, a);
    const uint32_t operands[] = { left, spv_pair(lowering, b) };
    return spv_call(lowering, "wide_less", lowering->type_bool, operands, 2);
}

static struct spv_value choose(struct spv_lowering *lowering, uint32_t test, struct spv_value yes,
                               struct spv_value no)
{
    struct spv_value value = { .kind = SPV_U64 };
    value.id = spv_choose(lowering, lowering->type_u32, test, yes.id, no.id);
    value.more[0] = spv_choose(lowering, lowering->type_u32, test, yes.more[0], no.more[0]);
    return value;
}

static struct spv_value constant(struct spv_lowering *lowering, uint64_t number)
{
    struct spv_value value = { .kind = SPV_U64 };
    value.id = spv_u32(lowering, (uint32_t)number);
    value.more[0] = spv_u32(lowering, (uint32_t)(number >> 32));
    return value;
}

static struct spv_value each_word(struct spv_lowering *lowering, SpvOp op, struct spv_value a,
                                  struct spv_value b)
{
    struct spv_value value = { .kind = SPV_U64 };
    value.id = spv_word2(lowering, op, a.id, b.id);
    value.more[0] = spv_word2(lowering, op, a.more[0], b.more[0]);
    return value;
}

static struct spv_value shift(struct spv_lowering *lowering, const char *name, struct spv_value a,
                              struct spv_value b)
{
    const uint32_t operands[] = { spv_pair(lowering, a), b.id };
    return spv_from_pair(lowering, spv_call(lowering, name, spv_pair_type(lowering), operands, 2),
                         SPV_U64);
}

// ---- Comparisons --------------------------------------------------------------------------------

static uint32_t is_equal(struct spv_lowering *lowering, struct spv_value a, struct spv_value b)
{
    struct spv_value differ = each_word(lowering, SpvOpBitwiseXor, a, b);
    uint32_t any = spv_word2(lowering, SpvOpBitwiseOr, differ.id, differ.more[0]);
    return spv_test2(lowering, SpvOpIEqual, any, spv_u32(lowering, 0));
}

static bool compare(struct spv_lowering *lowering, uint8_t op, struct spv_value a,
                    struct spv_value b, struct spv_value *out)
{
    uint32_t test;
    bool negated = false;
    switch (op) {
    case IR_BIN_EQ: test = is_equal(lowering, a, b); break;
    case IR_BIN_NE:
        test = is_equal(lowering, a, b);
        negated = true;
        break;
    case IR_BIN_LT: test = is_less(lowering, a, b); break;
    case IR_BIN_GT: test = is_less(lowering, b, a); break;
    case IR_BIN_LE:
        test = is_less(lowering, b, a);
        negated = true;
        break;
    case IR_BIN_GE:
        test = is_less(lowering, a, b);
        negated = true;
        break;
    default: return false;
    }
    if (negated)
        test = spv_op1(lowering, SpvOpLogicalNot, lowering->type_bool, test);
    *out = spv_value_of(test, SPV_BOOL);
    return true;
}

// ---- Operators of two ---------------------------------------------------------------------------

static struct spv_value saturate(struct spv_lowering *lowering, uint8_t op, struct spv_value a,
                                 struct spv_value b)
{
    if (op == IR_BIN_SATURATING_ADD) {
        struct spv_value sum = wide(lowering, "wide_add", a, b);
        uint32_t over = is_less(lowering, sum, a);
        return choose(lowering, over, constant(lowering, UINT64_MAX), sum);
    }
    struct spv_value difference = wide(lowering, "wide_sub", a, b);
    uint32_t under = is_less(lowering, a, b);
    return choose(lowering, under, constant(lowering, 0), difference);
}

bool spv_wide_binary(struct spv_lowering *lowering, uint8_t op, struct spv_value left,
                     struct spv_value right, struct spv_value *out)
{
    if (compare(lowering, op, left, right, out) || native(lowering, op, left, right, out))
        return true;
    struct spv_value low, high;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: *out = wide(lowering, "wide_add", left, right); return true;
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB: *out = wide(lowering, "wide_sub", left, right); return true;
    case IR_BIN_MUL: *out = wide(lowering, "u64_mul", left, right); return true;
    case IR_BIN_DIV: *out = wide(lowering, "u64_div", left, right); return true;
    case IR_BIN_MOD: *out = wide(lowering, "u64_mod", left, right); return true;
    case IR_BIN_MUL_HIGH: *out = wide(lowering, "u64_mul_high", left, right); return true;
    case IR_BIN_SATURATING_MUL:
        *out = wide(lowering, "u64_saturating_mul", left, right);
        return true;
    case IR_BIN_SATURATING_ADD:
    case IR_BIN_SATURATING_SUB: *out = saturate(lowering, op, left, right); return true;
    case IR_BIN_BIT_AND: *out = each_word(lowering, SpvOpBitwiseAnd, left, right); return true;
    case IR_BIN_BIT_OR: *out = each_word(lowering, SpvOpBitwiseOr, left, right); return true;
    case IR_BIN_BIT_XOR: *out = each_word(lowering, SpvOpBitwiseXor, left, right); return true;
    case IR_BIN_SHL: *out = shift(lowering, "wide_shl", left, right); return true;
    case IR_BIN_SHR: *out = shift(lowering, "wide_shr", left, right); return true;
    case IR_BIN_MIN:
        *out = choose(lowering, is_less(lowering, right, left), right, left);
        return true;
    case IR_BIN_MAX:
        *out = choose(lowering, is_less(lowering, left, right), right, left);
        return true;
    case IR_BIN_ABS_DIFF:
        low = wide(lowering, "wide_sub", left, right);
        high = wide(lowering, "wide_sub", right, left);
        *out = choose(lowering, is_less(lowering, left, right), high, low);
        return true;
    default: return false;
    }
}

// ---- Operators of one ---------------------------------------------------------------------------

static struct spv_value from_word(struct spv_lowering *lowering, uint32_t word)
{
    struct spv_value value = { .id = word, .kind = SPV_U64 };
    value.more[0] = spv_u32(lowering, 0);
    return value;
}

static struct spv_value each(struct spv_lowering *lowering, SpvOp op, struct spv_value value)
{
    value.id = spv_op1(lowering, op, lowering->type_u32, value.id);
    value.more[0] = spv_op1(lowering, op, lowering->type_u32, value.more[0]);
    return value;
}

static struct spv_value reverse(struct spv_lowering *lowering, struct spv_value value)
{
    struct spv_value words = each(lowering, SpvOpBitReverse, value);
    struct spv_value reversed = { .id = words.more[0], .kind = SPV_U64 };
    reversed.more[0] = words.id;
    return reversed;
}

bool spv_wide_unary(struct spv_lowering *lowering, uint8_t op, struct spv_value operand,
                    struct spv_value *out)
{
    uint32_t pair;
    switch (op) {
    case IR_UN_NEGATE:
        *out = wide(lowering, "wide_sub", constant(lowering, 0), operand);
        return true;
    case IR_UN_BIT_NOT: *out = each(lowering, SpvOpNot, operand); return true;
    case IR_UN_REVERSE_BITS: *out = reverse(lowering, operand); return true;
    case IR_UN_POPCOUNT: {
        struct spv_value counts = each(lowering, SpvOpBitCount, operand);
        uint32_t sum = spv_word2(lowering, SpvOpIAdd, counts.id, counts.more[0]);
        *out = from_word(lowering, sum);
        return true;
    }
    case IR_UN_CLZ:
        pair = spv_pair(lowering, operand);
        *out = from_word(lowering, spv_call(lowering, "wide_clz", lowering->type_u32, &pair, 1));
        return true;
    case IR_UN_CTZ: // as the leading zeros of the reversed word
        pair = spv_pair(lowering, reverse(lowering, operand));
        *out = from_word(lowering, spv_call(lowering, "wide_clz", lowering->type_u32, &pair, 1));
        return true;
    default: return false;
    }
}
