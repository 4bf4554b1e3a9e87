// SPDX-License-Identifier: MIT
// Statements of a builder.
#include "builder.h"

#include "ir/tables.h"

// A blank statement; NULL when an argument before was wrong.
static struct ir_node *make(struct vyre_builder *builder, enum ir_node_kind kind)
{
    return builder->failed ? NULL : ir_draft_node(&builder->draft, kind);
}

static struct ir_expr *use(struct vyre_builder *builder, vyre_expr expr)
{
    uint32_t height = 0;
    return ir_builder_use(builder, expr, &height);
}

// ---- Values -------------------------------------------------------------------------------------

static void named_value(struct vyre_builder *builder, enum ir_node_kind kind, const char *name,
                        vyre_expr value)
{
    ir_name interned = ir_builder_name(builder, name);
    struct ir_expr *operand = use(builder, value);
    struct ir_node *node = make(builder, kind);
    if (node) {
        node->name = interned;
        node->a = operand;
    }
    ir_builder_add(builder, node);
}

void vyre_builder_let(struct vyre_builder *builder, const char *name, vyre_expr value)
{
    if (ir_builder_begin(builder, __func__))
        named_value(builder, IR_NODE_LET, name, value);
}

void vyre_builder_assign(struct vyre_builder *builder, const char *name, vyre_expr value)
{
    if (ir_builder_begin(builder, __func__))
        named_value(builder, IR_NODE_ASSIGN, name, value);
}

void vyre_builder_store(struct vyre_builder *builder, const char *buffer, vyre_expr index,
                        vyre_expr value)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    ir_name name = ir_builder_name(builder, buffer);
    struct ir_expr *a = use(builder, index);
    struct ir_expr *b = use(builder, value);
    if (!builder->failed)
        ir_builder_add(builder, ir_store(&builder->draft, name, a, b));
}

// ---- Blocks -------------------------------------------------------------------------------------

// Opens a block whose statement is `node`.
static void open_block(struct vyre_builder *builder, struct ir_node *node)
{
    if (builder->failed)
        return;
    if (builder->frames.count >= BUILDER_DEEPEST) {
        ir_builder_error(builder, DIAG_B005, "more than %d blocks are nested", BUILDER_DEEPEST);
        return;
    }
    struct builder_frame frame = { .node = node };
    if (!node || !array_push(&builder->frames, frame))
        builder->draft.failed = true;
}

void vyre_builder_if(struct vyre_builder *builder, vyre_expr condition)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    struct ir_expr *cond = use(builder, condition);
    struct ir_node *node = make(builder, IR_NODE_IF);
    if (node)
        node->a = cond;
    open_block(builder, node);
}

void vyre_builder_else(struct vyre_builder *builder)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    struct builder_frame *frame = &builder->frames.items[builder->frames.count - 1];
    if (!frame->node || frame->node->kind != IR_NODE_IF || frame->in_else) {
        ir_builder_error(builder, DIAG_B003, "the innermost open block is no if without else");
        return;
    }
    frame->then = ir_nodes_take(&builder->draft, &frame->nodes);
    frame->in_else = true;
}

void vyre_builder_loop(struct vyre_builder *builder, const char *variable, vyre_expr from,
                       vyre_expr to)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    ir_name name = ir_builder_name(builder, variable);
    struct ir_expr *a = use(builder, from);
    struct ir_expr *b = use(builder, to);
    struct ir_node *node = make(builder, IR_NODE_LOOP);
    if (node) {
        node->name = name;
        node->a = a;
        node->b = b;
    }
    open_block(builder, node);
}

void vyre_builder_block(struct vyre_builder *builder)
{
    if (ir_builder_begin(builder, __func__))
        open_block(builder, make(builder, IR_NODE_BLOCK));
}

void vyre_builder_region(struct vyre_builder *builder, const char *generator, const char *source)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    ir_name name = ir_builder_name(builder, generator);
    ir_name name2 = source ? ir_builder_name(builder, source) : 0;
    struct ir_node *node = make(builder, IR_NODE_REGION);
    if (node) {
        node->name = name;
        node->has_source = source != NULL;
        node->name2 = name2;
    }
    open_block(builder, node);
}

