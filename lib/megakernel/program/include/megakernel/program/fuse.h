// SPDX-License-Identifier: MIT
// Fusion: from a payload program to the resident kernel that runs it, program to program.
//
// The kernel claims entries of the queue in batches, checks each slot once, and runs the payload's
// body for the slot's virtual workgroups with its buffers turned into windows. It is an ordinary
// program: it prints, validates, runs in the interpreter and compiles like any other.
#ifndef MEGAKERNEL_PROGRAM_FUSE_H
#define MEGAKERNEL_PROGRAM_FUSE_H

#include "megakernel/program/layout.h"
#include <vyre/program.h>

struct mk_fuse_params {
    // Passes through all loops of one invocation after which the target ends a shader; 0: none.
    uint32_t loop_limit;
    uint32_t workgroups; // virtual workgroups that one slot may carry; 0: chosen
    uint32_t batch;      // slots per claim; 0: chosen
    const struct vyre_diag_sink *diag;
};

// What the fusion decided.
struct mk_shape {
    uint32_t workgroups;   // virtual workgroups that one slot may carry
    uint32_t batch;        // most slots of one claim
    uint32_t steps;        // most claims of one workgroup in one dispatch
    uint32_t window_count; // windows of a slot, one per payload buffer outside workgroup memory
    uint32_t loop_guard;   // iterations of a payload loop without a bound of its own; 0: none such
    uint64_t loop_bound;   // passes through loops, over all loops of an invocation, at most
};

// Makes the resident kernel for a valid payload. On failure *out is NULL. Returns
// VYRE_ERR_UNSUPPORTED (M001 to M003: the payload cannot be resident, and why), VYRE_ERR_LIMIT
// (M004: one slot alone exceeds the loop limit) or VYRE_ERR_NO_MEMORY.
enum vyre_result mk_fuse(const struct vyre_program *payload, const struct mk_fuse_params *params,
                         struct vyre_program **out, struct mk_shape *shape);

#endif // MEGAKERNEL_PROGRAM_FUSE_H
