// SPDX-License-Identifier: MIT
// Every edit is a site and a variant. Sites are numbered in the order in which a copy meets them,
// operands and bodies before what is around them; they are tried from the last to the first, so
// that whole parts go before what is in them.
#include "reduce.h"

#include "test.h"

#include "ir/copy.h"

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
    uint32_t met[SITE_KINDS]; // sites so far
    bool changed;
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

static struct ir_expr *edit_expr(void *user, const struct ir_expr *original, struct ir_expr *copy)
{
    struct edit *edit = user;
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
    if (!here(edit, SITE_NODE)) {
        ir_nodes_add(edit->draft, out, copy);
        return;
    }
    edit->changed = true;
    switch ((enum node_variant)edit->variant) {
    case NODE_DROP: return;
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
    memset(edit->met, 0, sizeof edit->met);
    edit->changed = false;
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
