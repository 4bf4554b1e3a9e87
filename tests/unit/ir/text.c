// SPDX-License-Identifier: MIT
// What is printed parses back to an equal program, and prints the same again.
#include "test.h"

#include "base/memory.h"
#include "ir/equal.h"
#include "ir/place.h"

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    enum vyre_result result =
        vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program);
    if (result != VYRE_OK)
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static char *print(const struct vyre_program *program)
{
    char *text;
    size_t size;
    assert_result(VYRE_OK, vyre_program_print(program, &text, &size));
    assert_int_equal(strlen(text), size);
    return text;
}

// `text` is written as the printer writes it.
static void assert_canonical(const char *text)
{
    struct vyre_program *program = parse(text);
    char *printed = print(program);
    assert_string_equal(printed, text);
    struct vyre_program *again = parse(printed);
    assert_true(ir_program_equal(program, again));
    vyre_free(printed);
    vyre_program_destroy(&again);
    vyre_program_destroy(&program);
}

// `text` means the same as the canonical text.
static void assert_prints(const char *text, const char *canonical)
{
    struct vyre_program *program = parse(text);
    char *printed = print(program);
    assert_string_equal(printed, canonical);
    vyre_free(printed);
    vyre_program_destroy(&program);
    assert_canonical(canonical);
}

static void declarations(void **state)
{
    (void)state;
    assert_canonical("workgroup 1\n");
    assert_canonical("workgroup 8 4\n");
    assert_canonical("workgroup 1 1 64\n");
    assert_canonical("op \"vyre.test\\n\\\"\"\n"
                     "workgroup 0 7\n"
                     "noncomposable\n"
                     "unwrapped\n");
    assert_canonical("workgroup 64\n"
                     "buffer in : u32[] readonly @0\n"
                     "buffer out : vec4<u32>[16] readwrite @1 output\n"
                     "buffer r : i32[1] readwrite @2 result range(0, 4)\n"
                     "buffer w : f32[4294967295] writeonly @4294967295 liveout\n"
                     "buffer u : bool[3] uniform @5 kind(push) axis(255) align(16) streaming\n"
                     "buffer b : bytes[] readonly @6 random bytes_extraction usage(affine)\n"
                     "shared tile : u32[64]\n"
                     "shared odd : u32[64] @3 kind(local)\n"
                     "buffer `a b` : u8[] readonly @7\n"
                     "buffer `let` : u8[] readonly @8\n"
                     "buffer `` : u8[] readonly @8\n"
                     "buffer `tick\\`` : u8[] readonly @8\n");
    assert_canonical("workgroup 1\n"
                     "buffer a : u32[] readonly @0 shape(at_least(4))\n"
                     "buffer b : u32[] readonly @0 shape(and(or(at_most(4), exactly(-1)), "
                     "not(multiple(16))))\n"
                     "buffer c : u32[] readonly @0 shape(mod(4, 1))\n"
                     "buffer d : u32[] readonly @0 shape(affine(-9223372036854775808, 1, "
                     "-5, 9223372036854775807))\n");
    assert_prints("\xef\xbb\xbf// a comment\r\n"
                  "buffer x : u32 [ 0x10 ] @ 3 temporal kind(global) readwrite; // trailing\r\n"
                  "shared s : u32[0] \n"
                  "workgroup 0x40 2 // the end",
                  "workgroup 64 2\n"
                  "buffer x : u32[16] readwrite @3\n"
                  "shared s : u32[]\n");
    assert_prints("buffer s : u32[4] workgroup", "workgroup 1\nshared s : u32[4]\n");
}

