// SPDX-License-Identifier: MIT
// The payload's body as the resident kernel runs it, once per virtual workgroup of a slot.
//
// Does:
//  * buffers become windows: every index becomes `select(i < size, offset + i, out of reach)`, and
//    out of reach means zero or nothing by the rules of the language;
//  * ids come from the slot's virtual grid; workgroup memory is zeroed first;
//  * Return and Trap leave the payload, not the kernel: they clear `alive`, and what follows is
//    skipped. Where barriers follow, invocations that left still walk along, so that barriers stay
//    in uniform flow, and only effects are skipped;
//  * loops get literal bounds; those that have none of their own report a fault when they exhaust
//    the one given here.
// Needs: a valid program that mk_payload_check accepts. Breaks nothing that a slot could observe.
#include "ir/tables.h"
#include "ir/validate.h"
#include "writer.h"

#include "base/memory.h"
#include "base/str.h"

#include <stdio.h>

#define OUT_OF_REACH UINT32_MAX

struct rewrite {
    struct mk_writer *w;
    const struct vyre_program *program;
    struct ir_nodes *out;         // where statements go
    ir_name *names;               // payload name to name here; 0: not made yet
    uint32_t *window_of;          // payload name to window + 1; 0: workgroup memory, or no buffer
    const struct ir_type **types; // payload name to type of the local
    size_t next_loop;
    uint32_t next_temporary;
    bool has_alive;   // some invocation may leave early
    bool may_be_dead; // invocations that left walk through the statement at hand
    bool flatten;     // every memory access of the statement at hand gets a local of its own
};

// ---- Names --------------------------------------------------------------------------------------

static ir_name prefixed(struct mk_writer *w, const char *prefix, struct ir_text name)
{
    struct str text = { 0 };
    str_puts(&text, prefix);
    str_add(&text, name.text, name.size);
    if (text.failed)
        w->draft.failed = true;
    ir_name out = text.failed ? 0 : ir_draft_name(&w->draft, text.text, text.size);
    str_fini(&text);
    return out;
}

static ir_name renamed(struct rewrite *r, ir_name name)
{
    if (!r->names[name])
        r->names[name] = prefixed(r->w, "p_", ir_name_text(r->program, name));
    return r->names[name];
}

static ir_name temporary(struct rewrite *r)
{
    char text[24];
    snprintf(text, sizeof text, "mk_t%u", r->next_temporary++);
    return ir_draft_cname(&r->w->draft, text);
}

// ---- Questions about the payload ---------------------------------------------------------------

// As mk_may_leave, for the node that the rewriting is about to write: its loops start at `loop`.
static bool node_may_leave(const struct rewrite *r, const struct ir_node *node, size_t loop)
{
    struct ir_node *only = (struct ir_node *)node;
    const struct ir_body body = { &only, 1 };
    return mk_may_leave(r->w, &body, false, &loop);
}

// ---- Expressions --------------------------------------------------------------------------------

static struct ir_expr *rewrite_expr(struct rewrite *r, const struct ir_expr *expr);

static struct ir_expr *clone_leaf(struct rewrite *r, const struct ir_expr *expr)
{
    struct ir_expr *copy =
        ir_draft_expr(&r->w->draft, (enum ir_expr_kind)expr->kind, expr->kid_count);
    if (!copy)
        return NULL;
    copy->op = expr->op;
    copy->ordering = expr->ordering;
    copy->ext = expr->ext;
    copy->has_expected = expr->has_expected;
    copy->bits = expr->bits;
    copy->type = expr->type; // a scalar: mk_payload_check saw to it
    return copy;
}

static struct ir_expr *clone(struct rewrite *r, const struct ir_expr *expr)
{
    struct ir_expr *copy = clone_leaf(r, expr);
    for (uint32_t i = 0; i < expr->kid_count; i++) {
        struct ir_expr *kid = rewrite_expr(r, expr->kids[i]);
        if (copy)
            copy->kids[i] = kid;
    }
    return r->w->draft.failed ? NULL : copy;
}

static const struct ir_type *local_type(void *user, ir_name name)
{
    const struct rewrite *r = user;
    return r->types[name];
}

static const struct ir_type *type_of(struct rewrite *r, const struct ir_expr *expr)
{
    return ir_infer_type(r->program, expr, local_type, r);
}

