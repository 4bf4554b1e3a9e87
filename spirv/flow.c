// SPDX-License-Identifier: MIT
// Uniformity of control flow across a workgroup.
//
// Does: finds meetings that part of a workgroup may miss, and the exits that must not end an
// invocation. The validator's V010 looks at each construct once; this also follows assignments
// around loops and into branches. A local is mixed when any value it ever gets is, or when it gets
// one in mixed flow; facts only ever grow, so walking until nothing changes finds the least set.
// Needs: a valid program and its facts. Breaks nothing.
#include "flow.h"

struct walk {
    struct spv_flow *flow;
    const struct spv_facts *facts;
    uint32_t next_loop;
    uint32_t next_exit;
    bool nobody_leaves; // the dead stay in every loop to its end
    bool changed;
    bool report;
    struct spv_flow_offence offence; // the first meeting that part of the workgroup may miss
};

// How the invocations of a workgroup stand at a point of the program.
struct state {
    bool mixed;        // not all of them pass here together
    bool meets_around; // a loop around this point meets in each of its iterations
};

bool spv_flow_is_mixed(const struct spv_flow *flow, const struct ir_expr *expr)
{
    const uint32_t partial = flow->invocations % flow->lanes;
    if (flow->invocations == 1)
        return false; // there is nobody else
    switch (expr->kind) {
    case IR_EXPR_SUBGROUP_SIZE:
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_WORKGROUP_ID: return false;
    case IR_EXPR_LOCAL_ID: return expr->op > 2 || flow->program->workgroup[expr->op] != 1;
    case IR_EXPR_VAR: return flow->mixed_names[expr->name];
    case IR_EXPR_SUBGROUP_LOCAL_ID: return flow->invocations > 1;
    case IR_EXPR_SUBGROUP_ADD:
    case IR_EXPR_SUBGROUP_BALLOT:
        // One for all lanes, and so for the workgroup when it is one subgroup.
        return flow->invocations > flow->lanes && (partial || spv_flow_passes(flow, expr));
    case IR_EXPR_OPAQUE: return expr->ext != IR_EXT_PARAM && expr->ext != IR_EXT_UNIFORM_LOAD;
    case IR_EXPR_BINOP:
    case IR_EXPR_UNOP:
    case IR_EXPR_CAST:
    case IR_EXPR_SELECT:
    case IR_EXPR_FMA:
        for (uint32_t i = 0; i < expr->kid_count; i++)
            if (spv_flow_is_mixed(flow, expr->kids[i]))
                return true;
        return false;
    default: return true;
    }
}

// Whether an expression reads a local of which the dead may have kept an earlier value.
static bool reads_varying(const struct spv_flow *flow, const struct ir_expr *expr)
{
    bool found = expr->kind == IR_EXPR_VAR && flow->names[expr->name].varies;
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = reads_varying(flow, expr->kids[i]);
    return found;
}

bool spv_flow_passes(const struct spv_flow *flow, const struct ir_expr *subgroup)
{
    const struct ir_expr *value = subgroup->kids[0];
    return flow->invocations > 1 &&
           (spv_flow_is_mixed(flow, value) || (flow->has_dead_exits && reads_varying(flow, value)));
}

static void mark(struct walk *walk, bool *fact, bool value)
{
    if (value && !*fact) {
        *fact = true;
        walk->changed = true;
    }
}

static bool walk_body(struct walk *walk, const struct ir_body *body, struct state state);

static bool walk_loop(struct walk *walk, const struct ir_node *node, struct state state)
{
    struct spv_flow *flow = walk->flow;
    const uint32_t number = walk->next_loop++;
    const bool meets = walk->facts->loops.items[number].has_barrier;
    struct state inside = {
        state.mixed || spv_flow_is_mixed(flow, node->a) || spv_flow_is_mixed(flow, node->b) ||
            (flow->left_loops[number] && !walk->nobody_leaves),
        state.meets_around || meets,
    };
    mark(walk, &flow->mixed_names[node->name], inside.mixed);
    mark(walk, &flow->mixed_loops[number], inside.mixed);
    bool dies = walk_body(walk, &node->body, inside);
    // Where nobody meets in the loop the dead need not stay to its end, and would be in the way of
    // a workgroup that is done early.
    mark(walk, &flow->left_loops[number], dies && !meets && !walk->nobody_leaves);
    return dies;
}

// A return or a trap: true when who comes here goes on dead.
static bool walk_exit(struct walk *walk, struct state state)
{
    const uint32_t number = walk->next_exit++;
    const bool meets_later = state.meets_around || number < walk->facts->exits_before_meeting;
    const bool dies = state.mixed && meets_later;
    mark(walk, &walk->flow->dead_exits[number], dies);
    walk->flow->has_dead_exits |= dies;
    return dies;
}

