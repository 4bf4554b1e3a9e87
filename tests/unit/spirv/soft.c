// SPDX-License-Identifier: MIT
// The integer parts of the value library, read as C, against the host's arithmetic on millions of
// operands. What a device makes of them is tests/device/agree_values.c.
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "glsl.h"

enum { ROUNDS = 2000000 };

static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13; // xorshift64
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The bits, with the one NaN that the library gives.
static uint32_t to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return isnan(value) ? 0x7FC00000 : bits;
}

static uvec2 pair(uint64_t value)
{
    return uvec2((uint32_t)value, (uint32_t)(value >> 32));
}

// Near the borders of the format, or with exponents that make two of them meet, or anything.
static uint32_t random_float(void)
{
    static const uint32_t borders[] = {
        0x00000000, 0x00000001, 0x007FFFFF, 0x00800000, 0x00FFFFFF, 0x3EFFFFFF, 0x3F000000,
        0x3F7FFFFF, 0x3F800000, 0x4AFFFFFF, 0x4B000000, 0x4B7FFFFF, 0x4EFFFFFF, 0x4F000000,
        0x4F7FFFFF, 0x4F800000, 0x5F000000, 0x7F000000, 0x7F7FFFFF, 0x7F800000, 0x7F800001,
    };
    const uint32_t bits = (uint32_t)(next_random() >> 16);
    const uint32_t border = borders[(bits >> 8) % (sizeof borders / sizeof *borders)];
    switch (next_random() & 7) {
    case 0: return border ^ (bits & 0x80000000);
    case 1: return border + (bits & 3) - 1;
    case 2: return (bits & 0x807FFFFF) | (122 + (bits >> 8) % 10) << 23;
    case 3: return bits & 0x80FFFFFF;
    case 4: return bits & 0xFFF00000;
    default: return bits;
    }
}

static void check(const char *what, uint32_t got, uint32_t wanted, uint32_t a, uint32_t b,
                  uint32_t c)
{
    if (got != wanted)
        fail_msg("%s of %08x %08x %08x: %08x, expected %08x", what, a, b, c, got, wanted);
}

static void arithmetic(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t a = random_float(), b = random_float();
        const float x = from_bits(a), y = from_bits(b);
        // Sometimes what the product cancels with.
        const uint32_t c = i & 15 ? random_float() : to_bits(-(x * y));
        check("sum", f32_add(a, b), to_bits(x + y), a, b, 0);
        check("difference", f32_sub(a, b), to_bits(x - y), a, b, 0);
        check("product", f32_mul(a, b), to_bits(x * y), a, b, 0);
        check("quotient", f32_div(a, b), to_bits(x / y), a, b, 0);
        check("root", f32_sqrt(a), to_bits(sqrtf(x)), a, 0, 0);
        check("fma", f32_fma(a, b, c), to_bits(fmaf(x, y, from_bits(c))), a, b, c);
        check("equal", f32_equal(a, b), x == y, a, b, 0);
        check("less", f32_less(a, b), x < y, a, b, 0);
        check("less or equal", f32_less_equal(a, b), x <= y, a, b, 0);
    }
}

static uint32_t saturate(double value, double least, double most)
{
    if (isnan(value))
        return 0;
    return (uint32_t)(int64_t)fmin(fmax(value, least), most);
}

static void rounding_and_conversions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t a = random_float();
        const float x = from_bits(a);
        const uint64_t number = next_random() >> (next_random() & 63);
        double wide = (double)x * (1 + ldexp((double)(int32_t)number, -60));
        uint64_t wide_bits;
        if (!isnan(x)) { // a NaN comes out as it is
            check("trunc", f32_trunc(a), to_bits(truncf(x)), a, 0, 0);
            check("floor", f32_floor(a), to_bits(floorf(x)), a, 0, 0);
            check("ceil", f32_ceil(a), to_bits(ceilf(x)), a, 0, 0);
            check("round", f32_round(a), to_bits(roundf(x)), a, 0, 0);
        }
        check("from u32", f32_from_u32(a), to_bits((float)a), a, 0, 0);
        check("from i32", f32_from_i32(a), to_bits((float)(int32_t)a), a, 0, 0);
        check("from u64", f32_from_u64(pair(number)), to_bits((float)number), (uint32_t)number,
              (uint32_t)(number >> 32), 0);
        check("to u32", f32_to_u32(a), saturate((double)x, 0, UINT32_MAX), a, 0, 0);
        check("to i32", f32_to_i32(a), saturate((double)x, INT32_MIN, INT32_MAX), a, 0, 0);
        if (i & 1)
            wide = ldexp((double)(next_random() >> 11), (int)(next_random() % 400) - 240);
        memcpy(&wide_bits, &wide, sizeof wide_bits);
        check("from f64", f32_from_f64(pair(wide_bits)), to_bits((float)wide), (uint32_t)wide_bits,
              (uint32_t)(wide_bits >> 32), 0);
        wide = (double)x;
        memcpy(&wide_bits, &wide, sizeof wide_bits);
        if (fpclassify(x) == FP_SUBNORMAL || isnan(x))
            continue;
        check("to f64, low", f64_from_f32(a).x, (uint32_t)wide_bits, a, 0, 0);
        check("to f64, high", f64_from_f32(a).y, (uint32_t)(wide_bits >> 32), a, 0, 0);
    }
}

static void check_wide(const char *what, uvec2 got, uint64_t wanted, uint64_t a, uint64_t b)
{
    if (((uint64_t)got.y << 32 | got.x) != wanted)
        fail_msg("%s of %016llx %016llx: %08x%08x, expected %016llx", what, (unsigned long long)a,
                 (unsigned long long)b, got.y, got.x, (unsigned long long)wanted);
}

static void wide_integers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint64_t b = next_random() >> (next_random() & 63);
        // Sometimes a quotient that is just not reached.
        const uint64_t a = i & 3 ? next_random() >> (next_random() & 63)
                                 : b * (next_random() & 0xFFFF) - (i >> 2 & 1);
        const unsigned n = (unsigned)(next_random() & 127);
        __extension__ const unsigned __int128 product = (unsigned __int128)a * b;
        const uint64_t high = (uint64_t)(product >> 64);
        check_wide("sum", wide_add(pair(a), pair(b)), a + b, a, b);
        check_wide("difference", wide_sub(pair(a), pair(b)), a - b, a, b);
        check_wide("product", u64_mul(pair(a), pair(b)), a * b, a, b);
        check_wide("high product", u64_mul_high(pair(a), pair(b)), high, a, b);
        check_wide("saturated", u64_saturating_mul(pair(a), pair(b)), high ? UINT64_MAX : a * b, a,
                   b);
        check_wide("quotient", u64_div(pair(a), pair(b)), b ? a / b : UINT64_MAX, a, b);
        check_wide("remainder", u64_mod(pair(a), pair(b)), b ? a % b : 0, a, b);
        check_wide("shift left", wide_shl(pair(a), n), a << (n & 63), a, n);
        check_wide("shift right", wide_shr(pair(a), n), a >> (n & 63), a, n);
        check_wide("less", uvec2(wide_less(pair(a), pair(b)), 0), a < b, a, b);
        check_wide("leading zeros", uvec2(wide_clz(pair(a)), 0),
                   a ? (unsigned)__builtin_clzll(a) : 64, a, 0);
    }
    check_wide("quotient by 0", u64_div(pair(5), pair(0)), UINT64_MAX, 5, 0);
    check_wide("remainder by 0", u64_mod(pair(5), pair(0)), 0, 5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(rounding_and_conversions),
        cmocka_unit_test(wide_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