static struct ir_expr *zero_of(struct mk_writer *w, const struct ir_type *type)
{
    switch (type ? (enum ir_type_kind)type->kind : IR_TYPE_U32) {
    case IR_TYPE_I32: return ir_lit_i32(&w->draft, 0);
    case IR_TYPE_F32: return ir_lit_f32(&w->draft, 0);
    case IR_TYPE_BOOL: return ir_lit_bool(&w->draft, false);
    default: return mk_lit(w, 0);
    }
}

// Binds a value to a new local and returns the local's name.
static ir_name bind(struct rewrite *r, struct ir_expr *value)
{
    ir_name name = temporary(r);
    mk_let(r->w, r->out, name, value);
    return name;
}

// Moves what was collected since `nodes` began into a block of its own at the end of `out`.
static void add_block(struct rewrite *r, struct ir_nodes *out, struct ir_nodes *nodes)
{
    struct ir_body body = ir_nodes_take(&r->w->draft, nodes);
    ir_nodes_add(&r->w->draft, out, ir_block(&r->w->draft, body));
    ir_nodes_fini(nodes);
}

// The same for a memory access that shared its statement with others. It gets a block of its own:
// plain and atomic accesses of one buffer may meet in a statement, but not in a list (V136).
static ir_name bind_apart(struct rewrite *r, struct ir_expr *value, const struct ir_type *type)
{
    ir_name name = temporary(r);
    mk_let(r->w, r->out, name, zero_of(r->w, type));
    struct ir_nodes apart = { 0 };
    ir_nodes_add(&r->w->draft, &apart, ir_assign(&r->w->draft, name, value));
    add_block(r, r->out, &apart);
    return name;
}

// `index` as an index into the buffer as it is here.
static struct ir_expr *rewrite_index(struct rewrite *r, ir_name buffer, const struct ir_expr *index,
                                     bool effect)
{
    struct mk_writer *w = r->w;
    struct ir_expr *value = rewrite_expr(r, index);
    const struct ir_type *type = type_of(r, index);
    if (type && type->kind != IR_TYPE_U32)
        value = ir_cast(&w->draft, ir_type_scalar(IR_TYPE_U32), value);
    uint32_t window = r->window_of[buffer];
    if (window && value) {
        const struct mk_names *n = &w->names;
        struct ir_expr *again;
        if (value->kind == IR_EXPR_VAR) {
            again = mk_var(w, value->name);
        } else if (value->kind == IR_EXPR_LIT_U32) {
            again = mk_lit(w, value->bits);
        } else {
            ir_name name = bind(r, value);
            value = mk_var(w, name);
            again = mk_var(w, name);
        }
        value = ir_select(&w->draft, mk_bin(w, IR_BIN_LT, value, mk_var(w, n->size[window - 1])),
                          mk_bin(w, IR_BIN_ADD, mk_var(w, n->offset[window - 1]), again),
                          mk_lit(w, OUT_OF_REACH));
    }
    if (effect && r->may_be_dead)
        value = ir_select(&w->draft, mk_bin(w, IR_BIN_NE, mk_var(w, w->names.alive), mk_lit(w, 0)),
                          value, mk_lit(w, OUT_OF_REACH));
    return value;
}

static struct ir_expr *rewrite_access(struct rewrite *r, const struct ir_expr *expr)
{
    struct ir_expr *copy = clone_leaf(r, expr);
    struct ir_expr *index =
        rewrite_index(r, expr->name, expr->kids[0], expr->kind == IR_EXPR_ATOMIC);
    if (copy) {
        copy->name = renamed(r, expr->name);
        copy->kids[0] = index;
    }
    for (uint32_t i = 1; i < expr->kid_count; i++) {
        struct ir_expr *kid = rewrite_expr(r, expr->kids[i]);
        if (copy)
            copy->kids[i] = kid;
    }
    if (r->w->draft.failed)
        return NULL;
    return r->flatten ? mk_var(r->w, bind_apart(r, copy, type_of(r, expr))) : copy;
}

