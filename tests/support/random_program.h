// SPDX-License-Identifier: MIT
// Arbitrary programs, most of them meaningless, that reach every part of the model. With `wire`
// only what the binary form carries, else anything that can be built.
#ifndef TESTS_SUPPORT_RANDOM_PROGRAM_H
#define TESTS_SUPPORT_RANDOM_PROGRAM_H

#include "random.h"
#include "test.h"

#include "ir/literal64.h"
#include "ir/tables.h"

static ir_name name(struct random *random)
{
    static const char *const words[] = {
        "a",      "b",         "x1",        "_",        "in",        "out",
        "let",    "if",        "loop",      "true",     "cast",      "gid",
        "op",     "opaque",    "u32",       "min",      "len",       "buffer",
        "shared", "workgroup", "from",      "barrier",  "relaxed",   "atomic_add",
        "",       " ",         "1",         "a b",      "`",         "\\",
        "\"",     "\n",        "\x1b[",     "\xc2\x9b", "h\xc3\xa9", "\xf0\x9f\x98\x80",
        "//",     "return",    "unwrapped", "f32",
    };
    if (below(random, 20) == 0)
        return ir_draft_name(random->draft, "nul\0nul", 7);
    return ir_draft_cname(random->draft, words[below(random, sizeof words / sizeof words[0])]);
}

static const uint8_t *payload(struct random *random, uint32_t *size)
{
    uint8_t bytes[20];
    *size = below(random, sizeof bytes + 1);
    for (uint32_t i = 0; i < *size; i++)
        bytes[i] = (uint8_t)next(random);
    return arena_copy(&random->draft->program->arena, bytes, *size);
}

// ---- Types --------------------------------------------------------------------------------------

// Ids of extensions have their high bit set, or the binary form refuses them.
static uint32_t extension_id(struct random *random)
{
    return number(random) | (random->wire ? 0x80000000u : 0);
}

static void quantization(struct random *random, struct ir_type *made)
{
    static const enum ir_type_kind storage[] = { IR_TYPE_I4, IR_TYPE_U8, IR_TYPE_F8E4M3,
                                                 IR_TYPE_NF4 };
    made->scale_tag = (uint8_t)below(random, 3);
    made->zero_tag = (uint8_t)below(random, 4);
    made->id = number(random); // ignored where the tag has no parameter
    made->id2 = number(random);
    if (!random->wire)
        return;
    made->id += made->id == 0; // a group of 0
    made->id2 += made->id2 == 0;
    made->element = ir_type_scalar(storage[below(random, 4)]);
}

static const struct ir_type *type(struct random *random, int depth)
{
    enum ir_type_kind kind = (enum ir_type_kind)below(random, IR_TYPE_COUNT);
    if (!ir_type_has_parameters(kind))
        return ir_type_scalar(kind);
    struct ir_type made = { .kind = (uint8_t)kind };
    uint32_t dims[4] = { number(random), number(random), 0, 7 };
    switch (kind) {
    case IR_TYPE_ARRAY:
        made.size = random->wire ? number(random) : next(random) >> below(random, 64);
        break;
    case IR_TYPE_HANDLE: made.id = number(random); break;
    case IR_TYPE_OPAQUE: made.id = extension_id(random); break;
    case IR_TYPE_QUANTIZED: quantization(random, &made); break;
    case IR_TYPE_VEC: made.lanes = (uint8_t)next(random); break;
    case IR_TYPE_SPARSE_BSR:
        made.id = number(random);
        made.id2 = number(random);
        break;
    case IR_TYPE_TENSOR_SHAPED:
    case IR_TYPE_DEVICE_MESH:
        made.dim_count = below(random, 5);
        made.dims = arena_copy(&random->draft->program->arena, dims, sizeof dims);
        break;
    default: break;
    }
    bool has_element = kind != IR_TYPE_ARRAY && kind != IR_TYPE_HANDLE && kind != IR_TYPE_OPAQUE &&
                       kind != IR_TYPE_DEVICE_MESH;
    if (has_element && !made.element)
        made.element = depth > 5 ? ir_type_scalar(IR_TYPE_U8) : type(random, depth + 1);
    return ir_draft_type(random->draft, &made);
}

