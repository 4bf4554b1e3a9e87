// SPDX-License-Identifier: MIT
// Operators on edge values (spec: semantics.md, sections 2 to 5), called directly: the validator
// stands in front of many of these.
#include "interp/ops.h"
#include "test.h"

static const uint32_t MIN = 0x80000000, MAX = 0x7FFFFFFF, ALL = 0xFFFFFFFF;

static struct interp_value u(uint32_t value)
{
    return interp_u32(value);
}

static struct interp_value s(uint32_t bits)
{
    return interp_i32(bits);
}

static struct interp_value w(uint64_t value)
{
    return interp_u64(value);
}

static struct interp_value b(bool value)
{
    return interp_bool(value);
}

static struct interp_value f(uint32_t bits)
{
    return interp_float((double)interp_f32_from_bits(bits));
}

static void assert_value(const struct interp_value *got, struct interp_value expected,
                         const char *what)
{
    uint8_t a[INTERP_MAX_BYTES], e[INTERP_MAX_BYTES];
    size_t size = interp_to_bytes(got, a);
    if (got->kind != expected.kind || size != interp_to_bytes(&expected, e) ||
        memcmp(a, e, size) != 0)
        fail_msg("%s: a %s, 0x%llx, not a %s, 0x%llx", what, interp_kind_name(got->kind),
                 (unsigned long long)got->u64, interp_kind_name(expected.kind),
                 (unsigned long long)expected.u64);
}

struct binary {
    enum ir_binop op;
    struct interp_value left, right, expected;
};

static void check_binary(const struct binary *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct interp_value got;
        char what[40];
        snprintf(what, sizeof what, "case %zu, operator %d", i, (int)cases[i].op);
        assert_int_equal(INTERP_OP_OK,
                         interp_binop(cases[i].op, &cases[i].left, &cases[i].right, &got));
        assert_value(&got, cases[i].expected, what);
    }
}

#define CHECK_BINARY(...)                                                                          \
    do {                                                                                           \
        const struct binary cases[] = { __VA_ARGS__ };                                             \
        check_binary(cases, sizeof cases / sizeof *cases);                                         \
    } while (0)

