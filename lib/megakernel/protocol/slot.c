// SPDX-License-Identifier: MIT
// Slots as they lie in a ring, and who may change their status (spec: protocol.md, 1.1, 1.2, 1.8
// and 1.11).
#include <vyre/protocol.h>

#include "words.h"

static bool has_slot(const void *ring, size_t size, uint32_t index,
                     const struct vyre_diag_sink *diag)
{
    if ((!ring && size > 0) || !words_whole("ring", size, VYRE_SLOT_SIZE, diag))
        return false;
    if (index < size / VYRE_SLOT_SIZE)
        return true;
    diag_report(diag, DIAG_P003, NULL, "the ring is missing slot %u in %zu bytes", index, size);
    return false;
}

static size_t word_of(uint32_t index)
{
    return (size_t)index * VYRE_SLOT_WORDS;
}

// ---- Images -------------------------------------------------------------------------------------

enum vyre_result vyre_slot_read(const void *ring, size_t size, uint32_t index,
                                struct vyre_slot *out, const struct vyre_diag_sink *diag)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_slot){ .status = VYRE_STATUS_EMPTY };
    if (!has_slot(ring, size, index, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    const size_t at = word_of(index);
    out->status = word_get(ring, at + VYRE_SLOT_STATUS);
    out->opcode = word_get(ring, at + VYRE_SLOT_OPCODE);
    out->tenant = word_get(ring, at + VYRE_SLOT_TENANT);
    out->priority = word_get(ring, at + VYRE_SLOT_PRIORITY);
    for (size_t i = 0; i < VYRE_SLOT_ARGS; i++)
        out->args[i] = word_get(ring, at + VYRE_SLOT_ARG0 + i);
    return VYRE_OK;
}

enum vyre_result vyre_slot_write(void *ring, size_t size, uint32_t index,
                                 const struct vyre_slot *slot, const struct vyre_diag_sink *diag)
{
    if (!slot || !has_slot(ring, size, index, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    const size_t at = word_of(index);
    word_put(ring, at + VYRE_SLOT_OPCODE, slot->opcode);
    word_put(ring, at + VYRE_SLOT_TENANT, slot->tenant);
    word_put(ring, at + VYRE_SLOT_PRIORITY, slot->priority);
    for (size_t i = 0; i < VYRE_SLOT_ARGS; i++)
        word_put(ring, at + VYRE_SLOT_ARG0 + i, slot->args[i]);
    word_release(ring, at + VYRE_SLOT_STATUS, slot->status);
    return VYRE_OK;
}

void vyre_load_miss_encode(uint32_t resource, bool prefetch, struct vyre_slot *out)
{
    *out = (struct vyre_slot){
        .status = VYRE_STATUS_PUBLISHED,
        .opcode = VYRE_OPCODE_LOAD_MISS,
        .args = { resource, prefetch },
    };
}

enum vyre_result vyre_load_miss_decode(const struct vyre_slot *slot, uint32_t *resource,
                                       bool *prefetch)
{
    if (!slot || !resource || !prefetch)
        return VYRE_ERR_INVALID_ARGUMENT;
    const bool is_one = slot->opcode == VYRE_OPCODE_LOAD_MISS;
    *resource = is_one ? slot->args[0] : 0;
    *prefetch = is_one && slot->args[1] != 0;
    return is_one ? VYRE_OK : VYRE_MISS;
}

// ---- Status -------------------------------------------------------------------------------------

const char *vyre_slot_status_name(uint32_t status)
{
    static const char *const names[] = { "EMPTY",   "PUBLISHED", "CLAIMED", "DONE",
                                         "WAIT_IO", "YIELD",     "REQUEUE", "FAULT" };
    return status < sizeof names / sizeof *names ? names[status] : NULL;
}

static bool moves(enum vyre_slot_transition transition, uint32_t status, uint32_t *next)
{
    enum {
        PUBLISHED = 1u << VYRE_STATUS_PUBLISHED,
        CLAIMED = 1u << VYRE_STATUS_CLAIMED,
        WAIT_IO = 1u << VYRE_STATUS_WAIT_IO,
        RESUMABLE = 1u << VYRE_STATUS_YIELD | 1u << VYRE_STATUS_REQUEUE,
    };
    static const struct {
        uint32_t from; // bit per status
        uint32_t to;
    } table[] = {
        [VYRE_TRANSITION_PUBLISH] = { 0, VYRE_STATUS_PUBLISHED },
        [VYRE_TRANSITION_CLAIM] = { PUBLISHED | RESUMABLE, VYRE_STATUS_CLAIMED },
        [VYRE_TRANSITION_DONE] = { CLAIMED, VYRE_STATUS_DONE },
        [VYRE_TRANSITION_FAULT] = { PUBLISHED | CLAIMED | WAIT_IO | RESUMABLE, VYRE_STATUS_FAULT },
        [VYRE_TRANSITION_CANCEL] = { PUBLISHED | WAIT_IO | RESUMABLE, VYRE_STATUS_EMPTY },
    };
    if ((unsigned)transition >= sizeof table / sizeof *table || status > VYRE_STATUS_FAULT ||
        !(table[transition].from & 1u << status))
        return false;
    *next = table[transition].to;
    return true;
}

enum vyre_result vyre_slot_transition(void *ring, size_t size, uint32_t index,
                                      enum vyre_slot_transition transition, uint32_t *previous,
                                      const struct vyre_diag_sink *diag)
{
    if (!previous)
        return VYRE_ERR_INVALID_ARGUMENT;
    *previous = 0;
    if (!has_slot(ring, size, index, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    const size_t at = word_of(index) + VYRE_SLOT_STATUS;
    const uint32_t status = word_get(ring, at);
    uint32_t next;
    if (!moves(transition, status, &next)) {
        diag_report(diag, DIAG_P004, NULL,
                    "slot %u has status %u, from where transition %d is not "
                    "allowed",
                    index, status, (int)transition);
        return VYRE_ERR_INVALID_ARGUMENT;
    }
    word_release(ring, at, next);
    *previous = status;
    return VYRE_OK;
}

enum vyre_result vyre_slot_count_done(const void *ring, size_t size, uint32_t slots, uint32_t *out,
                                      const struct vyre_diag_sink *diag)
{
    if (!out || (!ring && size > 0))
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = 0;
    if (!words_whole("ring", size, 4, diag))
        return VYRE_ERR_INVALID_DATA;
    if (slots > size / VYRE_SLOT_SIZE) {
        diag_report(diag, DIAG_P003, NULL, "the ring has fewer than %u slots in %zu bytes", slots,
                    size);
        return VYRE_ERR_INVALID_DATA;
    }
    for (uint32_t i = 0; i < slots; i++)
        *out += word_get(ring, word_of(i) + VYRE_SLOT_STATUS) == VYRE_STATUS_DONE;
    return VYRE_OK;
}