// ---- Expressions --------------------------------------------------------------------------------

static struct ir_expr *expr(struct random *random, int depth);

static struct ir_expr *opaque_expr(struct random *random, int depth)
{
    struct ir_expr *made;
    enum ir_ext ext = (enum ir_ext)below(random, IR_EXT_COUNT);
    const struct ir_ext_info *info = ir_ext_info(ext);
    if ((ext == IR_EXT_NONE || info->is_node) && (random->wire || flip(random))) {
        static const enum ir_type_kind types[] = { IR_TYPE_U64, IR_TYPE_I64, IR_TYPE_F64 };
        uint64_t bits = flip(random) ? next(random) >> below(random, 64)
                                     : (uint64_t)number(random) << 32 | number(random);
        return ir_literal64(random->draft, types[below(random, 3)], bits);
    }
    if (ext == IR_EXT_NONE || info->is_node) {
        made = ir_draft_expr(random->draft, IR_EXPR_OPAQUE, 0);
        made->name = name(random);
        made->payload = payload(random, &made->payload_size);
        return made;
    }
    made = ir_draft_expr(random->draft, IR_EXPR_OPAQUE, info->kid_count);
    made->ext = (uint8_t)ext;
    made->name = info->has_buffer ? name(random) : 0;
    made->ordering = info->has_ordering ? (uint8_t)below(random, 6) : 0;
    made->bits = info->has_immediate ? number(random) : 0;
    for (uint32_t i = 0; i < made->kid_count; i++)
        made->kids[i] = expr(random, depth + 1);
    return made;
}

static void fill_expr(struct random *random, struct ir_expr *made)
{
    switch ((enum ir_expr_kind)made->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32: made->bits = number(random); break;
    case IR_EXPR_LIT_BOOL: made->bits = flip(random); break;
    case IR_EXPR_LIT_F32: made->bits = float_bits(random); break;
    case IR_EXPR_VAR:
    case IR_EXPR_LOAD:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_CALL: made->name = name(random); break;
    case IR_EXPR_INVOCATION_ID:
    case IR_EXPR_WORKGROUP_ID:
    case IR_EXPR_LOCAL_ID:
        made->op = (uint8_t)(below(random, 4) ? below(random, 3) : number(random));
        break;
    case IR_EXPR_BINOP:
        made->op = (uint8_t)below(random, IR_BINOP_COUNT);
        made->bits = made->op == IR_BIN_OPAQUE ? extension_id(random) : 0;
        break;
    case IR_EXPR_UNOP:
        // The prefixes, whose printing has the most cases, as often as the rest together.
        made->op = (uint8_t)below(random, flip(random) ? 3 : IR_UNOP_COUNT);
        made->bits = made->op == IR_UN_OPAQUE ? extension_id(random) : 0;
        break;
    case IR_EXPR_CAST: made->type = type(random, 0); break;
    case IR_EXPR_ATOMIC:
        made->op = (uint8_t)below(random, IR_ATOMIC_COUNT);
        made->bits = made->op == IR_ATOMIC_OPAQUE ? extension_id(random) : 0;
        made->ordering = (uint8_t)below(random, 6);
        made->has_expected = made->kid_count == 3;
        made->name = name(random);
        break;
    default: break;
    }
}

