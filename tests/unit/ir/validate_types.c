// SPDX-License-Identifier: MIT
// Types of operands, casts, memory accesses, atomics and extensions: each rule fires, and does not
// fire for its near misses.
#include "ir/model.h"
#include "ir/validate.h"
#include "validate_rules.h"

static void memory(void **state)
{
    (void)state;
    assert_body("V111", "none[0] = 1");
    assert_body("V112", "ro[0] = 1");
    assert_body("V112", "uni[0] = 1");
    assert_body("", "rw[0] = 1\nwo[0] = 1\ntile[0] = 1");
    assert_body("V013", "raw[0] = 1");
    assert_body("", "open[0] = 1");
    assert_body("V113", "rw[0] = true");
    assert_body("V113", "flags[0] = 1");
    assert_body("V113", "floats[0] = 1");
    assert_body("", "flags[0] = true\nfloats[0] = 1.0\nints[0] = 1i\nrw[0] = open[0]");
    assert_body("V114", "rw[1i] = 1");
    assert_body("V036", "rw[16] = 1");
    assert_body("V114 V036", "rw[-1i] = 1");
    assert_body("V114 V036", "rw[16i] = 1");
    assert_body("", "rw[15] = 1");
    assert_codes("", "buffer b : u32[] readwrite @0\nb[4294967295] = 1\n");
    assert_body("V115", "let x = none[0]");
    assert_body("V013", "let x = raw[0]");
    // Loads may have any index, and may be from write-only buffers.
    assert_body("", "let x = rw[1.0] + wo[99]");
    assert_body("V116", "let x = len(none)");
    assert_body("V117 V117 V117", "let x = gid.3 + wid.4 + lid.255");
    // The rules of a store come before those of its parts.
    assert_body("V113 V114 V124 V115", "rw[-floats[missing]] = true && none[0]");
}

static void atomics(void **state)
{
    (void)state;
    assert_body("", "let x = atomic_add(rw[0], 1)");
    assert_body("V042", "let x = atomic_add.grid_sync(rw[0], 1)");
    assert_body("V027", "let x = atomic_add(rw[0i], 1)");
    assert_body("V118", "let x = atomic_add(none[0], 1.0)");
    assert_body("V025", "let x = atomic_add(tile[0], 1)");
    assert_body("V009", "let x = atomic_add(ro[0], 1)");
    assert_body("V009", "let x = atomic_add(uni[0], 1)");
    assert_body("V009", "let x = atomic_add(wo[0], 1)");
    assert_body("V013 V014", "let x = atomic_add(open[0], 1)");
    assert_body("V014", "let x = atomic_add(ints[0], 1)");
    assert_body("V119", "let x = atomic_add(rw[0], 1i)");
    assert_body("V120", "let x = atomic_compare_exchange(rw[0], 1)");
    assert_body("V120", "let x = atomic_compare_exchange(rw[0], true, 1)");
    assert_body("V120", "let x = atomic_compare_exchange_weak(rw[0], 1, 2)");
    assert_body("V120", "let x = atomic_add(rw[0], 1, 2)");
    assert_body("", "let x = atomic_compare_exchange(rw[0], 1, 2)");
    assert_body("", "let x = atomic_nand(rw[0], 1) + atomic_lru_update(rw[0], 1)");
    // Its own rules come before those of its operands.
    assert_body("V027 V009 V119 V124", "let x = atomic_add(ro[1 < missing], 1.0)");
}

static void extensions(void **state)
{
    (void)state;
    assert_body("", "let x = uniform_load(ro[0]) + uniform_load(tile[0]) + param(0)");
    assert_body("", "let x = atomic_load.relaxed(rw[0])\natomic_store.relaxed(rw[0], x)");
    assert_body("V160 V160 V160", "let x = uniform_load(none[0]) + atomic_load.acquire(none[0])\n"
                                  "atomic_store.release(none[0], 1)");
    assert_body("V161", "let x = uniform_load(ints[0])");
    assert_body("V161", "let x = atomic_load.relaxed(tile[0])");
    assert_body("V161", "let x = atomic_load.relaxed(ro[0])");
    assert_body("V161", "atomic_store.relaxed(wo[0], 1)");
    assert_body("V162", "let x = uniform_load(ro[1.0])");
    assert_body("V162 V162", "atomic_store.relaxed(rw[true], 1i)");
    assert_body("V163", "let x = atomic_load.release(rw[0])");
    assert_body("V163", "let x = atomic_load.seq_cst(rw[0])");
    assert_body("V163", "atomic_store.acquire(rw[0], 1)");
    assert_body("V030", "let x = opaque(\"some.kind\", \"00\")");
    assert_body("V030 V030", "let x = opaque(\"\", \"00\")");
    assert_body("V030", "let x = opaque(\"vyre.literal.u64\", \"00\")");
    assert_body("", "wide[0] = opaque(\"vyre.literal.u64\", \"0700000000000000\")");
    assert_body("V113", "rw[0] = opaque(\"vyre.literal.u64\", \"0700000000000000\")");
}

