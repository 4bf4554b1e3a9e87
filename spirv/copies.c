// SPDX-License-Identifier: MIT
// Does: matches copies and waits in each list of statements, and looks at what lies between them.
// Needs: a valid program and its facts. Breaks nothing.
//
// Where no barrier lies between, another invocation that changes the source or looks at the
// destination meanwhile has no order with the copy whenever it is made, so only the own statements
// count. Behind a barrier others may do so in good order, and then all statements count.
#include "copies.h"

// Each copy looks at what follows it, so many of them in one program would take long.
enum { MOST_COPIES = 1000 };

struct plan {
    const struct vyre_program *program;
    const struct spv_facts *facts;
    struct arena *arena;
    struct spv_copies *copies;
    struct spv_copy_offence offence;
    bool failed;
};

// What happens between a copy and its wait.
struct between {
    ir_name source, destination, tag;
    bool source_changes;
    bool destination_used;
    bool meets;
    bool leaves;
    bool same_tag;
};

static bool starts(const struct ir_node *node)
{
    return node->kind == IR_NODE_ASYNC_LOAD || node->kind == IR_NODE_ASYNC_STORE;
}

static void look_at_expr(struct between *between, const struct ir_expr *expr)
{
    if (!expr)
        return;
    const struct ir_expr *extension = expr->kind == IR_EXPR_OPAQUE ? expr : NULL;
    if (expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_ATOMIC || extension)
        between->destination_used |= expr->name == between->destination;
    between->source_changes |= expr->kind == IR_EXPR_ATOMIC && expr->name == between->source;
    between->meets |= ir_expr_is_subgroup(expr);
    for (uint32_t i = 0; i < expr->kid_count; i++)
        look_at_expr(between, expr->kids[i]);
}

static void look_at_body(struct between *between, const struct ir_body *body);

static void look_at(struct between *between, const struct ir_node *node)
{
    switch (node->kind) {
    case IR_NODE_STORE:
    case IR_NODE_OPAQUE:
        between->source_changes |= node->name == between->source;
        between->destination_used |= node->name == between->destination;
        break;
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
        // Wherever it is made, and whichever of its buffers is looked at.
        between->source_changes |= node->name2 == between->source;
        between->destination_used |=
            node->name == between->destination || node->name2 == between->destination;
        between->same_tag |= node->tag == between->tag;
        break;
    case IR_NODE_ASYNC_WAIT: between->same_tag |= node->name == between->tag; break;
    case IR_NODE_BARRIER: between->meets = true; break;
    case IR_NODE_RETURN: between->leaves = true; break;
    default: break;
    }
    look_at_expr(between, node->a);
    look_at_expr(between, node->b);
    look_at_body(between, &node->body);
    look_at_body(between, &node->otherwise);
}

static void look_at_body(struct between *between, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        look_at(between, body->nodes[i]);
}

static void offend(struct plan *plan, const struct ir_node *node, enum diag_code code,
                   const char *what)
{
    if (!plan->offence.node)
        plan->offence = (struct spv_copy_offence){ node, code, what };
}

// Whether a copy into `buffer` that starts before `at` is waited for behind it.
static bool open_copy_writes(const struct ir_body *body, uint32_t at, ir_name buffer)
{
    for (uint32_t i = 0; i < at; i++) {
        const struct ir_node *node = body->nodes[i];
        if (!starts(node) || node->name2 != buffer)
            continue;
        uint32_t wait = i + 1;
        while (wait < at && !(body->nodes[wait]->kind == IR_NODE_ASYNC_WAIT &&
                              body->nodes[wait]->name == node->tag))
            wait++;
        if (wait == at)
            return true;
    }
    return false;
}

static bool touched(const struct plan *plan, ir_name name, bool writes_only)
{
    const uint32_t buffer = plan->facts->names[name].buffer;
    if (!buffer)
        return false; // refused elsewhere
    const struct spv_buffer_facts *facts = &plan->facts->buffers[buffer - 1];
    return facts->stored || facts->updated || facts->external || (!writes_only && facts->loaded);
}

static void decide(struct plan *plan, const struct ir_node *start, struct between *between,
                   struct spv_copy *copy)
{
    const bool meets = between->meets && plan->facts->workgroup_invocations > 1;
    const bool same = start->name == start->name2;
    if (!same && !between->source_changes && !(meets && touched(plan, start->name, true)))
        copy->mode = SPV_COPY_AT_WAIT;
    else if (!same && !between->destination_used && !meets)
        copy->mode = SPV_COPY_AT_START;
    else
        offend(plan, start, DIAG_L023,
               "this copy would not give the bytes that its source has where it starts");
}

// The copy that starts at `at` in a list.
static void plan_copy(struct plan *plan, const struct ir_body *body, uint32_t at)
{
    const struct ir_node *start = body->nodes[at];
    struct between between = { start->name, start->name2, start->tag, false,
                               false,       false,        false,      false };
    struct spv_copy copy = {
        .mode = SPV_COPY_KEPT,
        .number = (uint32_t)plan->copies->count,
    };
    uint32_t i = at + 1;
    while (i < body->count && !between.same_tag) {
        if (body->nodes[i]->kind == IR_NODE_ASYNC_WAIT && body->nodes[i]->name == start->tag)
            break;
        look_at(&between, body->nodes[i++]);
    }
    if (between.same_tag || i == body->count)
        offend(plan, start, DIAG_L022,
               between.same_tag
                   ? "the tag of this copy is used again, or waited for elsewhere, before a wait "
                     "in this list"
                   : "this copy is not waited for in the list of statements that starts it");
    else if (between.leaves)
        offend(plan, start, DIAG_L022, "an invocation may return before it waits for this copy");
    between.source_changes |= open_copy_writes(body, at, start->name);
    if (!spv_copy_is_small(start))
        decide(plan, start, &between, &copy);
    if (!array_push_in(plan->arena, plan->copies, copy))
        plan->failed = true;
}

// Whether a wait has a copy in its own list that starts before it and that no other wait took.
static bool was_started(const struct ir_body *body, uint32_t at)
{
    const ir_name tag = body->nodes[at]->name;
    for (uint32_t i = at; i-- > 0;) {
        const struct ir_node *node = body->nodes[i];
        if (starts(node) && node->tag == tag)
            return true;
        if (node->kind == IR_NODE_ASYNC_WAIT && node->name == tag)
            return false;
    }
    return false;
}

static void plan_body(struct plan *plan, const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count && !plan->offence.node && !plan->failed; i++) {
        const struct ir_node *node = body->nodes[i];
        if (starts(node) && plan->copies->count == MOST_COPIES)
            offend(plan, node, DIAG_L022, "the program starts more than 1000 copies");
        else if (starts(node))
            plan_copy(plan, body, i);
        else if (node->kind == IR_NODE_ASYNC_WAIT && !was_started(body, i))
            offend(plan, node, DIAG_L022,
                   "no copy with this tag is started before it in its list of statements");
        plan_body(plan, &node->body);
        plan_body(plan, &node->otherwise);
    }
}

enum vyre_result spv_copies_plan(const struct vyre_program *program, const struct spv_facts *facts,
                                 struct arena *arena, struct spv_copies *copies,
                                 struct spv_copy_offence *out)
{
    struct plan plan = { .program = program, .facts = facts, .arena = arena, .copies = copies };
    if (facts->has_copies)
        plan_body(&plan, &program->entry);
    *out = plan.offence;
    return plan.failed ? VYRE_ERR_NO_MEMORY : VYRE_OK;
}
