// SPDX-License-Identifier: MIT
// Dead code.
//
// Does: drops locals that nothing reads, with their assignments; takes the branch that a constant
// decides; drops loops without iterations, empty ifs and blocks, and what follows a return.
// Needs: a valid program; folding before it, because a condition is decided when it is a literal.
// Breaks: the numbers of loops and traps, which it keeps beside the program. Memory is left alone:
// no store is ever dropped but with code that cannot run. Nor is what decides about more than its
// own value: atomics (the grid depends on whether there are any), launch parameters (their number
// is part of the interface), barriers, calls, linear buffers, and loops, whose end is an event.
#include "ir/pass.h"

#include "facts.h"
#include "ir/edit.h"

enum { NONE = UINT32_MAX };

// A LET or ASSIGN, in program order.
struct definition {
    const struct ir_node *node;
    uint32_t next; // definition of the same name; NONE: the last
    bool stays;    // whoever reads the local
};

struct numbers {
    const uint32_t *from; // of the source; NULL: its order
    uint32_t next;        // in the source
    bool dropped;
    struct {
        ARRAY(uint32_t);
    } kept;
};

struct dead {
    struct ir_edit edit;
    struct ir_facts *facts;
    struct arena arena; // of the tables
    struct {
        ARRAY(struct definition);
    } definitions;
    uint32_t *first; // by name: its latest definition
    bool *needed;    // by name: something that stays reads the local
    struct {
        ARRAY(ir_name);
    } pending; // needed names whose definitions were not looked at yet
    size_t next_definition;
    struct numbers loops;
    struct numbers traps;
    bool failed;
};

// ---- What is needed -----------------------------------------------------------------------------

static void need(struct dead *dead, ir_name name)
{
    if (dead->needed[name])
        return;
    dead->needed[name] = true;
    if (!array_push_in(&dead->arena, &dead->pending, name))
        dead->failed = true;
}

static void need_expr(struct dead *dead, const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_VAR)
        need(dead, expr->name);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        need_expr(dead, expr->kids[i]);
}

static void look_at_definition(struct dead *dead, const struct ir_node *node)
{
    struct definition definition = { .node = node, .next = dead->first[node->name] };
    dead->first[node->name] = (uint32_t)dead->definitions.count;
    if (dead->definitions.count >= NONE ||
        !array_push_in(&dead->arena, &dead->definitions, definition))
        dead->failed = true;
}

static void look_at_body(struct dead *dead, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count && !dead->failed; i++) {
        const struct ir_node *node = body->nodes[i];
        if (node->kind == IR_NODE_LET || node->kind == IR_NODE_ASSIGN) {
            look_at_definition(dead, node);
            continue;
        }
        if (node->a)
            need_expr(dead, node->a);
        if (node->b)
            need_expr(dead, node->b);
        look_at_body(dead, &node->body);
        look_at_body(dead, &node->otherwise);
    }
}

// What is needed because of what is needed.
static void spread(struct dead *dead)
{
    while (dead->pending.count > 0 && !dead->failed) {
        const ir_name name = dead->pending.items[--dead->pending.count];
        for (uint32_t i = dead->first[name]; i != NONE; i = dead->definitions.items[i].next)
            need_expr(dead, dead->definitions.items[i].node->a);
    }
}

// Definitions of what nobody reads stay all the same where they may have effects, and then need
// what they read.
static void keep_effects(struct dead *dead)
{
    for (size_t i = 0; i < dead->definitions.count && !dead->failed; i++) {
        struct definition *definition = &dead->definitions.items[i];
        const struct ir_node *node = definition->node;
        const struct ir_name_facts *name = &dead->facts->names[node->name];
        if (dead->needed[node->name])
            continue;
        const struct ir_expr_facts facts = ir_facts_of(dead->facts, node->a);
        // An assignment to something that is no local is a run-time error.
        if (ir_droppable(&facts) && name->bound && !name->buffer)
            continue;
        definition->stays = true;
        need_expr(dead, node->a);
        if (node->kind == IR_NODE_ASSIGN)
            need(dead, node->name);
        spread(dead);
    }
}

// ---- What may go when it cannot run -------------------------------------------------------------

static bool has_opaque(const struct ir_expr *expr)
{
    if (expr->kind == IR_EXPR_OPAQUE)
        return true;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        if (has_opaque(expr->kids[i]))
            return true;
    return false;
}