// Operands of each type: u32, i32, f32, bool, u64, and unknown.
static const char *const operands[] = { "1", "1i", "1.0", "true", "wide[0]", "call \"f\"()" };
enum { U, I, F, B, W, UNKNOWN, OPERANDS };

// `codes[left][right]` for an operator.
static void assert_matrix(const char *operator, bool call, const char *const codes[6][6])
{
    for (int l = 0; l < OPERANDS; l++) {
        for (int r = 0; r < OPERANDS; r++) {
            char text[1024];
            if (call)
                snprintf(text, sizeof text, BUFFERS "let x = %s(%s, %s)\n", operator, operands[l],
                         operands[r]);
            else
                snprintf(text, sizeof text, BUFFERS "let x = (%s) %s (%s)\n", operands[l], operator,
                         operands[r]);
            assert_codes(codes[l][r] ? codes[l][r] : "", text);
        }
    }
}

static void binary_operators(void **state)
{
    (void)state;
    static const char *const arithmetic[6][6] = {
        [U] = { NULL, "V144", "V144", "V143", "V140", NULL },
        [I] = { "V144", NULL, "V144", "V143", "V140", NULL },
        [F] = { "V144", "V144", NULL, "V143", "V140", NULL },
        [B] = { "V143", "V143", "V143", "V143 V143", "V140 V143", "V143" },
        [W] = { "V140", "V140", "V140", "V140 V143", "V140", NULL },
        [UNKNOWN] = { NULL, NULL, NULL, "V143", NULL, NULL },
    };
    assert_matrix("+", false, arithmetic);
    assert_matrix("-", false, arithmetic);
    assert_matrix("*", false, arithmetic);
    assert_matrix("/", false, arithmetic);
    assert_matrix("min", true, arithmetic);
    assert_matrix("max", true, arithmetic);
    static const char *const saturating[6][6] = {
        [U] = { NULL, "V141 V144", "V141 V144", "V141 V143", "V140 V141", NULL },
        [I] = { "V141 V144", "V141", "V141 V144", "V141 V143", "V140 V141", NULL },
        [F] = { "V141 V144", "V141 V144", "V141", "V141 V143", "V140 V141", NULL },
        [B] = { "V141 V143", "V141 V143", "V141 V143", "V141 V143 V143", "V140 V141 V143", "V143" },
        [W] = { "V140 V141", "V140 V141", "V140 V141", "V140 V141 V143", "V140 V141", NULL },
        [UNKNOWN] = { NULL, NULL, NULL, "V143", NULL, NULL },
    };
    assert_matrix("saturating_add", true, saturating);
    assert_matrix("saturating_sub", true, saturating);
    assert_matrix("saturating_mul", true, saturating);
    static const char *const difference[6][6] = {
        [U] = { NULL, "V142 V144", "V144", "V143", "V140", NULL },
        [I] = { "V142 V144", "V142", "V142 V144", "V142 V143", "V140 V142", NULL },
        [F] = { "V144", "V142 V144", NULL, "V143", "V140", NULL },
        [B] = { "V143", "V142 V143", "V143", "V143 V143", "V140 V143", "V143" },
        [W] = { "V140", "V140 V142", "V140", "V140 V143", "V140", NULL },
        [UNKNOWN] = { NULL, NULL, NULL, "V143", NULL, NULL },
    };
    assert_matrix("abs_diff", true, difference);
    static const char *const remainder[6][6] = {
        [U] = { NULL, "V146", "V145", "V145", "V145", NULL },
        [I] = { "V146", NULL, "V145", "V145", "V145", NULL },
        [F] = { "V145", "V145", "V145 V145", "V145 V145", "V145 V145", "V145" },
        [B] = { "V145", "V145", "V145 V145", "V145 V145", "V145 V145", "V145" },
        [W] = { "V145", "V145", "V145 V145", "V145 V145", "V145 V145", "V145" },
        [UNKNOWN] = { NULL, NULL, "V145", "V145", "V145", NULL },
    };
    assert_matrix("%", false, remainder);
    static const char *const bitwise[6][6] = {
        [U] = { NULL, "V148", "V147 V148", "V147 V148", "V147 V148", NULL },
        [I] = { "V148", NULL, "V147 V148", "V147 V148", "V147 V148", NULL },
        [F] = { "V147 V148", "V147 V148", "V147 V147", "V147 V147 V148", "V147 V147 V148", NULL },
        [B] = { "V147 V148", "V147 V148", "V147 V147 V148", "V147 V147", "V147 V147 V148", NULL },
        [W] = { "V147 V148", "V147 V148", "V147 V147 V148", "V147 V147 V148", "V147 V147", NULL },
        [UNKNOWN] = { NULL, NULL, NULL, NULL, NULL, NULL },
    };
    assert_matrix("&", false, bitwise);
    assert_matrix("|", false, bitwise);
    assert_matrix("^", false, bitwise);
}

