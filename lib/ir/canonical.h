// SPDX-License-Identifier: MIT
// The rules of the canonical form (spec: ir.md, 5.2 and 5.3), shared by those who apply them: the
// copy that makes a program of it, and the writer, which writes it without making one.
#ifndef IR_CANONICAL_H
#define IR_CANONICAL_H

#include "ir/model.h"

enum ir_operand_order {
    IR_OPERANDS_STAY,
    IR_OPERANDS_SWAP,
    IR_OPERANDS_BY_WIRE, // the one whose wire form is smaller comes first
};

// How the operands of a BINOP are put in order once they are canonical themselves.
enum ir_operand_order ir_canonical_operands(const struct ir_expr *binop);

// Whether a statement is a block that binds nothing, which its own statements replace.
bool ir_canonical_dissolves(const struct ir_node *node);

// Indices of the buffers in canonical order, owned by the caller; NULL when out of memory.
uint32_t *ir_canonical_buffers(const struct vyre_program *program);

#endif // IR_CANONICAL_H
