// SPDX-License-Identifier: MIT
// Names that a program does not have yet, for what transforms add to it.
#ifndef IR_FRESH_H
#define IR_FRESH_H

#include "ir/model.h"

// The first number such that no name of the program is `prefix` followed by it, or by a larger one,
// whatever follows the number. Linear in the size of all names.
uint64_t ir_fresh_number(const struct vyre_program *program, const char *prefix);

#endif // IR_FRESH_H
