// SPDX-License-Identifier: MIT
// Facts that the validator computes and that compilers need too.
#ifndef IR_VALIDATE_H
#define IR_VALIDATE_H

#include "ir/model.h"

// Types of the locals in scope, for inference. Maintained by whoever walks a program in order.
struct ir_scope;

// Static type of an expression (spec: ir.md, 7.1), NULL when unknown. `local_type(user, name)`
// gives the type of a live local, NULL when unknown or unbound.
const struct ir_type *ir_infer_type(const struct vyre_program *program, const struct ir_expr *expr,
                                    const struct ir_type *(*local_type)(void *user, ir_name name),
                                    void *user);

#endif // IR_VALIDATE_H
