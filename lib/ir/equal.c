// SPDX-License-Identifier: MIT
#include "ir/equal.h"

#include "ir/tables.h"

#include <string.h>

// The two programs that names are looked up in.
struct pair {
    const struct vyre_program *a;
    const struct vyre_program *b;
};

static bool names_equal(const struct pair *pair, ir_name a, ir_name b)
{
    struct ir_text left = ir_name_text(pair->a, a);
    struct ir_text right = ir_name_text(pair->b, b);
    return left.size == right.size && memcmp(left.text, right.text, left.size) == 0;
}

static bool payloads_equal(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size)
{
    return a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

// ---- Expressions --------------------------------------------------------------------------------

static bool fields_equal(const struct pair *pair, const struct ir_expr *a, const struct ir_expr *b)
{
    switch ((enum ir_expr_kind)a->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32: return a->bits == b->bits;
    case IR_EXPR_VAR:
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_CALL: return names_equal(pair, a->name, b->name);
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: return a->op == b->op;
    case IR_EXPR_BINOP: return a->op == b->op && (a->op != IR_BIN_OPAQUE || a->bits == b->bits);
    case IR_EXPR_UNOP: return a->op == b->op && (a->op != IR_UN_OPAQUE || a->bits == b->bits);
    case IR_EXPR_CAST: return ir_type_equal(a->type, b->type);
    case IR_EXPR_ATOMIC:
        return a->op == b->op && (a->op != IR_ATOMIC_OPAQUE || a->bits == b->bits) &&
               a->ordering == b->ordering && a->has_expected == b->has_expected &&
               names_equal(pair, a->name, b->name);
    case IR_EXPR_OPAQUE: break;
    default: return true; // only operands
    }
    const struct ir_ext_info *info = ir_ext_info((enum ir_ext)a->ext);
    if (a->ext != b->ext)
        return false;
    if (!a->ext)
        return names_equal(pair, a->name, b->name) &&
               payloads_equal(a->payload, a->payload_size, b->payload, b->payload_size);
    return (!info->has_buffer || names_equal(pair, a->name, b->name)) &&
           (!info->has_ordering || a->ordering == b->ordering) &&
           (!info->has_immediate || a->bits == b->bits);
}

static bool exprs_equal(const struct pair *pair, const struct ir_expr *a, const struct ir_expr *b)
{
    if (!a || !b)
        return a == b;
    if (a->kind != b->kind || a->kid_count != b->kid_count || !fields_equal(pair, a, b))
        return false;
    for (uint32_t i = 0; i < a->kid_count; i++)
        if (!exprs_equal(pair, a->kids[i], b->kids[i]))
            return false;
    return true;
}

// ---- Statements ---------------------------------------------------------------------------------

static bool opaque_nodes_equal(const struct pair *pair, const struct ir_node *a,
                               const struct ir_node *b)
{
    const struct ir_ext_info *info = ir_ext_info((enum ir_ext)a->ext);
    if (a->ext != b->ext)
        return false;
    if (!a->ext)
        return names_equal(pair, a->name, b->name) &&
               payloads_equal(a->payload, a->payload_size, b->payload, b->payload_size);
    return (!info->has_buffer || names_equal(pair, a->name, b->name)) &&
           (!info->has_ordering || a->ordering == b->ordering);
}

static bool bodies_equal(const struct pair *pair, struct ir_body a, struct ir_body b);

// Fields that a kind does not use are zero in every program, so all others are compared for all.
static bool nodes_equal(const struct pair *pair, const struct ir_node *a, const struct ir_node *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == IR_NODE_OPAQUE && !opaque_nodes_equal(pair, a, b))
        return false;
    return a->op == b->op && a->ordering == b->ordering && a->has_source == b->has_source &&
           names_equal(pair, a->name, b->name) && names_equal(pair, a->name2, b->name2) &&
           names_equal(pair, a->tag, b->tag) && a->group == b->group && a->root == b->root &&
           a->offset == b->offset && exprs_equal(pair, a->a, b->a) &&
           exprs_equal(pair, a->b, b->b) && bodies_equal(pair, a->body, b->body) &&
           bodies_equal(pair, a->otherwise, b->otherwise);
}

static bool bodies_equal(const struct pair *pair, struct ir_body a, struct ir_body b)
{
    if (a.count != b.count)
        return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (!nodes_equal(pair, a.nodes[i], b.nodes[i]))
            return false;
    return true;
}

// ---- Buffers and programs -----------------------------------------------------------------------

static bool shapes_equal(const struct ir_shape_predicate *a, const struct ir_shape_predicate *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && a->a == b->a && a->b == b->b && a->c == b->c && a->d == b->d &&
           shapes_equal(a->left, b->left) && shapes_equal(a->right, b->right);
}

static bool buffers_equal(const struct pair *pair, const struct ir_buffer *a,
                          const struct ir_buffer *b)
{
    bool ranges =
        a->has_range == b->has_range &&
        (!a->has_range || (a->range_start == b->range_start && a->range_end == b->range_end));
    bool hints = a->has_axis == b->has_axis && (!a->has_axis || a->axis == b->axis) &&
                 a->alignment == b->alignment && a->locality == b->locality;
    return names_equal(pair, a->name, b->name) && a->binding == b->binding &&
           a->access == b->access && a->kind == b->kind && a->linear == b->linear &&
           a->is_output == b->is_output && a->live_out == b->live_out &&
           a->bytes_extraction == b->bytes_extraction && a->count == b->count && ranges && hints &&
           ir_type_equal(a->element, b->element) && shapes_equal(a->shape, b->shape);
}

bool ir_program_equal(const struct vyre_program *a, const struct vyre_program *b)
{
    const struct pair pair = { a, b };
    if (a->buffer_count != b->buffer_count || a->non_composable != b->non_composable ||
        a->has_entry_op != b->has_entry_op ||
        memcmp(a->workgroup, b->workgroup, sizeof a->workgroup) != 0)
        return false;
    if (a->has_entry_op && !names_equal(&pair, a->entry_op, b->entry_op))
        return false;
    for (uint32_t i = 0; i < a->buffer_count; i++)
        if (!buffers_equal(&pair, &a->buffers[i], &b->buffers[i]))
            return false;
    return bodies_equal(&pair, a->entry, b->entry);
}

bool ir_body_equal(const struct vyre_program *a, struct ir_body body_a,
                   const struct vyre_program *b, struct ir_body body_b)
{
    return bodies_equal(&(const struct pair){ a, b }, body_a, body_b);
}

bool ir_expr_equal(const struct vyre_program *a, const struct ir_expr *expr_a,
                   const struct vyre_program *b, const struct ir_expr *expr_b)
{
    return exprs_equal(&(const struct pair){ a, b }, expr_a, expr_b);
}
