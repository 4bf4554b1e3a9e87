// SPDX-License-Identifier: MIT
// Operators of random programs, by the kind of their result.
#include "generate.h"

#include "ir/validate.h"

// ---- Operators ----------------------------------------------------------------------------------

static struct ir_expr *cast(struct generator *gen, enum kind kind, struct ir_expr *value)
{
    return ir_cast(gen->draft, generate_type(gen, kind), value);
}

static struct ir_expr *unary(struct generator *gen, enum ir_unop op, enum kind kind, unsigned depth)
{
    return ir_un(gen->draft, op, generate_expr(gen, kind, depth));
}

static struct ir_expr *binary(struct generator *gen, enum ir_binop op, enum kind kind,
                              unsigned depth)
{
    struct ir_expr *left = generate_expr(gen, kind, depth);
    // Passes look for literals.
    struct ir_expr *right =
        below(&gen->random, 4) ? generate_expr(gen, kind, depth) : generate_literal(gen, kind);
    if (right && op == IR_BIN_DIV && ir_is_static_zero(right)) // the validator refuses it
        right = ir_lit_f32(gen->draft, 0x3F800000);
    return ir_bin(gen->draft, op, left, right);
}

// With a number on either side for which passes may know something better.
static struct ir_expr *with_literal(struct generator *gen, enum ir_binop op, enum kind kind,
                                    unsigned depth)
{
    static const uint32_t words[] = { 0, 1, 2, 32, UINT32_MAX, 0x80000000 };
    static const uint32_t signed_words[] = { 0, 1, UINT32_MAX, 0x80000000 };
    const uint32_t number = kind == KIND_I32 ? PICK(gen, signed_words) : PICK(gen, words);
    struct ir_expr *value = generate_expr(gen, kind, depth);
    struct ir_expr *literal =
        kind == KIND_I32 ? ir_lit_i32(gen->draft, (int32_t)number) : ir_lit_u32(gen->draft, number);
    const bool swapped = flip(&gen->random);
    return ir_bin(gen->draft, op, swapped ? literal : value, swapped ? value : literal);
}

// ---- Small elements -----------------------------------------------------------------------------

static bool small_is_integer(const struct generator *gen)
{
    return gen->small == IR_TYPE_U8 || gen->small == IR_TYPE_I8 || gen->small == IR_TYPE_U16 ||
           gen->small == IR_TYPE_I16;
}

static bool small_is_wide(const struct generator *gen)
{
    return gen->small == IR_TYPE_I64 || gen->small == IR_TYPE_VEC2_U32;
}

// Any kind whose values a cast makes words of.
static enum kind castable(struct generator *gen)
{
    enum kind kind = generate_any_kind(gen);
    return kind != KIND_SMALL || small_is_integer(gen) || small_is_wide(gen) ? kind : KIND_U32;
}

// ---- Words --------------------------------------------------------------------------------------

// Of what may have no u32, which would be an error, something that has.
static struct ir_expr *counted(struct generator *gen, enum kind kind, unsigned depth)
{
    static const enum ir_unop counts[] = { IR_UN_POPCOUNT, IR_UN_CLZ, IR_UN_CTZ };
    if (kind != KIND_SMALL)
        return unary(gen, PICK(gen, counts), kind, depth);
    const enum ir_unop op = PICK(gen, counts);
    return ir_un(gen->draft, op, cast(gen, KIND_U64, generate_expr(gen, kind, depth)));
}

// Operators whose result the validator takes for u32 while it has the kind of its operands: behind
// one of them an i32 or a u64 reaches operators that are refused otherwise.
static struct ir_expr *disguised(struct generator *gen, enum kind kind, unsigned depth)
{
    static const enum ir_binop ops[] = { IR_BIN_WRAPPING_ADD, IR_BIN_WRAPPING_SUB };
    return binary(gen, PICK(gen, ops), kind, depth);
}

static struct ir_expr *disguised_binary(struct generator *gen, enum kind kind, unsigned depth)
{
    static const enum ir_binop i32[] = { IR_BIN_SHL,
                                         IR_BIN_SHR,
                                         IR_BIN_SHR,
                                         IR_BIN_SATURATING_ADD,
                                         IR_BIN_SATURATING_SUB,
                                         IR_BIN_SATURATING_MUL,
                                         IR_BIN_ABS_DIFF,
                                         IR_BIN_MIN,
                                         IR_BIN_MAX };
    static const enum ir_binop u64[] = {
        IR_BIN_ADD,
        IR_BIN_SUB,
        IR_BIN_MUL,
        IR_BIN_DIV,
        IR_BIN_MOD,
        IR_BIN_BIT_AND,
        IR_BIN_BIT_OR,
        IR_BIN_BIT_XOR,
        IR_BIN_SHL,
        IR_BIN_SHR,
        IR_BIN_SATURATING_ADD,
        IR_BIN_SATURATING_SUB,
        IR_BIN_MIN,
        IR_BIN_MAX,
        IR_BIN_SATURATING_MUL,
        IR_BIN_MUL_HIGH,
        IR_BIN_ABS_DIFF,
    };
    enum ir_binop op = kind == KIND_U64 ? PICK(gen, u64) : PICK(gen, i32);
    struct ir_expr *left = disguised(gen, kind, depth);
    struct ir_expr *right = disguised(gen, kind, depth);
    return cast(gen, kind, ir_bin(gen->draft, op, left, right));
}

