// SPDX-License-Identifier: MIT
// Every device of an instance with its snapshot and plan, in order of preference.
#ifndef VK_CANDIDATES_H
#define VK_CANDIDATES_H

#include "instance.h"
#include "plan.h"

struct vk_candidates {
    struct vk_candidate *items; // owned, in order of preference
    VkPhysicalDevice *physical; // owned, in the driver's order: indexed by `enumerated`
    uint32_t count;
    uint32_t chosen; // UINT32_MAX: none fits the request
};

// `params` may not be NULL here. VYRE_ERR_NO_DEVICE (D003): there is no device.
enum vyre_result vk_candidates_take(struct vk_instance *instance,
                                    const struct vyre_device_params *params,
                                    struct vk_candidates *out);
void vk_candidates_fini(struct vk_candidates *list); // accepts zeroed

#endif // VK_CANDIDATES_H
