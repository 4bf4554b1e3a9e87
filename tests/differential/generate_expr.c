// SPDX-License-Identifier: MIT
// Expressions of random programs. Operands are made one after the other and never in an argument
// list, whose order of evaluation differs between compilers.
#include "generate.h"

#include "ir/validate.h"

#include <string.h>

#include <assert.h>

// A power of two that no buffer reaches, and whose multiples by an element size overflow.
static const uint32_t outside = 0x40000000;

const struct ir_type *generate_type(enum kind kind)
{
    static const enum ir_type_kind types[] = { IR_TYPE_U32, IR_TYPE_I32, IR_TYPE_BOOL, IR_TYPE_F32,
                                               IR_TYPE_U64 };
    return ir_type_scalar(types[kind]);
}

static struct ir_expr *cast(struct generator *gen, enum kind kind, struct ir_expr *value)
{
    return ir_cast(gen->draft, generate_type(kind), value);
}

static struct ir_expr *lit(struct generator *gen, uint32_t value)
{
    return ir_lit_u32(gen->draft, value);
}

enum kind generate_any_kind(struct generator *gen)
{
    for (;;) {
        enum kind kind = (enum kind)below(&gen->random, KIND_COUNT);
        if (gen->inputs[kind])
            return kind;
    }
}

// ---- Indices ------------------------------------------------------------------------------------

static struct ir_expr *id(struct generator *gen, enum ir_expr_kind kind, uint8_t axis)
{
    return ir_id(gen->draft, kind, axis);
}

// y * width + x, for dispatches of one workgroup in y.
static struct ir_expr *row_major(struct generator *gen, enum ir_expr_kind kind, uint32_t width)
{
    if (gen->flat)
        return id(gen, kind, 0);
    struct ir_expr *row = ir_bin(gen->draft, IR_BIN_MUL, id(gen, kind, 1), lit(gen, width));
    return ir_bin(gen->draft, IR_BIN_ADD, row, id(gen, kind, 0));
}

struct ir_expr *generate_global_index(struct generator *gen)
{
    uint32_t height = gen->draft->program->workgroup[1];
    return row_major(gen, IR_EXPR_INVOCATION_ID, gen->invocations / height);
}

struct ir_expr *generate_local_index(struct generator *gen)
{
    return row_major(gen, IR_EXPR_LOCAL_ID, gen->draft->program->workgroup[0]);
}

struct ir_expr *generate_board_start(struct generator *gen)
{
    return ir_bin(gen->draft, IR_BIN_MUL, id(gen, IR_EXPR_WORKGROUP_ID, 0), lit(gen, gen->lanes));
}

// A number below `limit`, which is a power of two where `limit` is one.
static struct ir_expr *confined(struct generator *gen, struct ir_expr *value, uint32_t limit)
{
    bool mask = (limit & (limit - 1)) == 0;
    switch (below(&gen->random, mask ? 3 : 2)) {
    case 0: return ir_bin(gen->draft, IR_BIN_MOD, value, lit(gen, limit));
    case 1: return ir_bin(gen->draft, IR_BIN_MIN, value, lit(gen, limit - 1));
    default: return ir_bin(gen->draft, IR_BIN_BIT_AND, value, lit(gen, limit - 1));
    }
}

static struct ir_expr *index_outside(struct generator *gen)
{
    struct ir_expr *value = generate_expr(gen, KIND_U32, 1);
    return ir_bin(gen->draft, IR_BIN_BIT_OR, value, lit(gen, outside));
}

struct ir_expr *generate_own_index(struct generator *gen, enum kind kind)
{
    if (below(&gen->random, 12) == 0)
        return index_outside(gen);
    uint32_t each = gen->each[kind];
    struct ir_expr *global = generate_global_index(gen);
    if (each == 1)
        return global;
    struct ir_expr *which;
    if (flip(&gen->random)) {
        which = lit(gen, below(&gen->random, each));
    } else {
        which = generate_expr(gen, KIND_U32, 2);
        which = confined(gen, which, each);
    }
    if (!gen->strided[kind]) {
        struct ir_expr *first =
            flip(&gen->random)
                ? ir_bin(gen->draft, IR_BIN_MUL, global, lit(gen, each))
                : ir_bin(gen->draft, IR_BIN_SHL, global, lit(gen, each == 4 ? 2 : each / 2));
        return ir_bin(gen->draft, IR_BIN_ADD, first, which);
    }
    struct ir_expr *row = ir_bin(gen->draft, IR_BIN_MUL, which, lit(gen, gen->invocations));
    return ir_bin(gen->draft, IR_BIN_ADD, global, row);
}