static void every_type(void **state)
{
    (void)state;
    assert_canonical("workgroup 1\n"
                     "buffer a : u32[] readonly @0\n"
                     "buffer a : i32[] readonly @0\n"
                     "buffer a : u64[] readonly @0\n"
                     "buffer a : vec2<u32>[] readonly @0\n"
                     "buffer a : vec4<u32>[] readonly @0\n"
                     "buffer a : bool[] readonly @0\n"
                     "buffer a : bytes[] readonly @0\n"
                     "buffer a : array<18446744073709551615B>[] readonly @0\n"
                     "buffer a : f16[] readonly @0\n"
                     "buffer a : bf16[] readonly @0\n"
                     "buffer a : f32[] readonly @0\n"
                     "buffer a : f64[] readonly @0\n"
                     "buffer a : tensor[] readonly @0\n"
                     "buffer a : u8[] readonly @0\n"
                     "buffer a : u16[] readonly @0\n"
                     "buffer a : i8[] readonly @0\n"
                     "buffer a : i16[] readonly @0\n"
                     "buffer a : i64[] readonly @0\n"
                     "buffer a : handle<0xdeadbeef>[] readonly @0\n"
                     "buffer a : vec<f32;4>[] readonly @0\n"
                     "buffer a : vec<vec<vec<f16;2>;3>;255>[] readonly @0\n"
                     "buffer a : tensor<f32;2x3>[] readonly @0\n"
                     "buffer a : tensor<f32;>[] readonly @0\n"
                     "buffer a : tensor<f32;0x0>[] readonly @0\n"
                     "buffer a : sparse_csr<f32>[] readonly @0\n"
                     "buffer a : sparse_coo<vec4<u32>>[] readonly @0\n"
                     "buffer a : sparse_bsr<f32;0x8>[] readonly @0\n"
                     "buffer a : f8e4m3[] readonly @0\n"
                     "buffer a : f8e5m2[] readonly @0\n"
                     "buffer a : i4[] readonly @0\n"
                     "buffer a : fp4[] readonly @0\n"
                     "buffer a : nf4[] readonly @0\n"
                     "buffer a : device_mesh<4x8x16>[] readonly @0\n"
                     "buffer a : device_mesh<>[] readonly @0\n"
                     "buffer a : quantized<i4;scale:per_tensor;zp:absent>[] readonly @0\n"
                     "buffer a : quantized<u8;scale:per_channel(axis=1);zp:per_tensor>[] readonly "
                     "@0\n"
                     "buffer a : quantized<u8;scale:per_group(size=128);zp:per_channel(axis=7)>[] "
                     "readonly @0\n"
                     "buffer a : quantized<u8;scale:per_tensor;zp:per_group(size=4294967295)>[] "
                     "readonly @0\n"
                     "buffer a : opaque<0x80000001>[] readonly @0\n");
    // As deep as the binary form can carry.
    static char deep[64 + 4096 * 7];
    char *at = stpcpy(deep, "workgroup 1\nbuffer a : ");
    for (int i = 0; i < 4096; i++)
        at = stpcpy(at, "vec<");
    at = stpcpy(at, "u8");
    for (int i = 0; i < 4096; i++)
        at = stpcpy(at, ";1>");
    stpcpy(at, "[] readonly @0\n");
    assert_canonical(deep);
    assert_prints("buffer a : vec < f32 ; 4 > [ ] readonly @0",
                  "workgroup 1\nbuffer a : vec<f32;4>[] readonly @0\n");
}

static void statements(void **state)
{
    (void)state;
    assert_canonical("workgroup 64\n"
                     "\n"
                     "let x = 1\n"
                     "x = 2\n"
                     "`if` = 3\n"
                     "`loop`[x] = 3\n"
                     "barrier_x = 3\n"
                     "opaque = 3\n"
                     "buffer[opaque] = workgroup\n"
                     "if x {\n"
                     "} else if y {\n"
                     "    x = 1\n"
                     "} else if z {\n"
                     "    x = 2\n"
                     "} else {\n"
                     "    if a {\n"
                     "    }\n"
                     "    x = 3\n"
                     "}\n"
                     "loop in in from..to {\n"
                     "    {\n"
                     "        return\n"
                     "    }\n"
                     "    {\n"
                     "    }\n"
                     "}\n"
                     "region \"gen\" {\n"
                     "}\n"
                     "region \"\" from \"the source\" {\n"
                     "    barrier\n"
                     "}\n"
                     "barrier relaxed\n"
                     "barrier acquire\n"
                     "barrier release\n"
                     "barrier acq_rel\n"
                     "barrier grid_sync\n"
                     "return\n"
                     "trap(x + 1, \"page fault\")\n"
                     "resume(\"page fault\")\n"
                     "async_load(src, dst, 1 + 2, len(dst), \"t0\")\n"
                     "async_store(src, dst, 0, 4, \"t0\")\n"
                     "async_wait(\"t0\")\n"
                     "indirect_dispatch(counts, 18446744073709551615)\n"
                     "all_reduce(g, sum, 0)\n"
                     "all_reduce(g, xor, 4294967295)\n"
                     "all_gather(a, b, 1)\n"
                     "reduce_scatter(a, b, max, 2)\n"
                     "broadcast(g, 3, 4)\n"
                     "opaque(\"kind\", \"00ff\")\n"
                     "opaque(\"vyre.ext.atomic_store\", \"\")\n"
                     "atomic_store.release(buf[i], v)\n"
                     "atomic_store.relaxed(buf[i + 1], v + 1)\n");
    assert_prints("let a=1;let b=2;if a{b=a}else{b=0};barrier;\n"
                  "barrier\nacq_rel = 1\n"
                  "{return}",
                  "workgroup 1\n"
                  "\n"
                  "let a = 1\n"
                  "let b = 2\n"
                  "if a {\n"
                  "    b = a\n"
                  "} else {\n"
                  "    b = 0\n"
                  "}\n"
                  "barrier\n"
                  "barrier\n"
                  "acq_rel = 1\n"
                  "{\n"
                  "    return\n"
                  "}\n");
}

