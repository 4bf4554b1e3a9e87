// SPDX-License-Identifier: MIT
// The value library: what the compiler does not write out instruction by instruction. It is compiled
// to SPIR-V with the project; spirv/library.c copies the functions that a program needs into its
// module, by name. Their signatures are made of uint, bool and uvec2 alone.
//
// `main` is never copied. It calls every function that the compiler asks for by name, because glslc
// drops the others.
#version 450
#extension GL_GOOGLE_include_directive : require
layout(local_size_x = 1) in;
layout(std430, set = 0, binding = 0) buffer Words
{
    uint w[];
};

uint high_product(const uint a, const uint b)
{
    uint high, low;
    umulExtended(a, b, high, low);
    return high;
}

#include "words.glsl"

#include "float.glsl"
#include "wide.glsl"

#include "libm.glsl"

#include "reduce.glsl"

#include "narrow.glsl"
#include "trig.glsl"

void keep(const uvec2 x)
{
    w[0] = x.x ^ x.y;
}

void main()
{
    uint a = w[1];
    uint b = w[2];
    uint c = w[3];
    uvec2 p = uvec2(a, b);
    uvec2 q = uvec2(c, w[4]);
    w[5] = f32_add(a, b) + f32_sub(a, b) + f32_mul(a, b) + f32_div(a, b) + f32_fma(a, b, c);
    w[6] = f32_sqrt(a) + f32_trunc(a) + f32_floor(a) + f32_ceil(a) + f32_round(a);
    w[7] = uint(f32_equal(a, b)) + uint(f32_less(a, b)) + uint(f32_less_equal(a, b));
    w[8] = f32_from_u32(a) + f32_from_i32(a) + f32_from_u64(p) + f32_from_f64(p);
    w[9] = f32_to_u32(a) + f32_to_i32(a);
    keep(f64_from_f32(a));
    keep(wide_add(p, q));
    keep(wide_sub(p, q));
    keep(wide_shl(p, a));
    keep(wide_shr(p, a));
    w[10] = uint(wide_less(p, q)) + wide_clz(p);
    keep(u64_mul(p, q));
    keep(u64_mul_high(p, q));
    keep(u64_div(p, q));
    keep(u64_mod(p, q));
    keep(u64_saturating_mul(p, q));
    w[11] = libm_exp(a) + libm_log(a) + libm_log2(a) + libm_sinh(a) + libm_cosh(a) + libm_tanh(a);
    w[12] = libm_acos(a) + libm_atan(a) + libm_asin(a) + libm_exp2(a);
    w[13] = libm_sin(a) + libm_cos(a) + libm_tan(a);
    w[14] = narrow_libm_sin(a) + narrow_libm_cos(a) + narrow_libm_tan(a);
    w[15] = narrow_libm_asin(a) + narrow_libm_exp2(a);
}
