// SPDX-License-Identifier: MIT
// Statements of random programs, without barriers: an invocation may come by alone.
#include "generate.h"

#include <stdio.h>

ir_name generate_name(struct generator *gen)
{
    char text[16];
    snprintf(text, sizeof text, "v%u", gen->made++);
    return ir_draft_cname(gen->draft, text);
}

void generate_bind(struct generator *gen, struct local local)
{
    local.early = !gen->left;
    if (gen->live < MOST_LOCALS)
        gen->locals[gen->live++] = local;
}

struct scope generate_enter(struct generator *gen)
{
    gen->nesting++;
    return (struct scope){ gen->live, gen->kept };
}

void generate_escape(struct generator *gen, struct scope outer)
{
    gen->nesting--;
    gen->live = outer.live;
    gen->kept = outer.kept;
}

void generate_add(struct generator *gen, struct ir_nodes *nodes, struct ir_node *node)
{
    ir_nodes_add(gen->draft, nodes, node);
}

struct ir_body generate_one(struct generator *gen, struct ir_node *node)
{
    struct ir_nodes nodes = { 0 };
    generate_add(gen, &nodes, node);
    return ir_nodes_take(gen->draft, &nodes);
}

static struct ir_body quiet_body(struct generator *gen, unsigned depth)
{
    struct ir_nodes nodes = { 0 };
    const struct scope outer = generate_enter(gen);
    for (uint32_t i = 1 + below(&gen->random, 3); i > 0; i--)
        generate_quiet(gen, &nodes, depth);
    generate_escape(gen, outer);
    return ir_nodes_take(gen->draft, &nodes);
}

// ---- Values -------------------------------------------------------------------------------------

// The value that a statement keeps: one that may have an effect, whose old value is looked at.
static struct ir_expr *value(struct generator *gen, enum kind kind)
{
    gen->atomics = 1;
    struct ir_expr *made = generate_expr(gen, kind, 4);
    gen->atomics = 0;
    return made;
}

static void let(struct generator *gen, struct ir_nodes *nodes)
{
    enum kind kind = generate_any_kind(gen);
    struct ir_expr *made = value(gen, kind);
    ir_name name = generate_name(gen);
    generate_add(gen, nodes, ir_let(gen->draft, name, made));
    generate_bind(gen, (struct local){ .name = name, .kind = kind, .assignable = true });
}

static void assign(struct generator *gen, struct ir_nodes *nodes)
{
    uint32_t from = below(&gen->random, gen->live + 1);
    for (unsigned i = 0; i < gen->live; i++) {
        const struct local local = gen->locals[(from + i) % gen->live];
        if (!local.assignable)
            continue;
        generate_add(gen, nodes, ir_assign(gen->draft, local.name, value(gen, local.kind)));
        return;
    }
}

// ---- Memory -------------------------------------------------------------------------------------

// What is stored as a small element may be a word, of which it takes the first bytes.
static struct ir_expr *stored_value(struct generator *gen, enum kind kind)
{
    if (kind != KIND_SMALL || below(&gen->random, 3) || gen->small == IR_TYPE_F16 ||
        gen->small == IR_TYPE_BF16 || gen->small == IR_TYPE_F8E4M3)
        return value(gen, kind);
    return ir_cast(gen->draft, generate_type(gen, kind), value(gen, KIND_U32));
}

// A store to an element of its own; sometimes behind a test that shows that it exists.
void generate_store(struct generator *gen, struct ir_nodes *nodes)
{
    enum kind kind = generate_any_kind(gen);
    ir_name buffer = gen->outputs[kind];
    struct ir_expr *index = generate_own_index(gen, kind);
    struct ir_expr *made = stored_value(gen, kind);
    if (below(&gen->random, 3)) {
        generate_add(gen, nodes, ir_store(gen->draft, buffer, index, made));
        return;
    }
    ir_name name = generate_name(gen);
    generate_add(gen, nodes, ir_let(gen->draft, name, index));
    struct ir_expr *length = ir_buf_len(gen->draft, buffer);
    struct ir_expr *exists = ir_bin(gen->draft, IR_BIN_LT, ir_var(gen->draft, name), length);
    struct ir_node *guarded = ir_store(gen->draft, buffer, ir_var(gen->draft, name), made);
    const struct ir_body nothing = { 0 };
    generate_add(gen, nodes, ir_if(gen->draft, exists, generate_one(gen, guarded), nothing));
}

