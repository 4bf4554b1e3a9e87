// SPDX-License-Identifier: MIT
// f32 operators (spec: semantics.md, 3.3, 4.3, 5.4, 5.5 and 10.10).
//
// Operands are canonical already, and every result that may not be is made so. Where the target
// does not say that its instruction gives the right bits, the value library computes them with
// integers. Fast mode takes the instructions, and lets values be what they are.
#include "numbers.h"

#include "ir/model.h"

// Parts of a binary32, and the one NaN.
#define SIGN      0x80000000u
#define MAGNITUDE 0x7FFFFFFFu
#define EXPONENT  0x7F800000u
#define QUIET_NAN 0x7FC00000u

static uint32_t and_word(struct spv_lowering *lowering, uint32_t word, uint32_t mask)
{
    return spv_word2(lowering, SpvOpBitwiseAnd, word, spv_u32(lowering, mask));
}

static uint32_t choose(struct spv_lowering *lowering, uint32_t test, uint32_t yes, uint32_t no)
{
    return spv_choose(lowering, lowering->type_u32, test, yes, no);
}

static uint32_t is_nan(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t magnitude = and_word(lowering, bits, MAGNITUDE);
    return spv_test2(lowering, SpvOpUGreaterThan, magnitude, spv_u32(lowering, EXPONENT));
}

static bool is_fast(const struct spv_lowering *lowering)
{
    return lowering->float_mode == VYRE_FLOAT_FAST;
}

uint32_t spv_canonical(struct spv_lowering *lowering, uint32_t bits)
{
    if (is_fast(lowering))
        return bits;
    uint32_t exponent = and_word(lowering, bits, EXPONENT);
    uint32_t tiny = spv_test2(lowering, SpvOpIEqual, exponent, spv_u32(lowering, 0));
    uint32_t zero = and_word(lowering, bits, SIGN);
    uint32_t flushed = choose(lowering, tiny, zero, bits);
    uint32_t nan = is_nan(lowering, bits);
    return choose(lowering, nan, spv_u32(lowering, QUIET_NAN), flushed);
}

static uint32_t canonical_bits(uint32_t bits)
{
    if ((bits & MAGNITUDE) > EXPONENT)
        return QUIET_NAN;
    return bits & EXPONENT ? bits : bits & SIGN;
}

struct spv_value spv_literal_f32(struct spv_lowering *lowering, uint32_t bits)
{
    if (is_fast(lowering))
        return spv_value_of(spv_u32(lowering, bits), SPV_F32);
    return spv_value_of(spv_literal(lowering, canonical_bits(bits)), SPV_F32);
}

// ---- Instructions -------------------------------------------------------------------------------

bool spv_float_is_native(const struct spv_lowering *lowering, enum spv_float_op op)
{
    return is_fast(lowering) || (lowering->target->exact_floats & op);
}

bool spv_float_hides(const struct spv_lowering *lowering, enum spv_float_op op)
{
    return !is_fast(lowering) && (lowering->target->hidden_floats & op);
}

// Of two numbers in a row one is even. A driver that found that out would not be one that gets
// constants wrong and is right with this: the probe of floats hides its operands in the same way.
uint32_t spv_hidden_zero(struct spv_lowering *lowering)
{
    if (lowering->hidden_zero)
        return lowering->hidden_zero;
    const enum spv_section at = lowering->at;
    lowering->at = SPV_PROLOGUE;
    uint32_t any = spv_built_in(lowering, SPV_WORKGROUP_COUNT, 0);
    uint32_t one = spv_u32(lowering, 1);
    uint32_t next = spv_word2(lowering, SpvOpIAdd, any, one);
    uint32_t even = spv_word2(lowering, SpvOpIMul, any, next);
    lowering->hidden_zero = spv_word2(lowering, SpvOpBitwiseAnd, even, one);
    lowering->at = at;
    return lowering->hidden_zero;
}

// Not by exclusive-or, which would show what is hidden already: a literal 0 that is chosen from is
// that word itself.
static uint32_t hide_bits(struct spv_lowering *lowering, uint32_t bits)
{
    return spv_word2(lowering, SpvOpIAdd, bits, spv_hidden_zero(lowering));
}

static uint32_t hide(struct spv_lowering *lowering, enum spv_float_op op, uint32_t bits)
{
    return spv_float_hides(lowering, op) ? hide_bits(lowering, bits) : bits;
}

