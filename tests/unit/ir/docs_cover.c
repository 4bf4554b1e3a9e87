// SPDX-License-Identifier: MIT
// Which constructs the examples use: a reference teaches all of them.
#include "docs.h"

#include "test.h"

#include "ir/tables.h"

static void add_type(struct docs_cover *cover, const struct ir_type *type)
{
    for (; type; type = type->element) {
        cover->types[type->kind] = true;
        if (type->kind == IR_TYPE_QUANTIZED) {
            cover->scales[type->scale_tag] = true;
            cover->zeros[type->zero_tag] = true;
        }
    }
}

static void add_expr(struct docs_cover *cover, const struct ir_expr *expr)
{
    if (!expr)
        return;
    cover->exprs[expr->kind] = true;
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_BINOP: cover->binops[expr->op] = true; break;
    case IR_EXPR_UNOP: cover->unops[expr->op] = true; break;
    case IR_EXPR_ATOMIC:
        cover->atomics[expr->op] = true;
        cover->orderings[expr->ordering] = true;
        break;
    case IR_EXPR_OPAQUE: cover->exts[expr->ext] = true; break;
    case IR_EXPR_CAST: add_type(cover, expr->type); break;
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count; i++)
        add_expr(cover, expr->kids[i]);
}

static void add_body(struct docs_cover *cover, struct ir_body body)
{
    for (uint32_t i = 0; i < body.count; i++) {
        const struct ir_node *node = body.nodes[i];
        cover->nodes[node->kind] = true;
        cover->exts[node->ext] = true;
        if (node->kind == IR_NODE_BARRIER)
            cover->orderings[node->ordering] = true;
        cover->collectives[node->op] = true;
        add_expr(cover, node->a);
        add_expr(cover, node->b);
        add_body(cover, node->body);
        add_body(cover, node->otherwise);
    }
}

static void add_shape(struct docs_cover *cover, const struct ir_shape_predicate *shape)
{
    if (!shape)
        return;
    cover->shapes[shape->kind] = true;
    add_shape(cover, shape->left);
    add_shape(cover, shape->right);
}

void docs_cover_add(struct docs_cover *cover, const struct vyre_program *program)
{
    for (uint32_t i = 0; i < program->buffer_count; i++) {
        const struct ir_buffer *buffer = &program->buffers[i];
        add_type(cover, buffer->element);
        add_shape(cover, buffer->shape);
        cover->localities[buffer->locality] = true;
        cover->kinds[buffer->kind] = true;
        cover->linears[buffer->linear] = true;
        cover->accesses[buffer->access] = true;
    }
    add_body(cover, program->entry);
}

static unsigned missing(bool covered, const char *spelling)
{
    if (covered || !spelling)
        return 0;
    print_error("no example uses %s\n", spelling);
    return 1;
}

void docs_cover_check(const struct docs_cover *cover)
{
    unsigned lacking = 0;
    for (int i = 0; i < IR_TYPE_COUNT; i++)
        lacking += missing(cover->types[i], ir_type_info((enum ir_type_kind)i)->spelling);
    for (int i = 0; i < IR_EXPR_COUNT; i++)
        lacking += missing(cover->exprs[i], ir_expr_info((enum ir_expr_kind)i)->name);
    for (int i = 0; i < IR_NODE_COUNT; i++)
        lacking += missing(cover->nodes[i], ir_node_info((enum ir_node_kind)i)->name);
    for (int i = 0; i < IR_BINOP_COUNT; i++)
        lacking += missing(cover->binops[i], ir_binop_info((enum ir_binop)i)->spelling);
    for (int i = 0; i < IR_UNOP_COUNT; i++)
        lacking += missing(cover->unops[i], ir_unop_info((enum ir_unop)i)->spelling);
    for (int i = 0; i < IR_ATOMIC_COUNT; i++)
        lacking += missing(cover->atomics[i], ir_atomic_info((enum ir_atomic_op)i)->spelling);
    for (int i = 1; i < IR_EXT_COUNT; i++)
        lacking += missing(cover->exts[i], ir_ext_info((enum ir_ext)i)->spelling);
    for (unsigned i = 0; i < 8; i++) {
        lacking += missing(cover->orderings[i], ir_ordering_spelling(i));
        lacking += missing(cover->collectives[i], ir_collective_spelling(i));
        lacking += missing(cover->localities[i], ir_locality_spelling(i));
        lacking += missing(cover->kinds[i], ir_memory_kind_spelling(i));
        lacking += missing(cover->linears[i], ir_linear_spelling(i));
        lacking += missing(cover->accesses[i], ir_access_spelling(i));
        lacking += missing(cover->scales[i], ir_quant_scale_spelling(i));
        lacking += missing(cover->zeros[i], ir_quant_zero_spelling(i));
    }
    for (unsigned i = 0; i <= IR_SHAPE_NOT; i++)
        lacking += missing(cover->shapes[i], "one of the shape predicates");
    assert_int_equal(lacking, 0);
}
