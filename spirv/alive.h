// SPDX-License-Identifier: MIT
// Ends of an invocation: returns, those who left before the rest of their workgroup meets and go on
// dead, and those whom a driver runs beyond the workgroup.
#ifndef SPV_ALIVE_H
#define SPV_ALIVE_H

#include "ir/model.h"

struct spv_if;
struct spv_lowering;

// Lets those leave that the driver runs and that are not of the workgroup.
void spv_leave_beyond(struct spv_lowering *lowering);

// Begins and ends the program, all of which is a loop of one iteration where a driver would nest
// what follows many returns too deeply.
struct spv_frame {
    uint32_t header, next, merge; // labels; 0: no loop
};
struct spv_frame spv_frame_begin(struct spv_lowering *lowering);
void spv_frame_end(struct spv_lowering *lowering, const struct spv_frame *frame);

// A return, or what follows a trap: ends the invocation, or makes it go on dead.
void spv_exit(struct spv_lowering *lowering);
// Ends the invocation where a block is open.
void spv_return(struct spv_lowering *lowering);

// `cond` and being alive. 0 stands for a condition that always holds, here and in the result.
uint32_t spv_and_alive(struct spv_lowering *lowering, uint32_t cond);

// Keeps the dead out of a branch that others may take without them. Returns whether it began one.
bool spv_if_alive(struct spv_lowering *lowering, struct spv_if *branch);

// Whether the dead have to be kept out of, or let out of, a loop.
bool spv_loop_is_for_alive(const struct spv_lowering *lowering, const struct ir_node *node,
                           uint32_t number);
// Whether a dead invocation may begin an iteration that nothing keeps it out of.
bool spv_loop_body_maybe_dead(const struct spv_lowering *lowering, uint32_t number);

#endif // SPV_ALIVE_H
