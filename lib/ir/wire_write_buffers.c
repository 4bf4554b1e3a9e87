// SPDX-License-Identifier: MIT
// Writing buffers: metadata, memory regions and output set (spec: ir.md, 3.5, 3.9, 3.10, 3.12).
#include "wire_write.h"

#include "base/size.h"
#include "ir/tables.h"

static void check_range(struct ir_wire_writer *w, const struct ir_buffer *buffer)
{
    uint64_t size = 0;
    uint64_t total = 0;
    bool sized = buffer->count > 0 || !w->lenient;
    if (sized && (!ir_type_size(buffer->element, &size) || !u64_mul(size, buffer->count, &total))) {
        ir_wire_refuse(w, DIAG_W020, "an output range needs an element type with a fixed size");
        return;
    }
    if (buffer->range_start > buffer->range_end || (sized && buffer->range_end > total))
        ir_wire_refuse(w, DIAG_W020, "an output range is reversed or ends behind its buffer");
}

void ir_wire_check_program(struct ir_wire_writer *w)
{
    for (int axis = 0; axis < 3; axis++)
        if (w->program->workgroup[axis] == 0)
            ir_wire_refuse(w, DIAG_W020, "a workgroup dimension is 0");
    if (!w->lenient && w->program->buffer_count > WIRE_MAX_BUFFERS)
        ir_wire_refuse(w, DIAG_W024, "the program has more than 16,384 buffers");
    for (uint32_t i = 0; i < w->program->buffer_count && !w->refused; i++) {
        const struct ir_buffer *buffer = ir_wire_buffer(w, i);
        w->pos = buffer->pos;
        if (buffer->count == 0 && buffer->access == VYRE_ACCESS_WORKGROUP)
            ir_wire_refuse(w, DIAG_W020, "a workgroup buffer has no element count");
        else if (buffer->count == 0 && buffer->live_out)
            ir_wire_refuse(w, DIAG_W020, "a live-out buffer has no element count");
        else if (buffer->count == 0 && buffer->is_output && !w->lenient)
            ir_wire_refuse(w, DIAG_W020, "an output buffer has no element count");
        else if (buffer->has_range)
            check_range(w, buffer);
    }
}

void ir_wire_put_hints(struct ir_wire_writer *w, const struct ir_buffer *buffer)
{
    ir_wire_u8(w, buffer->has_axis);
    if (buffer->has_axis)
        ir_wire_u8(w, buffer->axis);
    ir_wire_u32(w, buffer->alignment);
    ir_wire_u8(w, buffer->locality);
}

void ir_wire_put_buffers(struct ir_wire_writer *w)
{
    ir_wire_leb(w, w->program->buffer_count);
    for (uint32_t i = 0; i < w->program->buffer_count; i++) {
        const struct ir_buffer *buffer = ir_wire_buffer(w, i);
        ir_wire_name(w, buffer->name);
        ir_wire_u32(w, buffer->binding);
        ir_wire_u32(w, buffer->count);
        ir_wire_u8(w, buffer->is_output);
        ir_wire_u8(w, buffer->live_out);
        ir_wire_u8(w, buffer->has_range);
        if (buffer->has_range) {
            ir_wire_leb(w, buffer->range_start);
            ir_wire_leb(w, buffer->range_end);
        }
        ir_wire_put_hints(w, buffer);
    }
}

// The part of the shape payload that depends on the element type.
static void put_element_shape(struct ir_wire_writer *w, const struct ir_type *type)
{
    switch ((enum ir_type_kind)type->kind) {
    case IR_TYPE_ARRAY: ir_wire_leb(w, type->size); break;
    case IR_TYPE_HANDLE: ir_wire_leb(w, type->id); break;
    case IR_TYPE_OPAQUE:
        if (!w->lenient && !(type->id & 0x80000000u))
            ir_wire_refuse(w, DIAG_W025, "an extension id without its high bit");
        ir_wire_leb(w, type->id);
        break;
    case IR_TYPE_QUANTIZED:
        if (!ir_wire_quantized_ok(type)) {
            ir_wire_refuse(w, DIAG_W023,
                           "a quantized type has illegal storage or a group size of 0");
            return;
        }
        ir_wire_leb(w, ir_type_info(type->element->kind)->tag);
        ir_wire_leb(w, type->scale_tag);
        ir_wire_leb(w, type->scale_tag == IR_SCALE_PER_TENSOR ? 0 : type->id);
        ir_wire_leb(w, type->zero_tag);
        ir_wire_leb(w, type->zero_tag <= IR_ZERO_PER_TENSOR ? 0 : type->id2);
        break;
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO:
    case IR_TYPE_SPARSE_BSR:
    case IR_TYPE_DEVICE_MESH:
        ir_wire_refuse(w, DIAG_W023, "this element type has no wire form in a buffer");
        break;
    case IR_TYPE_VEC:
    case IR_TYPE_TENSOR_SHAPED:
        // The original writes the tag alone, and then cannot read it.
        if (!w->lenient)
            ir_wire_refuse(w, DIAG_W023, "this element type has no wire form in a buffer");
        break;
    default: break;
    }
}

static void put_region(struct ir_wire_writer *w, uint32_t position)
{
    const struct ir_buffer *buffer = ir_wire_buffer(w, position);
    struct str *blob = w->out;
    struct str part = { 0 };
    w->pos = buffer->pos;
    ir_wire_leb(w, position);
    ir_wire_u8(w, buffer->kind);
    ir_wire_u8(w, buffer->access);
    ir_wire_u8(w, ir_type_info(buffer->element->kind)->tag);
    ir_wire_u8(w, 0);
    w->out = &part;
    ir_wire_leb(w, buffer->count);
    put_element_shape(w, buffer->element);
    w->out = blob;
    ir_wire_leb(w, part.size);
    str_add(blob, str_text(&part), part.size);
    blob->failed |= part.failed;
    str_clear(&part);
    w->out = &part;
    ir_wire_put_hints(w, buffer);
    w->out = blob;
    ir_wire_leb(w, part.size);
    str_add(blob, str_text(&part), part.size);
    blob->failed |= part.failed;
    str_fini(&part);
}

static bool is_written(const struct ir_buffer *buffer)
{
    return buffer->access == VYRE_ACCESS_READ_WRITE || buffer->access == VYRE_ACCESS_WRITE_ONLY;
}

void ir_wire_put_regions(struct ir_wire_writer *w)
{
    const uint32_t count = w->program->buffer_count;
    uint32_t outputs = 0;
    ir_wire_leb(w, count);
    for (uint32_t i = 0; i < count && !w->refused; i++) {
        put_region(w, i);
        outputs += is_written(ir_wire_buffer(w, i));
    }
    ir_wire_leb(w, outputs);
    for (uint32_t i = 0; i < count; i++)
        if (is_written(ir_wire_buffer(w, i)))
            ir_wire_leb(w, i);
}
