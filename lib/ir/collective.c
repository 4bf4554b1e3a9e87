// SPDX-License-Identifier: MIT
#include "ir/collective.h"

#include <inttypes.h>
#include <stdio.h>

#include "ir/copy.h"
#include "ir/fresh.h"

// ---- Finding ------------------------------------------------------------------------------------

static bool is_collective(const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_BROADCAST: return true;
    default: return false;
    }
}

static bool is_multi_rank(const struct ir_node *node)
{
    return is_collective(node) &&
           (node->group != 0 || (node->kind == IR_NODE_BROADCAST && node->root != 0));
}

static const struct ir_node *find_in(const struct ir_body *body,
                                     bool (*wanted)(const struct ir_node *node))
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (wanted(node))
            return node;
        const struct ir_node *inside = find_in(&node->body, wanted);
        if (!inside)
            inside = find_in(&node->otherwise, wanted);
        if (inside)
            return inside;
    }
    return NULL;
}

static const struct ir_node *find(const struct vyre_program *program,
                                  bool (*wanted)(const struct ir_node *node))
{
    const bool may = ir_may_have_node(program, IR_NODE_ALL_REDUCE) ||
                     ir_may_have_node(program, IR_NODE_ALL_GATHER) ||
                     ir_may_have_node(program, IR_NODE_REDUCE_SCATTER) ||
                     ir_may_have_node(program, IR_NODE_BROADCAST);
    return may ? find_in(&program->entry, wanted) : NULL;
}

const struct ir_node *ir_find_collective(const struct vyre_program *program)
{
    return find(program, is_collective);
}

const struct ir_node *ir_find_multi_rank(const struct vyre_program *program)
{
    return find(program, is_multi_rank);
}

// ---- Lowering -----------------------------------------------------------------------------------

#define PREFIX "__vyre_single_rank_collective_idx_"

struct lowering {
    struct ir_draft draft;
    struct ir_copy copy;
    uint64_t next; // number of the next index variable
};

static ir_name fresh_name(struct lowering *lowering)
{
    char text[64];
    int size = snprintf(text, sizeof text, PREFIX "%" PRIu64, lowering->next++);
    return ir_draft_name(&lowering->draft, text, (size_t)size);
}

static struct ir_body body_of(struct ir_draft *draft, struct ir_node *node)
{
    struct ir_nodes nodes = { 0 };
    ir_nodes_add(draft, &nodes, node);
    return ir_nodes_take(draft, &nodes);
}

static struct ir_expr *is_below(struct ir_draft *draft, ir_name index, ir_name buffer)
{
    return ir_bin(draft, IR_BIN_LT, ir_var(draft, index), ir_buf_len(draft, buffer));
}

// let i = gid.x; if i < len(out) { if i < len(in) { out[i] = in[i] } }
static void add_copy(struct lowering *lowering, struct ir_nodes *out, const struct ir_node *node)
{
    struct ir_draft *draft = &lowering->draft;
    ir_name index = fresh_name(lowering);
    const struct ir_body none = { NULL, 0 };
    struct ir_node *bind = ir_let(draft, index, ir_id(draft, IR_EXPR_INVOCATION_ID, 0));
    struct ir_node *store = ir_store(draft, node->name2, ir_var(draft, index),
                                     ir_load(draft, node->name, ir_var(draft, index)));
    struct ir_node *inner =
        ir_if(draft, is_below(draft, index, node->name), body_of(draft, store), none);
    struct ir_node *outer =
        ir_if(draft, is_below(draft, index, node->name2), body_of(draft, inner), none);
    struct ir_node *const made[] = { bind, outer, inner, store };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (made[i])
            made[i]->pos = node->pos;
    ir_nodes_add(draft, out, bind);
    ir_nodes_add(draft, out, outer);
}

static void lower_node(void *user, struct ir_nodes *out, const struct ir_node *original,
                       struct ir_node *copy)
{
    struct lowering *lowering = user;
    (void)original;
    if (!is_collective(copy))
        ir_nodes_add(&lowering->draft, out, copy);
    else if (copy->kind == IR_NODE_ALL_GATHER || copy->kind == IR_NODE_REDUCE_SCATTER)
        add_copy(lowering, out, copy);
}

enum vyre_result ir_lower_collectives(const struct vyre_program *program, struct vyre_program **out)
{
    struct lowering lowering = { .copy = { .from = program, .node = lower_node } };
    struct ir_draft *draft = &lowering.draft;
    lowering.copy.draft = draft;
    lowering.copy.user = &lowering;
    lowering.next = ir_fresh_number(program, PREFIX);
    *out = NULL;
    if (!ir_draft_init(draft)) {
        ir_draft_fini(draft);
        return VYRE_ERR_NO_MEMORY;
    }
    ir_copy_head(&lowering.copy);
    struct ir_body entry = ir_copy_body(&lowering.copy, program->entry);
    return ir_draft_finish(draft, entry, false, out);
}