static void offend(struct walk *walk, const struct ir_pos *pos, bool subgroup)
{
    if (walk->report && !walk->offence.pos)
        walk->offence = (struct spv_flow_offence){ pos, subgroup };
}

// Subgroup operations in mixed flow.
static void check_operand(struct walk *walk, const struct ir_expr *expr)
{
    if (!expr)
        return;
    if (ir_expr_is_subgroup(expr) && spv_flow_passes(walk->flow, expr))
        offend(walk, &expr->pos, true);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        check_operand(walk, expr->kids[i]);
}

// Returns whether some invocations may die in this node.
static bool walk_node(struct walk *walk, const struct ir_node *node, struct state state)
{
    struct spv_flow *flow = walk->flow;
    if (state.mixed && walk->report && walk->facts->has_subgroup) {
        check_operand(walk, node->a);
        check_operand(walk, node->b);
    }
    switch (node->kind) {
    case IR_NODE_LET:
    case IR_NODE_ASSIGN:
        mark(walk, &flow->mixed_names[node->name], state.mixed || spv_flow_is_mixed(flow, node->a));
        return false;
    case IR_NODE_IF: {
        struct state inside = state;
        inside.mixed = state.mixed || spv_flow_is_mixed(flow, node->a);
        bool dies = walk_body(walk, &node->body, inside);
        dies |= walk_body(walk, &node->otherwise, inside);
        return dies;
    }
    case IR_NODE_LOOP: return walk_loop(walk, node, state);
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: return walk_body(walk, &node->body, state);
    case IR_NODE_RETURN:
    case IR_NODE_TRAP: return walk_exit(walk, state);
    case IR_NODE_BARRIER:
        if (state.mixed)
            offend(walk, &node->pos, false);
        return false;
    default: return false;
    }
}

static bool walk_body(struct walk *walk, const struct ir_body *body, struct state state)
{
    bool dies = false;
    for (uint32_t i = 0; i < body->count; i++)
        dies |= walk_node(walk, body->nodes[i], state);
    return dies;
}

static void walk_program(struct walk *walk)
{
    walk->next_loop = 0;
    walk->next_exit = 0;
    walk->changed = false;
    walk_body(walk, &walk->flow->program->entry, (struct state){ false, false });
}

static void settle(struct walk *walk)
{
    // Real programs settle in two or three walks. One made to need more is given up on: all its
    // locals count as mixed, which is safe.
    enum { MOST_WALKS = 16 };
    const struct spv_facts *facts = walk->facts;
    struct spv_flow *flow = walk->flow;
    int walks = 0;
    do {
        walk_program(walk);
    } while (walk->changed && ++walks < MOST_WALKS);
    for (uint32_t i = 0; walk->changed && i < flow->program->name_count; i++)
        flow->mixed_names[i] = true;
    for (size_t i = 0; walk->changed && i < facts->loops.count; i++)
        flow->mixed_loops[i] = true;
    walk->report = true;
    walk_program(walk);
}

static enum vyre_result analyse(struct spv_flow *flow, struct arena *arena,
                                const struct vyre_program *program, const struct spv_facts *facts,
                                bool nobody_leaves, struct spv_flow_offence *out)
{
    *flow = (struct spv_flow){
        .program = program,
        .names = facts->names,
        .invocations = facts->workgroup_invocations,
        .lanes = facts->lanes,
        .mixed_names = arena_array(arena, program->name_count, sizeof(bool)),
        .left_loops = arena_array(arena, facts->loops.count, sizeof(bool)),
        .mixed_loops = arena_array(arena, facts->loops.count, sizeof(bool)),
        .dead_exits = arena_array(arena, facts->exit_count, sizeof(bool)),
    };
    if (arena->failed)
        return VYRE_ERR_NO_MEMORY;
    if (!facts->has_barrier)
        return VYRE_OK;
    struct walk walk = { .flow = flow, .facts = facts, .nobody_leaves = nobody_leaves };
    settle(&walk);
    *out = walk.offence;
    return VYRE_OK;
}

enum vyre_result spv_flow_find(struct spv_flow *flow, struct arena *arena,
                               const struct vyre_program *program, const struct spv_facts *facts,
                               struct spv_flow_offence *out)
{
    *out = (struct spv_flow_offence){ 0 };
    enum vyre_result result = analyse(flow, arena, program, facts, false, out);
    if (result || !out->pos)
        return result;
    // What a loop computes is not the same for those who left it; all may stay to its end instead.
    return analyse(flow, arena, program, facts, true, out);
}