static struct ir_expr *expr(struct random *random, int depth)
{
    enum ir_expr_kind kind = (enum ir_expr_kind)below(random, IR_EXPR_COUNT);
    if (flip(random))
        kind = flip(random) ? IR_EXPR_BINOP : IR_EXPR_UNOP;
    if (depth > 12 || random->budget-- <= 0)
        kind = (enum ir_expr_kind)below(random, IR_EXPR_LOAD); // a literal or a name
    if (kind == IR_EXPR_OPAQUE)
        return opaque_expr(random, depth);
    int kids = ir_expr_info(kind)->kid_count;
    if (kids < 0)
        kids = kind == IR_EXPR_ATOMIC ? 2 + (int)flip(random) : (int)below(random, 5);
    struct ir_expr *made = ir_draft_expr(random->draft, kind, (uint32_t)kids);
    fill_expr(random, made);
    for (int i = 0; i < kids; i++)
        made->kids[i] = expr(random, depth + 1);
    return made;
}

// ---- Statements ---------------------------------------------------------------------------------

static struct ir_body body(struct random *random, int depth);

static void fill_opaque(struct random *random, struct ir_node *made)
{
    made->name = name(random);
    if (!random->wire && flip(random)) {
        made->payload = payload(random, &made->payload_size);
        return;
    }
    made->ext = IR_EXT_ATOMIC_STORE;
    made->ordering = (uint8_t)below(random, 6);
    made->a = expr(random, 0);
    made->b = expr(random, 0);
}

static void fill_node(struct random *random, struct ir_node *made, int depth)
{
    enum ir_node_kind kind = (enum ir_node_kind)made->kind;
    if (kind == IR_NODE_OPAQUE) {
        fill_opaque(random, made);
        return;
    }
    bool two = kind == IR_NODE_STORE || kind == IR_NODE_LOOP || kind == IR_NODE_ASYNC_LOAD ||
               kind == IR_NODE_ASYNC_STORE;
    bool one =
        kind == IR_NODE_LET || kind == IR_NODE_ASSIGN || kind == IR_NODE_IF || kind == IR_NODE_TRAP;
    bool transfer = kind == IR_NODE_ASYNC_LOAD || kind == IR_NODE_ASYNC_STORE;
    bool bodied = kind == IR_NODE_IF || kind == IR_NODE_LOOP || kind == IR_NODE_BLOCK ||
                  kind == IR_NODE_REGION;
    bool nameless = kind == IR_NODE_IF || kind == IR_NODE_BLOCK || kind == IR_NODE_RETURN ||
                    kind == IR_NODE_BARRIER;
    bool reduces = kind == IR_NODE_ALL_REDUCE || kind == IR_NODE_REDUCE_SCATTER;
    bool second = transfer || kind == IR_NODE_ALL_GATHER || kind == IR_NODE_REDUCE_SCATTER;
    made->name = nameless ? 0 : name(random);
    made->has_source = kind == IR_NODE_REGION && flip(random);
    made->name2 = second || made->has_source ? name(random) : 0;
    made->tag = transfer ? name(random) : 0;
    made->ordering = kind == IR_NODE_BARRIER ? (uint8_t)below(random, 6) : 0;
    made->op = reduces ? (uint8_t)(1 + below(random, 6)) : 0;
    made->group =
        reduces || kind == IR_NODE_ALL_GATHER || kind == IR_NODE_BROADCAST ? number(random) : 0;
    made->root = kind == IR_NODE_BROADCAST ? number(random) : 0;
    made->offset = kind == IR_NODE_INDIRECT_DISPATCH ? next(random) >> below(random, 64) : 0;
    made->a = one || two ? expr(random, 0) : NULL;
    made->b = two ? expr(random, 0) : NULL;
    if (bodied)
        made->body = body(random, depth + 1);
    if (kind == IR_NODE_IF && flip(random))
        made->otherwise = body(random, depth + 1);
}

static struct ir_body body(struct random *random, int depth)
{
    struct ir_nodes nodes = { 0 };
    uint32_t count = depth > 6 ? 0 : below(random, 5);
    for (uint32_t i = 0; i < count && random->budget-- > 0; i++) {
        enum ir_node_kind kind = (enum ir_node_kind)below(random, IR_NODE_COUNT);
        if (below(random, 4) == 0)
            kind = flip(random) ? IR_NODE_IF : IR_NODE_REGION;
        struct ir_node *made = ir_draft_node(random->draft, kind);
        fill_node(random, made, depth);
        ir_nodes_add(random->draft, &nodes, made);
    }
    return ir_nodes_take(random->draft, &nodes);
}

