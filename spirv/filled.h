// SPDX-License-Identifier: MIT
// Which workgroup memory need not be zeroed, because every element of it is written before any is
// read.
#ifndef SPV_FILLED_H
#define SPV_FILLED_H

#include "flow.h"

// Sets `filled` of buffers that the workgroup writes whole, whatever the input is, before it meets
// at a barrier and anybody looks. The arena serves meanwhile. VYRE_OK or VYRE_ERR_NO_MEMORY.
enum vyre_result spv_find_filled(const struct vyre_program *program, const struct spv_flow *flow,
                                 struct arena *arena, struct spv_facts *facts);

#endif // SPV_FILLED_H
