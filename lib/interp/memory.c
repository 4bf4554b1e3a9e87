// SPDX-License-Identifier: MIT
// Buffers: element access in and out of bounds (spec: semantics.md, section 6).
#include <string.h>

#include "base/size.h"
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

// The bytes from `index` on, which is what a bytes buffer has for an element.
static bool load_slice(struct interp_run *run, struct interp_buffer *buffer, uint32_t index,
                       struct interp_value *out)
{
    uint64_t size = index < buffer->size ? buffer->size - index : 0;
    interp_note(run, buffer, INTERP_LOAD, index, size, false);
    return interp_make_bytes(run, size ? buffer->bytes + index : NULL, size, size, out);
}

bool interp_load(struct interp_run *run, struct interp_buffer *buffer, uint32_t index,
                 struct interp_value *out)
{
    static const uint8_t zeros[8];
    const uint8_t *found = element(buffer, index);
    const uint8_t *bytes = found ? found : zeros;
    if (found)
        interp_note(run, buffer, INTERP_LOAD, (uint64_t)(found - buffer->bytes), buffer->stride,
                    false);
    switch (buffer->decl->element->kind) {
    case IR_TYPE_U32:
    // A bool buffer holds words, and loading one does not normalise it.
    case IR_TYPE_BOOL: *out = interp_u32(interp_load_word(bytes)); return true;
    case IR_TYPE_I32: *out = interp_i32(interp_load_word(bytes)); return true;
    case IR_TYPE_U64: *out = interp_u64(load_wide(bytes)); return true;
    case IR_TYPE_F32:
        *out =
            interp_float((double)interp_canonical(interp_f32_from_bits(interp_load_word(bytes))));
        return true;
    case IR_TYPE_F64: *out = interp_float(number_from_bits(load_wide(bytes))); return true;
    case IR_TYPE_BYTES: return load_slice(run, buffer, index, out);
    default: return interp_make_bytes(run, found, found ? buffer->stride : 0, buffer->stride, out);
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

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
    while (size && bytes[size - 1] == 0)
        size--;
    return size == 0;
}

// Copies what fits and zeroes `fill - size` bytes behind it.
static bool store_view(struct interp_run *run, struct interp_buffer *buffer, uint8_t *slot,
                       uint64_t room, bool fill, const struct interp_value *value)
{
    uint8_t scratch[INTERP_MAX_BYTES];
    uint64_t size;
    const uint8_t *bytes = interp_view(value, scratch, &size);
    size = u64_min(size, room);
    if (!interp_charge(run, (fill ? room : size) / INTERP_BYTES_PER_STEP))
        return false;
    if (buffer->marks)
        interp_note(run, buffer, INTERP_STORE, (uint64_t)(slot - buffer->bytes), fill ? room : size,
                    memcmp(slot, bytes, (size_t)size) != 0 ||
                        (fill && !is_zero(slot + size, room - size)));
    memmove(slot, bytes, (size_t)size);
    if (fill)
        memset(slot + size, 0, (size_t)(room - size));
    return true;
}

bool interp_store(struct interp_run *run, struct interp_buffer *buffer, uint32_t index,
                  const struct interp_value *value)
{
    if (buffer->decl->element->kind == IR_TYPE_BYTES)
        return index >= buffer->size ||
               store_view(run, buffer, buffer->bytes + index, buffer->size - index, false, value);
    uint8_t *slot = element(buffer, index);
    if (!slot)
        return true;
    if (buffer->decl->element->kind != IR_TYPE_F32)
        return store_view(run, buffer, slot, buffer->stride, true, value);
    const uint32_t bits = f32_slot_bits(value);
    interp_note(run, buffer, INTERP_STORE, (uint64_t)(slot - buffer->bytes), sizeof bits,
                bits != interp_load_word(slot));
    interp_store_word(slot, bits);
    return true;
}

uint8_t *interp_atomic_word(struct interp_buffer *buffer, uint32_t index)
{
    uint64_t stride = buffer->stride > 4 ? buffer->stride : 4;
    if (buffer->size < 4 || index > (buffer->size - 4) / stride)
        return NULL;
    return buffer->bytes + index * stride;
}

void interp_atomic_store(struct interp_run *run, struct interp_buffer *buffer, uint8_t *word,
                         uint32_t value)
{
    if (!word)
        return;
    interp_note(run, buffer, INTERP_ATOMIC, (uint64_t)(word - buffer->bytes), sizeof value,
                value != interp_load_word(word));
    interp_store_word(word, value);
}
