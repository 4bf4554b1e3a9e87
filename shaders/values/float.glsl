// SPDX-License-Identifier: MIT
// Binary32 by integer operations alone: what IEEE 754 says, rounded to nearest even, subnormals
// included, whatever the driver's own arithmetic does. A float is the word of its bits. Every NaN
// that comes out is 0x7FC00000.

#define F32_NAN 0x7FC00000u
#define F32_INF 0x7F800000u
#define SIGN 0x80000000u

bool is_nan(const uint x)
{
    return (x & 0x7FFFFFFFu) > F32_INF;
}

// ---- Parts --------------------------------------------------------------------------------------

// The significand with its leading one in place 23, also of a subnormal; x is finite and not 0.
uint f32_significand(const uint x)
{
    uint fraction = x & 0x007FFFFFu;
    if ((x & F32_INF) != 0u)
        return fraction | 0x00800000u;
    return fraction << (leading_zeros(fraction) - 8u);
}

// The biased exponent that belongs to it; below 1 for a subnormal.
int f32_exponent(const uint x)
{
    int e = int(x >> 23 & 0xFFu);
    return e != 0 ? e : 9 - int(leading_zeros(x & 0x007FFFFFu));
}

// Rounds `m`, whose leading one is in place 30 with weight 2^(e + 1 - 127), and packs it. The lowest
// place may stand for everything below it.
uint round_pack(const uint sign, const int e, const uint m)
{
    if (e >= 0xFE)
        return sign | F32_INF;
    uint kept = e < 0 ? shift_right_sticky(m, uint(-e)) : m;
    uint half_even = (kept & 0x7Fu) == 0x40u ? ~1u : ~0u;
    uint rounded = (kept + 0x40u) >> 7 & half_even;
    // A carry out of the significand, or into the first normal number, belongs to the exponent; out
    // of the largest one it makes an infinity.
    return sign | ((uint(max(e, 0)) << 23) + rounded);
}

// The same for a leading one in any place; m is not 0, and place 30 has weight 2^(e + 1 - 127).
uint normalize_pack(const uint sign, const int e, const uint m)
{
    uint zeros = leading_zeros(m);
    if (zeros == 0u)
        return round_pack(sign, e + 1, m >> 1 | (m & 1u));
    return round_pack(sign, e - int(zeros) + 1, m << (zeros - 1u));
}

// ---- Arithmetic ---------------------------------------------------------------------------------

uint f32_add(const uint a, const uint b)
{
    uint x = (a & 0x7FFFFFFFu) >= (b & 0x7FFFFFFFu) ? a : b;
    uint y = a ^ b ^ x;
    bool differ = ((a ^ b) & SIGN) != 0u;
    if ((x & 0x7FFFFFFFu) >= F32_INF) {
        bool invalid = is_nan(x) || (differ && (y & 0x7FFFFFFFu) == F32_INF);
        return invalid ? F32_NAN : x;
    }
    int ex = max(int(x >> 23 & 0xFFu), 1);
    int ey = max(int(y >> 23 & 0xFFu), 1);
    uint mx = (x & 0x007FFFFFu) | ((x & F32_INF) != 0u ? 0x00800000u : 0u);
    uint my = (y & 0x007FFFFFu) | ((y & F32_INF) != 0u ? 0x00800000u : 0u);
    uint aligned = shift_right_sticky(my << 6, uint(ex - ey));
    uint sum = differ ? (mx << 6) - aligned : (mx << 6) + aligned;
    if (sum == 0u)
        return a & b & SIGN;
    return normalize_pack(x & SIGN, ex, sum);
}

uint f32_sub(const uint a, const uint b)
{
    return f32_add(a, b ^ SIGN);
}

uint f32_mul(const uint a, const uint b)
{
    uint sign = (a ^ b) & SIGN;
    uint ma = a & 0x7FFFFFFFu;
    uint mb = b & 0x7FFFFFFFu;
    if (max(ma, mb) >= F32_INF)
        return max(ma, mb) > F32_INF || min(ma, mb) == 0u ? F32_NAN : sign | F32_INF;
    if (ma == 0u || mb == 0u)
        return sign;
    uint sa = f32_significand(a) << 7;
    uint sb = f32_significand(b) << 8;
    uint product = high_product(sa, sb) | uint(sa * sb != 0u);
    return normalize_pack(sign, f32_exponent(a) + f32_exponent(b) - 127, product);
}

