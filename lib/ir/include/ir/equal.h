// SPDX-License-Identifier: MIT
// Structural equality: same declarations, statements and expressions in the same order, names
// compared by their text and literals by their bits. Positions and source text do not count; fields
// that are not on the wire do. (The original's looser notion is that of spec: ir.md, 1.10.)
#ifndef IR_EQUAL_H
#define IR_EQUAL_H

#include "ir/model.h"

bool ir_program_equal(const struct vyre_program *a, const struct vyre_program *b);

// Parts of two programs, which may be the same.
bool ir_body_equal(const struct vyre_program *a, struct ir_body body_a,
                   const struct vyre_program *b, struct ir_body body_b);
bool ir_expr_equal(const struct vyre_program *a, const struct ir_expr *expr_a,
                   const struct vyre_program *b, const struct ir_expr *expr_b);

#endif // IR_EQUAL_H
