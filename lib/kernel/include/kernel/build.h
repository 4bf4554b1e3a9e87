// SPDX-License-Identifier: MIT
// The life of a program: validate, key, cache, lower, pipeline, store. Kernels and rings share it.
#ifndef KERNEL_BUILD_H
#define KERNEL_BUILD_H

#include "vk/device.h"
#include <vyre/kernel.h>

// A compiled program without a way to launch it.
struct kernel_code {
    struct vyre_module *module;   // owned
    struct vk_pipeline *pipeline; // owned
    struct vyre_kernel_stats stats;
};

enum vyre_result kernel_code_build(struct vyre_device *device,
                                   const struct vyre_kernel_params *params,
                                   struct kernel_code *out);
void kernel_code_fini(struct kernel_code *code); // accepts zeroed and half-built

#endif // KERNEL_BUILD_H