static void u32_operators(void **state)
{
    (void)state;
    CHECK_BINARY(
        { IR_BIN_ADD, u(ALL), u(2), u(1) }, { IR_BIN_WRAPPING_ADD, u(ALL), u(2), u(1) },
        { IR_BIN_SUB, u(0), u(1), u(ALL) }, { IR_BIN_WRAPPING_SUB, u(0), u(1), u(ALL) },
        { IR_BIN_MUL, u(0x10001), u(0x10001), u(0x20001) }, { IR_BIN_DIV, u(7), u(2), u(3) },
        { IR_BIN_DIV, u(7), u(0), u(ALL) }, { IR_BIN_DIV, u(0), u(0), u(ALL) },
        { IR_BIN_MOD, u(7), u(4), u(3) }, { IR_BIN_MOD, u(7), u(0), u(0) },
        { IR_BIN_BIT_AND, u(12), u(10), u(8) }, { IR_BIN_BIT_OR, u(12), u(10), u(14) },
        { IR_BIN_BIT_XOR, u(12), u(10), u(6) }, { IR_BIN_SHL, u(1), u(31), u(MIN) },
        { IR_BIN_SHL, u(1), u(32), u(1) }, { IR_BIN_SHL, u(1), u(ALL), u(MIN) },
        { IR_BIN_SHR, u(MIN), u(31), u(1) }, { IR_BIN_SHR, u(MIN), u(33), u(MIN >> 1) },
        { IR_BIN_ROTATE_LEFT, u(0x80000001), u(1), u(3) },
        { IR_BIN_ROTATE_LEFT, u(5), u(32), u(5) }, { IR_BIN_ROTATE_LEFT, u(5), u(0), u(5) },
        { IR_BIN_ROTATE_RIGHT, u(3), u(1), u(0x80000001) },
        { IR_BIN_ROTATE_RIGHT, u(5), u(64), u(5) }, { IR_BIN_MIN, u(1), u(ALL), u(1) },
        { IR_BIN_MAX, u(1), u(ALL), u(ALL) }, { IR_BIN_ABS_DIFF, u(1), u(ALL), u(ALL - 1) },
        { IR_BIN_ABS_DIFF, u(5), u(3), u(2) }, { IR_BIN_SATURATING_ADD, u(ALL), u(1), u(ALL) },
        { IR_BIN_SATURATING_ADD, u(ALL - 1), u(1), u(ALL) },
        { IR_BIN_SATURATING_SUB, u(1), u(2), u(0) }, { IR_BIN_SATURATING_SUB, u(2), u(1), u(1) },
        { IR_BIN_SATURATING_MUL, u(0x10000), u(0x10000), u(ALL) },
        { IR_BIN_SATURATING_MUL, u(0xFFFF), u(0x10001), u(ALL) },
        { IR_BIN_SATURATING_MUL, u(3), u(5), u(15) },
        { IR_BIN_MUL_HIGH, u(ALL), u(ALL), u(ALL - 1) }, { IR_BIN_EQ, u(1), u(1), b(true) },
        { IR_BIN_NE, u(1), u(1), b(false) }, { IR_BIN_LT, u(1), u(ALL), b(true) },
        { IR_BIN_GT, u(1), u(ALL), b(false) }, { IR_BIN_LE, u(1), u(1), b(true) },
        { IR_BIN_GE, u(0), u(1), b(false) }, { IR_BIN_AND, u(1), u(2), b(true) },
        { IR_BIN_AND, u(1), u(0), b(false) }, { IR_BIN_OR, u(0), u(2), b(true) },
        { IR_BIN_OR, u(0), u(0), b(false) });
}

static void i32_operators(void **state)
{
    (void)state;
    CHECK_BINARY({ IR_BIN_ADD, s(MAX), s(1), s(MIN) }, { IR_BIN_SUB, s(MIN), s(1), s(MAX) },
                 { IR_BIN_MUL, s(MIN), s(ALL), s(MIN) }, { IR_BIN_DIV, s(-7u), s(2), s(-3u) },
                 { IR_BIN_DIV, s(7), s(-2u), s(-3u) }, { IR_BIN_MOD, s(-7u), s(2), s(ALL) },
                 { IR_BIN_MOD, s(7), s(-2u), s(1) }, { IR_BIN_BIT_AND, s(ALL), s(5), s(5) },
                 { IR_BIN_SHL, s(1), s(ALL), s(MIN) }, { IR_BIN_SHR, s(MIN), s(31), s(ALL) },
                 { IR_BIN_SHR, s(MIN), s(32), s(MIN) }, { IR_BIN_SHR, s(MAX), s(30), s(1) },
                 { IR_BIN_SHR, s(ALL), s(0), s(ALL) }, { IR_BIN_MIN, s(ALL), s(1), s(ALL) },
                 { IR_BIN_MAX, s(ALL), s(1), s(1) }, { IR_BIN_LT, s(ALL), s(0), b(true) },
                 { IR_BIN_GT, s(MIN), s(MAX), b(false) }, { IR_BIN_LE, s(MIN), s(MIN), b(true) },
                 { IR_BIN_GE, s(ALL), s(0), b(false) }, { IR_BIN_EQ, s(ALL), s(ALL), b(true) },
                 { IR_BIN_NE, s(ALL), s(0), b(true) }, { IR_BIN_AND, s(ALL), s(1), b(true) },
                 { IR_BIN_OR, s(0), s(0), b(false) }, { IR_BIN_ABS_DIFF, s(MIN), s(MAX), u(ALL) },
                 { IR_BIN_ABS_DIFF, s(MAX), s(MIN), u(ALL) },
                 { IR_BIN_ABS_DIFF, s(-3u), s(4), u(7) },
                 { IR_BIN_SATURATING_ADD, s(MAX), s(1), s(MAX) },
                 { IR_BIN_SATURATING_ADD, s(MIN), s(ALL), s(MIN) },
                 { IR_BIN_SATURATING_SUB, s(MIN), s(1), s(MIN) },
                 { IR_BIN_SATURATING_SUB, s(MAX), s(ALL), s(MAX) },
                 { IR_BIN_SATURATING_MUL, s(MIN), s(ALL), s(MAX) },
                 { IR_BIN_SATURATING_MUL, s(MIN), s(2), s(MIN) });
}

