// SPDX-License-Identifier: MIT
// Locals as SSA values: what statements do with them, and what the ends of blocks make of them.
#ifndef SPV_LOCALS_H
#define SPV_LOCALS_H

#include "lowering.h"

// Brings a local into scope until `spv_unbind` ends those that were bound since `undo.count` was
// `mark`.
void spv_bind(struct spv_lowering *lowering, ir_name name, struct spv_value value);
void spv_unbind(struct spv_lowering *lowering, size_t mark);
// Gives a live local another value of the same kind.
void spv_assign(struct spv_lowering *lowering, ir_name name, struct spv_value value);

// For those who open and close blocks: around the branches of an if, and behind its merge label...
void spv_arms_begin(struct spv_lowering *lowering, struct spv_arms *arms);
void spv_arms_otherwise(struct spv_lowering *lowering, struct spv_arms *arms);
void spv_arms_leave(struct spv_lowering *lowering, struct spv_arms *arms);
void spv_arms_merge(struct spv_lowering *lowering, const struct spv_arms *arms);
// ... and behind the label of a loop, which was entered from the block `before`, and at the end of
// its body.
void spv_loop_locals_begin(struct spv_lowering *lowering, struct spv_loop *loop, uint32_t before);
void spv_loop_locals_end(struct spv_lowering *lowering, const struct spv_loop *loop);

#endif // SPV_LOCALS_H
