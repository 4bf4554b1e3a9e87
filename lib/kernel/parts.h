// SPDX-License-Identifier: MIT
// A kernel of a program with barriers of the whole grid: a kernel for each part of the program, and
// a dispatch of each, one after another.
#ifndef KERNEL_PARTS_H
#define KERNEL_PARTS_H

#include "ir/grid_sync.h"
#include <vyre/kernel.h>

struct spv_recheck;

// The kernels of a split program. Zeroed when the program has no such barrier.
struct kernel_parts {
    struct vyre_grid_split *split; // owned
    struct vyre_kernel **kernels;  // owned, each referenced; by part
    size_t count;
};

// Splits and builds, each part as kernel_create does. The stats are those of all parts together.
enum vyre_result kernel_parts_build(struct vyre_device *device,
                                    const struct vyre_kernel_params *params,
                                    const struct spv_recheck *recheck, struct kernel_parts *out,
                                    struct vyre_kernel_stats *stats);
void kernel_parts_fini(struct kernel_parts *parts); // accepts zeroed and half-built

// Dispatches every part, with those of the program's arguments that it has and the grid of the
// whole. `tickets` has one element per part; those that were made stay when a later part fails.
enum vyre_result kernel_parts_dispatch(const struct kernel_parts *parts,
                                       const struct vyre_program *program,
                                       const struct vyre_dispatch_params *params,
                                       const uint32_t grid[3], struct vyre_ticket **tickets);

#endif // KERNEL_PARTS_H
