// SPDX-License-Identifier: MIT
// Buffers: element access in and out of bounds (spec: semantics.md, section 6).
#include <string.h>

#include "run.h"

struct interp_buffer *interp_find_buffer(struct interp_run *run, ir_name name)
{
    uint32_t index = run->buffer_of[name];
    return index ? &run->buffers[index - 1] : NULL;
}

uint64_t interp_buffer_length(const struct interp_buffer *buffer)
{
    uint64_t count;
    return ir_type_element_count(buffer->decl->element, buffer->size, &count) ? count
                                                                              : buffer->size;
}

uint32_t interp_load_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void interp_store_word(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t load_wide(const uint8_t *bytes)
{
    return interp_load_word(bytes) | (uint64_t)interp_load_word(bytes + 4) << 32;
}

static double number_from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

// The bytes of an element, or NULL when any of them is outside the buffer.
static uint8_t *element(const struct interp_buffer *buffer, uint32_t index)
{
    uint64_t stride = buffer->stride;
    if (stride == 0 || stride > buffer->size)
        return NULL;
    return index <= (buffer->size - stride) / stride ? buffer->bytes + index * stride : NULL;
}

struct interp_value interp_load(const struct interp_buffer *buffer, uint32_t index)
{
    static const uint8_t zeros[INTERP_MAX_BYTES];
    const uint8_t *bytes = element(buffer, index);
    if (!bytes)
        bytes = zeros;
    switch (buffer->decl->element->kind) {
    case IR_TYPE_U32:
    // A bool buffer holds words, and loading one does not normalise it.
    case IR_TYPE_BOOL: return interp_u32(interp_load_word(bytes));
    case IR_TYPE_I32: return interp_i32(interp_load_word(bytes));
    case IR_TYPE_U64: return interp_u64(load_wide(bytes));
    case IR_TYPE_F32:
        return interp_float(
            (double)interp_canonical(interp_f32_from_bits(interp_load_word(bytes))));
    case IR_TYPE_F64: return interp_float(number_from_bits(load_wide(bytes)));
    default: return interp_bytes(bytes, (size_t)buffer->stride);
    }
}

// What a float slot makes of a value: a word is taken as bits, anything else but a float is zero.
static uint32_t f32_slot_bits(const struct interp_value *value)
{
    float number;
    if (!interp_as_f32(value, &number))
        number = 0.0f;
    return interp_f32_bits(interp_canonical(number));
}

static void store_bytes_at(struct interp_buffer *buffer, uint32_t offset,
                           const struct interp_value *value)
{
    uint8_t bytes[INTERP_MAX_BYTES];
    size_t size = interp_to_bytes(value, bytes);
    if (offset >= buffer->size)
        return;
    uint64_t room = buffer->size - offset;
    memcpy(buffer->bytes + offset, bytes, size < room ? size : (size_t)room);
}

void interp_store(struct interp_buffer *buffer, uint32_t index, const struct interp_value *value)
{
    if (buffer->decl->element->kind == IR_TYPE_BYTES) {
        store_bytes_at(buffer, index, value);
        return;
    }
    uint8_t *slot = element(buffer, index);
    if (!slot)
        return;
    if (buffer->decl->element->kind == IR_TYPE_F32) {
        interp_store_word(slot, f32_slot_bits(value));
        return;
    }
    uint8_t bytes[INTERP_MAX_BYTES];
    size_t size = interp_to_bytes(value, bytes);
    size_t stride = (size_t)buffer->stride;
    memset(slot, 0, stride);
    memcpy(slot, bytes, size < stride ? size : stride);
}

uint8_t *interp_atomic_word(struct interp_buffer *buffer, uint32_t index)
{
    uint64_t stride = buffer->stride > 4 ? buffer->stride : 4;
    if (buffer->size < 4 || index > (buffer->size - 4) / stride)
        return NULL;
    return buffer->bytes + index * stride;
}
