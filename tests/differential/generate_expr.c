// SPDX-License-Identifier: MIT
// Expressions of random programs. Operands are made one after the other and never in an argument
// list, whose order of evaluation differs between compilers.
#include "generate.h"

#include <string.h>

// A power of two that no buffer reaches, and whose multiples by an element size overflow.
static const uint32_t outside = 0x40000000;

const struct ir_type *generate_type(const struct generator *gen, enum kind kind)
{
    static const enum ir_type_kind types[] = { IR_TYPE_U32, IR_TYPE_I32, IR_TYPE_BOOL, IR_TYPE_F32,
                                               IR_TYPE_U64 };
    return ir_type_scalar(kind == KIND_SMALL ? gen->small : types[kind]);
}

static struct ir_expr *cast(struct generator *gen, enum kind kind, struct ir_expr *value)
{
    return ir_cast(gen->draft, generate_type(gen, kind), value);
}

static struct ir_expr *lit(struct generator *gen, uint32_t value)
{
    return ir_lit_u32(gen->draft, value);
}

enum kind generate_any_kind(struct generator *gen)
{
    if (gen->exact && flip(&gen->random)) // the point of such programs
        return KIND_F32;
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

struct ir_expr *generate_confined(struct generator *gen, struct ir_expr *value, uint32_t limit)
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
        which = generate_confined(gen, which, each);
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

struct ir_expr *generate_own_cell(struct generator *gen)
{
    if (below(&gen->random, 12) == 0)
        return index_outside(gen);
    struct ir_expr *index = generate_global_index(gen);
    if (flip(&gen->random))
        index = ir_bin(gen->draft, IR_BIN_ADD, index, lit(gen, gen->invocations));
    return index;
}

// Near the invocation's own: what the compiler knows the range of, and may leave unchecked.
static struct ir_expr *index_nearby(struct generator *gen)
{
    static const enum ir_binop ops[] = {
        IR_BIN_ADD,    IR_BIN_SUB,     IR_BIN_MUL, IR_BIN_DIV, IR_BIN_MOD, IR_BIN_BIT_XOR,
        IR_BIN_BIT_OR, IR_BIN_BIT_AND, IR_BIN_MAX, IR_BIN_SHR, IR_BIN_SHL, IR_BIN_BIT_XOR
    };
    struct ir_expr *own =
        flip(&gen->random) ? generate_local_index(gen) : generate_global_index(gen);
    enum ir_binop op = ops[below(&gen->random, sizeof ops / sizeof *ops)];
    const uint32_t most = flip(&gen->random) ? 33 : gen->lanes;
    return ir_bin(gen->draft, op, own, lit(gen, 1 + below(&gen->random, most)));
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
        return generate_confined(gen, value, below(&gen->random, 4) ? 32 : 100);
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

struct ir_expr *generate_literal(struct generator *gen, enum kind kind)
{
    // Those with which an operator does nothing, or something simple.
    static const uint32_t neutral[] = { 0, 1, 2, 31, 32, 0x7FFFFFFF, 0x80000000, UINT32_MAX };
    uint32_t value = flip(&gen->random) ? number(&gen->random) : PICK(gen, neutral);
    switch (kind) {
    case KIND_I32: return ir_lit_i32(gen->draft, (int32_t)value);
    case KIND_BOOL: return ir_lit_bool(gen->draft, value & 1);
    case KIND_F32: {
        static const uint32_t plain[] = { 0x00000000, 0x3F800000, 0xC0200000, 0x41200000 };
        uint32_t bits = flip(&gen->random) ? float_bits(&gen->random) : plain[value % 4];
        return ir_lit_f32(gen->draft, bits);
    }
    case KIND_U64: return cast(gen, kind, lit(gen, value));
    case KIND_SMALL: return load(gen, gen->inputs[kind], kind, lit(gen, below(&gen->random, 8)));
    default: return lit(gen, value);
    }
}

static struct ir_expr *local(struct generator *gen, enum kind kind)
{
    uint32_t from = below(&gen->random, gen->live + 1);
    for (unsigned i = 0; i < gen->live; i++) {
        const struct local *candidate = &gen->locals[(from + i) % gen->live];
        if (gen->passing && !candidate->early)
            continue; // who left before it was made has none
        if (candidate->kind == kind && below(&gen->random, 4))
            return ir_var(gen->draft, candidate->name);
    }
    return NULL;
}

static struct ir_expr *uniform_local(struct generator *gen)
{
    for (unsigned i = 0, from = below(&gen->random, gen->live + 1); i < gen->live; i++) {
        const struct local *local = &gen->locals[(from + i) % gen->live];
        if (local->uniform)
            return ir_var(gen->draft, local->name);
    }
    return NULL;
}

// Of what is only read, or of what the workgroup exchanged.
struct ir_expr *generate_uniform_load(struct generator *gen, bool plain)
{
    const bool exchanged = !plain && !gen->exchanging;
    ir_name buffer = gen->inputs[KIND_U32];
    const uint32_t first = below(&gen->random, gen->lanes < 8 ? gen->lanes : 8);
    struct ir_expr *index = plain || flip(&gen->random) ? NULL : uniform_local(gen);
    if (exchanged && below(&gen->random, 4) == 0) {
        buffer = gen->board;
        index = index ? generate_confined(gen, index, gen->lanes) : lit(gen, first);
        index = ir_bin(gen->draft, IR_BIN_ADD, generate_board_start(gen), index);
    } else if (exchanged && !gen->stale_tile && gen->tile_kind == KIND_U32 && flip(&gen->random)) {
        buffer = gen->tile;
    }
    return ir_ext_expr(gen->draft, IR_EXT_UNIFORM_LOAD, buffer, IR_ORDER_RELAXED, 0,
                       index ? index : lit(gen, first), NULL);
}

struct ir_expr *generate_uniform(struct generator *gen, bool plain)
{
    struct ir_expr *known = NULL;
    switch (below(&gen->random, plain ? 4 : 8)) {
    case 0: return id(gen, IR_EXPR_WORKGROUP_ID, 0);
    case 1: return ir_buf_len(gen->draft, gen->inputs[KIND_U32]);
    case 2:
    case 6:
    case 7: return generate_uniform_load(gen, plain);
    case 4: known = uniform_local(gen); break;
    default: break;
    }
    return known ? known : lit(gen, below(&gen->random, 9));
}

// Of a value that all lanes know they share, which needs no meeting.
static struct ir_expr *shared_by_lanes(struct generator *gen)
{
    static const enum ir_expr_kind kinds[] = { IR_EXPR_SUBGROUP_ADD, IR_EXPR_SUBGROUP_BALLOT,
                                               IR_EXPR_SUBGROUP_SHUFFLE };
    const enum ir_expr_kind kind = PICK(gen, kinds);
    const uint32_t operands = kind == IR_EXPR_SUBGROUP_SHUFFLE ? 2 : 1;
    struct ir_expr *made = ir_draft_expr(gen->draft, kind, operands);
    for (uint32_t i = 0; made && i < operands; i++)
        made->kids[i] = generate_uniform(gen, true);
    gen->repeated++; // what a subgroup operation passes to others has none in it
    return made;
}

static struct ir_expr *identity(struct generator *gen)
{
    switch (below(&gen->random, 5)) {
    case 0: return id(gen, IR_EXPR_WORKGROUP_ID, 0);
    case 1: return id(gen, IR_EXPR_LOCAL_ID, (uint8_t)below(&gen->random, 2));
    case 2: return ir_buf_len(gen->draft, gen->inputs[generate_any_kind(gen)]);
    case 3:
        if (!gen->passing)
            return shared_by_lanes(gen);
        return id(gen, IR_EXPR_LOCAL_ID, 0);
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
    return generate_literal(gen, kind);
}

static struct ir_expr *from_tile(struct generator *gen, unsigned depth)
{
    struct ir_expr *lane;
    switch (below(&gen->random, 4)) {
    case 0: lane = index_nearby(gen); break;
    case 1: { // as in reductions, sorting networks and stencils
        enum ir_binop op = flip(&gen->random) ? IR_BIN_BIT_XOR : IR_BIN_SUB;
        lane = ir_bin(gen->draft, op, generate_local_index(gen),
                      lit(gen, 1 + below(&gen->random, gen->lanes)));
        break;
    }
    default:
        lane = generate_expr(gen, KIND_U32, depth);
        lane = generate_confined(gen, lane, gen->lanes * gen->rows);
        break;
    }
    return load(gen, gen->tile, gen->tile_kind, lane);
}

static struct ir_expr *from_board(struct generator *gen, unsigned depth)
{
    struct ir_expr *place = generate_expr(gen, KIND_U32, depth);
    if (gen->open_board) {
        place = generate_confined(gen, place, gen->invocations);
    } else {
        place = generate_confined(gen, place, gen->lanes);
        place = ir_bin(gen->draft, IR_BIN_ADD, generate_board_start(gen), place);
    }
    return load(gen, gen->board, KIND_U32, place);
}

struct ir_expr *generate_from_memory(struct generator *gen, enum kind kind, unsigned depth)
{
    if (!gen->exchanging && !gen->stale_tile && kind == gen->tile_kind &&
        below(&gen->random, 3) == 0)
        return from_tile(gen, depth);
    if (!gen->exchanging && kind == KIND_U32 && below(&gen->random, 4) == 0)
        return from_board(gen, depth);
    if (gen->open_sums && kind == KIND_U32 && below(&gen->random, 4) == 0) {
        struct ir_expr *place = generate_expr(gen, KIND_U32, depth);
        place = generate_confined(gen, place, 8);
        return load(gen, gen->sums[below(&gen->random, 2)], kind, place);
    }
    if (flip(&gen->random))
        return load(gen, gen->outputs[kind], kind, generate_own_index(gen, kind));
    return load(gen, gen->inputs[kind], kind, free_index(gen, gen->inputs[kind], depth));
}

struct ir_expr *generate_cell_atomic(struct generator *gen, unsigned depth)
{
    static const enum ir_atomic_op ops[] = { IR_ATOMIC_ADD,
                                             IR_ATOMIC_OR,
                                             IR_ATOMIC_AND,
                                             IR_ATOMIC_XOR,
                                             IR_ATOMIC_MIN,
                                             IR_ATOMIC_MAX,
                                             IR_ATOMIC_EXCHANGE,
                                             IR_ATOMIC_LRU_UPDATE,
                                             IR_ATOMIC_COMPARE_EXCHANGE,
                                             IR_ATOMIC_COMPARE_EXCHANGE };
    static const enum ir_ordering orderings[] = { IR_ORDER_RELAXED, IR_ORDER_ACQUIRE,
                                                  IR_ORDER_RELEASE, IR_ORDER_ACQ_REL,
                                                  IR_ORDER_SEQ_CST };
    static const enum ir_ordering loads[] = { IR_ORDER_RELAXED, IR_ORDER_ACQUIRE };
    struct ir_expr *index = generate_own_cell(gen);
    if (below(&gen->random, 4) == 0)
        return ir_ext_expr(gen->draft, IR_EXT_ATOMIC_LOAD, gen->cells, PICK(gen, loads), 0, index,
                           NULL);
    const enum ir_atomic_op op = PICK(gen, ops);
    const enum ir_ordering ordering = PICK(gen, orderings);
    struct ir_expr *expected =
        op == IR_ATOMIC_COMPARE_EXCHANGE ? generate_expr(gen, KIND_U32, depth) : NULL;
    struct ir_expr *value = generate_expr(gen, KIND_U32, depth);
    return ir_atomic(gen->draft, op, ordering, gen->cells, index, expected, value);
}

static struct ir_expr *fresh(struct generator *gen, enum kind kind, unsigned depth)
{
    uint32_t choice = below(&gen->random, 10);
    if (choice < 2 && gen->inputs[kind])
        return generate_from_memory(gen, kind, depth);
    if (choice == 2) {
        enum kind test = flip(&gen->random) ? KIND_BOOL : KIND_U32;
        struct ir_expr *condition = generate_expr(gen, test, depth);
        struct ir_expr *yes = generate_expr(gen, kind, depth);
        struct ir_expr *no = generate_expr(gen, kind, depth);
        return ir_select(gen->draft, condition, yes, no);
    }
    if (choice == 3 && kind == KIND_U32 && gen->atomics && !gen->passing) {
        gen->atomics--;
        gen->repeated++; // a statement has one at the most
        return generate_cell_atomic(gen, depth);
    }
    return generate_operator(gen, kind, depth);
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

struct ir_expr *generate_again(struct generator *gen, const struct phrase *phrase)
{
    return copy(gen, phrase->expr);
}

// An expression that the program has already, or NULL. By now it may have another value.
static struct ir_expr *again(struct generator *gen, enum kind kind)
{
    // It may read what is being written, or a local that others have not.
    if (gen->exchanging || gen->passing || gen->kept == 0)
        return NULL;
    uint32_t from = below(&gen->random, gen->kept);
    for (unsigned i = 0; i < gen->kept; i++) {
        const struct phrase *phrase = &gen->phrases[(from + i) % gen->kept];
        if (phrase->kind == kind)
            return generate_again(gen, phrase);
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
