// SPDX-License-Identifier: MIT
// The functions of trig.glsl for devices without 64-bit floats: within a few units in the last
// place, not bit for bit. Reduction is by integers, so that this holds for every operand.

// |x| less the nearest multiple of pi/2, and n modulo 4; x is at least 1/4.
uint reduce_to_float(const uint x, out float y)
{
    uint high, middle, low;
    bool negative;
    uint n = reduce_fraction(x, high, middle, low, negative);
    // The leading 32 bits of the fraction, wherever they begin: its relative error stays small.
    uint zeros = high != 0u ? leading_zeros(high)
                            : 32u + (middle != 0u ? leading_zeros(middle) : 32u);
    uvec2 upper = wide_shl(uvec2(middle, high), zeros);
    uint leading = upper.y;
    if (zeros > 31u)
        leading = wide_shl(uvec2(low, middle), zeros - 32u).y;
    // Exact: both halves of the leading bits fit a significand.
    float part = float(leading >> 8) * F(0x33800000u); // 2^-24
    y = part * F(0x3FC90FDBu) * F((127u - zeros) << 23);
    if (negative)
        y = negate(y);
    return n & 3u;
}

float narrow_sin(const float y)
{
    float z = y * y;
    return y + y * z * (F(0xBE2AAAA3u) + z * (F(0x3C08839Eu) + z * F(0xB94CA1F9u)));
}

float narrow_cos(const float y)
{
    float z = y * y;
    float tail = F(0x3D2AAAA5u) + z * (F(0xBAB6061Au) + z * F(0x37CCF5CEu));
    return 1.0 - (0.5 * z - z * z * tail);
}

uint reduce_narrow(const float x, out float y)
{
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    if (ix <= 0x3F490FDAu) {
        y = x;
        return 0u;
    }
    uint n = reduce_to_float(ix, y);
    if (is_negative(x)) {
        y = negate(y);
        n = (0u - n) & 3u;
    }
    return n;
}

uint narrow_libm_sin(const uint x)
{
    float y;
    if ((x & 0x7FFFFFFFu) >= 0x7F800000u)
        return 0x7FC00000u;
    if ((x & 0x7FFFFFFFu) < 0x39800000u)
        return x;
    uint n = reduce_narrow(F(x), y);
    float r = (n & 1u) != 0u ? narrow_cos(y) : narrow_sin(y);
    return bits_of(with_sign(r, n >= 2u));
}

uint narrow_libm_cos(const uint x)
{
    float y;
    if ((x & 0x7FFFFFFFu) >= 0x7F800000u)
        return 0x7FC00000u;
    uint n = reduce_narrow(F(x), y);
    float r = (n & 1u) != 0u ? narrow_sin(y) : narrow_cos(y);
    return bits_of(with_sign(r, n == 1u || n == 2u));
}

uint narrow_libm_tan(const uint x)
{
    float y;
    if ((x & 0x7FFFFFFFu) >= 0x7F800000u)
        return 0x7FC00000u;
    if ((x & 0x7FFFFFFFu) < 0x39800000u)
        return x;
    uint n = reduce_narrow(F(x), y);
    float s = narrow_sin(y);
    float c = narrow_cos(y);
    return bits_of((n & 1u) != 0u ? negate(c) / s : s / c);
}

uint narrow_libm_asin(const uint x)
{
    uint ix = x & 0x7FFFFFFFu;
    float v = F(x);
    if (ix > 0x3F800000u)
        return 0x7FC00000u;
    if (ix < 0x39800000u)
        return x;
    if (ix < 0x3F000000u)
        return bits_of(v + v * arc_ratio(v * v));
    float z = (1.0 - F(ix)) * 0.5;
    float s = sqrt(z);
    float r = F(0x3FC90FDAu) - (2.0 * (s + s * arc_ratio(z)) - F(0x33A22168u));
    return bits_of(with_sign(r, (x & 0x80000000u) != 0u));
}

uint narrow_libm_exp2(const uint x)
{
    uint ix = x & 0x7FFFFFFFu;
    bool negative = (x & 0x80000000u) != 0u;
    if (ix > 0x7F800000u)
        return x;
    if (ix >= (negative ? 0x43160000u : 0x43000000u))
        return negative ? 0u : 0x7F800000u;
    float v = F(x);
    int k = int(v + (negative ? -0.5 : 0.5));
    // 2^f for f within a half, as e^(f ln 2); the scale is exact.
    float y = exp_of((v - float(k)) * F(0x3F317218u));
    return bits_of(scale(y, k));
}
