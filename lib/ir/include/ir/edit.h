// SPDX-License-Identifier: MIT
// A program with some parts replaced: what passes are made of. Programs are immutable, so the
// result is a new one; but it shares every part that did not change with its source, and an edit
// that changes nothing gives the source itself.
//
// An edit never fails at once: out of memory is sticky, parts stay as they are, and ir_edit_finish
// tells. Nothing here returns NULL unless it says so.
#ifndef IR_EDIT_H
#define IR_EDIT_H

#include "ir/draft.h"

struct ir_edit {
    const struct vyre_program *from; // borrowed until the edit is finished
    struct ir_draft draft;
    bool begun; // `draft` is in use: something changed
};

void ir_edit_init(struct ir_edit *edit, const struct vyre_program *from);
void ir_edit_fini(struct ir_edit *edit); // drops what was not finished

// Where new parts are made. Asking for it makes the result a new program.
struct ir_draft *ir_edit_draft(struct ir_edit *edit);

// `made` at the place of `old` and with its position; `old` when `made` is NULL.
struct ir_expr *ir_edit_replace(struct ir_edit *edit, struct ir_expr *old, struct ir_expr *made);

// Gives operand `index` to what has become of `old` so far: `now` is `old` itself, or the copy that
// an earlier call returned. Returns what it is now.
struct ir_expr *ir_edit_changed_kid(struct ir_edit *edit, struct ir_expr *old, struct ir_expr *now,
                                    uint32_t index, struct ir_expr *kid);
static inline struct ir_expr *ir_edit_kid(struct ir_edit *edit, struct ir_expr *old,
                                          struct ir_expr *now, uint32_t index, struct ir_expr *kid)
{
    return now->kids[index] == kid ? now : ir_edit_changed_kid(edit, old, now, index, kid);
}

// A statement with these operands and bodies: `old` itself when they are what it has.
struct ir_node *ir_edit_node(struct ir_edit *edit, struct ir_node *old, struct ir_expr *a,
                             struct ir_expr *b, struct ir_body body, struct ir_body otherwise);

// A body that is put together again, statement by statement. What is not put is gone.
struct ir_edit_body {
    struct ir_body from;
    uint32_t kept; // statements that are those of `from`, while nothing changed
    bool changed;
    struct ir_node **nodes; // in the draft, once something changed
    uint32_t count, room;
};

void ir_edit_put_change(struct ir_edit *edit, struct ir_edit_body *body, struct ir_node *node);
static inline void ir_edit_put(struct ir_edit *edit, struct ir_edit_body *body,
                               struct ir_node *node)
{
    if (!body->changed && body->kept < body->from.count && body->from.nodes[body->kept] == node)
        body->kept++;
    else
        ir_edit_put_change(edit, body, node);
}
struct ir_body ir_edit_take(struct ir_edit *edit, struct ir_edit_body *body);

// Ends the edit. `entry` is what has become of the source's entry. VYRE_OK or VYRE_ERR_NO_MEMORY.
enum vyre_result ir_edit_finish(struct ir_edit *edit, struct ir_body entry,
                                struct vyre_program **out);

#endif // IR_EDIT_H