// An atomic whose old value nobody uses; its index may be anywhere.
static void sum(struct generator *gen, struct ir_nodes *nodes)
{
    static const enum ir_ordering orderings[] = { IR_ORDER_RELAXED, IR_ORDER_ACQUIRE,
                                                  IR_ORDER_RELEASE, IR_ORDER_ACQ_REL,
                                                  IR_ORDER_SEQ_CST };
    unsigned which = below(&gen->random, 2);
    enum ir_ordering ordering = PICK(gen, orderings);
    struct ir_expr *index = generate_expr(gen, KIND_U32, 2);
    if (below(&gen->random, 4))
        index = ir_bin(gen->draft, IR_BIN_BIT_AND, index, ir_lit_u32(gen->draft, 7));
    else // not a literal, which the validator would compare with the count
        index = ir_bin(gen->draft, IR_BIN_ADD, index, ir_id(gen->draft, IR_EXPR_LOCAL_ID, 0));
    struct ir_expr *made = generate_expr(gen, KIND_U32, 3);
    struct ir_expr *old =
        ir_atomic(gen->draft, gen->sum_ops[which], ordering, gen->sums[which], index, NULL, made);
    generate_add(gen, nodes, ir_let(gen->draft, generate_name(gen), old));
}

// Those who get a number mark its place. Nobody knows who gets which, and all marks are the same.
static void claim(struct generator *gen, struct ir_nodes *nodes)
{
    ir_name name = generate_name(gen);
    struct ir_expr *counter = ir_lit_u32(gen->draft, 0);
    struct ir_expr *old = ir_atomic(gen->draft, IR_ATOMIC_ADD, IR_ORDER_RELAXED, gen->claims,
                                    counter, NULL, ir_lit_u32(gen->draft, 1));
    generate_add(gen, nodes, ir_let(gen->draft, name, old));
    struct ir_expr *place = ir_bin(gen->draft, IR_BIN_MOD, ir_var(gen->draft, name),
                                   ir_lit_u32(gen->draft, gen->lanes));
    place = ir_bin(gen->draft, IR_BIN_ADD, place, ir_lit_u32(gen->draft, 1));
    // An atomic too, because no plain store may stand beside one.
    struct ir_expr *mark = ir_atomic(gen->draft, IR_ATOMIC_MAX, IR_ORDER_RELAXED, gen->claims,
                                     place, NULL, ir_lit_u32(gen->draft, UINT32_MAX));
    generate_add(gen, nodes, ir_let(gen->draft, generate_name(gen), mark));
}

static void atomic(struct generator *gen, struct ir_nodes *nodes)
{
    static const enum ir_ordering orderings[] = { IR_ORDER_RELAXED, IR_ORDER_RELEASE };
    switch (below(&gen->random, 6)) {
    case 0: claim(gen, nodes); return;
    case 1: {
        struct ir_expr *index = generate_own_cell(gen);
        struct ir_expr *made = generate_expr(gen, KIND_U32, 3);
        generate_add(gen, nodes,
                     ir_ext_node(gen->draft, IR_EXT_ATOMIC_STORE, gen->cells, PICK(gen, orderings),
                                 index, made));
        return;
    }
    case 2:
    case 3: {
        struct ir_expr *old = generate_cell_atomic(gen, 3);
        ir_name name = generate_name(gen);
        generate_add(gen, nodes, ir_let(gen->draft, name, old));
        generate_bind(gen, (struct local){ .name = name, .kind = KIND_U32, .assignable = true });
        return;
    }
    default:
        if (!gen->open_sums)
            sum(gen, nodes);
        return;
    }
}

// ---- Copies -------------------------------------------------------------------------------------

struct ir_node *generate_copy(struct generator *gen, enum ir_node_kind kind, ir_name source,
                              ir_name destination, struct ir_expr *offset, struct ir_expr *size)
{
    char text[16];
    struct ir_node *node = ir_draft_node(gen->draft, kind);
    if (!node)
        return NULL;
    snprintf(text, sizeof text, "copy%u", gen->copies++);
    node->name = source;
    node->name2 = destination;
    node->tag = ir_draft_cname(gen->draft, text);
    node->a = offset;
    node->b = size;
    return node;
}

struct ir_node *generate_wait(struct generator *gen, const struct ir_node *copy)
{
    struct ir_node *node = ir_draft_node(gen->draft, IR_NODE_ASYNC_WAIT);
    if (node && copy)
        node->name = copy->tag;
    return node;
}

