// SPDX-License-Identifier: MIT
#include "ir/copy.h"

#include "ir/tables.h"

#include <string.h>

static struct arena *arena_of(struct ir_draft *draft)
{
    return draft->failed || !draft->program ? NULL : &draft->program->arena;
}

static void *copy_bytes(struct ir_draft *draft, const void *bytes, size_t size)
{
    struct arena *arena = arena_of(draft);
    void *memory = arena && size ? arena_copy(arena, bytes, size) : NULL;
    if (!memory && size)
        draft->failed = true;
    return memory;
}

ir_name ir_copy_name(const struct ir_copy *copy, enum ir_name_use use, ir_name name)
{
    if (copy->name)
        return copy->name(copy->user, use, name);
    struct ir_text text = ir_name_text(copy->from, name);
    return ir_draft_name(copy->draft, text.text, text.size);
}

const struct ir_type *ir_copy_type(struct ir_draft *draft, const struct ir_type *type)
{
    if (type == ir_type_scalar((enum ir_type_kind)type->kind))
        return type;
    struct ir_type made = *type;
    if (type->element)
        made.element = ir_copy_type(draft, type->element);
    made.dims = copy_bytes(draft, type->dims, type->dim_count * sizeof type->dims[0]);
    return ir_draft_type(draft, &made);
}

static const struct ir_shape_predicate *copy_shape(struct ir_draft *draft,
                                                   const struct ir_shape_predicate *shape)
{
    if (!shape)
        return NULL;
    struct ir_shape_predicate made = *shape;
    made.left = copy_shape(draft, shape->left);
    made.right = copy_shape(draft, shape->right);
    return copy_bytes(draft, &made, sizeof made);
}

struct ir_buffer ir_copy_buffer(const struct ir_copy *copy, const struct ir_buffer *buffer)
{
    struct ir_buffer made = *buffer;
    made.name = ir_copy_name(copy, IR_NAME_BUFFER, buffer->name);
    made.element = ir_copy_type(copy->draft, buffer->element);
    made.shape = copy_shape(copy->draft, buffer->shape);
    return made;
}

// Text that positions refer to travels with them.
static void copy_source(struct ir_draft *draft, const struct vyre_program *from)
{
    struct arena *arena = arena_of(draft);
    if (!arena)
        return;
    struct vyre_program *made = draft->program;
    if (from->source_name)
        made->source_name = arena_copy_text(arena, from->source_name, strlen(from->source_name));
    if (from->source_text)
        made->source_text = arena_copy_text(arena, from->source_text, from->source_size);
    made->source_size = from->source_size;
    draft->failed |= arena->failed;
}

void ir_copy_head(const struct ir_copy *copy)
{
    struct ir_draft *draft = copy->draft;
    const struct vyre_program *from = copy->from;
    if (draft->failed)
        return;
    struct vyre_program *made = draft->program;
    memcpy(made->workgroup, from->workgroup, sizeof made->workgroup);
    made->non_composable = from->non_composable;
    made->has_entry_op = from->has_entry_op;
    made->entry_op = ir_copy_name(copy, IR_NAME_OP, from->entry_op);
    for (uint32_t i = 0; i < from->buffer_count && !draft->failed; i++) {
        struct ir_buffer buffer = ir_copy_buffer(copy, &from->buffers[i]);
        ir_draft_buffer(draft, &buffer);
    }
    copy_source(draft, from);
}

// ---- Expressions --------------------------------------------------------------------------------

// What the name of an expression stands for; false when it has none.
static bool expr_name_use(const struct ir_expr *expr, enum ir_name_use *use)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_VAR: *use = IR_NAME_LOCAL; return true;
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_ATOMIC: *use = IR_NAME_BUFFER; return true;
    case IR_EXPR_CALL: *use = IR_NAME_OP; return true;
    case IR_EXPR_OPAQUE:
        *use = expr->ext ? IR_NAME_BUFFER : IR_NAME_KIND;
        return !expr->ext || ir_ext_info((enum ir_ext)expr->ext)->has_buffer;
    default: return false;
    }
}

