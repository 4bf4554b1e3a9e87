// SPDX-License-Identifier: MIT
// Facts that the validator computes and that compilers need too.
#ifndef IR_VALIDATE_H
#define IR_VALIDATE_H

#include "ir/model.h"

// Limits of a valid program.
enum {
    IR_MAX_NESTING = 64,     // V018
    IR_MAX_NODES = 100000,   // V019
    IR_MAX_EXPR_DEPTH = 128, // V033
};

// Types of the locals in scope, for inference. Maintained by whoever walks a program in order.
struct ir_scope;

// Static type of an expression (spec: ir.md, 7.1), NULL when unknown. `local_type(user, name)`
// gives the type of a live local, NULL when unknown or unbound.
const struct ir_type *ir_infer_type(const struct vyre_program *program, const struct ir_expr *expr,
                                    const struct ir_type *(*local_type)(void *user, ir_name name),
                                    void *user);

// Type of an expression from those of its first three children, of the local that it names
// and of the buffer that it names; each may be NULL.
const struct ir_type *ir_expr_type(const struct vyre_program *program, const struct ir_expr *expr,
                                   const struct ir_type *const kids[3], const struct ir_type *local,
                                   const struct ir_buffer *buffer);

// Type of a BINOP from those of its operands.
const struct ir_type *ir_binop_type(unsigned op, const struct ir_type *left,
                                    const struct ir_type *right);

// A literal zero, or a cast of one: no divisor (V044).
bool ir_is_static_zero(const struct ir_expr *expr);

#endif // IR_VALIDATE_H
