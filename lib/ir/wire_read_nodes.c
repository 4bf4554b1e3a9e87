// SPDX-License-Identifier: MIT
// Reading nodes and expressions (spec: ir.md, 3.7, 3.8). Nesting is bounded by WIRE_MAX_DEPTH.
#include "wire_read.h"

#include "ir/literal64.h"
#include "ir/tables.h"

static bool enter(struct ir_wire_reader *r)
{
    if (r->failed || r->draft->failed)
        return false;
    if (!ir_wire_has_room(r))
        return false;
    if (r->depth >= WIRE_MAX_DEPTH)
        return ir_wire_fail(r, DIAG_W008, "nodes and expressions are nested deeper than 64 levels");
    r->depth++;
    return true;
}

static uint32_t get_extension_id(struct ir_wire_reader *r)
{
    uint32_t id = ir_wire_get_u32(r);
    if (!r->failed && !(id & 0x80000000u))
        ir_wire_fail(r, DIAG_W005, "an extension id without its high bit");
    return id;
}

static uint8_t get_ordering(struct ir_wire_reader *r)
{
    uint8_t ordering = ir_wire_get_u8(r);
    if (ordering > IR_ORDER_GRID_SYNC)
        ir_wire_fail(r, DIAG_W005, "an unknown memory ordering");
    return ordering;
}

// ---- Expressions --------------------------------------------------------------------------------

static void get_kids(struct ir_wire_reader *r, struct ir_expr *expr)
{
    for (uint32_t i = 0; expr && i < expr->kid_count && !r->failed; i++)
        expr->kids[i] = ir_wire_get_expr(r);
}

static struct ir_expr *get_operator(struct ir_wire_reader *r, enum ir_expr_kind kind)
{
    enum ir_binop binop = 0;
    enum ir_unop unop = 0;
    uint8_t tag = ir_wire_get_u8(r);
    bool known =
        kind == IR_EXPR_BINOP ? ir_binop_from_tag(tag, &binop) : ir_unop_from_tag(tag, &unop);
    if (r->failed || !known) {
        ir_wire_fail(r, DIAG_W008, "an unknown operator tag");
        return NULL;
    }
    uint32_t id = tag == 0x80 ? get_extension_id(r) : 0;
    struct ir_expr *expr = ir_draft_expr(r->draft, kind, kind == IR_EXPR_BINOP ? 2 : 1);
    if (expr) {
        expr->op = kind == IR_EXPR_BINOP ? (uint8_t)binop : (uint8_t)unop;
        expr->bits = id;
    }
    get_kids(r, expr);
    return expr;
}

static struct ir_expr *get_call(struct ir_wire_reader *r)
{
    ir_name op = ir_wire_get_name(r);
    uint32_t count = ir_wire_get_u32(r);
    if (count > WIRE_MAX_ARGUMENTS) {
        ir_wire_fail(r, DIAG_W008, "a call has more than 4,096 arguments");
        return NULL;
    }
    if (count > r->end - r->at) { // every argument takes a byte: do not allocate for absent ones
        ir_wire_fail(r, DIAG_W003, "the bytes end in the middle of a call");
        return NULL;
    }
    struct ir_expr *expr = ir_draft_expr(r->draft, IR_EXPR_CALL, count);
    if (expr)
        expr->name = op;
    get_kids(r, expr);
    return expr;
}

static struct ir_expr *get_cast(struct ir_wire_reader *r)
{
    const struct ir_type *target = ir_wire_get_type(r);
    if (!target)
        return NULL;
    struct ir_expr *expr = ir_draft_expr(r->draft, IR_EXPR_CAST, 1);
    if (expr)
        expr->type = target;
    get_kids(r, expr);
    return expr;
}

static struct ir_expr *get_atomic(struct ir_wire_reader *r)
{
    enum ir_atomic_op op = 0;
    uint8_t tag = ir_wire_get_u8(r);
    if (r->failed || !ir_atomic_from_tag(tag, &op)) {
        ir_wire_fail(r, DIAG_W008, "an unknown atomic operator tag");
        return NULL;
    }
    uint32_t id = tag == 0x80 ? get_extension_id(r) : 0;
    uint8_t ordering = get_ordering(r);
    ir_name buffer = ir_wire_get_name(r);
    struct ir_expr *index = ir_wire_get_expr(r);
    bool has_expected = ir_wire_get_u8(r) != 0;
    struct ir_expr *expr = ir_draft_expr(r->draft, IR_EXPR_ATOMIC, has_expected ? 3 : 2);
    if (!expr)
        return NULL;
    expr->op = (uint8_t)op;
    expr->bits = id;
    expr->ordering = ordering;
    expr->name = buffer;
    expr->has_expected = has_expected;
    expr->kids[0] = index;
    for (uint32_t i = 1; i < expr->kid_count && !r->failed; i++)
        expr->kids[i] = ir_wire_get_expr(r);
    return expr;
}

