// SPDX-License-Identifier: MIT
// Exponentials, logarithms, hyperbolic functions and the inverses of the trigonometric ones, step by
// step those of the interpreter (lib/interp/libm_exp.c, libm_trig.c; spec: semantics.md, 12). No
// operation may be contracted or reordered; spirv/library.c sees to that, and replaces the ones that
// a driver does not round correctly.
//
// Operands are canonical. Results are not: their subnormals and NaN are flushed by the caller.

float F(const uint bits)
{
    return uintBitsToFloat(bits);
}

uint bits_of(const float x)
{
    return floatBitsToUint(x);
}

float magnitude(const float x)
{
    return F(bits_of(x) & 0x7FFFFFFFu);
}

float negate(const float x)
{
    return F(bits_of(x) ^ 0x80000000u);
}

bool is_negative(const float x)
{
    return (bits_of(x) & 0x80000000u) != 0u;
}

float with_sign(const float x, const bool negative)
{
    return negative ? negate(x) : x;
}

#define INFINITE F(0x7F800000u)
#define INVALID F(0x7FC00000u)

// y * 2^k for y near 1, once rounded. A result below the normal numbers is 0, as it will be anyway,
// unless it rounds up to the least of them.
float scale(const float y, const int k)
{
    int e = int(bits_of(y) >> 23) + k;
    uint fraction = bits_of(y) & 0x007FFFFFu;
    if (e >= 255)
        return INFINITE;
    if (e < 1)
        return e == 0 && fraction == 0x007FFFFFu ? F(0x00800000u) : 0.0;
    return F(uint(e) << 23 | fraction);
}

// ---- exp ----------------------------------------------------------------------------------------

float exp_of(const float x)
{
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    bool negative = is_negative(x);
    if (ix > 0x7F800000u)
        return x;
    if (!negative && ix >= 0x42B17218u)
        return INFINITE;
    if (negative && ix >= 0x42CFF1B5u)
        return 0.0;
    if (ix <= 0x39000000u)
        return 1.0 + x;
    int k = 0;
    float high = x;
    float low = 0.0;
    float r = x;
    if (ix > 0x3EB17218u) {
        k = negative ? -1 : 1;
        if (ix > 0x3F851592u)
            k = int(F(0x3FB8AA3Bu) * x + (negative ? -0.5 : 0.5));
        high = x - float(k) * F(0x3F317200u);
        low = float(k) * F(0x35BFBE8Eu);
        r = high - low;
    }
    float rr = r * r;
    float c = r - rr * (F(0x3E2AAA8Fu) + rr * F(0xBB355215u));
    float y = 1.0 + ((r * c / (2.0 - c) - low) + high);
    return k == 0 ? y : scale(y, k);
}

// ---- Logarithms ---------------------------------------------------------------------------------

// Whether x has a logarithm that is not computed; then it is in `special`.
bool log_special(const float x, out float special)
{
    uint bits = bits_of(x);
    special = 0.0;
    if ((bits & 0x7FFFFFFFu) == 0u)
        special = F(0xFF800000u);
    else if (bits > 0x7F800000u)
        special = INVALID;
    else if (bits == 0x7F800000u)
        special = x;
    else if (bits != 0x3F800000u)
        return false;
    return true;
}

// Splits x into 2^k * (1 + f) and computes what both logarithms need.
void log_reduce(const float x, out float k, out float f, out float s, out float h, out float r)
{
    uint ix = bits_of(x) + (0x3F800000u - 0x3F3504F3u);
    k = float(int(ix >> 23) - 127);
    f = F((ix & 0x007FFFFFu) + 0x3F3504F3u) - 1.0;
    s = f / (2.0 + f);
    float z = s * s;
    float w = z * z;
    float t1 = w * (F(0x3ECCCE13u) + w * F(0x3E789E26u));
    float t2 = z * (F(0x3F2AAAAAu) + w * F(0x3E91E9EEu));
    r = t2 + t1;
    h = 0.5 * f * f;
}

float log_of(const float x)
{
    float special, k, f, s, h, r;
    if (log_special(x, special))
        return special;
    log_reduce(x, k, f, s, h, r);
    return s * (h + r) + k * F(0x3717F7D1u) - h + f + k * F(0x3F317180u);
}

