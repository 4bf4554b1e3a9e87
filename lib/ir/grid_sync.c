// SPDX-License-Identifier: MIT
// A program with barriers of the whole grid becomes programs that run one after another (spec:
// semantics.md, 7.5 and 10.6).
//
// Does: cuts the list of statements at each `barrier grid_sync`, and the blocks and regions around
// it in two. A part begins with what it needs of the lists that it continues: locals that it uses,
// and exits, so that who returned does not come back; both are evaluated again. Access to buffers
// is what the part does with them. Parts without statements of their own are dropped. Needs: a
// valid program, without shadowing. Breaks: a program that would give another result is refused
// instead: where a local or the condition of an exit may have another value later (it reads what is
// written, or was assigned, or comes from an atomic or a call), where workgroup memory or a copy
// would have to outlive a part, and where the barrier stands in a branch or a loop. The
// specification evaluates locals again whatever they read; a result that differs silently is worse
// than a refusal.
#include "grid_sync.h"

#include "base/report.h"
#include "ir/tables.h"

#include <stdio.h>

static bool is_sync(const struct ir_node *node)
{
    return node->kind == IR_NODE_BARRIER && node->ordering == IR_ORDER_GRID_SYNC;
}

static bool is_wrapper(const struct ir_node *node)
{
    return node->kind == IR_NODE_BLOCK || node->kind == IR_NODE_REGION;
}

static const struct ir_node *find_sync(const struct ir_body *body)
{
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        if (is_sync(node))
            return node;
        const struct ir_node *inside = find_sync(&node->body);
        if (!inside)
            inside = find_sync(&node->otherwise);
        if (inside)
            return inside;
    }
    return NULL;
}

const struct ir_node *ir_find_grid_sync(const struct vyre_program *program)
{
    return find_sync(&program->entry);
}

static bool has_return(const struct ir_node *node)
{
    bool found = node->kind == IR_NODE_RETURN;
    for (uint32_t i = 0; i < node->body.count && !found; i++)
        found = has_return(node->body.nodes[i]);
    for (uint32_t i = 0; i < node->otherwise.count && !found; i++)
        found = has_return(node->otherwise.nodes[i]);
    return found;
}

// ---- What a part uses ---------------------------------------------------------------------------

static struct ir_grid_access *access_of(struct ir_grid_splitter *s, ir_name name)
{
    const uint32_t buffer = s->buffer_of[name];
    if (!buffer)
        return NULL;
    struct ir_grid_access *access = &s->access[buffer - 1];
    access->touched = true;
    return access;
}

static void reads(struct ir_grid_splitter *s, ir_name name)
{
    struct ir_grid_access *access = access_of(s, name);
    if (access) {
        access->read = true;
        access->reader = s->node;
        access->covered = 0;
    }
}

static void writes(struct ir_grid_splitter *s, ir_name name)
{
    struct ir_grid_access *access = access_of(s, name);
    if (access) {
        access->written = access->needs_write = true;
        access->covered = 0;
    }
}

static void use_expr(struct ir_grid_splitter *s, const struct ir_expr *expr)
{
    for (uint32_t i = 0; i < expr->kid_count; i++)
        use_expr(s, expr->kids[i]);
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_VAR:
        s->needed[expr->name] = true;
        reads(s, expr->name);
        break;
    case IR_EXPR_LOAD: reads(s, expr->name); break;
    case IR_EXPR_BUF_LEN: access_of(s, expr->name); break;
    case IR_EXPR_ATOMIC:
        reads(s, expr->name);
        writes(s, expr->name);
        if (s->buffer_of[expr->name])
            s->access[s->buffer_of[expr->name] - 1].atomic = true;
        break;
    case IR_EXPR_OPAQUE:
        if (expr->ext && ir_ext_info((enum ir_ext)expr->ext)->has_buffer)
            reads(s, expr->name);
        if (expr->ext == IR_EXT_ATOMIC_LOAD && s->buffer_of[expr->name])
            s->access[s->buffer_of[expr->name] - 1].needs_write = true;
        break;
    default: break;
    }
}

