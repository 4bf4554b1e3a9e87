// SPDX-License-Identifier: MIT
// What other parts of the library read of an op registry.
#ifndef IR_REGISTRY_H
#define IR_REGISTRY_H

#include "ir/model.h"
#include <vyre/registry.h>

// The op with this id, or NULL. Lifetime: borrowed from the registry.
const struct vyre_op_params *ir_registry_find(const struct vyre_registry *registry,
                                              struct ir_text id);

// Takes back the ops that were added last, until `count` are left.
void ir_registry_truncate(struct vyre_registry *registry, size_t count);

// Whether `capability` (NULL: none needed) is one of those listed.
bool ir_has_capability(const char *const *capabilities, size_t count, const char *capability);

// The type that a spelling of a signature stands for, NULL when it is not one of those that a call
// can be checked against (spec: ir.md, 4.3.7).
const struct ir_type *ir_signature_type(const char *spelling);

#endif // IR_REGISTRY_H