float log2_of(const float x)
{
    float special, k, f, s, h, r;
    if (log_special(x, special))
        return special;
    log_reduce(x, k, f, s, h, r);
    float high = F(bits_of(f - h) & 0xFFFFF000u);
    float low = f - high - h + s * (h + r);
    return (low + high) * F(0xB9389AD4u) + low * F(0x3FB8B000u) + high * F(0x3FB8B000u) + k;
}

// ---- expm1 and the hyperbolic functions ---------------------------------------------------------

// 2^k for k of a normal number.
float power_of_two(const int k)
{
    return F(uint(127 + k) << 23);
}

float expm1_scale(const float x, const float e, const int k)
{
    if (k == -1)
        return 0.5 * (x - e) - 0.5;
    if (k == 1) {
        if (is_negative(x) && bits_of(x) > 0xBE800000u) // below -0.25
            return -2.0 * (e - (x + 0.5));
        return 1.0 + 2.0 * (x - e);
    }
    if (k < 0 || k > 56) {
        float y = x - e + 1.0;
        if (k == 128)
            return y * 2.0 * F(0x7F000000u) - 1.0;
        return y * power_of_two(k) - 1.0;
    }
    float u = power_of_two(-k);
    float y = k < 23 ? x - e + (1.0 - u) : x - (e + u) + 1.0;
    return y * power_of_two(k);
}

float expm1_of(const float x)
{
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    bool negative = is_negative(x);
    float c = 0.0;
    float r = x;
    int k = 0;
    if (ix > 0x7F800000u)
        return x;
    if (ix >= 0x4195B844u) {
        if (negative)
            return -1.0;
        if (ix > 0x42B17180u)
            return INFINITE;
    }
    if (ix > 0x3EB17218u) {
        k = negative ? -1 : 1;
        if (ix >= 0x3F851592u)
            k = int(F(0x3FB8AA3Bu) * x + (negative ? -0.5 : 0.5));
        float high = x - float(k) * F(0x3F317180u);
        float low = float(k) * F(0x3717F7D1u);
        r = high - low;
        c = (high - r) - low;
    } else if (ix < 0x33000000u) {
        return x;
    }
    float hfx = 0.5 * r;
    float hxs = r * hfx;
    float r1 = 1.0 + hxs * (F(0xBD088868u) + hxs * F(0x3ACF3010u));
    float t = 3.0 - r1 * hfx;
    float e = hxs * ((r1 - t) / (6.0 - r * t));
    if (k == 0)
        return r - (r * e - hxs);
    e = r * (e - c) - c;
    e = e - hxs;
    return expm1_scale(r, e, k);
}

// exp(x) / 2 without overflow where exp(x) does.
float half_exp(const float x)
{
    float steep = F(0x7A000000u); // 2^117
    return exp_of(x - F(0x4322E3BCu)) * steep * steep;
}

float tanh_of(const float x)
{
    float a = magnitude(x);
    uint bits = bits_of(a);
    float t = a;
    if (bits > 0x7F800000u)
        return x;
    if (bits > 0x41200000u) {
        t = 1.0 + 0.0 / a;
    } else if (bits > 0x3F0C9F54u) {
        t = expm1_of(2.0 * a);
        t = 1.0 - 2.0 / (t + 2.0);
    } else if (bits > 0x3E82C578u) {
        t = expm1_of(2.0 * a);
        t = t / (t + 2.0);
    } else if (bits >= 0x00800000u) {
        t = expm1_of(-2.0 * a);
        t = negate(t) / (t + 2.0);
    }
    return with_sign(t, is_negative(x));
}

float sinh_of(const float x)
{
    float h = is_negative(x) ? -0.5 : 0.5;
    float a = magnitude(x);
    uint bits = bits_of(a);
    if (bits > 0x7F800000u)
        return x;
    if (bits >= 0x42B17217u)
        return 2.0 * h * half_exp(a);
    float t = expm1_of(a);
    if (bits >= 0x3F800000u)
        return h * (t + t / (t + 1.0));
    if (bits < 0x39800000u)
        return x;
    return h * (2.0 * t - t * t / (t + 1.0));
}

