// SPDX-License-Identifier: MIT
// Writing the wire format (spec: ir.md, 3.2 to 3.12): expressions, nodes and records. Sections that
// describe buffers are in wire_write_buffers.c.
#include "wire_write.h"

#include "base/blake3.h"
#include "base/memory.h"
#include "ir/literal64.h"
#include "ir/place.h"
#include "ir/tables.h"

#include <string.h>

// ---- Primitives ---------------------------------------------------------------------------------

void ir_wire_u64(struct ir_wire_writer *w, uint64_t value)
{
    ir_wire_u32(w, (uint32_t)value);
    ir_wire_u32(w, (uint32_t)(value >> 32));
}

void ir_wire_leb(struct ir_wire_writer *w, uint64_t value)
{
    while (value >= 0x80) {
        ir_wire_u8(w, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    ir_wire_u8(w, (uint8_t)value);
}

void ir_wire_refuse(struct ir_wire_writer *w, enum diag_code code, const char *what)
{
    if (w->refused)
        return;
    struct diag_place place = ir_place(w->program, w->pos);
    diag_report(w->diag, code, &place, "%s", what);
    w->refused = true;
}

static void put_str32(struct ir_wire_writer *w, const char *text, size_t size)
{
    if (size > WIRE_MAX_STRING) {
        ir_wire_refuse(w, DIAG_W021, "a name is longer than 1,048,576 bytes");
        return;
    }
    ir_wire_u32(w, (uint32_t)size);
    if (!str_has_room(w->out, size) && !str_reserve(w->out, size))
        return;
    str_copy_few(w->out->text + w->out->size, text, size);
    w->out->size += size;
    w->out->text[w->out->size] = '\0';
}

void ir_wire_name(struct ir_wire_writer *w, ir_name name)
{
    struct ir_text text = ir_name_text(w->program, name);
    put_str32(w, text.text, text.size);
}

static void put_optional_name(struct ir_wire_writer *w, bool present, ir_name name)
{
    ir_wire_u8(w, present);
    if (present)
        ir_wire_name(w, name);
}

// spec: ir.md, 3.11.
static uint32_t canonical_f32(uint32_t bits)
{
    uint32_t magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u)
        return 0x7FC00000u;
    return magnitude < 0x00800000u ? 0 : bits;
}

// Counts a node, an expression or a type. False when writing has ended.
static bool add_part(struct ir_wire_writer *w)
{
    if (w->refused || w->out->failed)
        return false;
    w->parts++;
    if (!w->lenient && w->parts > IR_MOST_PARTS)
        ir_wire_refuse(w, DIAG_W024, "more than 4,194,304 nodes, expressions and types");
    else if (w->out->size > WIRE_MAX_SIZE)
        ir_wire_refuse(w, DIAG_W024, "the program is larger than 67,108,864 bytes");
    return !w->refused;
}

// Why a node or an expression may not begin here, if so.
static bool may_enter(struct ir_wire_writer *w)
{
    if (!w->lenient && w->depth >= WIRE_MAX_DEPTH)
        ir_wire_refuse(w, DIAG_W022, "nodes and expressions are nested deeper than 64 levels");
    else if (w->depth >= WIRE_MAX_IDENTITY_DEPTH)
        ir_wire_refuse(w, DIAG_W022, "nodes and expressions are nested deeper than 4,096 levels");
    return add_part(w);
}

// Begins a node or an expression.
static bool enter(struct ir_wire_writer *w, struct ir_pos pos)
{
    if (pos.line)
        w->pos = pos;
    // What nearly always holds, in few steps.
    if (w->depth < WIRE_MAX_DEPTH && w->parts < IR_MOST_PARTS && w->out->size <= WIRE_MAX_SIZE &&
        !w->refused && !w->out->failed)
        w->parts++;
    else if (!may_enter(w))
        return false;
    w->depth++;
    return true;
}

static void leave(struct ir_wire_writer *w)
{
    w->depth--;
}

// Counts that the reader bounds.
static void put_count(struct ir_wire_writer *w, uint32_t count, uint32_t most, const char *what)
{
    if (!w->lenient && count > most)
        ir_wire_refuse(w, DIAG_W024, what);
    ir_wire_u32(w, count);
}

static void put_extension_id(struct ir_wire_writer *w, uint32_t id)
{
    if (!w->lenient && !(id & 0x80000000u))
        ir_wire_refuse(w, DIAG_W025, "an extension id without its high bit");
    ir_wire_u32(w, id);
}

// ---- Types --------------------------------------------------------------------------------------

static bool legal_storage(enum ir_type_kind kind)
{
    switch (kind) {
    case IR_TYPE_I4:
    case IR_TYPE_I8:
    case IR_TYPE_I16:
    case IR_TYPE_U8:
    case IR_TYPE_U16:
    case IR_TYPE_F8E4M3:
    case IR_TYPE_F8E5M2:
    case IR_TYPE_FP4:
    case IR_TYPE_NF4: return true;
    default: return false;
    }
}

bool ir_wire_quantized_ok(const struct ir_type *type)
{
    return legal_storage(type->element->kind) &&
           !(type->scale_tag == IR_SCALE_PER_GROUP && type->id == 0) &&
           !(type->zero_tag == IR_ZERO_PER_GROUP && type->id2 == 0);
}

static void put_dims(struct ir_wire_writer *w, const struct ir_type *type)
{
    ir_wire_u32(w, type->dim_count);
    for (uint32_t i = 0; i < type->dim_count; i++)
        ir_wire_u32(w, type->dims[i]);
}

static void put_quantized(struct ir_wire_writer *w, const struct ir_type *type)
{
    if (!ir_wire_quantized_ok(type)) {
        ir_wire_refuse(w, DIAG_W023, "a quantized type has illegal storage or a group size of 0");
        return;
    }
    ir_wire_put_type(w, type->element);
    ir_wire_u8(w, type->scale_tag);
    ir_wire_u32(w, type->scale_tag == IR_SCALE_PER_TENSOR ? 0 : type->id);
    ir_wire_u8(w, type->zero_tag);
    ir_wire_u32(w, type->zero_tag <= IR_ZERO_PER_TENSOR ? 0 : type->id2);
}

void ir_wire_put_type(struct ir_wire_writer *w, const struct ir_type *type)
{
    if (w->type_depth >= WIRE_MAX_TYPE_DEPTH)
        ir_wire_refuse(w, DIAG_W022, "data types are nested deeper than 4,096 levels");
    if (!add_part(w))
        return;
    w->type_depth++;
    ir_wire_u8(w, ir_type_info(type->kind)->tag);
    switch ((enum ir_type_kind)type->kind) {
    case IR_TYPE_ARRAY:
        if (type->size > UINT32_MAX)
            ir_wire_refuse(w, DIAG_W023, "an array's element size does not fit 32 bits");
        ir_wire_u32(w, (uint32_t)type->size);
        break;
    case IR_TYPE_HANDLE: ir_wire_u32(w, type->id); break;
    case IR_TYPE_OPAQUE: put_extension_id(w, type->id); break;
    case IR_TYPE_VEC:
        ir_wire_put_type(w, type->element);
        ir_wire_u8(w, type->lanes);
        break;
    case IR_TYPE_TENSOR_SHAPED:
        ir_wire_put_type(w, type->element);
        put_dims(w, type);
        break;
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO: ir_wire_put_type(w, type->element); break;
    case IR_TYPE_SPARSE_BSR:
        ir_wire_put_type(w, type->element);
        ir_wire_u32(w, type->id);
        ir_wire_u32(w, type->id2);
        break;
    case IR_TYPE_DEVICE_MESH: put_dims(w, type); break;
    case IR_TYPE_QUANTIZED: put_quantized(w, type); break;
    default: break;
    }
    w->type_depth--;
}

// ---- Expressions --------------------------------------------------------------------------------

static void put_expr(struct ir_wire_writer *w, const struct ir_expr *expr);

static void put_kids(struct ir_wire_writer *w, const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        put_expr(w, expr->kids[i]);
}

// Two operands that lie one behind the other change places.
static void swap_ranges(struct str *out, size_t left, size_t right)
{
    const size_t size = right - left;
    if (!str_reserve(out, size))
        return;
    char *text = out->text + left;
    const size_t both = out->size - left;
    memcpy(text + both, text, size);
    memmove(text, text + size, both);
    text[both] = '\0';
}

// Whether the bytes from `right` to the end come before those from `left` to `right`.
static bool in_wrong_order(const struct str *out, size_t left, size_t right)
{
    const size_t left_size = right - left;
    const size_t right_size = out->size - right;
    const size_t shorter = left_size < right_size ? left_size : right_size;
    const int order = memcmp(out->text + left, out->text + right, shorter);
    return order ? order > 0 : left_size > right_size;
}

static void put_operands(struct ir_wire_writer *w, const struct ir_expr *expr)
{
    const enum ir_operand_order order =
        w->canonical ? ir_canonical_operands(expr) : IR_OPERANDS_STAY;
    if (order == IR_OPERANDS_SWAP) {
        put_expr(w, expr->kids[1]);
        put_expr(w, expr->kids[0]);
        return;
    }
    const size_t left = w->out->size;
    put_expr(w, expr->kids[0]);
    const size_t right = w->out->size;
    put_expr(w, expr->kids[1]);
    if (order == IR_OPERANDS_BY_WIRE && !w->refused && !w->out->failed &&
        in_wrong_order(w->out, left, right))
        swap_ranges(w->out, left, right);
}

// An operator byte, followed by the extension id of an opaque one.
static void put_op(struct ir_wire_writer *w, uint8_t tag, uint32_t id)
{
    ir_wire_u8(w, tag);
    if (tag == 0x80)
        put_extension_id(w, id);
}

static void put_atomic(struct ir_wire_writer *w, const struct ir_expr *expr)
{
    put_op(w, ir_atomic_info(expr->op)->tag, expr->bits);
    ir_wire_u8(w, expr->ordering);
    ir_wire_name(w, expr->name);
    put_expr(w, expr->kids[0]);
    ir_wire_u8(w, expr->has_expected);
    for (uint32_t i = 1; i < expr->kid_count; i++)
        put_expr(w, expr->kids[i]);
}

// Where a u32 length will be written once the bytes after it are known.
static size_t begin_length(struct ir_wire_writer *w)
{
    ir_wire_u32(w, 0);
    return w->out->size;
}

static void end_length(struct ir_wire_writer *w, size_t start)
{
    if (w->out->failed)
        return;
    size_t size = w->out->size - start;
    if (size > WIRE_MAX_PAYLOAD) {
        ir_wire_refuse(w, DIAG_W021, "an opaque payload is longer than 4,194,304 bytes");
        return;
    }
    for (int i = 0; i < 4; i++)
        w->out->text[start - 4 + i] = (char)(uint8_t)(size >> (8 * i));
}

static void put_ext_head(struct ir_wire_writer *w, enum ir_ext ext, ir_name buffer,
                         uint8_t ordering, uint32_t immediate)
{
    const struct ir_ext_info *info = ir_ext_info(ext);
    if (info->has_buffer)
        ir_wire_name(w, buffer);
    if (info->has_ordering)
        ir_wire_u8(w, ordering);
    if (info->has_immediate)
        ir_wire_u32(w, immediate);
}

static void put_opaque_expr(struct ir_wire_writer *w, const struct ir_expr *expr)
{
    if (expr->ext == IR_EXT_NONE) {
        if (!w->lenient && !ir_literal64_type(w->program, expr))
            ir_wire_refuse(w, DIAG_W025, "an opaque expression of a kind that no reader knows");
        ir_wire_name(w, expr->name);
        size_t start = begin_length(w);
        str_add(w->out, (const char *)expr->payload, expr->payload_size);
        end_length(w, start);
        return;
    }
    const char *kind = ir_ext_info(expr->ext)->kind;
    put_str32(w, kind, strlen(kind));
    size_t start = begin_length(w);
    put_ext_head(w, expr->ext, expr->name, expr->ordering, expr->bits);
    put_kids(w, expr);
    end_length(w, start);
}

static void put_expr(struct ir_wire_writer *w, const struct ir_expr *expr)
{
    if (!enter(w, expr->pos))
        return;
    ir_wire_u8(w, ir_expr_info(expr->kind)->tag);
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32: ir_wire_u32(w, expr->bits); break;
    case IR_EXPR_LIT_F32: ir_wire_u32(w, canonical_f32(expr->bits)); break;
    case IR_EXPR_LIT_BOOL: ir_wire_u8(w, expr->bits != 0); break;
    case IR_EXPR_VAR:
    case IR_EXPR_BUF_LEN: ir_wire_name(w, expr->name); break;
    case IR_EXPR_LOAD:
        ir_wire_name(w, expr->name);
        put_kids(w, expr);
        break;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID: ir_wire_u8(w, expr->op); break;
    case IR_EXPR_BINOP:
        put_op(w, ir_binop_info(expr->op)->tag, expr->bits);
        put_operands(w, expr);
        break;
    case IR_EXPR_UNOP:
        put_op(w, ir_unop_info(expr->op)->tag, expr->bits);
        put_kids(w, expr);
        break;
    case IR_EXPR_CALL:
        ir_wire_name(w, expr->name);
        put_count(w, expr->kid_count, WIRE_MAX_ARGUMENTS, "a call has more than 4,096 arguments");
        put_kids(w, expr);
        break;
    case IR_EXPR_CAST:
        ir_wire_put_type(w, expr->type);
        put_kids(w, expr);
        break;
    case IR_EXPR_ATOMIC: put_atomic(w, expr); break;
    case IR_EXPR_OPAQUE: put_opaque_expr(w, expr); break;
    default: put_kids(w, expr); break;
    }
    leave(w);
}