// A copy of some of a buffer that stays as it is to the invocation's own elements; it may do what
// it wants meanwhile, except to leave.
static void copy(struct generator *gen, struct ir_nodes *nodes, enum kind kind, unsigned depth)
{
    if (gen->staying || (gen->strided[kind] && gen->each[kind] > 1))
        return;
    const uint32_t bytes = gen->each[kind] * (uint32_t)ir_type_stride(generate_type(gen, kind));
    const uint32_t skipped = below(&gen->random, bytes);
    ir_name source = gen->inputs[generate_any_kind(gen)];
    if (!gen->exchanging && !gen->stale_tile && below(&gen->random, 3) == 0)
        source = gen->tile;
    struct ir_expr *offset =
        ir_bin(gen->draft, IR_BIN_MUL, generate_global_index(gen), ir_lit_u32(gen->draft, bytes));
    if (skipped)
        offset = ir_bin(gen->draft, IR_BIN_ADD, offset, ir_lit_u32(gen->draft, skipped));
    struct ir_expr *size = ir_lit_u32(gen->draft, 1 + below(&gen->random, bytes - skipped));
    if (flip(&gen->random))
        size = generate_confined(gen, generate_expr(gen, KIND_U32, 2), bytes - skipped + 1);
    struct ir_node *start =
        generate_copy(gen, IR_NODE_ASYNC_STORE, source, gen->outputs[kind], offset, size);
    generate_add(gen, nodes, start);
    gen->staying = true;
    for (uint32_t i = below(&gen->random, 3); i > 0; i--)
        generate_quiet(gen, nodes, depth ? 1 : 0);
    gen->staying = false;
    generate_add(gen, nodes, generate_wait(gen, start));
}

// The first invocation copies from its own elements to others of its own, and may change both
// before it waits.
static void copy_of_own(struct generator *gen, struct ir_nodes *nodes)
{
    const enum kind from = generate_any_kind(gen), to = generate_any_kind(gen);
    if (gen->staying || gen->strided[from] || gen->strided[to])
        return;
    uint32_t room = gen->each[to] * (uint32_t)ir_type_stride(generate_type(gen, to));
    const uint32_t there = gen->each[from] * (uint32_t)ir_type_stride(generate_type(gen, from));
    const uint32_t skipped = below(&gen->random, there);
    room = room < there - skipped ? room : there - skipped;
    struct ir_nodes body = { 0 };
    const struct scope outer = generate_enter(gen);
    struct ir_node *start = generate_copy(gen, IR_NODE_ASYNC_LOAD, gen->outputs[from],
                                          gen->outputs[to], ir_lit_u32(gen->draft, skipped),
                                          ir_lit_u32(gen->draft, 1 + below(&gen->random, room)));
    generate_add(gen, &body, start);
    gen->staying = true;
    for (uint32_t i = 1 + below(&gen->random, 3); i > 0; i--)
        generate_store(gen, &body);
    gen->staying = false;
    generate_add(gen, &body, generate_wait(gen, start));
    generate_escape(gen, outer);
    struct ir_expr *first =
        ir_bin(gen->draft, IR_BIN_EQ, generate_global_index(gen), ir_lit_u32(gen->draft, 0));
    const struct ir_body nothing = { 0 };
    generate_add(gen, nodes, ir_if(gen->draft, first, ir_nodes_take(gen->draft, &body), nothing));
}

// ---- The same again -----------------------------------------------------------------------------

// A local that an expression reads and that may be assigned; 0: none.
static const struct local *assignable_in(const struct generator *gen, const struct ir_expr *expr)
{
    for (unsigned i = 0; expr->kind == IR_EXPR_VAR && i < gen->live; i++)
        if (gen->locals[i].name == expr->name && gen->locals[i].assignable)
            return &gen->locals[i];
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        const struct local *found = assignable_in(gen, expr->kids[i]);
        if (found)
            return found;
    }
    return NULL;
}

static void keep(struct generator *gen, struct ir_nodes *nodes, const struct phrase *phrase)
{
    struct ir_expr *index = generate_own_index(gen, phrase->kind);
    generate_add(
        gen, nodes,
        ir_store(gen->draft, gen->outputs[phrase->kind], index, generate_again(gen, phrase)));
}

// What an expression loads of the invocation's own elements; NULL: nothing.
static const struct ir_expr *own_load_in(const struct generator *gen, const struct ir_expr *expr,
                                         enum kind *kind)
{
    for (unsigned i = 0; expr->kind == IR_EXPR_LOAD && i < KIND_COUNT; i++)
        if (gen->outputs[i] == expr->name) {
            *kind = (enum kind)i;
            return expr;
        }
    const struct ir_expr *found = NULL;
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = own_load_in(gen, expr->kids[i], kind);
    return found;
}

