// SPDX-License-Identifier: MIT
// Fields of buffers that the wire format cannot carry, as records of the kind validate give them.
#ifndef VYRE_SPV_CONFORM_EXTRAS_H
#define VYRE_SPV_CONFORM_EXTRAS_H

#include <jansson.h>

#include "tool.h"

// The program with {"linear_type" | "shape_predicate" | "bytes_extraction": {BUFFER: VALUE}} added.
// False, with the reason in `what`, when `extras` is not that.
bool conform_extras_add(const struct vyre_program *program, const json_t *extras,
                        struct vyre_program **out, char *what, size_t what_size);

#endif // VYRE_SPV_CONFORM_EXTRAS_H
