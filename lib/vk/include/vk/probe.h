// SPDX-License-Identifier: MIT
// What is found out about a device by running code on it, and how to remember it.
#ifndef VK_PROBE_H
#define VK_PROBE_H

#include "vk/device.h"

struct vk_probe {
    uint32_t loop_limit;    // see struct vyre_target; 0: none found
    uint32_t exact_floats;  // likewise
    uint32_t hidden_floats; // likewise
};

// Where probe results are remembered between processes. `identity` is that of vk_device_identity:
// a new driver is probed again. Both functions are called while the device is being opened, on
// that thread, under no lock.
struct vk_probe_store {
    bool (*load)(void *user, const uint8_t identity[VK_DRIVER_IDENTITY_SIZE], struct vk_probe *out);
    void (*save)(void *user, const uint8_t identity[VK_DRIVER_IDENTITY_SIZE],
                 const struct vk_probe *probe);
    void *user;
};

// What vyre_device_create (lib/kernel) opens a device with; `store` may be NULL. `params->cache` is
// not looked at: this room knows no cache.
enum vyre_result vk_device_open(const struct vyre_device_params *params,
                                const struct vk_probe_store *store, struct vyre_device **out);

// What was probed or loaded; zero where params.pretend decided instead.
void vk_device_probe(const struct vyre_device *device, struct vk_probe *out);

#endif // VK_PROBE_H
