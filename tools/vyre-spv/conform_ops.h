// SPDX-License-Identifier: MIT
// The ops that records call, with the lookup "corpus".
#ifndef VYRE_SPV_CONFORM_OPS_H
#define VYRE_SPV_CONFORM_OPS_H

#include <vyre/registry.h>

// A frozen registry with all of them, owned by the caller. Ends the program when memory runs out.
struct vyre_registry *conform_ops_create(void);

#endif // VYRE_SPV_CONFORM_OPS_H
