// SPDX-License-Identifier: MIT
// Reading buffers: metadata, memory regions and output set (spec: ir.md, 3.5, 3.9, 3.10).
#include "wire_read.h"

#include "base/size.h"
#include "ir/tables.h"

static void get_hints(struct ir_wire_reader *r, struct ir_buffer *buffer)
{
    uint8_t flag = ir_wire_get_u8(r);
    if (flag > 1)
        ir_wire_fail(r, DIAG_W005, "the axis hint's flag is neither 0 nor 1");
    buffer->has_axis = flag == 1;
    buffer->axis = buffer->has_axis ? ir_wire_get_u8(r) : 0;
    buffer->alignment = ir_wire_get_u32(r);
    buffer->locality = ir_wire_get_u8(r);
    if (!r->failed && buffer->locality > IR_LOCALITY_RANDOM)
        ir_wire_fail(r, DIAG_W005, "an unknown cache locality");
}

static void check_output_count(struct ir_wire_reader *r, const struct ir_buffer *buffer)
{
    if (!r->failed && buffer->count == 0 && (buffer->is_output || buffer->live_out))
        ir_wire_fail(r, DIAG_W005, "an output buffer has no element count");
}

static void get_metadata_buffer(struct ir_wire_reader *r)
{
    struct ir_buffer buffer =
        ir_buffer_defaults(0, 0, VYRE_ACCESS_READ_ONLY, ir_type_scalar(IR_TYPE_U32));
    buffer.name = ir_wire_get_name(r);
    buffer.binding = ir_wire_get_u32(r);
    buffer.count = ir_wire_get_u32(r);
    buffer.is_output = ir_wire_get_u8(r) != 0;
    buffer.live_out = ir_wire_get_u8(r) != 0;
    check_output_count(r, &buffer);
    uint8_t flag = ir_wire_get_u8(r);
    if (flag > 1)
        ir_wire_fail(r, DIAG_W005, "the output range's flag is neither 0 nor 1");
    buffer.has_range = flag == 1;
    if (buffer.has_range) {
        buffer.range_start = ir_wire_get_leb(r);
        buffer.range_end = ir_wire_get_leb(r);
        if (!r->failed && buffer.range_start > buffer.range_end)
            ir_wire_fail(r, DIAG_W005, "an output range is reversed");
    }
    get_hints(r, &buffer);
    if (!r->failed)
        ir_draft_buffer(r->draft, &buffer);
}

void ir_wire_get_buffers(struct ir_wire_reader *r)
{
    uint64_t count = ir_wire_get_leb(r);
    if (count > WIRE_MAX_BUFFERS) {
        ir_wire_fail(r, DIAG_W004, "more than 16,384 buffers");
        return;
    }
    for (uint64_t i = 0; i < count && !r->failed && !r->draft->failed; i++)
        get_metadata_buffer(r);
}

// The element type of a region: a tag, and fields in the shape payload that `r` now stands in.
static const struct ir_type *get_element(struct ir_wire_reader *r, enum ir_type_kind kind)
{
    struct ir_type type = { .kind = (uint8_t)kind };
    enum ir_type_kind storage = IR_TYPE_U32;
    uint64_t tag;
    switch (kind) {
    case IR_TYPE_ARRAY: type.size = ir_wire_get_leb(r); break;
    case IR_TYPE_HANDLE: type.id = ir_wire_get_leb32(r); break;
    case IR_TYPE_OPAQUE:
        type.id = ir_wire_get_leb32(r);
        if (!r->failed && !(type.id & 0x80000000u))
            ir_wire_fail(r, DIAG_W005, "an extension id without its high bit");
        break;
    case IR_TYPE_QUANTIZED: {
        tag = ir_wire_get_leb(r);
        uint64_t scale_tag = ir_wire_get_leb(r);
        uint64_t scale = ir_wire_get_leb32(r);
        uint64_t zero_tag = ir_wire_get_leb(r);
        uint64_t zero = ir_wire_get_leb32(r);
        if (tag > UINT8_MAX)
            ir_wire_fail(r, DIAG_W004, "a storage tag does not fit its width");
        else if (!r->failed && !ir_type_from_tag((uint8_t)tag, &storage))
            ir_wire_fail(r, DIAG_W005, "an unknown storage type");
        if (r->failed)
            return NULL;
        type.element = ir_draft_type(r->draft, &(struct ir_type){ .kind = (uint8_t)storage });
        if (type.element)
            ir_wire_get_quantized(r, &type, scale_tag, scale, zero_tag, zero, DIAG_W005);
        break;
    }
    default: return ir_type_scalar(kind);
    }
    return r->failed ? NULL : ir_draft_type(r->draft, &type);
}