static void u64_operators(void **state)
{
    (void)state;
    const uint64_t all = UINT64_MAX;
    CHECK_BINARY(
        { IR_BIN_ADD, w(all), w(2), w(1) }, { IR_BIN_SUB, w(0), w(1), w(all) },
        { IR_BIN_MUL, w(UINT64_C(1) << 40), w(UINT64_C(1) << 30), w(0) },
        { IR_BIN_DIV, w(9), w(0), w(all) }, { IR_BIN_MOD, w(9), w(0), w(0) },
        { IR_BIN_SHL, w(1), w(64), w(1) }, { IR_BIN_SHR, w(all), w(127), w(1) },
        { IR_BIN_MUL_HIGH, w(all), w(all), w(all - 1) },
        { IR_BIN_MUL_HIGH, w(0x123456789ABCDEF0), w(0xFEDCBA9876543210), w(0x121FA00AD77D7422) },
        { IR_BIN_SATURATING_MUL, w(UINT64_C(1) << 32), w(UINT64_C(1) << 32), w(all) },
        { IR_BIN_SATURATING_MUL, w(3), w(5), w(15) },
        { IR_BIN_SATURATING_ADD, w(all), w(1), w(all) },
        { IR_BIN_SATURATING_SUB, w(1), w(2), w(0) }, { IR_BIN_ABS_DIFF, w(1), w(4), w(3) },
        { IR_BIN_LT, w(1), w(all), b(true) }, { IR_BIN_EQ, w(all), w(all), b(true) },
        { IR_BIN_AND, w(UINT64_C(1) << 40), w(1), b(true) }, { IR_BIN_MIN, w(1), w(all), w(1) });
}

enum {
    ZERO = 0,
    NEG_ZERO = (int)0x80000000,
    ONE = 0x3F800000,
    TWO = 0x40000000,
    INF = 0x7F800000,
    NEG_INF = (int)0xFF800000,
    NAN_BITS = 0x7FC00000,
    TINY = 0x00000001,  // subnormal
    LEAST = 0x00800000, // least normal
    NEG_TINY = (int)0x80000001,
};

static void f32_operators(void **state)
{
    (void)state;
    CHECK_BINARY(
        { IR_BIN_ADD, f(ONE), f(ONE), f(TWO) }, { IR_BIN_ADD, f(TINY), f(TINY), f(ZERO) },
        { IR_BIN_ADD, f(INF), f(NEG_INF), f(NAN_BITS) },
        { IR_BIN_SUB, f(0x00800001), f(LEAST), f(ZERO) }, // the difference is subnormal
        { IR_BIN_MUL, f(NEG_TINY), f(ONE), f(NEG_ZERO) }, { IR_BIN_DIV, f(ONE), f(ZERO), f(INF) },
        { IR_BIN_DIV, f(ONE), f(NEG_ZERO), f(NEG_INF) },
        { IR_BIN_DIV, f(ZERO), f(ZERO), f(NAN_BITS) },
        { IR_BIN_DIV, f(ONE), f(0x40400000), f(0x3EAAAAAB) },
        { IR_BIN_MIN, f(NAN_BITS), f(ONE), f(ONE) }, { IR_BIN_MIN, f(ONE), f(0x7FA00001), f(ONE) },
        { IR_BIN_MIN, f(NAN_BITS), f(NAN_BITS), f(NAN_BITS) },
        { IR_BIN_MIN, f(ZERO), f(NEG_ZERO), f(ZERO) },
        { IR_BIN_MIN, f(NEG_ZERO), f(ZERO), f(NEG_ZERO) },
        { IR_BIN_MAX, f(ZERO), f(NEG_ZERO), f(ZERO) },
        { IR_BIN_MAX, f(NEG_ZERO), f(ZERO), f(NEG_ZERO) }, { IR_BIN_MAX, f(ONE), f(TWO), f(TWO) },
        { IR_BIN_EQ, f(ZERO), f(NEG_ZERO), b(true) }, { IR_BIN_EQ, f(TINY), f(ZERO), b(true) },
        { IR_BIN_EQ, f(NAN_BITS), f(NAN_BITS), b(false) },
        { IR_BIN_NE, f(NAN_BITS), f(NAN_BITS), b(true) },
        { IR_BIN_LT, f(NAN_BITS), f(ONE), b(false) }, { IR_BIN_GE, f(NAN_BITS), f(ONE), b(false) },
        { IR_BIN_LE, f(ONE), f(ONE), b(true) });
}