// ---- Nodes --------------------------------------------------------------------------------------

static void put_node(struct ir_wire_writer *w, const struct ir_node *node);

static bool dissolves(const struct ir_wire_writer *w, const struct ir_node *node)
{
    return node->kind == IR_NODE_BLOCK && w->canonical && ir_canonical_dissolves(node);
}

// What is written for a list: blocks that dissolve stand for their statements.
static uint32_t count_nodes(const struct ir_wire_writer *w, const struct ir_body *body)
{
    uint32_t count = body->count;
    for (uint32_t i = 0; w->canonical && i < body->count; i++)
        if (dissolves(w, body->nodes[i]))
            count += count_nodes(w, &body->nodes[i]->body) - 1;
    return count;
}

static void put_nodes(struct ir_wire_writer *w, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        if (dissolves(w, body->nodes[i]))
            put_nodes(w, &body->nodes[i]->body);
        else
            put_node(w, body->nodes[i]);
    }
}

static void put_body(struct ir_wire_writer *w, const struct ir_body *body)
{
    put_count(w, count_nodes(w, body), WIRE_MAX_NODES, "a body has more than 1,000,000 nodes");
    put_nodes(w, body);
}

static void put_opaque_node(struct ir_wire_writer *w, const struct ir_node *node)
{
    if (node->ext == IR_EXT_NONE) {
        if (!w->lenient)
            ir_wire_refuse(w, DIAG_W025, "an opaque statement of a kind that no reader knows");
        ir_wire_name(w, node->name);
        size_t start = begin_length(w);
        str_add(w->out, (const char *)node->payload, node->payload_size);
        end_length(w, start);
        return;
    }
    const char *kind = ir_ext_info(node->ext)->kind;
    put_str32(w, kind, strlen(kind));
    size_t start = begin_length(w);
    put_ext_head(w, node->ext, node->name, node->ordering, 0);
    if (node->a)
        put_expr(w, node->a);
    if (node->b)
        put_expr(w, node->b);
    end_length(w, start);
}