// Something after which an expression of memory and locals may have another value.
static void change(struct generator *gen, struct ir_nodes *nodes, const struct phrase *phrase)
{
    const struct local *known = assignable_in(gen, phrase->expr);
    enum kind kind = generate_any_kind(gen);
    const struct ir_expr *load = own_load_in(gen, phrase->expr, &kind);
    if (known && below(&gen->random, 4)) {
        const struct local local = *known;
        struct ir_expr *made = value(gen, local.kind);
        if (local.kind == KIND_U32 && flip(&gen->random)) // something else for certain
            made = ir_bin(gen->draft, IR_BIN_SUB, ir_var(gen->draft, local.name),
                          ir_lit_u32(gen->draft, 1));
        generate_add(gen, nodes, ir_assign(gen->draft, local.name, made));
    } else if (below(&gen->random, 3) == 0) {
        copy(gen, nodes, kind, 0);
    } else if (load) {
        const struct phrase place = { load->kids[0], KIND_U32 };
        struct ir_expr *index = generate_again(gen, &place);
        generate_add(gen, nodes, ir_store(gen->draft, gen->outputs[kind], index, value(gen, kind)));
    } else {
        generate_store(gen, nodes);
    }
}

// Something that an assignment or a store changes, or what the program has said before.
static bool choose_phrase(struct generator *gen, struct phrase *out)
{
    struct ir_expr *one = ir_lit_u32(gen->draft, 1 + below(&gen->random, 9));
    const uint32_t choice = below(&gen->random, 3);
    for (unsigned i = 0; choice == 0 && i < gen->live; i++) {
        const struct local *local = &gen->locals[gen->live - 1 - i];
        if (local->kind != KIND_U32 || !local->assignable)
            continue;
        *out =
            (struct phrase){ ir_bin(gen->draft, IR_BIN_ADD, ir_var(gen->draft, local->name), one),
                             KIND_U32 };
        return true;
    }
    // Of another buffer than the one that keeps it.
    static const enum kind kinds[] = { KIND_I32, KIND_F32, KIND_BOOL };
    for (unsigned i = 0; choice == 1 && i < 3; i++) {
        if (!gen->outputs[kinds[i]])
            continue;
        struct ir_expr *own =
            ir_load(gen->draft, gen->outputs[kinds[i]], generate_own_index(gen, kinds[i]));
        *out = (struct phrase){ ir_cast(gen->draft, generate_type(gen, KIND_U32), own), KIND_U32 };
        return true;
    }
    if (gen->kept == 0)
        return false;
    *out = gen->phrases[below(&gen->random, gen->kept)];
    return gen->outputs[out->kind];
}

// An expression, kept before and after a change, perhaps in a loop.
void generate_twice(struct generator *gen, struct ir_nodes *nodes)
{
    struct phrase phrase;
    if (gen->exchanging || !choose_phrase(gen, &phrase) || !phrase.expr)
        return;
    keep(gen, nodes, &phrase);
    if (flip(&gen->random)) {
        change(gen, nodes, &phrase);
        keep(gen, nodes, &phrase);
        return;
    }
    struct ir_nodes body = { 0 };
    const struct scope outer = generate_enter(gen);
    keep(gen, &body, &phrase);
    change(gen, &body, &phrase);
    generate_escape(gen, outer);
    generate_add(gen, nodes,
                 ir_loop(gen->draft, generate_name(gen), ir_lit_u32(gen->draft, 0),
                         ir_lit_u32(gen->draft, 2), ir_nodes_take(gen->draft, &body)));
    if (flip(&gen->random))
        keep(gen, nodes, &phrase);
}

// ---- Flow ---------------------------------------------------------------------------------------

static struct ir_expr *loop_end(struct generator *gen, unsigned depth)
{
    // Only the outermost loops are as long as a buffer.
    if (depth > 1 && below(&gen->random, 4) == 0)
        return ir_buf_len(gen->draft, gen->inputs[generate_any_kind(gen)]);
    if (flip(&gen->random))
        return ir_lit_u32(gen->draft, below(&gen->random, 6));
    enum ir_binop op = flip(&gen->random) ? IR_BIN_BIT_AND : IR_BIN_MIN;
    struct ir_expr *most = generate_expr(gen, KIND_U32, 2);
    return ir_bin(gen->draft, op, most, ir_lit_u32(gen->draft, 3));
}