static struct ir_expr *rewrite_expr(struct rewrite *r, const struct ir_expr *expr)
{
    struct mk_writer *w = r->w;
    switch ((enum ir_expr_kind)expr->kind) {
    case IR_EXPR_VAR: return mk_var(w, renamed(r, expr->name));
    case IR_EXPR_LOAD:
    case IR_EXPR_ATOMIC: return rewrite_access(r, expr);
    case IR_EXPR_OPAQUE: return expr->kid_count > 0 ? rewrite_access(r, expr) : clone(r, expr);
    case IR_EXPR_BUF_LEN: {
        uint32_t window = r->window_of[expr->name];
        return window ? mk_var(w, w->names.size[window - 1])
                      : ir_buf_len(&w->draft, renamed(r, expr->name));
    }
    // The virtual grid has one row.
    case IR_EXPR_WORKGROUP_ID: return expr->op == 0 ? mk_var(w, w->names.group) : mk_lit(w, 0);
    case IR_EXPR_INVOCATION_ID:
        return expr->op == 0 ? mk_var(w, w->names.global)
                             : ir_id(&w->draft, IR_EXPR_LOCAL_ID, expr->op);
    default: return clone(r, expr);
    }
}

// An expression of a statement. Where an index comes from memory it moves into a local in front of
// the statement; if the statement also has atomics, all its accesses move, to keep their order.
static struct ir_expr *operand(struct rewrite *r, const struct ir_expr *expr)
{
    return expr ? rewrite_expr(r, expr) : NULL;
}

// ---- Leaving ------------------------------------------------------------------------------------

static struct ir_expr *is_alive(struct rewrite *r)
{
    return mk_bin(r->w, IR_BIN_NE, mk_var(r->w, r->w->names.alive), mk_lit(r->w, 0));
}

static void leave(struct rewrite *r, struct ir_nodes *out)
{
    if (r->has_alive)
        ir_nodes_add(&r->w->draft, out,
                     ir_assign(&r->w->draft, r->w->names.alive, mk_lit(r->w, 0)));
}

// Records a fault of the slot: the highest code of any invocation stays.
static void fault(struct rewrite *r, struct ir_nodes *out, enum mk_fault code)
{
    struct mk_writer *w = r->w;
    struct ir_expr *index = mk_add(w, ir_id(&w->draft, IR_EXPR_WORKGROUP_ID, 0), MK_STATE_FAULTS);
    mk_let(w, out, temporary(r),
           ir_atomic(&w->draft, IR_ATOMIC_MAX, IR_ORDER_RELAXED, w->names.buffers[MK_BUFFER_STATE],
                     index, NULL, mk_lit(w, (uint32_t)code)));
}

// ---- Statements ---------------------------------------------------------------------------------

static void rewrite_list(struct rewrite *r, const struct ir_body *body, struct ir_nodes *out,
                         bool may_be_dead);

static struct ir_body rewrite_body(struct rewrite *r, const struct ir_body *body, bool may_be_dead)
{
    struct ir_nodes nodes = { 0 };
    rewrite_list(r, body, &nodes, may_be_dead);
    struct ir_body taken = ir_nodes_take(&r->w->draft, &nodes);
    ir_nodes_fini(&nodes);
    return taken;
}

static void add(struct rewrite *r, struct ir_node *node)
{
    ir_nodes_add(&r->w->draft, r->out, node);
}

// The body of a loop: invocations that left in one iteration skip the next ones.
static void loop_body(struct rewrite *r, const struct ir_node *node, bool leaves,
                      struct ir_nodes *out)
{
    if (!leaves || r->may_be_dead || mk_has_barrier(&node->body)) {
        rewrite_list(r, &node->body, out, r->may_be_dead || leaves);
        return;
    }
    struct ir_nodes inner = { 0 };
    rewrite_list(r, &node->body, &inner, false);
    mk_if(r->w, out, is_alive(r), &inner);
    ir_nodes_fini(&inner);
}

// `0..literal` and `0..min(n, literal)`.
static bool says_its_bound(const struct ir_expr *to)
{
    return to->kind == IR_EXPR_LIT_U32 ||
           (to->kind == IR_EXPR_BINOP && to->op == IR_BIN_MIN &&
            (to->kids[0]->kind == IR_EXPR_LIT_U32 || to->kids[1]->kind == IR_EXPR_LIT_U32));
}

