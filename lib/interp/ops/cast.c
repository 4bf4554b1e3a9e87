// SPDX-License-Identifier: MIT
// Casts (spec: semantics.md, 5.5).
#include <math.h>
#include <string.h>

#include "interp/ops.h"

// Truncates towards zero and saturates; NaN gives 0.
static uint32_t float_to_u32(double x)
{
    if (!(x > 0.0))
        return 0;
    return x >= 4294967295.0 ? UINT32_MAX : (uint32_t)x;
}

static uint32_t float_to_i32(double x)
{
    if (isnan(x))
        return 0;
    if (x >= 2147483647.0)
        return (uint32_t)INT32_MAX;
    if (x <= -2147483648.0)
        return (uint32_t)INT32_MIN;
    return (uint32_t)(int32_t)x;
}

static enum interp_op_result to_word(bool is_signed, const struct interp_value *value,
                                     struct interp_value *out)
{
    uint32_t word;
    if (value->kind == INTERP_I32)
        word = value->u32;
    else if (value->kind == INTERP_FLOAT)
        word = is_signed ? float_to_i32(value->number) : float_to_u32(value->number);
    else if (!interp_as_u32(value, &word))
        return INTERP_OP_OUT_OF_RANGE;
    *out = is_signed ? interp_i32(word) : interp_u32(word);
    return INTERP_OP_OK;
}

// Conversions straight to f32: through binary64 a u64 would be rounded twice.
static enum interp_op_result to_f32(const struct interp_value *value, struct interp_value *out)
{
    uint32_t word;
    float number;
    if (value->kind == INTERP_FLOAT) {
        *out = *value;
        return INTERP_OP_OK;
    }
    if (value->kind == INTERP_U64)
        number = (float)value->u64;
    else if (value->kind == INTERP_I32)
        number = (float)(int32_t)value->u32;
    else if (interp_as_u32(value, &word))
        number = (float)word;
    else
        return INTERP_OP_OUT_OF_RANGE;
    *out = interp_float((double)number);
    return INTERP_OP_OK;
}

enum interp_op_result interp_cast(enum ir_type_kind target, const struct interp_value *value,
                                  struct interp_value *out)
{
    uint8_t scratch[INTERP_MAX_BYTES], lanes[INTERP_MAX_BYTES] = { 0 };
    uint64_t wide, size;
    switch (target) {
    case IR_TYPE_U32: return to_word(false, value, out);
    case IR_TYPE_I32: return to_word(true, value, out);
    case IR_TYPE_U64:
        if (!interp_as_u64(value, &wide))
            return INTERP_OP_OUT_OF_RANGE;
        *out = interp_u64(wide);
        return INTERP_OP_OK;
    case IR_TYPE_F32: return to_f32(value, out);
    case IR_TYPE_BOOL: *out = interp_bool(interp_truthy(value)); return INTERP_OP_OK;
    case IR_TYPE_VEC2_U32:
    case IR_TYPE_VEC4_U32: {
        const uint8_t *bytes = interp_view(value, scratch, &size);
        memcpy(lanes, bytes, size < sizeof lanes ? (size_t)size : sizeof lanes);
        *out = interp_bytes(lanes, target == IR_TYPE_VEC2_U32 ? 8 : 16);
        return INTERP_OP_OK;
    }
    default:
        // Types without a kind of their own keep the bytes that the value had.
        *out = value->kind == INTERP_BYTES ? *value
                                           : interp_bytes(scratch, interp_to_bytes(value, scratch));
        return INTERP_OP_OK;
    }
}
