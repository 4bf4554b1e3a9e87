// SPDX-License-Identifier: MIT
// The canonical form and the fingerprint (spec: ir.md, 5.1 to 5.4).
//
// Does: sorts buffers, puts the operands of commutative operators in order, dissolves blocks that
// bind nothing. Needs: nothing, any program will do. Breaks: declaration order, which is input
// order, and the order of atomics inside commutative operands; so it is an identity, never
// compiled.
#include "ir/copy.h"
#include "ir/tables.h"
#include "ir/wire.h"

#include "base/blake3.h"
#include "base/memory.h"
#include "canonical.h"
#include "wire_write.h"

#include <stdlib.h>
#include <string.h>

struct canonical {
    struct ir_draft draft;
    struct ir_copy copy;
    struct str left; // keys of the operands that are being compared
    struct str right;
};

// ---- Rules --------------------------------------------------------------------------------------

// Operators whose operands keep their places when neither is a literal.
static bool keeps_plain_operands(enum ir_binop op)
{
    return op == IR_BIN_ADD || op == IR_BIN_MUL || op == IR_BIN_MIN || op == IR_BIN_MAX;
}

enum ir_operand_order ir_canonical_operands(const struct ir_expr *binop)
{
    if (!ir_binop_info(binop->op)->commutative)
        return IR_OPERANDS_STAY;
    const bool left = ir_is_literal(binop->kids[0]);
    const bool right = ir_is_literal(binop->kids[1]);
    if (left != right)
        return left ? IR_OPERANDS_SWAP : IR_OPERANDS_STAY; // literals go right
    return left || !keeps_plain_operands(binop->op) ? IR_OPERANDS_BY_WIRE : IR_OPERANDS_STAY;
}

bool ir_canonical_dissolves(const struct ir_node *node)
{
    if (node->kind != IR_NODE_BLOCK)
        return false;
    for (uint32_t i = 0; i < node->body.count; i++)
        if (node->body.nodes[i]->kind == IR_NODE_LET)
            return false;
    return true;
}

// ---- Expressions --------------------------------------------------------------------------------

static int compare_bytes(const struct str *a, const struct str *b)
{
    const size_t shorter = a->size < b->size ? a->size : b->size;
    const int order = shorter ? memcmp(a->text, b->text, shorter) : 0;
    if (order)
        return order;
    return a->size == b->size ? 0 : a->size < b->size ? -1 : 1;
}

// Whether wire(left) > wire(right). Operands of the draft are keyed with the draft's names.
static bool in_wrong_order(struct canonical *canonical, const struct ir_expr *left,
                           const struct ir_expr *right)
{
    const struct vyre_program names = { .names = canonical->draft.names.items };
    // The first byte mostly decides, and then neither has to be written.
    const uint8_t left_tag = ir_expr_info((enum ir_expr_kind)left->kind)->tag;
    const uint8_t right_tag = ir_expr_info((enum ir_expr_kind)right->kind)->tag;
    if (left_tag != right_tag)
        return left_tag > right_tag;
    str_clear(&canonical->left);
    str_clear(&canonical->right);
    ir_wire_expr(&names, left, &canonical->left);
    ir_wire_expr(&names, right, &canonical->right);
    if (canonical->left.failed || canonical->right.failed)
        canonical->draft.failed = true;
    return !canonical->draft.failed && compare_bytes(&canonical->left, &canonical->right) > 0;
}

static struct ir_expr *order_operands(void *user, const struct ir_expr *original,
                                      struct ir_expr *copy)
{
    struct canonical *canonical = user;
    (void)original;
    if (!copy || copy->kind != IR_EXPR_BINOP)
        return copy;
    const enum ir_operand_order order = ir_canonical_operands(copy);
    if (order == IR_OPERANDS_SWAP ||
        (order == IR_OPERANDS_BY_WIRE && in_wrong_order(canonical, copy->kids[0], copy->kids[1]))) {
        struct ir_expr *first = copy->kids[0];
        copy->kids[0] = copy->kids[1];
        copy->kids[1] = first;
    }
    return copy;
}

// ---- Nodes --------------------------------------------------------------------------------------

static void dissolve_blocks(void *user, struct ir_nodes *out, const struct ir_node *original,
                            struct ir_node *copy)
{
    struct canonical *canonical = user;
    (void)original;
    if (!copy || !ir_canonical_dissolves(copy)) {
        ir_nodes_add(&canonical->draft, out, copy);
        return;
    }
    for (uint32_t i = 0; i < copy->body.count; i++)
        ir_nodes_add(&canonical->draft, out, copy->body.nodes[i]);
}

// ---- Buffers ------------------------------------------------------------------------------------