// ---- Programs -----------------------------------------------------------------------------------

static const struct ir_shape_predicate *shape(struct random *random, int depth)
{
    struct ir_shape_predicate made = { .kind = (enum ir_shape_kind)below(random, 9) };
    if (depth > 3)
        made.kind = IR_SHAPE_AT_LEAST;
    int64_t *const numbers[] = { &made.a, &made.b, &made.c, &made.d };
    static const int counts[] = { 1, 1, 1, 1, 2, 4, 0, 0, 0 };
    for (int i = 0; i < counts[made.kind]; i++)
        *numbers[i] = (int64_t)(next(random) >> below(random, 64));
    if (made.kind >= IR_SHAPE_AND)
        made.left = shape(random, depth + 1);
    if (made.kind == IR_SHAPE_AND || made.kind == IR_SHAPE_OR)
        made.right = shape(random, depth + 1);
    return arena_copy(&random->draft->program->arena, &made, sizeof made);
}

// Outputs have a count, ranges lie inside, and some element types do not travel.
static void make_declarable(struct ir_buffer *buffer)
{
    uint64_t size;
    switch (buffer->element->kind) {
    case IR_TYPE_VEC:
    case IR_TYPE_TENSOR_SHAPED:
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO:
    case IR_TYPE_SPARSE_BSR:
    case IR_TYPE_DEVICE_MESH: buffer->element = ir_type_scalar(IR_TYPE_U32); break;
    default: break;
    }
    if (buffer->is_output || buffer->live_out || buffer->access == VYRE_ACCESS_WORKGROUP)
        buffer->count += buffer->count == 0;
    buffer->has_range = buffer->has_range && ir_type_size(buffer->element, &size) && size < 1024;
    buffer->range_end = buffer->has_range ? buffer->range_end % (size * buffer->count + 1) : 0;
    buffer->range_start = buffer->has_range ? buffer->range_start % (buffer->range_end + 1) : 0;
}

static void buffer(struct random *random)
{
    struct ir_buffer made = ir_buffer_defaults(name(random), number(random),
                                               (enum vyre_access)below(random, 5), type(random, 0));
    made.count = number(random);
    made.is_output = flip(random);
    made.live_out = flip(random);
    made.bytes_extraction = flip(random);
    made.has_axis = flip(random);
    made.axis = made.has_axis ? (uint8_t)number(random) : 0;
    made.alignment = number(random);
    made.locality = (uint8_t)below(random, 3);
    made.linear = (uint8_t)below(random, 4);
    if (flip(random))
        made.kind = (uint8_t)below(random, 7);
    made.has_range = flip(random);
    made.range_start = made.has_range ? next(random) : 0;
    made.range_end = made.has_range ? next(random) >> below(random, 64) : 0;
    made.shape = flip(random) ? shape(random, 0) : NULL;
    if (random->wire)
        make_declarable(&made);
    ir_draft_buffer(random->draft, &made);
}

static struct vyre_program *random_program(uint64_t seed, bool wire)
{
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct random random = { .state = seed, .draft = &draft, .wire = wire, .budget = 400 };
    for (int axis = 0; axis < 3; axis++)
        draft.program->workgroup[axis] = flip(&random) ? 1 : number(&random) | wire;
    draft.program->non_composable = flip(&random);
    draft.program->has_entry_op = flip(&random);
    draft.program->entry_op = draft.program->has_entry_op ? name(&random) : 0;
    for (uint32_t i = below(&random, 4); i > 0; i--)
        buffer(&random);
    struct ir_body entry = body(&random, 0);
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, entry, flip(&random), &made));
    return made;
}

#endif // TESTS_SUPPORT_RANDOM_PROGRAM_H