static bool has_region_form(enum ir_type_kind kind)
{
    switch (kind) {
    case IR_TYPE_VEC:
    case IR_TYPE_TENSOR_SHAPED:
    case IR_TYPE_SPARSE_CSR:
    case IR_TYPE_SPARSE_COO:
    case IR_TYPE_SPARSE_BSR:
    case IR_TYPE_DEVICE_MESH: return false;
    default: return true;
    }
}

static void check_range(struct ir_wire_reader *r, const struct ir_buffer *buffer)
{
    uint64_t size;
    uint64_t total;
    if (!ir_type_size(buffer->element, &size) || !u64_mul(size, buffer->count, &total) ||
        buffer->range_end > total)
        ir_wire_fail(r, DIAG_W005, "an output range ends behind its buffer");
}

static void get_region(struct ir_wire_reader *r, uint32_t position)
{
    struct ir_buffer *buffer = &r->draft->buffers.items[position];
    enum ir_type_kind kind = IR_TYPE_U32;
    if (ir_wire_get_leb32(r) != position && !r->failed)
        ir_wire_fail(r, DIAG_W005, "memory regions are out of order");
    buffer->kind = ir_wire_get_u8(r);
    if (buffer->kind > IR_MEMORY_PERSISTENT)
        ir_wire_fail(r, DIAG_W005, "an unknown memory kind");
    buffer->access = ir_wire_get_u8(r);
    if (buffer->access > VYRE_ACCESS_WRITE_ONLY)
        ir_wire_fail(r, DIAG_W008, "an unknown buffer access");
    uint8_t tag = ir_wire_get_u8(r);
    if (ir_wire_get_u8(r) != 0)
        ir_wire_fail(r, DIAG_W005, "an unknown shape tag");
    uint64_t size = ir_wire_get_leb(r);
    if (size > WIRE_MAX_SECTION)
        ir_wire_fail(r, DIAG_W004, "a shape payload is longer than 64 bytes");
    size_t end = ir_wire_open_part(r, size);
    uint64_t count = ir_wire_get_leb32(r);
    if (!r->failed && (!ir_type_from_tag(tag, &kind) || !has_region_form(kind)))
        ir_wire_fail(r, DIAG_W005, "an element type that regions cannot have");
    const struct ir_type *element = r->failed ? NULL : get_element(r, kind);
    ir_wire_close_part(r, end);
    size = ir_wire_get_leb(r);
    if (size > WIRE_MAX_SECTION)
        ir_wire_fail(r, DIAG_W004, "a hints payload is longer than 64 bytes");
    end = ir_wire_open_part(r, size);
    get_hints(r, buffer); // these win over the copy in the metadata
    ir_wire_close_part(r, end);
    if (r->failed || !element)
        return;
    buffer->element = element;
    if (count != buffer->count)
        ir_wire_fail(r, DIAG_W005, "a region's element count differs from the metadata");
    else if (buffer->count == 0 && buffer->access == VYRE_ACCESS_WORKGROUP)
        ir_wire_fail(r, DIAG_W005, "a workgroup buffer has no element count");
    check_output_count(r, buffer);
    if (!r->failed && buffer->has_range)
        check_range(r, buffer);
}

static bool is_written(const struct ir_buffer *buffer)
{
    return buffer->access == VYRE_ACCESS_READ_WRITE || buffer->access == VYRE_ACCESS_WRITE_ONLY;
}

// The output set must be exactly the writable buffers, ascending.
static void get_output_set(struct ir_wire_reader *r)
{
    const size_t buffers = r->draft->buffers.count;
    uint64_t count = ir_wire_get_leb(r);
    size_t next = 0;
    if (count > WIRE_MAX_BUFFERS) {
        ir_wire_fail(r, DIAG_W004, "more than 16,384 outputs");
        return;
    }
    for (uint64_t i = 0; i < count && !r->failed; i++) {
        uint32_t index = ir_wire_get_leb32(r);
        while (next < buffers && !is_written(&r->draft->buffers.items[next]))
            next++;
        if (!r->failed && (next >= buffers || index != next))
            ir_wire_fail(r, DIAG_W005, "the output set is not the set of writable buffers");
        next++;
    }
    while (next < buffers && !is_written(&r->draft->buffers.items[next]))
        next++;
    if (!r->failed && next < buffers)
        ir_wire_fail(r, DIAG_W005, "the output set lacks a writable buffer");
}

void ir_wire_get_regions(struct ir_wire_reader *r)
{
    uint64_t count = ir_wire_get_leb(r);
    if (count > WIRE_MAX_BUFFERS) {
        ir_wire_fail(r, DIAG_W004, "more than 16,384 memory regions");
        return;
    }
    if (!r->failed && count != r->draft->buffers.count)
        ir_wire_fail(r, DIAG_W005, "the number of memory regions differs from the metadata");
    for (uint32_t i = 0; i < count && !r->failed && !r->draft->failed; i++)
        get_region(r, i);
    if (!r->failed && !r->draft->failed)
        get_output_set(r);
}
