// SPDX-License-Identifier: MIT
// The life of a program: validate, key, cache, lower, pipeline, store. Kernels and rings share it.
#ifndef KERNEL_BUILD_H
#define KERNEL_BUILD_H

#include "vk/device.h"
#include <vyre/kernel.h>

struct spv_recheck; // spirv/lower.h

// A compiled program without a way to launch it.
struct kernel_code {
    struct vyre_module *module;   // owned
    struct vk_pipeline *pipeline; // owned
    struct vyre_kernel_stats stats;
};

// With `recheck`, which is for tests and may be NULL, nothing is taken from a cache nor stored.
enum vyre_result kernel_code_build(struct vyre_device *device,
                                   const struct vyre_kernel_params *params,
                                   const struct spv_recheck *recheck, struct kernel_code *out);
void kernel_code_fini(struct kernel_code *code); // accepts zeroed and half-built

// As vyre_kernel_create; with `recheck`, a dispatch in which an access is outside that was proven
// to lie inside is a fault of kind SPV_FAULT_UNPROVEN (K010).
enum vyre_result kernel_create(struct vyre_device *device, const struct vyre_kernel_params *params,
                               const struct spv_recheck *recheck, struct vyre_kernel **out);

#endif // KERNEL_BUILD_H
