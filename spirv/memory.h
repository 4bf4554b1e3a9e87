// SPDX-License-Identifier: MIT
// Accesses to memory: words, smaller units, elements, copies, workgroup memory, and faults
// (memory.c, elements.c, async.c).
#ifndef SPV_MEMORY_H
#define SPV_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct ir_expr;
struct ir_node;
struct spv_access;
struct spv_if;
struct spv_lowering;
struct spv_value;

// Number of elements of a buffer that can be accessed.
uint32_t spv_length(struct spv_lowering *lowering, uint32_t buffer);

// Number of elements as the language counts them (spec: semantics.md, 6.1).
uint32_t spv_element_count(struct spv_lowering *lowering, uint32_t buffer);

// Plain accesses to one word of a buffer. `shared`: as an atomic, because others may be writing
// other bytes of the word.
uint32_t spv_load_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, bool shared);
void spv_store_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, uint32_t value);
// The same for a buffer whose units are less than words.
uint32_t spv_load_unit(struct spv_lowering *lowering, uint32_t buffer, uint32_t index);
void spv_store_unit(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, uint32_t value);
// Replaces the bits of `mask` alone, so that nothing of what others write meanwhile is lost.
void spv_merge_word(struct spv_lowering *lowering, uint32_t buffer, uint32_t index, uint32_t mask,
                    uint32_t value);

// The largest word, or smaller unit, that may be read; 0 for an empty buffer, where the host's 4
// bytes are.
uint32_t spv_last_word(struct spv_lowering *lowering, uint32_t buffer);

// Whether an access, whose index has the value `index`, has to be checked when running: the one
// place that decides it. Loads are also done by those who left and go on dead.
bool spv_check_needed(struct spv_lowering *lowering, uint32_t buffer,
                      const struct spv_access *access, uint32_t index);

// Before the invocation ends: where checks are made again, the fault if one failed.
void spv_report_outside(struct spv_lowering *lowering);

// Begins the branch in which the index is inside, when there has to be one. It leaves the block
// that is current in `*before`, which may be NULL.
bool spv_begin_inside(struct spv_lowering *lowering, uint32_t buffer,
                      const struct spv_access *access, uint32_t index, struct spv_if *branch,
                      uint32_t *before);

// Elements (elements.c): an element that is inside, or whose words are `clamped` to the buffer.
struct spv_value spv_load_element(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                                  bool clamped);
void spv_store_element(struct spv_lowering *lowering, uint32_t buffer, uint32_t index,
                       struct spv_value value);
struct spv_value spv_load(struct spv_lowering *lowering, const struct ir_expr *expr);
struct spv_value spv_atomic(struct spv_lowering *lowering, const struct ir_expr *expr);
struct spv_value spv_atomic_load(struct spv_lowering *lowering, const struct ir_expr *expr);
void spv_atomic_store(struct spv_lowering *lowering, const struct ir_node *node);
void spv_store(struct spv_lowering *lowering, const struct ir_node *node);

uint32_t spv_byte_length(struct spv_lowering *lowering, uint32_t buffer);

// Asynchronous copies (async.c).
void spv_async_start(struct spv_lowering *lowering, const struct ir_node *node);
void spv_async_wait(struct spv_lowering *lowering, const struct ir_node *node);

void spv_zero_workgroup_memory(struct spv_lowering *lowering);
void spv_barrier(struct spv_lowering *lowering);

// Writes the fault record unless one is there already.
void spv_record_fault(struct spv_lowering *lowering, uint32_t kind, uint32_t detail,
                      uint32_t detail2);

#endif // SPV_MEMORY_H
