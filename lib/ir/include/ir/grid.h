// SPDX-License-Identifier: MIT
// The grid of a dispatch that names none (spec: semantics.md, 8.1 e). The interpreter and the
// device share it, so that both run the same invocations.
#ifndef IR_GRID_H
#define IR_GRID_H

#include "ir/model.h"

// True when a run hands this buffer's contents back: every output and every read-write buffer.
bool ir_buffer_is_returned(const struct ir_buffer *buffer);

// True when the interpreter makes this buffer, of zeros, and takes no input for it: outputs,
// write-only buffers, and read-write buffers that are live out.
bool ir_buffer_is_allocated(const struct ir_buffer *buffer);

// Workgroups per axis for buffers of these sizes: `buffer_bytes` has one size per declared buffer,
// in declaration order; those of workgroup buffers are not looked at. False when a buffer's element
// type has no size, and then `grid` is unchanged. Counts beyond 2^32 - 1 saturate.
bool ir_grid_infer(const struct vyre_program *program, const uint64_t *buffer_bytes,
                   uint32_t grid[3]);

#endif // IR_GRID_H
