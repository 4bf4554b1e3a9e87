// SPDX-License-Identifier: MIT
// A device that compiles and never runs: one of Mesa's drivers without its hardware, whose compiler
// is the real one (RADV_FORCE_FAMILY; Mesa's drm shim for Intel). It may have no memory and no
// working queue, so nothing but pipelines is made.
#ifndef TESTS_VENDOR_NULL_DEVICE_H
#define TESTS_VENDOR_NULL_DEVICE_H

#include "instance.h"
#include "plan.h"

struct null_device {
    struct vk_instance instance;
    struct vk_api api;
    VkDevice handle;
    struct vk_snapshot snapshot;
    struct vk_plan plan; // as for a device with memory
    const struct vendor *vendor;
    bool refused; // after null_device_open failed: there is one, and it cannot be opened
    PFN_vkGetPipelineExecutablePropertiesKHR properties;
    PFN_vkGetPipelineExecutableStatisticsKHR statistics;
    PFN_vkGetPipelineExecutableInternalRepresentationsKHR representations;
};

// What the vendor's compiler made of a kernel: its own counts, in its own units.
//   AMD:   instructions, SGPRs, VGPRs, spilled registers, LDS (bytes), code (bytes)
//   Intel: instructions, messages to memory and other units, spills and fills, cycles (estimated)
enum { KERNEL_MOST_COUNTS = 6 };
struct kernel_cost {
    uint64_t counts[KERNEL_MOST_COUNTS]; // the first is that of instructions
};

struct kernel_shape {
    const uint32_t *words;
    size_t word_count;
    uint32_t binding_count; // storage buffers 0 to binding_count - 1 of set 0
    uint32_t push_bytes;
    uint32_t subgroup_size; // full subgroups of this size are demanded; 0: any
};

// How many counts a cost of this device has.
uint32_t null_device_counts(const struct null_device *device);

// False, with a message on standard output: no such device, or it lacks what is needed.
bool null_device_open(struct null_device *device);
void null_device_close(struct null_device *device);

// Compiles a kernel. `isa` may be NULL; else it becomes the disassembly, to be freed.
// False, with a message, when the driver refuses.
bool null_device_compile(struct null_device *device, const struct kernel_shape *kernel,
                         struct kernel_cost *cost, char **isa);

#endif // TESTS_VENDOR_NULL_DEVICE_H
