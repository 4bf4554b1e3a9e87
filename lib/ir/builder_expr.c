// SPDX-License-Identifier: MIT
// Expressions of a builder.
#include "builder.h"

#include "ir/tables.h"

#include <string.h>

// Gives a finished expression its handle.
static vyre_expr keep(struct vyre_builder *builder, struct ir_expr *expr, uint32_t operand_height)
{
    if (builder->failed || builder->draft.failed)
        return 0;
    struct builder_expr entry = { expr, operand_height + 1, false };
    if (!expr || builder->exprs.count >= UINT32_MAX || !array_push(&builder->exprs, entry)) {
        builder->draft.failed = true;
        return 0;
    }
    return (vyre_expr)builder->exprs.count;
}

// An expression of up to three operands; zeros end the list. NULL when something failed.
static struct ir_expr *make(struct vyre_builder *builder, enum ir_expr_kind kind, uint32_t count,
                            const vyre_expr *operands, uint32_t *height)
{
    if (builder->failed)
        return NULL;
    struct ir_expr *expr = ir_draft_expr(&builder->draft, kind, count);
    for (uint32_t i = 0; expr && i < count; i++)
        expr->kids[i] = ir_builder_use(builder, operands[i], height);
    return builder->failed ? NULL : expr;
}

static vyre_expr leaf(struct vyre_builder *builder, enum ir_expr_kind kind, uint32_t bits)
{
    uint32_t height = 0;
    struct ir_expr *expr = make(builder, kind, 0, NULL, &height);
    if (expr)
        expr->bits = bits;
    return keep(builder, expr, height);
}

// An expression that is its kind, a name and its operands.
static vyre_expr named(struct vyre_builder *builder, enum ir_expr_kind kind, const char *name,
                       uint32_t count, const vyre_expr *operands)
{
    uint32_t height = 0;
    ir_name interned = ir_builder_name(builder, name);
    struct ir_expr *expr = make(builder, kind, count, operands, &height);
    if (expr)
        expr->name = interned;
    return keep(builder, expr, height);
}

static vyre_expr with_op(struct vyre_builder *builder, enum ir_expr_kind kind, unsigned op,
                         uint32_t extension, uint32_t count, const vyre_expr *operands)
{
    uint32_t height = 0;
    struct ir_expr *expr = make(builder, kind, count, operands, &height);
    if (expr) {
        expr->op = (uint8_t)op;
        expr->bits = extension;
    }
    return keep(builder, expr, height);
}

// ---- Leaves -------------------------------------------------------------------------------------

vyre_expr vyre_builder_u32(struct vyre_builder *builder, uint32_t value)
{
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_LIT_U32, value) : 0;
}

vyre_expr vyre_builder_i32(struct vyre_builder *builder, int32_t value)
{
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_LIT_I32, (uint32_t)value)
                                               : 0;
}

vyre_expr vyre_builder_f32(struct vyre_builder *builder, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_LIT_F32, bits) : 0;
}

vyre_expr vyre_builder_f32_bits(struct vyre_builder *builder, uint32_t bits)
{
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_LIT_F32, bits) : 0;
}

vyre_expr vyre_builder_bool(struct vyre_builder *builder, bool value)
{
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_LIT_BOOL, value) : 0;
}

vyre_expr vyre_builder_var(struct vyre_builder *builder, const char *name)
{
    return ir_builder_begin(builder, __func__) ? named(builder, IR_EXPR_VAR, name, 0, NULL) : 0;
}

vyre_expr vyre_builder_len(struct vyre_builder *builder, const char *buffer)
{
    return ir_builder_begin(builder, __func__) ? named(builder, IR_EXPR_BUF_LEN, buffer, 0, NULL)
                                               : 0;
}

static vyre_expr id(struct vyre_builder *builder, enum ir_expr_kind kind, uint8_t axis)
{
    return with_op(builder, kind, axis, 0, 0, NULL);
}

vyre_expr vyre_builder_global_id(struct vyre_builder *builder, uint8_t axis)
{
    return ir_builder_begin(builder, __func__) ? id(builder, IR_EXPR_INVOCATION_ID, axis) : 0;
}

vyre_expr vyre_builder_workgroup_id(struct vyre_builder *builder, uint8_t axis)
{
    return ir_builder_begin(builder, __func__) ? id(builder, IR_EXPR_WORKGROUP_ID, axis) : 0;
}

