// SPDX-License-Identifier: MIT
// Statements, declarations and whole random programs. Two kinds of flow: where the whole workgroup
// comes by (`meeting`) there may be barriers; elsewhere (`quiet`) there are none.
#include "generate.h"

#include "test.h"

static ir_name fresh(struct generator *gen)
{
    char text[16];
    snprintf(text, sizeof text, "v%u", gen->made++);
    return ir_draft_cname(gen->draft, text);
}

static void bind(struct generator *gen, struct local local)
{
    if (gen->live < MOST_LOCALS)
        gen->locals[gen->live++] = local;
}

struct scope {
    unsigned live;
    unsigned kept;
};

static struct scope enter(const struct generator *gen)
{
    return (struct scope){ gen->live, gen->kept };
}

static void escape(struct generator *gen, struct scope outer)
{
    gen->live = outer.live;
    gen->kept = outer.kept;
}

static void add(struct generator *gen, struct ir_nodes *nodes, struct ir_node *node)
{
    ir_nodes_add(gen->draft, nodes, node);
}

// ---- Flow without barriers ----------------------------------------------------------------------

static void quiet(struct generator *gen, struct ir_nodes *nodes, unsigned depth);

static struct ir_body quiet_body(struct generator *gen, unsigned depth)
{
    struct ir_nodes nodes = { 0 };
    const struct scope outer = enter(gen);
    for (uint32_t i = 1 + below(&gen->random, 3); i > 0; i--)
        quiet(gen, &nodes, depth);
    escape(gen, outer);
    return ir_nodes_take(gen->draft, &nodes);
}

static void assign(struct generator *gen, struct ir_nodes *nodes)
{
    uint32_t from = below(&gen->random, gen->live + 1);
    for (unsigned i = 0; i < gen->live; i++) {
        const struct local local = gen->locals[(from + i) % gen->live];
        if (!local.assignable)
            continue;
        add(gen, nodes, ir_assign(gen->draft, local.name, generate_expr(gen, local.kind, 3)));
        return;
    }
}

static struct ir_body one(struct generator *gen, struct ir_node *node)
{
    struct ir_nodes nodes = { 0 };
    add(gen, &nodes, node);
    return ir_nodes_take(gen->draft, &nodes);
}

// A store to an element of its own; sometimes behind a test that shows that it exists.
static void store(struct generator *gen, struct ir_nodes *nodes)
{
    enum kind kind = generate_any_kind(gen);
    ir_name buffer = gen->outputs[kind];
    struct ir_expr *index = generate_own_index(gen, kind);
    struct ir_expr *value = generate_expr(gen, kind, 4);
    if (below(&gen->random, 3)) {
        add(gen, nodes, ir_store(gen->draft, buffer, index, value));
        return;
    }
    ir_name name = fresh(gen);
    add(gen, nodes, ir_let(gen->draft, name, index));
    struct ir_expr *length = ir_buf_len(gen->draft, buffer);
    struct ir_expr *exists = ir_bin(gen->draft, IR_BIN_LT, ir_var(gen->draft, name), length);
    struct ir_node *guarded = ir_store(gen->draft, buffer, ir_var(gen->draft, name), value);
    const struct ir_body nothing = { 0 };
    add(gen, nodes, ir_if(gen->draft, exists, one(gen, guarded), nothing));
}

// An atomic whose old value nobody uses; its index may be anywhere.
static void sum(struct generator *gen, struct ir_nodes *nodes)
{
    static const enum ir_ordering orderings[] = { IR_ORDER_RELAXED, IR_ORDER_ACQUIRE,
                                                  IR_ORDER_RELEASE, IR_ORDER_ACQ_REL,
                                                  IR_ORDER_SEQ_CST };
    unsigned which = below(&gen->random, 2);
    enum ir_ordering ordering = orderings[below(&gen->random, 5)];
    struct ir_expr *index = generate_expr(gen, KIND_U32, 2);
    if (below(&gen->random, 4))
        index = ir_bin(gen->draft, IR_BIN_BIT_AND, index, ir_lit_u32(gen->draft, 7));
    else // not a literal, which the validator would compare with the count
        index = ir_bin(gen->draft, IR_BIN_ADD, index, ir_id(gen->draft, IR_EXPR_LOCAL_ID, 0));
    struct ir_expr *value = generate_expr(gen, KIND_U32, 3);
    struct ir_expr *old =
        ir_atomic(gen->draft, gen->sum_ops[which], ordering, gen->sums[which], index, NULL, value);
    add(gen, nodes, ir_let(gen->draft, fresh(gen), old));
}

