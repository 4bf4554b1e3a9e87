// SPDX-License-Identifier: MIT
// The functions whose definition computes in binary64 (lib/interp/libm_trig.c; spec: semantics.md,
// 12.4, 12.6, 12.7). A module that calls one needs 64-bit floats.

double D(const uint high, const uint low)
{
    return packDouble2x32(uvec2(low, high));
}

// Rounded by integers, because a driver may round the conversion either way.
float narrow(const double x)
{
    return F(f32_from_f64(unpackDouble2x32(x)));
}

#define HALF_PI D(0x3FF921FBu, 0x54442D18u)

// ---- Kernels on [-pi/4, pi/4] -------------------------------------------------------------------

float kernel_sin(const double y)
{
    double z = y * y;
    double w = z * z;
    double r = D(0xBF2A00F9u, 0xE2CAE774u) + z * D(0x3EC6CD87u, 0x8C3B46A7u);
    double s = z * y;
    return narrow((y + s * (D(0xBFC55555u, 0x54CBAC77u) + z * D(0x3F811110u, 0x896EFBB2u))) +
                  s * w * r);
}

float kernel_cos(const double y)
{
    double z = y * y;
    double w = z * z;
    double r = D(0xBF56C087u, 0xE80F1E27u) + z * D(0x3EF99342u, 0xE0EE5069u);
    double one = D(0x3FF00000u, 0u);
    return narrow(((one + z * D(0xBFDFFFFFu, 0xFD0C5E81u)) + w * D(0x3FA55553u, 0xE1053A42u)) +
                  (w * z) * r);
}

float kernel_tan(const double y, const bool odd)
{
    double z = y * y;
    double r = D(0x3F685DADu, 0xFCECF44Eu) + z * D(0x3F8362B9u, 0xBF971BCDu);
    double t = D(0x3FAB54C9u, 0x1D865AFEu) + z * D(0x3F991DF3u, 0x908C33CEu);
    double w = z * z;
    double s = z * y;
    double u = D(0x3FD5554Du, 0x3418C99Fu) + z * D(0x3FC112FDu, 0x38999F72u);
    r = (y + s * u) + (s * w) * (t + w * r);
    return narrow(odd ? D(0xBFF00000u, 0u) / r : r);
}

// ---- Argument reduction -------------------------------------------------------------------------

// |x| - n * pi/2, and n modulo 4, of a large x.
uint reduce_large(const uint x, out double y)
{
    uint high, middle, low;
    bool negative;
    uint n = reduce_fraction(x, high, middle, low, negative);
    // The leading bits exactly, then the rest, times pi/2 as the sum of two doubles.
    double lead = double(high) * D(0x3DF00000u, 0u);
    double rest = double(middle) * D(0x3BF00000u, 0u) + double(low) * D(0x39F00000u, 0u);
    double pi_high = D(0x3FF921FBu, 0x50000000u);
    double pi_low = D(0x3E5110B4u, 0x611A6263u);
    y = lead * pi_high + (rest * pi_high + (lead + rest) * pi_low);
    if (negative)
        y = D(0u, 0u) - y;
    return n & 3u;
}

// x - n * pi/2, and n modulo 4.
uint reduce(const float x, out double y)
{
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    double w = double(x);
    if (ix < 0x4DC90FDBu) {
        double shift = D(0x43380000u, 0u);
        double n = w * D(0x3FE45F30u, 0x6DC9C883u) + shift;
        n = n - shift;
        y = w - n * D(0x3FF921FBu, 0x50000000u) - n * D(0x3E5110B4u, 0x611A6263u);
        return uint(int(n)) & 3u;
    }
    uint n = reduce_large(ix, y);
    if (is_negative(x)) {
        y = D(0u, 0u) - y;
        n = (0u - n) & 3u;
    }
    return n;
}

// w moved towards zero by p.
double nearer(const double w, const double p, const bool negative)
{
    return negative ? w + p : w - p;
}

// ---- sin, cos, tan ------------------------------------------------------------------------------

float sin_of(const float x)
{
    double p = HALF_PI;
    double w = double(x);
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    bool negative = is_negative(x);
    double y;
    if (ix <= 0x3F490FDAu)
        return ix < 0x39800000u ? x : kernel_sin(w);
    if (ix >= 0x7F800000u)
        return INVALID;
    if (ix <= 0x4016CBE3u)
        return with_sign(kernel_cos(nearer(w, p, negative)), negative);
    if (ix <= 0x407B53D1u)
        return kernel_sin(D(0u, 0u) - nearer(w, D(0x40000000u, 0u) * p, negative));
    if (ix <= 0x40AFEDDFu)
        return with_sign(kernel_cos(nearer(w, D(0x40080000u, 0u) * p, negative)), !negative);
    if (ix <= 0x40E231D5u)
        return kernel_sin(nearer(w, D(0x40100000u, 0u) * p, negative));
    uint n = reduce(x, y);
    if ((n & 1u) != 0u)
        return with_sign(kernel_cos(y), n == 3u);
    return kernel_sin(n == 2u ? D(0u, 0u) - y : y);
}

