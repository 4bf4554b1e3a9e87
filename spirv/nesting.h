// SPDX-License-Identifier: MIT
// How deeply a driver nests the branches of a module that inlines all functions and makes a branch
// of what follows a return; see nesting_limit in struct vyre_target.
//
// Does: one walk over the functions of the finished module. Needs: a module of this compiler, whose
// constructs end in the order in which they stand. Breaks nothing.
#ifndef SPV_NESTING_H
#define SPV_NESTING_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The first function is the entry point. False: out of memory. `arena`: for what it needs
// meanwhile.
bool spv_deepest_nest(struct arena *arena, const uint32_t *words, size_t count, uint64_t *deepest);

#endif // SPV_NESTING_H
