// SPDX-License-Identifier: MIT
// Which programs can stand in place of a call: those that compute a value from values.
#include "ir/inline.h"
#include "ir/registry.h"

// Recursion is bounded by what a valid program has.

static bool is_value_type(const struct ir_type *type)
{
    switch (type->kind) {
    case IR_TYPE_U32:
    case IR_TYPE_I32:
    case IR_TYPE_F32:
    case IR_TYPE_BOOL: return true;
    default: return false;
    }
}

static bool is_argument(const struct ir_buffer *buffer)
{
    return buffer->access == VYRE_ACCESS_READ_ONLY || buffer->access == VYRE_ACCESS_UNIFORM;
}

uint32_t ir_body_argument(const struct vyre_program *body, const struct ir_buffer *buffer)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < body->buffer_count; i++)
        before += is_argument(&body->buffers[i]) && body->buffers[i].binding < buffer->binding;
    return before;
}

// The declared type is that of the buffer, which is one element of a type that locals have.
static const char *check_buffer(const struct vyre_op_params *op, const struct ir_buffer *buffer)
{
    if (buffer->count > 1)
        return "a buffer of its body has more than one element";
    if (!is_value_type(buffer->element))
        return "a buffer of its body is neither u32, i32, f32 nor bool";
    const struct vyre_op_operand *operand = op->outputs;
    if (is_argument(buffer))
        operand = &op->inputs[ir_body_argument(op->program, buffer)];
    else if (!buffer->is_output)
        return "its body has a buffer that is neither an argument nor the result";
    const struct ir_type *type = ir_signature_type(operand->type);
    if (!type || !ir_type_equal(type, buffer->element))
        return "a buffer of its body has another type than its signature";
    return NULL;
}

static const char *check_buffers(const struct vyre_op_params *op)
{
    const struct vyre_program *body = op->program;
    size_t arguments = 0, results = 0;
    for (uint32_t i = 0; i < body->buffer_count; i++) {
        arguments += is_argument(&body->buffers[i]);
        results += body->buffers[i].is_output;
    }
    if (arguments != op->input_count)
        return "its body does not have as many read-only buffers as it has inputs";
    if (results != 1 || op->output_count != 1)
        return "it and its body do not have one output";
    const char *what = NULL;
    for (uint32_t i = 0; i < body->buffer_count && !what; i++)
        what = check_buffer(op, &body->buffers[i]);
    return what;
}

static bool is_value_expr(const struct ir_expr *expr)
{
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_VAR:
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_BINOP:
    case IR_EXPR_UNOP:
    case IR_EXPR_CALL:
    case IR_EXPR_SELECT:
    case IR_EXPR_CAST:
    case IR_EXPR_FMA: break;
    default: return false;
    }
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (!is_value_expr(expr->kids[i]))
            return false;
    return true;
}

// An assignment may name a buffer, which means nothing when it runs.
static bool assigns_buffer(const struct vyre_program *program, const struct ir_node *node)
{
    return node->kind == IR_NODE_ASSIGN && ir_find_buffer(program, node->name);
}

static const char *check_body(const struct vyre_program *program, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        switch ((enum ir_node_kind)node->kind) {
        case IR_NODE_LET:
        case IR_NODE_ASSIGN:
        case IR_NODE_STORE:
        case IR_NODE_IF:
        case IR_NODE_LOOP:
        case IR_NODE_BLOCK:
        case IR_NODE_REGION: break;
        default: return "its body has a statement that does more than compute a value";
        }
        if (assigns_buffer(program, node))
            return "its body assigns to a buffer";
        if ((node->a && !is_value_expr(node->a)) || (node->b && !is_value_expr(node->b)))
            return "its body has an expression that depends on more than values";
        const char *what = check_body(program, &node->body);
        if (!what)
            what = check_body(program, &node->otherwise);
        if (what)
            return what;
    }
    return NULL;
}

bool ir_body_fits(const struct vyre_registry *registry, const struct vyre_op_params *op,
                  const char **what)
{
    *what = "its body is not a valid program";
    if (vyre_program_validate(op->program,
                              vyre_validate_params(.registry = registry, .diag = op->diag)))
        return false;
    *what = check_buffers(op);
    if (!*what)
        *what = check_body(op->program, &op->program->entry);
    return !*what;
}