static void use_memory(struct ir_grid_splitter *s, const struct ir_node *node)
{
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_ASSIGN:
    case IR_NODE_STORE: writes(s, node->name); break;
    case IR_NODE_INDIRECT_DISPATCH: reads(s, node->name); break;
    case IR_NODE_OPAQUE:
        if (node->ext)
            writes(s, node->name);
        break;
    case IR_NODE_ALL_REDUCE:
    case IR_NODE_BROADCAST:
        reads(s, node->name);
        writes(s, node->name);
        break;
    case IR_NODE_ALL_GATHER:
    case IR_NODE_REDUCE_SCATTER:
    case IR_NODE_ASYNC_LOAD:
    case IR_NODE_ASYNC_STORE:
        reads(s, node->name);
        writes(s, node->name2);
        break;
    default: break;
    }
}

// A copy is made when it is waited for, and nothing waits across dispatches.
static void use_tags(struct ir_grid_splitter *s, const struct ir_node *node)
{
    if ((node->kind == IR_NODE_ASYNC_LOAD || node->kind == IR_NODE_ASYNC_STORE) &&
        !s->started_by[node->tag])
        s->started_by[node->tag] = s->part + 1;
    if (node->kind == IR_NODE_ASYNC_WAIT && s->started_by[node->name] &&
        s->started_by[node->name] <= s->part)
        ir_grid_refuse(s, VYRE_ERR_UNSUPPORTED, DIAG_F006, node,
                       "the copy '%.60s' starts before a barrier of the grid and is waited for "
                       "after it",
                       ir_name_text(s->from, node->name).text);
}

static void use_body(struct ir_grid_splitter *s, const struct ir_body *body);

// A statement that stays as it is, seen after all that follow it.
static void use_node(struct ir_grid_splitter *s, const struct ir_node *node)
{
    if (node->kind == IR_NODE_RETURN)
        s->exits++;
    use_body(s, &node->otherwise);
    use_body(s, &node->body);
    if (node->kind == IR_NODE_LET || node->kind == IR_NODE_LOOP)
        s->needed[node->name] = false;
    else if (node->kind == IR_NODE_ASSIGN && !s->buffer_of[node->name])
        s->needed[node->name] = true;
    s->node = node;
    use_memory(s, node);
    use_tags(s, node);
    if (node->b)
        use_expr(s, node->b);
    if (node->a)
        use_expr(s, node->a);
}

static void use_body(struct ir_grid_splitter *s, const struct ir_body *body)
{
    for (uint32_t i = body->count; i > 0 && !s->result; i--)
        use_node(s, body->nodes[i - 1]);
}

static bool is_lane(const struct ir_grid_splitter *s, const struct ir_expr *expr)
{
    return (expr->kind == IR_EXPR_LOCAL_ID && expr->op == 0) ||
           (expr->kind == IR_EXPR_VAR && s->lane[expr->name]);
}

static bool expr_names(const struct ir_expr *expr, ir_name name)
{
    bool found = expr->name == name && expr->kind != IR_EXPR_BUF_LEN;
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = expr_names(expr->kids[i], name);
    return found;
}

// tile[lid.x] = ... by everybody: no element keeps what was in it.
static bool fills(const struct ir_grid_splitter *s, const struct ir_node *node)
{
    const uint32_t *size = s->from->workgroup;
    const uint32_t buffer = node->kind == IR_NODE_STORE ? s->buffer_of[node->name] : 0;
    return buffer && size[1] == 1 && size[2] == 1 && is_lane(s, node->a) &&
           s->from->buffers[buffer - 1].count <= size[0] && !expr_names(node->b, node->name);
}

static void use_own(struct ir_grid_splitter *s, const struct ir_node *node)
{
    s->has_own = true;
    if (is_wrapper(node)) {
        for (uint32_t i = node->body.count; i > 0 && !s->result; i--)
            use_own(s, node->body.nodes[i - 1]);
        return;
    }
    use_node(s, node);
    if (fills(s, node))
        s->access[s->buffer_of[node->name] - 1].covered = s->exits + 1;
}

// ---- What may be evaluated again ----------------------------------------------------------------

struct reason {
    const char *text; // NULL: it may
    ir_name buffer;   // 0: none
};

// A load gives the same value while nobody may have written, and dispatches are not in step: the
// part itself must not write either.
static struct reason load_reason(const struct ir_grid_splitter *s, ir_name name)
{
    const uint32_t buffer = s->buffer_of[name];
    if (!buffer)
        return (struct reason){ "reads an unknown buffer", name };
    if (s->from->buffers[buffer - 1].access == VYRE_ACCESS_WORKGROUP)
        return (struct reason){ "reads workgroup memory", name };
    if (s->written_by[buffer - 1] > s->at || s->access[buffer - 1].written)
        return (struct reason){ "reads a buffer that the program writes", name };
    return (struct reason){ NULL, 0 };
}

