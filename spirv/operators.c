// SPDX-License-Identifier: MIT
// Operators, select and casts: those of words and conditions here, others by kind (spec:
// semantics.md, 3 to 5 and 15).
//
// Operands of different run-time kinds are an error in the interpreter wherever they meet, so such
// a program is refused. Conditions are the exception (docs/ir.md, D-7): values of bool buffers are
// words that the validator takes for bool, and count as true when they are not 0.
#include "numbers.h"

#include "ir/tables.h"

static struct spv_value word(uint32_t id, uint8_t kind)
{
    return spv_value_of(id, kind);
}

static struct spv_value condition(uint32_t id)
{
    return spv_value_of(id, SPV_BOOL);
}

static struct spv_value undefined_for(struct spv_lowering *lowering, const struct ir_expr *expr,
                                      const char *name, uint8_t kind)
{
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L004, &expr->pos, "%s is not defined for %s",
               name, spv_kind_names[kind]);
    return word(spv_u32(lowering, 0), SPV_U32);
}

// ---- Division ---------------------------------------------------------------------------------

// A divisor that is never 0, and for a literal one no code at all.
struct divisor {
    uint32_t id;
    uint32_t is_zero; // 0: never
};

static struct divisor safe_divisor(struct spv_lowering *lowering, const struct ir_expr *expr,
                                   uint32_t left, uint32_t right, bool is_signed)
{
    const struct ir_expr *literal = expr->kids[1];
    bool known = literal->kind == IR_EXPR_LIT_U32 || literal->kind == IR_EXPR_LIT_I32;
    if (known && literal->bits != 0 && !(is_signed && literal->bits == UINT32_MAX))
        return (struct divisor){ right, 0 };
    struct divisor divisor = { .is_zero =
                                   spv_test2(lowering, SpvOpIEqual, right, spv_u32(lowering, 0)) };
    uint32_t bad = divisor.is_zero;
    if (is_signed) {
        // MIN / -1 overflows, which SPIR-V leaves undefined; divided by 1 it is the wrapped result.
        uint32_t lowest = spv_test2(lowering, SpvOpIEqual, left, spv_u32(lowering, 0x80000000u));
        uint32_t minus = spv_test2(lowering, SpvOpIEqual, right, spv_u32(lowering, UINT32_MAX));
        uint32_t overflow = spv_test2(lowering, SpvOpLogicalAnd, lowest, minus);
        bad = spv_test2(lowering, SpvOpLogicalOr, bad, overflow);
    }
    divisor.id = spv_choose(lowering, lowering->type_u32, bad, spv_u32(lowering, 1), right);
    return divisor;
}

static uint32_t divide(struct spv_lowering *lowering, const struct ir_expr *expr, uint32_t left,
                       uint32_t right, bool is_signed)
{
    struct divisor divisor = safe_divisor(lowering, expr, left, right, is_signed);
    uint32_t quotient = spv_word2(lowering, is_signed ? SpvOpSDiv : SpvOpUDiv, left, divisor.id);
    if (!divisor.is_zero)
        return quotient;
    uint32_t by_zero = spv_u32(lowering, is_signed ? 0 : UINT32_MAX);
    return spv_choose(lowering, lowering->type_u32, divisor.is_zero, by_zero, quotient);
}

static uint32_t remainder_of(struct spv_lowering *lowering, const struct ir_expr *expr,
                             uint32_t left, uint32_t right, bool is_signed)
{
    // The safe divisor is 1 where the operator is special, and a remainder by 1 is the 0 wanted.
    struct divisor divisor = safe_divisor(lowering, expr, left, right, is_signed);
    if (!is_signed)
        return spv_word2(lowering, SpvOpUMod, left, divisor.id);
    // Vulkan leaves OpSRem undefined for negative operands (VK_KHR_maintenance8 is what fixes it).
    uint32_t quotient = spv_word2(lowering, SpvOpSDiv, left, divisor.id);
    uint32_t product = spv_word2(lowering, SpvOpIMul, quotient, divisor.id);
    return spv_word2(lowering, SpvOpISub, left, product);
}