uint f32_div(const uint a, const uint b)
{
    uint sign = (a ^ b) & SIGN;
    uint ma = a & 0x7FFFFFFFu;
    uint mb = b & 0x7FFFFFFFu;
    if (max(ma, mb) > F32_INF || (ma == mb && (ma == 0u || ma == F32_INF)))
        return F32_NAN;
    if (ma == F32_INF || mb == 0u)
        return sign | F32_INF;
    if (ma == 0u || mb == F32_INF)
        return sign;
    uint sa = f32_significand(a);
    uint sb = f32_significand(b);
    int e = f32_exponent(a) - f32_exponent(b) + 126;
    if (sa < sb) {
        sa <<= 1;
        e -= 1;
    }
    // 25 places of the quotient, 8 at a time: one more than the result has. The rest is sticky.
    uint rest = (sa - sb) << 8;
    uint q = 1u << 8 | rest / sb;
    rest = rest % sb << 8;
    q = q << 8 | rest / sb;
    rest = rest % sb << 8;
    q = q << 8 | rest / sb;
    return round_pack(sign, e, q << 6 | uint(rest % sb != 0u));
}

// One binary digit of a square root: two places of the operand come down, and the root grows by 1
// when the rest allows it.
#define ROOT_DIGIT                                                                                 \
    rest = rest << 2 | places >> 30;                                                               \
    places <<= 2;                                                                                  \
    root <<= 1;                                                                                    \
    if (rest > root << 1) {                                                                        \
        rest -= root << 1 | 1u;                                                                    \
        root |= 1u;                                                                                \
    }
#define ROOT_DIGITS ROOT_DIGIT ROOT_DIGIT ROOT_DIGIT ROOT_DIGIT ROOT_DIGIT

uint f32_sqrt(const uint a)
{
    if ((a & 0x7FFFFFFFu) == 0u)
        return a;
    if (is_nan(a) || (a & SIGN) != 0u)
        return F32_NAN;
    if (a == F32_INF)
        return a;
    int e = f32_exponent(a) - 127;
    uint places = f32_significand(a) << (7 + (e & 1));
    uint rest = 0u;
    uint root = 0u;
    ROOT_DIGITS
    ROOT_DIGITS
    ROOT_DIGITS
    ROOT_DIGITS
    ROOT_DIGITS
    return round_pack(0u, (e >> 1) + 126, root << 6 | uint(rest != 0u));
}

// ---- Fused multiply-add -------------------------------------------------------------------------

// The result for operands of which one is not finite.
uint fma_special(const uint a, const uint b, const uint c)
{
    uint sign = (a ^ b) & SIGN;
    uint ma = a & 0x7FFFFFFFu;
    uint mb = b & 0x7FFFFFFFu;
    uint mc = c & 0x7FFFFFFFu;
    bool product_inf = max(ma, mb) == F32_INF;
    if (max(max(ma, mb), mc) > F32_INF || (product_inf && min(ma, mb) == 0u) ||
        (product_inf && mc == F32_INF && sign != (c & SIGN)))
        return F32_NAN;
    return product_inf ? sign | F32_INF : c;
}

// Rounds a 64-bit sum whose place 62 has weight 2^(e + 1 - 127); it is not 0.
uint normalize_pack_wide(const uint sign, const int e, const uvec2 sum)
{
    uint zeros = wide_clz(sum);
    if (zeros == 0u) {
        uvec2 lower = wide_shr_sticky(sum, 1u);
        return round_pack(sign, e + 1, lower.y | uint(lower.x != 0u));
    }
    uvec2 normal = wide_shl(sum, zeros - 1u);
    return round_pack(sign, e - int(zeros) + 1, normal.y | uint(normal.x != 0u));
}

uint f32_fma(const uint a, const uint b, const uint c)
{
    uint sign = (a ^ b) & SIGN;
    bool differ = sign != (c & SIGN);
    if (max(max(a & 0x7FFFFFFFu, b & 0x7FFFFFFFu), c & 0x7FFFFFFFu) >= F32_INF)
        return fma_special(a, b, c);
    if ((a & 0x7FFFFFFFu) == 0u || (b & 0x7FFFFFFFu) == 0u) {
        if ((c & 0x7FFFFFFFu) != 0u)
            return c;
        return differ ? 0u : sign;
    }
    // The product exactly, its leading one in place 60 or 61; place 61 has weight 2^(e - 127).
    uint sa = f32_significand(a) << 7;
    uint sb = f32_significand(b) << 7;
    uvec2 product = uvec2(sa * sb, high_product(sa, sb));
    int e = f32_exponent(a) + f32_exponent(b) - 126;
    if ((c & 0x7FFFFFFFu) == 0u)
        return normalize_pack_wide(sign, e, product);
    // The addend likewise, its leading one in place 61; whatever is smaller is shifted to the other
    // one's weight.
    uvec2 addend = uvec2(0u, f32_significand(c) << 6);
    int above = e - f32_exponent(c);
    if (above >= 0)
        addend = wide_shr_sticky(addend, uint(above));
    else
        product = wide_shr_sticky(product, uint(-above));
    e = max(e, f32_exponent(c));
    if (!differ)
        return normalize_pack_wide(sign, e, wide_add(product, addend));
    if (product.x == addend.x && product.y == addend.y)
        return 0u;
    if (wide_less(product, addend))
        return normalize_pack_wide(c & SIGN, e, wide_sub(addend, product));
    return normalize_pack_wide(sign, e, wide_sub(product, addend));
}