vyre_expr vyre_builder_local_id(struct vyre_builder *builder, uint8_t axis)
{
    return ir_builder_begin(builder, __func__) ? id(builder, IR_EXPR_LOCAL_ID, axis) : 0;
}

vyre_expr vyre_builder_subgroup_local_id(struct vyre_builder *builder)
{
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_SUBGROUP_LOCAL_ID, 0) : 0;
}

vyre_expr vyre_builder_subgroup_size(struct vyre_builder *builder)
{
    return ir_builder_begin(builder, __func__) ? leaf(builder, IR_EXPR_SUBGROUP_SIZE, 0) : 0;
}

// ---- Operators ----------------------------------------------------------------------------------

vyre_expr vyre_builder_binary(struct vyre_builder *builder, enum vyre_binop op, vyre_expr left,
                              vyre_expr right)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    enum ir_binop known = IR_BIN_OPAQUE;
    if ((unsigned)op > UINT8_MAX || !ir_binop_from_tag((uint8_t)op, &known) ||
        known == IR_BIN_OPAQUE)
        ir_builder_error(builder, DIAG_B004, "there is no binary operator %d", (int)op);
    return with_op(builder, IR_EXPR_BINOP, known, 0, 2, (const vyre_expr[]){ left, right });
}

vyre_expr vyre_builder_binary_opaque(struct vyre_builder *builder, uint32_t extension,
                                     vyre_expr left, vyre_expr right)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_BINOP, IR_BIN_OPAQUE, extension, 2,
                   (const vyre_expr[]){ left, right });
}

vyre_expr vyre_builder_unary(struct vyre_builder *builder, enum vyre_unop op, vyre_expr operand)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    enum ir_unop known = IR_UN_OPAQUE;
    if ((unsigned)op > UINT8_MAX || !ir_unop_from_tag((uint8_t)op, &known) || known == IR_UN_OPAQUE)
        ir_builder_error(builder, DIAG_B004, "there is no unary operator %d", (int)op);
    return with_op(builder, IR_EXPR_UNOP, known, 0, 1, &operand);
}

vyre_expr vyre_builder_unary_opaque(struct vyre_builder *builder, uint32_t extension,
                                    vyre_expr operand)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_UNOP, IR_UN_OPAQUE, extension, 1, &operand);
}

vyre_expr vyre_builder_select(struct vyre_builder *builder, vyre_expr condition, vyre_expr if_true,
                              vyre_expr if_false)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_SELECT, 0, 0, 3,
                   (const vyre_expr[]){ condition, if_true, if_false });
}

vyre_expr vyre_builder_fma(struct vyre_builder *builder, vyre_expr a, vyre_expr b, vyre_expr c)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_FMA, 0, 0, 3, (const vyre_expr[]){ a, b, c });
}

vyre_expr vyre_builder_cast(struct vyre_builder *builder, vyre_type target, vyre_expr value)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    uint32_t type_height = 0;
    uint32_t height = 0;
    const struct ir_type *type = ir_builder_type(builder, target, &type_height);
    struct ir_expr *expr = make(builder, IR_EXPR_CAST, 1, &value, &height);
    if (expr)
        expr->type = type;
    return keep(builder, expr, height);
}

vyre_expr vyre_builder_call(struct vyre_builder *builder, const char *op, const vyre_expr *args,
                            uint32_t arg_count)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    if (!args && arg_count)
        ir_builder_error(builder, DIAG_B004, "the arguments are NULL");
    return named(builder, IR_EXPR_CALL, op, arg_count, args);
}

vyre_expr vyre_builder_subgroup_add(struct vyre_builder *builder, vyre_expr value)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_SUBGROUP_ADD, 0, 0, 1, &value);
}

vyre_expr vyre_builder_subgroup_shuffle(struct vyre_builder *builder, vyre_expr value,
                                        vyre_expr lane)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_SUBGROUP_SHUFFLE, 0, 0, 2, (const vyre_expr[]){ value, lane });
}

vyre_expr vyre_builder_subgroup_ballot(struct vyre_builder *builder, vyre_expr condition)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return with_op(builder, IR_EXPR_SUBGROUP_BALLOT, 0, 0, 1, &condition);
}

// ---- Memory -------------------------------------------------------------------------------------

vyre_expr vyre_builder_load(struct vyre_builder *builder, const char *buffer, vyre_expr index)
{
    return ir_builder_begin(builder, __func__) ? named(builder, IR_EXPR_LOAD, buffer, 1, &index)
                                               : 0;
}