static void put_async(struct ir_wire_writer *w, const struct ir_node *node)
{
    ir_wire_name(w, node->name);
    ir_wire_name(w, node->name2);
    put_expr(w, node->a);
    put_expr(w, node->b);
    ir_wire_name(w, node->tag);
}

// Collectives and the other statements without expressions and bodies.
static void put_plain_node(struct ir_wire_writer *w, const struct ir_node *node)
{
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_BARRIER: ir_wire_u8(w, node->ordering); break;
    case IR_NODE_INDIRECT_DISPATCH:
        ir_wire_name(w, node->name);
        ir_wire_u64(w, node->offset);
        break;
    case IR_NODE_ASYNC_WAIT:
    case IR_NODE_RESUME: ir_wire_name(w, node->name); break;
    case IR_NODE_ALL_REDUCE:
        ir_wire_name(w, node->name);
        ir_wire_u8(w, node->op);
        ir_wire_u32(w, node->group);
        break;
    case IR_NODE_ALL_GATHER:
        ir_wire_name(w, node->name);
        ir_wire_name(w, node->name2);
        ir_wire_u32(w, node->group);
        break;
    case IR_NODE_REDUCE_SCATTER:
        ir_wire_name(w, node->name);
        ir_wire_name(w, node->name2);
        ir_wire_u8(w, node->op);
        ir_wire_u32(w, node->group);
        break;
    case IR_NODE_BROADCAST:
        ir_wire_name(w, node->name);
        ir_wire_u32(w, node->root);
        ir_wire_u32(w, node->group);
        break;
    default: break; // RETURN
    }
}