// if exhausted { fault } for those who are still there.
static void exhaustion(struct rewrite *r, struct ir_expr *exhausted, bool leaves)
{
    struct ir_nodes then = { 0 };
    struct ir_nodes living = { 0 };
    const bool guarded = r->has_alive && (leaves || r->may_be_dead);
    struct ir_nodes *inner = guarded ? &living : &then;
    fault(r, inner, MK_FAULT_LOOP);
    leave(r, inner);
    if (guarded)
        mk_if(r->w, &then, is_alive(r), &living);
    mk_if(r->w, r->out, exhausted, &then);
    ir_nodes_fini(&living);
    ir_nodes_fini(&then);
}

// Loops that say their bound keep their form, the others become `0..min(n, bound)` with n = to -
// from.
static void rewrite_loop(struct rewrite *r, const struct ir_node *node)
{
    struct mk_writer *w = r->w;
    size_t number = r->next_loop++;
    const uint32_t known = w->loops.items[number];
    const uint32_t bound = known == MK_UNBOUNDED ? w->shape.loop_guard : known;
    size_t inner_loop = number + 1;
    const bool leaves = mk_may_leave(w, &node->body, false, &inner_loop);

    r->types[node->name] = ir_type_scalar(IR_TYPE_U32);
    ir_name variable = renamed(r, node->name);
    ir_name trips = 0;
    struct ir_nodes body = { 0 };
    struct ir_expr *to;
    if (known != MK_UNBOUNDED && node->a->kind == IR_EXPR_LIT_U32 && node->a->bits == 0) {
        to = operand(r, node->b);
        if (!says_its_bound(node->b))
            to = mk_bin(w, IR_BIN_MIN, to, mk_lit(w, bound));
    } else {
        ir_name from = bind(r, operand(r, node->a));
        ir_name end = bind(r, operand(r, node->b));
        trips = bind(r, ir_select(&w->draft, mk_bin(w, IR_BIN_LT, mk_var(w, from), mk_var(w, end)),
                                  mk_bin(w, IR_BIN_SUB, mk_var(w, end), mk_var(w, from)),
                                  mk_lit(w, 0)));
        to = mk_bin(w, IR_BIN_MIN, mk_var(w, trips), mk_lit(w, bound));
        ir_name counter = temporary(r);
        mk_let(w, &body, variable, mk_bin(w, IR_BIN_ADD, mk_var(w, from), mk_var(w, counter)));
        variable = counter;
    }
    loop_body(r, node, leaves, &body);
    mk_loop(w, r->out, variable, to, &body);
    ir_nodes_fini(&body);
    if (known == MK_UNBOUNDED)
        exhaustion(r, mk_bin(w, IR_BIN_GT, mk_var(w, trips), mk_lit(w, bound)), leaves);
}

static void rewrite_extension(struct rewrite *r, const struct ir_node *node)
{
    struct ir_node *copy = ir_draft_node(&r->w->draft, IR_NODE_OPAQUE);
    struct ir_expr *index = rewrite_index(r, node->name, node->a, true);
    struct ir_expr *value = operand(r, node->b);
    if (copy) {
        copy->ext = node->ext;
        copy->ordering = node->ordering;
        copy->name = renamed(r, node->name);
        copy->a = index;
        copy->b = value;
    }
    add(r, copy);
}

// Regions and blocks keep their names and their extent.
static void rewrite_group(struct rewrite *r, const struct ir_node *node)
{
    struct ir_node *copy = ir_draft_node(&r->w->draft, (enum ir_node_kind)node->kind);
    struct ir_body body = rewrite_body(r, &node->body, r->may_be_dead);
    if (copy) {
        struct ir_text text = ir_name_text(r->program, node->name);
        copy->name = ir_draft_name(&r->w->draft, text.text, text.size);
        text = ir_name_text(r->program, node->name2);
        copy->name2 = ir_draft_name(&r->w->draft, text.text, text.size);
        copy->has_source = node->has_source;
        copy->body = body;
    }
    add(r, copy);
}

