// SPDX-License-Identifier: MIT
// Expressions (spec: semantics.md, sections 3 to 6). Operands are evaluated left to right, always
// all of them. Recursion is bounded by the depth that a valid program has.
#include "ir/tables.h"
#include "interp/ops.h"
#include "run.h"

static bool fail_op(struct interp_run *run, enum interp_op_result result, const char *op,
                    const struct interp_value *left, const struct interp_value *right)
{
    const char *kind = interp_kind_name(left->kind);
    switch (result) {
    case INTERP_OP_OK: return true;
    case INTERP_OP_KINDS_DIFFER:
        return interp_fail(run, DIAG_X013, "%s of %s and %s", op, kind,
                           interp_kind_name(right->kind));
    case INTERP_OP_UNDEFINED: return interp_fail(run, DIAG_X014, "%s of %s", op, kind);
    case INTERP_OP_DIVISION:
        return interp_fail(run, DIAG_X015, "%s of %d and %d", op, (int32_t)left->u32,
                           (int32_t)right->u32);
    case INTERP_OP_OUT_OF_RANGE:
        return interp_fail(run, DIAG_X017, "a %s does not fit %s", kind, op);
    }
    return false;
}

bool interp_eval_u32(struct interp_run *run, const struct ir_expr *expr, enum diag_code code,
                     uint32_t *out)
{
    struct interp_value value;
    if (!interp_eval(run, expr, &value))
        return false;
    return interp_as_u32(&value, out) || interp_total_u32(run, &value, out) ||
           interp_fail(run, code, "this %s is not a u32 value", interp_kind_name(value.kind));
}

// ---- Names and memory --------------------------------------------------------------------------

static bool eval_var(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    uint32_t slot = run->slot_of[expr->name];
    const struct interp_local *local = slot ? &run->current->locals[slot - 1] : NULL;
    if (!local || !local->live)
        return (slot && interp_total_local(run, slot - 1, out)) ||
               interp_fail(run, DIAG_X011, "'%.60s' has no value here",
                           interp_name_text(run, expr->name));
    *out = local->value;
    return true;
}

static bool eval_load(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    uint32_t index;
    if (!interp_eval_u32(run, expr->kids[0], DIAG_X016, &index))
        return false;
    return interp_load(run, interp_find_buffer(run, expr->name), index, out);
}

// Index, expected, value: the order of evaluation. Out of bounds gives 0 and writes nothing.
static bool eval_atomic(struct interp_run *run, const struct ir_expr *expr,
                        struct interp_value *out)
{
    uint32_t index, value, expected = 0, word;
    uint32_t last = expr->kid_count - 1;
    if (!interp_eval_u32(run, expr->kids[0], DIAG_X018, &index) ||
        (expr->has_expected && !interp_eval_u32(run, expr->kids[1], DIAG_X018, &expected)) ||
        !interp_eval_u32(run, expr->kids[last], DIAG_X018, &value))
        return false;
    struct interp_buffer *buffer = interp_find_buffer(run, expr->name);
    uint8_t *bytes = interp_atomic_word(buffer, index);
    *out = interp_u32(bytes ? interp_load_word(bytes) : 0);
    if (!interp_atomic(expr->op, out->u32, expected, value, &word) &&
        !interp_total_atomic(run, expr->op, out->u32, value, &word))
        return interp_fail(run, DIAG_X019, "%s has no reference semantics",
                           ir_atomic_info(expr->op)->name);
    interp_atomic_store(run, buffer, bytes, word);
    return true;
}

// ---- Operators ---------------------------------------------------------------------------------

static bool eval_binop(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    struct interp_value left, right;
    if (!interp_eval(run, expr->kids[0], &left) || !interp_eval(run, expr->kids[1], &right))
        return false;
    enum interp_op_result result = interp_binop(expr->op, &left, &right, out);
    if (result == INTERP_OP_DIVISION && interp_total_division(run, expr->op, &left, &right, out))
        return true;
    if (result == INTERP_OP_KINDS_DIFFER && interp_total_truth(run, expr->op, &left, &right, out))
        return true;
    return fail_op(run, result, ir_binop_info(expr->op)->name, &left, &right);
}

static bool eval_unop(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    struct interp_value operand;
    if (!interp_eval(run, expr->kids[0], &operand))
        return false;
    return fail_op(run, interp_unop(expr->op, &operand, out), ir_unop_info(expr->op)->name,
                   &operand, &operand);
}

static bool eval_cast(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    struct interp_value value;
    enum ir_type_kind target = expr->type->kind;
    if (!interp_eval(run, expr->kids[0], &value))
        return false;
    enum interp_op_result result = interp_cast(target, &value, out);
    if (result == INTERP_OP_OUT_OF_RANGE && interp_total_cast(run, target, &value, out))
        return true;
    return fail_op(run, result, ir_type_info(target)->spelling, &value, &value);
}

