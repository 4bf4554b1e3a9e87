// SPDX-License-Identifier: MIT
// Deep copies of parts of one program into a draft, with every chance to change them on the way:
// what transforms and the fusion of payloads are made of. The copy shares nothing with its source,
// which may be destroyed afterwards. Failure is the draft's, sticky.
#ifndef IR_COPY_H
#define IR_COPY_H

#include "ir/draft.h"

// What a name stands for where it is met.
enum ir_name_use {
    IR_NAME_LOCAL,     // LET, ASSIGN, LOOP, VAR
    IR_NAME_BUFFER,    // declarations and every reference to a buffer
    IR_NAME_OP,        // CALL
    IR_NAME_TAG,       // ASYNC_*, TRAP, RESUME
    IR_NAME_GENERATOR, // REGION generator and source
    IR_NAME_KIND,      // opaque statements and expressions
};

// The hooks may be NULL; all get `user`.
struct ir_copy {
    struct ir_draft *draft;
    const struct vyre_program *from;
    void *user;

    // The name in the draft for a name of `from`. NULL: the same text.
    ir_name (*name)(void *user, enum ir_name_use use, ir_name name);

    // What stands for an expression: `copy`, whose operands are final already, or something made
    // from it. `copy` is NULL when the draft failed. NULL: the copy itself.
    struct ir_expr *(*expr)(void *user, const struct ir_expr *original, struct ir_expr *copy);

    // Adds what stands for a statement to `out`: nothing, `copy`, or any number of statements.
    // The bodies of `copy` are final already. NULL: adds the copy.
    void (*node)(void *user, struct ir_nodes *out, const struct ir_node *original,
                 struct ir_node *copy);
};

ir_name ir_copy_name(const struct ir_copy *copy, enum ir_name_use use, ir_name name);
const struct ir_type *ir_copy_type(struct ir_draft *draft, const struct ir_type *type);
struct ir_expr *ir_copy_expr(const struct ir_copy *copy, const struct ir_expr *expr);
struct ir_body ir_copy_body(const struct ir_copy *copy, struct ir_body body);

// Gives the draft everything of the program but its body: workgroup, buffers, flags, source text.
void ir_copy_head(const struct ir_copy *copy);

// A declaration with its type and shape copied and its name mapped; not added to the draft.
struct ir_buffer ir_copy_buffer(const struct ir_copy *copy, const struct ir_buffer *buffer);

#endif // IR_COPY_H