static void compound_assignments_say_the_left_side_once(void **state)
{
    (void)state;
    assert_prints("x += 1\nx -= a * b\nx *= a + b\nx /= 2\nx %= 2\nx &= a == b\nx |= 1\nx ^= 1\n"
                  "`a b` += 1\nb[i + 1] += c[b[0]]\nb[b[i]]*=2;b[0]+=1\n",
                  "workgroup 1\n"
                  "\n"
                  "x = x + 1\n"
                  "x = x - a * b\n"
                  "x = x * (a + b)\n"
                  "x = x / 2\n"
                  "x = x % 2\n"
                  "x = x & a == b\n"
                  "x = x | 1\n"
                  "x = x ^ 1\n"
                  "`a b` = `a b` + 1\n"
                  "b[i + 1] = b[i + 1] + c[b[0]]\n"
                  "b[b[i]] = b[b[i]] * 2\n"
                  "b[0] = b[0] + 1\n");
}

// Each as the printer writes it.
static const char *const canonical[] = {
    "7",
    "16777215",
    "0x01000000",
    "0xffffffff",
    "7i",
    "-7i",
    "2147483647i",
    "-2147483648i",
    "0i",
    "true",
    "false",
    "1.0",
    "-1.0",
    "0.0",
    "-0.0",
    "1.5",
    "0.1",
    "16777216.0",
    "3.4028235e38",
    "1.1754944e-38",
    "1e20",
    "-1.5e-10",
    "0.00001",
    "1234568000000000.0",
    "f32.bits(0x7fc00000)",
    "f32.bits(0xff800000)",
    "f32.bits(0x00000001)",
    "f32.bits(0x807fffff)",
    "x",
    "`x y`",
    "`\\x00\\n\\xc2\\x9b\\\\`",
    "caf\x65",
    "`caf\xc3\xa9`",
    "gid",
    "buf[i]",
    "`if`[buf[i] + 1]",
    "len(buf)",
    "len(`a b`)",
    "gid.x",
    "gid.y",
    "gid.z",
    "gid.3",
    "wid.x",
    "lid.z",
    "lid.255",
    // precedence
    "a + b * c",
    "(a + b) * c",
    "a - b - c",
    "a - (b - c)",
    "a << 1 >> 2",
    "a & b == c",
    "(a & b) == c",
    "a | b ^ c & d",
    "((a | b) ^ c) & d",
    "a && b || c && d",
    "a && (b || c) && d",
    "a < b == c >= d",
    "a < (b == c >= d)",
    "a < b",
    "a > b",
    "a <= b",
    "a != b",
    "a / b % c",
    "a / (b % c)",
    // prefixes
    "-x",
    "~x",
    "!x",
    "--x",
    "!!x",
    "-(7i)",
    "-(1.5)",
    "-(-7i)",
    "-7",
    "a - -7i",
    "a - -x",
    "-(a + b)",
    "-a + b",
    "!(a && b)",
    "~buf[0]",
    "-(f32.bits(0x7fc00000))",
    // calls
    "min(a, b)",
    "max(a, b)",
    "abs_diff(a, b)",
    "saturating_add(a, b)",
    "saturating_sub(a, b)",
    "saturating_mul(a, b)",
    "shuffle(a, b)",
    "ballot(a, b)",
    "wave_reduce(a, b)",
    "wave_broadcast(a, b)",
    "rotate_left(a, b)",
    "rotate_right(a, b)",
    "wrapping_add(a, b)",
    "wrapping_sub(a, b)",
    "mul_high(a, b)",
    "op.0x80000001(a, b)",
    "op.0x80000001(a)",
    "popcount(x)",
    "clz(x)",
    "ctz(x)",
    "reverse_bits(x)",
    "cos(x)",
    "inverse_sqrt(x)",
    "unpack8_high(x)",
    "reciprocal(x + 1)",
    "min(min(a, b), c) + 1",
    "select(c, a, b)",
    "fma(a, b, c)",
    "u32(x)",
    "i32(x + 1)",
    "bool(x)",
    "f32(x)",
    "f64(x)",
    "tensor(x)",
    "cast<vec4<u32>>(x)",
    "cast<vec<f32;4>>(x)",
    "cast<handle<0x00000001>>(x)",
    "cast<tensor<f32;2x3>>(x)",
    "cast<sparse_coo<vec<vec2<u32>;2>>>(x)",
    "subgroup_add(x)",
    "subgroup_shuffle(x, lane)",
    "subgroup_ballot(x)",
    "subgroup_local_id()",
    "subgroup_size()",
    "call \"op.id\"()",
    "call \"\"(a, b + 1, call \"x\"(c))",
    "atomic_add(buf[i], 1)",
    "atomic_or.relaxed(buf[i], 1)",
    "atomic_and.acquire(buf[i], 1)",
    "atomic_xor.release(buf[i], 1)",
    "atomic_min.acq_rel(buf[i], 1)",
    "atomic_max.grid_sync(buf[i], 1)",
    "atomic_exchange(buf[i + 1], a)",
    "atomic_compare_exchange(buf[i], a, b)",
    "atomic_compare_exchange_weak.relaxed(buf[i], a, b)",
    "atomic_nand(buf[i], 1)",
    "atomic_lru_update(buf[i], 1)",
    "atomic_op.0x80000001(buf[i], 1)",
    "atomic_op.0x80000001.relaxed(buf[i], 1, 2)",
    "atomic_add(buf[i], 1, 2)",
    "atomic_compare_exchange(buf[i], b)",
    // literals of 64 bits
    "7u64",
    "0xffffffffffffffffu64",
    "0x0000000100000000u64",
    "-7u64", // the operator, as -7 is
    "7i64",
    "-7i64",
    "9223372036854775807i64",
    "-9223372036854775808i64",
    "-(7i64)",
    "-(-7i64)",
    "a - -7i64",
    "1.5f64",
    "-1.5f64",
    "-0.0f64",
    "0.1f64",
    "-(1.5f64)",
    "1.7976931348623157e308f64",
    "2.2250738585072014e-308f64",
    "0.30000000000000004f64",
    "9007199254740992.0f64",
    "1e16f64",
    "f64.bits(0x7ff8000000000000)",
    "f64.bits(0xfff0000000000000)",
    "f64.bits(0x0000000000000001)",
    "f64.bits(0x800fffffffffffff)",
    "opaque(\"vyre.literal.u64\", \"07000000000000\")", // not 8 bytes
    "opaque(\"vyre.literal.u32\", \"0700000000000000\")",
    "opaque(\"vyre.ext.param\", \"\")",
    "uniform_load(buf[i])",
    "atomic_load.acquire(buf[i])",
    "atomic_load.relaxed(buf[i])",
    "param(3)",
    "param(4294967295)",
    "min",
    "cast_",
    "call_me",
    "in",
    "op",
    "len",
    "select",
    "opaque",
};

