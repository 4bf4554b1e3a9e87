// SPDX-License-Identifier: MIT
// The results that a device has where the language has a run-time error (docs/ir.md, D-1 and D-4 to
// D-7). Whoever compares a device with the interpreter asks for them; nothing else does.
#include "interp/ops.h"
#include "run.h"

enum { SUBGROUP = 32 };

// Truncates towards zero and saturates; NaN gives 0.
static uint32_t nearest_u32(double number)
{
    if (!(number > 0.0))
        return 0;
    return number >= 4294967295.0 ? UINT32_MAX : (uint32_t)number;
}

bool interp_total_u32(const struct interp_run *run, const struct interp_value *value, uint32_t *out)
{
    if (!run->params->total)
        return false;
    switch ((enum interp_kind)value->kind) {
    case INTERP_I32: *out = value->u32; return true;
    case INTERP_U64:
        *out = value->u64 > UINT32_MAX ? UINT32_MAX : (uint32_t)value->u64;
        return true;
    case INTERP_FLOAT: *out = nearest_u32(value->number); return true;
    case INTERP_U32:
    case INTERP_BOOL:
    case INTERP_BYTES: break;
    }
    return false;
}

bool interp_total_division(const struct interp_run *run, enum ir_binop op,
                           const struct interp_value *left, const struct interp_value *right,
                           struct interp_value *out)
{
    if (!run->params->total)
        return false;
    // What is left of the undefined ones wraps: the lowest number by -1.
    const bool wraps = op == IR_BIN_DIV && right->u32 != 0;
    *out = interp_i32(wraps ? left->u32 : 0);
    return true;
}

// Loaded conditions are words here and compared ones are not; a device asks both whether they hold.
bool interp_total_truth(const struct interp_run *run, enum ir_binop op,
                        const struct interp_value *left, const struct interp_value *right,
                        struct interp_value *out)
{
    static const unsigned words = 1u << INTERP_U32 | 1u << INTERP_BOOL;
    static const unsigned numbers = words | 1u << INTERP_I32 | 1u << INTERP_U64;
    const bool equality = op == IR_BIN_EQ || op == IR_BIN_NE;
    const unsigned kinds = 1u << left->kind | 1u << right->kind;
    if (!run->params->total || (kinds & ~(equality ? words : numbers)) != 0)
        return false;
    const bool l = interp_truthy(left), r = interp_truthy(right);
    switch (op) {
    case IR_BIN_AND: *out = interp_bool(l && r); return true;
    case IR_BIN_OR: *out = interp_bool(l || r); return true;
    case IR_BIN_EQ: *out = interp_bool(l == r); return true;
    case IR_BIN_NE: *out = interp_bool(l != r); return true;
    default: return false;
    }
}

bool interp_total_cast(const struct interp_run *run, enum ir_type_kind target,
                       const struct interp_value *value, struct interp_value *out)
{
    uint32_t word;
    if (target == IR_TYPE_U64 && value->kind != INTERP_I32) // to which devices cast no float
        return false;
    if (!interp_total_u32(run, value, &word))
        return false;
    switch (target) {
    case IR_TYPE_U32: *out = interp_u32(word); return true;
    case IR_TYPE_I32: *out = interp_i32(word); return true;
    case IR_TYPE_U64: *out = interp_u64(word); return true;
    default: return false;
    }
}

bool interp_total_atomic(const struct interp_run *run, enum ir_atomic_op op, uint32_t old,
                         uint32_t value, uint32_t *out)
{
    *out = ~(old & value);
    return run->params->total && op == IR_ATOMIC_FETCH_NAND;
}

bool interp_total_subgroup(const struct interp_run *run, enum ir_expr_kind kind,
                           struct interp_value *out)
{
    const bool is_lane = kind == IR_EXPR_SUBGROUP_LOCAL_ID;
    if (!run->params->total || (!is_lane && kind != IR_EXPR_SUBGROUP_SIZE))
        return false;
    *out = interp_u32(is_lane ? run->current->linear % SUBGROUP : SUBGROUP);
    return true;
}

// The zero of the kind that the local has in lanes of the subgroup that made it.
bool interp_total_local(const struct interp_run *run, uint32_t slot, struct interp_value *out)
{
    const struct interp_invocation *self = run->current;
    if (!run->params->total || !run->snapshot || !self->returned)
        return false;
    const uint32_t first = self->linear / SUBGROUP * SUBGROUP;
    *out = interp_u32(0);
    for (uint32_t i = first; i < run->invocation_count && i < first + SUBGROUP; i++) {
        const struct interp_local *local = &run->snapshot[(size_t)i * run->slot_count + slot];
        if (!local->live)
            continue;
        static const uint8_t zeros[INTERP_MAX_BYTES];
        switch ((enum interp_kind)local->value.kind) {
        case INTERP_U32: break;
        case INTERP_I32: *out = interp_i32(0); break;
        case INTERP_U64: *out = interp_u64(0); break;
        case INTERP_BOOL: *out = interp_bool(false); break;
        case INTERP_FLOAT: *out = interp_float(0.0); break;
        case INTERP_BYTES:
            if (local->value.size == INTERP_LONG) // which no device has
                return false;
            *out = interp_bytes(zeros, local->value.size);
            break;
        }
        return true;
    }
    return true;
}