void vyre_builder_end(struct vyre_builder *builder)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    if (builder->frames.count == 1) {
        ir_builder_error(builder, DIAG_B003, "no block is open");
        return;
    }
    struct builder_frame frame = builder->frames.items[--builder->frames.count];
    struct ir_body body = ir_nodes_take(&builder->draft, &frame.nodes);
    frame.node->body = frame.in_else ? frame.then : body;
    if (frame.in_else)
        frame.node->otherwise = body;
    ir_builder_add(builder, frame.node);
}

// ---- Control ------------------------------------------------------------------------------------

void vyre_builder_barrier(struct vyre_builder *builder, enum vyre_ordering ordering)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    if (!ir_ordering_spelling(ordering))
        ir_builder_error(builder, DIAG_B004, "there is no memory ordering %d", (int)ordering);
    else
        ir_builder_add(builder, ir_barrier(&builder->draft, (enum ir_ordering)ordering));
}

void vyre_builder_return(struct vyre_builder *builder)
{
    if (ir_builder_begin(builder, __func__))
        ir_builder_add(builder, ir_return(&builder->draft));
}

void vyre_builder_trap(struct vyre_builder *builder, vyre_expr address, const char *tag)
{
    if (ir_builder_begin(builder, __func__))
        named_value(builder, IR_NODE_TRAP, tag, address);
}

static void tagged(struct vyre_builder *builder, enum ir_node_kind kind, const char *tag)
{
    ir_name name = ir_builder_name(builder, tag);
    struct ir_node *node = make(builder, kind);
    if (node)
        node->name = name;
    ir_builder_add(builder, node);
}

void vyre_builder_resume(struct vyre_builder *builder, const char *tag)
{
    if (ir_builder_begin(builder, __func__))
        tagged(builder, IR_NODE_RESUME, tag);
}

void vyre_builder_async_wait(struct vyre_builder *builder, const char *tag)
{
    if (ir_builder_begin(builder, __func__))
        tagged(builder, IR_NODE_ASYNC_WAIT, tag);
}

// ---- Transfers and collectives ------------------------------------------------------------------

static void transfer(struct vyre_builder *builder, enum ir_node_kind kind, const char *source,
                     const char *destination, vyre_expr offset, vyre_expr size, const char *tag)
{
    ir_name from = ir_builder_name(builder, source);
    ir_name to = ir_builder_name(builder, destination);
    ir_name label = ir_builder_name(builder, tag);
    struct ir_expr *a = use(builder, offset);
    struct ir_expr *b = use(builder, size);
    struct ir_node *node = make(builder, kind);
    if (node) {
        node->name = from;
        node->name2 = to;
        node->tag = label;
        node->a = a;
        node->b = b;
    }
    ir_builder_add(builder, node);
}

void vyre_builder_async_load(struct vyre_builder *builder, const char *source,
                             const char *destination, vyre_expr offset, vyre_expr size,
                             const char *tag)
{
    if (ir_builder_begin(builder, __func__))
        transfer(builder, IR_NODE_ASYNC_LOAD, source, destination, offset, size, tag);
}

void vyre_builder_pull_file_async_direct(struct vyre_builder *builder,
                                         const struct vyre_pull_file_bindings *bindings)
{
    static const struct vyre_pull_file_bindings defaults;
    const struct vyre_pull_file_bindings *b = bindings ? bindings : &defaults;
    if (!ir_builder_begin(builder, __func__))
        return;
    const uint64_t calls = builder->calls; // one call, whatever it is made of
    vyre_expr start = vyre_builder_var(builder, "file_start");
    vyre_expr size =
        vyre_builder_binary(builder, VYRE_BIN_SUB, vyre_builder_var(builder, "file_end"),
                            vyre_builder_var(builder, "file_start"));
    builder->calls = calls;
    builder->call = __func__;
    transfer(builder, IR_NODE_ASYNC_LOAD, b->source ? b->source : VYRE_IO_SOURCE_TABLE,
             b->destination ? b->destination : VYRE_IO_DESTINATION_TABLE, start, size,
             b->tag ? b->tag : VYRE_IO_QUEUE_TAG);
}

