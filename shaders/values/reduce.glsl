// SPDX-License-Identifier: MIT
// Reduction of large arguments modulo pi/2, with integers (lib/interp/libm_trig.c: reduce_large).

// Word of 2/pi that starts `bit` bits after the binary point; before it are zeros. Enough for the
// largest f32.
uint fraction_word(const int bit)
{
    const uint two_over_pi[10] =
        uint[10](0u, 0xA2F9836Eu, 0x4E441529u, 0xFC2757D1u, 0xF534DDC0u, 0xDB629599u, 0x3C439041u,
                 0xFE5163ABu, 0xDEBBC561u, 0u);
    int at = bit + 32;
    uint s = uint(at & 31);
    uint first = two_over_pi[at >> 5];
    return s == 0u ? first : first << s | two_over_pi[(at >> 5) + 1] >> (32u - s);
}

// The multiple of pi/2 nearest to |x|, modulo 4, for |x| from 2^-2 up, and the fraction that is
// left: 96 bits after the binary point, its magnitude and whether it is negative.
uint reduce_fraction(const uint x, out uint high, out uint middle, out uint low, out bool negative)
{
    int e = int(x >> 23 & 0xFFu) - 150;
    uint m = (x & 0x007FFFFFu) | 0x00800000u;
    uint w0 = fraction_word(e - 2);
    uint w1 = fraction_word(e + 30);
    uint w2 = fraction_word(e + 62);
    uint w3 = fraction_word(e + 94);
    // The low 128 bits of m times the window, two of them before the point.
    uvec2 sum = uvec2(m * w3, high_product(m, w3));
    uint p3 = sum.x;
    sum = wide_add(uvec2(m * w2, high_product(m, w2)), uvec2(sum.y, 0u));
    uint p2 = sum.x;
    sum = wide_add(uvec2(m * w1, high_product(m, w1)), uvec2(sum.y, 0u));
    uint p1 = sum.x;
    uint p0 = m * w0 + sum.y;
    uint n = p0 >> 30;
    high = p0 << 2 | p1 >> 30;
    middle = p1 << 2 | p2 >> 30;
    low = p2 << 2 | p3 >> 30;
    uint lowest = p3 << 2;
    // Beyond a half the next multiple is nearer.
    negative = (high & 0x80000000u) != 0u;
    if (negative) {
        n += 1u;
        bool carry = lowest == 0u;
        low = ~low + uint(carry);
        carry = carry && low == 0u;
        middle = ~middle + uint(carry);
        carry = carry && middle == 0u;
        high = ~high + uint(carry);
    }
    return n;
}