static vyre_expr atomic(struct vyre_builder *builder, enum ir_atomic_op op, uint32_t extension,
                        enum vyre_ordering ordering, const char *buffer, vyre_expr index,
                        vyre_expr expected, vyre_expr value)
{
    const vyre_expr with[] = { index, expected, value };
    const vyre_expr without[] = { index, value };
    if (!ir_ordering_spelling(ordering))
        ir_builder_error(builder, DIAG_B004, "there is no memory ordering %d", (int)ordering);
    uint32_t height = 0;
    ir_name name = ir_builder_name(builder, buffer);
    struct ir_expr *expr =
        make(builder, IR_EXPR_ATOMIC, expected ? 3 : 2, expected ? with : without, &height);
    if (expr) {
        expr->op = (uint8_t)op;
        expr->bits = extension;
        expr->ordering = (uint8_t)ordering;
        expr->has_expected = expected != 0;
        expr->name = name;
    }
    return keep(builder, expr, height);
}

vyre_expr vyre_builder_atomic(struct vyre_builder *builder, enum vyre_atomic_op op,
                              enum vyre_ordering ordering, const char *buffer, vyre_expr index,
                              vyre_expr expected, vyre_expr value)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    enum ir_atomic_op known = IR_ATOMIC_OPAQUE;
    if ((unsigned)op > UINT8_MAX || !ir_atomic_from_tag((uint8_t)op, &known) ||
        known == IR_ATOMIC_OPAQUE)
        ir_builder_error(builder, DIAG_B004, "there is no atomic operator %d", (int)op);
    return atomic(builder, known, 0, ordering, buffer, index, expected, value);
}

vyre_expr vyre_builder_atomic_opaque(struct vyre_builder *builder, uint32_t extension,
                                     enum vyre_ordering ordering, const char *buffer,
                                     vyre_expr index, vyre_expr value)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return atomic(builder, IR_ATOMIC_OPAQUE, extension, ordering, buffer, index, 0, value);
}

// ---- Extensions ---------------------------------------------------------------------------------

static vyre_expr element(struct vyre_builder *builder, enum ir_ext ext, enum vyre_ordering ordering,
                         const char *buffer, vyre_expr index)
{
    uint32_t height = 0;
    ir_name name = ir_builder_name(builder, buffer);
    if (!ir_ordering_spelling(ordering))
        ir_builder_error(builder, DIAG_B004, "there is no memory ordering %d", (int)ordering);
    struct ir_expr *expr = make(builder, IR_EXPR_OPAQUE, 1, &index, &height);
    if (expr) {
        expr->ext = (uint8_t)ext;
        expr->ordering = (uint8_t)ordering;
        expr->name = name;
    }
    return keep(builder, expr, height);
}

vyre_expr vyre_builder_uniform_load(struct vyre_builder *builder, const char *buffer,
                                    vyre_expr index)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return element(builder, IR_EXT_UNIFORM_LOAD, VYRE_ORDER_RELAXED, buffer, index);
}

vyre_expr vyre_builder_atomic_load(struct vyre_builder *builder, enum vyre_ordering ordering,
                                   const char *buffer, vyre_expr index)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    return element(builder, IR_EXT_ATOMIC_LOAD, ordering, buffer, index);
}

vyre_expr vyre_builder_param(struct vyre_builder *builder, uint32_t number)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    uint32_t height = 0;
    struct ir_expr *expr = make(builder, IR_EXPR_OPAQUE, 0, NULL, &height);
    if (expr) {
        expr->ext = IR_EXT_PARAM;
        expr->bits = number;
    }
    return keep(builder, expr, height);
}

vyre_expr vyre_builder_opaque(struct vyre_builder *builder, const char *kind, const void *payload,
                              uint32_t payload_size)
{
    if (!ir_builder_begin(builder, __func__))
        return 0;
    if (!payload && payload_size)
        ir_builder_error(builder, DIAG_B004, "the payload is NULL");
    uint32_t height = 0;
    ir_name name = ir_builder_name(builder, kind);
    struct ir_expr *expr = make(builder, IR_EXPR_OPAQUE, 0, NULL, &height);
    if (expr) {
        expr->name = name;
        expr->payload = arena_copy(&builder->draft.program->arena, payload, payload_size);
        expr->payload_size = payload_size;
        if (!expr->payload)
            builder->draft.failed = true;
    }
    return keep(builder, expr, height);
}