struct ir_expr *ir_copy_expr(const struct ir_copy *copy, const struct ir_expr *expr)
{
    struct ir_draft *draft = copy->draft;
    struct ir_expr *made = ir_draft_expr(draft, (enum ir_expr_kind)expr->kind, expr->kid_count);
    for (uint32_t i = 0; made && i < expr->kid_count; i++) {
        made->kids[i] = ir_copy_expr(copy, expr->kids[i]);
        if (!made->kids[i])
            draft->failed = true;
    }
    enum ir_name_use use;
    if (made) {
        made->op = expr->op;
        made->ordering = expr->ordering;
        made->ext = expr->ext;
        made->has_expected = expr->has_expected;
        made->bits = expr->bits;
        made->name = expr_name_use(expr, &use) ? ir_copy_name(copy, use, expr->name) : 0;
        if (expr->kind == IR_EXPR_CAST)
            made->type = ir_copy_type(draft, expr->type);
        else if (ir_expr_is_foreign(expr))
            made->payload = copy_bytes(draft, expr->payload, expr->payload_size);
        made->pos = expr->pos;
    }
    if (draft->failed)
        made = NULL;
    return copy->expr ? copy->expr(copy->user, expr, made) : made;
}

// ---- Statements ---------------------------------------------------------------------------------

// What `name` and `name2` of a statement stand for. Kinds without names have the empty one, which
// no hook needs to see.
static void copy_names(const struct ir_copy *copy, const struct ir_node *node, struct ir_node *made)
{
    enum ir_name_use use = IR_NAME_BUFFER;
    bool named = true;
    bool named2 = false;
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET:
    case IR_NODE_ASSIGN:
    case IR_NODE_LOOP: use = IR_NAME_LOCAL; break;
    case IR_NODE_STORE:
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_BROADCAST:
    case IR_NODE_INDIRECT_DISPATCH: break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
        made->tag = ir_copy_name(copy, IR_NAME_TAG, node->tag);
        named2 = true;
        break;
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER: named2 = true; break;
    case IR_NODE_TRAP:
    case IR_NODE_RESUME:
    case IR_NODE_ASYNC_WAIT: use = IR_NAME_TAG; break;
    case IR_NODE_REGION:
        use = IR_NAME_GENERATOR;
        named2 = node->has_source;
        break;
    case IR_NODE_OPAQUE:
        use = node->ext ? IR_NAME_BUFFER : IR_NAME_KIND;
        named = !node->ext || ir_ext_info((enum ir_ext)node->ext)->has_buffer;
        break;
    default: named = false; break;
    }
    made->name = named ? ir_copy_name(copy, use, node->name) : 0;
    made->name2 = named2 ? ir_copy_name(copy, use, node->name2) : 0;
}

static struct ir_node *copy_node(const struct ir_copy *copy, const struct ir_node *node)
{
    struct ir_draft *draft = copy->draft;
    struct ir_node *made = ir_draft_node(draft, (enum ir_node_kind)node->kind);
    if (!made)
        return NULL;
    *made = *node;
    made->tag = 0;
    copy_names(copy, node, made);
    made->a = node->a ? ir_copy_expr(copy, node->a) : NULL;
    made->b = node->b ? ir_copy_expr(copy, node->b) : NULL;
    made->body = ir_copy_body(copy, node->body);
    made->otherwise = ir_copy_body(copy, node->otherwise);
    made->payload = copy_bytes(draft, node->payload, node->payload_size);
    if ((node->a && !made->a) || (node->b && !made->b))
        draft->failed = true;
    return draft->failed ? NULL : made;
}

struct ir_body ir_copy_body(const struct ir_copy *copy, struct ir_body body)
{
    struct ir_nodes nodes = { 0 };
    for (uint32_t i = 0; i < body.count && !copy->draft->failed; i++) {
        struct ir_node *made = copy_node(copy, body.nodes[i]);
        if (made && copy->node)
            copy->node(copy->user, &nodes, body.nodes[i], made);
        else
            ir_nodes_add(copy->draft, &nodes, made);
    }
    return ir_nodes_take(copy->draft, &nodes);
}