// ---- Saturation, rotation, wide products ------------------------------------------------------

static void wide_product(struct spv_lowering *lowering, SpvOp op, uint32_t left, uint32_t right,
                         uint32_t *low, uint32_t *high)
{
    if (!lowering->type_wide) {
        const uint32_t members[] = { lowering->type_u32, lowering->type_u32 };
        lowering->type_wide = spv_intern_type(&lowering->writer, SpvOpTypeStruct, members, 2);
    }
    uint32_t both = spv_op2(lowering, op, lowering->type_wide, left, right);
    if (low)
        *low = spv_op2(lowering, SpvOpCompositeExtract, lowering->type_u32, both, 0);
    *high = spv_op2(lowering, SpvOpCompositeExtract, lowering->type_u32, both, 1);
}

// The i32 nearest to an exact result with the sign of `sign`.
static uint32_t nearest_extreme(struct spv_lowering *lowering, uint32_t sign)
{
    uint32_t mask = spv_word2(lowering, SpvOpShiftRightArithmetic, sign, spv_u32(lowering, 31));
    return spv_word2(lowering, SpvOpBitwiseXor, mask, spv_u32(lowering, 0x7FFFFFFFu));
}

static uint32_t saturate_unsigned(struct spv_lowering *lowering, uint8_t op, uint32_t left,
                                  uint32_t right)
{
    uint32_t result, over;
    uint32_t extreme = spv_u32(lowering, op == IR_BIN_SATURATING_SUB ? 0 : UINT32_MAX);
    if (op == IR_BIN_SATURATING_ADD) {
        result = spv_word2(lowering, SpvOpIAdd, left, right);
        over = spv_test2(lowering, SpvOpULessThan, result, left);
    } else if (op == IR_BIN_SATURATING_SUB) {
        result = spv_word2(lowering, SpvOpISub, left, right);
        over = spv_test2(lowering, SpvOpULessThan, left, right);
    } else {
        uint32_t high;
        wide_product(lowering, SpvOpUMulExtended, left, right, &result, &high);
        over = spv_test2(lowering, SpvOpINotEqual, high, spv_u32(lowering, 0));
    }
    return spv_choose(lowering, lowering->type_u32, over, extreme, result);
}

static uint32_t saturate_signed(struct spv_lowering *lowering, uint8_t op, uint32_t left,
                                uint32_t right)
{
    uint32_t result, over, sign = left;
    if (op == IR_BIN_SATURATING_MUL) {
        uint32_t high;
        wide_product(lowering, SpvOpSMulExtended, left, right, &result, &high);
        uint32_t fits =
            spv_word2(lowering, SpvOpShiftRightArithmetic, result, spv_u32(lowering, 31));
        over = spv_test2(lowering, SpvOpINotEqual, high, fits);
        sign = spv_word2(lowering, SpvOpBitwiseXor, left, right);
    } else {
        // A sum overflows when both operands have the sign that the result lacks; a difference
        // when the operands differ in sign and the result has lost the left one's.
        bool add = op == IR_BIN_SATURATING_ADD;
        result = spv_word2(lowering, add ? SpvOpIAdd : SpvOpISub, left, right);
        uint32_t a = spv_word2(lowering, SpvOpBitwiseXor, left, result);
        uint32_t b = spv_word2(lowering, SpvOpBitwiseXor, add ? right : left, add ? result : right);
        uint32_t both = spv_word2(lowering, SpvOpBitwiseAnd, a, b);
        over = spv_test2(lowering, SpvOpSLessThan, both, spv_u32(lowering, 0));
    }
    return spv_choose(lowering, lowering->type_u32, over, nearest_extreme(lowering, sign), result);
}