float cos_of(const float x)
{
    double p = HALF_PI;
    double w = double(x);
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    bool negative = is_negative(x);
    double y;
    if (ix <= 0x3F490FDAu)
        return ix < 0x39800000u ? 1.0 : kernel_cos(w);
    if (ix >= 0x7F800000u)
        return INVALID;
    if (ix <= 0x4016CBE3u)
        return kernel_sin(negative ? w + p : p - w);
    if (ix <= 0x407B53D1u)
        return negate(kernel_cos(nearer(w, D(0x40000000u, 0u) * p, negative)));
    if (ix <= 0x40AFEDDFu) {
        double three = D(0x40080000u, 0u) * p;
        return kernel_sin(negative ? (D(0u, 0u) - w) - three : w - three);
    }
    if (ix <= 0x40E231D5u)
        return kernel_cos(nearer(w, D(0x40100000u, 0u) * p, negative));
    uint n = reduce(x, y);
    if ((n & 1u) != 0u)
        return kernel_sin(n == 1u ? D(0u, 0u) - y : y);
    return with_sign(kernel_cos(y), n == 2u);
}

float tan_of(const float x)
{
    double p = HALF_PI;
    double w = double(x);
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    bool negative = is_negative(x);
    double y;
    if (ix <= 0x3F490FDAu)
        return ix < 0x39800000u ? x : kernel_tan(w, false);
    if (ix >= 0x7F800000u)
        return INVALID;
    if (ix <= 0x4016CBE3u)
        return kernel_tan(nearer(w, p, negative), true);
    if (ix <= 0x407B53D1u)
        return kernel_tan(nearer(w, D(0x40000000u, 0u) * p, negative), false);
    if (ix <= 0x40AFEDDFu)
        return kernel_tan(nearer(w, D(0x40080000u, 0u) * p, negative), true);
    if (ix <= 0x40E231D5u)
        return kernel_tan(nearer(w, D(0x40100000u, 0u) * p, negative), false);
    uint n = reduce(x, y);
    return kernel_tan(y, (n & 1u) != 0u);
}

// ---- asin and exp2 ------------------------------------------------------------------------------

float asin_of(const float x)
{
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    if (ix == 0x3F800000u)
        return narrow(double(x) * HALF_PI + double(TINY));
    if (ix > 0x3F800000u)
        return INVALID;
    if (ix < 0x3F000000u) {
        if (ix < 0x39800000u && ix >= 0x00800000u)
            return x;
        return x + x * arc_ratio(x * x);
    }
    float z = (1.0 - magnitude(x)) * 0.5;
    double s = sqrt(double(z));
    double two = D(0x40000000u, 0u);
    float r = narrow(HALF_PI - two * (s + s * double(arc_ratio(z))));
    return with_sign(r, is_negative(x));
}

float exp2_of(const float x)
{
    const uint table_high[16] =
        uint[16](0x3FE6A09Eu, 0x3FE7A114u, 0x3FE8ACE5u, 0x3FE9C491u, 0x3FEAE89Fu, 0x3FEC199Bu,
                 0x3FED5818u, 0x3FEEA4AFu, 0x3FF00000u, 0x3FF0B558u, 0x3FF172B8u, 0x3FF2387Au,
                 0x3FF306FEu, 0x3FF3DEA6u, 0x3FF4BFDAu, 0x3FF5AB07u);
    const uint table_low[16] =
        uint[16](0x667F3BCDu, 0x73EB0187u, 0x422AA0DBu, 0x82A3F090u, 0x995AD3ADu, 0xDD85529Cu,
                 0xDCFBA487u, 0xA2A490DAu, 0x00000000u, 0x6CF9890Fu, 0x3C7D517Bu, 0x6E756238u,
                 0x0A31B715u, 0x4C123422u, 0xD5362A27u, 0xDD485429u);
    uint ix = bits_of(x) & 0x7FFFFFFFu;
    if (ix > 0x42FC0000u) {
        if (ix > 0x7F800000u)
            return x;
        if (!is_negative(x) && ix >= 0x43000000u)
            return INFINITE;
        if (is_negative(x) && ix >= 0x43160000u)
            return 0.0;
    }
    if (ix <= 0x33000000u)
        return 1.0 + x;
    float shift = F(0x49400000u);
    uint bits = bits_of(x + shift);
    uint i = bits + 8u;
    uint k = i / 16u;
    double z = double(x - (F(bits) - shift));
    double r = D(table_high[i & 15u], table_low[i & 15u]);
    double t = r * z;
    double p1 = double(F(0x3F317218u));
    double p2 = double(F(0x3E75FDF0u));
    double p3 = double(F(0x3D6359A4u));
    double p4 = double(F(0x3C1D964Eu));
    r = r + t * (p1 + z * p2) + t * (z * z) * (p3 + z * p4);
    return narrow(r * D((0x3FFu + k) << 20, 0u));
}

uint libm_sin(const uint x)
{
    return bits_of(sin_of(F(x)));
}

uint libm_cos(const uint x)
{
    return bits_of(cos_of(F(x)));
}

uint libm_tan(const uint x)
{
    return bits_of(tan_of(F(x)));
}

uint libm_asin(const uint x)
{
    return bits_of(asin_of(F(x)));
}

uint libm_exp2(const uint x)
{
    return bits_of(exp2_of(F(x)));
}
