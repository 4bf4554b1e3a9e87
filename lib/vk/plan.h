// SPDX-License-Identifier: MIT
// What we decide about a device. Pure: a snapshot in, a plan out, no driver is asked.
#ifndef VK_PLAN_H
#define VK_PLAN_H

#include "snapshot.h"
#include <vyre/buffer.h>
#include <vyre/device.h>

struct vk_plan {
    bool usable;
    char refusal[200]; // what is missing when it is not usable; "" otherwise
    uint32_t queue_family;
    bool extensions[VK_EXTENSION_COUNT]; // to name at device creation
    bool timeline;                       // timeline semaphores; false: fences
    bool host_import;
    bool executable_info;       // what the driver says about its machine code can be read
    bool demands_subgroup_size; // a pipeline that wants full subgroups names their size
    bool no_exact_floats;       // pretended: what the probe finds is not used
    bool unified;               // the device works in the host's memory: uploads in place
    uint64_t import_alignment;
    uint64_t offset_alignment; // of storage buffer bindings
    uint64_t memory_bytes;     // of the largest heap that buffers are taken from
    uint32_t max_allocations;
    uint32_t max_grid[3]; // workgroups of one dispatch
    struct vyre_target target;
};

// `pretend` may be NULL.
void vk_plan_make(const struct vk_snapshot *snapshot, const struct vyre_pretend *pretend,
                  struct vk_plan *out);

// A plan that refuses the device.
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void vk_plan_refuse(struct vk_plan *plan, const char *format, ...);

// The memory type for a use among the types whose bits are set in `allowed`; UINT32_MAX: none.
// READBACK: host-visible and coherent, cached if possible. UPLOAD: host-visible and coherent, and
// device-local where the host reaches all of that memory. DEVICE: device-local if possible.
// Types that need a feature we do not enable (protected, lazily allocated, AMD's device-coherent
// ones) are never taken.
uint32_t vk_plan_memory_type(const VkPhysicalDeviceMemoryProperties *memory, bool unified,
                             enum vyre_buffer_use use, uint32_t allowed);

enum vyre_device_kind vk_plan_kind(VkPhysicalDeviceType type);
const char *vk_plan_kind_text(enum vyre_device_kind kind); // "a discrete GPU"

// ---- Choice -----------------------------------------------------------------------------------

struct vk_candidate {
    struct vk_snapshot snapshot;
    struct vk_plan plan;
    uint32_t enumerated; // its place in the driver's list
    // What the driver answered when it was asked about the device; not VYRE_OK: the plan refuses
    // it.
    enum vyre_result asked;
    bool chosen;
    char reason[256]; // why it was chosen, passed over or refused
};

// Sorts the candidates by preference: usable before refused; discrete, integrated, virtual, CPU;
// more memory; the driver's order. Then marks the one that the request chooses and gives each its
// reason. Returns the index of the chosen one, UINT32_MAX when none fits.
// `params` may be NULL: no wishes.
uint32_t vk_plan_choose(struct vk_candidate *candidates, uint32_t count,
                        const struct vyre_device_params *params);

// Whether the request names the candidate at `index`, usable or not.
bool vk_plan_fits(const struct vk_candidate *candidate, uint32_t index,
                  const struct vyre_device_params *params);

// The public view of a candidate.
void vk_plan_describe(const struct vk_candidate *candidate, struct vyre_device_info *out);

#endif // VK_PLAN_H