static void loop(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    struct ir_expr *from = ir_lit_u32(gen->draft, below(&gen->random, 3));
    struct ir_expr *to = loop_end(gen, depth);
    ir_name counter = generate_name(gen);
    const struct scope outer = generate_enter(gen);
    generate_bind(gen, (struct local){ .name = counter, .kind = KIND_U32 });
    struct ir_body body = quiet_body(gen, depth - 1);
    generate_escape(gen, outer);
    generate_add(gen, nodes, ir_loop(gen->draft, counter, from, to, body));
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
    generate_add(gen, nodes, ir_if(gen->draft, test, then, otherwise));
}

// Whether an invocation is one of the first, or the last, of its workgroup.
static struct ir_expr *some_lanes(struct generator *gen)
{
    const enum ir_binop op = flip(&gen->random) ? IR_BIN_LT : IR_BIN_GE;
    struct ir_expr *most = ir_lit_u32(gen->draft, below(&gen->random, gen->lanes));
    return ir_bin(gen->draft, op, generate_local_index(gen), most);
}

void generate_exit(struct generator *gen, struct ir_nodes *nodes)
{
    // A part behind a barrier of the grid would have to ask again who left.
    if (gen->staying || gen->syncs)
        return;
    struct ir_expr *test = flip(&gen->random) ? some_lanes(gen) : generate_expr(gen, KIND_BOOL, 2);
    struct ir_nodes body = { 0 };
    if (flip(&gen->random))
        generate_store(gen, &body);
    generate_add(gen, &body, ir_return(gen->draft));
    const struct ir_body nothing = { 0 };
    generate_add(gen, nodes, ir_if(gen->draft, test, ir_nodes_take(gen->draft, &body), nothing));
    gen->left = true;
}

static struct ir_node *trap(struct generator *gen, const char *tag)
{
    struct ir_node *node = ir_draft_node(gen->draft, IR_NODE_TRAP);
    if (!node)
        return NULL;
    node->name = ir_draft_cname(gen->draft, tag);
    // Not one that differs between invocations, of which any may be the first.
    node->a = flip(&gen->random) ? ir_lit_u32(gen->draft, number(&gen->random))
                                 : ir_buf_len(gen->draft, gen->inputs[KIND_U32]);
    return node;
}

// One trap that may be reached, and others that are not: a trap's number tells which it is.
void generate_fault(struct generator *gen, struct ir_nodes *nodes)
{
    const struct ir_body nothing = { 0 };
    if (gen->staying || !gen->traps)
        return;
    gen->traps--;
    if (flip(&gen->random)) {
        struct ir_expr *never = ir_bin(gen->draft, IR_BIN_GT, ir_lit_u32(gen->draft, 1),
                                       ir_lit_u32(gen->draft, 1 + below(&gen->random, 2)));
        if (flip(&gen->random)) // nobody sees through this one
            never = ir_bin(gen->draft, IR_BIN_GT, ir_id(gen->draft, IR_EXPR_WORKGROUP_ID, 0),
                           ir_lit_u32(gen->draft, 100));
        generate_add(gen, nodes,
                     ir_if(gen->draft, never, generate_one(gen, trap(gen, "never")), nothing));
    }
    struct ir_expr *test;
    if (flip(&gen->random)) {
        test = generate_expr(gen, KIND_BOOL, 2);
    } else {
        test = generate_expr(gen, KIND_U32, 3);
        test = ir_bin(gen->draft, IR_BIN_EQ, test, ir_lit_u32(gen->draft, below(&gen->random, 4)));
    }
    generate_add(gen, nodes,
                 ir_if(gen->draft, test, generate_one(gen, trap(gen, "reached")), nothing));
    gen->left = true;
}

void generate_quiet(struct generator *gen, struct ir_nodes *nodes, unsigned depth)
{
    switch (below(&gen->random, depth ? 20 : 13)) {
    case 0:
    case 1: let(gen, nodes); break;
    case 2:
    case 3:
        assign(gen, nodes);
        if (flip(&gen->random)) // what has changed may show
            generate_store(gen, nodes);
        break;
    case 4:
    case 5:
    case 6: generate_store(gen, nodes); break;
    case 7: atomic(gen, nodes); break;
    case 8: atomic(gen, nodes); break;
    case 9:
        if (flip(&gen->random))
            copy_of_own(gen, nodes);
        else
            copy(gen, nodes, generate_any_kind(gen), depth);
        break;
    case 10: generate_fault(gen, nodes); break;
    case 11:
    case 12: generate_twice(gen, nodes); break;
    case 13:
    case 14: loop(gen, nodes, depth); break;
    case 15: generate_add(gen, nodes, ir_block(gen->draft, quiet_body(gen, depth - 1))); break;
    case 16: generate_exit(gen, nodes); break;
    default: branch(gen, nodes, depth); break;
    }
}
