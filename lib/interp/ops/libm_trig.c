// SPDX-License-Identifier: MIT
// Trigonometric functions and their inverses (spec: semantics.md, 12.6 to 12.8).
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

static double half_pi(void)
{
    return D(0x3FF921FB54442D18);
}

// ---- Kernels on [-pi/4, pi/4] ------------------------------------------------------------------

static float kernel_sin(double y)
{
    double z = y * y;
    double w = z * z;
    double r = D(0xBF2A00F9E2CAE774) + z * D(0x3EC6CD878C3B46A7);
    double s = z * y;
    return (float)((y + s * (D(0xBFC5555554CBAC77) + z * D(0x3F811110896EFBB2))) + s * w * r);
}

static float kernel_cos(double y)
{
    double z = y * y;
    double w = z * z;
    double r = D(0xBF56C087E80F1E27) + z * D(0x3EF99342E0EE5069);
    return (float)(((1.0 + z * D(0xBFDFFFFFFD0C5E81)) + w * D(0x3FA55553E1053A42)) + (w * z) * r);
}

static float kernel_tan(double y, bool odd)
{
    double z = y * y;
    double r = D(0x3F685DADFCECF44E) + z * D(0x3F8362B9BF971BCD);
    double t = D(0x3FAB54C91D865AFE) + z * D(0x3F991DF3908C33CE);
    double w = z * z;
    double s = z * y;
    double u = D(0x3FD5554D3418C99F) + z * D(0x3FC112FD38999F72);
    r = (y + s * u) + (s * w) * (t + w * r);
    return (float)(odd ? -1.0 / r : r);
}

// ---- Argument reduction ------------------------------------------------------------------------

// Bits of 2/pi after the binary point, 32 at a time: enough for the largest f32.
static const uint32_t two_over_pi[] = {
    0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561,
};

// Word of 2/pi that starts `bit` bits after the binary point; negative bits are zeros.
static uint32_t fraction_word(int bit)
{
    uint64_t word = 0;
    for (int i = 0; i < 32; i++) {
        int at = bit + i;
        uint32_t one = at < 0 ? 0 : two_over_pi[at / 32] >> (31 - at % 32) & 1;
        word = word << 1 | one;
    }
    return (uint32_t)word;
}

// The multiple of pi/2 nearest to |x|, modulo 4, and what is left of it, for large finite |x|. With
// m the 24-bit mantissa and e its exponent, the bits of m * 2^e * 2/pi that matter are those of m
// times a window of 2/pi that begins two places before the binary point.
static unsigned reduce_large(float x, double *y)
{
    uint32_t bits = interp_f32_bits(x) & 0x7FFFFFFF;
    int exponent = (int)(bits >> 23) - 150;
    uint64_t mantissa = (bits & 0x007FFFFF) | 0x00800000;
    // 128 bits of the window, of which the product keeps the low 128: two before the point.
    uint32_t words[4], product[4];
    for (int i = 0; i < 4; i++)
        words[i] = fraction_word(exponent - 2 + 32 * i);
    uint64_t carry = 0;
    for (int i = 3; i >= 0; i--) {
        uint64_t sum = mantissa * words[i] + carry;
        product[i] = (uint32_t)sum;
        carry = sum >> 32;
    }
    unsigned n = product[0] >> 30;
    // The fraction, 94 bits and more; beyond a half the next multiple is nearer.
    uint64_t high = (uint64_t)product[0] << 34 | (uint64_t)product[1] << 2 | product[2] >> 30;
    uint64_t low = (uint64_t)product[2] << 34 | (uint64_t)product[3] << 2;
    bool negative = high >> 63;
    if (negative) {
        n++;
        low = ~low + 1;
        high = ~high + (low == 0);
    }
    // The leading bits exactly, then the rest, times pi/2 as the sum of two doubles.
    double lead = ldexp((double)(high >> 32), -32);
    double rest = ldexp((double)(high & 0xFFFFFFFF), -64) + ldexp((double)(low >> 32), -96);
    double pi_high = D(0x3FF921FB50000000), pi_low = D(0x3E5110B4611A6263);
    double value = lead * pi_high + (rest * pi_high + (lead + rest) * pi_low);
    *y = negative ? -value : value;
    return n & 3;
}

// x - n * pi/2, and n modulo 4.
static unsigned reduce(float x, double *y)
{
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    if (ix < 0x4DC90FDB) {
        double fn = (double)x * D(0x3FE45F306DC9C883) + D(0x4338000000000000);
        fn -= D(0x4338000000000000);
        *y = (double)x - fn * D(0x3FF921FB50000000) - fn * D(0x3E5110B4611A6263);
        return (unsigned)(int)fn & 3;
    }
    unsigned n = reduce_large(x, y);
    if (signbit(x)) {
        *y = -*y;
        n = (0u - n) & 3;
    }
    return n;
}

// ---- sin, cos, tan -----------------------------------------------------------------------------

float interp_sin(float x)
{
    const double p = half_pi(), w = (double)x;
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    bool negative = signbit(x);
    double y;
    if (ix <= 0x3F490FDA)
        return ix < 0x39800000 ? x : kernel_sin(w);
    if (ix <= 0x407B53D1) {
        if (ix <= 0x4016CBE3)
            return negative ? -kernel_cos(w + p) : kernel_cos(w - p);
        return kernel_sin(negative ? -(w + 2 * p) : -(w - 2 * p));
    }
    if (ix <= 0x40E231D5) {
        if (ix <= 0x40AFEDDF)
            return negative ? kernel_cos(w + 3 * p) : -kernel_cos(w - 3 * p);
        return kernel_sin(negative ? w + 4 * p : w - 4 * p);
    }
    if (ix >= 0x7F800000)
        return NAN;
    switch (reduce(x, &y)) {
    case 0: return kernel_sin(y);
    case 1: return kernel_cos(y);
    case 2: return kernel_sin(-y);
    default: return -kernel_cos(y);
    }
}