// What a person may write, and how it is printed.
static const char *const same[][2] = {
    { "0x1F", "31" },
    { "1_000_000", "1000000" },
    { "0xFFFF_FFFF", "0xffffffff" },
    { "- 7i", "-7i" },
    { "0x10i", "16i" },
    { "1e3", "1000.0" },
    { "1.50", "1.5" },
    { "1E+2", "100.0" },
    { "((a))", "a" },
    { "a\n  + b", "a + b" },
    { "a+b*c", "a + b * c" },
    { "atomic_add.seq_cst(b[0], 1)", "atomic_add(b[0], 1)" },
    { "gid.0", "gid.x" },
    { "f32.bits(0x3f800000)", "1.0" },
    { "f32.bits(1)", "f32.bits(0x00000001)" },
    { "min(a,b) // why", "min(a, b)" },
    { "`plain`", "plain" },
    { "1_0.2_5e0_1", "102.5" },
    { "opaque(\"vyre.literal.u64\", \"0700000000000000\")", "7u64" },
    { "opaque(\"vyre.literal.i64\", \"f9ffffffffffffff\")", "-7i64" },
    { "opaque(\"vyre.literal.f64\", \"000000000000f83f\")", "1.5f64" },
    { "7u32", "7" },
    { "0x1fu32", "31" },
    { "-7i32", "-7i" },
    { "7f32", "7.0" },
    { "1.5f32", "1.5" },
    { "-1e3f32", "-1000.0" },
    { "1_000_u64", "1000u64" },
    { "0x10i64", "16i64" },
    { "0b1010", "10" },
    { "0B1111_0000", "240" },
    { "-0b101i", "-5i" },
    { "0b1u64", "1u64" },
    { "a /* why */ + /* a\n line */ b", "a + b" },
    { "a /**/", "a" },
    { "a /* // */ + b", "a + b" },
    { "7f64", "7.0f64" },
    { "9007199254740993f64", "9007199254740992.0f64" }, // rounded to even
    { "1e3f64", "1000.0f64" },
    { "4294967296u64", "0x0000000100000000u64" },
    { "0.1000000000000000055511151231257827f64", "0.1f64" },
    { "f64.bits(0x3ff8000000000000)", "1.5f64" },
    { "cast<u32>(x)", "u32(x)" },
    { "1.17549435e-38", "1.1754944e-38" },
    { "0.1000000014901161193847656250", "0.1" },
};