static uint32_t shift_amount(struct spv_lowering *lowering, const struct ir_expr *expr,
                             uint32_t right)
{
    const struct ir_expr *literal = expr->kids[1];
    if (literal->kind == IR_EXPR_LIT_U32 && literal->bits < 32)
        return right;
    // In what is passed to other lanes a counter may be what the name meant to a lane that left.
    const bool passed = lowering->passes && lowering->flow.has_dead_exits;
    const uint32_t most =
        literal->kind == IR_EXPR_VAR && !passed ? lowering->locals[literal->name].most : 0;
    if (most > 0 && most < 32)
        return right;
    return spv_word2(lowering, SpvOpBitwiseAnd, right, spv_u32(lowering, 31));
}

static uint32_t rotate(struct spv_lowering *lowering, const struct ir_expr *expr, uint32_t left,
                       uint32_t right)
{
    bool to_left = expr->op == IR_BIN_ROTATE_LEFT;
    uint32_t amount = shift_amount(lowering, expr, right);
    uint32_t back = spv_word2(lowering, SpvOpISub, spv_u32(lowering, 0), amount);
    back = spv_word2(lowering, SpvOpBitwiseAnd, back, spv_u32(lowering, 31));
    SpvOp there = to_left ? SpvOpShiftLeftLogical : SpvOpShiftRightLogical;
    SpvOp other = to_left ? SpvOpShiftRightLogical : SpvOpShiftLeftLogical;
    uint32_t a = spv_word2(lowering, there, left, amount);
    uint32_t b = spv_word2(lowering, other, left, back);
    return spv_word2(lowering, SpvOpBitwiseOr, a, b);
}

static uint32_t abs_diff(struct spv_lowering *lowering, uint32_t left, uint32_t right,
                         bool is_signed)
{
    enum GLSLstd450 greatest = is_signed ? GLSLstd450SMax : GLSLstd450UMax;
    enum GLSLstd450 least = is_signed ? GLSLstd450SMin : GLSLstd450UMin;
    uint32_t high = spv_glsl2(lowering, greatest, left, right);
    uint32_t low = spv_glsl2(lowering, least, left, right);
    return spv_word2(lowering, SpvOpISub, high, low);
}

// ---- Binary operators -------------------------------------------------------------------------

static SpvOp comparison(uint8_t op, bool is_signed)
{
    switch (op) {
    case IR_BIN_EQ: return SpvOpIEqual;
    case IR_BIN_NE: return SpvOpINotEqual;
    case IR_BIN_LT: return is_signed ? SpvOpSLessThan : SpvOpULessThan;
    case IR_BIN_GT: return is_signed ? SpvOpSGreaterThan : SpvOpUGreaterThan;
    case IR_BIN_LE: return is_signed ? SpvOpSLessThanEqual : SpvOpULessThanEqual;
    case IR_BIN_GE: return is_signed ? SpvOpSGreaterThanEqual : SpvOpUGreaterThanEqual;
    default: return SpvOpNop;
    }
}