static void undefined_operators(void **state)
{
    (void)state;
    static const struct {
        enum ir_binop op;
        bool u32, i32, u64, f32, boolean; // defined for
    } cases[] = {
        { IR_BIN_ADD, true, true, true, true, false },
        { IR_BIN_MOD, true, true, true, false, false },
        { IR_BIN_BIT_AND, true, true, true, false, false },
        { IR_BIN_SHL, true, true, true, false, false },
        { IR_BIN_ROTATE_LEFT, true, false, false, false, false },
        { IR_BIN_MUL_HIGH, true, false, true, false, false },
        { IR_BIN_ABS_DIFF, true, true, true, false, false },
        { IR_BIN_SATURATING_ADD, true, true, true, false, false },
        { IR_BIN_WRAPPING_ADD, true, true, true, false, false },
        { IR_BIN_LT, true, true, true, true, false },
        { IR_BIN_EQ, true, true, true, true, true },
        { IR_BIN_AND, true, true, true, false, true },
        { IR_BIN_SHUFFLE, false, false, false, false, false },
        { IR_BIN_BALLOT, false, false, false, false, false },
        { IR_BIN_WAVE_REDUCE, false, false, false, false, false },
        { IR_BIN_WAVE_BROADCAST, false, false, false, false, false },
        { IR_BIN_OPAQUE, false, false, false, false, false },
    };
    const struct interp_value values[] = { u(1), s(1), w(1), f(ONE), b(true) };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool defined[] = { cases[i].u32, cases[i].i32, cases[i].u64, cases[i].f32,
                                 cases[i].boolean };
        for (size_t k = 0; k < 5; k++) {
            struct interp_value got;
            assert_int_equal(defined[k] ? INTERP_OP_OK : INTERP_OP_UNDEFINED,
                             interp_binop(cases[i].op, &values[k], &values[k], &got));
            assert_int_equal(INTERP_OP_KINDS_DIFFER,
                             interp_binop(cases[i].op, &values[k], &values[(k + 1) % 5], &got));
        }
    }
    struct interp_value got, bytes = interp_bytes("ab", 2), zero = s(0), one = s(1), less = s(ALL),
                             least = s(MIN);
    assert_int_equal(INTERP_OP_KINDS_DIFFER, interp_binop(IR_BIN_EQ, &bytes, &bytes, &got));
    assert_int_equal(INTERP_OP_DIVISION, interp_binop(IR_BIN_DIV, &one, &zero, &got));
    assert_int_equal(INTERP_OP_DIVISION, interp_binop(IR_BIN_MOD, &one, &zero, &got));
    assert_int_equal(INTERP_OP_DIVISION, interp_binop(IR_BIN_DIV, &least, &less, &got));
    assert_int_equal(INTERP_OP_DIVISION, interp_binop(IR_BIN_MOD, &least, &less, &got));
}