static struct ir_expr *on_u32(struct generator *gen, unsigned depth)
{
    static const enum ir_binop ops[] = {
        IR_BIN_ADD,
        IR_BIN_SUB,
        IR_BIN_MUL,
        IR_BIN_BIT_AND,
        IR_BIN_BIT_OR,
        IR_BIN_BIT_XOR,
        IR_BIN_SHL,
        IR_BIN_SHR,
        IR_BIN_MIN,
        IR_BIN_MAX,
        IR_BIN_ABS_DIFF,
        IR_BIN_SATURATING_ADD,
        IR_BIN_MUL_HIGH,
        IR_BIN_WRAPPING_ADD,
        IR_BIN_SATURATING_SUB,
        IR_BIN_SATURATING_MUL,
        IR_BIN_WRAPPING_SUB,
        IR_BIN_ROTATE_LEFT,
        IR_BIN_ROTATE_RIGHT,
    };
    static const enum ir_unop unops[] = { IR_UN_NEGATE, IR_UN_BIT_NOT, IR_UN_POPCOUNT,
                                          IR_UN_CLZ,    IR_UN_CTZ,     IR_UN_REVERSE_BITS };
    static const enum ir_binop divisions[] = { IR_BIN_DIV, IR_BIN_MOD };
    switch (below(&gen->random, 10)) {
    case 9: return with_literal(gen, PICK(gen, ops), KIND_U32, depth);
    case 0: return unary(gen, PICK(gen, unops), KIND_U32, depth);
    case 1: {
        // A literal 0 is no divisor for the validator; others may become one.
        enum ir_binop op = PICK(gen, divisions);
        struct ir_expr *left = generate_expr(gen, KIND_U32, depth);
        struct ir_expr *right = flip(&gen->random)
                                    ? ir_lit_u32(gen->draft, 1 + (number(&gen->random) >> 1))
                                    : generate_from_memory(gen, KIND_U32, depth ? depth - 1 : 0);
        return ir_bin(gen->draft, op, left, right);
    }
    case 2:
    case 3: {
        enum kind from = castable(gen);
        if (from == KIND_U64 || (from == KIND_SMALL && small_is_wide(gen)))
            return cast(gen, KIND_U32, counted(gen, from, depth));
        return cast(gen, KIND_U32, generate_expr(gen, from, depth));
    }
    default: return binary(gen, PICK(gen, ops), KIND_U32, depth);
    }
}

static struct ir_expr *on_i32(struct generator *gen, unsigned depth)
{
    static const enum ir_binop ops[] = { IR_BIN_ADD, IR_BIN_SUB, IR_BIN_MUL, IR_BIN_MIN,
                                         IR_BIN_MAX };
    static const enum ir_binop bits[] = { IR_BIN_BIT_AND, IR_BIN_BIT_OR, IR_BIN_BIT_XOR };
    static const enum ir_unop unops[] = { IR_UN_BIT_NOT, IR_UN_POPCOUNT, IR_UN_CLZ, IR_UN_CTZ,
                                          IR_UN_REVERSE_BITS };
    static const int32_t divisors[] = {
        1, 2, 3, 7, 8, -2, -3, -16, 1000000007, INT32_MAX, INT32_MIN
    };
    static const enum ir_binop beside_literals[] = { IR_BIN_ADD, IR_BIN_SUB, IR_BIN_MUL,
                                                     IR_BIN_MIN, IR_BIN_MAX, IR_BIN_MIN };
    switch (below(&gen->random, 13)) {
    case 8:
    case 9:
    case 11:
    case 12: return with_literal(gen, PICK(gen, beside_literals), KIND_I32, depth);
    case 0: return unary(gen, PICK(gen, unops), KIND_I32, depth);
    case 1:
    case 7:
    case 10: return disguised_binary(gen, KIND_I32, depth);
    case 2: return cast(gen, KIND_I32, binary(gen, PICK(gen, bits), KIND_I32, depth));
    case 3: {
        // Neither 0 nor -1: those are errors for some dividends (docs/ir.md, D-1).
        enum ir_binop op = flip(&gen->random) ? IR_BIN_DIV : IR_BIN_MOD;
        struct ir_expr *left = generate_expr(gen, KIND_I32, depth);
        struct ir_expr *right = ir_lit_i32(gen->draft, PICK(gen, divisors));
        return cast(gen, KIND_I32, ir_bin(gen->draft, op, left, right));
    }
    case 4: {
        enum kind from = castable(gen);
        if (from == KIND_U64 || (from == KIND_SMALL && small_is_wide(gen)))
            from = KIND_U32;
        return cast(gen, KIND_I32, generate_expr(gen, from, depth));
    }
    default: return binary(gen, PICK(gen, ops), KIND_I32, depth);
    }
}