// Whether a driver may mix up the constants that it chooses from.
static bool mixes_up(const struct spv_lowering *lowering)
{
    const struct vyre_target *target = lowering->target;
    return !(target->exact_floats & ~target->hidden_floats & VYRE_EXACT_SELECT);
}

// Not by a sum, which would be another one the second time.
static uint32_t hide_chosen(struct spv_lowering *lowering, uint32_t bits)
{
    return spv_word2(lowering, SpvOpBitwiseOr, bits, spv_hidden_zero(lowering));
}

uint32_t spv_literal(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t id = spv_u32(lowering, bits);
    return spv_is_mixed_up(bits) && mixes_up(lowering) ? hide_chosen(lowering, id) : id;
}

bool spv_is_constant(const struct spv_lowering *lowering, const struct ir_expr *expr)
{
    return mixes_up(lowering) && spv_may_be_constant(lowering->program, &lowering->facts, expr);
}

struct spv_value spv_chosen(struct spv_lowering *lowering, struct spv_value value, bool constant)
{
    const bool is_float = value.kind == SPV_F32 && is_fast(lowering);
    // A driver knows more of programs that nobody has optimised: that a product with 0 is 0.
    if (!(constant || lowering->no_optimize) || is_float || !mixes_up(lowering))
        return value;
    for (uint32_t i = 0; i < spv_word_count(value); i++)
        spv_set_word(&value, i, hide_chosen(lowering, spv_value_word(value, i)));
    return value;
}

void spv_no_contraction(struct spv_lowering *lowering, uint32_t id)
{
    if (!is_fast(lowering))
        SPV_EMIT(&lowering->writer, SPV_DECORATIONS, SpvOpDecorate, id, SpvDecorationNoContraction);
}

void spv_need_float64(struct spv_lowering *lowering)
{
    if (!lowering->has_float64)
        SPV_EMIT(&lowering->writer, SPV_CAPABILITIES, SpvOpCapability, SpvCapabilityFloat64);
    lowering->has_float64 = true;
}

uint32_t spv_float_type(struct spv_lowering *lowering)
{
    const uint32_t width = 32;
    if (!lowering->type_f32)
        lowering->type_f32 = spv_intern_type(&lowering->writer, SpvOpTypeFloat, &width, 1);
    return lowering->type_f32;
}

static uint32_t as_float(struct spv_lowering *lowering, uint32_t bits)
{
    for (uint32_t i = 0; i < SPV_NUMBERS; i++)
        if (lowering->numbers[i].bits == bits)
            return lowering->numbers[i].number;
    return spv_op1(lowering, SpvOpBitcast, spv_float_type(lowering), bits);
}

static uint32_t as_bits(struct spv_lowering *lowering, uint32_t number)
{
    uint32_t bits = spv_op1(lowering, SpvOpBitcast, lowering->type_u32, number);
    const uint32_t at = lowering->next_number++ % SPV_NUMBERS;
    lowering->numbers[at].number = number;
    lowering->numbers[at].bits = bits;
    return bits;
}

static uint32_t native2(struct spv_lowering *lowering, enum spv_float_op kind, SpvOp op, uint32_t a,
                        uint32_t b)
{
    uint32_t left = as_float(lowering, hide(lowering, kind, a));
    uint32_t right = as_float(lowering, hide(lowering, kind, b));
    uint32_t number = spv_op2(lowering, op, lowering->type_f32, left, right);
    spv_no_contraction(lowering, number);
    return as_bits(lowering, number);
}

static uint32_t native_glsl(struct spv_lowering *lowering, enum GLSLstd450 op, const uint32_t *bits,
                            uint32_t count)
{
    uint32_t operands[7] = { spv_float_type(lowering), 0, spv_glsl(lowering), op };
    for (uint32_t i = 0; i < count; i++)
        operands[4 + i] = as_float(lowering, bits[i]);
    operands[1] = spv_writer_id(&lowering->writer);
    spv_emit(&lowering->writer, lowering->at, SpvOpExtInst, operands, 4 + count);
    return as_bits(lowering, operands[1]);
}

static uint32_t native_test(struct spv_lowering *lowering, SpvOp op, uint32_t a, uint32_t b)
{
    uint32_t left = as_float(lowering, a);
    return spv_test2(lowering, op, left, as_float(lowering, b));
}

static uint32_t native_convert(struct spv_lowering *lowering, SpvOp op, uint32_t word)
{
    return as_bits(lowering, spv_op1(lowering, op, spv_float_type(lowering), word));
}

