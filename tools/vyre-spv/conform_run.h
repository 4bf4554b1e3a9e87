// SPDX-License-Identifier: MIT
// A runnable record and the comparison of what a run gave with what the record says.
#ifndef VYRE_SPV_CONFORM_RUN_H
#define VYRE_SPV_CONFORM_RUN_H

#include "conform.h"

// Inputs of a record in declaration order.
struct conform_inputs {
    struct tool_bytes *bytes; // owned
    struct vyre_bytes *values;
    size_t count;
};

// False when an input is not hexadecimal. Call fini either way.
bool conform_inputs_read(const struct conform_case *c, struct conform_inputs *inputs);
void conform_inputs_fini(struct conform_inputs *inputs);

// The ops that a record calls, NULL where it calls none.
const struct vyre_registry *conform_ops_of(const struct conform_case *c);

// Compares the contents of a buffer; where `ulps` is not 0, f32 numbers in it may be that far apart
// on the line of floats.
enum conform_outcome conform_compare_bytes(struct conform_case *c,
                                           const struct vyre_buffer_info *info,
                                           struct vyre_bytes got, struct vyre_bytes expected,
                                           uint32_t ulps);

// The same of buffer `index` with what its record says.
enum conform_outcome conform_compare(struct conform_case *c, const struct vyre_program *program,
                                     size_t index, struct vyre_bytes got, uint32_t ulps);

#endif // VYRE_SPV_CONFORM_RUN_H
