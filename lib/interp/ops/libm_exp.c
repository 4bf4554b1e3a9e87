// SPDX-License-Identifier: MIT
// Exponentials, logarithms and hyperbolic functions (spec: semantics.md, 12.3
// to 12.5, 12.9, 12.10).
#include <math.h>
#include <string.h>

#include "libm.h"
#include "interp/value.h"

static float F(uint32_t bits)
{
    return interp_f32_from_bits(bits);
}

static double D(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// 2^k for k of a normal number.
static float power_of_two(int k)
{
    return F((uint32_t)(127 + k) << 23);
}

// ---- exp and exp2 ------------------------------------------------------------------------------

float interp_exp(float x)
{
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    float hi, lo;
    int k;
    if (isnan(x))
        return x;
    if (x >= F(0x42B17218))
        return INFINITY;
    if (x <= -F(0x42CFF1B5))
        return 0.0f;
    if (ix > 0x3EB17218) {
        if (ix > 0x3F851592)
            k = (int)(F(0x3FB8AA3B) * x + (x < 0 ? -0.5f : 0.5f));
        else
            k = x < 0 ? -1 : 1;
        hi = x - (float)k * F(0x3F317200);
        lo = (float)k * F(0x35BFBE8E);
        x = hi - lo;
    } else if (ix > 0x39000000) {
        k = 0;
        hi = x;
        lo = 0;
    } else {
        return 1 + x;
    }
    float xx = x * x;
    float c = x - xx * (F(0x3E2AAA8F) + xx * F(0xBB355215));
    float y = 1 + ((x * c / (2 - c) - lo) + hi);
    return k == 0 ? y : scalbnf(y, k);
}

float interp_exp2(float x)
{
    static const uint64_t table[16] = {
        0x3FE6A09E667F3BCD, 0x3FE7A11473EB0187, 0x3FE8ACE5422AA0DB, 0x3FE9C49182A3F090,
        0x3FEAE89F995AD3AD, 0x3FEC199BDD85529C, 0x3FED5818DCFBA487, 0x3FEEA4AFA2A490DA,
        0x3FF0000000000000, 0x3FF0B5586CF9890F, 0x3FF172B83C7D517B, 0x3FF2387A6E756238,
        0x3FF306FE0A31B715, 0x3FF3DEA64C123422, 0x3FF4BFDAD5362A27, 0x3FF5AB07DD485429,
    };
    const double p1 = (double)F(0x3F317218), p2 = (double)F(0x3E75FDF0), p3 = (double)F(0x3D6359A4),
                 p4 = (double)F(0x3C1D964E);
    const float shift = F(0x4B400000) / 16;
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    if (ix > 0x42FC0000) {
        if (isnan(x))
            return x;
        if (x >= 128)
            return INFINITY;
        if (x <= -150)
            return 0.0f;
    }
    if (ix <= 0x33000000)
        return 1 + x;
    uint32_t bits = interp_f32_bits(x + shift);
    uint32_t i = bits + 8;
    uint32_t k = i / 16;
    double z = (double)(x - (F(bits) - shift));
    double r = D(table[i & 15]);
    double t = r * z;
    r = r + t * (p1 + z * p2) + t * (z * z) * (p3 + z * p4);
    return (float)(r * D((uint64_t)(0x3FF + k) << 52));
}

// ---- Logarithms --------------------------------------------------------------------------------

// Splits x into 2^k * (1 + f) and computes what both logarithms need.
struct log_parts {
    int k;
    float f, s, h, r;
};

static bool log_special(float x, float *out)
{
    if (x == 0.0f)
        *out = -INFINITY;
    else if (isnan(x) || x < 0.0f)
        *out = NAN;
    else if (isinf(x))
        *out = x;
    else if (x == 1.0f)
        *out = 0.0f;
    else
        return false;
    return true;
}

static struct log_parts log_reduce(float x)
{
    struct log_parts parts;
    uint32_t ix = interp_f32_bits(x) + (0x3F800000 - 0x3F3504F3);
    parts.k = (int)(ix >> 23) - 127;
    parts.f = F((ix & 0x007FFFFF) + 0x3F3504F3) - 1;
    parts.s = parts.f / (2 + parts.f);
    float z = parts.s * parts.s;
    float w = z * z;
    float t1 = w * (F(0x3ECCCE13) + w * F(0x3E789E26));
    float t2 = z * (F(0x3F2AAAAA) + w * F(0x3E91E9EE));
    parts.r = t2 + t1;
    parts.h = 0.5f * parts.f * parts.f;
    return parts;
}

float interp_log(float x)
{
    float special;
    if (log_special(x, &special))
        return special;
    struct log_parts p = log_reduce(x);
    float k = (float)p.k;
    return p.s * (p.h + p.r) + k * F(0x3717F7D1) - p.h + p.f + k * F(0x3F317180);
}

float interp_log2(float x)
{
    float special;
    if (log_special(x, &special))
        return special;
    struct log_parts p = log_reduce(x);
    float hi = F(interp_f32_bits(p.f - p.h) & 0xFFFFF000);
    float lo = p.f - hi - p.h + p.s * (p.h + p.r);
    return (lo + hi) * F(0xB9389AD4) + lo * F(0x3FB8B000) + hi * F(0x3FB8B000) + (float)p.k;
}

// ---- expm1 and the hyperbolic functions --------------------------------------------------------

static float expm1_scale(float x, float e, int k)
{
    if (k == -1)
        return 0.5f * (x - e) - 0.5f;
    if (k == 1)
        return x < -0.25f ? -2 * (e - (x + 0.5f)) : 1 + 2 * (x - e);
    if (k < 0 || k > 56) {
        float y = x - e + 1;
        y = k == 128 ? y * 2 * F(0x7F000000) : y * power_of_two(k);
        return y - 1;
    }
    float u = power_of_two(-k);
    return (k < 23 ? x - e + (1 - u) : x - (e + u) + 1) * power_of_two(k);
}

static float expm1_of(float x)
{
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    float c = 0;
    int k = 0;
    if (isnan(x))
        return x;
    if (ix >= 0x4195B844) {
        if (x < 0)
            return -1;
        if (x > F(0x42B17180))
            return INFINITY;
    }
    if (ix > 0x3EB17218) {
        if (ix < 0x3F851592)
            k = x < 0 ? -1 : 1;
        else
            k = (int)(F(0x3FB8AA3B) * x + (x < 0 ? -0.5f : 0.5f));
        float hi = x - (float)k * F(0x3F317180);
        float lo = (float)k * F(0x3717F7D1);
        x = hi - lo;
        c = (hi - x) - lo;
    } else if (ix < 0x33000000) {
        return x;
    }
    float hfx = 0.5f * x;
    float hxs = x * hfx;
    float r1 = 1 + hxs * (F(0xBD088868) + hxs * F(0x3ACF3010));
    float t = 3 - r1 * hfx;
    float e = hxs * ((r1 - t) / (6 - x * t));
    if (k == 0)
        return x - (x * e - hxs);
    e = x * (e - c) - c;
    e -= hxs;
    return expm1_scale(x, e, k);
}

// exp(x) / 2 without overflow where exp(x) does.
static float half_exp(float x)
{
    const float scale = F(0x7A000000); // 2^117
    return interp_exp(x - F(0x4322E3BC)) * scale * scale;
}

float interp_tanh(float x)
{
    float a = fabsf(x), t;
    uint32_t bits = interp_f32_bits(a);
    if (bits > 0x3F0C9F54) {
        if (bits > 0x41200000) {
            t = 1 + 0 / a;
        } else {
            t = expm1_of(2 * a);
            t = 1 - 2 / (t + 2);
        }
    } else if (bits > 0x3E82C578) {
        t = expm1_of(2 * a);
        t = t / (t + 2);
    } else if (bits >= 0x00800000) {
        t = expm1_of(-2 * a);
        t = -t / (t + 2);
    } else {
        t = a;
    }
    return signbit(x) ? -t : t;
}

float interp_sinh(float x)
{
    float h = signbit(x) ? -0.5f : 0.5f;
    float a = fabsf(x);
    uint32_t bits = interp_f32_bits(a);
    if (bits >= 0x42B17217)
        return 2 * h * half_exp(a);
    float t = expm1_of(a);
    if (bits >= 0x3F800000)
        return h * (t + t / (t + 1));
    if (bits < 0x3F800000 - (12 << 23))
        return x;
    return h * (2 * t - t * t / (t + 1));
}

float interp_cosh(float x)
{
    float a = fabsf(x);
    uint32_t bits = interp_f32_bits(a);
    if (bits < 0x3F317217) {
        if (bits < 0x3F800000 - (12 << 23))
            return 1;
        float t = expm1_of(a);
        return 1 + t * t / (2 * (1 + t));
    }
    if (bits < 0x42B17217) {
        float t = interp_exp(a);
        return 0.5f * (t + 1 / t);
    }
    return half_exp(a);
}