// Near the invocation's own: what the compiler knows the range of, and may leave unchecked.
static struct ir_expr *index_nearby(struct generator *gen)
{
    static const enum ir_binop ops[] = { IR_BIN_ADD, IR_BIN_SUB,     IR_BIN_MUL,    IR_BIN_DIV,
                                         IR_BIN_MOD, IR_BIN_BIT_XOR, IR_BIN_BIT_OR, IR_BIN_BIT_AND,
                                         IR_BIN_MAX, IR_BIN_SHR,     IR_BIN_SHL };
    struct ir_expr *own =
        flip(&gen->random) ? generate_local_index(gen) : generate_global_index(gen);
    enum ir_binop op = ops[below(&gen->random, sizeof ops / sizeof *ops)];
    return ir_bin(gen->draft, op, own, lit(gen, 1 + below(&gen->random, 33)));
}

// Any element of a buffer that nobody writes.
static struct ir_expr *free_index(struct generator *gen, ir_name buffer, unsigned depth)
{
    switch (below(&gen->random, 8)) {
    case 4:
    case 5: return index_nearby(gen);
    case 0: return lit(gen, below(&gen->random, 8)); // declared counts are larger
    case 1: return generate_global_index(gen);
    case 2: return index_outside(gen);
    case 3: {
        struct ir_expr *value = generate_expr(gen, KIND_U32, depth);
        return ir_bin(gen->draft, IR_BIN_MOD, value, ir_buf_len(gen->draft, buffer));
    }
    default: {
        struct ir_expr *value = generate_expr(gen, KIND_U32, depth);
        if (value && !ir_is_literal(value) && below(&gen->random, 3) == 0)
            return value;
        return confined(gen, value, below(&gen->random, 4) ? 32 : 100);
    }
    }
}

// ---- Leaves -------------------------------------------------------------------------------------

// The words of bool buffers are no bools until they are cast.
static struct ir_expr *load(struct generator *gen, ir_name buffer, enum kind kind,
                            struct ir_expr *index)
{
    struct ir_expr *loaded = ir_load(gen->draft, buffer, index);
    return kind == KIND_BOOL ? cast(gen, kind, loaded) : loaded;
}

static struct ir_expr *literal(struct generator *gen, enum kind kind)
{
    uint32_t value = flip(&gen->random) ? number(&gen->random) : below(&gen->random, 9);
    switch (kind) {
    case KIND_I32: return ir_lit_i32(gen->draft, (int32_t)value);
    case KIND_BOOL: return ir_lit_bool(gen->draft, value & 1);
    case KIND_F32: {
        static const uint32_t plain[] = { 0x00000000, 0x3F800000, 0xC0200000, 0x41200000 };
        uint32_t bits = flip(&gen->random) ? float_bits(&gen->random) : plain[value % 4];
        return ir_lit_f32(gen->draft, bits);
    }
    case KIND_U64: return cast(gen, kind, lit(gen, value));
    default: return lit(gen, value);
    }
}

static struct ir_expr *local(struct generator *gen, enum kind kind)
{
    uint32_t from = below(&gen->random, gen->live + 1);
    for (unsigned i = 0; i < gen->live; i++) {
        const struct local *candidate = &gen->locals[(from + i) % gen->live];
        if (candidate->kind == kind && below(&gen->random, 4))
            return ir_var(gen->draft, candidate->name);
    }
    return NULL;
}

static struct ir_expr *identity(struct generator *gen)
{
    switch (below(&gen->random, 4)) {
    case 0: return id(gen, IR_EXPR_WORKGROUP_ID, 0);
    case 1: return id(gen, IR_EXPR_LOCAL_ID, (uint8_t)below(&gen->random, 2));
    case 2: return ir_buf_len(gen->draft, gen->inputs[generate_any_kind(gen)]);
    default: return generate_global_index(gen);
    }
}