// ---- Conversions --------------------------------------------------------------------------------

struct spv_value spv_as_f32(struct spv_lowering *lowering, struct spv_value value)
{
    if (value.kind == SPV_U32) // the bits of one
        return spv_value_of(spv_canonical(lowering, value.id), SPV_F32);
    if (value.kind == SPV_F64) {
        uint32_t pair = spv_pair(lowering, value);
        uint32_t narrow = spv_call(lowering, "f32_from_f64", lowering->type_u32, &pair, 1);
        return spv_value_of(spv_canonical(lowering, narrow), SPV_F32);
    }
    return value;
}

struct spv_value spv_to_f32(struct spv_lowering *lowering, struct spv_value value)
{
    uint32_t pair;
    switch (value.kind) {
    case SPV_F32:
    case SPV_F64: return value;
    case SPV_BOOL: {
        uint32_t one = spv_u32(lowering, 0x3F800000u);
        return spv_value_of(choose(lowering, value.id, one, spv_u32(lowering, 0)), SPV_F32);
    }
    case SPV_I32:
        if (spv_float_is_native(lowering, SPV_FLOAT_CONVERT))
            return spv_value_of(native_convert(lowering, SpvOpConvertSToF, value.id), SPV_F32);
        return spv_value_of(spv_call1(lowering, "f32_from_i32", value.id), SPV_F32);
    case SPV_U64:
        pair = spv_pair(lowering, value);
        return spv_value_of(spv_call(lowering, "f32_from_u64", lowering->type_u32, &pair, 1),
                            SPV_F32);
    default: break;
    }
    uint32_t word = spv_as_word(lowering, value);
    if (spv_float_is_native(lowering, SPV_FLOAT_CONVERT))
        return spv_value_of(native_convert(lowering, SpvOpConvertUToF, word), SPV_F32);
    return spv_value_of(spv_call1(lowering, "f32_from_u32", word), SPV_F32);
}

// ---- Operators of two ---------------------------------------------------------------------------

static uint32_t less(struct spv_lowering *lowering, uint32_t a, uint32_t b)
{
    if (spv_float_is_native(lowering, SPV_FLOAT_COMPARE))
        return native_test(lowering, SpvOpFOrdLessThan, a, b);
    return spv_call(lowering, "f32_less", lowering->type_bool, (const uint32_t[]){ a, b }, 2);
}

// A NaN is ignored; of equal operands, zeros of different sign included, the left one is the
// result.
static uint32_t extreme(struct spv_lowering *lowering, uint8_t op, uint32_t left, uint32_t right)
{
    uint32_t better = op == IR_BIN_MIN ? less(lowering, right, left) : less(lowering, left, right);
    uint32_t nan = is_nan(lowering, left);
    uint32_t take = spv_test2(lowering, SpvOpLogicalOr, better, nan);
    return choose(lowering, take, right, left);
}

static uint32_t compare(struct spv_lowering *lowering, uint8_t op, uint32_t left, uint32_t right)
{
    const bool swapped = op == IR_BIN_GT || op == IR_BIN_GE;
    const uint32_t operands[] = { swapped ? right : left, swapped ? left : right };
    const uint32_t type = lowering->type_bool;
    const bool native = spv_float_is_native(lowering, SPV_FLOAT_COMPARE);
    uint32_t equal;
    switch (op) {
    case IR_BIN_LT:
    case IR_BIN_GT: return less(lowering, operands[0], operands[1]);
    case IR_BIN_LE:
    case IR_BIN_GE:
        return native ? native_test(lowering, SpvOpFOrdLessThanEqual, operands[0], operands[1])
                      : spv_call(lowering, "f32_less_equal", type, operands, 2);
    default: break;
    }
    equal = native ? native_test(lowering, SpvOpFOrdEqual, left, right)
                   : spv_call(lowering, "f32_equal", type, operands, 2);
    return op == IR_BIN_EQ ? equal : spv_op1(lowering, SpvOpLogicalNot, type, equal);
}