float interp_cos(float x)
{
    const double p = half_pi(), w = (double)x;
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    bool negative = signbit(x);
    double y;
    if (ix <= 0x3F490FDA)
        return ix < 0x39800000 ? 1 : kernel_cos(w);
    if (ix <= 0x407B53D1) {
        if (ix > 0x4016CBE3)
            return -kernel_cos(negative ? w + 2 * p : w - 2 * p);
        return negative ? kernel_sin(w + p) : kernel_sin(p - w);
    }
    if (ix <= 0x40E231D5) {
        if (ix > 0x40AFEDDF)
            return kernel_cos(negative ? w + 4 * p : w - 4 * p);
        return negative ? kernel_sin(-w - 3 * p) : kernel_sin(w - 3 * p);
    }
    if (ix >= 0x7F800000)
        return NAN;
    switch (reduce(x, &y)) {
    case 0: return kernel_cos(y);
    case 1: return kernel_sin(-y);
    case 2: return -kernel_cos(y);
    default: return kernel_sin(y);
    }
}

float interp_tan(float x)
{
    const double p = half_pi(), w = (double)x;
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    bool negative = signbit(x);
    double y;
    if (ix <= 0x3F490FDA)
        return ix < 0x39800000 ? x : kernel_tan(w, false);
    if (ix <= 0x407B53D1) {
        if (ix <= 0x4016CBE3)
            return kernel_tan(negative ? w + p : w - p, true);
        return kernel_tan(negative ? w + 2 * p : w - 2 * p, false);
    }
    if (ix <= 0x40E231D5) {
        if (ix <= 0x40AFEDDF)
            return kernel_tan(negative ? w + 3 * p : w - 3 * p, true);
        return kernel_tan(negative ? w + 4 * p : w - 4 * p, false);
    }
    if (ix >= 0x7F800000)
        return NAN;
    unsigned n = reduce(x, &y);
    return kernel_tan(y, n & 1);
}

// ---- Inverses ----------------------------------------------------------------------------------

static float tiny(void)
{
    return F(0x03800000); // 2^-120
}

static float arc_ratio(float z)
{
    float p = z * (F(0x3E2AAA75) + z * (F(0xBD2F13BA) + z * F(0xBC0DD36B)));
    float q = 1 + z * F(0xBF34E5AE);
    return p / q;
}

float interp_asin(float x)
{
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    if (ix == 0x3F800000)
        return (float)((double)x * half_pi() + (double)tiny());
    if (ix > 0x3F800000)
        return NAN;
    if (ix < 0x3F000000) {
        if (ix < 0x39800000 && ix >= 0x00800000)
            return x;
        return x + x * arc_ratio(x * x);
    }
    float z = (1 - fabsf(x)) * 0.5f;
    double s = sqrt((double)z);
    float r = (float)(half_pi() - 2 * (s + s * (double)arc_ratio(z)));
    return signbit(x) ? -r : r;
}

float interp_acos(float x)
{
    const float high = F(0x3FC90FDA), low = F(0x33A22168);
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    if (ix == 0x3F800000)
        return signbit(x) ? 2 * high + tiny() : 0;
    if (ix > 0x3F800000)
        return NAN;
    if (ix < 0x3F000000) {
        if (ix <= 0x32800000)
            return high + tiny();
        return high - (x - (low - x * arc_ratio(x * x)));
    }
    if (signbit(x)) {
        float z = (1 + x) * 0.5f;
        float s = sqrtf(z);
        float w = arc_ratio(z) * s - low;
        return 2 * (high - (s + w));
    }
    float z = (1 - x) * 0.5f;
    float s = sqrtf(z);
    float df = F(interp_f32_bits(s) & 0xFFFFF000);
    float c = (z - df * df) / (s + df);
    float w = arc_ratio(z) * s + c;
    return 2 * (df + w);
}

// Brings |x| near zero; returns which arc tangent that took away, or -1.
static int arc_reduce(uint32_t ix, float *x)
{
    if (ix < 0x3EE00000)
        return -1;
    float a = fabsf(*x);
    if (ix < 0x3F300000) {
        *x = (2 * a - 1) / (2 + a);
        return 0;
    }
    if (ix < 0x3F980000) {
        *x = (a - 1) / (a + 1);
        return 1;
    }
    if (ix < 0x401C0000) {
        *x = (a - 1.5f) / (1 + 1.5f * a);
        return 2;
    }
    *x = -1 / a;
    return 3;
}

float interp_atan(float x)
{
    static const uint32_t high[] = { 0x3EED6338, 0x3F490FDA, 0x3F7B985E, 0x3FC90FDA };
    static const uint32_t low[] = { 0x31AC3769, 0x33222168, 0x33140FB4, 0x33A22168 };
    uint32_t ix = interp_f32_bits(x) & 0x7FFFFFFF;
    bool negative = signbit(x);
    if (isnan(x))
        return x;
    if (ix >= 0x4C800000) {
        float z = F(high[3]) + tiny();
        return negative ? -z : z;
    }
    if (ix < 0x39800000)
        return x;
    int id = arc_reduce(ix, &x);
    float z = x * x;
    float w = z * z;
    float s1 = z * (F(0x3EAAAAA9) + w * (F(0x3E11F50D) + w * F(0x3D7CAC25)));
    float s2 = w * (F(0xBE4CCA98) + w * F(0xBDDA1247));
    if (id < 0)
        return x - x * (s1 + s2);
    z = F(high[id]) - ((x * (s1 + s2) - F(low[id])) - x);
    return negative ? -z : z;
}
