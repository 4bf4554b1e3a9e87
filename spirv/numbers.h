// SPDX-License-Identifier: MIT
// Numbers that are not words: floats (floats.c) and u64 (wide.c).
#ifndef SPV_NUMBERS_H
#define SPV_NUMBERS_H

#include "lowering.h"

// Operations that a driver may get wrong, and whether this target's instruction is used.
enum spv_float_op {
    SPV_FLOAT_ADD = VYRE_EXACT_ADD,
    SPV_FLOAT_MUL = VYRE_EXACT_MUL,
    SPV_FLOAT_DIV = VYRE_EXACT_DIV,
    SPV_FLOAT_SQRT = VYRE_EXACT_SQRT,
    SPV_FLOAT_FMA = VYRE_EXACT_FMA,
    SPV_FLOAT_CONVERT = VYRE_EXACT_CONVERT,
    SPV_FLOAT_COMPARE = VYRE_EXACT_COMPARE,
};
bool spv_float_is_native(const struct spv_lowering *lowering, enum spv_float_op op);
// Whether the operands of such an instruction have to be hidden from the driver: by adding a word 0
// of which it does not know that. In functions of the library it is in a variable.
bool spv_float_hides(const struct spv_lowering *lowering, enum spv_float_op op);
uint32_t spv_hidden_zero(struct spv_lowering *lowering);
uint32_t spv_hidden_variable(struct spv_lowering *lowering);

// A driver may mix up constants when it has to choose between them (VYRE_EXACT_SELECT). It need not
// see them in the choice: it moves arithmetic into one, and unrolls loops. So where there is
// nothing to choose from but what it may find out, one side is hidden.
//
// A word of the program, hidden where no such choice is near but it is one that gets mixed up.
uint32_t spv_literal(struct spv_lowering *lowering, uint32_t bits);
// Whether a driver may find out what an expression is, and that matters.
bool spv_is_constant(const struct spv_lowering *lowering, const struct ir_expr *expr);
// A held value that a local is set to, or that is chosen; `constant`: it may be found out.
struct spv_value spv_chosen(struct spv_lowering *lowering, struct spv_value value, bool constant);
void spv_no_contraction(struct spv_lowering *lowering, uint32_t id);
uint32_t spv_float_type(struct spv_lowering *lowering); // of 32 bits
void spv_need_float64(struct spv_lowering *lowering);

// Bits as the language keeps them; in fast mode they stay what they are.
uint32_t spv_canonical(struct spv_lowering *lowering, uint32_t bits);
struct spv_value spv_literal_f32(struct spv_lowering *lowering, uint32_t bits);
struct spv_value spv_as_f32(struct spv_lowering *lowering, struct spv_value value);
struct spv_value spv_to_f32(struct spv_lowering *lowering, struct spv_value value); // a cast
struct spv_value spv_fma(struct spv_lowering *lowering, const struct ir_expr *expr,
                         const struct spv_value operands[3]);

// False when the operator does not take the kind.
bool spv_float_binary(struct spv_lowering *lowering, uint8_t op, struct spv_value left,
                      struct spv_value right, struct spv_value *out);
bool spv_float_unary(struct spv_lowering *lowering, uint8_t op, struct spv_value operand,
                     struct spv_value *out);
bool spv_wide_binary(struct spv_lowering *lowering, uint8_t op, struct spv_value left,
                     struct spv_value right, struct spv_value *out);
bool spv_wide_unary(struct spv_lowering *lowering, uint8_t op, struct spv_value operand,
                    struct spv_value *out);

#endif // SPV_NUMBERS_H
