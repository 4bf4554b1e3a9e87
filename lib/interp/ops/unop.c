// SPDX-License-Identifier: MIT
// Unary operators (spec: semantics.md, section 4).
#include <math.h>

#include "libm.h"
#include "interp/ops.h"

// ---- Integers ----------------------------------------------------------------------------------

static unsigned count_ones(uint64_t value)
{
    unsigned count = 0;
    for (; value; value &= value - 1)
        count++;
    return count;
}

static unsigned leading_zeros(uint64_t value, unsigned width)
{
    unsigned count = 0;
    while (count < width && !(value >> (width - 1 - count) & 1))
        count++;
    return count;
}

static unsigned trailing_zeros(uint64_t value, unsigned width)
{
    unsigned count = 0;
    while (count < width && !(value >> count & 1))
        count++;
    return count;
}

static uint64_t reverse_bits(uint64_t value, unsigned width)
{
    uint64_t reversed = 0;
    for (unsigned i = 0; i < width; i++)
        reversed |= (value >> i & 1) << (width - 1 - i);
    return reversed;
}

static bool on_integer(enum ir_unop op, uint64_t value, unsigned width, uint64_t *out)
{
    switch (op) {
    case IR_UN_NEGATE: *out = 0 - value; return true;
    case IR_UN_BIT_NOT: *out = ~value; return true;
    case IR_UN_POPCOUNT: *out = count_ones(value); return true;
    case IR_UN_CLZ: *out = leading_zeros(value, width); return true;
    case IR_UN_CTZ: *out = trailing_zeros(value, width); return true;
    case IR_UN_REVERSE_BITS: *out = reverse_bits(value, width); return true;
    default: return false;
    }
}

// ---- f32 ---------------------------------------------------------------------------------------

static float sign_of(float x)
{
    if (isnan(x))
        return x;
    return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f;
}

static enum interp_op_result on_f32(enum ir_unop op, float x, struct interp_value *out)
{
    float value;
    x = interp_canonical(x);
    switch (op) {
    case IR_UN_NEGATE: value = -x; break;
    case IR_UN_ABS: value = fabsf(x); break;
    case IR_UN_SQRT: value = sqrtf(x); break;
    case IR_UN_INVERSE_SQRT: value = 1.0f / sqrtf(x); break;
    case IR_UN_RECIPROCAL: value = 1.0f / x; break;
    case IR_UN_FLOOR: value = floorf(x); break;
    case IR_UN_CEIL: value = ceilf(x); break;
    case IR_UN_ROUND: value = roundf(x); break;
    case IR_UN_TRUNC: value = truncf(x); break;
    case IR_UN_SIGN: value = sign_of(x); break;
    case IR_UN_COS: value = interp_cos(x); break;
    case IR_UN_SIN: value = interp_sin(x); break;
    case IR_UN_TAN: value = interp_tan(x); break;
    case IR_UN_ACOS: value = interp_acos(x); break;
    case IR_UN_ASIN: value = interp_asin(x); break;
    case IR_UN_ATAN: value = interp_atan(x); break;
    case IR_UN_SINH: value = interp_sinh(x); break;
    case IR_UN_COSH: value = interp_cosh(x); break;
    case IR_UN_TANH: value = interp_tanh(x); break;
    case IR_UN_EXP: value = interp_exp(x); break;
    case IR_UN_EXP2: value = interp_exp2(x); break;
    case IR_UN_LOG: value = interp_log(x); break;
    case IR_UN_LOG2: value = interp_log2(x); break;
    case IR_UN_IS_NAN: *out = interp_bool(isnan(x)); return INTERP_OP_OK;
    case IR_UN_IS_INF: *out = interp_bool(isinf(x)); return INTERP_OP_OK;
    case IR_UN_IS_FINITE: *out = interp_bool(isfinite(x)); return INTERP_OP_OK;
    default: return INTERP_OP_UNDEFINED;
    }
    *out = interp_float((double)interp_canonical(value));
    return INTERP_OP_OK;
}

enum interp_op_result interp_unop(enum ir_unop op, const struct interp_value *operand,
                                  struct interp_value *out)
{
    uint64_t wide;
    switch ((enum interp_kind)operand->kind) {
    case INTERP_U32:
    case INTERP_I32:
        if (op == IR_UN_LOGICAL_NOT) {
            *out = interp_bool(operand->u32 == 0);
            return INTERP_OP_OK;
        }
        if (!on_integer(op, operand->u32, 32, &wide))
            return INTERP_OP_UNDEFINED;
        *out =
            operand->kind == INTERP_U32 ? interp_u32((uint32_t)wide) : interp_i32((uint32_t)wide);
        return INTERP_OP_OK;
    case INTERP_U64:
        if (op == IR_UN_LOGICAL_NOT) {
            *out = interp_bool(operand->u64 == 0);
            return INTERP_OP_OK;
        }
        if (!on_integer(op, operand->u64, 64, &wide))
            return INTERP_OP_UNDEFINED;
        *out = interp_u64(wide);
        return INTERP_OP_OK;
    case INTERP_BOOL:
        if (op != IR_UN_LOGICAL_NOT)
            return INTERP_OP_UNDEFINED;
        *out = interp_bool(!operand->u32);
        return INTERP_OP_OK;
    case INTERP_FLOAT: return on_f32(op, (float)operand->number, out);
    case INTERP_BYTES: break;
    }
    return INTERP_OP_UNDEFINED;
}