static struct ir_expr *leaf(struct generator *gen, enum kind kind)
{
    struct ir_expr *known = below(&gen->random, 4) ? local(gen, kind) : NULL;
    if (known)
        return known;
    if (kind == KIND_U32 && below(&gen->random, 3) == 0)
        return identity(gen);
    return literal(gen, kind);
}

static struct ir_expr *from_memory(struct generator *gen, enum kind kind, unsigned depth)
{
    if (!gen->exchanging && kind == gen->tile_kind && below(&gen->random, 3) == 0) {
        struct ir_expr *lane;
        if (below(&gen->random, 3)) {
            lane = generate_expr(gen, KIND_U32, depth);
            lane = confined(gen, lane, gen->lanes);
        } else {
            lane = index_nearby(gen);
        }
        return load(gen, gen->tile, kind, lane);
    }
    if (!gen->exchanging && kind == KIND_U32 && below(&gen->random, 4) == 0) {
        struct ir_expr *start = generate_board_start(gen);
        struct ir_expr *lane = generate_expr(gen, KIND_U32, depth);
        lane = confined(gen, lane, gen->lanes);
        return load(gen, gen->board, kind, ir_bin(gen->draft, IR_BIN_ADD, start, lane));
    }
    if (flip(&gen->random))
        return load(gen, gen->outputs[kind], kind, generate_own_index(gen, kind));
    return load(gen, gen->inputs[kind], kind, free_index(gen, gen->inputs[kind], depth));
}

// ---- Operators ----------------------------------------------------------------------------------

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
        below(&gen->random, 4) ? generate_expr(gen, kind, depth) : literal(gen, kind);
    if (right && op == IR_BIN_DIV && ir_is_static_zero(right)) // the validator refuses it
        right = ir_lit_f32(gen->draft, 0x3F800000);
    return ir_bin(gen->draft, op, left, right);
}

