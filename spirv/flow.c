// SPDX-License-Identifier: MIT
// Uniformity of control flow across a workgroup.
//
// Does: finds barriers that part of a workgroup may miss. The validator's V010 looks at each
// construct once; this also follows assignments around loops and into branches, and knows that
// flow is not uniform any more after some invocations may have left. A local is mixed when any
// value it ever gets is, or when it gets one in mixed flow; facts only ever grow, so walking until
// nothing changes finds the least set.
// Needs: a valid program and its facts. Breaks nothing.
#include "facts.h"

#include "base/memory.h"

struct flow {
    const struct vyre_program *program;
    bool *mixed_names;
    bool *mixed_loops; // some invocations may leave in an iteration and miss the next
    uint32_t next_loop;
    bool changed;
    bool report;
    struct spv_flow_offence offence;
};

// How the invocations of a workgroup stand at a point of the program.
struct state {
    bool mixed; // not all of them pass here together
    bool left;  // some may have left for good before
};

static bool mixed_expr(const struct flow *flow, const struct ir_expr *expr)
{
    switch (expr->kind) {
    case IR_EXPR_LIT_U32:
    case IR_EXPR_LIT_I32:
    case IR_EXPR_LIT_BOOL:
    case IR_EXPR_LIT_F32:
    case IR_EXPR_BUF_LEN:
    case IR_EXPR_WORKGROUP_ID: return false;
    case IR_EXPR_LOCAL_ID: return expr->op > 2 || flow->program->workgroup[expr->op] != 1;
    case IR_EXPR_VAR: return flow->mixed_names[expr->name];
    case IR_EXPR_OPAQUE: return expr->ext != IR_EXT_PARAM && expr->ext != IR_EXT_UNIFORM_LOAD;
    case IR_EXPR_BINOP:
    case IR_EXPR_UNOP:
    case IR_EXPR_CAST:
    case IR_EXPR_SELECT:
    case IR_EXPR_FMA:
        for (uint32_t i = 0; i < expr->kid_count; i++)
            if (mixed_expr(flow, expr->kids[i]))
                return true;
        return false;
    default: return true;
    }
}

static void mark(struct flow *flow, bool *fact, bool value)
{
    if (value && !*fact) {
        *fact = true;
        flow->changed = true;
    }
}

static bool walk_body(struct flow *flow, const struct ir_body *body, struct state state);

static bool walk_loop(struct flow *flow, const struct ir_node *node, struct state state)
{
    bool *leaves = &flow->mixed_loops[flow->next_loop++];
    struct state inside = {
        state.mixed || mixed_expr(flow, node->a) || mixed_expr(flow, node->b),
        state.left || *leaves,
    };
    mark(flow, &flow->mixed_names[node->name], inside.mixed || inside.left);
    bool left = walk_body(flow, &node->body, inside);
    mark(flow, leaves, left);
    return left;
}

// Returns whether some invocations, but not surely all, may leave in this node.
static bool walk_node(struct flow *flow, const struct ir_node *node, struct state state)
{
    const bool mixed = state.mixed || state.left;
    switch (node->kind) {
    case IR_NODE_LET:
    case IR_NODE_ASSIGN:
        mark(flow, &flow->mixed_names[node->name], mixed || mixed_expr(flow, node->a));
        return false;
    case IR_NODE_IF: {
        struct state inside = { state.mixed || mixed_expr(flow, node->a), state.left };
        bool left = walk_body(flow, &node->body, inside);
        left |= walk_body(flow, &node->otherwise, inside);
        return left;
    }
    case IR_NODE_LOOP: return walk_loop(flow, node, state);
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: return walk_body(flow, &node->body, state);
    case IR_NODE_RETURN:
    case IR_NODE_TRAP: return mixed;
    case IR_NODE_BARRIER:
        if (mixed && flow->report && !flow->offence.barrier)
            flow->offence = (struct spv_flow_offence){ node, !state.mixed };
        return false;
    default: return false;
    }
}

static bool walk_body(struct flow *flow, const struct ir_body *body, struct state state)
{
    bool left = false;
    for (uint32_t i = 0; i < body->count; i++) {
        left |= walk_node(flow, body->nodes[i], state);
        state.left |= left;
    }
    return left;
}

static void walk_program(struct flow *flow)
{
    flow->next_loop = 0;
    flow->changed = false;
    walk_body(flow, &flow->program->entry, (struct state){ false, false });
}

enum vyre_result spv_flow_check(const struct vyre_program *program, const struct spv_facts *facts,
                                struct spv_flow_offence *out)
{
    *out = (struct spv_flow_offence){ 0 };
    if (!facts->has_barrier)
        return VYRE_OK;
    struct flow flow = { .program = program };
    flow.mixed_names = memory_calloc(program->name_count, sizeof *flow.mixed_names);
    flow.mixed_loops = memory_calloc(facts->loops.count, sizeof *flow.mixed_loops);
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    if (flow.mixed_names && flow.mixed_loops) {
        // Real programs settle in two or three walks. One made to need more is given up on: all its
        // locals count as mixed, which is safe.
        enum { MOST_WALKS = 16 };
        int walks = 0;
        do {
            walk_program(&flow);
        } while (flow.changed && ++walks < MOST_WALKS);
        for (uint32_t i = 0; flow.changed && i < program->name_count; i++)
            flow.mixed_names[i] = true;
        for (size_t i = 0; flow.changed && i < facts->loops.count; i++)
            flow.mixed_loops[i] = true;
        flow.report = true;
        walk_program(&flow);
        *out = flow.offence;
        result = VYRE_OK;
    }
    memory_free(flow.mixed_names);
    memory_free(flow.mixed_loops);
    return result;
}
