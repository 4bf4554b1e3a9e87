// SPDX-License-Identifier: MIT
// Programs over every kind of value, for tests that compile them and for tests that run them.
// Formats take one of the expressions or statements behind them.
#ifndef TESTS_SUPPORT_VALUES_H
#define TESTS_SUPPORT_VALUES_H

// ---- Words --------------------------------------------------------------------------------------

// Every pair of edge values.
static const char word_program[] = "workgroup 32\n"
                                   "buffer e : u32[16] readonly @0\n"
                                   "buffer flags : bool[16] readonly @1\n"
                                   "buffer out : u32[256] readwrite @2\n"
                                   "let a = e[gid.x & 15]\n"
                                   "let b = e[gid.x >> 4 & 15]\n"
                                   "let c = i32(a)\n"
                                   "let d = i32(b)\n"
                                   "let s = select(d == 0i || d == -1i, 3i, d)\n"
                                   "out[gid.x] = %s\n";

static const char *const word_expressions[] = {
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "a % b",
    "a / 7",
    "a % 7",
    "a & b",
    "a | b",
    "a ^ b",
    "a << b",
    "a >> b",
    "a << 3",
    "a >> 35",
    "min(a, b)",
    "max(a, b)",
    "abs_diff(a, b)",
    "saturating_add(a, b)",
    "saturating_sub(a, b)",
    "saturating_mul(a, b)",
    "rotate_left(a, b)",
    "rotate_right(a, b)",
    "wrapping_add(a, b)",
    "wrapping_sub(a, b)",
    "mul_high(a, b)",
    "-a",
    "~a",
    "popcount(a)",
    "clz(a)",
    "ctz(a)",
    "reverse_bits(a)",
    "u32(a == b)",
    "u32(a != b)",
    "u32(a < b)",
    "u32(a > b)",
    "u32(a <= b)",
    "u32(a >= b)",
    "u32(a && b)",
    "u32(a || b)",
    "u32(!a)",
    "select(a < b, a, b)",
    "select(a, b, a)",
    "u32(i32(a))",
    "u32(bool(a))",
    "u32(c + d)",
    "u32(c - d)",
    "u32(c * d)",
    "u32(c / s)",
    "c % s",
    "u32(c / 7i)",
    "c % -3i",
    "c & d",
    "c | d",
    "c ^ d",
    "u32(min(c, d))",
    "u32(max(c, d))",
    "u32(c == d)",
    "u32(c < d)",
    "u32(c > d)",
    "u32(c <= d)",
    "u32(c >= d)",
    "u32(select(c < d, c, d))",
    "u32(~c)",
    "u32(popcount(c))",
    "u32(clz(c))",
    "u32(ctz(c))",
    "u32(reverse_bits(c))",
    "u32(bool(c))",
    "u32(bool(a) == bool(b))",
    "u32(bool(a) != bool(b))",
    "u32(bool(a) && bool(b))",
    "u32(!bool(a))",
    "u32(select(bool(a), a < b, bool(b)))",
    // Statically u32, an i32 at run time.
    "(c & d) >> (c | d)",
    "(c & d) << (c ^ d)",
    "abs_diff(c & d, c | d)",
    "saturating_add(c & d, d | c)",
    "saturating_sub(c & d, d | c)",
    "saturating_mul(c & d, d | c)",
    "saturating_add(c & c, d & d)",
    "saturating_sub(c & c, d & d)",
    "saturating_mul(c & c, d & d)",
    "u32((c & c) < (d & d))",
    "min(c & c, d & d)",
    "wrapping_add(c, d)",
    "wrapping_sub(c, d)",
    "-(c & c)",
    "u32(!(c & d))",
    // Raw words of a bool buffer.
    "u32(flags[a & 15])",
    "u32(!flags[a & 15])",
    "u32(flags[a & 15] && flags[b & 15])",
    "u32(flags[a & 15] == flags[b & 15])",
    "select(flags[a & 15], a, b)",
};

// ---- f32 ----------------------------------------------------------------------------------------

// Every pair of edge values.
static const char floats[] = "workgroup 64\n"
                             "buffer f : f32[32] readonly @0\n"
                             "buffer e : u32[16] readonly @1\n"
                             "buffer out : f32[1024] readwrite @2\n"
                             "let a = f[gid.x & 31]\n"
                             "let b = f[gid.x >> 5]\n"
                             "let c = f[(gid.x * 7 + 3) & 31]\n"
                             "let n = e[gid.x & 15]\n"
                             "out[gid.x] = %s\n";