// Two words of one kind. Returns false when the operator does not take that kind.
static bool binary_words(struct spv_lowering *lowering, const struct ir_expr *expr, uint32_t left,
                         uint32_t right, uint8_t kind, struct spv_value *out)
{
    const bool is_signed = kind == SPV_I32;
    SpvOp test = comparison(expr->op, is_signed);
    if (test != SpvOpNop) {
        *out = condition(spv_test2(lowering, test, left, right));
        return true;
    }
    uint32_t id, high;
    switch (expr->op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: id = spv_word2(lowering, SpvOpIAdd, left, right); break;
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB: id = spv_word2(lowering, SpvOpISub, left, right); break;
    case IR_BIN_MUL: id = spv_word2(lowering, SpvOpIMul, left, right); break;
    case IR_BIN_DIV: id = divide(lowering, expr, left, right, is_signed); break;
    case IR_BIN_MOD: id = remainder_of(lowering, expr, left, right, is_signed); break;
    case IR_BIN_BIT_AND: id = spv_word2(lowering, SpvOpBitwiseAnd, left, right); break;
    case IR_BIN_BIT_OR: id = spv_word2(lowering, SpvOpBitwiseOr, left, right); break;
    case IR_BIN_BIT_XOR: id = spv_word2(lowering, SpvOpBitwiseXor, left, right); break;
    case IR_BIN_SHL:
        right = shift_amount(lowering, expr, right);
        id = spv_word2(lowering, SpvOpShiftLeftLogical, left, right);
        break;
    case IR_BIN_SHR:
        right = shift_amount(lowering, expr, right);
        id = spv_word2(lowering, is_signed ? SpvOpShiftRightArithmetic : SpvOpShiftRightLogical,
                       left, right);
        break;
    case IR_BIN_MIN:
        id = spv_glsl2(lowering, is_signed ? GLSLstd450SMin : GLSLstd450UMin, left, right);
        break;
    case IR_BIN_MAX:
        id = spv_glsl2(lowering, is_signed ? GLSLstd450SMax : GLSLstd450UMax, left, right);
        break;
    case IR_BIN_ABS_DIFF:
        id = abs_diff(lowering, left, right, is_signed);
        kind = SPV_U32; // whatever the operands are (spec: semantics.md, 3.1)
        break;
    case IR_BIN_SATURATING_ADD:
    case IR_BIN_SATURATING_SUB:
    case IR_BIN_SATURATING_MUL:
        id = is_signed ? saturate_signed(lowering, expr->op, left, right)
                       : saturate_unsigned(lowering, expr->op, left, right);
        break;
    case IR_BIN_ROTATE_LEFT:
    case IR_BIN_ROTATE_RIGHT:
        if (is_signed)
            return false;
        id = rotate(lowering, expr, left, right);
        break;
    case IR_BIN_MUL_HIGH:
        if (is_signed)
            return false;
        wide_product(lowering, SpvOpUMulExtended, left, right, NULL, &high);
        id = high;
        break;
    default: return false;
    }
    *out = word(id, kind);
    return true;
}

static bool is_float(struct spv_value value)
{
    return value.kind == SPV_F32 || value.kind == SPV_F64;
}

static struct spv_value kinds_differ(struct spv_lowering *lowering, const struct ir_expr *expr,
                                     struct spv_value left, struct spv_value right)
{
    spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L003, &expr->pos,
               "the operands of %s are %s and %s at run time", ir_binop_info(expr->op)->name,
               spv_kind_names[left.kind], spv_kind_names[right.kind]);
    return word(spv_u32(lowering, 0), SPV_U32);
}

static struct spv_value binary_floats(struct spv_lowering *lowering, const struct ir_expr *expr,
                                      struct spv_value left, struct spv_value right)
{
    struct spv_value result;
    if (!is_float(left) || !is_float(right))
        return kinds_differ(lowering, expr, left, right);
    if (!spv_float_binary(lowering, expr->op, left, right, &result))
        return undefined_for(lowering, expr, ir_binop_info(expr->op)->name, SPV_F32);
    return result;
}