static void expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "workgroup 1\n\nlet v = %s\nb[%s] = %s\nreturn\n", canonical[i],
                 canonical[i], canonical[i]);
        assert_canonical(text);
        snprintf(text, sizeof text, "workgroup 1\n\nif %s {\n}\nloop i in %s..%s {\n}\n",
                 canonical[i], canonical[i], canonical[i]);
        assert_canonical(text);
    }
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        char text[256];
        char wanted[256];
        snprintf(text, sizeof text, "let v = %s\n", same[i][0]);
        snprintf(wanted, sizeof wanted, "workgroup 1\n\nlet v = %s\n", same[i][1]);
        assert_prints(text, wanted);
    }
}

static void the_root_region_is_hidden_only_when_it_comes_back(void **state)
{
    (void)state;
    // A root around one region must stay, because the parser adds none there.
    assert_canonical("workgroup 1\n"
                     "\n"
                     "region \"vyre.program.root\" {\n"
                     "    region \"inner\" {\n"
                     "    }\n"
                     "}\n");
    assert_prints("region \"vyre.program.root\" { let x = 1 }", "workgroup 1\n\nlet x = 1\n");
    assert_canonical("workgroup 1\n"
                     "\n"
                     "region \"vyre.program.root\" from \"x\" {\n"
                     "    let x = 1\n"
                     "}\n");
    assert_canonical("workgroup 1\n"
                     "\n"
                     "region \"a\" {\n"
                     "}\n"
                     "region \"b\" {\n"
                     "}\n");
    assert_canonical("workgroup 1\n"
                     "unwrapped\n"
                     "\n"
                     "let x = 1\n");
    struct vyre_program *program = parse("let x = 1");
    assert_int_equal(program->entry.count, 1);
    assert_int_equal(program->entry.nodes[0]->kind, IR_NODE_REGION);
    vyre_program_destroy(&program);
}

static void positions_are_those_of_words_and_operators(void **state)
{
    (void)state;
    struct vyre_program *program = parse("buffer  b : u32[4] readwrite @0\n"
                                         "\n"
                                         "  let x = a + b[ 7 ]\n"
                                         "if x { b[0] = -x }");
    assert_int_equal(program->buffers[0].pos.line, 1);
    assert_int_equal(program->buffers[0].pos.column, 9);
    struct ir_body body = program->entry.nodes[0]->body;
    const struct ir_node *let = body.nodes[0];
    assert_int_equal(let->pos.line, 3);
    assert_int_equal(let->pos.column, 3);
    assert_int_equal(let->a->pos.column, 13); // the operator
    assert_int_equal(let->a->kids[0]->pos.column, 11);
    assert_int_equal(let->a->kids[1]->pos.column, 15);
    assert_int_equal(let->a->kids[1]->kids[0]->pos.column, 18);
    const struct ir_node *store = body.nodes[1]->body.nodes[0];
    assert_int_equal(store->pos.line, 4);
    assert_int_equal(store->pos.column, 8);
    assert_int_equal(store->b->pos.column, 15);

    struct diag_place place = ir_place(program, store->pos);
    assert_string_equal(place.source, "test");
    assert_int_equal(place.line_text_size, 18);
    assert_memory_equal(place.line_text, "if x { b[0] = -x }", 18);
    assert_int_equal(place.length, 1);
    place = ir_place(program, let->pos);
    assert_int_equal(place.length, 3);
    assert_null(ir_place(program, (struct ir_pos){ 0, 0 }).line_text);
    assert_null(ir_place(program, (struct ir_pos){ 99, 1 }).line_text);
    vyre_program_destroy(&program);
}

