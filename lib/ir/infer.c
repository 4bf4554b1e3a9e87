// SPDX-License-Identifier: MIT
// Static types of expressions (spec: ir.md, section 7).
#include "ir/literal64.h"
#include "ir/validate.h"
#include "validate_walk.h"

const struct ir_type *ir_binop_type(unsigned op, const struct ir_type *left,
                                    const struct ir_type *right)
{
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_SUB:
    case IR_BIN_MUL:
    case IR_BIN_DIV:
    case IR_BIN_SATURATING_ADD:
    case IR_BIN_SATURATING_SUB:
    case IR_BIN_SATURATING_MUL:
    case IR_BIN_MIN:
    case IR_BIN_MAX:
        return left && right && ir_type_equal(left, right) ? left : ir_type_scalar(IR_TYPE_U32);
    case IR_BIN_AND:
    case IR_BIN_OR:
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE: return ir_type_scalar(IR_TYPE_BOOL);
    default: return ir_type_scalar(IR_TYPE_U32);
    }
}

static const struct ir_type *unop_type(unsigned op, const struct ir_type *operand)
{
    switch (op) {
    case IR_UN_NEGATE:
    case IR_UN_BIT_NOT:
    case IR_UN_POPCOUNT:
    case IR_UN_CLZ:
    case IR_UN_CTZ:
    case IR_UN_REVERSE_BITS: return operand;
    case IR_UN_LOGICAL_NOT:
    case IR_UN_IS_NAN:
    case IR_UN_IS_INF:
    case IR_UN_IS_FINITE: return ir_type_scalar(IR_TYPE_BOOL);
    case IR_UN_UNPACK4_LOW:
    case IR_UN_UNPACK4_HIGH:
    case IR_UN_UNPACK8_LOW:
    case IR_UN_UNPACK8_HIGH:
    case IR_UN_OPAQUE: return NULL;
    default: return ir_type_scalar(IR_TYPE_F32);
    }
}

const uint8_t ir_fixed_types[IR_EXPR_COUNT] = {
    [IR_EXPR_LIT_U32] = IR_TYPE_U32 + 1,       [IR_EXPR_BUF_LEN] = IR_TYPE_U32 + 1,
    [IR_EXPR_INVOCATION_ID] = IR_TYPE_U32 + 1, [IR_EXPR_WORKGROUP_ID] = IR_TYPE_U32 + 1,
    [IR_EXPR_LOCAL_ID] = IR_TYPE_U32 + 1,      [IR_EXPR_SUBGROUP_LOCAL_ID] = IR_TYPE_U32 + 1,
    [IR_EXPR_SUBGROUP_SIZE] = IR_TYPE_U32 + 1, [IR_EXPR_SUBGROUP_BALLOT] = IR_TYPE_U32 + 1,
    [IR_EXPR_ATOMIC] = IR_TYPE_U32 + 1,        [IR_EXPR_LIT_I32] = IR_TYPE_I32 + 1,
    [IR_EXPR_LIT_F32] = IR_TYPE_F32 + 1,       [IR_EXPR_LIT_BOOL] = IR_TYPE_BOOL + 1,
};

const struct ir_type *ir_expr_type(const struct vyre_program *program, const struct ir_expr *expr,
                                   const struct ir_type *const kids[3], const struct ir_type *local,
                                   const struct ir_buffer *buffer)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_VAR: return local;
    case IR_EXPR_LOAD: return buffer ? buffer->element : NULL;
    case IR_EXPR_BINOP: return ir_binop_type(expr->op, kids[0], kids[1]);
    case IR_EXPR_UNOP: return unop_type(expr->op, kids[0]);
    case IR_EXPR_CAST: return expr->type;
    case IR_EXPR_SELECT:
        return kids[1] && kids[2] && ir_type_equal(kids[1], kids[2]) ? kids[1] : NULL;
    case IR_EXPR_FMA:
        for (unsigned i = 0; i < 3; i++)
            if (!ir_type_is(kids[i], IR_TYPE_F32))
                return NULL;
        return kids[0];
    case IR_EXPR_SUBGROUP_ADD:
    case IR_EXPR_SUBGROUP_SHUFFLE: return kids[0];
    case IR_EXPR_OPAQUE:
        return expr->ext != IR_EXT_NONE ? ir_type_scalar(IR_TYPE_U32)
                                        : ir_literal64_type(program, expr);
    case IR_EXPR_CALL: return NULL;
    default: return ir_fixed_type(expr);
    }
}

struct inference {
    const struct vyre_program *program;
    const struct ir_type *(*local_type)(void *user, ir_name name);
    void *user;
};

// Valid programs stay within the depth, so deeper ones may be unknown.
static const struct ir_type *infer(const struct inference *inference, const struct ir_expr *expr,
                                   unsigned depth)
{
    const struct ir_type *kids[3] = { NULL, NULL, NULL };
    const struct ir_type *local = NULL;
    const struct ir_buffer *buffer = NULL;
    if (depth > IR_MAX_EXPR_DEPTH)
        return NULL;
    switch (expr->kind) {
    case IR_EXPR_VAR:
        if (inference->local_type)
            local = inference->local_type(inference->user, expr->name);
        break;
    case IR_EXPR_LOAD: buffer = ir_find_buffer(inference->program, expr->name); break;
    case IR_EXPR_BINOP:
    case IR_EXPR_UNOP:
    case IR_EXPR_SELECT:
    case IR_EXPR_FMA:
    case IR_EXPR_SUBGROUP_ADD:
    case IR_EXPR_SUBGROUP_SHUFFLE:
        for (uint32_t i = 0; i < expr->kid_count && i < 3; i++)
            kids[i] = infer(inference, expr->kids[i], depth + 1);
        break;
    default: break;
    }
    return ir_expr_type(inference->program, expr, kids, local, buffer);
}

const struct ir_type *ir_infer_type(const struct vyre_program *program, const struct ir_expr *expr,
                                    const struct ir_type *(*local_type)(void *user, ir_name name),
                                    void *user)
{
    const struct inference inference = { program, local_type, user };
    return infer(&inference, expr, 0);
}
