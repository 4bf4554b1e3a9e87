// SPDX-License-Identifier: MIT
// Statements of random programs where the whole workgroup comes by: barriers, and what needs them.
#include "generate.h"

static struct ir_expr *uniform_value(struct generator *gen)
{
    static const enum ir_binop ops[] = { IR_BIN_ADD, IR_BIN_MUL, IR_BIN_BIT_XOR, IR_BIN_SHR };
    struct ir_expr *left = generate_uniform(gen, false);
    if (flip(&gen->random))
        return left;
    enum ir_binop op = PICK(gen, ops);
    return ir_bin(gen->draft, op, left, generate_uniform(gen, false));
}

static struct ir_expr *uniform_condition(struct generator *gen)
{
    static const enum ir_binop ops[] = { IR_BIN_EQ, IR_BIN_NE, IR_BIN_LT, IR_BIN_GE };
    struct ir_expr *left = uniform_value(gen);
    enum ir_binop op = PICK(gen, ops);
    return ir_bin(gen->draft, op, left, generate_uniform(gen, false));
}

static void barrier(struct generator *gen, struct ir_nodes *nodes)
{
    generate_add(
        gen, nodes,
        ir_barrier(gen->draft, below(&gen->random, 4) ? IR_ORDER_SEQ_CST : IR_ORDER_ACQ_REL));
}

// ---- Exchanges ----------------------------------------------------------------------------------

// After a barrier of the grid only a tile that everyone has filled may be read, as the splitting
// sees it: by statements of the entry, at the index `lid.x`.
static void wrote_tile(struct generator *gen)
{
    gen->tile_written = true;
    if (gen->nesting == 0 && gen->flat && !gen->left)
        gen->stale_tile = false;
}

static void write_board(struct generator *gen, struct ir_nodes *nodes)
{
    struct ir_expr *value = generate_expr(gen, KIND_U32, 3);
    struct ir_expr *index = generate_local_index(gen);
    if (gen->flat && flip(&gen->random)) // only then the same element
        index = generate_global_index(gen);
    else
        index = ir_bin(gen->draft, IR_BIN_ADD, generate_board_start(gen), index);
    generate_add(gen, nodes, ir_store(gen->draft, gen->board, index, value));
}

// Each lane its element; by a loop of one iteration, too.
static void write_row(struct generator *gen, struct ir_nodes *nodes, uint32_t row)
{
    const bool looping = gen->rows > 1 && below(&gen->random, 4) == 0;
    struct ir_expr *value = generate_expr(gen, gen->tile_kind, 3);
    struct ir_expr *index = generate_local_index(gen);
    ir_name counter = looping ? generate_name(gen) : 0;
    if (looping) {
        struct ir_expr *start = ir_bin(gen->draft, IR_BIN_MUL, ir_var(gen->draft, counter),
                                       ir_lit_u32(gen->draft, gen->lanes));
        index = ir_bin(gen->draft, IR_BIN_ADD, index, start);
    } else if (row) {
        index = ir_bin(gen->draft, IR_BIN_ADD, index, ir_lit_u32(gen->draft, row * gen->lanes));
    }
    struct ir_node *store = ir_store(gen->draft, gen->tile, index, value);
    if (looping)
        store = ir_loop(gen->draft, counter, ir_lit_u32(gen->draft, row),
                        ir_lit_u32(gen->draft, row + 1), generate_one(gen, store));
    generate_add(gen, nodes, store);
}

// Between two rows some may leave, alone or in a loop; then nobody writes their elements of the
// next one.
static void write_tile(struct generator *gen, struct ir_nodes *nodes)
{
    const bool backwards = below(&gen->random, 8) == 0;
    for (uint32_t i = 0; i < gen->rows; i++) {
        write_row(gen, nodes, backwards ? gen->rows - 1 - i : i);
        if (i + 1 == gen->rows)
            return;
        switch (below(&gen->random, 5)) {
        case 0: barrier(gen, nodes); break;
        case 1: generate_quiet(gen, nodes, 2); break;
        case 2: break;
        default: generate_exit(gen, nodes); break;
        }
    }
}

static void keep_from_tile(struct generator *gen, struct ir_nodes *nodes, struct ir_expr *place)
{
    struct ir_expr *index = generate_own_index(gen, gen->tile_kind);
    struct ir_expr *value = ir_load(gen->draft, gen->tile, place);
    generate_add(gen, nodes, ir_store(gen->draft, gen->outputs[gen->tile_kind], index, value));
}

