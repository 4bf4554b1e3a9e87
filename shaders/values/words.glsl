// SPDX-License-Identifier: MIT
// What the value library needs of 32-bit and 64-bit integers. A 64-bit integer is a uvec2, low word
// in x. Like the other parts it is written so that C reads it too: parameters are const, vectors
// are made by uvec2(low, high), and there are no loops, because a driver may count their passes
// (docs/runtime.md, "Loop limit").

// Zeros above the highest one of `x`; 32 for 0.
uint leading_zeros(const uint x)
{
    return uint(31 - findMSB(x));
}

// x >> n with every bit that is lost kept as a one in the lowest place; any n.
uint shift_right_sticky(const uint x, const uint n)
{
    if (n == 0u)
        return x;
    if (n > 31u)
        return uint(x != 0u);
    return x >> n | uint(x << (32u - n) != 0u);
}

bool wide_less(const uvec2 a, const uvec2 b)
{
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

uvec2 wide_add(const uvec2 a, const uvec2 b)
{
    uint low = a.x + b.x;
    return uvec2(low, a.y + b.y + uint(low < a.x));
}

uvec2 wide_sub(const uvec2 a, const uvec2 b)
{
    return uvec2(a.x - b.x, a.y - b.y - uint(a.x < b.x));
}

// By n modulo 64.
uvec2 wide_shl(const uvec2 a, const uint n)
{
    uint m = n & 31u;
    if ((n & 32u) != 0u)
        return uvec2(0u, a.x << m);
    return uvec2(a.x << m, m == 0u ? a.y : a.y << m | a.x >> (32u - m));
}

uvec2 wide_shr(const uvec2 a, const uint n)
{
    uint m = n & 31u;
    if ((n & 32u) != 0u)
        return uvec2(a.y >> m, 0u);
    return uvec2(m == 0u ? a.x : a.x >> m | a.y << (32u - m), a.y >> m);
}

// As shift_right_sticky.
uvec2 wide_shr_sticky(const uvec2 a, const uint n)
{
    if (n == 0u)
        return a;
    if (n > 63u)
        return uvec2(uint((a.x | a.y) != 0u), 0u);
    uvec2 lost = wide_shl(a, 64u - n);
    uvec2 kept = wide_shr(a, n);
    return uvec2(kept.x | uint((lost.x | lost.y) != 0u), kept.y);
}

uint wide_clz(const uvec2 a)
{
    return a.y != 0u ? leading_zeros(a.y) : 32u + leading_zeros(a.x);
}