static struct ir_expr *on_bool(struct generator *gen, unsigned depth)
{
    static const enum ir_binop comparisons[] = { IR_BIN_EQ, IR_BIN_NE, IR_BIN_LT,
                                                 IR_BIN_GT, IR_BIN_LE, IR_BIN_GE };
    static const enum ir_binop logical[] = { IR_BIN_AND, IR_BIN_OR, IR_BIN_EQ, IR_BIN_NE };
    static const enum ir_unop tests[] = { IR_UN_IS_NAN, IR_UN_IS_INF, IR_UN_IS_FINITE };
    const enum kind kind = castable(gen);
    switch (below(&gen->random, 6)) {
    case 0: return unary(gen, IR_UN_LOGICAL_NOT, flip(&gen->random) ? KIND_BOOL : KIND_U32, depth);
    case 1: return cast(gen, KIND_BOOL, generate_expr(gen, kind, depth));
    case 2: {
        enum ir_binop op = flip(&gen->random) ? IR_BIN_AND : IR_BIN_OR;
        return binary(gen, op, KIND_U32, depth);
    }
    case 3: return binary(gen, PICK(gen, logical), KIND_BOOL, depth);
    default:
        if (kind == KIND_F32 && below(&gen->random, 3) == 0)
            return unary(gen, PICK(gen, tests), KIND_F32, depth);
        return binary(gen, PICK(gen, comparisons),
                      kind == KIND_BOOL || kind == KIND_SMALL ? KIND_U32 : kind, depth);
    }
}

static struct ir_expr *fused(struct generator *gen, unsigned depth)
{
    struct ir_expr *operands[3];
    for (unsigned i = 0; i < 3; i++)
        operands[i] = generate_expr(gen, KIND_F32, depth);
    struct ir_expr *made = ir_draft_expr(gen->draft, IR_EXPR_FMA, 3);
    for (unsigned i = 0; made && i < 3; i++)
        made->kids[i] = operands[i];
    return made;
}

static struct ir_expr *on_f32(struct generator *gen, unsigned depth)
{
    static const enum ir_binop ops[] = { IR_BIN_ADD, IR_BIN_SUB, IR_BIN_MUL,
                                         IR_BIN_DIV, IR_BIN_MIN, IR_BIN_MAX };
    static const enum ir_unop unops[] = { IR_UN_NEGATE,    IR_UN_ABS,  IR_UN_SQRT,
                                          IR_UN_FLOOR,     IR_UN_CEIL, IR_UN_ROUND,
                                          IR_UN_TRUNC,     IR_UN_SIGN, IR_UN_INVERSE_SQRT,
                                          IR_UN_RECIPROCAL };
    static const enum ir_unop functions[] = { IR_UN_SIN,  IR_UN_COS,  IR_UN_TAN,  IR_UN_ASIN,
                                              IR_UN_ACOS, IR_UN_ATAN, IR_UN_SINH, IR_UN_COSH,
                                              IR_UN_TANH, IR_UN_EXP,  IR_UN_EXP2, IR_UN_LOG,
                                              IR_UN_LOG2 };
    switch (below(&gen->random, gen->exact ? 16 : 8)) {
    case 0:
    case 1: return unary(gen, PICK(gen, unops), KIND_F32, depth);
    case 2: return fused(gen, depth);
    case 3: {
        enum kind from = generate_any_kind(gen);
        if (from == KIND_SMALL)
            from = KIND_U32;
        return cast(gen, KIND_F32,
                    from == KIND_U64 ? disguised(gen, from, depth)
                                     : generate_expr(gen, from, depth));
    }
    case 4:
    case 5:
    case 6:
    case 7: return binary(gen, PICK(gen, ops), KIND_F32, depth);
    default: return unary(gen, PICK(gen, functions), KIND_F32, depth);
    }
}

static struct ir_expr *on_u64(struct generator *gen, unsigned depth)
{
    static const enum ir_unop unops[] = { IR_UN_BIT_NOT, IR_UN_POPCOUNT, IR_UN_CLZ, IR_UN_CTZ,
                                          IR_UN_REVERSE_BITS };
    switch (below(&gen->random, 5)) {
    case 0: return unary(gen, PICK(gen, unops), KIND_U64, depth);
    case 1: {
        const enum kind from = castable(gen) == KIND_SMALL ? KIND_SMALL : KIND_U32;
        return cast(gen, KIND_U64, generate_expr(gen, from, depth));
    }
    case 2: return cast(gen, KIND_U64, disguised(gen, KIND_U64, depth));
    default: return disguised_binary(gen, KIND_U64, depth ? depth - 1 : 0);
    }
}

struct ir_expr *generate_operator(struct generator *gen, enum kind kind, unsigned depth)
{
    switch (kind) {
    case KIND_I32: return on_i32(gen, depth);
    case KIND_BOOL: return on_bool(gen, depth);
    case KIND_F32: return on_f32(gen, depth);
    case KIND_U64: return on_u64(gen, depth);
    case KIND_SMALL: return generate_from_memory(gen, kind, depth);
    default: return on_u32(gen, depth);
    }
}