// ---- Comparisons --------------------------------------------------------------------------------

bool f32_equal(const uint a, const uint b)
{
    return !is_nan(a) && !is_nan(b) && (a == b || ((a | b) & 0x7FFFFFFFu) == 0u);
}

// Bits ordered like the numbers: negative ones count down.
int order_key(const uint x)
{
    return (x & SIGN) != 0u ? -int(x & 0x7FFFFFFFu) : int(x);
}

bool f32_less(const uint a, const uint b)
{
    return !is_nan(a) && !is_nan(b) && order_key(a) < order_key(b);
}

bool f32_less_equal(const uint a, const uint b)
{
    return !is_nan(a) && !is_nan(b) && order_key(a) <= order_key(b);
}

// ---- Rounding to integers -----------------------------------------------------------------------

uint f32_trunc(const uint x)
{
    int e = int(x >> 23 & 0xFFu);
    if (e >= 150)
        return x;
    return e < 127 ? x & SIGN : x & ~(0x007FFFFFu >> (e - 127));
}

// Away from zero where it is not an integer yet.
uint f32_grow(const uint x)
{
    uint t = f32_trunc(x);
    if (t == x || (x & 0x7FFFFFFFu) == 0u)
        return x;
    int e = int(x >> 23 & 0xFFu);
    return e < 127 ? (x & SIGN) | 0x3F800000u : t + (0x00800000u >> (e - 127));
}

uint f32_floor(const uint x)
{
    return (x & SIGN) != 0u ? f32_grow(x) : f32_trunc(x);
}

uint f32_ceil(const uint x)
{
    return (x & SIGN) != 0u ? f32_trunc(x) : f32_grow(x);
}

// Half away from zero.
uint f32_round(const uint x)
{
    int e = int(x >> 23 & 0xFFu);
    if (e >= 150)
        return x;
    if (e < 126)
        return x & SIGN;
    if (e == 126)
        return (x & SIGN) | 0x3F800000u;
    return (x + (0x00400000u >> (e - 127))) & ~(0x007FFFFFu >> (e - 127));
}

// ---- Conversions --------------------------------------------------------------------------------

uint f32_from_u32(const uint x)
{
    return x == 0u ? 0u : normalize_pack(0u, 156, x);
}

uint f32_from_i32(const uint x)
{
    if ((x & SIGN) == 0u)
        return f32_from_u32(x);
    return normalize_pack(SIGN, 156, 0u - x);
}

uint f32_from_u64(const uvec2 x)
{
    return (x.x | x.y) == 0u ? 0u : normalize_pack_wide(0u, 188, x);
}

// The integer part of |x| below 2^32.
uint magnitude_to_u32(const uint x)
{
    int e = int(x >> 23 & 0xFFu);
    uint m = (x & 0x007FFFFFu) | 0x00800000u;
    if (e < 127)
        return 0u;
    return e < 150 ? m >> (150 - e) : m << (e - 150);
}

// Towards zero, to the nearest value that the type has; 0 for a NaN.
uint f32_to_u32(const uint x)
{
    if (is_nan(x) || (x & SIGN) != 0u)
        return 0u;
    return x >= 0x4F800000u ? 0xFFFFFFFFu : magnitude_to_u32(x);
}

uint f32_to_i32(const uint x)
{
    if (is_nan(x))
        return 0u;
    bool negative = (x & SIGN) != 0u;
    if ((x & 0x7FFFFFFFu) >= 0x4F000000u)
        return negative ? SIGN : 0x7FFFFFFFu;
    uint m = magnitude_to_u32(x);
    return negative ? 0u - m : m;
}

// The bits of the same number as a binary64; x has no subnormals.
uvec2 f64_from_f32(const uint x)
{
    uint m = x & 0x7FFFFFFFu;
    uint sign = x & SIGN;
    if (is_nan(x))
        return uvec2(0u, 0x7FF80000u);
    if (m == 0u)
        return uvec2(0u, sign);
    if (m == F32_INF)
        return uvec2(0u, sign | 0x7FF00000u);
    return uvec2(m << 29, sign | ((m >> 3) + (896u << 20)));
}

// Rounded to nearest even; x is the bits of a binary64.
uint f32_from_f64(const uvec2 x)
{
    uint sign = x.y & SIGN;
    uint high = x.y & 0x7FFFFFFFu;
    int e = int(high >> 20);
    if (e == 0x7FF)
        return ((high & 0x000FFFFFu) | x.x) != 0u ? F32_NAN : sign | F32_INF;
    // A subnormal binary64 is far below half of the smallest binary32.
    if (e == 0)
        return sign;
    uint m = (high & 0x000FFFFFu) << 10 | 0x40000000u | x.x >> 22 | uint(x.x << 10 != 0u);
    return round_pack(sign, e - 897, m);
}