static void put_node(struct ir_wire_writer *w, const struct ir_node *node)
{
    if (!enter(w, node->pos))
        return;
    ir_wire_u8(w, ir_node_info(node->kind)->tag);
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET:
    case IR_NODE_ASSIGN:
        ir_wire_name(w, node->name);
        put_expr(w, node->a);
        break;
    case IR_NODE_STORE:
        ir_wire_name(w, node->name);
        put_expr(w, node->a);
        put_expr(w, node->b);
        break;
    case IR_NODE_IF:
        put_expr(w, node->a);
        put_body(w, &node->body);
        put_body(w, &node->otherwise);
        break;
    case IR_NODE_LOOP:
        ir_wire_name(w, node->name);
        put_expr(w, node->a);
        put_expr(w, node->b);
        put_body(w, &node->body);
        break;
    case IR_NODE_BLOCK: put_body(w, &node->body); break;
    case IR_NODE_REGION:
        ir_wire_name(w, node->name);
        put_optional_name(w, node->has_source, node->name2);
        put_body(w, &node->body);
        break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE: put_async(w, node); break;
    case IR_NODE_TRAP:
        put_expr(w, node->a);
        ir_wire_name(w, node->name);
        break;
    case IR_NODE_OPAQUE: put_opaque_node(w, node); break;
    default: put_plain_node(w, node); break;
    }
    leave(w);
}