// Everyone writes elements of its own between two barriers; then anybody may read any.
void generate_exchange(struct generator *gen, struct ir_nodes *nodes)
{
    const bool board = below(&gen->random, 3 * gen->rows) == 0 && !gen->open_board;
    gen->exchanging = true;
    barrier(gen, nodes);
    if (board)
        write_board(gen, nodes);
    else
        write_tile(gen, nodes);
    barrier(gen, nodes);
    gen->exchanging = false;
    if (board)
        return;
    wrote_tile(gen);
    if (gen->stale_tile || flip(&gen->random))
        return;
    const uint32_t elements = gen->lanes * gen->rows;
    struct ir_expr *place = ir_bin(gen->draft, IR_BIN_ADD, generate_local_index(gen),
                                   ir_lit_u32(gen->draft, below(&gen->random, elements)));
    keep_from_tile(gen, nodes,
                   ir_bin(gen->draft, IR_BIN_MOD, place, ir_lit_u32(gen->draft, elements)));
}

// Everyone copies the same to the tile, or the workgroup does it together.
static void shared_copy(struct generator *gen, struct ir_nodes *nodes)
{
    const uint32_t bytes =
        gen->lanes * gen->rows * (uint32_t)ir_type_stride(generate_type(gen, gen->tile_kind));
    gen->exchanging = gen->staying = true;
    ir_name source = gen->inputs[generate_any_kind(gen)];
    struct ir_expr *offset = uniform_value(gen);
    struct ir_expr *size = ir_lit_u32(gen->draft, below(&gen->random, bytes + 9));
    if (below(&gen->random, 3) == 0)
        size = ir_bin(gen->draft, IR_BIN_MIN, uniform_value(gen), ir_lit_u32(gen->draft, bytes));
    offset = generate_confined(gen, offset, 64);
    if (!gen->open_board && below(&gen->random, 3) == 0) {
        source = gen->board;
        offset =
            ir_bin(gen->draft, IR_BIN_MUL, generate_board_start(gen), ir_lit_u32(gen->draft, 4));
        size = ir_lit_u32(gen->draft, 1 + below(&gen->random, 4 * gen->lanes));
    }
    barrier(gen, nodes);
    struct ir_node *start = generate_copy(gen, IR_NODE_ASYNC_LOAD, source, gen->tile, offset, size);
    generate_add(gen, nodes, start);
    for (uint32_t i = below(&gen->random, 3); i > 0; i--)
        generate_quiet(gen, nodes, 1);
    generate_add(gen, nodes, generate_wait(gen, start));
    barrier(gen, nodes);
    gen->exchanging = gen->staying = false;
    gen->tile_written = true;
    if (!gen->stale_tile)
        keep_from_tile(gen, nodes, generate_local_index(gen));
}

// ---- Subgroups ----------------------------------------------------------------------------------

static struct ir_expr *lane_operation(struct generator *gen, enum kind *kind)
{
    gen->passing = true;
    *kind = gen->inputs[KIND_F32] && below(&gen->random, 3) == 0 ? KIND_F32 : KIND_U32;
    struct ir_expr *made = NULL;
    if (*kind == KIND_U32 && below(&gen->random, 3) == 0) {
        made = ir_draft_expr(gen->draft, IR_EXPR_SUBGROUP_BALLOT, 1);
        struct ir_expr *test = generate_expr(gen, below(&gen->random, 4) ? KIND_BOOL : KIND_U32, 2);
        if (made)
            made->kids[0] = test;
    } else if (flip(&gen->random)) {
        made = ir_draft_expr(gen->draft, IR_EXPR_SUBGROUP_ADD, 1);
        struct ir_expr *value = generate_expr(gen, *kind, 2);
        if (made)
            made->kids[0] = value;
    } else {
        made = ir_draft_expr(gen->draft, IR_EXPR_SUBGROUP_SHUFFLE, 2);
        struct ir_expr *value = generate_expr(gen, *kind, 2);
        struct ir_expr *lane = generate_expr(gen, KIND_U32, 2);
        if (below(&gen->random, 4))
            lane = generate_confined(gen, lane, flip(&gen->random) ? 32 : 40);
        if (made) {
            made->kids[0] = value;
            made->kids[1] = lane;
        }
    }
    gen->passing = false;
    return made;
}

// A local that takes the value of a subgroup operation; 0: none.
static ir_name assignable(struct generator *gen, enum kind kind)
{
    for (unsigned i = 0, from = below(&gen->random, gen->live + 1); i < gen->live; i++) {
        const struct local *local = &gen->locals[(from + i) % gen->live];
        if (local->kind == kind && local->assignable)
            return local->name;
    }
    return 0;
}

