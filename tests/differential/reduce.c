// SPDX-License-Identifier: MIT
// Some edits would make a program whose result is not one: what remains then differs for no reason
// that counts. A barrier stays in a program with subgroup operations, which bring lanes together
// only behind one (docs/ir.md, D-3), and so does an index of an atomic, whose old value is one
// where the element is the invocation's own. A copy goes with its wait.
//
// Every edit is a site and a variant. Sites are numbered in the order in which a copy meets them,
// operands and bodies before what is around them; they are tried from the last to the first, so
// that whole parts go before what is in them.
#include "reduce.h"

#include "test.h"

#include "ir/copy.h"
#include "ir/tables.h"

enum site_kind { SITE_NODE, SITE_EXPR, SITE_BUFFER, SITE_WORKGROUP, SITE_KINDS };

enum node_variant { NODE_DROP, NODE_BODY, NODE_ELSE, NODE_WITHOUT_ELSE, NODE_ONCE, NODE_VARIANTS };

enum { EXPR_KIDS = 4, LITERALS = 5, EXPR_VARIANTS = EXPR_KIDS + LITERALS };

enum buffer_variant { BUFFER_DROP, BUFFER_OPEN, BUFFER_VARIANTS };

static const unsigned variants[SITE_KINDS] = {
    [SITE_NODE] = NODE_VARIANTS,
    [SITE_EXPR] = EXPR_VARIANTS,
    [SITE_BUFFER] = BUFFER_VARIANTS,
    [SITE_WORKGROUP] = 2,
};

struct edit {
    enum site_kind kind;
    uint32_t site;
    unsigned variant;
    // Filled in by the copy.
    struct ir_draft *draft;
    const struct vyre_program *from;
    uint32_t met[SITE_KINDS]; // sites so far
    bool changed;
    bool keep_barriers;
    ir_name dropped; // tag of a copy that was dropped; its wait goes too
};

static bool here(struct edit *edit, enum site_kind kind)
{
    return edit->met[kind]++ == edit->site && edit->kind == kind;
}

// ---- Expressions --------------------------------------------------------------------------------

static struct ir_expr *literal(struct edit *edit, const struct ir_expr *old, unsigned which)
{
    // Literals do not become others, or reduction would go around in circles.
    if (ir_is_literal(old))
        return NULL;
    switch (which) {
    case 0: return ir_lit_u32(edit->draft, 0);
    case 1: return ir_lit_u32(edit->draft, 1);
    case 2: return ir_lit_i32(edit->draft, 1);
    case 3: return ir_lit_bool(edit->draft, true);
    default: return ir_lit_f32(edit->draft, 0x3F800000);
    }
}

static uint32_t count_exprs(const struct ir_expr *expr)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < expr->kid_count; i++)
        count += count_exprs(expr->kids[i]);
    return count;
}

static bool is_atomic(const struct ir_expr *expr)
{
    return expr->kind == IR_EXPR_ATOMIC ||
           (expr->kind == IR_EXPR_OPAQUE && expr->ext == IR_EXT_ATOMIC_LOAD);
}

// Takes an edit of an atomic's index back; the index is the first that was met of its operands.
static void keep_index(struct edit *edit, const struct ir_expr *original, struct ir_expr *copy)
{
    const uint32_t first = edit->met[SITE_EXPR] - (count_exprs(original) - 1);
    if (edit->kind != SITE_EXPR || edit->site < first ||
        edit->site >= first + count_exprs(original->kids[0]))
        return;
    const struct ir_copy plain = { .draft = edit->draft, .from = edit->from };
    copy->kids[0] = ir_copy_expr(&plain, original->kids[0]);
    edit->changed = false;
}

static struct ir_expr *edit_expr(void *user, const struct ir_expr *original, struct ir_expr *copy)
{
    struct edit *edit = user;
    if (is_atomic(original))
        keep_index(edit, original, copy);
    if (!here(edit, SITE_EXPR))
        return copy;
    struct ir_expr *made = NULL;
    if (edit->variant >= EXPR_KIDS)
        made = literal(edit, original, edit->variant - EXPR_KIDS);
    else if (edit->variant < copy->kid_count)
        made = copy->kids[edit->variant];
    edit->changed = made != NULL;
    return made ? made : copy;
}

// ---- Statements ---------------------------------------------------------------------------------

static void splice(struct edit *edit, struct ir_nodes *out, struct ir_body body)
{
    for (uint32_t i = 0; i < body.count; i++)
        ir_nodes_add(edit->draft, out, body.nodes[i]);
}