// ---- The blob -----------------------------------------------------------------------------------

static void put_strleb(struct ir_wire_writer *w, const char *text, size_t size)
{
    ir_wire_leb(w, size);
    str_add(w->out, text, size);
}

// A record (spec: ir.md, 3.4) is its id, the length of its payload in LEB128, the payload and its
// operands, of which there are none. The length is known at the end: until then it has the room of
// the longest one.
enum { RECORD_GAP = 10 };

static size_t begin_record(struct ir_wire_writer *w, const char *id, size_t id_size)
{
    static const char gap[RECORD_GAP];
    put_strleb(w, id, id_size);
    str_add(w->out, gap, sizeof gap);
    return w->out->size;
}

static void end_record(struct ir_wire_writer *w, size_t start)
{
    struct str *out = w->out;
    if (out->failed)
        return;
    const size_t size = out->size - start;
    out->size = start - RECORD_GAP;
    ir_wire_leb(w, size);
    memmove(out->text + out->size, out->text + start, size);
    out->size += size;
    ir_wire_leb(w, 0);
}

static void put_metadata(struct ir_wire_writer *w)
{
    const struct vyre_program *program = w->program;
    str_puts(w->out, "VYRE-META");
    put_optional_name(w, program->has_entry_op, program->entry_op);
    for (int axis = 0; axis < 3; axis++)
        ir_wire_u32(w, program->workgroup[axis]);
    ir_wire_u8(w, program->non_composable);
    ir_wire_put_buffers(w);
}

static void put_node_record(struct ir_wire_writer *w, const struct ir_node *node)
{
    const char *id = ir_node_info(node->kind)->record_op;
    size_t id_size = strlen(id);
    if (node->kind == IR_NODE_OPAQUE && node->ext != IR_EXT_NONE) {
        id = ir_ext_info(node->ext)->kind;
        id_size = strlen(id);
    } else if (node->kind == IR_NODE_OPAQUE) {
        struct ir_text kind = ir_name_text(w->program, node->name);
        id = kind.text;
        id_size = kind.size;
    }
    const size_t start = begin_record(w, id, id_size);
    put_node(w, node);
    end_record(w, start);
}