// A branch with a barrier becomes a region of its own. An invocation runs many workgroups here, and
// the interpreter takes a condition around a barrier that changes from one to the next for a fault;
// it does not look into regions (spec: semantics.md, 7.4).
static struct ir_body branch(struct rewrite *r, const struct ir_body *body)
{
    struct ir_body out = rewrite_body(r, body, r->may_be_dead);
    if (!mk_has_barrier(body))
        return out;
    struct ir_nodes nodes = { 0 };
    ir_nodes_add(
        &r->w->draft, &nodes,
        ir_region(&r->w->draft, ir_draft_cname(&r->w->draft, "vyre.megakernel.branch"), out));
    out = ir_nodes_take(&r->w->draft, &nodes);
    ir_nodes_fini(&nodes);
    return out;
}

static void rewrite_if(struct rewrite *r, const struct ir_node *node)
{
    struct ir_expr *cond = operand(r, node->a);
    struct ir_body then = branch(r, &node->body);
    struct ir_body otherwise = branch(r, &node->otherwise);
    add(r, ir_if(&r->w->draft, cond, then, otherwise));
}

static void rewrite_let(struct rewrite *r, const struct ir_node *node)
{
    struct ir_expr *value = operand(r, node->a);
    r->types[node->name] = type_of(r, node->a);
    mk_let(r->w, r->out, renamed(r, node->name), value);
}

static void rewrite_node(struct rewrite *r, const struct ir_node *node)
{
    struct mk_writer *w = r->w;
    r->flatten = mk_must_flatten(node);
    switch ((enum ir_node_kind)node->kind) {
    case IR_NODE_LET: rewrite_let(r, node); break;
    case IR_NODE_ASSIGN: {
        struct ir_expr *value = operand(r, node->a);
        add(r, ir_assign(&w->draft, renamed(r, node->name), value));
        break;
    }
    case IR_NODE_STORE: {
        struct ir_expr *index = rewrite_index(r, node->name, node->a, true);
        struct ir_expr *value = operand(r, node->b);
        struct ir_nodes store = { 0 };
        mk_store(w, r->flatten ? &store : r->out, renamed(r, node->name), index, value);
        if (r->flatten)
            add_block(r, r->out, &store);
        break;
    }
    case IR_NODE_IF: rewrite_if(r, node); break;
    case IR_NODE_LOOP: rewrite_loop(r, node); break;
    case IR_NODE_BLOCK:
    case IR_NODE_REGION: rewrite_group(r, node); break;
    case IR_NODE_BARRIER: add(r, ir_barrier(&w->draft, (enum ir_ordering)node->ordering)); break;
    case IR_NODE_RETURN: leave(r, r->out); break;
    case IR_NODE_TRAP:
        fault(r, r->out, MK_FAULT_TRAP);
        leave(r, r->out);
        break;
    case IR_NODE_OPAQUE: rewrite_extension(r, node); break;
    default: w->draft.failed = true; break; // mk_payload_check refused it
    }
}

// Whether dead invocations may run the statement as it is: its effects are guarded one by one, or
// it has a barrier, which they must not miss.
static bool runs_for_the_dead(const struct ir_node *node)
{
    return node->kind == IR_NODE_LET || node->kind == IR_NODE_ASSIGN ||
           node->kind == IR_NODE_STORE || node->kind == IR_NODE_RETURN || mk_node_has_barrier(node);
}

// if alive { nodes from..to }
static void rewrite_living(struct rewrite *r, const struct ir_body *body, uint32_t from,
                           uint32_t count, struct ir_nodes *out)
{
    const struct ir_body part = { body->nodes + from, count };
    struct ir_nodes living = { 0 };
    rewrite_list(r, &part, &living, false);
    mk_if(r->w, out, is_alive(r), &living);
    ir_nodes_fini(&living);
}

static void rewrite_list(struct rewrite *r, const struct ir_body *body, struct ir_nodes *out,
                         bool may_be_dead)
{
    struct ir_nodes *outer_out = r->out;
    const bool outer_dead = r->may_be_dead;
    for (uint32_t i = 0; i < body->count; i++) {
        const struct ir_node *node = body->nodes[i];
        r->out = out;
        r->may_be_dead = may_be_dead;
        if (may_be_dead && !runs_for_the_dead(node)) {
            rewrite_living(r, body, i, 1, out);
            continue;
        }
        const bool leaves = r->has_alive && node_may_leave(r, node, r->next_loop);
        rewrite_node(r, node);
        if (may_be_dead || !leaves || i + 1 == body->count)
            continue;
        const struct ir_body rest = { body->nodes + i + 1, body->count - i - 1 };
        if (mk_has_barrier(&rest)) {
            may_be_dead = true;
            continue;
        }
        rewrite_living(r, body, i + 1, rest.count, out);
        break;
    }
    r->out = outer_out;
    r->may_be_dead = outer_dead;
}