static const char *const float_expressions[] = {
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "min(a, b)",
    "max(a, b)",
    "-a",
    "abs(a)",
    "sign(a)",
    "sqrt(a)",
    "inverse_sqrt(a)",
    "reciprocal(a)",
    "floor(a)",
    "ceil(a)",
    "trunc(a)",
    "round(a)",
    "fma(a, b, c)",
    "a * b + c",
    "f32(a == b) + f32(a != b) * 2.0",
    "f32(a < b) + f32(a > b) * 2.0",
    "f32(a <= b) + f32(a >= b) * 2.0",
    "f32(is_nan(a)) + f32(is_inf(a)) * 2.0 + f32(is_finite(a)) * 4.0",
    "f32(n)",
    "f32(i32(n))",
    "f32(bool(a))",
    "f32(u32(a))",
    "f32(i32(a))",
    "select(a < b, a, b)",
    "select(bool(n), a, f32.bits(0x00000001))",
    "f32.bits(0xffc12345)",
    "a / 3.0",
    "1.0 / a",
    "(a + b) - a",
    "a - a",
    // Drivers treat constants otherwise.
    "a + 0.0",
    "0.0 - a",
    "a * 0.0",
    "0.0 / a",
    "select(a < b, -0.0, 1.0)",
    "select(a < b, 0.0, -1.0)",
};

// Functions that are sequences of operations.
static const char *const transcendentals[] = {
    "sin(a)",  "cos(a)",  "tan(a)", "asin(a)", "acos(a)", "atan(a)", "sinh(a)",
    "cosh(a)", "tanh(a)", "exp(a)", "exp2(a)", "log(a)",  "log2(a)",
};

static const char float_program[] = "workgroup 64\n"
                                    "buffer f : f32[32] readonly @0\n"
                                    "buffer out : f32[1024] readwrite @1\n"
                                    "buffer words : u32[32] readwrite @2\n"
                                    "%s\n";

static const char *const float_statements[] = {
    // Locals that change, loops, workgroup memory, words seen as floats and back.
    "let s = 0.0\nloop i in 0..32 { s = s + f[i & 15] * f[(i + gid.x) & 15] }\nout[gid.x] = s",
    "let s = f[gid.x & 31]\nif s < 0.0 { s = -s }\nif is_nan(s) { s = 1.5 }\nout[gid.x] = s",
    "shared t : f32[64]\nt[lid.x] = f[lid.x & 31]\nbarrier\nout[gid.x] = t[63 - lid.x]",
    "out[gid.x] = f[gid.x]",
    "out[gid.x + 1000] = 1.0",
    "words[gid.x & 31] = u32(f[gid.x & 31])",
};

// ---- u64 and f64 --------------------------------------------------------------------------------

// Sums that wrap are u32 for the validator and keep their kind when running: behind `a` and `b`
// every operator of u64 can be reached.
static const char wide[] = "workgroup 64\n"
                           "buffer e : u64[8] readonly @0\n"
                           "buffer out : u32[2048] readwrite @1\n"
                           "let z = u64(0)\n"
                           "let s = wrapping_add(u64(gid.x & 63), z)\n"
                           "let a = wrapping_add(e[gid.x & 7], u64(gid.y))\n"
                           "let b = wrapping_sub(e[gid.x >> 3 & 7], u64(gid.x >> 6))\n"
                           "let x = wrapping_add(%s, z)\n"
                           "out[gid.x * 2] = x\n"
                           "out[gid.x * 2 + 1] = x >> wrapping_add(u64(32), z)\n";

static const char *const wide_expressions[] = {
    "a + b",
    "a - b",
    "a * b",
    "a / b",
    "a % b",
    "a & b",
    "a | b",
    "a ^ b",
    "a << s",
    "a >> s",
    "a << b",
    "min(a, b)",
    "max(a, b)",
    "abs_diff(a, b)",
    "saturating_add(a, b)",
    "saturating_sub(a, b)",
    "saturating_mul(a, b)",
    "mul_high(a, b)",
    "wrapping_add(a, b)",
    "wrapping_sub(a, b)",
    "-a",
    "~a",
    "popcount(a)",
    "clz(a)",
    "ctz(a)",
    "reverse_bits(a)",
    "clz(a >> s)",
    "ctz(a << s)",
    "u64(a == b)",
    "u64(a != b)",
    "u64(a < b)",
    "u64(a > b)",
    "u64(a <= b)",
    "u64(a >= b)",
    "u64(a && b)",
    "u64(a || b)",
    "u64(!a)",
    "u64(bool(a))",
    "select(a < b, a, b)",
    "u64(u32(a >> wrapping_add(u64(40), z)))",
    "u64(i32(a >> wrapping_add(u64(40), z)))",
};