struct spv_value spv_binary(struct spv_lowering *lowering, const struct ir_expr *expr,
                            struct spv_value left, struct spv_value right)
{
    const char *name = ir_binop_info(expr->op)->name;
    if (ir_binop_info(expr->op)->needs_subgroup || expr->op == IR_BIN_OPAQUE) {
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, &expr->pos,
                   "the operator %s is not compiled yet", name);
        return word(spv_u32(lowering, 0), SPV_U32);
    }
    if (left.kind == SPV_BYTES || right.kind == SPV_BYTES)
        return undefined_for(lowering, expr, name, SPV_BYTES);
    if (is_float(left) || is_float(right))
        return binary_floats(lowering, expr, left, right);
    if (expr->op == IR_BIN_AND || expr->op == IR_BIN_OR) {
        uint32_t a = spv_as_bool(lowering, left);
        uint32_t b = spv_as_bool(lowering, right);
        SpvOp op = expr->op == IR_BIN_AND ? SpvOpLogicalAnd : SpvOpLogicalOr;
        return condition(spv_test2(lowering, op, a, b));
    }
    if (left.kind == SPV_BOOL || right.kind == SPV_BOOL) {
        bool with_other = (left.kind != SPV_BOOL && left.kind != SPV_U32) ||
                          (right.kind != SPV_BOOL && right.kind != SPV_U32);
        bool equality = expr->op == IR_BIN_EQ || expr->op == IR_BIN_NE;
        if (!equality)
            return undefined_for(lowering, expr, name, SPV_BOOL);
        if (!with_other) {
            SpvOp op = expr->op == IR_BIN_EQ ? SpvOpLogicalEqual : SpvOpLogicalNotEqual;
            uint32_t a = spv_as_bool(lowering, left);
            return condition(spv_test2(lowering, op, a, spv_as_bool(lowering, right)));
        }
    }
    if (left.kind != right.kind)
        return kinds_differ(lowering, expr, left, right);
    struct spv_value result;
    bool defined = left.kind == SPV_U64
                       ? spv_wide_binary(lowering, expr->op, left, right, &result)
                       : binary_words(lowering, expr, left.id, right.id, left.kind, &result);
    return defined ? result : undefined_for(lowering, expr, name, left.kind);
}

// ---- Unary operators, select, cast ------------------------------------------------------------

struct spv_value spv_unary(struct spv_lowering *lowering, const struct ir_expr *expr,
                           struct spv_value operand)
{
    const char *name = ir_unop_info(expr->op)->name;
    struct spv_value result;
    if (operand.kind == SPV_BYTES)
        return undefined_for(lowering, expr, name, SPV_BYTES);
    if (is_float(operand)) {
        if (!spv_float_unary(lowering, expr->op, operand, &result))
            return undefined_for(lowering, expr, name, SPV_F32);
        return result;
    }
    if (expr->op == IR_UN_LOGICAL_NOT) {
        uint32_t test = spv_as_bool(lowering, operand);
        return condition(spv_op1(lowering, SpvOpLogicalNot, lowering->type_bool, test));
    }
    if (operand.kind == SPV_U64) {
        if (!spv_wide_unary(lowering, expr->op, operand, &result))
            return undefined_for(lowering, expr, name, SPV_U64);
        return result;
    }
    const uint32_t type = lowering->type_u32;
    uint32_t id;
    switch (expr->op) {
    case IR_UN_NEGATE:
    case IR_UN_BIT_NOT:
    case IR_UN_POPCOUNT:
    case IR_UN_CLZ:
    case IR_UN_CTZ:
    case IR_UN_REVERSE_BITS:
        if (operand.kind == SPV_BOOL)
            return undefined_for(lowering, expr, ir_unop_info(expr->op)->name, SPV_BOOL);
        break;
    default:
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L001, &expr->pos,
                   "the operator %s is not compiled yet", ir_unop_info(expr->op)->name);
        return operand;
    }
    switch (expr->op) {
    case IR_UN_NEGATE: id = spv_word2(lowering, SpvOpISub, spv_u32(lowering, 0), operand.id); break;
    case IR_UN_BIT_NOT: id = spv_op1(lowering, SpvOpNot, type, operand.id); break;
    case IR_UN_POPCOUNT: id = spv_op1(lowering, SpvOpBitCount, type, operand.id); break;
    case IR_UN_REVERSE_BITS: id = spv_op1(lowering, SpvOpBitReverse, type, operand.id); break;
    case IR_UN_CLZ:
        // The position of the highest bit is -1 for 0, which gives the 32 wanted.
        id = spv_glsl1(lowering, GLSLstd450FindUMsb, operand.id);
        id = spv_word2(lowering, SpvOpISub, spv_u32(lowering, 31), id);
        break;
    default: // CTZ: the position of the lowest bit is -1 for 0, the largest word
        id = spv_glsl1(lowering, GLSLstd450FindILsb, operand.id);
        id = spv_glsl2(lowering, GLSLstd450UMin, id, spv_u32(lowering, 32));
        break;
    }
    return word(id, operand.kind);
}

