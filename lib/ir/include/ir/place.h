// SPDX-License-Identifier: MIT
// From a position in a program to what a diagnostic shows.
#ifndef IR_PLACE_H
#define IR_PLACE_H

#include "base/report.h"
#include "ir/model.h"

// Source name, line text, line, column and the length of the token there. A program that did not
// come from text, and a position of line 0, give the source name alone. Costs a scan of the text.
// Lifetime: borrowed from the program.
struct diag_place ir_place(const struct vyre_program *program, struct ir_pos pos);

#endif // IR_PLACE_H