// Operations in a row, behind a barrier: all come to each of them at once, as D-3 of docs/ir.md
// wants it.
static void gather(struct generator *gen, struct ir_nodes *nodes)
{
    barrier(gen, nodes);
    for (uint32_t i = 1 + below(&gen->random, 3); i > 0; i--) {
        enum kind kind;
        struct ir_expr *value = lane_operation(gen, &kind);
        ir_name name = flip(&gen->random) ? assignable(gen, kind) : 0;
        if (name) {
            generate_add(gen, nodes, ir_assign(gen->draft, name, value));
            continue;
        }
        name = generate_name(gen);
        generate_add(gen, nodes, ir_let(gen->draft, name, value));
        generate_bind(gen, (struct local){ .name = name, .kind = kind });
    }
}

// ---- Flow ---------------------------------------------------------------------------------------

// In a region the interpreter does not mind that another iteration finds another value.
static struct ir_body meeting_body(struct generator *gen, unsigned depth)
{
    struct ir_nodes nodes = { 0 };
    const struct scope outer = generate_enter(gen);
    for (uint32_t i = 1 + below(&gen->random, 3); i > 0; i--)
        generate_meeting(gen, &nodes, depth);
    generate_escape(gen, outer);
    struct ir_body body = ir_nodes_take(gen->draft, &nodes);
    return generate_one(gen, ir_region(gen->draft, ir_draft_cname(gen->draft, "part"), body));
}

// A bound of at most 3. Half of them are largest where memory holds a 0, which is what a driver may
// give to who is not of the workgroup.
static struct ir_expr *uniform_end(struct generator *gen)
{
    const uint32_t bits = 1 + below(&gen->random, 3);
    struct ir_expr *most = ir_lit_u32(gen->draft, bits);
    struct ir_expr *value;
    switch (below(&gen->random, 6)) {
    case 0:
        value = ir_bin(gen->draft, IR_BIN_BIT_XOR, generate_uniform_load(gen, false), most);
        return ir_bin(gen->draft, IR_BIN_BIT_AND, value, ir_lit_u32(gen->draft, 3));
    case 1:
        value = ir_bin(gen->draft, IR_BIN_MIN, generate_uniform_load(gen, false), most);
        return ir_bin(gen->draft, IR_BIN_SUB, ir_lit_u32(gen->draft, bits), value);
    case 2: return ir_bin(gen->draft, IR_BIN_SHR, most, generate_uniform_load(gen, false));
    case 3:
        return ir_bin(gen->draft, IR_BIN_BIT_AND, uniform_value(gen), ir_lit_u32(gen->draft, 3));
    default: return ir_bin(gen->draft, IR_BIN_MIN, uniform_value(gen), ir_lit_u32(gen->draft, 3));
    }
}

static void uniform_loop(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    struct ir_expr *end = uniform_end(gen);
    ir_name counter = generate_name(gen);
    const struct scope outer = generate_enter(gen);
    generate_bind(gen, (struct local){ .name = counter, .kind = KIND_U32, .uniform = true });
    struct ir_body body = meeting_body(gen, depth - 1);
    generate_escape(gen, outer);
    generate_add(gen, nodes, ir_loop(gen->draft, counter, ir_lit_u32(gen->draft, 0), end, body));
}

static void uniform_branch(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    struct ir_expr *test = uniform_condition(gen);
    struct ir_body then = meeting_body(gen, depth - 1);
    struct ir_body otherwise = { 0 };
    if (flip(&gen->random))
        otherwise = meeting_body(gen, depth - 1);
    generate_add(gen, nodes, ir_if(gen->draft, test, then, otherwise));
}

void generate_meeting(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    switch (below(&gen->random, depth ? 16 : 11)) {
    case 0:
    case 1: generate_exchange(gen, nodes); break;
    case 2: generate_exit(gen, nodes); break;
    case 3: {
        // Not assignable: an assignment elsewhere would not be uniform.
        struct ir_expr *value = uniform_value(gen);
        ir_name name = generate_name(gen);
        generate_add(gen, nodes, ir_let(gen->draft, name, value));
        generate_bind(gen, (struct local){ .name = name, .kind = KIND_U32, .uniform = true });
        break;
    }
    case 4: gather(gen, nodes); break;
    case 5: shared_copy(gen, nodes); break;
    case 11:
    case 14:
    case 15: uniform_loop(gen, nodes, depth); break;
    case 12: uniform_branch(gen, nodes, depth); break;
    case 13: {
        struct ir_body body = meeting_body(gen, depth - 1);
        generate_add(gen, nodes, ir_block(gen->draft, body));
        break;
    }
    default: generate_quiet(gen, nodes, 2); break;
    }
}
