// SPDX-License-Identifier: MIT
// Declarations, and whole random programs.
#include "generate.h"

#include "test.h"

static const char *const kind_letters[KIND_COUNT] = { "u", "i", "b", "f", "w", "s" };

static ir_name declare(struct generator *gen, const char *prefix, const char *suffix,
                       enum vyre_access access, enum kind kind, uint32_t count)
{
    char text[16];
    snprintf(text, sizeof text, "%s%s", prefix, suffix);
    struct ir_buffer buffer =
        ir_buffer_defaults(ir_draft_cname(gen->draft, text), (uint32_t)gen->draft->buffers.count,
                           access, generate_type(gen, kind));
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
    static const enum ir_type_kind small[] = { IR_TYPE_U8,    IR_TYPE_I8,       IR_TYPE_U16,
                                               IR_TYPE_I16,   IR_TYPE_F16,      IR_TYPE_BF16,
                                               IR_TYPE_I64,   IR_TYPE_VEC2_U32, IR_TYPE_VEC4_U32,
                                               IR_TYPE_F8E4M3 };
    bool used[KIND_COUNT] = { [KIND_U32] = true, [KIND_F32] = gen->exact };
    for (unsigned i = 0; i < 3; i++)
        used[1 + below(&gen->random, KIND_COUNT - 1)] = true;
    gen->small = PICK(gen, small);
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
        gen->sum_ops[i] = PICK(gen, ops);
        gen->sums[i] = declare(gen, "sum", i ? "1" : "0", VYRE_ACCESS_READ_WRITE, KIND_U32,
                               some_count(gen, 8));
    }
    gen->cells = declare(gen, "cells", "", VYRE_ACCESS_READ_WRITE, KIND_U32,
                         some_count(gen, 2 * gen->invocations));
    gen->claims = declare(gen, "claims", "", VYRE_ACCESS_READ_WRITE, KIND_U32, 1 + gen->lanes);
    gen->board = declare(gen, "board", "", VYRE_ACCESS_READ_WRITE, KIND_U32, gen->invocations);
    gen->tile_kind = generate_any_kind(gen);
    gen->tile =
        declare(gen, "tile", "", VYRE_ACCESS_WORKGROUP, gen->tile_kind, gen->lanes * gen->rows);
}

// Everybody waits for the whole grid. What stands behind it cannot look at locals before it, which
// are computed again there (docs/passes.md).
static void sync_grid(struct generator *gen, struct ir_nodes *nodes)
{
    generate_add(gen, nodes, ir_barrier(gen->draft, IR_ORDER_GRID_SYNC));
    gen->syncs--;
    gen->live = gen->kept = 0;
    gen->stale_tile |= gen->tile_written;
    gen->open_board = flip(&gen->random);
    gen->open_sums = flip(&gen->random);
}

static struct ir_body generate_entry(struct generator *gen)
{
    struct ir_nodes nodes = { 0 };
    if (gen->syncs && flip(&gen->random)) {
        // Asked again in every part: who has left does not come back.
        struct ir_expr *most = ir_lit_u32(gen->draft, below(&gen->random, gen->invocations + 1));
        struct ir_expr *test =
            ir_bin(gen->draft, IR_BIN_GE, ir_id(gen->draft, IR_EXPR_INVOCATION_ID, 0), most);
        generate_add(gen, &nodes,
                     ir_if(gen->draft, test, generate_one(gen, ir_return(gen->draft)),
                           (struct ir_body){ 0 }));
        gen->left = true;
    }
    if (below(&gen->random, 3) == 0) // before anything else asks for the tile
        generate_exchange(gen, &nodes);
    for (;;) {
        for (uint32_t i = 1 + below(&gen->random, 5); i > 0; i--)
            generate_meeting(gen, &nodes, 2);
        generate_store(gen, &nodes);
        generate_fault(gen, &nodes);
        generate_twice(gen, &nodes);
        if (!gen->syncs)
            return ir_nodes_take(gen->draft, &nodes);
        sync_grid(gen, &nodes);
    }
}

struct vyre_program *generate(uint64_t seed, struct shape *shape)
{
    static const uint32_t sizes[][2] = { { 32, 1 }, { 64, 1 }, { 8, 4 }, { 33, 1 }, { 1, 1 },
                                         { 4, 3 },  { 20, 1 }, { 9, 1 }, { 12, 2 } };
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct generator gen = { .random = { .state = seed, .draft = &draft }, .draft = &draft };
    const uint32_t *size = sizes[below(&gen.random, sizeof sizes / sizeof *sizes)];
    gen.syncs = below(&gen.random, 8) ? 0 : 1 + below(&gen.random, 2);
    const uint32_t workgroups = gen.syncs && flip(&gen.random) ? 1 : 1 + below(&gen.random, 3);
    memcpy(draft.program->workgroup, (const uint32_t[]){ size[0], size[1], 1 },
           sizeof draft.program->workgroup);
    gen.flat = size[1] == 1;
    gen.lanes = size[0] * size[1];
    // The splitting of programs knows a tile of one row.
    gen.rows = gen.syncs || flip(&gen.random) ? 1 : 2 + below(&gen.random, 2);
    gen.invocations = gen.lanes * workgroups;
    gen.random.budget = 10 + (int)below(&gen.random, below(&gen.random, 8) ? 50 : 200);
    gen.exact = below(&gen.random, 20) == 0;
    if (gen.exact) // drivers take their time over these functions
        gen.random.budget = 10 + (int)below(&gen.random, 15);
    gen.traps = below(&gen.random, 6) == 0;
    *shape = (struct shape){ { workgroups, 1, 1 }, gen.exact };
    declare_buffers(&gen);
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, generate_entry(&gen), true, &made));
    return made;
}
