// SPDX-License-Identifier: MIT
// The life of a finished program and what callers may ask about it.
#include <vyre/program.h>

#include "base/memory.h"
#include "ir/model.h"

// ---- Size ---------------------------------------------------------------------------------------

static void measure_expr(const struct ir_expr *expr, struct vyre_program_size *size)
{
    if (!expr)
        return;
    size->expressions++;
    size->accesses += expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC ||
                      expr->ext == IR_EXT_UNIFORM_LOAD || expr->ext == IR_EXT_ATOMIC_LOAD;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        measure_expr(expr->kids[i], size);
}

static void measure_body(const struct ir_body *body, struct vyre_program_size *size)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        size->statements++;
        size->accesses += node->kind == IR_NODE_STORE || node->ext == IR_EXT_ATOMIC_STORE;
        size->loops += node->kind == IR_NODE_LOOP;
        measure_expr(node->a, size);
        measure_expr(node->b, size);
        measure_body(&node->body, size);
        measure_body(&node->otherwise, size);
    }
}

void vyre_program_measure(const struct vyre_program *program, struct vyre_program_size *out)
{
    *out = (struct vyre_program_size){ 0 };
    measure_body(&program->entry, out);
}

struct vyre_program *vyre_program_ref(struct vyre_program *program)
{
    if (program)
        atomic_fetch_add_explicit(&program->references, 1, memory_order_relaxed);
    return program;
}

void vyre_program_destroy(struct vyre_program **program)
{
    if (!program)
        return;
    struct vyre_program *dropped = *program;
    *program = NULL;
    // A program that was edited often stands at the end of a chain of sources.
    while (dropped) {
        // Release orders this thread's reads before the last owner's free, acquire is the other
        // half.
        if (atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) != 1)
            return;
        struct vyre_program *source = dropped->source;
        arena_fini(&dropped->arena);
        memory_free(dropped);
        dropped = source;
    }
}

const struct ir_buffer *ir_find_buffer(const struct vyre_program *program, ir_name name)
{
    for (uint32_t i = 0; i < program->buffer_count; i++)
        if (program->buffers[i].name == name)
            return &program->buffers[i];
    return NULL;
}

size_t vyre_program_buffer_count(const struct vyre_program *program)
{
    return program->buffer_count;
}

enum vyre_result vyre_program_buffer_info(const struct vyre_program *program, size_t index,
                                          struct vyre_buffer_info *out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_buffer_info){ 0 };
    if (!program)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (index >= program->buffer_count)
        return VYRE_MISS;
    const struct ir_buffer *buffer = &program->buffers[index];
    struct ir_text name = ir_name_text(program, buffer->name);
    uint64_t stride = ir_type_stride(buffer->element);
    uint64_t byte_size = 0;
    if (!ir_type_packed_size(buffer->element, buffer->count, &byte_size))
        byte_size = 0;
    *out = (struct vyre_buffer_info){
        .name = name.text,
        .name_size = name.size,
        .binding = buffer->binding,
        .access = (enum vyre_access)buffer->access,
        .element = buffer->element_spelling,
        .element_size = stride <= UINT32_MAX ? (uint32_t)stride : 0,
        .count = buffer->count,
        .byte_size = byte_size,
        .is_output = buffer->is_output,
        .is_live_out = buffer->live_out,
        .has_range = buffer->has_range,
        .range_start = buffer->range_start,
        .range_end = buffer->range_end,
    };
    return VYRE_OK;
}

void vyre_program_workgroup_size(const struct vyre_program *program, uint32_t out[3])
{
    for (int axis = 0; axis < 3; axis++)
        out[axis] = program->workgroup[axis];
}
