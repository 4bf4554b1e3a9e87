// SPDX-License-Identifier: MIT
// The life of what belongs to a device: buffers, pipelines, bindings.
//
// Users hold references; work in flight, and objects made from others, hold holds. An object keeps
// its device alive only while users reference it, so work in flight that nobody waits for does not
// keep the device alive for ever: destroying the device ends it. Holds need no device reference,
// because the device outlives the work in flight that has them.
#ifndef VK_LIFE_H
#define VK_LIFE_H

#include <stdatomic.h>
#include <stdint.h>

struct vyre_device;

struct vk_life {
    struct vyre_device *device;
    _Atomic uint32_t refs;  // of users
    _Atomic uint32_t holds; // of work and other objects, plus one while there are references
    void (*release)(struct vk_life *life); // frees the object; the device is still there
};

// One reference for the creator; the device is referenced too.
void vk_life_init(struct vk_life *life, struct vyre_device *device,
                  void (*release)(struct vk_life *life));
void vk_life_ref(struct vk_life *life);
void vk_life_unref(struct vk_life *life); // may free the object and the device
void vk_life_hold(struct vk_life *life);
void vk_life_drop(struct vk_life *life); // may free the object, never the device

#endif // VK_LIFE_H