static void edit_node(void *user, struct ir_nodes *out, const struct ir_node *original,
                      struct ir_node *copy)
{
    struct edit *edit = user;
    bool branch = original->kind == IR_NODE_IF;
    bool loop = original->kind == IR_NODE_LOOP;
    bool around =
        branch || loop || original->kind == IR_NODE_BLOCK || original->kind == IR_NODE_REGION;
    // Without it the program is wrapped again.
    bool is_root = original->kind == IR_NODE_REGION &&
                   copy->name == ir_draft_cname(edit->draft, IR_ROOT_GENERATOR);
    const bool is_start =
        original->kind == IR_NODE_ASYNC_LOAD || original->kind == IR_NODE_ASYNC_STORE;
    const bool is_wait = original->kind == IR_NODE_ASYNC_WAIT;
    if (!here(edit, SITE_NODE)) {
        if (!is_wait || !edit->dropped || copy->name != edit->dropped)
            ir_nodes_add(edit->draft, out, copy);
        return;
    }
    edit->changed = true;
    switch ((enum node_variant)edit->variant) {
    case NODE_DROP:
        edit->changed = !is_wait && !(edit->keep_barriers && original->kind == IR_NODE_BARRIER);
        if (is_start)
            edit->dropped = copy->tag;
        if (!edit->changed)
            ir_nodes_add(edit->draft, out, copy);
        return;
    case NODE_BODY:
        edit->changed = around && !is_root;
        if (loop) // its counter becomes a local
            ir_nodes_add(edit->draft, out, ir_let(edit->draft, copy->name, copy->a));
        splice(edit, out, copy->body);
        break;
    case NODE_ELSE:
        edit->changed = branch;
        splice(edit, out, copy->otherwise);
        break;
    case NODE_WITHOUT_ELSE:
        edit->changed = branch && copy->otherwise.count > 0;
        copy->otherwise = (struct ir_body){ 0 };
        ir_nodes_add(edit->draft, out, copy);
        break;
    default: {
        // A loop that is run once: 0..1.
        bool once = loop && copy->a->kind == IR_EXPR_LIT_U32 && copy->a->bits == 0 &&
                    copy->b->kind == IR_EXPR_LIT_U32 && copy->b->bits == 1;
        edit->changed = loop && !once;
        if (edit->changed) {
            copy->a = ir_lit_u32(edit->draft, 0);
            copy->b = ir_lit_u32(edit->draft, 1);
        }
        ir_nodes_add(edit->draft, out, copy);
        break;
    }
    }
}

// ---- Programs -----------------------------------------------------------------------------------

static bool has_subgroup(const struct ir_expr *expr)
{
    bool found = expr && ir_expr_is_subgroup(expr);
    for (uint32_t i = 0; expr && i < expr->kid_count && !found; i++)
        found = has_subgroup(expr->kids[i]);
    return found;
}

static bool body_has_subgroup(const struct ir_body *body)
{
    bool found = false;
    for (uint32_t i = 0; i < body->count && !found; i++) {
        const struct ir_node *node = body->nodes[i];
        found = has_subgroup(node->a) || has_subgroup(node->b) || body_has_subgroup(&node->body) ||
                body_has_subgroup(&node->otherwise);
    }
    return found;
}

static void edit_buffers(struct edit *edit, const struct ir_copy *copy)
{
    for (uint32_t i = 0; i < copy->from->buffer_count; i++) {
        struct ir_buffer buffer = ir_copy_buffer(copy, &copy->from->buffers[i]);
        if (here(edit, SITE_BUFFER)) {
            edit->changed = true;
            if (edit->variant == BUFFER_DROP)
                continue;
            edit->changed = buffer.count != 0 && buffer.access != VYRE_ACCESS_WORKGROUP;
            buffer.count = 0;
        }
        ir_draft_buffer(edit->draft, &buffer);
    }
}

static void edit_workgroup(struct edit *edit, uint32_t workgroup[3])
{
    for (unsigned axis = 0; axis < 3; axis++) {
        if (!here(edit, SITE_WORKGROUP) || workgroup[axis] == 1)
            continue;
        edit->changed = true;
        workgroup[axis] = edit->variant == 0 ? 1 : workgroup[axis] - workgroup[axis] / 2;
    }
}

// The edited program, or NULL when the edit changes nothing. `edit->met` tells how many sites of
// each kind there are.
static struct vyre_program *apply(struct edit *edit, const struct vyre_program *from)
{
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    edit->draft = &draft;
    edit->from = from;
    memset(edit->met, 0, sizeof edit->met);
    edit->changed = false;
    edit->dropped = 0;
    edit->keep_barriers = body_has_subgroup(&from->entry);
    const struct ir_copy copy = {
        .draft = &draft, .from = from, .user = edit, .expr = edit_expr, .node = edit_node
    };
    memcpy(draft.program->workgroup, from->workgroup, sizeof from->workgroup);
    edit_workgroup(edit, draft.program->workgroup);
    edit_buffers(edit, &copy);
    struct ir_body entry = ir_copy_body(&copy, from->entry);
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, entry, true, &made));
    if (!edit->changed)
        vyre_program_destroy(&made);
    return made;
}

static uint32_t count_sites(const struct vyre_program *program, enum site_kind kind)
{
    struct edit nothing = { .kind = SITE_KINDS };
    assert_null(apply(&nothing, program));
    return nothing.met[kind];
}

// Tries every edit of one kind. Returns whether one of them was kept.
static bool sweep(struct vyre_program **program, enum site_kind kind,
                  const struct reduction *reduction, unsigned *tries)
{
    bool any = false;
    for (uint32_t site = count_sites(*program, kind); site-- > 0;) {
        for (unsigned variant = 0; variant < variants[kind] && *tries < reduction->tries;) {
            struct edit edit = { .kind = kind, .site = site, .variant = variant };
            struct vyre_program *made = apply(&edit, *program);
            bool kept = made && (++*tries, reduction->holds(reduction->user, made));
            if (kept) {
                vyre_program_destroy(program);
                *program = made;
                any = true;
                break; // the site is another one now
            }
            vyre_program_destroy(&made);
            variant++;
        }
        uint32_t left = count_sites(*program, kind);
        site = site < left ? site : left;
    }
    return any;
}

struct vyre_program *reduce(const struct vyre_program *program, const struct reduction *reduction)
{
    // Programs are immutable but for their reference count, which is atomic.
    struct vyre_program *best = vyre_program_ref((struct vyre_program *)program);
    unsigned tries = 0;
    for (bool any = true; any && tries < reduction->tries;) {
        any = false;
        for (int kind = 0; kind < SITE_KINDS; kind++)
            any |= sweep(&best, (enum site_kind)kind, reduction, &tries);
    }
    return best;
}