// Kind string, then a payload of a stated length; *saved_end closes it.
static bool get_opaque_head(struct ir_wire_reader *r, ir_name *kind, enum ir_ext *ext,
                            uint32_t *payload_size, size_t *saved_end)
{
    *kind = ir_wire_get_name(r);
    *payload_size = ir_wire_get_u32(r);
    if (r->failed || r->draft->failed)
        return false;
    if (*payload_size > WIRE_MAX_PAYLOAD)
        return ir_wire_fail(r, DIAG_W008, "an opaque payload is longer than 4,194,304 bytes");
    const struct ir_text *text = &r->draft->names.items[*kind];
    *ext = ir_ext_from_kind(text->text, text->size);
    *saved_end = ir_wire_open_part(r, *payload_size);
    return !r->failed;
}

static struct ir_expr *get_opaque_expr(struct ir_wire_reader *r)
{
    ir_name kind;
    enum ir_ext ext;
    uint32_t size;
    size_t saved_end;
    enum ir_type_kind type;
    if (!get_opaque_head(r, &kind, &ext, &size, &saved_end))
        return NULL;
    const struct ir_ext_info *info = ext == IR_EXT_NONE ? NULL : ir_ext_info(ext);
    const struct ir_text *text = &r->draft->names.items[kind];
    struct ir_expr *expr = NULL;
    if (info && !info->is_node) {
        expr = ir_draft_expr(r->draft, IR_EXPR_OPAQUE, info->kid_count);
        if (!expr)
            return NULL;
        expr->ext = (uint8_t)ext;
        expr->name = info->has_buffer ? ir_wire_get_name(r) : 0;
        expr->ordering = info->has_ordering ? get_ordering(r) : 0;
        expr->bits = info->has_immediate ? ir_wire_get_u32(r) : 0;
        get_kids(r, expr);
    } else if (ir_literal64_from_kind(text->text, text->size, &type) && size == 8) {
        expr = ir_draft_expr(r->draft, IR_EXPR_OPAQUE, 0);
        const uint8_t *payload = ir_wire_get_bytes(r, size);
        if (!expr || !payload)
            return NULL;
        expr->name = kind;
        expr->payload = arena_copy(&r->draft->program->arena, payload, size);
        expr->payload_size = size;
        r->draft->failed |= !expr->payload;
    } else {
        ir_wire_fail(r, DIAG_W008, "an opaque expression of a kind that is not registered");
        return NULL;
    }
    ir_wire_close_part(r, saved_end);
    return expr;
}

// An expression of a kind with a fixed number of operands; its own fields come before them.
static struct ir_expr *get_plain_expr(struct ir_wire_reader *r, enum ir_expr_kind kind)
{
    struct ir_expr *expr = ir_draft_expr(r->draft, kind, (uint32_t)ir_expr_info(kind)->kid_count);
    if (!expr)
        return NULL;
    switch (kind) {
    case IR_EXPR_VAR:
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN: expr->name = ir_wire_get_name(r); break;
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_F32: expr->bits = ir_wire_get_u32(r); break;
    case IR_EXPR_LIT_BOOL: expr->bits = ir_wire_get_u8(r) != 0; break;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: expr->op = ir_wire_get_u8(r); break;
    default: break;
    }
    get_kids(r, expr);
    return expr;
}

struct ir_expr *ir_wire_get_expr(struct ir_wire_reader *r)
{
    enum ir_expr_kind kind;
    if (!enter(r))
        return NULL;
    uint8_t tag = ir_wire_get_u8(r);
    if (r->failed || !ir_expr_from_tag(tag, &kind)) {
        ir_wire_fail(r, DIAG_W008, "an unknown expression tag");
        return NULL;
    }
    struct ir_expr *expr = NULL;
    switch (kind) {
    case IR_EXPR_BINOP:
    case IR_EXPR_UNOP: expr = get_operator(r, kind); break;
    case IR_EXPR_CALL: expr = get_call(r); break;
    case IR_EXPR_CAST: expr = get_cast(r); break;
    case IR_EXPR_ATOMIC: expr = get_atomic(r); break;
    case IR_EXPR_OPAQUE: expr = get_opaque_expr(r); break;
    default: expr = get_plain_expr(r, kind); break;
    }
    r->depth--;
    return expr;
}

// ---- Nodes --------------------------------------------------------------------------------------

static struct ir_body get_body(struct ir_wire_reader *r)
{
    const size_t base = r->nodes.count;
    uint32_t count = ir_wire_get_u32(r);
    if (count > WIRE_MAX_NODES)
        ir_wire_fail(r, DIAG_W008, "a body has more than 1,000,000 nodes");
    for (uint32_t i = 0; i < count && !r->failed && !r->draft->failed; i++) {
        struct ir_node *node = ir_wire_get_node(r);
        if (!r->failed)
            ir_nodes_add(r->draft, &r->nodes, node);
    }
    return ir_nodes_take_from(r->draft, &r->nodes, base);
}