static struct ir_expr *loop_end(struct generator *gen, unsigned depth)
{
    // Only the outermost loops are as long as a buffer.
    if (depth > 1 && below(&gen->random, 4) == 0)
        return ir_buf_len(gen->draft, gen->inputs[generate_any_kind(gen)]);
    if (flip(&gen->random))
        return ir_lit_u32(gen->draft, below(&gen->random, 6));
    enum ir_binop op = flip(&gen->random) ? IR_BIN_BIT_AND : IR_BIN_MIN;
    struct ir_expr *value = generate_expr(gen, KIND_U32, 2);
    return ir_bin(gen->draft, op, value, ir_lit_u32(gen->draft, 3));
}

static void loop(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    struct ir_expr *from = ir_lit_u32(gen->draft, below(&gen->random, 3));
    struct ir_expr *to = loop_end(gen, depth);
    ir_name counter = fresh(gen);
    const struct scope outer = enter(gen);
    bind(gen, (struct local){ counter, KIND_U32, false, false });
    struct ir_body body = quiet_body(gen, depth - 1);
    escape(gen, outer);
    add(gen, nodes, ir_loop(gen->draft, counter, from, to, body));
}

static struct ir_expr *condition(struct generator *gen)
{
    return generate_expr(gen, below(&gen->random, 4) ? KIND_BOOL : KIND_U32, 3);
}

static void branch(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    struct ir_expr *test = condition(gen);
    struct ir_body then = quiet_body(gen, depth - 1);
    struct ir_body otherwise = { 0 };
    if (flip(&gen->random))
        otherwise = quiet_body(gen, depth - 1);
    add(gen, nodes, ir_if(gen->draft, test, then, otherwise));
}

static void leave(struct generator *gen, struct ir_nodes *nodes)
{
    struct ir_expr *test = generate_expr(gen, KIND_BOOL, 2);
    struct ir_nodes body = { 0 };
    if (flip(&gen->random))
        store(gen, &body);
    add(gen, &body, ir_return(gen->draft));
    const struct ir_body nothing = { 0 };
    add(gen, nodes, ir_if(gen->draft, test, ir_nodes_take(gen->draft, &body), nothing));
}

static void quiet(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    switch (below(&gen->random, depth ? 14 : 8)) {
    case 0:
    case 1: {
        enum kind kind = generate_any_kind(gen);
        struct ir_expr *value = generate_expr(gen, kind, 4);
        ir_name name = fresh(gen);
        add(gen, nodes, ir_let(gen->draft, name, value));
        bind(gen, (struct local){ name, kind, true, false });
        break;
    }
    case 2:
    case 3:
        assign(gen, nodes);
        if (flip(&gen->random)) // what has changed may show
            store(gen, nodes);
        break;
    case 4:
    case 5:
    case 6: store(gen, nodes); break;
    case 7: sum(gen, nodes); break;
    case 8:
    case 9: loop(gen, nodes, depth); break;
    case 10: add(gen, nodes, ir_block(gen->draft, quiet_body(gen, depth - 1))); break;
    case 11: leave(gen, nodes); break;
    default: branch(gen, nodes, depth); break;
    }
}

// ---- Flow of the whole workgroup ----------------------------------------------------------------

static struct ir_expr *uniform(struct generator *gen)
{
    switch (below(&gen->random, 4)) {
    case 0: return ir_id(gen->draft, IR_EXPR_WORKGROUP_ID, 0);
    case 1: return ir_buf_len(gen->draft, gen->inputs[KIND_U32]);
    case 2:
        for (unsigned i = 0, from = below(&gen->random, gen->live + 1); i < gen->live; i++) {
            const struct local *local = &gen->locals[(from + i) % gen->live];
            if (local->uniform)
                return ir_var(gen->draft, local->name);
        }
        break;
    default: break;
    }
    return ir_lit_u32(gen->draft, below(&gen->random, 9));
}

