// SPDX-License-Identifier: MIT
// Programs with a barrier of the whole grid, as programs that run one after another.
#ifndef IR_GRID_SYNC_H
#define IR_GRID_SYNC_H

#include "ir/model.h"
#include <vyre/transform.h>

// One dispatch.
struct ir_grid_part {
    struct vyre_program *program; // owned
    uint32_t *buffers;            // owned; by its declarations: index in the program that was split
};

struct vyre_grid_split {
    struct ir_grid_part *parts; // owned
    uint32_t count;
};

// Most parts, and most statements that all of them repeat together: programs from outside decide
// how many there are.
enum { IR_GRID_MOST_PARTS = 256, IR_GRID_MOST_REPEATED = 1 << 20 };

// The first barrier of the whole grid, or NULL.
const struct ir_node *ir_find_grid_sync(const struct vyre_program *program);

// The program, whatever is in it, as one part.
enum vyre_result ir_grid_split_whole(const struct vyre_program *program,
                                     struct vyre_grid_split **out);

// Splits a valid program; the file says how. A program without such a barrier gives one part, the
// program itself. VYRE_ERR_UNSUPPORTED (F002 to F006) or VYRE_ERR_LIMIT (F007).
enum vyre_result ir_split_grid_sync(const struct vyre_program *program,
                                    const struct vyre_diag_sink *diag,
                                    struct vyre_grid_split **out);

#endif // IR_GRID_SYNC_H
