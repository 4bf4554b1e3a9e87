// SPDX-License-Identifier: MIT
// Reads the integer parts of the value library (shaders/values) as C, so that they can be compared
// with the host's arithmetic millions of times. Includes come before, because `int(` is taken.
#ifndef TESTS_SPIRV_GLSL_H
#define TESTS_SPIRV_GLSL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h> // uint, spelled as in GLSL

typedef struct {
    uint32_t x, y;
} uvec2;

static inline int32_t findMSB(uint32_t x)
{
    return x ? 31 - __builtin_clz(x) : -1;
}

static inline uint32_t high_product(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b >> 32);
}

// Constructors and functions of GLSL.
#define min(a, b)        ((a) < (b) ? (a) : (b))
#define max(a, b)        ((a) > (b) ? (a) : (b))
#define uvec2(low, high) ((uvec2){ low, high })
#define uint(value)      ((uint32_t)(value))
#define int(value) ((int32_t)(value))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "words.glsl"

#include "float.glsl"
#include "wide.glsl"
#pragma GCC diagnostic pop

#undef min
#undef max
#undef uint
#undef int

#endif // TESTS_SPIRV_GLSL_H
