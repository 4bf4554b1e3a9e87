// SPDX-License-Identifier: MIT
// The generator: statements are drawn from a fixed sequence of pseudo-random numbers, operands from
// the locals in scope, so that every program is valid and no two statements are alike.
#include "program.h"

#include <stdio.h>

#include "bench.h"

enum { MOST_NESTED = 4, MOST_LOCALS = 1 << 17, RECENT = 12 };

struct generator {
    struct vyre_builder *builder;
    uint64_t state;
    uint32_t left;                // statements
    uint32_t next_local;          // number in its name
    uint32_t locals[MOST_LOCALS]; // in scope: numbers of u32 locals
    uint32_t local_count;
    unsigned depth;
};

// splitmix64, the published constants
static uint32_t draw(struct generator *g, uint32_t below)
{
    uint64_t z = g->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ z >> 31) % below);
}

static void spell_local(uint32_t number, char out[16])
{
    snprintf(out, 16, "v%u", number);
}

static vyre_expr local(struct generator *g)
{
    const uint32_t recent = g->local_count < RECENT ? g->local_count : RECENT;
    char name[16];
    spell_local(g->locals[g->local_count - 1 - draw(g, recent)], name);
    return vyre_builder_var(g->builder, name);
}

static vyre_expr number(struct generator *g, unsigned depth);

// An index within the buffer, as kernels write it.
static vyre_expr load(struct generator *g, unsigned depth)
{
    static const char *const buffers[] = { "source", "table" };
    const char *buffer = buffers[draw(g, 2)];
    return vyre_builder_load(g->builder, buffer, number(g, depth));
}

static vyre_expr number(struct generator *g, unsigned depth)
{
    static const enum vyre_binop ops[] = { VYRE_BIN_ADD,     VYRE_BIN_ADD,     VYRE_BIN_SUB,
                                           VYRE_BIN_MUL,     VYRE_BIN_BIT_AND, VYRE_BIN_BIT_OR,
                                           VYRE_BIN_BIT_XOR, VYRE_BIN_MIN,     VYRE_BIN_MAX };
    struct vyre_builder *b = g->builder;
    if (depth == 0)
        return draw(g, 3) ? local(g) : vyre_builder_u32(b, draw(g, 1000));
    switch (draw(g, 8)) {
    case 0:
    case 1: return load(g, depth - 1);
    case 2: return local(g);
    case 3: {
        const vyre_expr shifted = number(g, depth - 1);
        return vyre_builder_binary(b, draw(g, 2) ? VYRE_BIN_SHL : VYRE_BIN_SHR, shifted,
                                   vyre_builder_u32(b, 1 + draw(g, 31)));
    }
    default: {
        const enum vyre_binop op = ops[draw(g, sizeof ops / sizeof ops[0])];
        const vyre_expr left = number(g, depth - 1);
        return vyre_builder_binary(b, op, left, number(g, depth - 1));
    }
    }
}

static vyre_expr condition(struct generator *g)
{
    static const enum vyre_binop ops[] = { VYRE_BIN_LT, VYRE_BIN_GE, VYRE_BIN_EQ, VYRE_BIN_NE };
    const vyre_expr left = number(g, 1);
    return vyre_builder_binary(g->builder, ops[draw(g, 4)], left, number(g, 0));
}

static void bind(struct generator *g, vyre_expr value)
{
    char name[16];
    spell_local(g->next_local, name);
    vyre_builder_let(g->builder, name, value);
    g->locals[g->local_count++] = g->next_local++;
}

static void store(struct generator *g)
{
    struct vyre_builder *b = g->builder;
    if (draw(g, 3)) {
        const vyre_expr index = number(g, 1);
        vyre_builder_store(b, "result", index, number(g, 2));
        return;
    }
    const vyre_expr index = number(g, 0);
    const vyre_expr scaled = vyre_builder_load(b, "weights", number(g, 1));
    const vyre_expr value =
        vyre_builder_binary(b, VYRE_BIN_MUL, scaled, vyre_builder_f32(b, (float)draw(g, 100) / 8));
    const vyre_expr base = vyre_builder_cast(b, VYRE_TYPE_F32, number(g, 1));
    vyre_builder_store(b, "scores", index, vyre_builder_binary(b, VYRE_BIN_ADD, value, base));
}

