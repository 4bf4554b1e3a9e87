// SPDX-License-Identifier: MIT
#ifndef VK_PROBE_FLOATS_H
#define VK_PROBE_FLOATS_H

#include "probe_part.h"
#include "vk/probe.h"

// Prepares the float probe, with the execution modes of `float_controls`. On a device whose limits
// it does not fit it does not run, and nothing is exact.
enum vyre_result vk_probe_floats_init(struct vk_probe_part *part, struct vyre_device *device,
                                      uint32_t float_controls, const struct vyre_diag_sink *diag);

// After it ran: sets exact_floats to what no case showed to be wrong, as it is or with constants
// hidden, and hidden_floats to what is right in the second way alone.
void vk_probe_floats_judge(const struct vk_probe_part *part, struct vk_probe *out);

#endif // VK_PROBE_FLOATS_H
