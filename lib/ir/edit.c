// SPDX-License-Identifier: MIT
#include "ir/edit.h"

#include <string.h>

void ir_edit_init(struct ir_edit *edit, const struct vyre_program *from)
{
    *edit = (struct ir_edit){ .from = from };
}

void ir_edit_fini(struct ir_edit *edit)
{
    if (edit->begun)
        ir_draft_fini(&edit->draft);
    *edit = (struct ir_edit){ .from = NULL };
}

struct ir_draft *ir_edit_draft(struct ir_edit *edit)
{
    if (!edit->begun) {
        edit->begun = true;
        ir_draft_derive(&edit->draft, edit->from);
    }
    return &edit->draft;
}

// ---- Expressions --------------------------------------------------------------------------------

struct ir_expr *ir_edit_replace(struct ir_edit *edit, struct ir_expr *old, struct ir_expr *made)
{
    if (!made) {
        ir_edit_draft(edit)->failed = true;
        return old;
    }
    // Parts of the source have their place already, and it is not ours to change.
    if (made->pos.line == 0 && made->pos.column == 0 && old->pos.line)
        made->pos = old->pos;
    return made;
}

struct ir_expr *ir_edit_changed_kid(struct ir_edit *edit, struct ir_expr *old, struct ir_expr *now,
                                    uint32_t index, struct ir_expr *kid)
{
    if (now == old) {
        struct ir_draft *draft = ir_edit_draft(edit);
        now = ir_draft_expr(draft, (enum ir_expr_kind)old->kind, old->kid_count);
        if (!now)
            return old;
        memcpy(now, old, sizeof *old + old->kid_count * sizeof old->kids[0]);
    }
    now->kids[index] = kid;
    return now;
}

// ---- Statements ---------------------------------------------------------------------------------

static bool same_body(struct ir_body a, struct ir_body b)
{
    return a.nodes == b.nodes && a.count == b.count;
}

struct ir_node *ir_edit_node(struct ir_edit *edit, struct ir_node *old, struct ir_expr *a,
                             struct ir_expr *b, struct ir_body body, struct ir_body otherwise)
{
    if (a == old->a && b == old->b && same_body(body, old->body) &&
        same_body(otherwise, old->otherwise))
        return old;
    struct ir_node *made = ir_draft_node(ir_edit_draft(edit), (enum ir_node_kind)old->kind);
    if (!made)
        return old;
    *made = *old;
    made->a = a;
    made->b = b;
    made->body = body;
    made->otherwise = otherwise;
    return made;
}

// Room for one more statement. What is outgrown stays in the draft, so rooms double.
static bool reserve(struct ir_edit *edit, struct ir_edit_body *body)
{
    struct ir_draft *draft = ir_edit_draft(edit);
    if (body->count < body->room)
        return true;
    // Few bodies become longer than their source.
    uint64_t room = body->room ? (uint64_t)body->room * 2 : (uint64_t)body->from.count + 2;
    struct ir_node **nodes =
        draft->failed || room > UINT32_MAX
            ? NULL
            : arena_array(&draft->program->arena, (size_t)room, sizeof(struct ir_node *));
    if (!nodes) {
        draft->failed = true;
        return false;
    }
    if (body->count)
        memcpy(nodes, body->nodes, body->count * sizeof(struct ir_node *));
    body->nodes = nodes;
    body->room = (uint32_t)room;
    return true;
}

// The body differs from its source from here on.
static void part(struct ir_edit *edit, struct ir_edit_body *body)
{
    body->changed = true;
    if (body->kept == 0 || !reserve(edit, body))
        return;
    memcpy(body->nodes, body->from.nodes, body->kept * sizeof(struct ir_node *));
    body->count = body->kept;
}

void ir_edit_put_change(struct ir_edit *edit, struct ir_edit_body *body, struct ir_node *node)
{
    if (!body->changed)
        part(edit, body);
    if (!node)
        ir_edit_draft(edit)->failed = true;
    else if (reserve(edit, body))
        body->nodes[body->count++] = node;
}

struct ir_body ir_edit_take(struct ir_edit *edit, struct ir_edit_body *body)
{
    if (!body->changed && body->kept < body->from.count)
        part(edit, body);
    return body->changed ? (struct ir_body){ body->nodes, body->count } : body->from;
}

enum vyre_result ir_edit_finish(struct ir_edit *edit, struct ir_body entry,
                                struct vyre_program **out)
{
    if (edit->begun) {
        edit->begun = false;
        return ir_draft_finish(&edit->draft, entry, false, out);
    }
    // Programs are immutable but for their reference count, which is atomic.
    *out = vyre_program_ref((struct vyre_program *)edit->from);
    return VYRE_OK;
}
