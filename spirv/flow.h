// SPDX-License-Identifier: MIT
// How control flow stands across a workgroup: which values all its invocations share, where part of
// it may leave for good, and whether it meets as a whole wherever it has to (barriers).
//
// An invocation that leaves while others have yet to meet cannot end: it would be missed. It goes
// on as a dead one, which walks with the others through everything that is uniform and does
// nothing that can be seen (alive.c). So what is uniform stays uniform after some have left.
#ifndef SPV_FLOW_H
#define SPV_FLOW_H

#include "facts.h"

struct spv_flow {
    const struct vyre_program *program;
    const struct spv_name_facts *names; // borrowed
    uint32_t invocations;               // of a workgroup
    uint32_t lanes;                     // of a subgroup of the language
    bool *mixed_names;                  // one per name: some invocation's value may differ
    bool *left_loops;  // one per loop: dead invocations leave it before the others do
    bool *mixed_loops; // one per loop: invocations may run it differently often
    bool *dead_exits;  // one per return or trap: who comes there goes on dead
    bool has_dead_exits;
};

// Where the workgroup has to meet as a whole and may not (spec: ir.md, 4.6, and semantics.md, 7.4).
struct spv_flow_offence {
    const struct ir_pos *pos; // NULL: nowhere
    bool subgroup;            // for a subgroup operation, else for a barrier
};

// Analyses the program and finds the first offence; what is found lives in the arena. VYRE_OK or
// VYRE_ERR_NO_MEMORY.
enum vyre_result spv_flow_find(struct spv_flow *flow, struct arena *arena,
                               const struct vyre_program *program, const struct spv_facts *facts,
                               struct spv_flow_offence *out);

// Whether the value of an expression may differ between invocations of a workgroup.
bool spv_flow_is_mixed(const struct spv_flow *flow, const struct ir_expr *expr);

// Whether the lanes of a subgroup operation have to pass each other their values: not when each
// knows what the others have, the dead included.
bool spv_flow_passes(const struct spv_flow *flow, const struct ir_expr *subgroup);

#endif // SPV_FLOW_H
