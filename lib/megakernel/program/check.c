// SPDX-License-Identifier: MIT
// What a resident payload may contain (docs/megakernel.md, "What a payload may contain").
#include "base/report.h"
#include "ir/tables.h"
#include "writer.h"

struct check {
    const struct vyre_program *payload;
    const struct vyre_diag_sink *diag;
    bool refused;
};

// ---- Reporting ----------------------------------------------------------------------------------

static void refuse(struct check *check, enum diag_code code, struct ir_pos pos, const char *what,
                   struct ir_text name)
{
    if (check->refused)
        return; // the first reason is enough to act on
    check->refused = true;
    const struct diag_place place = { .source = check->payload->source_name,
                                      .line = pos.line,
                                      .column = pos.column };
    diag_report(check->diag, code, &place, "%s%s%.*s", what, name.size ? ": " : "", (int)name.size,
                name.text ? name.text : "");
}

static const struct ir_text no_name;

static void refuse_expr(struct check *check, const struct ir_expr *expr, const char *what)
{
    refuse(check, DIAG_M001, expr->pos, what, no_name);
}

// ---- Expressions --------------------------------------------------------------------------------

static void check_expr(struct check *check, const struct ir_expr *expr)
{
    if (ir_expr_info((enum ir_expr_kind)expr->kind)->lanes != IR_LANES_NONE ||
        (expr->kind == IR_EXPR_BINOP && ir_binop_info((enum ir_binop)expr->op)->needs_subgroup))
        refuse_expr(check, expr, "subgroup operations cannot be resident yet");
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_CALL: refuse_expr(check, expr, "a call has no body here"); break;
    case IR_EXPR_OPAQUE:
        if (expr->ext == IR_EXT_NONE)
            refuse_expr(check, expr, "an opaque expression has unknown effects");
        else if (expr->ext == IR_EXT_PARAM)
            refuse_expr(check, expr, "launch parameters belong to the resident kernel");
        break;
    case IR_EXPR_CAST:
        if (expr->type != ir_type_scalar((enum ir_type_kind)expr->type->kind))
            refuse_expr(check, expr, "casts to composed types cannot be resident yet");
        break;
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count; i++)
        check_expr(check, expr->kids[i]);
}

// ---- Statements ---------------------------------------------------------------------------------

static const char *refused_statement(const struct ir_node *node)
{
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_INDIRECT_DISPATCH: return "indirect dispatch starts other work";
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
    case IR_NODE_ASYNC_WAIT: return "asynchronous copies cannot be resident yet";
    case IR_NODE_RESUME: return "resume has no meaning in a slot";
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_BROADCAST: return "collectives need more than one device";
    case IR_NODE_OPAQUE:
        return node->ext == IR_EXT_NONE ? "an opaque statement has unknown effects" : NULL;
    case IR_NODE_BARRIER:
        return node->ordering == IR_ORDER_GRID_SYNC
                   ? "grid synchronisation waits for other workgroups"
                   : NULL;
    default: return NULL;
    }
}

static void check_body(struct check *check, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count && !check->refused; i++) {
        const struct ir_node *node = body->nodes[i];
        const char *what = refused_statement(node);
        if (what)
            refuse(check, DIAG_M001, node->pos, what, no_name);
        if (node->kind == IR_NODE_ASSIGN && ir_find_buffer(check->payload, node->name))
            refuse(check, DIAG_M001, node->pos, "assignment to a buffer",
                   ir_name_text(check->payload, node->name));
        if (node->a)
            check_expr(check, node->a);
        if (node->b)
            check_expr(check, node->b);
        check_body(check, &node->body);
        check_body(check, &node->otherwise);
    }
}

// ---- Buffers ------------------------------------------------------------------------------------

static bool is_word(const struct ir_type *type)
{
    return type->kind == IR_TYPE_U32 || type->kind == IR_TYPE_I32 || type->kind == IR_TYPE_BOOL ||
           type->kind == IR_TYPE_F32;
}

static void check_buffers(struct check *check, uint32_t *window_count)
{
    const struct vyre_program *payload = check->payload;
    *window_count = 0;
    for (uint32_t i = 0; i < payload->buffer_count; i++) {
        const struct ir_buffer *buffer = &payload->buffers[i];
        if (!is_word(buffer->element))
            refuse(check, DIAG_M002, buffer->pos, "elements of this type are not 32-bit words",
                   ir_name_text(payload, buffer->name));
        if (buffer->access != VYRE_ACCESS_WORKGROUP)
            ++*window_count;
    }
    if (*window_count > MK_MAX_WINDOWS)
        refuse(check, DIAG_M003, (struct ir_pos){ 0 },
               "the payload has more buffers than a slot has windows, which is 8", no_name);
}

enum vyre_result mk_payload_check(const struct vyre_program *payload,
                                  const struct vyre_diag_sink *diag, uint32_t *window_count)
{
    struct check check = { .payload = payload, .diag = diag };
    check_buffers(&check, window_count);
    check_body(&check, &payload->entry);
    return check.refused ? VYRE_ERR_UNSUPPORTED : VYRE_OK;
}
