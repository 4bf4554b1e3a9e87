// SPDX-License-Identifier: MIT
#ifndef VK_PROBE_FLOATS_H
#define VK_PROBE_FLOATS_H

#include "probe_part.h"

// Prepares the float probe, with the execution modes of `float_controls`. On a device whose limits
// it does not fit it does not run, and nothing is exact.
enum vyre_result vk_probe_floats_init(struct vk_probe_part *part, struct vyre_device *device,
                                      uint32_t float_controls, const struct vyre_diag_sink *diag);

// After it ran: the bits of enum vyre_exact_float that no case showed to be wrong.
uint32_t vk_probe_floats_judge(const struct vk_probe_part *part);

#endif // VK_PROBE_FLOATS_H
