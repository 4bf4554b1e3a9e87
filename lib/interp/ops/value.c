// SPDX-License-Identifier: MIT
#include "interp/value.h"

#include <math.h>
#include <string.h>

struct interp_value interp_u32(uint32_t value)
{
    return (struct interp_value){ .kind = INTERP_U32, .u32 = value };
}

struct interp_value interp_i32(uint32_t bits)
{
    return (struct interp_value){ .kind = INTERP_I32, .u32 = bits };
}

struct interp_value interp_u64(uint64_t value)
{
    return (struct interp_value){ .kind = INTERP_U64, .u64 = value };
}

struct interp_value interp_bool(bool value)
{
    return (struct interp_value){ .kind = INTERP_BOOL, .u32 = value };
}

struct interp_value interp_float(double value)
{
    return (struct interp_value){ .kind = INTERP_FLOAT, .number = value };
}

struct interp_value interp_bytes(const void *bytes, size_t size)
{
    struct interp_value value = { .kind = INTERP_BYTES, .size = (uint8_t)size };
    memset(value.bytes, 0, sizeof value.bytes);
    if (size > 0)
        memcpy(value.bytes, bytes, size);
    return value;
}

const char *interp_kind_name(enum interp_kind kind)
{
    static const char *const names[] = { "u32", "i32", "u64", "bool", "f32", "bytes" };
    return names[kind];
}

static uint64_t load_bytes(const struct interp_value *value)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < value->size && i < 8; i++)
        word |= (uint64_t)value->bytes[i] << (8 * i);
    return word;
}

bool interp_as_u64(const struct interp_value *value, uint64_t *out)
{
    switch ((enum interp_kind)value->kind) {
    case INTERP_U32:
    case INTERP_BOOL: *out = value->u32; return true;
    case INTERP_I32: *out = value->u32; return !(value->u32 >> 31);
    case INTERP_U64: *out = value->u64; return true;
    case INTERP_BYTES:
        if (value->size > 8) // long ones too
            return false;
        *out = load_bytes(value);
        return true;
    case INTERP_FLOAT:
        // NaN fails both comparisons.
        if (!(value->number >= 0.0 && value->number < 18446744073709551616.0))
            return false;
        *out = (uint64_t)value->number;
        return true;
    }
    return false;
}

bool interp_as_u32(const struct interp_value *value, uint32_t *out)
{
    uint64_t wide;
    if (value->kind == INTERP_BYTES && value->size > 4)
        return false;
    if (value->kind == INTERP_FLOAT && !(value->number <= 4294967295.0))
        return false;
    if (!interp_as_u64(value, &wide) || wide > UINT32_MAX)
        return false;
    *out = (uint32_t)wide;
    return true;
}

bool interp_as_f32(const struct interp_value *value, float *out)
{
    if (value->kind == INTERP_FLOAT)
        *out = (float)value->number;
    else if (value->kind == INTERP_U32)
        *out = interp_f32_from_bits(value->u32);
    else
        return false;
    return true;
}

bool interp_truthy(const struct interp_value *value)
{
    uint32_t word;
    if (value->kind == INTERP_FLOAT)
        return value->number != 0.0;
    return !interp_as_u32(value, &word) || word != 0;
}

size_t interp_to_bytes(const struct interp_value *value, uint8_t out[INTERP_MAX_BYTES])
{
    uint64_t word = 0;
    size_t size = 4;
    memset(out, 0, INTERP_MAX_BYTES);
    switch ((enum interp_kind)value->kind) {
    case INTERP_BYTES: memcpy(out, value->bytes, value->size); return value->size;
    case INTERP_U32:
    case INTERP_I32:
    case INTERP_BOOL: word = value->u32; break;
    case INTERP_U64:
        word = value->u64;
        size = 8;
        break;
    case INTERP_FLOAT:
        memcpy(&word, &value->number, sizeof word);
        size = 8;
        break;
    }
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(word >> (8 * i));
    return size;
}

const uint8_t *interp_view(const struct interp_value *value, uint8_t scratch[INTERP_MAX_BYTES],
                           uint64_t *size)
{
    if (value->kind == INTERP_BYTES && value->size == INTERP_LONG) {
        *size = value->more->size;
        return value->more->bytes;
    }
    *size = interp_to_bytes(value, scratch);
    return scratch;
}

uint32_t interp_f32_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float interp_f32_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float interp_canonical(float value)
{
    uint32_t bits = interp_f32_bits(value);
    if ((bits & 0x7FFFFFFF) > 0x7F800000)
        return interp_f32_from_bits(0x7FC00000);
    if (!(bits & 0x7F800000))
        return interp_f32_from_bits(bits & 0x80000000);
    return value;
}