static const char everything[] =
    "op \"x\"\nworkgroup 8 8\nbuffer in : vec<f32;4>[] readonly @0 shape(and(at_least(1), "
    "not(exactly(2))))\nbuffer out : tensor<f32;2x3>[4] readwrite @1 output\n"
    "let a = `q\\n` + 1.25 * f32.bits(1)\nif a { b[a] = call \"f\"(1, 2) } else { return }\n"
    "loop i in 0..4 { region \"g\" from \"s\" { opaque(\"k\", \"0011\") } }\n"
    "let c = atomic_compare_exchange.relaxed(out[0], 1, opaque(\"k\", \"00\"))\n";

static void any_failing_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    struct vyre_program *program;
    memory_fail_nth(0);
    assert_result(VYRE_OK, vyre_program_parse(everything, strlen(everything), "n", NULL, &program));
    uint64_t total = memory_fail_nth(0);
    for (uint64_t nth = 1; nth <= total; nth++) {
        struct vyre_program *failed;
        struct test_diags diags = { 0 };
        memory_fail_nth(nth);
        enum vyre_result result = vyre_program_parse(everything, strlen(everything), "n",
                                                     test_diag_sink(&diags), &failed);
        if (result != VYRE_ERR_NO_MEMORY)
            fail_msg("allocation %d: %s %s", (int)nth, vyre_result_name(result), diags.text);
        assert_null(failed);
        assert_int_equal(diags.count, 0);
    }
    memory_fail_nth(0);
    char *text;
    assert_result(VYRE_OK, vyre_program_print(program, &text, NULL));
    vyre_free(text);
    total = memory_fail_nth(0);
    assert_true(total > 2);
    for (uint64_t nth = 1; nth <= total; nth++) {
        memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY, vyre_program_print(program, &text, NULL));
        assert_null(text);
    }
    memory_fail_nth(0);
    vyre_program_destroy(&program);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    struct vyre_program *program = (void *)1;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_parse(NULL, 3, NULL, NULL, &program));
    assert_null(program);
    assert_result(VYRE_OK, vyre_program_parse(NULL, 0, NULL, NULL, &program));
    assert_int_equal(program->entry.count, 1);
    vyre_program_destroy(&program);
}

static void the_parts_of_a_program_are_counted(void **state)
{
    (void)state;
    struct vyre_program_size size;
    struct vyre_program *program = parse("unwrapped\n"
                                         "buffer a : u32[4] readwrite @0\n"
                                         "buffer b : u32[4] readwrite @1\n"
                                         "let x = a[1] + 2\n"                // 4 expressions
                                         "if x == 3 { a[0] = x }\n"          // 3, and 2
                                         "loop i in 0..4 {\n"                // 2
                                         "    let y = atomic_add(b[i], 1)\n" // 3
                                         "}\n");
    vyre_program_measure(program, &size);
    assert_int_equal(size.statements, 5);
    assert_int_equal(size.expressions, 14);
    assert_int_equal(size.accesses, 3);
    assert_int_equal(size.loops, 1);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declarations),
        cmocka_unit_test(every_type),
        cmocka_unit_test(statements),
        cmocka_unit_test(compound_assignments_say_the_left_side_once),
        cmocka_unit_test(expressions),
        cmocka_unit_test(the_root_region_is_hidden_only_when_it_comes_back),
        cmocka_unit_test(positions_are_those_of_words_and_operators),
        cmocka_unit_test(any_failing_allocation_is_reported_and_nothing_leaks),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(the_parts_of_a_program_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
