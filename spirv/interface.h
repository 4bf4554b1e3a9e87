// SPDX-License-Identifier: MIT
// What a module shares with the outside (interface.c): built-ins, buffers, push constants, the
// fault record, the entry point.
#ifndef SPV_INTERFACE_H
#define SPV_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

#include <vyre/result.h>

struct spv_lowering;

enum spv_built_in {
    SPV_GLOBAL_ID,
    SPV_WORKGROUP_ID,
    SPV_LOCAL_ID,
    SPV_WORKGROUP_COUNT,
    SPV_LOCAL_INDEX,
    SPV_SUBGROUP_ID,
    SPV_SUBGROUP_LANE, // of the device's subgroup
    SPV_BUILT_INS
};

// Component `axis` of a built-in, loaded once at the start of the entry point. For those that are
// one word the axis is ignored.
//
// Where subgroup operations are those of the device (spv_facts.full_subgroup), who is who follows
// the device's subgroups: the local index is the number of the subgroup times its width plus the
// lane, and the local and global ids follow from it. Vulkan does not promise that lanes follow the
// local index; so the local index follows the lanes.
uint32_t spv_built_in(struct spv_lowering *lowering, enum spv_built_in which, uint32_t axis);

uint32_t spv_push_word(struct spv_lowering *lowering, uint32_t word); // loaded once
// A word that the host computes from lengths (derived.c): the value of an expression, or the number
// of elements of a buffer that can be accessed. False: the device has to.
bool spv_derived(struct spv_lowering *lowering, const struct ir_expr *expr, uint32_t *id);
bool spv_derived_length(struct spv_lowering *lowering, uint32_t buffer, uint32_t *id);

uint32_t spv_buffer_variable(struct spv_lowering *lowering, uint32_t buffer);
uint32_t spv_fault_variable(struct spv_lowering *lowering);
uint32_t spv_exchange_variable(struct spv_lowering *lowering); // of vectors of four words
uint32_t spv_local_variable(struct spv_lowering *lowering);    // a word of the function
void spv_interface_init(struct spv_lowering *lowering);
enum vyre_result spv_interface_finish(struct spv_lowering *lowering, uint32_t **words,
                                      size_t *count);

#endif // SPV_INTERFACE_H