static void statements(struct generator *g, uint32_t most);

static void body(struct generator *g)
{
    const uint32_t saved = g->local_count;
    g->depth++;
    statements(g, 1 + draw(g, 6));
    g->depth--;
    g->local_count = saved;
}

static void branch(struct generator *g)
{
    vyre_builder_if(g->builder, condition(g));
    body(g);
    if (draw(g, 3) == 0) {
        vyre_builder_else(g->builder);
        body(g);
    }
    vyre_builder_end(g->builder);
}

static void loop(struct generator *g)
{
    char name[16];
    spell_local(g->next_local++, name);
    vyre_builder_loop(g->builder, name, vyre_builder_u32(g->builder, 0),
                      vyre_builder_u32(g->builder, 1 + draw(g, 16)));
    body(g);
    vyre_builder_end(g->builder);
}

// Loop variables are never in `locals`, and only locals are assigned.
static void assign(struct generator *g)
{
    char name[16];
    spell_local(g->locals[g->local_count - 1], name);
    vyre_builder_assign(g->builder, name, number(g, 2));
}

static void statement(struct generator *g)
{
    const uint32_t kind = draw(g, 20);
    g->left--;
    if (kind < 9)
        bind(g, number(g, 3));
    else if (kind < 13)
        store(g);
    else if (kind < 16)
        assign(g);
    else if (kind == 16)
        bind(g, vyre_builder_atomic(g->builder, VYRE_ATOMIC_ADD, VYRE_ORDER_RELAXED, "bins",
                                    number(g, 1), 0, vyre_builder_u32(g->builder, 1)));
    else if (g->depth == MOST_NESTED)
        bind(g, number(g, 2));
    else if (kind < 19)
        branch(g);
    else
        loop(g);
}

static void statements(struct generator *g, uint32_t most)
{
    for (uint32_t i = 0; i < most && g->left > 0; i++)
        statement(g);
}

static void declare(struct vyre_builder *b)
{
    static const struct {
        const char *name;
        enum vyre_access access;
        vyre_type element;
    } buffers[] = {
        { "source", VYRE_ACCESS_READ_ONLY, VYRE_TYPE_U32 },
        { "table", VYRE_ACCESS_READ_ONLY, VYRE_TYPE_U32 },
        { "weights", VYRE_ACCESS_READ_ONLY, VYRE_TYPE_F32 },
        { "result", VYRE_ACCESS_READ_WRITE, VYRE_TYPE_U32 },
        { "scores", VYRE_ACCESS_READ_WRITE, VYRE_TYPE_F32 },
        { "bins", VYRE_ACCESS_READ_WRITE, VYRE_TYPE_U32 },
    };
    vyre_builder_workgroup(b, 64, 1, 1);
    for (uint32_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        vyre_builder_buffer(b, vyre_buffer_decl(.name = buffers[i].name, .binding = i,
                                                .access = buffers[i].access,
                                                .element = buffers[i].element));
}

struct vyre_program *bench_program(uint32_t count)
{
    struct vyre_program *program = NULL;
    struct generator *g = calloc(1, sizeof *g);
    if (!g)
        bench_check(VYRE_ERR_NO_MEMORY, "generator");
    *g = (struct generator){ .state = count, .left = count - 1 };
    bench_check(vyre_builder_create(&g->builder), "builder");
    declare(g->builder);
    if (g->left > 0) {
        g->left--;
        bind(g, vyre_builder_global_id(g->builder, 0));
    }
    statements(g, g->left);
    bench_check(vyre_builder_finish(g->builder, &bench_sink, &program), "program");
    vyre_builder_destroy(&g->builder);
    free(g);
    return program;
}

uint8_t *bench_encode(const struct vyre_program *program, size_t *size)
{
    uint8_t *bytes = NULL;
    bench_check(vyre_program_encode(program, &bench_sink, &bytes, size), "encode");
    return bytes;
}
