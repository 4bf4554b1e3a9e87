// SPDX-License-Identifier: MIT
#include "life.h"

#include <vyre/device.h>

// Increments are relaxed: who increments has a reference or a hold already. The decrement to zero
// acquires what the other owners released, so that the release sees their last writes.

void vk_life_init(struct vk_life *life, struct vyre_device *device,
                  void (*release)(struct vk_life *life))
{
    life->device = vyre_device_ref(device);
    life->release = release;
    atomic_init(&life->refs, 1);
    atomic_init(&life->holds, 1);
}

void vk_life_ref(struct vk_life *life)
{
    atomic_fetch_add_explicit(&life->refs, 1, memory_order_relaxed);
}

void vk_life_unref(struct vk_life *life)
{
    if (atomic_fetch_sub_explicit(&life->refs, 1, memory_order_acq_rel) != 1)
        return;
    struct vyre_device *device = life->device;
    vk_life_drop(life);
    vyre_device_destroy(&device);
}

void vk_life_hold(struct vk_life *life)
{
    atomic_fetch_add_explicit(&life->holds, 1, memory_order_relaxed);
}

void vk_life_drop(struct vk_life *life)
{
    if (atomic_fetch_sub_explicit(&life->holds, 1, memory_order_acq_rel) == 1)
        life->release(life);
}