static void get_async(struct ir_wire_reader *r, struct ir_node *node)
{
    node->name = ir_wire_get_name(r);
    node->name2 = ir_wire_get_name(r);
    node->a = ir_wire_get_expr(r);
    node->b = ir_wire_get_expr(r);
    node->tag = ir_wire_get_name(r);
}

static void get_opaque_node(struct ir_wire_reader *r, struct ir_node *node)
{
    ir_name kind;
    enum ir_ext ext;
    uint32_t size;
    size_t saved_end;
    if (!get_opaque_head(r, &kind, &ext, &size, &saved_end))
        return;
    const struct ir_ext_info *info = ext == IR_EXT_NONE ? NULL : ir_ext_info(ext);
    if (!info || !info->is_node) {
        ir_wire_fail(r, DIAG_W008, "an opaque node of a kind that is not registered");
        return;
    }
    node->ext = (uint8_t)ext;
    node->name = info->has_buffer ? ir_wire_get_name(r) : 0;
    node->ordering = info->has_ordering ? get_ordering(r) : 0;
    node->a = info->kid_count > 0 ? ir_wire_get_expr(r) : NULL;
    node->b = info->kid_count > 1 ? ir_wire_get_expr(r) : NULL;
    ir_wire_close_part(r, saved_end);
}

static uint8_t get_collective(struct ir_wire_reader *r)
{
    uint8_t op = ir_wire_get_u8(r);
    if (!r->failed && (op < IR_COLLECTIVE_SUM || op > IR_COLLECTIVE_BIT_XOR))
        ir_wire_fail(r, DIAG_W008, "an unknown collective operator");
    return op;
}

static void get_collective_node(struct ir_wire_reader *r, struct ir_node *node)
{
    node->name = ir_wire_get_name(r);
    if (node->kind == IR_NODE_ALL_GATHER || node->kind == IR_NODE_REDUCE_SCATTER)
        node->name2 = ir_wire_get_name(r);
    if (node->kind == IR_NODE_ALL_REDUCE || node->kind == IR_NODE_REDUCE_SCATTER)
        node->op = get_collective(r);
    if (node->kind == IR_NODE_BROADCAST)
        node->root = ir_wire_get_u32(r);
    node->group = ir_wire_get_u32(r);
}

static void get_fields(struct ir_wire_reader *r, struct ir_node *node)
{
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET:
    case IR_NODE_ASSIGN:
        node->name = ir_wire_get_name(r);
        node->a = ir_wire_get_expr(r);
        break;
    case IR_NODE_STORE:
        node->name = ir_wire_get_name(r);
        node->a = ir_wire_get_expr(r);
        node->b = ir_wire_get_expr(r);
        break;
    case IR_NODE_IF:
        node->a = ir_wire_get_expr(r);
        node->body = get_body(r);
        node->otherwise = get_body(r);
        break;
    case IR_NODE_LOOP:
        node->name = ir_wire_get_name(r);
        node->a = ir_wire_get_expr(r);
        node->b = ir_wire_get_expr(r);
        node->body = get_body(r);
        break;
    case IR_NODE_RETURN: break;
    case IR_NODE_BLOCK: node->body = get_body(r); break;
    case IR_NODE_BARRIER: node->ordering = get_ordering(r); break;
    case IR_NODE_INDIRECT_DISPATCH:
        node->name = ir_wire_get_name(r);
        node->offset = ir_wire_get_u64(r);
        break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE: get_async(r, node); break;
    case IR_NODE_ASYNC_WAIT:
    case IR_NODE_RESUME: node->name = ir_wire_get_name(r); break;
    case IR_NODE_REGION:
        node->name = ir_wire_get_name(r);
        node->name2 = ir_wire_get_optional(r, DIAG_W008, &node->has_source);
        node->body = get_body(r);
        break;
    case IR_NODE_TRAP:
        node->a = ir_wire_get_expr(r);
        node->name = ir_wire_get_name(r);
        break;
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_BROADCAST: get_collective_node(r, node); break;
    case IR_NODE_OPAQUE: get_opaque_node(r, node); break;
    case IR_NODE_COUNT: break;
    }
}

struct ir_node *ir_wire_get_node(struct ir_wire_reader *r)
{
    enum ir_node_kind kind;
    if (!enter(r))
        return NULL;
    uint8_t tag = ir_wire_get_u8(r);
    if (r->failed || !ir_node_from_tag(tag, &kind)) {
        ir_wire_fail(r, DIAG_W008, "an unknown node tag");
        return NULL;
    }
    struct ir_node *node = ir_draft_node(r->draft, kind);
    if (node)
        get_fields(r, node);
    r->depth--;
    return node;
}
