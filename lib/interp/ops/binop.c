// SPDX-License-Identifier: MIT
// Binary operators (spec: semantics.md, section 3). Each kind has a table of its own, so that what
// is defined for which kind can be read off.
#include <math.h>

#include "interp/ops.h"

// ---- u32 ---------------------------------------------------------------------------------------

static enum interp_op_result on_u32(enum ir_binop op, uint32_t l, uint32_t r,
                                    struct interp_value *out)
{
    uint32_t value;
    unsigned turn = r & 31;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: value = l + r; break;
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB: value = l - r; break;
    case IR_BIN_MUL: value = l * r; break;
    case IR_BIN_DIV: value = r ? l / r : UINT32_MAX; break;
    case IR_BIN_MOD: value = r ? l % r : 0; break;
    case IR_BIN_BIT_AND: value = l & r; break;
    case IR_BIN_BIT_OR: value = l | r; break;
    case IR_BIN_BIT_XOR: value = l ^ r; break;
    case IR_BIN_SHL: value = l << turn; break;
    case IR_BIN_SHR: value = l >> turn; break;
    case IR_BIN_ROTATE_LEFT: value = turn ? l << turn | l >> (32 - turn) : l; break;
    case IR_BIN_ROTATE_RIGHT: value = turn ? l >> turn | l << (32 - turn) : l; break;
    case IR_BIN_MIN: value = l < r ? l : r; break;
    case IR_BIN_MAX: value = l > r ? l : r; break;
    case IR_BIN_ABS_DIFF: value = l > r ? l - r : r - l; break;
    case IR_BIN_SATURATING_ADD: value = l > UINT32_MAX - r ? UINT32_MAX : l + r; break;
    case IR_BIN_SATURATING_SUB: value = l > r ? l - r : 0; break;
    case IR_BIN_SATURATING_MUL: value = (uint64_t)l * r > UINT32_MAX ? UINT32_MAX : l * r; break;
    case IR_BIN_MUL_HIGH: value = (uint32_t)((uint64_t)l * r >> 32); break;
    case IR_BIN_EQ: *out = interp_bool(l == r); return INTERP_OP_OK;
    case IR_BIN_NE: *out = interp_bool(l != r); return INTERP_OP_OK;
    case IR_BIN_LT: *out = interp_bool(l < r); return INTERP_OP_OK;
    case IR_BIN_GT: *out = interp_bool(l > r); return INTERP_OP_OK;
    case IR_BIN_LE: *out = interp_bool(l <= r); return INTERP_OP_OK;
    case IR_BIN_GE: *out = interp_bool(l >= r); return INTERP_OP_OK;
    case IR_BIN_AND: *out = interp_bool(l && r); return INTERP_OP_OK;
    case IR_BIN_OR: *out = interp_bool(l || r); return INTERP_OP_OK;
    default: return INTERP_OP_UNDEFINED;
    }
    *out = interp_u32(value);
    return INTERP_OP_OK;
}

// ---- i32 ---------------------------------------------------------------------------------------

// The bits of an exact result clamped to what i32 holds.
static uint32_t clamp_i32(int64_t exact)
{
    return (uint32_t)(exact < INT32_MIN ? INT32_MIN : exact > INT32_MAX ? INT32_MAX : exact);
}

static uint32_t shift_right_i32(int32_t value, unsigned count)
{
    // Right shifts of negative numbers are the compiler's choice, so the sign is added by hand.
    uint32_t bits = (uint32_t)value >> count;
    return value < 0 && count > 0 ? bits | UINT32_MAX << (32 - count) : bits;
}

