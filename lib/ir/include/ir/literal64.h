// SPDX-License-Identifier: MIT
// Literals of 64 bits. The model and the binary form carry them as opaque expressions: a kind that
// names the type, and a payload of 8 bytes, low byte first (spec: ir.md, 1.9.2). The text form
// spells them 7u64, -7i64 and 1.5f64.
#ifndef IR_LITERAL64_H
#define IR_LITERAL64_H

#include "ir/draft.h"

// The type that a kind string names; false when it is no kind of a literal.
bool ir_literal64_from_kind(const char *kind, size_t size, enum ir_type_kind *out);

// The type of a well-formed literal (u64, i64 or f64); NULL for every other expression.
const struct ir_type *ir_literal64_type(const struct vyre_program *program,
                                        const struct ir_expr *expr);

// The value of a well-formed literal: the bits of an f64, two's complement of an i64.
uint64_t ir_literal64_bits(const struct ir_expr *expr);

// A literal of type IR_TYPE_U64, IR_TYPE_I64 or IR_TYPE_F64.
struct ir_expr *ir_literal64(struct ir_draft *draft, enum ir_type_kind type, uint64_t bits);

#endif // IR_LITERAL64_H