static struct reason why_not_again(const struct ir_grid_splitter *s, const struct ir_expr *expr)
{
    struct reason reason = { NULL, 0 };
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_LOAD: reason = load_reason(s, expr->name); break;
    case IR_EXPR_ATOMIC: reason = (struct reason){ "comes from an atomic", expr->name }; break;
    case IR_EXPR_CALL: reason = (struct reason){ "comes from a call", 0 }; break;
    case IR_EXPR_VAR:
        if (s->buffer_of[expr->name])
            reason = (struct reason){ "reads a whole buffer", expr->name };
        break;
    case IR_EXPR_OPAQUE:
        if (ir_expr_is_foreign(expr))
            reason = (struct reason){ "comes from an unknown extension", 0 };
        else if (ir_ext_info((enum ir_ext)expr->ext)->has_buffer)
            reason = load_reason(s, expr->name);
        break;
    default: break;
    }
    for (uint32_t i = 0; i < expr->kid_count && !reason.text; i++)
        reason = why_not_again(s, expr->kids[i]);
    return reason;
}

// The first assignment in a statement to a local that is needed later.
static const struct ir_node *find_assignment(const struct ir_grid_splitter *s,
                                             const struct ir_node *node)
{
    if (node->kind == IR_NODE_ASSIGN && s->needed[node->name])
        return node;
    const struct ir_node *found = NULL;
    for (uint32_t i = 0; i < node->body.count && !found; i++)
        found = find_assignment(s, node->body.nodes[i]);
    for (uint32_t i = 0; i < node->otherwise.count && !found; i++)
        found = find_assignment(s, node->otherwise.nodes[i]);
    return found;
}

static void refuse_value(struct ir_grid_splitter *s, int code, const struct ir_node *node,
                         const char *what, struct reason reason)
{
    ir_grid_refuse(s, VYRE_ERR_UNSUPPORTED, code, node, "%s %s%s%.60s%s", what, reason.text,
                   reason.buffer ? ", '" : "",
                   reason.buffer ? ir_name_text(s->from, reason.buffer).text : "",
                   reason.buffer ? "'" : "");
}

// ---- Repeating ----------------------------------------------------------------------------------

// Whether a buffer that is read by what is repeated is changed by atomics of the part: the
// validator wants a barrier between them.
static bool meets_atomics(const struct ir_grid_splitter *s, const struct ir_expr *expr)
{
    const bool reads = expr->kind == IR_EXPR_LOAD || expr->kind == IR_EXPR_BUF_LEN ||
                       expr->ext == IR_EXT_UNIFORM_LOAD;
    bool found =
        reads && s->buffer_of[expr->name] && s->access[s->buffer_of[expr->name] - 1].atomic;
    for (uint32_t i = 0; i < expr->kid_count && !found; i++)
        found = meets_atomics(s, expr->kids[i]);
    return found;
}

static void repeat_expr(struct ir_grid_splitter *s, const struct ir_expr *expr)
{
    s->conflicts = s->conflicts || meets_atomics(s, expr);
    use_expr(s, expr);
}

static struct ir_body cut_body(struct ir_grid_splitter *s, struct ir_body body);

static struct ir_node *with_bodies(struct ir_grid_splitter *s, const struct ir_node *node,
                                   struct ir_body body, struct ir_body otherwise)
{
    struct ir_node *made = ir_draft_node(&s->draft, (enum ir_node_kind)node->kind);
    if (!made)
        return NULL;
    *made = *node;
    made->body = body;
    made->otherwise = otherwise;
    return made;
}

static struct ir_node *repeat_let(struct ir_grid_splitter *s, struct ir_node *node)
{
    if (!s->needed[node->name])
        return NULL;
    const struct reason reason = why_not_again(s, node->a);
    if (reason.text) {
        char what[120];
        snprintf(what, sizeof what, "'%.60s' is used after a barrier of the grid, and its value",
                 ir_name_text(s->from, node->name).text);
        refuse_value(s, DIAG_F003, node, what, reason);
        return NULL;
    }
    s->needed[node->name] = false;
    repeat_expr(s, node->a);
    return node;
}