static enum interp_op_result on_i32(enum ir_binop op, uint32_t lbits, uint32_t rbits,
                                    struct interp_value *out)
{
    int32_t l = (int32_t)lbits, r = (int32_t)rbits;
    uint32_t bits;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: bits = lbits + rbits; break;
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB: bits = lbits - rbits; break;
    case IR_BIN_MUL: bits = lbits * rbits; break;
    case IR_BIN_DIV:
    case IR_BIN_MOD:
        if (r == 0 || (l == INT32_MIN && r == -1))
            return INTERP_OP_DIVISION;
        bits = (uint32_t)(op == IR_BIN_DIV ? l / r : l % r);
        break;
    case IR_BIN_BIT_AND: bits = lbits & rbits; break;
    case IR_BIN_BIT_OR: bits = lbits | rbits; break;
    case IR_BIN_BIT_XOR: bits = lbits ^ rbits; break;
    case IR_BIN_SHL: bits = lbits << (rbits & 31); break;
    case IR_BIN_SHR: bits = shift_right_i32(l, rbits & 31); break;
    case IR_BIN_MIN: bits = l < r ? lbits : rbits; break;
    case IR_BIN_MAX: bits = l > r ? lbits : rbits; break;
    case IR_BIN_SATURATING_ADD: bits = clamp_i32((int64_t)l + r); break;
    case IR_BIN_SATURATING_SUB: bits = clamp_i32((int64_t)l - r); break;
    case IR_BIN_SATURATING_MUL: bits = clamp_i32((int64_t)l * r); break;
    case IR_BIN_ABS_DIFF:
        *out = interp_u32(l > r ? lbits - rbits : rbits - lbits);
        return INTERP_OP_OK;
    case IR_BIN_EQ: *out = interp_bool(l == r); return INTERP_OP_OK;
    case IR_BIN_NE: *out = interp_bool(l != r); return INTERP_OP_OK;
    case IR_BIN_LT: *out = interp_bool(l < r); return INTERP_OP_OK;
    case IR_BIN_GT: *out = interp_bool(l > r); return INTERP_OP_OK;
    case IR_BIN_LE: *out = interp_bool(l <= r); return INTERP_OP_OK;
    case IR_BIN_GE: *out = interp_bool(l >= r); return INTERP_OP_OK;
    case IR_BIN_AND: *out = interp_bool(l && r); return INTERP_OP_OK;
    case IR_BIN_OR: *out = interp_bool(l || r); return INTERP_OP_OK;
    default: return INTERP_OP_UNDEFINED;
    }
    *out = interp_i32(bits);
    return INTERP_OP_OK;
}

// ---- u64 ---------------------------------------------------------------------------------------

// Upper half of the 128-bit product, from the four products of halves.
static uint64_t mul_high_u64(uint64_t l, uint64_t r)
{
    uint64_t l0 = (uint32_t)l, l1 = l >> 32, r0 = (uint32_t)r, r1 = r >> 32;
    uint64_t low = l0 * r0;
    uint64_t middle = l1 * r0 + (low >> 32);
    uint64_t carry = l0 * r1 + (uint32_t)middle;
    return l1 * r1 + (middle >> 32) + (carry >> 32);
}

static enum interp_op_result on_u64(enum ir_binop op, uint64_t l, uint64_t r,
                                    struct interp_value *out)
{
    uint64_t value;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_WRAPPING_ADD: value = l + r; break;
    case IR_BIN_SUB:
    case IR_BIN_WRAPPING_SUB: value = l - r; break;
    case IR_BIN_MUL: value = l * r; break;
    case IR_BIN_DIV: value = r ? l / r : UINT64_MAX; break;
    case IR_BIN_MOD: value = r ? l % r : 0; break;
    case IR_BIN_BIT_AND: value = l & r; break;
    case IR_BIN_BIT_OR: value = l | r; break;
    case IR_BIN_BIT_XOR: value = l ^ r; break;
    case IR_BIN_SHL: value = l << (r & 63); break;
    case IR_BIN_SHR: value = l >> (r & 63); break;
    case IR_BIN_MIN: value = l < r ? l : r; break;
    case IR_BIN_MAX: value = l > r ? l : r; break;
    case IR_BIN_ABS_DIFF: value = l > r ? l - r : r - l; break;
    case IR_BIN_SATURATING_ADD: value = l > UINT64_MAX - r ? UINT64_MAX : l + r; break;
    case IR_BIN_SATURATING_SUB: value = l > r ? l - r : 0; break;
    case IR_BIN_SATURATING_MUL: value = mul_high_u64(l, r) ? UINT64_MAX : l * r; break;
    case IR_BIN_MUL_HIGH: value = mul_high_u64(l, r); break;
    case IR_BIN_EQ: *out = interp_bool(l == r); return INTERP_OP_OK;
    case IR_BIN_NE: *out = interp_bool(l != r); return INTERP_OP_OK;
    case IR_BIN_LT: *out = interp_bool(l < r); return INTERP_OP_OK;
    case IR_BIN_GT: *out = interp_bool(l > r); return INTERP_OP_OK;
    case IR_BIN_LE: *out = interp_bool(l <= r); return INTERP_OP_OK;
    case IR_BIN_GE: *out = interp_bool(l >= r); return INTERP_OP_OK;
    case IR_BIN_AND: *out = interp_bool(l && r); return INTERP_OP_OK;
    case IR_BIN_OR: *out = interp_bool(l || r); return INTERP_OP_OK;
    default: return INTERP_OP_UNDEFINED;
    }
    *out = interp_u64(value);
    return INTERP_OP_OK;
}

