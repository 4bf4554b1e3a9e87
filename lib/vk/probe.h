// SPDX-License-Identifier: MIT
// Running the device probes.
#ifndef VK_PROBE_RUN_H
#define VK_PROBE_RUN_H

#include "object.h"
#include "vk/probe.h"

// Fills what only running code can tell into the device's plan: from `store` when it remembers,
// else from the device. VYRE_ERR_DEVICE (D013): the device computes wrong results.
enum vyre_result vk_probe_run(struct vyre_device *device, const struct vk_probe_store *store,
                              const struct vyre_diag_sink *diag);

#endif // VK_PROBE_RUN_H
