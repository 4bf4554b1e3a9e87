// SPDX-License-Identifier: MIT
// Encoding, decoding and checking of the protocol's buffers. Pure functions on host memory, words
// in host byte order; nothing here synchronises with a device.
#ifndef MEGAKERNEL_PROTOCOL_PROTOCOL_H
#define MEGAKERNEL_PROTOCOL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "megakernel/protocol/layout.h"
#include <vyre/result.h>

// ---- Sizes (1.8) --------------------------------------------------------------------------------

// Bytes of a buffer; false when the count has no representable size.
bool mk_control_bytes(uint32_t observables, uint64_t *out);
bool mk_ring_bytes(uint32_t slots, uint64_t *out);
bool mk_debug_bytes(uint32_t records, uint64_t *out);

// ---- Opcodes (1.4) ------------------------------------------------------------------------------

bool mk_opcode_is_system(uint32_t opcode);  // reserved ranges and the first eight
bool mk_opcode_is_builtin(uint32_t opcode); // LOAD_MISS is not: it enters a ring as an image only
bool mk_opcode_may_publish(uint32_t opcode);

// First opcode of a tenant's window; false from tenant 1024 on, where windows reach the system bit.
bool mk_tenant_opcode(uint32_t tenant, uint32_t *out);

// ---- Control (1.3, 1.8) -------------------------------------------------------------------------

// Fills `words` (at least MK_CONTROL_MIN_WORDS) for `tenants` tenants; more tenants than the tables
// hold fill the tables. VYRE_ERR_INVALID_ARGUMENT: too few words.
enum vyre_result mk_control_encode(uint32_t *words, size_t word_count, bool shutdown,
                                   uint32_t tenants);

// Partition of `slots` slots by priority: five starts and the end (2.5).
void mk_priority_offsets(uint32_t slots, uint32_t out[MK_PRIORITY_COUNT + 1]);

// ---- Slots (1.2, 1.10) --------------------------------------------------------------------------

enum mk_transition {
    MK_TRANSITION_CLAIM,
    MK_TRANSITION_DONE,
    MK_TRANSITION_FAULT,
    MK_TRANSITION_CANCEL,
    MK_TRANSITION_COUNT
};

// Whether the host may move a slot from `status`, and where to. Publishing is not a transition: a
// payload must be there before its status, so only the publishers below write PUBLISHED.
bool mk_transition(enum mk_transition transition, uint32_t status, enum mk_status *next);
bool mk_may_publish(uint32_t status); // EMPTY and DONE

struct mk_item {
    uint32_t opcode;
    uint32_t arg_count; // at most MK_SLOT_ARGS
    const uint32_t *args;
};

// Writes an item of normal priority into slot `index` of a ring of `slots` slots, status last, with
// release ordering. VYRE_ERR_INVALID_ARGUMENT: no such slot, too many arguments, an opcode that may
// not be published, or a slot that is neither EMPTY nor DONE; then nothing was written.
enum vyre_result mk_slot_publish(uint32_t *ring, uint32_t slots, uint32_t index, uint32_t tenant,
                                 const struct mk_item *item);

// The same without the checks, for a slot that the caller knows to be free and an item of its own.
// Only writes, so the ring may be in memory that is slow to read.
void mk_slot_write(uint32_t slot[MK_SLOT_WORDS], uint32_t tenant, const struct mk_item *item);

// Publishes `count` items from slot `first` on, all or none, followed by a BATCH_FENCE with
// arguments (count, tag). The fence does not wait for the items (1.10).
enum vyre_result mk_slot_publish_batch(uint32_t *ring, uint32_t slots, uint32_t first,
                                       uint32_t tenant, const struct mk_item *items, uint32_t count,
                                       uint32_t tag);

// The slot image of a load-miss request, and back; false when the slot is none (1.8).
void mk_load_miss_encode(uint32_t slot[MK_SLOT_WORDS], uint32_t resource, bool prefetch);
bool mk_load_miss_decode(const uint32_t slot[MK_SLOT_WORDS], uint32_t *resource, bool *prefetch);

// Slots among the first `slots` that are DONE.
uint32_t mk_ring_count_done(const uint32_t *ring, uint32_t slots);

// "PUBLISHED" and so on; NULL for values without a meaning. Lifetime: static.
const char *mk_status_name(uint32_t status);

// ---- Debug log (1.5) ----------------------------------------------------------------------------

struct mk_debug_record {
    uint32_t format;
    uint32_t args[3]; // two arguments and the word index of the slot
};

// Copies up to `capacity` records. *dropped counts those that found the log full: the cursor is
// clamped, because the device keeps counting. A cursor inside a record, or a log without a cursor,
// is VYRE_ERR_INVALID_ARGUMENT.
enum vyre_result mk_debug_decode(const uint32_t *words, size_t word_count,
                                 struct mk_debug_record *records, size_t capacity, size_t *count,
                                 uint32_t *dropped);

#endif // MEGAKERNEL_PROTOCOL_PROTOCOL_H