static void more_binary_operators(void **state)
{
    (void)state;
    static const char *const shift[6][6] = {
        [U] = { NULL, "V149", "V149", "V149", "V149", NULL },
        [I] = { "V149", "V149 V149", "V149 V149", "V149 V149", "V149 V149", "V149" },
        [F] = { "V149", "V149 V149", "V149 V149", "V149 V149", "V149 V149", "V149" },
        [B] = { "V149", "V149 V149", "V149 V149", "V149 V149", "V149 V149", "V149" },
        [W] = { "V149", "V149 V149", "V149 V149", "V149 V149", "V149 V149", "V149" },
        [UNKNOWN] = { NULL, "V149", "V149", "V149", "V149", NULL },
    };
    assert_matrix("<<", false, shift);
    assert_matrix(">>", false, shift);
    assert_matrix("rotate_left", true, shift);
    assert_matrix("rotate_right", true, shift);
    static const char *const logical[6][6] = {
        [U] = { NULL, "V150", "V150", NULL, "V150", NULL },
        [I] = { "V150", "V150 V150", "V150 V150", "V150", "V150 V150", "V150" },
        [F] = { "V150", "V150 V150", "V150 V150", "V150", "V150 V150", "V150" },
        [B] = { NULL, "V150", "V150", NULL, "V150", NULL },
        [W] = { "V150", "V150 V150", "V150 V150", "V150", "V150 V150", "V150" },
        [UNKNOWN] = { NULL, "V150", "V150", NULL, "V150", NULL },
    };
    assert_matrix("&&", false, logical);
    assert_matrix("||", false, logical);
    static const char *const comparison[6][6] = {
        [U] = { NULL, "V151", "V151", "V151", "V151", NULL },
        [I] = { "V151", NULL, "V151", "V151", "V151", NULL },
        [F] = { "V151", "V151", NULL, "V151", "V151", NULL },
        [B] = { "V151", "V151", "V151", NULL, "V151", NULL },
        [W] = { "V151", "V151", "V151", "V151", NULL, NULL },
        [UNKNOWN] = { NULL, NULL, NULL, NULL, NULL, NULL },
    };
    static const char *const comparisons[] = { "==", "!=", "<", ">", "<=", ">=" };
    for (size_t i = 0; i < 6; i++)
        assert_matrix(comparisons[i], false, comparison);
    static const char *const unchecked[6][6] = { { NULL } };
    assert_matrix("wrapping_add", true, unchecked);
    assert_matrix("wrapping_sub", true, unchecked);
    assert_matrix("mul_high", true, unchecked);
    assert_body("V152 V152 V152 V152",
                "let a = shuffle(1, 2) + ballot(1, 2) + wave_reduce(1, 2) + wave_broadcast(1, 2)");
}

static void zero_divisors(void **state)
{
    (void)state;
    assert_body("V044", "let x = 1 / 0");
    assert_body("V044", "let x = 1i % 0i");
    assert_body("V044", "let x = 1.0 / -0.0");
    assert_body("V044", "let x = 1.0 / f32(i32(0))");
    assert_body("V044 V143", "let x = true / 0");
    assert_body("", "let z = 0\nlet x = 1 / z + 1 / (0 + 0)");
    assert_body("", "let x = 0 / 1");
}

