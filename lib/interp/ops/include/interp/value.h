// SPDX-License-Identifier: MIT
// Run-time values (spec: semantics.md, section 2). They carry their kind, which may differ from the
// static type of the expression that they come from.
#ifndef INTERP_VALUE_H
#define INTERP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum interp_kind {
    INTERP_U32,
    INTERP_I32,
    INTERP_U64,
    INTERP_BOOL,
    INTERP_FLOAT, // a binary64, which is an f32 unless it came from an f64 buffer
    INTERP_BYTES, // elements of types without arithmetic
};

// Byte strings up to this size are in the value; INTERP_LONG as the size says that they are not.
enum { INTERP_MAX_BYTES = 16, INTERP_LONG = 0xFF };

// A byte string that does not fit a value; belongs to the run.
struct interp_long {
    struct interp_long *next;
    bool reached;
    uint64_t size;
    uint8_t bytes[];
};

struct interp_value {
    uint8_t kind; // enum interp_kind
    uint8_t size; // BYTES: at most INTERP_MAX_BYTES, or INTERP_LONG
    union {
        uint32_t u32; // also the bits of I32, and 0 or 1 of BOOL
        uint64_t u64;
        double number; // FLOAT
        uint8_t bytes[INTERP_MAX_BYTES];
        struct interp_long *more; // INTERP_LONG
    };
};

struct interp_value interp_u32(uint32_t value);
struct interp_value interp_i32(uint32_t bits);
struct interp_value interp_u64(uint64_t value);
struct interp_value interp_bool(bool value);
struct interp_value interp_float(double value);
struct interp_value interp_bytes(const void *bytes, size_t size); // at most INTERP_MAX_BYTES

const char *interp_kind_name(enum interp_kind kind);

// The conversions of section 2.2; false when there is none.
bool interp_as_u32(const struct interp_value *value, uint32_t *out);
bool interp_as_u64(const struct interp_value *value, uint64_t *out);
bool interp_as_f32(const struct interp_value *value, float *out);
bool interp_truthy(const struct interp_value *value);

// Section 2.3: the little-endian bytes of a value that is not long. Returns how many there are.
size_t interp_to_bytes(const struct interp_value *value, uint8_t out[INTERP_MAX_BYTES]);

// The same for any value: its own bytes when it is long, else `scratch`. Lifetime: that of both.
const uint8_t *interp_view(const struct interp_value *value, uint8_t scratch[INTERP_MAX_BYTES],
                           uint64_t *size);

// Section 2.6: one NaN, and zeros of the same sign instead of subnormals.
float interp_canonical(float value);
uint32_t interp_f32_bits(float value);
float interp_f32_from_bits(uint32_t bits);

#endif // INTERP_VALUE_H
