// SPDX-License-Identifier: MIT
// The kernel object, shared by its life (kernel.c) and its dispatch (dispatch.c).
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "fault.h"
#include "kernel/build.h"
#include "parts.h"

#include <stdatomic.h>

// Immutable but for the fault records.
struct vyre_kernel {
    _Atomic uint32_t references;
    struct vyre_device *device;   // referenced
    struct vyre_program *program; // referenced: names and sizes of buffers, faults
    struct kernel_parts parts;    // instead of code, when the program has barriers of the grid
    struct kernel_code code;      // owned; its stats are those of the parts when there are some
    struct vyre_module_info info; // of code.module
    struct vyre_target target;
    uint32_t max_grid[3];
    // Passes after which the driver ends loops, where that is before the loop budget is spent; else
    // 0.
    uint32_t driver_limit;
    struct kernel_faults faults; // used when the module can fault
};

#endif // KERNEL_KERNEL_H
