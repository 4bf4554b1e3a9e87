// SPDX-License-Identifier: MIT
// Cache keys: everything that decides what an artifact is, and nothing else. Pure.
//
// The program goes in exactly as written: declaration order, literals and fields that are not on
// the wire included (its fingerprint leaves those out). Positions and the name of the text go in
// where the module tells them, with debug information; else they reach diagnostics only.
#ifndef KERNEL_KEY_H
#define KERNEL_KEY_H

#include "cache/store.h"
#include "ir/model.h"
#include <vyre/kernel.h>

// Key of a SPIR-V module: program, target, options and the build of this library. The program must
// be valid, which bounds its depth. Of `params` only what decides the module is looked at. A loop
// budget of 0 is the default, and has its key.
void kernel_key_module(const struct vyre_program *program, const struct vyre_target *target,
                       const struct vyre_kernel_params *params, struct cache_key *out);

// Key of the driver's pipeline blob: the module, and which driver it is for.
void kernel_key_pipeline(const struct cache_key *module, const uint8_t *identity,
                         size_t identity_size, struct cache_key *out);

// Key of what the device's probes found.
void kernel_key_probe(const uint8_t *identity, size_t identity_size, struct cache_key *out);

#endif // KERNEL_KEY_H