static void put_entry(struct ir_wire_writer *w, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count && !w->refused; i++) {
        if (dissolves(w, body->nodes[i]))
            put_entry(w, &body->nodes[i]->body);
        else
            put_node_record(w, body->nodes[i]);
    }
}

static void put_blob(struct ir_wire_writer *w)
{
    const struct vyre_program *program = w->program;
    const size_t start = w->out->size;
    static const char record[] = "vyre.program.metadata";
    uint8_t digest[BLAKE3_SIZE] = { 0 };
    struct str *blob = w->out;

    str_puts(w->out, "VYRE");
    ir_wire_u8(w, WIRE_VERSION);
    ir_wire_u8(w, 0);
    ir_wire_u8(w, WIRE_FLAGS & 0xFF);
    ir_wire_u8(w, WIRE_FLAGS >> 8);
    str_add(w->out, (const char *)digest, sizeof digest);
    uint32_t records = count_nodes(w, &program->entry);
    if (!w->lenient && records >= WIRE_MAX_RECORDS)
        ir_wire_refuse(w, DIAG_W024, "the program has more than 999,999 top-level nodes");
    ir_wire_leb(w, (uint64_t)records + 1);
    const size_t metadata = begin_record(w, record, sizeof record - 1);
    put_metadata(w);
    end_record(w, metadata);
    put_entry(w, &program->entry);
    ir_wire_put_regions(w);
    if (!w->refused && blob->size - start > WIRE_MAX_SIZE)
        ir_wire_refuse(w, DIAG_W024, "the program is larger than 67,108,864 bytes");
    if (blob->failed || w->refused)
        return;
    blake3_hash(blob->text + start + WIRE_HEADER_SIZE, blob->size - start - WIRE_HEADER_SIZE,
                digest);
    memcpy(blob->text + start + 8, digest, sizeof digest);
}

static enum vyre_result encode(struct ir_wire_writer *w)
{
    // About what the bytes take, so that they need not move while they grow.
    str_reserve(w->out, w->program->arena.used / 8);
    ir_wire_check_program(w);
    if (!w->refused)
        put_blob(w);
    if (w->refused)
        return VYRE_ERR_INVALID_PROGRAM;
    return w->out->failed ? VYRE_ERR_NO_MEMORY : VYRE_OK;
}

enum vyre_result ir_wire_encode(const struct vyre_program *program,
                                const struct vyre_diag_sink *diag, struct str *out)
{
    return encode(&(struct ir_wire_writer){ .program = program, .diag = diag, .out = out });
}

enum vyre_result ir_wire_encode_canonical(const struct vyre_program *program,
                                          const struct vyre_diag_sink *diag, struct str *out)
{
    uint32_t *order = ir_canonical_buffers(program);
    if (!order)
        return VYRE_ERR_NO_MEMORY;
    struct ir_wire_writer w = {
        .program = program,
        .canonical = true,
        .lenient = true,
        .buffer_order = order,
        .diag = diag,
        .out = out,
    };
    const enum vyre_result result = encode(&w);
    memory_free(order);
    return result;
}

bool ir_wire_expr(const struct vyre_program *program, const struct ir_expr *expr, struct str *out)
{
    struct ir_wire_writer w = { .program = program, .out = out, .lenient = true };
    put_expr(&w, expr);
    return !w.refused && !out->failed;
}

bool ir_wire_type(const struct ir_type *type, struct str *out)
{
    static const struct vyre_program none; // types refer to nothing in their program
    struct ir_wire_writer w = { .program = &none, .out = out, .lenient = true };
    ir_wire_put_type(&w, type);
    return !w.refused && !out->failed;
}

enum vyre_result vyre_program_encode(const struct vyre_program *program,
                                     const struct vyre_diag_sink *diag, uint8_t **out, size_t *size)
{
    if (!program || !out || !size)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    *size = 0;
    struct str blob = { 0 };
    enum vyre_result result = ir_wire_encode(program, diag, &blob);
    char *bytes = NULL;
    if (result) {
        str_fini(&blob);
        return result;
    }
    if (!str_finish(&blob, &bytes, size))
        return VYRE_ERR_NO_MEMORY;
    *out = (uint8_t *)bytes;
    return VYRE_OK;
}