static bool may_go(const struct dead *dead, const struct ir_expr *expr)
{
    return !expr || (!(ir_facts_of(dead->facts, expr).effects & IR_MAY_ACT) && !has_opaque(expr));
}

static bool body_may_go(const struct dead *dead, const struct ir_body *body);

static bool node_may_go(const struct dead *dead, const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_LET:
    case IR_NODE_ASSIGN:
    case IR_NODE_IF:
    case IR_NODE_LOOP:
    case IR_NODE_RETURN:
    case IR_NODE_BLOCK:
    case IR_NODE_REGION:
    case IR_NODE_TRAP: break;
    case IR_NODE_STORE: {
        const uint32_t buffer = dead->facts->names[node->name].buffer;
        if (buffer && dead->facts->program->buffers[buffer - 1].linear)
            return false;
        break;
    }
    default: return false;
    }
    return may_go(dead, node->a) && may_go(dead, node->b) && body_may_go(dead, &node->body) &&
           body_may_go(dead, &node->otherwise);
}

static bool body_may_go(const struct dead *dead, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        if (!node_may_go(dead, body->nodes[i]))
            return false;
    return true;
}

// ---- Dropping -----------------------------------------------------------------------------------

static void keep_number(struct dead *dead, struct numbers *numbers)
{
    const uint32_t number = numbers->from ? numbers->from[numbers->next] : numbers->next;
    numbers->next++;
    if (!array_push_in(&dead->arena, &numbers->kept, number))
        dead->failed = true;
}

static void drop_body(struct dead *dead, const struct ir_body *body);

// Accounts for what goes with a statement.
static void drop_node(struct dead *dead, const struct ir_node *node)
{
    struct numbers *numbers = node->kind == IR_NODE_LOOP   ? &dead->loops
                              : node->kind == IR_NODE_TRAP ? &dead->traps
                                                           : NULL;
    if (numbers) {
        numbers->next++;
        numbers->dropped = true;
    }
    if (node->kind == IR_NODE_LET || node->kind == IR_NODE_ASSIGN)
        dead->next_definition++;
    drop_body(dead, &node->body);
    drop_body(dead, &node->otherwise);
}

static void drop_body(struct dead *dead, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        drop_node(dead, body->nodes[i]);
}

static bool never_runs(const struct ir_node *node)
{
    return node->kind == IR_NODE_LOOP && node->a->kind == IR_EXPR_LIT_U32 &&
           node->b->kind == IR_EXPR_LIT_U32 && node->a->bits >= node->b->bits;
}

// Whether nothing after the statement runs in its list.
static bool ends(const struct ir_node *node);

static bool body_ends(const struct ir_body *body)
{
    return body->count > 0 && ends(body->nodes[body->count - 1]);
}

static bool ends(const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_RETURN:
    case IR_NODE_TRAP: return true;
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: return body_ends(&node->body);
    case IR_NODE_IF: return body_ends(&node->body) && body_ends(&node->otherwise);
    default: return false;
    }
}

static struct ir_body drop_in_body(struct dead *dead, struct ir_body body);

// The arm that a literal chooses, as a block, which is as much of a scope as an arm is. `node` when
// the other arm has to stay.
static struct ir_node *choose_arm(struct dead *dead, struct ir_node *node)
{
    const struct interp_value cond = ir_literal_value(node->a);
    const bool taken = interp_truthy(&cond);
    if (!body_may_go(dead, taken ? &node->otherwise : &node->body))
        return node;
    struct ir_body arm;
    if (taken) {
        arm = drop_in_body(dead, node->body);
        drop_body(dead, &node->otherwise);
    } else {
        drop_body(dead, &node->body);
        arm = drop_in_body(dead, node->otherwise);
    }
    if (arm.count == 0)
        return NULL;
    struct ir_node *block = ir_block(ir_edit_draft(&dead->edit), arm);
    if (!block)
        return node;
    block->pos = node->pos;
    return block;
}