void vyre_builder_async_store(struct vyre_builder *builder, const char *source,
                              const char *destination, vyre_expr offset, vyre_expr size,
                              const char *tag)
{
    if (ir_builder_begin(builder, __func__))
        transfer(builder, IR_NODE_ASYNC_STORE, source, destination, offset, size, tag);
}

void vyre_builder_indirect_dispatch(struct vyre_builder *builder, const char *buffer,
                                    uint64_t offset)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    ir_name name = ir_builder_name(builder, buffer);
    struct ir_node *node = make(builder, IR_NODE_INDIRECT_DISPATCH);
    if (node) {
        node->name = name;
        node->offset = offset;
    }
    ir_builder_add(builder, node);
}

// `output` is NULL and `op` 0 for the kinds without them.
static void collective(struct vyre_builder *builder, enum ir_node_kind kind, const char *input,
                       const char *output, unsigned op, uint32_t root, uint32_t group)
{
    bool has_output = kind == IR_NODE_ALL_GATHER || kind == IR_NODE_REDUCE_SCATTER;
    bool has_op = kind == IR_NODE_ALL_REDUCE || kind == IR_NODE_REDUCE_SCATTER;
    ir_name name = ir_builder_name(builder, input);
    ir_name name2 = has_output ? ir_builder_name(builder, output) : 0;
    if (has_op && !ir_collective_spelling(op))
        ir_builder_error(builder, DIAG_B004, "there is no collective operator %u", op);
    struct ir_node *node = make(builder, kind);
    if (node) {
        node->name = name;
        node->name2 = name2;
        node->op = (uint8_t)op;
        node->root = root;
        node->group = group;
    }
    ir_builder_add(builder, node);
}

void vyre_builder_all_reduce(struct vyre_builder *builder, const char *buffer,
                             enum vyre_collective op, uint32_t group)
{
    if (ir_builder_begin(builder, __func__))
        collective(builder, IR_NODE_ALL_REDUCE, buffer, NULL, op, 0, group);
}

void vyre_builder_all_gather(struct vyre_builder *builder, const char *input, const char *output,
                             uint32_t group)
{
    if (ir_builder_begin(builder, __func__))
        collective(builder, IR_NODE_ALL_GATHER, input, output, 0, 0, group);
}

void vyre_builder_reduce_scatter(struct vyre_builder *builder, const char *input,
                                 const char *output, enum vyre_collective op, uint32_t group)
{
    if (ir_builder_begin(builder, __func__))
        collective(builder, IR_NODE_REDUCE_SCATTER, input, output, op, 0, group);
}

void vyre_builder_broadcast(struct vyre_builder *builder, const char *buffer, uint32_t root,
                            uint32_t group)
{
    if (ir_builder_begin(builder, __func__))
        collective(builder, IR_NODE_BROADCAST, buffer, NULL, 0, root, group);
}

// ---- Extensions ---------------------------------------------------------------------------------

void vyre_builder_atomic_store(struct vyre_builder *builder, enum vyre_ordering ordering,
                               const char *buffer, vyre_expr index, vyre_expr value)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    if (!ir_ordering_spelling(ordering))
        ir_builder_error(builder, DIAG_B004, "there is no memory ordering %d", (int)ordering);
    ir_name name = ir_builder_name(builder, buffer);
    struct ir_expr *a = use(builder, index);
    struct ir_expr *b = use(builder, value);
    if (!builder->failed)
        ir_builder_add(builder, ir_ext_node(&builder->draft, IR_EXT_ATOMIC_STORE, name,
                                            (enum ir_ordering)ordering, a, b));
}

void vyre_builder_opaque_statement(struct vyre_builder *builder, const char *kind,
                                   const void *payload, uint32_t payload_size)
{
    if (!ir_builder_begin(builder, __func__))
        return;
    if (!payload && payload_size)
        ir_builder_error(builder, DIAG_B004, "the payload is NULL");
    ir_name name = ir_builder_name(builder, kind);
    struct ir_node *node = make(builder, IR_NODE_OPAQUE);
    if (node) {
        node->name = name;
        node->payload = arena_copy(&builder->draft.program->arena, payload, payload_size);
        node->payload_size = payload_size;
        if (!node->payload)
            builder->draft.failed = true;
    }
    ir_builder_add(builder, node);
}