// A branch in which invocations return.
static struct ir_node *repeat_if(struct ir_grid_splitter *s, struct ir_node *node)
{
    const struct reason reason = why_not_again(s, node->a);
    if (reason.text) {
        refuse_value(s, DIAG_F005, node,
                     "an invocation may return before a barrier of the grid, and the condition",
                     reason);
        return NULL;
    }
    struct ir_body otherwise = cut_body(s, node->otherwise);
    struct ir_body body = cut_body(s, node->body);
    repeat_expr(s, node->a);
    return with_bodies(s, node, body, otherwise);
}

// What a later part has to do again of a statement of an earlier one; NULL: nothing.
static struct ir_node *repeat(struct ir_grid_splitter *s, struct ir_node *node)
{
    if (node->kind == IR_NODE_LET)
        return repeat_let(s, node);
    const struct ir_node *assignment = find_assignment(s, node);
    if (assignment) {
        ir_grid_refuse(s, VYRE_ERR_UNSUPPORTED, DIAG_F003, assignment,
                       "'%.60s' is assigned before a barrier of the grid and used after it",
                       ir_name_text(s->from, assignment->name).text);
        return NULL;
    }
    if (!has_return(node))
        return NULL;
    s->exits++;
    if (node->kind == IR_NODE_RETURN)
        return node;
    if (node->kind == IR_NODE_IF)
        return repeat_if(s, node);
    if (is_wrapper(node))
        return with_bodies(s, node, cut_body(s, node->body), node->otherwise);
    ir_grid_refuse(s, VYRE_ERR_UNSUPPORTED, DIAG_F005, node,
                   "an invocation may return from a loop before a barrier of the grid");
    return NULL;
}

// ---- Cutting ------------------------------------------------------------------------------------

static void put(struct ir_grid_splitter *s, struct ir_nodes *nodes, struct ir_node *node,
                bool repeated)
{
    if (!node)
        return;
    if (repeated && ++s->repeated > IR_GRID_MOST_REPEATED)
        ir_grid_refuse(s, VYRE_ERR_LIMIT, DIAG_F007, node,
                       "the parts repeat more than %d statements", IR_GRID_MOST_REPEATED);
    ir_nodes_add(&s->draft, nodes, node);
}

// One statement, from the end of the program on: it goes to `nodes`, which are in reverse.
static void cut_node(struct ir_grid_splitter *s, struct ir_nodes *nodes, struct ir_node *node)
{
    if (is_sync(node)) {
        s->at--;
    } else if (is_wrapper(node) && find_sync(&node->body)) {
        const bool repeated = s->at < s->part;
        struct ir_body body = cut_body(s, node->body);
        if (body.count)
            put(s, nodes, with_bodies(s, node, body, node->otherwise), repeated);
    } else if (s->at == s->part) {
        use_own(s, node);
        put(s, nodes, node, false);
    } else if (s->at < s->part) {
        put(s, nodes, repeat(s, node), true);
    }
}

static struct ir_body cut_body(struct ir_grid_splitter *s, struct ir_body body)
{
    struct ir_nodes nodes = { 0 };
    size_t own = 0; // statements that are not repeated
    const bool conflicts_around = s->conflicts;
    s->conflicts = false;
    for (uint32_t i = body.count; i > 0 && !s->result; i--) {
        const bool is_own = s->at >= s->part;
        cut_node(s, &nodes, body.nodes[i - 1]);
        if (is_own)
            own = nodes.count;
    }
    if (s->conflicts && own) {
        // In place of the barrier of the grid, which parted them.
        ir_nodes_add(&s->draft, &nodes, ir_barrier(&s->draft, IR_ORDER_SEQ_CST));
        for (size_t i = nodes.count - 1; i > own; i--) {
            struct ir_node *moved = nodes.items[i];
            nodes.items[i] = nodes.items[i - 1];
            nodes.items[i - 1] = moved;
        }
    }
    s->conflicts = conflicts_around;
    for (size_t i = 0; i < nodes.count / 2; i++) {
        struct ir_node *first = nodes.items[i];
        nodes.items[i] = nodes.items[nodes.count - 1 - i];
        nodes.items[nodes.count - 1 - i] = first;
    }
    return ir_nodes_take(&s->draft, &nodes);
}

struct ir_body ir_grid_cut(struct ir_grid_splitter *splitter)
{
    splitter->at = splitter->sync_count;
    return cut_body(splitter, splitter->from->entry);
}
