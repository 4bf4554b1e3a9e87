// SPDX-License-Identifier: MIT
#ifndef VK_PROBE_FLOATS_H
#define VK_PROBE_FLOATS_H

#include "object.h"

// Runs the float probe, with the execution modes of `float_controls`, and gives the bits of enum
// vyre_exact_float that no case showed to be wrong.
enum vyre_result vk_probe_floats(struct vyre_device *device, uint32_t float_controls,
                                 uint64_t timeout_ns, const struct vyre_diag_sink *diag,
                                 uint32_t *out);

#endif // VK_PROBE_FLOATS_H