// ---- Around the body ----------------------------------------------------------------------------

// Every invocation zeroes its share, then all wait.
static void zero_workgroup_memory(struct rewrite *r, struct ir_nodes *out)
{
    struct mk_writer *w = r->w;
    for (uint32_t i = 0; i < r->program->buffer_count; i++) {
        const struct ir_buffer *buffer = &r->program->buffers[i];
        if (buffer->access != VYRE_ACCESS_WORKGROUP)
            continue;
        const uint32_t rounds =
            (uint32_t)(((uint64_t)buffer->count + w->invocations - 1) / w->invocations);
        struct ir_nodes body = { 0 };
        struct ir_expr *index = mk_var(w, w->names.lane);
        ir_name round = temporary(r);
        if (rounds > 1)
            index = mk_bin(w, IR_BIN_ADD, index,
                           mk_bin(w, IR_BIN_MUL, mk_var(w, round), mk_lit(w, w->invocations)));
        mk_store(w, rounds > 1 ? &body : out, renamed(r, buffer->name), index,
                 zero_of(w, buffer->element));
        if (rounds > 1)
            mk_loop(w, out, round, mk_lit(w, rounds), &body);
        ir_nodes_fini(&body);
    }
    mk_barrier(w, out);
}

static bool rewrite_init(struct rewrite *r, struct mk_writer *w)
{
    const struct vyre_program *program = w->payload;
    *r = (struct rewrite){ .w = w, .program = program };
    r->names = memory_calloc(program->name_count, sizeof *r->names);
    r->window_of = memory_calloc(program->name_count, sizeof *r->window_of);
    r->types = memory_calloc(program->name_count, sizeof *r->types);
    if (!r->names || !r->window_of || !r->types)
        return false;
    uint32_t window = 0;
    for (uint32_t i = 0; i < program->buffer_count; i++)
        if (program->buffers[i].access != VYRE_ACCESS_WORKGROUP)
            r->window_of[program->buffers[i].name] = ++window;
    return true;
}

static void rewrite_fini(struct rewrite *r)
{
    memory_free(r->names);
    memory_free(r->window_of);
    memory_free(r->types);
}

void mk_payload_write(struct mk_writer *w, struct ir_nodes *out)
{
    struct rewrite r;
    if (!rewrite_init(&r, w)) {
        w->draft.failed = true;
        rewrite_fini(&r);
        return;
    }
    size_t first = 0;
    r.has_alive = mk_may_leave(w, &w->payload->entry, true, &first);
    const bool shared = mk_payload_has_workgroup_memory(w);
    if (shared)
        zero_workgroup_memory(&r, out);
    if (r.has_alive)
        mk_let(w, out, w->names.alive, mk_lit(w, 1));
    rewrite_list(&r, &w->payload->entry, out, false);
    if (shared)
        mk_barrier(w, out); // nobody zeroes it while another still reads
    rewrite_fini(&r);
}

void mk_payload_declare(struct mk_writer *w)
{
    uint32_t window = 0;
    for (uint32_t i = 0; i < w->payload->buffer_count; i++) {
        const struct ir_buffer *from = &w->payload->buffers[i];
        ir_name name = prefixed(w, "p_", ir_name_text(w->payload, from->name));
        const bool shared = from->access == VYRE_ACCESS_WORKGROUP;
        const bool reads =
            from->access == VYRE_ACCESS_READ_ONLY || from->access == VYRE_ACCESS_UNIFORM;
        struct ir_buffer buffer =
            ir_buffer_defaults(name, shared ? 0 : MK_BUFFER_SEGMENTS + window,
                               shared  ? VYRE_ACCESS_WORKGROUP
                               : reads ? VYRE_ACCESS_READ_ONLY
                                       : VYRE_ACCESS_READ_WRITE,
                               ir_type_scalar((enum ir_type_kind)from->element->kind));
        if (shared)
            buffer.count = from->count;
        else
            w->segments[window++] = name;
        ir_draft_buffer(&w->draft, &buffer);
    }
}
