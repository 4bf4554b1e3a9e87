// SPDX-License-Identifier: MIT
// Collectives among one rank, which need no communication (spec: semantics.md, 7.9).
#ifndef IR_COLLECTIVE_H
#define IR_COLLECTIVE_H

#include "ir/model.h"

// The first collective in program order, or the first that one rank cannot do alone, because its
// group is not the world (0) or its root is not 0. NULL when there is none.
const struct ir_node *ir_find_collective(const struct vyre_program *program);
const struct ir_node *ir_find_multi_rank(const struct vyre_program *program);

// Does: replaces all_reduce and broadcast by nothing, all_gather and reduce_scatter by a copy of
// elements, one per invocation on axis x. Needs: no collective that one rank cannot do alone; the
// program need not be valid, but nests no deeper than a reader or builder allows. Breaks: nothing.
enum vyre_result ir_lower_collectives(const struct vyre_program *program,
                                      struct vyre_program **out);

#endif // IR_COLLECTIVE_H