// Bits of the rounded result, not canonical yet.
static uint32_t arithmetic(struct spv_lowering *lowering, uint8_t op, uint32_t a, uint32_t b)
{
    static const struct {
        uint8_t op;
        enum spv_float_op kind;
        SpvOp instruction;
        const char *function;
    } operations[] = {
        { IR_BIN_ADD, SPV_FLOAT_ADD, SpvOpFAdd, "f32_add" },
        { IR_BIN_SUB, SPV_FLOAT_ADD, SpvOpFSub, "f32_sub" },
        { IR_BIN_MUL, SPV_FLOAT_MUL, SpvOpFMul, "f32_mul" },
        { IR_BIN_DIV, SPV_FLOAT_DIV, SpvOpFDiv, "f32_div" },
    };
    size_t i = 0;
    while (operations[i].op != op)
        i++;
    if (spv_float_is_native(lowering, operations[i].kind))
        return native2(lowering, operations[i].kind, operations[i].instruction, a, b);
    return spv_call2(lowering, operations[i].function, a, b);
}

bool spv_float_binary(struct spv_lowering *lowering, uint8_t op, struct spv_value left,
                      struct spv_value right, struct spv_value *out)
{
    uint32_t a = spv_as_f32(lowering, left).id;
    uint32_t b = spv_as_f32(lowering, right).id;
    switch (op) {
    case IR_BIN_ADD:
    case IR_BIN_SUB:
    case IR_BIN_MUL:
    case IR_BIN_DIV: {
        uint32_t bits = arithmetic(lowering, op, a, b);
        *out = spv_value_of(spv_canonical(lowering, bits), SPV_F32);
        return true;
    }
    case IR_BIN_MIN:
    case IR_BIN_MAX: *out = spv_value_of(extreme(lowering, op, a, b), SPV_F32); return true;
    case IR_BIN_EQ:
    case IR_BIN_NE:
    case IR_BIN_LT:
    case IR_BIN_GT:
    case IR_BIN_LE:
    case IR_BIN_GE: *out = spv_value_of(compare(lowering, op, a, b), SPV_BOOL); return true;
    default: return false;
    }
}

struct spv_value spv_fma(struct spv_lowering *lowering, const struct ir_expr *expr,
                         const struct spv_value operands[3])
{
    uint32_t ids[3];
    for (int i = 0; i < 3; i++) {
        struct spv_value operand = spv_as_f32(lowering, operands[i]);
        if (operand.kind != SPV_F32)
            spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L004, &expr->pos,
                       "fma is not defined for %s", spv_kind_names[operand.kind]);
        ids[i] = operand.id;
    }
    uint32_t bits = spv_float_is_native(lowering, SPV_FLOAT_FMA)
                        ? native_glsl(lowering, GLSLstd450Fma, ids, 3)
                        : spv_call3(lowering, "f32_fma", ids[0], ids[1], ids[2]);
    return spv_value_of(spv_canonical(lowering, bits), SPV_F32);
}

// ---- Operators of one ---------------------------------------------------------------------------

static uint32_t negate(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t flipped = spv_word2(lowering, SpvOpBitwiseXor, bits, spv_u32(lowering, SIGN));
    return choose(lowering, is_nan(lowering, bits), bits, flipped);
}

// 1 with the operand's sign; a NaN stays, and both zeros give +0.
static uint32_t sign_of(struct spv_lowering *lowering, uint32_t bits)
{
    uint32_t sign = and_word(lowering, bits, SIGN);
    uint32_t one = spv_word2(lowering, SpvOpBitwiseOr, sign, spv_u32(lowering, 0x3F800000u));
    uint32_t magnitude = and_word(lowering, bits, MAGNITUDE);
    uint32_t is_zero = spv_test2(lowering, SpvOpIEqual, magnitude, spv_u32(lowering, 0));
    uint32_t number = choose(lowering, is_zero, spv_u32(lowering, 0), one);
    return choose(lowering, is_nan(lowering, bits), bits, number);
}

// How the magnitude compares with an infinity's.
static struct spv_value classify(struct spv_lowering *lowering, SpvOp test, uint32_t bits)
{
    uint32_t magnitude = and_word(lowering, bits, MAGNITUDE);
    return spv_value_of(spv_test2(lowering, test, magnitude, spv_u32(lowering, EXPONENT)),
                        SPV_BOOL);
}

static uint32_t root(struct spv_lowering *lowering, uint32_t bits)
{
    if (spv_float_is_native(lowering, SPV_FLOAT_SQRT))
        return spv_canonical(lowering, native_glsl(lowering, GLSLstd450Sqrt, &bits, 1));
    return spv_call1(lowering, "f32_sqrt", bits); // never tiny
}

