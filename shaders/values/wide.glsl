// SPDX-License-Identifier: MIT
// u64 for devices without 64-bit integers (spec: semantics.md, 3.1 and 4.1), and what has no
// 64-bit instruction anywhere.

uvec2 u64_mul(const uvec2 a, const uvec2 b)
{
    return uvec2(a.x * b.x, high_product(a.x, b.x) + a.x * b.y + a.y * b.x);
}

// The upper half of the 128-bit product, from the four products of halves.
uvec2 u64_mul_high(const uvec2 a, const uvec2 b)
{
    uvec2 middle = wide_add(uvec2(a.y * b.x, high_product(a.y, b.x)),
                            uvec2(high_product(a.x, b.x), 0u));
    uvec2 carry = wide_add(uvec2(a.x * b.y, high_product(a.x, b.y)), uvec2(middle.x, 0u));
    uvec2 high = wide_add(uvec2(a.y * b.y, high_product(a.y, b.y)), uvec2(middle.y, 0u));
    return wide_add(high, uvec2(carry.y, 0u));
}

// One digit of 16 bits of a long division (Knuth, 4.3.1, algorithm D): the quotient of
// high * 2^16 + next by d, where high < d and d has its top bit set. The estimate from the upper
// half of d is at most 2 too large.
uint quotient_digit(const uint high, const uint next, const uint d)
{
    uint top = d >> 16;
    uint q = min(high / top, 0xFFFFu);
    uint rest = high - q * top;
    if (rest < 0x10000u && q * (d & 0xFFFFu) > (rest << 16 | next)) {
        q -= 1u;
        rest += top;
    }
    if (rest < 0x10000u && q * (d & 0xFFFFu) > (rest << 16 | next))
        q -= 1u;
    return q;
}

// Quotient in x, remainder in y, of a.y:a.x by d, where a.y < d and d is not 0.
uvec2 divide_to_word(const uvec2 a, const uint d)
{
    uint shift = leading_zeros(d);
    uvec2 n = wide_shl(a, shift);
    uint v = d << shift;
    uint q1 = quotient_digit(n.y, n.x >> 16, v);
    uint rest = (n.y << 16 | n.x >> 16) - q1 * v;
    uint q0 = quotient_digit(rest, n.x & 0xFFFFu, v);
    rest = (rest << 16 | (n.x & 0xFFFFu)) - q0 * v;
    return uvec2(q1 << 16 | q0, rest >> shift);
}

// b is not 0. With a divisor of more than 32 bits the quotient is one word, and the estimate from
// half of a and the divisor's leading 32 bits is at most 1 off once it is taken down by 1.
uvec2 quotient(const uvec2 a, const uvec2 b)
{
    if (b.y == 0u) {
        uint high = a.y / b.x;
        return uvec2(divide_to_word(uvec2(a.x, a.y - high * b.x), b.x).x, high);
    }
    uint shift = leading_zeros(b.y);
    uint q = divide_to_word(wide_shr(a, 1u), wide_shl(b, shift).y).x;
    q = wide_shr(wide_shl(uvec2(q, 0u), shift), 31u).x;
    if (q != 0u)
        q -= 1u;
    uvec2 rest = wide_sub(a, u64_mul(uvec2(q, 0u), b));
    return uvec2(wide_less(rest, b) ? q : q + 1u, 0u);
}

uvec2 u64_div(const uvec2 a, const uvec2 b)
{
    if ((b.x | b.y) == 0u)
        return uvec2(0xFFFFFFFFu, 0xFFFFFFFFu);
    return quotient(a, b);
}

uvec2 u64_mod(const uvec2 a, const uvec2 b)
{
    if ((b.x | b.y) == 0u)
        return uvec2(0u, 0u);
    return wide_sub(a, u64_mul(quotient(a, b), b));
}

uvec2 u64_saturating_mul(const uvec2 a, const uvec2 b)
{
    uvec2 high = u64_mul_high(a, b);
    if ((high.x | high.y) != 0u)
        return uvec2(0xFFFFFFFFu, 0xFFFFFFFFu);
    return u64_mul(a, b);
}