struct spv_value spv_select(struct spv_lowering *lowering, const struct ir_expr *expr,
                            struct spv_value cond, struct spv_value yes, struct spv_value no)
{
    uint32_t test = spv_as_bool(lowering, cond);
    if (yes.kind == SPV_BOOL && no.kind == SPV_BOOL)
        return condition(spv_choose(lowering, lowering->type_bool, test, yes.id, no.id));
    // A bool beside a word of a bool buffer becomes the word 0 or 1, which keeps the other one raw.
    struct spv_value a = spv_hold(lowering, yes);
    struct spv_value b = spv_hold(lowering, no);
    if (!spv_unify(lowering, &a, &b)) {
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L003, &expr->pos,
                   "the values of a select are %s and %s at run time", spv_kind_names[yes.kind],
                   spv_kind_names[no.kind]);
        return a;
    }
    a = spv_chosen(lowering, a,
                   spv_is_constant(lowering, expr->kids[1]) &&
                       spv_is_constant(lowering, expr->kids[2]));
    for (uint32_t i = 0; i < spv_word_count(a); i++)
        spv_set_word(&a, i,
                     spv_choose(lowering, lowering->type_u32, test, spv_value_word(a, i),
                                spv_value_word(b, i)));
    return a;
}

// ---- Casts --------------------------------------------------------------------------------------

static struct spv_value to_u64(struct spv_lowering *lowering, const struct ir_expr *expr,
                               struct spv_value value)
{
    uint32_t words[SPV_MOST_WORDS];
    if (value.kind == SPV_F32 || value.kind == SPV_F64 || value.size > 8)
        return undefined_for(lowering, expr, "a cast to u64", value.kind);
    spv_to_words(lowering, value, words);
    return (struct spv_value){ .id = words[0], .more = { words[1] }, .kind = SPV_U64 };
}

// Types without a kind of their own keep the bytes that the value had, or get `size` of them.
static struct spv_value to_bytes(struct spv_lowering *lowering, struct spv_value value,
                                 uint8_t size)
{
    struct spv_value bytes = { .kind = SPV_BYTES, .size = size };
    uint32_t words[SPV_MOST_WORDS];
    if (!size && value.kind == SPV_BYTES)
        return value;
    if (!size)
        bytes.size = value.kind == SPV_U64 || is_float(value) ? 8 : 4;
    spv_to_words(lowering, value, words);
    for (uint32_t i = 0; i < spv_word_count(bytes); i++)
        spv_set_word(&bytes, i, words[i]);
    return bytes;
}

struct spv_value spv_cast(struct spv_lowering *lowering, const struct ir_expr *expr,
                          struct spv_value value)
{
    switch (expr->type->kind) {
    case IR_TYPE_U32: return word(spv_as_word(lowering, value), SPV_U32);
    case IR_TYPE_I32:
        if (value.kind == SPV_F32)
            return word(spv_call1(lowering, "f32_to_i32", value.id), SPV_I32);
        return word(spv_as_word(lowering, value), SPV_I32);
    case IR_TYPE_U64: return to_u64(lowering, expr, value);
    case IR_TYPE_F32: return spv_to_f32(lowering, value);
    case IR_TYPE_BOOL: return condition(spv_as_bool(lowering, value));
    case IR_TYPE_VEC2_U32: return to_bytes(lowering, value, 8);
    case IR_TYPE_VEC4_U32: return to_bytes(lowering, value, 16);
    default: return to_bytes(lowering, value, 0);
    }
}