// ---- bool and f32 ------------------------------------------------------------------------------

static enum interp_op_result on_bool(enum ir_binop op, bool l, bool r, struct interp_value *out)
{
    switch (op) {
    case IR_BIN_EQ: *out = interp_bool(l == r); return INTERP_OP_OK;
    case IR_BIN_NE: *out = interp_bool(l != r); return INTERP_OP_OK;
    case IR_BIN_AND: *out = interp_bool(l && r); return INTERP_OP_OK;
    case IR_BIN_OR: *out = interp_bool(l || r); return INTERP_OP_OK;
    default: return INTERP_OP_UNDEFINED;
    }
}

// A NaN is ignored; of equal operands, zeros of different sign included, the left one is returned.
static float min_f32(float l, float r)
{
    return isnan(l) ? r : isnan(r) || !(r < l) ? l : r;
}

static float max_f32(float l, float r)
{
    return isnan(l) ? r : isnan(r) || !(r > l) ? l : r;
}

static enum interp_op_result on_f32(enum ir_binop op, float l, float r, struct interp_value *out)
{
    float value;
    l = interp_canonical(l);
    r = interp_canonical(r);
    switch (op) {
    case IR_BIN_ADD: value = l + r; break;
    case IR_BIN_SUB: value = l - r; break;
    case IR_BIN_MUL: value = l * r; break;
    case IR_BIN_DIV: value = l / r; break;
    case IR_BIN_MIN: value = min_f32(l, r); break;
    case IR_BIN_MAX: value = max_f32(l, r); break;
    case IR_BIN_EQ: *out = interp_bool(l == r); return INTERP_OP_OK;
    case IR_BIN_NE: *out = interp_bool(l != r); return INTERP_OP_OK;
    case IR_BIN_LT: *out = interp_bool(l < r); return INTERP_OP_OK;
    case IR_BIN_GT: *out = interp_bool(l > r); return INTERP_OP_OK;
    case IR_BIN_LE: *out = interp_bool(l <= r); return INTERP_OP_OK;
    case IR_BIN_GE: *out = interp_bool(l >= r); return INTERP_OP_OK;
    default: return INTERP_OP_UNDEFINED;
    }
    *out = interp_float((double)interp_canonical(value));
    return INTERP_OP_OK;
}

enum interp_op_result interp_binop(enum ir_binop op, const struct interp_value *left,
                                   const struct interp_value *right, struct interp_value *out)
{
    if (left->kind != right->kind || left->kind == INTERP_BYTES)
        return INTERP_OP_KINDS_DIFFER;
    switch ((enum interp_kind)left->kind) {
    case INTERP_U32: return on_u32(op, left->u32, right->u32, out);
    case INTERP_I32: return on_i32(op, left->u32, right->u32, out);
    case INTERP_U64: return on_u64(op, left->u64, right->u64, out);
    case INTERP_BOOL: return on_bool(op, left->u32, right->u32, out);
    case INTERP_FLOAT: return on_f32(op, (float)left->number, (float)right->number, out);
    case INTERP_BYTES: break;
    }
    return INTERP_OP_UNDEFINED;
}

// ---- Atomics -----------------------------------------------------------------------------------

bool interp_atomic(enum ir_atomic_op op, uint32_t old, uint32_t expected, uint32_t value,
                   uint32_t *out)
{
    switch (op) {
    case IR_ATOMIC_ADD: *out = old + value; return true;
    case IR_ATOMIC_OR: *out = old | value; return true;
    case IR_ATOMIC_AND: *out = old & value; return true;
    case IR_ATOMIC_XOR: *out = old ^ value; return true;
    case IR_ATOMIC_MIN: *out = old < value ? old : value; return true;
    case IR_ATOMIC_MAX:
    case IR_ATOMIC_LRU_UPDATE: *out = old > value ? old : value; return true;
    case IR_ATOMIC_EXCHANGE: *out = value; return true;
    case IR_ATOMIC_COMPARE_EXCHANGE: *out = old == expected ? value : old; return true;
    case IR_ATOMIC_COMPARE_EXCHANGE_WEAK:
    case IR_ATOMIC_FETCH_NAND:
    case IR_ATOMIC_OPAQUE:
    case IR_ATOMIC_COUNT: break;
    }
    return false;
}
