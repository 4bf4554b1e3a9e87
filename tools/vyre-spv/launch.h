// SPDX-License-Identifier: MIT
// The buffers of one run of a program: who fills and who returns them, and a dispatch on a device.
#ifndef VYRE_SPV_LAUNCH_H
#define VYRE_SPV_LAUNCH_H

#include "tool.h"

// One declared buffer.
struct launch_slot {
    struct vyre_buffer_info info;
    bool is_argument; // not workgroup memory
    bool takes_input; // else the run allocates it
    bool is_returned;
    struct tool_bytes bytes;    // input; owned
    uint64_t size;              // bytes on the device
    struct vyre_buffer *buffer; // on the device; owned
};

// Zero-initialised is empty.
struct launch {
    struct launch_slot *slots; // one per declared buffer, in declaration order; owned
    size_t count;
    uint32_t grid[3]; // workgroups; {0,0,0}: derived
};

// Makes the slots. They borrow from `program`.
void launch_describe(struct launch *launch, const struct vyre_program *program);
void launch_fini(struct launch *launch);

// Uploads the inputs, dispatches and waits. The result is the library's.
enum vyre_result launch_dispatch(struct launch *launch, struct vyre_device *device,
                                 struct vyre_kernel *kernel, uint64_t timeout_ns,
                                 const struct vyre_diag_sink *diag);

// What a dispatch left in a slot that is returned, as vyre_interpret returns it: the declared range
// only, where there is one. Lifetime: that of the slot.
enum vyre_result launch_output(const struct launch_slot *slot, struct vyre_bytes *out);

#endif // VYRE_SPV_LAUNCH_H