static struct ir_expr *uniform_value(struct generator *gen)
{
    static const enum ir_binop ops[] = { IR_BIN_ADD, IR_BIN_MUL, IR_BIN_BIT_XOR, IR_BIN_SHR };
    struct ir_expr *left = uniform(gen);
    if (flip(&gen->random))
        return left;
    enum ir_binop op = ops[below(&gen->random, 4)];
    return ir_bin(gen->draft, op, left, uniform(gen));
}

static struct ir_expr *uniform_condition(struct generator *gen)
{
    static const enum ir_binop ops[] = { IR_BIN_EQ, IR_BIN_NE, IR_BIN_LT, IR_BIN_GE };
    struct ir_expr *left = uniform_value(gen);
    enum ir_binop op = ops[below(&gen->random, 4)];
    return ir_bin(gen->draft, op, left, uniform(gen));
}

static struct ir_node *barrier(struct generator *gen)
{
    return ir_barrier(gen->draft, below(&gen->random, 4) ? IR_ORDER_SEQ_CST : IR_ORDER_ACQ_REL);
}

// Everyone writes an element of its own between two barriers; then anybody may read any.
static void exchange(struct generator *gen, struct ir_nodes *nodes)
{
    bool board = below(&gen->random, 3) == 0;
    gen->exchanging = true;
    add(gen, nodes, barrier(gen));
    struct ir_expr *value = generate_expr(gen, board ? KIND_U32 : gen->tile_kind, 3);
    struct ir_expr *index = generate_local_index(gen);
    if (board && gen->flat && flip(&gen->random)) // only then the same element
        index = generate_global_index(gen);
    else if (board)
        index = ir_bin(gen->draft, IR_BIN_ADD, generate_board_start(gen), index);
    add(gen, nodes, ir_store(gen->draft, board ? gen->board : gen->tile, index, value));
    add(gen, nodes, barrier(gen));
    gen->exchanging = false;
}

static void meeting(struct generator *gen, struct ir_nodes *nodes, unsigned depth);

// In a region the interpreter does not mind that another iteration finds another value.
static struct ir_body meeting_body(struct generator *gen, unsigned depth)
{
    struct ir_nodes nodes = { 0 };
    const struct scope outer = enter(gen);
    for (uint32_t i = 1 + below(&gen->random, 3); i > 0; i--)
        meeting(gen, &nodes, depth);
    escape(gen, outer);
    struct ir_body body = ir_nodes_take(gen->draft, &nodes);
    return one(gen, ir_region(gen->draft, ir_draft_cname(gen->draft, "part"), body));
}

static void uniform_loop(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    struct ir_expr *end = uniform_value(gen);
    end = ir_bin(gen->draft, flip(&gen->random) ? IR_BIN_BIT_AND : IR_BIN_MIN, end,
                 ir_lit_u32(gen->draft, 3));
    ir_name counter = fresh(gen);
    const struct scope outer = enter(gen);
    bind(gen, (struct local){ counter, KIND_U32, false, true });
    struct ir_body body = meeting_body(gen, depth - 1);
    escape(gen, outer);
    add(gen, nodes, ir_loop(gen->draft, counter, ir_lit_u32(gen->draft, 0), end, body));
}

static void meeting(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    switch (below(&gen->random, depth ? 11 : 8)) {
    case 0:
    case 1: exchange(gen, nodes); break;
    case 2: leave(gen, nodes); break;
    case 3: {
        // Not assignable: an assignment elsewhere would not be uniform.
        struct ir_expr *value = uniform_value(gen);
        ir_name name = fresh(gen);
        add(gen, nodes, ir_let(gen->draft, name, value));
        bind(gen, (struct local){ name, KIND_U32, false, true });
        break;
    }
    case 8: uniform_loop(gen, nodes, depth); break;
    case 9: {
        struct ir_expr *test = uniform_condition(gen);
        struct ir_body then = meeting_body(gen, depth - 1);
        struct ir_body otherwise = { 0 };
        if (flip(&gen->random))
            otherwise = meeting_body(gen, depth - 1);
        add(gen, nodes, ir_if(gen->draft, test, then, otherwise));
        break;
    }
    case 10: {
        struct ir_body body = meeting_body(gen, depth - 1);
        add(gen, nodes, ir_block(gen->draft, body));
        break;
    }
    default: quiet(gen, nodes, 2); break;
    }
}