static void unary_operators(void **state)
{
    (void)state;
    // One digit per operand of `operands`: 1 where it is refused.
    static const struct {
        const char *operator;
        const char *code;
        const char *refused;
    } cases[] = {
        { "-", "V153", "010110" },
        { "!", "V154", "011010" },
        { "~", "V155", "001100" },
        { "popcount", "V155", "001100" },
        { "clz", "V155", "001100" },
        { "ctz", "V155", "001100" },
        { "reverse_bits", "V155", "001100" },
        { "abs", "V156", "110110" },
        { "sqrt", "V156", "110110" },
        { "sin", "V156", "110110" },
        { "round", "V156", "110110" },
        { "is_nan", "V156", "110110" },
        { "reciprocal", "V156", "110110" },
        { "unpack4_low", "V157", "111110" },
        { "unpack8_high", "V157", "111110" },
        { "op.0x80000001", "V157", "111110" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int k = 0; k < OPERANDS; k++) {
            char text[1024];
            snprintf(text, sizeof text, BUFFERS "let x = %s(%s)\n", cases[i].operator, operands[k]);
            assert_codes(cases[i].refused[k] == '1' ? cases[i].code : "", text);
        }
    }
}

static void select_fma_subgroup(void **state)
{
    (void)state;
    assert_body("", "let x = select(1.0, 1, 2)");
    assert_body("V029", "let x = select(true, 1, 2i)");
    assert_body("", "let x = select(true, 1, call \"f\"())");
    assert_body("V028", "let x = fma(1.0, 2, 3.0)");
    assert_body("V028 V028 V028", "let x = fma(1, 2, 3)");
    assert_body("V041 V041 V041", "let x = subgroup_add(subgroup_size()) + subgroup_ballot(true)");
    assert_codes_with("", (struct vyre_validate_params){ .subgroup_ops = true },
                      BUFFERS "let x = subgroup_shuffle(subgroup_add(1), subgroup_local_id())\n");
}

static void casts(void **state)
{
    (void)state;
    assert_body("", "let x = u32(1i) + u32(1.0) + u32(true) + u32(1)");
    assert_body("", "let x = f32(1) + f32(1i) + f32(true)");
    assert_body("", "let x = cast<vec2<u32>>(wide[0])\nlet y = u64(x)");
    assert_body("", "let x = u32(cast<vec2<u32>>(cast<vec4<u32>>(1)))");
    assert_body("V012", "let x = f32(wide[0])");
    assert_body("V012", "let x = u64(1.0)");
    assert_body("V012", "let x = cast<vec4<u32>>(wide[0])");
    assert_body("V012", "let x = cast<vec4<u32>>(cast<vec2<u32>>(1))");
    assert_body("V012", "let x = f64(1.0)");
    assert_body("V023", "let x = bytes(1)");
    assert_body("", "let x = bytes(open[0])");
    assert_body("V012", "let x = u32(open[0])");
    assert_body("V035", "let x = u8(1)");
    assert_body("V035", "let x = u32(wide[0])");
    assert_body("V035", "let x = i16(1i)");
    assert_body("", "let x = bool(wide[0])");
    assert_body("", "let x = u8(call \"f\"())");
}

// Static types reach through locals, and keep the reference's oddities.
static void inference(void **state)
{
    (void)state;
    assert_body("V113", "let x = 1i & 2i\nints[0] = x");
    assert_body("", "let x = 1i & 2i\nrw[0] = x");
    assert_body("", "let x = 1i + 2i\nints[0] = x");
    assert_body("V113", "let x = 1.0 + 2.0\nrw[0] = x");
    assert_body("", "flags[0] = 1 < 2 && true");
    assert_body("", "ints[0] = ~1i\nints[1] = popcount(1i)");
    assert_body("", "let x = call \"f\"()\nrw[0] = x");
    assert_body("V113", "let x = call \"f\"()\nfloats[0] = x");
    struct vyre_program *program = validate_parse(BUFFERS "let x = floats[0] * 2.0\n");
    const struct ir_node *let = program->entry.nodes[0]->body.nodes[0];
    const struct ir_type *type = ir_infer_type(program, let->a, NULL, NULL);
    assert_non_null(type);
    assert_int_equal(type->kind, IR_TYPE_F32);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory),
        cmocka_unit_test(atomics),
        cmocka_unit_test(extensions),
        cmocka_unit_test(binary_operators),
        cmocka_unit_test(more_binary_operators),
        cmocka_unit_test(zero_divisors),
        cmocka_unit_test(unary_operators),
        cmocka_unit_test(select_fma_subgroup),
        cmocka_unit_test(casts),
        cmocka_unit_test(inference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