#define PICK(gen, table) ((table)[below(&(gen)->random, sizeof(table) / sizeof *(table))])

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
    switch (below(&gen->random, 9)) {
    case 0: return unary(gen, PICK(gen, unops), KIND_U32, depth);
    case 1: {
        // A literal 0 is no divisor for the validator; others may become one.
        enum ir_binop op = PICK(gen, divisions);
        struct ir_expr *left = generate_expr(gen, KIND_U32, depth);
        struct ir_expr *right = flip(&gen->random)
                                    ? lit(gen, 1 + (number(&gen->random) >> 1))
                                    : from_memory(gen, KIND_U32, depth ? depth - 1 : 0);
        return ir_bin(gen->draft, op, left, right);
    }
    case 2:
    case 3: {
        enum kind from = generate_any_kind(gen);
        if (from != KIND_U64)
            return cast(gen, KIND_U32, generate_expr(gen, from, depth));
        // A u64 that has no u32 is an error.
        static const enum ir_unop counts[] = { IR_UN_POPCOUNT, IR_UN_CLZ, IR_UN_CTZ };
        return cast(gen, KIND_U32, unary(gen, PICK(gen, counts), KIND_U64, depth));
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
    switch (below(&gen->random, 8)) {
    case 0: return unary(gen, PICK(gen, unops), KIND_I32, depth);
    case 1: return disguised_binary(gen, KIND_I32, depth);
    case 2: return cast(gen, KIND_I32, binary(gen, PICK(gen, bits), KIND_I32, depth));
    case 3: {
        // Neither 0 nor -1: those are errors for some dividends (docs/ir.md, D-1).
        enum ir_binop op = flip(&gen->random) ? IR_BIN_DIV : IR_BIN_MOD;
        struct ir_expr *left = generate_expr(gen, KIND_I32, depth);
        struct ir_expr *right = ir_lit_i32(gen->draft, PICK(gen, divisors));
        return cast(gen, KIND_I32, ir_bin(gen->draft, op, left, right));
    }
    case 4: {
        enum kind from = generate_any_kind(gen);
        return cast(gen, KIND_I32, generate_expr(gen, from == KIND_U64 ? KIND_U32 : from, depth));
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
    enum kind kind = generate_any_kind(gen);
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
        return binary(gen, PICK(gen, comparisons), kind == KIND_BOOL ? KIND_U32 : kind, depth);
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
    switch (below(&gen->random, 8)) {
    case 0:
    case 1: return unary(gen, PICK(gen, unops), KIND_F32, depth);
    case 2: return fused(gen, depth);
    case 3: {
        enum kind from = generate_any_kind(gen);
        return cast(gen, KIND_F32,
                    from == KIND_U64 ? disguised(gen, from, depth)
                                     : generate_expr(gen, from, depth));
    }
    default: return binary(gen, PICK(gen, ops), KIND_F32, depth);
    }
}

static struct ir_expr *on_u64(struct generator *gen, unsigned depth)
{
    static const enum ir_unop unops[] = { IR_UN_BIT_NOT, IR_UN_POPCOUNT, IR_UN_CLZ, IR_UN_CTZ,
                                          IR_UN_REVERSE_BITS };
    switch (below(&gen->random, 5)) {
    case 0: return unary(gen, PICK(gen, unops), KIND_U64, depth);
    case 1: return cast(gen, KIND_U64, generate_expr(gen, KIND_U32, depth));
    case 2: return cast(gen, KIND_U64, disguised(gen, KIND_U64, depth));
    default: return disguised_binary(gen, KIND_U64, depth ? depth - 1 : 0);
    }
}

static struct ir_expr *fresh(struct generator *gen, enum kind kind, unsigned depth)
{
    uint32_t choice = below(&gen->random, 10);
    if (choice < 2 && gen->inputs[kind])
        return from_memory(gen, kind, depth);
    if (choice == 2) {
        enum kind test = flip(&gen->random) ? KIND_BOOL : KIND_U32;
        struct ir_expr *condition = generate_expr(gen, test, depth);
        struct ir_expr *yes = generate_expr(gen, kind, depth);
        struct ir_expr *no = generate_expr(gen, kind, depth);
        return ir_select(gen->draft, condition, yes, no);
    }
    switch (kind) {
    case KIND_I32: return on_i32(gen, depth);
    case KIND_BOOL: return on_bool(gen, depth);
    case KIND_F32: return on_f32(gen, depth);
    case KIND_U64: return on_u64(gen, depth);
    default: return on_u32(gen, depth);
    }
}

// ---- What was said before -----------------------------------------------------------------------

static struct ir_expr *copy(struct generator *gen, const struct ir_expr *from)
{
    struct ir_expr *made =
        ir_draft_expr(gen->draft, (enum ir_expr_kind)from->kind, from->kid_count);
    if (!made)
        return NULL;
    memcpy(made, from, sizeof *from + from->kid_count * sizeof from->kids[0]);
    for (uint32_t i = 0; i < from->kid_count; i++)
        made->kids[i] = copy(gen, from->kids[i]);
    return made;
}

// An expression that the program has already, or NULL. By now it may have another value.
static struct ir_expr *again(struct generator *gen, enum kind kind)
{
    if (gen->exchanging || gen->kept == 0) // it may read what is being written
        return NULL;
    uint32_t from = below(&gen->random, gen->kept);
    for (unsigned i = 0; i < gen->kept; i++) {
        const struct phrase *phrase = &gen->phrases[(from + i) % gen->kept];
        if (phrase->kind == kind)
            return copy(gen, phrase->expr);
    }
    return NULL;
}

struct ir_expr *generate_expr(struct generator *gen, enum kind kind, unsigned depth)
{
    if (depth == 0 || gen->random.budget <= 0 || below(&gen->random, 6) == 0)
        return leaf(gen, kind);
    gen->random.budget--;
    struct ir_expr *made = below(&gen->random, 3) == 0 ? again(gen, kind) : NULL;
    if (made) {
        gen->repeated++;
        return made;
    }
    const unsigned repeated = gen->repeated;
    made = fresh(gen, kind, depth - 1);
    // Not one with repetitions in it, or programs would grow without bounds.
    if (made && gen->kept < MOST_PHRASES && repeated == gen->repeated)
        gen->phrases[gen->kept++] = (struct phrase){ made, kind };
    return made;
}