static bool eval_select(struct interp_run *run, const struct ir_expr *expr,
                        struct interp_value *out)
{
    struct interp_value cond, yes, no;
    if (!interp_eval(run, expr->kids[0], &cond) || !interp_eval(run, expr->kids[1], &yes) ||
        !interp_eval(run, expr->kids[2], &no))
        return false;
    *out = interp_truthy(&cond) ? yes : no;
    return true;
}

static bool eval_fma(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    struct interp_value operands[3];
    float number;
    for (unsigned i = 0; i < 3; i++) {
        if (!interp_eval(run, expr->kids[i], &operands[i]))
            return false;
        if (!interp_as_f32(&operands[i], &number))
            return interp_fail(run, DIAG_X014, "fma of %s", interp_kind_name(operands[i].kind));
    }
    return fail_op(run, interp_fma(operands, out), "fma", &operands[0], &operands[1]);
}

// ---- Extensions --------------------------------------------------------------------------------

static bool eval_param(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    if (expr->bits >= run->params->launch_param_count)
        return interp_fail(run, DIAG_X022, "launch parameter %u is read, %zu are given", expr->bits,
                           run->params->launch_param_count);
    *out = interp_u32(run->params->launch_params[expr->bits]);
    return true;
}

static bool eval_extension(struct interp_run *run, const struct ir_expr *expr,
                           struct interp_value *out)
{
    uint32_t index;
    switch (expr->ext) {
    case IR_EXT_PARAM: return eval_param(run, expr, out);
    case IR_EXT_UNIFORM_LOAD: return eval_load(run, expr, out);
    case IR_EXT_ATOMIC_LOAD: {
        if (!interp_eval_u32(run, expr->kids[0], DIAG_X016, &index))
            return false;
        struct interp_buffer *buffer = interp_find_buffer(run, expr->name);
        uint8_t *bytes = interp_atomic_word(buffer, index);
        *out = interp_u32(bytes ? interp_load_word(bytes) : 0);
        interp_atomic_store(run, buffer, bytes, out->u32);
        return true;
    }
    default: return interp_fail(run, DIAG_X019, "an opaque expression has no reference semantics");
    }
}

bool interp_eval(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out)
{
    const struct interp_invocation *self = run->current;
    if (++run->exprs == INTERP_EXPRS_PER_STEP) {
        run->exprs = 0;
        if (!interp_charge(run, 1))
            return false;
    }
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32: *out = interp_u32(expr->bits); return true;
    case IR_EXPR_LIT_I32: *out = interp_i32(expr->bits); return true;
    case IR_EXPR_LIT_BOOL: *out = interp_bool(expr->bits); return true;
    case IR_EXPR_LIT_F32:
        *out = interp_float((double)interp_canonical(interp_f32_from_bits(expr->bits)));
        return true;
    case IR_EXPR_VAR: return eval_var(run, expr, out);
    case IR_EXPR_LOAD: return eval_load(run, expr, out);
    case IR_EXPR_BUF_LEN:
        *out = interp_u32((uint32_t)interp_buffer_length(interp_find_buffer(run, expr->name)));
        return true;
    case IR_EXPR_INVOCATION_ID: *out = interp_u32(self->global_id[expr->op]); return true;
    case IR_EXPR_WORKGROUP_ID: *out = interp_u32(run->group[expr->op]); return true;
    case IR_EXPR_LOCAL_ID: *out = interp_u32(self->local_id[expr->op]); return true;
    case IR_EXPR_BINOP: return eval_binop(run, expr, out);
    case IR_EXPR_UNOP: return eval_unop(run, expr, out);
    case IR_EXPR_SELECT: return eval_select(run, expr, out);
    case IR_EXPR_CAST: return eval_cast(run, expr, out);
    case IR_EXPR_ATOMIC: return eval_atomic(run, expr, out);
    case IR_EXPR_FMA: return eval_fma(run, expr, out);
    case IR_EXPR_OPAQUE: return eval_extension(run, expr, out);
    case IR_EXPR_SUBGROUP_ADD: return interp_eval_subgroup_add(run, expr, out);
    case IR_EXPR_SUBGROUP_SHUFFLE: return interp_eval_shuffle(run, expr, out);
    case IR_EXPR_SUBGROUP_BALLOT: return interp_eval_ballot(run, expr, out);
    case IR_EXPR_CALL: return interp_eval_call(run, expr, out);
    case IR_EXPR_SUBGROUP_LOCAL_ID:
    case IR_EXPR_SUBGROUP_SIZE:
        if (interp_total_subgroup(run, (enum ir_expr_kind)expr->kind, out))
            return true;
        break;
    case IR_EXPR_COUNT: break;
    }
    return interp_fail(run, DIAG_X019, "%s has no reference semantics",
                       ir_expr_info((enum ir_expr_kind)expr->kind)->name);
}
