// SPDX-License-Identifier: MIT
// Operators on values: pure functions of their operands (spec: semantics.md, sections 3 to 5).
#ifndef INTERP_OPS_H
#define INTERP_OPS_H

#include "ir/model.h"
#include "interp/value.h"

enum interp_op_result {
    INTERP_OP_OK,
    INTERP_OP_KINDS_DIFFER, // the operands are not of one kind that has arithmetic
    INTERP_OP_UNDEFINED,    // no such operator on this kind
    INTERP_OP_DIVISION,     // i32 division by zero, or of the least value by -1
    INTERP_OP_OUT_OF_RANGE, // the value does not fit the target of a cast
};

enum interp_op_result interp_binop(enum ir_binop op, const struct interp_value *left,
                                   const struct interp_value *right, struct interp_value *out);
enum interp_op_result interp_unop(enum ir_unop op, const struct interp_value *operand,
                                  struct interp_value *out);
enum interp_op_result interp_cast(enum ir_type_kind target, const struct interp_value *value,
                                  struct interp_value *out);
enum interp_op_result interp_fma(const struct interp_value operands[3], struct interp_value *out);

// The new word of an atomic; false for operators without reference semantics.
bool interp_atomic(enum ir_atomic_op op, uint32_t old, uint32_t expected, uint32_t value,
                   uint32_t *out);

#endif // INTERP_OPS_H