// ---- Unary operators ---------------------------------------------------------------------------

static void unary_operators(void **state)
{
    (void)state;
    const struct {
        enum ir_unop op;
        struct interp_value operand, expected;
    } cases[] = {
        { IR_UN_NEGATE, u(1), u(ALL) },
        { IR_UN_NEGATE, s(MIN), s(MIN) },
        { IR_UN_NEGATE, f(ZERO), f(NEG_ZERO) },
        { IR_UN_NEGATE, f(NAN_BITS), f(NAN_BITS) },
        { IR_UN_BIT_NOT, u(0), u(ALL) },
        { IR_UN_BIT_NOT, s(0), s(ALL) },
        { IR_UN_BIT_NOT, w(0), w(UINT64_MAX) },
        { IR_UN_LOGICAL_NOT, u(0), b(true) },
        { IR_UN_LOGICAL_NOT, s(ALL), b(false) },
        { IR_UN_LOGICAL_NOT, w(UINT64_C(1) << 40), b(false) },
        { IR_UN_LOGICAL_NOT, b(false), b(true) },
        { IR_UN_POPCOUNT, u(0xF0F0), u(8) },
        { IR_UN_POPCOUNT, s(ALL), s(32) },
        { IR_UN_POPCOUNT, w(UINT64_MAX), w(64) },
        { IR_UN_CLZ, u(0), u(32) },
        { IR_UN_CLZ, u(1), u(31) },
        { IR_UN_CLZ, w(1), w(63) },
        { IR_UN_CTZ, u(0), u(32) },
        { IR_UN_CTZ, u(MIN), u(31) },
        { IR_UN_CTZ, w(0), w(64) },
        { IR_UN_REVERSE_BITS, u(1), u(MIN) },
        { IR_UN_REVERSE_BITS, s(6), s(0x60000000) },
        { IR_UN_REVERSE_BITS, w(1), w(UINT64_C(1) << 63) },
        { IR_UN_ABS, f(NEG_ZERO), f(ZERO) },
        { IR_UN_ABS, f(NEG_INF), f(INF) },
        { IR_UN_SQRT, f(0x40800000), f(TWO) },
        { IR_UN_SQRT, f(NEG_ZERO), f(NEG_ZERO) },
        { IR_UN_SQRT, f(0xBF800000), f(NAN_BITS) },
        { IR_UN_SQRT, f(TWO), f(0x3FB504F3) },
        { IR_UN_INVERSE_SQRT, f(0x40800000), f(0x3F000000) },
        { IR_UN_INVERSE_SQRT, f(NEG_ZERO), f(NEG_INF) },
        { IR_UN_RECIPROCAL, f(TWO), f(0x3F000000) },
        { IR_UN_RECIPROCAL, f(TINY), f(INF) },
        { IR_UN_FLOOR, f(0xBF000000), f(0xBF800000) },
        { IR_UN_CEIL, f(0xBE99999A), f(NEG_ZERO) },
        { IR_UN_ROUND, f(0x3F000000), f(ONE) },
        { IR_UN_ROUND, f(0x40200000), f(0x40400000) },
        { IR_UN_ROUND, f(0x3EFFFFFF), f(ZERO) },
        { IR_UN_TRUNC, f(0xBFC00000), f(0xBF800000) },
        { IR_UN_SIGN, f(NEG_ZERO), f(ZERO) },
        { IR_UN_SIGN, f(NEG_INF), f(0xBF800000) },
        { IR_UN_SIGN, f(NAN_BITS), f(NAN_BITS) },
        { IR_UN_IS_NAN, f(NAN_BITS), b(true) },
        { IR_UN_IS_NAN, f(INF), b(false) },
        { IR_UN_IS_INF, f(NEG_INF), b(true) },
        { IR_UN_IS_FINITE, f(NAN_BITS), b(false) },
        { IR_UN_IS_FINITE, f(TINY), b(true) },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct interp_value got;
        char what[40];
        snprintf(what, sizeof what, "case %zu", i);
        assert_int_equal(INTERP_OP_OK, interp_unop(cases[i].op, &cases[i].operand, &got));
        assert_value(&got, cases[i].expected, what);
    }
    const struct interp_value one = u(1), yes = b(true), half = f(ONE),
                              bytes = interp_bytes("a", 1);
    struct interp_value got;
    assert_int_equal(INTERP_OP_UNDEFINED, interp_unop(IR_UN_ABS, &one, &got));
    assert_int_equal(INTERP_OP_UNDEFINED, interp_unop(IR_UN_UNPACK4_LOW, &one, &got));
    assert_int_equal(INTERP_OP_UNDEFINED, interp_unop(IR_UN_NEGATE, &yes, &got));
    assert_int_equal(INTERP_OP_UNDEFINED, interp_unop(IR_UN_BIT_NOT, &half, &got));
    assert_int_equal(INTERP_OP_UNDEFINED, interp_unop(IR_UN_LOGICAL_NOT, &half, &got));
    assert_int_equal(INTERP_OP_UNDEFINED, interp_unop(IR_UN_LOGICAL_NOT, &bytes, &got));
}