// ---- Declarations -------------------------------------------------------------------------------

static const char *const kind_letters[KIND_COUNT] = { "u", "i", "b", "f", "w" };

static ir_name declare(struct generator *gen, const char *prefix, const char *suffix,
                       enum vyre_access access, enum kind kind, uint32_t count)
{
    char text[16];
    snprintf(text, sizeof text, "%s%s", prefix, suffix);
    struct ir_buffer buffer =
        ir_buffer_defaults(ir_draft_cname(gen->draft, text), (uint32_t)gen->draft->buffers.count,
                           access, generate_type(kind));
    buffer.count = count;
    ir_draft_buffer(gen->draft, &buffer);
    return buffer.name;
}

// As many elements as its users have, some more or fewer, or a number that only the run knows.
static uint32_t some_count(struct generator *gen, uint32_t wanted)
{
    switch (below(&gen->random, 4)) {
    case 0: return wanted;
    case 1: return wanted + 1 + below(&gen->random, 9);
    case 2: return wanted / 2 + 8;
    default: return 0;
    }
}

static void declare_buffers(struct generator *gen)
{
    static const enum ir_atomic_op ops[] = { IR_ATOMIC_ADD, IR_ATOMIC_OR,  IR_ATOMIC_AND,
                                             IR_ATOMIC_XOR, IR_ATOMIC_MIN, IR_ATOMIC_MAX };
    bool used[KIND_COUNT] = { [KIND_U32] = true };
    used[1 + below(&gen->random, KIND_COUNT - 1)] = true;
    used[1 + below(&gen->random, KIND_COUNT - 1)] = true;
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        if (!used[kind])
            continue;
        uint32_t count = some_count(gen, 32);
        gen->inputs[kind] =
            declare(gen, "in_", kind_letters[kind], VYRE_ACCESS_READ_ONLY, (enum kind)kind, count);
        gen->each[kind] = flip(&gen->random) ? 1 : 1u << below(&gen->random, 3);
        gen->strided[kind] = flip(&gen->random);
        count = some_count(gen, gen->invocations * gen->each[kind]);
        gen->outputs[kind] = declare(gen, "out_", kind_letters[kind], VYRE_ACCESS_READ_WRITE,
                                     (enum kind)kind, count);
    }
    for (unsigned i = 0; i < 2; i++) {
        gen->sum_ops[i] = ops[below(&gen->random, 6)];
        gen->sums[i] = declare(gen, "sum", i ? "1" : "0", VYRE_ACCESS_READ_WRITE, KIND_U32,
                               some_count(gen, 8));
    }
    gen->board = declare(gen, "board", "", VYRE_ACCESS_READ_WRITE, KIND_U32, gen->invocations);
    gen->tile_kind = generate_any_kind(gen);
    gen->tile = declare(gen, "tile", "", VYRE_ACCESS_WORKGROUP, gen->tile_kind, gen->lanes);
}

struct vyre_program *generate(uint64_t seed, struct shape *shape)
{
    static const uint32_t sizes[][2] = { { 32, 1 }, { 64, 1 }, { 8, 4 }, { 33, 1 },
                                         { 1, 1 },  { 4, 3 },  { 16, 1 } };
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct generator gen = { .random = { .state = seed, .draft = &draft }, .draft = &draft };
    const uint32_t *size = sizes[below(&gen.random, sizeof sizes / sizeof *sizes)];
    const uint32_t workgroups = 1 + below(&gen.random, 3);
    memcpy(draft.program->workgroup, (const uint32_t[]){ size[0], size[1], 1 },
           sizeof draft.program->workgroup);
    *shape = (struct shape){ { workgroups, 1, 1 } };
    gen.flat = size[1] == 1;
    gen.lanes = size[0] * size[1];
    gen.invocations = gen.lanes * workgroups;
    gen.random.budget = 10 + (int)below(&gen.random, below(&gen.random, 8) ? 50 : 200);
    declare_buffers(&gen);
    struct ir_nodes nodes = { 0 };
    for (uint32_t i = 1 + below(&gen.random, 5); i > 0; i--)
        meeting(&gen, &nodes, 2);
    store(&gen, &nodes);
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &nodes), true, &made));
    return made;
}