float cosh_of(const float x)
{
    float a = magnitude(x);
    uint bits = bits_of(a);
    if (bits < 0x3F317217u) {
        if (bits < 0x39800000u)
            return 1.0;
        float t = expm1_of(a);
        return 1.0 + t * t / (2.0 * (1.0 + t));
    }
    if (bits < 0x42B17217u) {
        float t = exp_of(a);
        return 0.5 * (t + 1.0 / t);
    }
    return half_exp(a);
}

// ---- Inverses -----------------------------------------------------------------------------------

#define TINY F(0x03800000u) // 2^-120, which makes a sum inexact

float arc_ratio(const float z)
{
    float p = z * (F(0x3E2AAA75u) + z * (F(0xBD2F13BAu) + z * F(0xBC0DD36Bu)));
    float q = 1.0 + z * F(0xBF34E5AEu);
    return p / q;
}

float acos_of(const float x)
{
    float high = F(0x3FC90FDAu);
    float low = F(0x33A22168u);
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    if (ix == 0x3F800000u)
        return is_negative(x) ? 2.0 * high + TINY : 0.0;
    if (ix > 0x3F800000u)
        return INVALID;
    if (ix < 0x3F000000u) {
        if (ix <= 0x32800000u)
            return high + TINY;
        return high - (x - (low - x * arc_ratio(x * x)));
    }
    if (is_negative(x)) {
        float z = (1.0 + x) * 0.5;
        float s = sqrt(z);
        float w = arc_ratio(z) * s - low;
        return 2.0 * (high - (s + w));
    }
    float z = (1.0 - x) * 0.5;
    float s = sqrt(z);
    float df = F(bits_of(s) & 0xFFFFF000u);
    float c = (z - df * df) / (s + df);
    float w = arc_ratio(z) * s + c;
    return 2.0 * (df + w);
}

float atan_of(const float x)
{
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    bool negative = is_negative(x);
    if (ix > 0x7F800000u)
        return x;
    if (ix >= 0x4C800000u)
        return with_sign(F(0x3FC90FDAu) + TINY, negative);
    if (ix < 0x39800000u)
        return x;
    // Near zero as it is, elsewhere less an arc tangent that is known in two parts.
    float a = magnitude(x);
    float r = x;
    uint high = 0u;
    uint low = 0u;
    if (ix >= 0x401C0000u) {
        r = -1.0 / a;
        high = 0x3FC90FDAu;
        low = 0x33A22168u;
    } else if (ix >= 0x3F980000u) {
        r = (a - 1.5) / (1.0 + 1.5 * a);
        high = 0x3F7B985Eu;
        low = 0x33140FB4u;
    } else if (ix >= 0x3F300000u) {
        r = (a - 1.0) / (a + 1.0);
        high = 0x3F490FDAu;
        low = 0x33222168u;
    } else if (ix >= 0x3EE00000u) {
        r = (2.0 * a - 1.0) / (2.0 + a);
        high = 0x3EED6338u;
        low = 0x31AC3769u;
    }
    float z = r * r;
    float w = z * z;
    float s1 = z * (F(0x3EAAAAA9u) + w * (F(0x3E11F50Du) + w * F(0x3D7CAC25u)));
    float s2 = w * (F(0xBE4CCA98u) + w * F(0xBDDA1247u));
    if (high == 0u)
        return r - r * (s1 + s2);
    z = F(high) - ((r * (s1 + s2) - F(low)) - r);
    return with_sign(z, negative);
}

// ---- What the compiler calls --------------------------------------------------------------------

uint libm_exp(const uint x)
{
    return bits_of(exp_of(F(x)));
}

uint libm_log(const uint x)
{
    return bits_of(log_of(F(x)));
}

uint libm_log2(const uint x)
{
    return bits_of(log2_of(F(x)));
}

uint libm_sinh(const uint x)
{
    return bits_of(sinh_of(F(x)));
}

uint libm_cosh(const uint x)
{
    return bits_of(cosh_of(F(x)));
}

uint libm_tanh(const uint x)
{
    return bits_of(tanh_of(F(x)));
}

uint libm_acos(const uint x)
{
    return bits_of(acos_of(F(x)));
}

uint libm_atan(const uint x)
{
    return bits_of(atan_of(F(x)));
}