// ---- Casts and conversions ---------------------------------------------------------------------

static void casts(void **state)
{
    (void)state;
    const struct {
        enum ir_type_kind target;
        struct interp_value operand, expected;
    } cases[] = {
        { IR_TYPE_U32, s(ALL), u(ALL) },
        { IR_TYPE_U32, w(ALL), u(ALL) },
        { IR_TYPE_U32, b(true), u(1) },
        { IR_TYPE_U32, f(NAN_BITS), u(0) },
        { IR_TYPE_U32, f(0xBF800000), u(0) },
        { IR_TYPE_U32, f(0x4F800000), u(ALL) },
        { IR_TYPE_U32, f(0x4F7FFFFF), u(0xFFFFFF00) },
        { IR_TYPE_U32, interp_bytes("\x2c\x01", 2), u(300) },
        { IR_TYPE_I32, u(ALL), s(ALL) },
        { IR_TYPE_I32, f(INF), s(MAX) },
        { IR_TYPE_I32, f(NEG_INF), s(MIN) },
        { IR_TYPE_I32, f(NAN_BITS), s(0) },
        { IR_TYPE_I32, f(0xBFC00000), s(ALL) },
        { IR_TYPE_U64, u(ALL), w(ALL) },
        { IR_TYPE_U64, s(7), w(7) },
        { IR_TYPE_F32, u(0x1000001), f(0x4B800000) },
        { IR_TYPE_F32, s(ALL), f(0xBF800000) },
        { IR_TYPE_F32, w(0x8000008000000001), f(0x5F000001) },
        { IR_TYPE_F32, b(true), f(ONE) },
        { IR_TYPE_BOOL, s(ALL), b(true) },
        { IR_TYPE_BOOL, f(NEG_ZERO), b(false) },
        { IR_TYPE_BOOL, f(NAN_BITS), b(true) },
        { IR_TYPE_BOOL, interp_bytes("\0\0\0\0\0\0\0\0", 8), b(true) },
        { IR_TYPE_BOOL, interp_bytes("\0\0\0\0", 4), b(false) },
        { IR_TYPE_U8, u(300), interp_bytes("\x2c\x01\0\0", 4) },
        { IR_TYPE_VEC2_U32, u(1), interp_bytes("\1\0\0\0\0\0\0\0", 8) },
        { IR_TYPE_VEC4_U32, w(1), interp_bytes("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) },
        { IR_TYPE_VEC2_U32, f(ONE), interp_bytes("\0\0\0\0\0\0\xf0\x3f", 8) },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct interp_value got;
        char what[40];
        snprintf(what, sizeof what, "case %zu", i);
        assert_int_equal(INTERP_OP_OK, interp_cast(cases[i].target, &cases[i].operand, &got));
        assert_value(&got, cases[i].expected, what);
    }
    const struct interp_value big = w(UINT64_C(1) << 32), less = s(ALL),
                              bytes = interp_bytes("12345", 5);
    struct interp_value got;
    assert_int_equal(INTERP_OP_OUT_OF_RANGE, interp_cast(IR_TYPE_U32, &big, &got));
    assert_int_equal(INTERP_OP_OUT_OF_RANGE, interp_cast(IR_TYPE_U64, &less, &got));
    assert_int_equal(INTERP_OP_OUT_OF_RANGE, interp_cast(IR_TYPE_I32, &bytes, &got));
    assert_int_equal(INTERP_OP_OUT_OF_RANGE, interp_cast(IR_TYPE_F32, &bytes, &got));
}

static void conversions(void **state)
{
    (void)state;
    const struct {
        struct interp_value value;
        bool fits;
        uint32_t word;
        bool truthy;
    } cases[] = {
        { u(ALL), true, ALL, true },
        { s(5), true, 5, true },
        { s(ALL), false, 0, true },
        { w(ALL), true, ALL, true },
        { w(UINT64_C(1) << 32), false, 0, true },
        { b(false), true, 0, false },
        { interp_bytes("", 0), true, 0, false },
        { interp_bytes("\1\2\3\4\5", 5), false, 0, true },
        { interp_float(4294967295.0), true, ALL, true },
        { interp_float(4294967295.5), false, 0, true },
        { interp_float(2.9), true, 2, true },
        { interp_float(-0.5), false, 0, true },
        { interp_float(-0.0), true, 0, false },
        { f(NAN_BITS), false, 0, true },
        { f(INF), false, 0, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t word;
        bool fits = interp_as_u32(&cases[i].value, &word);
        if (fits != cases[i].fits || (fits && word != cases[i].word) ||
            interp_truthy(&cases[i].value) != cases[i].truthy)
            fail_msg("case %zu", i);
    }
}

static void atomics(void **state)
{
    (void)state;
    const struct {
        enum ir_atomic_op op;
        uint32_t old, expected, value, result;
    } cases[] = {
        { IR_ATOMIC_ADD, ALL, 0, 2, 1 },
        { IR_ATOMIC_OR, 12, 0, 10, 14 },
        { IR_ATOMIC_AND, 12, 0, 10, 8 },
        { IR_ATOMIC_XOR, 12, 0, 10, 6 },
        { IR_ATOMIC_MIN, ALL, 0, 1, 1 },
        { IR_ATOMIC_MAX, ALL, 0, 1, ALL },
        { IR_ATOMIC_EXCHANGE, 1, 0, 2, 2 },
        { IR_ATOMIC_COMPARE_EXCHANGE, 1, 1, 2, 2 },
        { IR_ATOMIC_COMPARE_EXCHANGE, 1, 3, 2, 1 },
        { IR_ATOMIC_LRU_UPDATE, 5, 0, 9, 9 },
    };
    uint32_t word;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(
            interp_atomic(cases[i].op, cases[i].old, cases[i].expected, cases[i].value, &word));
        assert_int_equal(word, cases[i].result);
    }
    assert_false(interp_atomic(IR_ATOMIC_FETCH_NAND, 0, 0, 0, &word));
    assert_false(interp_atomic(IR_ATOMIC_COMPARE_EXCHANGE_WEAK, 0, 0, 0, &word));
    assert_false(interp_atomic(IR_ATOMIC_OPAQUE, 0, 0, 0, &word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u32_operators),
        cmocka_unit_test(i32_operators),
        cmocka_unit_test(u64_operators),
        cmocka_unit_test(f32_operators),
        cmocka_unit_test(undefined_operators),
        cmocka_unit_test(unary_operators),
        cmocka_unit_test(casts),
        cmocka_unit_test(conversions),
        cmocka_unit_test(atomics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
