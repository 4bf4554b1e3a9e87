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

// The same without the scan, for callers that know at which byte of the text the line starts
// and ends, its newline not included.
struct diag_place ir_place_in_line(const struct vyre_program *program, struct ir_pos pos,
                                   size_t line_start, size_t line_end);

// Writes the path of a statement, such as "entry[0].body[2]", cut to `size` bytes with its NUL.
// False when the statement is not in the program, or deeper in it than a valid program nests. Costs
// a walk over the program.
bool ir_node_path(const struct vyre_program *program, const struct ir_node *node, char *out,
                  size_t size);

#endif // IR_PLACE_H