static const char wide_program[] = "workgroup 64\n"
                                   "buffer out : f32[64] readwrite @0\n"
                                   "buffer e : u64[] readonly @1\n"
                                   "buffer d : f64[] readonly @2\n"
                                   "buffer wide : u64[] readwrite @3\n"
                                   "buffer doubles : f64[] readwrite @4\n"
                                   "buffer signed : i64[16] readwrite @5\n"
                                   "%s\n";

static const char *const wide_statements[] = {
    "wide[gid.x] = e[gid.x + 3]",
    "wide[gid.x] = u64(gid.x)\nout[gid.x] = f32(wrapping_add(wide[gid.x], u64(1)))",
    "out[gid.x] = f32(wrapping_add(e[gid.x & 15], u64(gid.x)))",
    "doubles[gid.x] = d[gid.x + 5]",
    "doubles[gid.x] = d[gid.x & 3] + d[gid.x >> 3 & 7]",
    "doubles[gid.x] = select(gid.x < 3, d[gid.x + 1], d[2] * d[gid.x])",
    "let x = d[gid.x & 7]\nif gid.x & 4 { x = x * x }\ndoubles[gid.x] = x",
    "if gid.x & 1 { signed[gid.x] = i64(e[gid.x]) } else { signed[gid.x] = signed[gid.x] }",
    "let n = e[gid.x & 15]\nloop i in 0..3 { n = u64(u32(bool(n))) }\nwide[gid.x] = n",
    "shared t : u64[64]\nt[lid.x] = e[lid.x & 15]\nbarrier\nwide[lid.x] = t[15 - (lid.x & 15)]",
    "out[gid.x] = f32(len(wide)) + f32(len(doubles)) * 100.0",
};

// ---- Elements of other sizes --------------------------------------------------------------------

// The element type three times, then the statements, where %1$s is the type.
static const char element_program[] = "workgroup 64\n"
                                      "buffer out : u32[64] readwrite @0\n"
                                      "buffer from : %s[] readonly @1\n"
                                      "buffer to : %s[] readwrite @2\n"
                                      "buffer fixed : %s[17] readwrite @3\n"
                                      "%s\n";

static const char *const element_types[] = {
    "u8",         "i8",
    "u16",        "i16",
    "f16",        "bf16",
    "f8e4m3",     "f8e5m2",
    "i4",         "fp4",
    "nf4",        "vec2<u32>",
    "vec4<u32>",  "vec<u8;3>",
    "vec<u16;3>", "vec<u8;7>",
    "vec<f16;5>", "vec<f32;3>",
    "vec<u64;2>", "vec<u8;16>",
    "i64",        "handle<0x00000007>",
};

static const char *const element_statements[] = {
    "to[gid.x] = from[gid.x + 2]",
    "to[gid.x & 15] = from[15 - (gid.x & 15)]",
    "if gid.x < 20 { let x = from[gid.x]\nif gid.x & 1 { x = from[gid.x + 1] }\nto[gid.x] = x }",
    "fixed[gid.x] = select(gid.x & 1, from[gid.x], fixed[gid.x])\nout[gid.x] = len(from) + "
    "len(fixed)",
    "shared t : %1$s[64]\nt[lid.x] = from[lid.x]\nbarrier\nto[lid.x] = t[63 - lid.x]",
};

static const char small_program[] = "workgroup 32\n"
                                    "buffer out : u32[64] readwrite @0\n"
                                    "buffer b : u8[] readonly @1\n"
                                    "buffer s : i8[] readonly @2\n"
                                    "buffer h : u16[] readonly @3\n"
                                    "buffer t : i16[] readonly @4\n"
                                    "buffer w : u32[] readonly @5\n"
                                    "out[gid.x] = %s\n";

static const char *const small_casts[] = {
    "u32(b[gid.x])",
    "u32(i32(s[gid.x]))",
    "u32(h[gid.x]) + u32(i32(t[gid.x]))",
    "u32(u8(w[gid.x]))",
    "u32(i16(w[gid.x])) ^ u32(u16(i32(w[gid.x])))",
    "u32(bool(b[gid.x]))",
    "u32(u64(b[gid.x]))",
    "u32(bool(i64(w[gid.x])))",
    "u32(u64(cast<vec2<u32>>(w[gid.x])))",
    "u32(bool(cast<vec2<u32>>(w[gid.x])))",
    "u32(u16(bool(w[gid.x])))",
};

#endif // TESTS_SUPPORT_VALUES_H
