// SPDX-License-Identifier: MIT
// What a dispatch asks for, checked and decided before anything is submitted. Pure, but for the
// sizes of the buffers.
#ifndef KERNEL_ARGUMENTS_H
#define KERNEL_ARGUMENTS_H

#include "ir/model.h"
#include <vyre/kernel.h>

// Offsets of arguments are multiples of this: no Vulkan device asks for more.
enum { KERNEL_OFFSET_ALIGNMENT = 256 };

// The program's arguments, one per declared buffer; those of workgroup buffers are zero.
struct kernel_range {
    struct vyre_buffer *buffer; // borrowed
    uint64_t offset;
    uint64_t size; // bytes, exact; 0: an empty range
};

// Checks number, placement, sizes and overlap of the arguments, and fills `ranges`, which has one
// element per declared buffer. VYRE_ERR_INVALID_ARGUMENT (K001 to K003) or VYRE_ERR_LIMIT (K004).
enum vyre_result kernel_arguments_check(const struct vyre_program *program, uint64_t max_range,
                                        const struct vyre_dispatch_params *params,
                                        struct kernel_range *ranges);

// The grid of a dispatch: the caller's, or derived from the sizes in `ranges`. Axes are between 1
// and `max_grid`. VYRE_ERR_INVALID_ARGUMENT or VYRE_ERR_LIMIT (K005), VYRE_ERR_UNSUPPORTED (K006).
enum vyre_result kernel_grid_decide(const struct vyre_program *program, const uint32_t max_grid[3],
                                    const struct vyre_dispatch_params *params,
                                    const struct kernel_range *ranges, uint32_t grid[3]);

#endif // KERNEL_ARGUMENTS_H