// Persistent and Push change places in the key (1.3.2).
static uint8_t key_kind(uint8_t kind)
{
    return kind == IR_MEMORY_PUSH ? 6 : kind == IR_MEMORY_PERSISTENT ? 5 : kind;
}

static uint32_t clamp32(uint64_t value)
{
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void buffer_key(const struct vyre_program *program, const struct ir_buffer *buffer,
                       struct str *out)
{
    struct ir_wire_writer w = { .program = program, .out = out };
    ir_wire_name(&w, buffer->name);
    ir_wire_u32(&w, buffer->binding);
    ir_wire_u8(&w, buffer->access);
    ir_wire_u8(&w, key_kind(buffer->kind));
    ir_wire_put_type(&w, buffer->element);
    ir_wire_u32(&w, buffer->count);
    ir_wire_u8(&w, buffer->is_output);
    ir_wire_u8(&w, buffer->live_out);
    ir_wire_u8(&w, buffer->has_range);
    if (buffer->has_range) {
        ir_wire_u32(&w, clamp32(buffer->range_start));
        ir_wire_u32(&w, clamp32(buffer->range_end));
    }
    ir_wire_put_hints(&w, buffer);
    ir_wire_u8(&w, buffer->bytes_extraction);
}

struct keyed {
    struct str key; // owned
    uint32_t index; // in declaration order: makes the sort stable
};

static int compare_keyed(const void *left, const void *right)
{
    const struct keyed *a = left;
    const struct keyed *b = right;
    int order = compare_bytes(&a->key, &b->key);
    return order ? order : a->index < b->index ? -1 : a->index > b->index;
}

uint32_t *ir_canonical_buffers(const struct vyre_program *program)
{
    const uint32_t count = program->buffer_count;
    uint32_t *order = memory_calloc(count, sizeof *order);
    struct keyed *keyed = memory_calloc(count, sizeof *keyed);
    bool failed = !order || !keyed;
    for (uint32_t i = 0; i < count && !failed; i++) {
        keyed[i].index = i;
        buffer_key(program, &program->buffers[i], &keyed[i].key);
        failed = keyed[i].key.failed;
    }
    if (!failed && count)
        qsort(keyed, count, sizeof *keyed, compare_keyed);
    for (uint32_t i = 0; keyed && i < count; i++) {
        if (order)
            order[i] = keyed[i].index;
        str_fini(&keyed[i].key);
    }
    memory_free(keyed);
    if (!failed)
        return order;
    memory_free(order);
    return NULL;
}

static void add_sorted_buffers(struct canonical *canonical)
{
    const struct vyre_program *from = canonical->copy.from;
    uint32_t *order = ir_canonical_buffers(from);
    if (!order)
        canonical->draft.failed = true;
    for (uint32_t i = 0; i < from->buffer_count && !canonical->draft.failed; i++) {
        struct ir_buffer buffer = ir_copy_buffer(&canonical->copy, &from->buffers[order[i]]);
        ir_draft_buffer(&canonical->draft, &buffer);
    }
    memory_free(order);
}

// ---- Program ------------------------------------------------------------------------------------

enum vyre_result vyre_program_canonicalize(const struct vyre_program *program,
                                           struct vyre_program **out)
{
    if (!program || !out)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct canonical canonical = {
        .copy = { .from = program, .expr = order_operands, .node = dissolve_blocks }
    };
    canonical.copy.draft = &canonical.draft;
    canonical.copy.user = &canonical;
    *out = NULL;
    if (!ir_draft_init(&canonical.draft)) {
        ir_draft_fini(&canonical.draft);
        return VYRE_ERR_NO_MEMORY;
    }
    struct vyre_program *made = canonical.draft.program;
    memcpy(made->workgroup, program->workgroup, sizeof made->workgroup);
    made->non_composable = program->non_composable;
    made->has_entry_op = program->has_entry_op;
    made->entry_op = ir_copy_name(&canonical.copy, IR_NAME_OP, program->entry_op);
    add_sorted_buffers(&canonical);
    struct ir_body entry = ir_copy_body(&canonical.copy, program->entry);
    str_fini(&canonical.left);
    str_fini(&canonical.right);
    return ir_draft_finish(&canonical.draft, entry, false, out);
}

enum vyre_result vyre_program_fingerprint(const struct vyre_program *program,
                                          const struct vyre_diag_sink *diag,
                                          uint8_t out[VYRE_FINGERPRINT_SIZE])
{
    if (!program || !out)
        return VYRE_ERR_INVALID_ARGUMENT;
    memset(out, 0, VYRE_FINGERPRINT_SIZE);
    struct str blob = { 0 };
    const enum vyre_result result = ir_wire_encode_canonical(program, diag, &blob);
    if (result == VYRE_OK)
        blake3_hash(blob.text, blob.size, out);
    str_fini(&blob);
    return result;
}