// Functions whose definition is a sequence of operations. `wide`: of 64-bit floats; `narrow` is
// then what stands in for it without them.
struct transcendental {
    uint8_t op;
    bool wide;
    enum GLSLstd450 instruction;
    const char *function;
    const char *narrow;
};

static const struct transcendental *find_transcendental(uint8_t op)
{
    static const struct transcendental all[] = {
        { IR_UN_SIN, true, GLSLstd450Sin, "libm_sin", "narrow_libm_sin" },
        { IR_UN_COS, true, GLSLstd450Cos, "libm_cos", "narrow_libm_cos" },
        { IR_UN_TAN, true, GLSLstd450Tan, "libm_tan", "narrow_libm_tan" },
        { IR_UN_ASIN, true, GLSLstd450Asin, "libm_asin", "narrow_libm_asin" },
        { IR_UN_EXP2, true, GLSLstd450Exp2, "libm_exp2", "narrow_libm_exp2" },
        { IR_UN_ACOS, false, GLSLstd450Acos, "libm_acos", NULL },
        { IR_UN_ATAN, false, GLSLstd450Atan, "libm_atan", NULL },
        { IR_UN_SINH, false, GLSLstd450Sinh, "libm_sinh", NULL },
        { IR_UN_COSH, false, GLSLstd450Cosh, "libm_cosh", NULL },
        { IR_UN_TANH, false, GLSLstd450Tanh, "libm_tanh", NULL },
        { IR_UN_EXP, false, GLSLstd450Exp, "libm_exp", NULL },
        { IR_UN_LOG, false, GLSLstd450Log, "libm_log", NULL },
        { IR_UN_LOG2, false, GLSLstd450Log2, "libm_log2", NULL },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].op == op)
            return &all[i];
    return NULL;
}

static uint32_t transcendental(struct spv_lowering *lowering, const struct transcendental *function,
                               uint32_t bits)
{
    if (is_fast(lowering))
        return native_glsl(lowering, function->instruction, &bits, 1);
    if (!function->wide || lowering->target->float64)
        return spv_canonical(lowering, spv_call1(lowering, function->function, bits));
    if (lowering->float_mode == VYRE_FLOAT_EXACT)
        spv_refuse(lowering, VYRE_ERR_UNSUPPORTED, DIAG_L030, NULL,
                   "%s bit for bit takes 64-bit floats (shaderFloat64)", function->function + 5);
    return spv_canonical(lowering, spv_call1(lowering, function->narrow, bits));
}

bool spv_float_unary(struct spv_lowering *lowering, uint8_t op, struct spv_value operand,
                     struct spv_value *out)
{
    const struct transcendental *function = find_transcendental(op);
    const uint32_t x = spv_as_f32(lowering, operand).id;
    const uint32_t one = spv_u32(lowering, 0x3F800000u);
    uint32_t bits;
    switch (op) {
    case IR_UN_IS_NAN: *out = classify(lowering, SpvOpUGreaterThan, x); return true;
    case IR_UN_IS_INF: *out = classify(lowering, SpvOpIEqual, x); return true;
    case IR_UN_IS_FINITE: *out = classify(lowering, SpvOpULessThan, x); return true;
    case IR_UN_NEGATE: bits = negate(lowering, x); break;
    case IR_UN_ABS: bits = and_word(lowering, x, MAGNITUDE); break;
    case IR_UN_SIGN: bits = sign_of(lowering, x); break;
    case IR_UN_FLOOR: bits = spv_call1(lowering, "f32_floor", x); break;
    case IR_UN_CEIL: bits = spv_call1(lowering, "f32_ceil", x); break;
    case IR_UN_TRUNC: bits = spv_call1(lowering, "f32_trunc", x); break;
    case IR_UN_ROUND: bits = spv_call1(lowering, "f32_round", x); break;
    case IR_UN_SQRT: bits = root(lowering, x); break;
    case IR_UN_RECIPROCAL:
        bits = spv_canonical(lowering, arithmetic(lowering, IR_BIN_DIV, one, x));
        break;
    case IR_UN_INVERSE_SQRT:
        bits = arithmetic(lowering, IR_BIN_DIV, one, root(lowering, x));
        bits = spv_canonical(lowering, bits);
        break;
    default:
        if (!function)
            return false;
        bits = transcendental(lowering, function, x);
        break;
    }
    *out = spv_value_of(bits, SPV_F32);
    return true;
}
