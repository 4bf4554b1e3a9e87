// SPDX-License-Identifier: MIT
// Slots: who may change their status, and how work is published.
#include "megakernel/protocol/protocol.h"

#include <string.h>

#define BIT(status) (1u << (status))

// ---- States -------------------------------------------------------------------------------------

bool mk_transition(enum mk_transition transition, uint32_t status, enum mk_status *next)
{
    enum {
        PUBLISHED = BIT(MK_STATUS_PUBLISHED),
        CLAIMED = BIT(MK_STATUS_CLAIMED),
        WAIT_IO = BIT(MK_STATUS_WAIT_IO),
        RESUMABLE = BIT(MK_STATUS_YIELD) | BIT(MK_STATUS_REQUEUE),
    };
    static const struct {
        uint32_t from;
        enum mk_status to;
    } table[MK_TRANSITION_COUNT] = {
        [MK_TRANSITION_CLAIM] = { PUBLISHED | RESUMABLE, MK_STATUS_CLAIMED },
        [MK_TRANSITION_DONE] = { CLAIMED, MK_STATUS_DONE },
        [MK_TRANSITION_FAULT] = { PUBLISHED | CLAIMED | WAIT_IO | RESUMABLE, MK_STATUS_FAULT },
        [MK_TRANSITION_CANCEL] = { PUBLISHED | WAIT_IO | RESUMABLE, MK_STATUS_EMPTY },
    };
    if (status > MK_STATUS_FAULT || !(table[transition].from & BIT(status)))
        return false;
    *next = table[transition].to;
    return true;
}

bool mk_may_publish(uint32_t status)
{
    return status == MK_STATUS_EMPTY || status == MK_STATUS_DONE;
}

const char *mk_status_name(uint32_t status)
{
    static const char *const names[] = { "EMPTY",   "PUBLISHED", "CLAIMED", "DONE",
                                         "WAIT_IO", "YIELD",     "REQUEUE", "FAULT" };
    return status < sizeof names / sizeof *names ? names[status] : NULL;
}

// ---- Publishing ---------------------------------------------------------------------------------

static bool valid(const uint32_t *ring, uint32_t slots, uint64_t index, const struct mk_item *item)
{
    return index < slots && item->arg_count <= MK_SLOT_ARGS &&
           mk_opcode_may_publish(item->opcode) &&
           mk_may_publish(ring[index * MK_SLOT_WORDS + MK_SLOT_STATUS]);
}

// A concurrent reader that sees PUBLISHED sees the rest.
void mk_slot_write(uint32_t slot[MK_SLOT_WORDS], uint32_t tenant, const struct mk_item *item)
{
    slot[MK_SLOT_OPCODE] = item->opcode;
    slot[MK_SLOT_TENANT] = tenant;
    slot[MK_SLOT_PRIORITY] = MK_PRIORITY_NORMAL;
    memset(slot + MK_SLOT_ARG0, 0, MK_SLOT_ARGS * sizeof *slot);
    if (item->arg_count > 0)
        memcpy(slot + MK_SLOT_ARG0, item->args, item->arg_count * sizeof *slot);
    __atomic_store_n(&slot[MK_SLOT_STATUS], (uint32_t)MK_STATUS_PUBLISHED, __ATOMIC_RELEASE);
}

enum vyre_result mk_slot_publish(uint32_t *ring, uint32_t slots, uint32_t index, uint32_t tenant,
                                 const struct mk_item *item)
{
    if (!valid(ring, slots, index, item))
        return VYRE_ERR_INVALID_ARGUMENT;
    mk_slot_write(ring + (size_t)index * MK_SLOT_WORDS, tenant, item);
    return VYRE_OK;
}

enum vyre_result mk_slot_publish_batch(uint32_t *ring, uint32_t slots, uint32_t first,
                                       uint32_t tenant, const struct mk_item *items, uint32_t count,
                                       uint32_t tag)
{
    const uint32_t fence_args[] = { count, tag };
    const struct mk_item fence = { MK_OPCODE_BATCH_FENCE, 2, fence_args };
    for (uint32_t i = 0; i < count; i++)
        if (!valid(ring, slots, (uint64_t)first + i, &items[i]))
            return VYRE_ERR_INVALID_ARGUMENT;
    if (!valid(ring, slots, (uint64_t)first + count, &fence))
        return VYRE_ERR_INVALID_ARGUMENT;
    uint32_t *slot = ring + (size_t)first * MK_SLOT_WORDS;
    for (uint32_t i = 0; i < count; i++, slot += MK_SLOT_WORDS)
        mk_slot_write(slot, tenant, &items[i]);
    mk_slot_write(slot, tenant, &fence);
    return VYRE_OK;
}

// ---- Images -------------------------------------------------------------------------------------

void mk_load_miss_encode(uint32_t slot[MK_SLOT_WORDS], uint32_t resource, bool prefetch)
{
    memset(slot, 0, MK_SLOT_WORDS * sizeof *slot);
    slot[MK_SLOT_STATUS] = MK_STATUS_PUBLISHED;
    slot[MK_SLOT_OPCODE] = MK_OPCODE_LOAD_MISS;
    slot[MK_SLOT_ARG0] = resource;
    slot[MK_SLOT_ARG0 + 1] = prefetch;
}

bool mk_load_miss_decode(const uint32_t slot[MK_SLOT_WORDS], uint32_t *resource, bool *prefetch)
{
    if (slot[MK_SLOT_OPCODE] != MK_OPCODE_LOAD_MISS)
        return false;
    *resource = slot[MK_SLOT_ARG0];
    *prefetch = slot[MK_SLOT_ARG0 + 1] != 0;
    return true;
}

uint32_t mk_ring_count_done(const uint32_t *ring, uint32_t slots)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < slots; i++)
        done += ring[(size_t)i * MK_SLOT_WORDS + MK_SLOT_STATUS] == MK_STATUS_DONE;
    return done;
}