// What is left of a statement; NULL: nothing.
static struct ir_node *drop_in_node(struct dead *dead, struct ir_node *node)
{
    if (node->kind == IR_NODE_LET || node->kind == IR_NODE_ASSIGN) {
        const struct definition *definition = &dead->definitions.items[dead->next_definition++];
        return definition->stays || dead->needed[node->name] ? node : NULL;
    }
    if (node->kind == IR_NODE_IF && ir_is_literal(node->a)) {
        struct ir_node *chosen = choose_arm(dead, node);
        if (chosen != node)
            return chosen;
    }
    if (never_runs(node) && body_may_go(dead, &node->body)) {
        drop_node(dead, node);
        return NULL;
    }
    if (node->kind == IR_NODE_LOOP)
        keep_number(dead, &dead->loops);
    else if (node->kind == IR_NODE_TRAP)
        keep_number(dead, &dead->traps);
    struct ir_body body = drop_in_body(dead, node->body);
    struct ir_body otherwise = drop_in_body(dead, node->otherwise);
    if (body.count == 0 && otherwise.count == 0) {
        if (node->kind == IR_NODE_BLOCK)
            return NULL;
        if (node->kind == IR_NODE_IF) {
            struct ir_expr_facts cond = ir_facts_of(dead->facts, node->a);
            if (ir_droppable(&cond))
                return NULL;
        }
    }
    return ir_edit_node(&dead->edit, node, node->a, node->b, body, otherwise);
}

// The index behind the last statement from `from` on that may not go; `from`: all may.
static uint32_t behind_what_stays(const struct dead *dead, const struct ir_body *body,
                                  uint32_t from)
{
    uint32_t end = body->count;
    while (end > from && node_may_go(dead, body->nodes[end - 1]))
        end--;
    return end;
}

static struct ir_body drop_in_body(struct dead *dead, struct ir_body body)
{
    struct ir_edit_body made = { .from = body };
    bool ended = false;
    uint32_t stays = 0; // behind what stays, found at the first exit: a body may have many; 0: none
    for (uint32_t i = 0; i < body.count && !dead->failed; i++) {
        if (ended) {
            drop_node(dead, body.nodes[i]);
            continue;
        }
        struct ir_node *left = drop_in_node(dead, body.nodes[i]);
        if (!left)
            continue;
        ir_edit_put(&dead->edit, &made, left);
        if (!ends(left))
            continue;
        if (stays == 0)
            stays = behind_what_stays(dead, &body, i + 1);
        ended = i + 1 >= stays;
    }
    return ir_edit_take(&dead->edit, &made);
}

// ---- The pass -----------------------------------------------------------------------------------

static const uint32_t *take_numbers(struct dead *dead, const struct numbers *numbers)
{
    if (!numbers->dropped)
        return numbers->from;
    struct ir_draft *draft = ir_edit_draft(&dead->edit);
    if (draft->failed)
        return NULL;
    const uint32_t *taken = arena_copy(&draft->program->arena, numbers->kept.items,
                                       numbers->kept.count * sizeof numbers->kept.items[0]);
    if (!taken)
        draft->failed = true;
    return taken;
}

static enum vyre_result run(struct dead *dead, struct vyre_program **out)
{
    const struct vyre_program *from = dead->edit.from;
    dead->first = arena_array(&dead->arena, from->name_count, sizeof *dead->first);
    dead->needed = arena_array(&dead->arena, from->name_count, sizeof *dead->needed);
    if (!ir_facts_about(dead->facts, from) || !dead->first || !dead->needed)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < from->name_count; i++)
        dead->first[i] = NONE;
    look_at_body(dead, &from->entry);
    spread(dead);
    keep_effects(dead);
    if (dead->failed)
        return VYRE_ERR_NO_MEMORY;
    struct ir_body entry = drop_in_body(dead, from->entry);
    if (dead->failed)
        return VYRE_ERR_NO_MEMORY;
    if (dead->edit.begun && !dead->edit.draft.failed) {
        dead->edit.draft.program->loop_numbers = take_numbers(dead, &dead->loops);
        dead->edit.draft.program->trap_numbers = take_numbers(dead, &dead->traps);
    }
    return ir_edit_finish(&dead->edit, entry, out);
}

enum vyre_result ir_pass_dead(const struct ir_pass_context *context,
                              const struct vyre_program *from, struct vyre_program **out)
{
    struct dead dead = {
        .facts = context->facts,
        .loops.from = from->loop_numbers,
        .traps.from = from->trap_numbers,
    };
    *out = NULL;
    ir_edit_init(&dead.edit, from);
    enum vyre_result result = run(&dead, out);
    ir_edit_fini(&dead.edit);
    arena_fini(&dead.arena);
    return result;
}
