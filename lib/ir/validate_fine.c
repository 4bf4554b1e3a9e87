// SPDX-License-Identifier: MIT
// A first look at an expression, which is the last one for most: arithmetic of u32 and f32 over
// literals, ids, locals and loads that no rule refuses. Types and uniformity fall out on the way.
// Anything else, right or wrong, is left to the facts and the walk, which know how to report it.
//
// A rule that is added must keep what it may refuse out of here.
#include "ir/tables.h"
#include "validate_walk.h"

// Of two operands of one type. Not here: what refuses a constant operand, mixed types or all.
static bool takes_u32(unsigned op)
{
    return op != IR_BIN_DIV && op != IR_BIN_MOD && op != IR_BIN_OPAQUE &&
           !ir_binop_info((enum ir_binop)op)->needs_subgroup;
}

static bool takes_f32(unsigned op)
{
    switch ((enum ir_binop)op) {
    case IR_BIN_ADD:
    case IR_BIN_SUB:
    case IR_BIN_MUL:
    case IR_BIN_MIN:
    case IR_BIN_MAX:
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE: return true;
    default: return false;
    }
}

static bool look(struct ir_validator *v, const struct ir_expr *expr, unsigned depth,
                 struct ir_fact *out);

static bool look_at_load(struct ir_validator *v, const struct ir_expr *expr, unsigned depth,
                         struct ir_fact *out)
{
    const struct ir_buffer *buffer = ir_validate_buffer(v, expr->name);
    if (!buffer || buffer->element->kind == IR_TYPE_BYTES)
        return false;
    ir_alias_add(v, expr->name, false);
    if (!look(v, expr->kids[0], depth + 1, out))
        return false;
    out->type = buffer->element;
    out->uniform = false;
    return true;
}

static bool look_at_binop(struct ir_validator *v, const struct ir_expr *expr, unsigned depth,
                          struct ir_fact *out)
{
    struct ir_fact right;
    if (!look(v, expr->kids[0], depth + 1, out) || !look(v, expr->kids[1], depth + 1, &right) ||
        out->type != right.type)
        return false;
    if (out->type == ir_type_scalar(IR_TYPE_U32)
            ? !takes_u32(expr->op)
            : out->type != ir_type_scalar(IR_TYPE_F32) || !takes_f32(expr->op))
        return false;
    out->type = ir_binop_type(expr->op, out->type, right.type);
    out->uniform = out->uniform && right.uniform;
    return true;
}

static bool look(struct ir_validator *v, const struct ir_expr *expr, unsigned depth,
                 struct ir_fact *out)
{
    if (depth > IR_MAX_EXPR_DEPTH)
        return false;
    switch (expr->kind) {
    case IR_EXPR_BINOP: return look_at_binop(v, expr, depth, out);
    case IR_EXPR_LOAD: return look_at_load(v, expr, depth, out);
    case IR_EXPR_VAR: {
        const struct ir_binding *binding = ir_validate_binding(v, expr->name);
        if (!binding)
            return false;
        out->type = binding->type;
        out->uniform = binding->uniform;
        return true;
    }
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID:
        if (expr->op > 2)
            return false;
        break;
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_LIT_BOOL: break;
    default: return false;
    }
    out->type = ir_fixed_type(expr);
    out->uniform = ir_uniform_kind(expr);
    return true;
}

bool ir_validate_is_fine(struct ir_validator *v, const struct ir_expr *expr, struct ir_fact *out)
{
    const size_t accesses = v->accesses.count;
    if (look(v, expr, 0, out))
        return true;
    v->accesses.count = accesses;
    return false;
}
