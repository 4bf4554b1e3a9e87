// SPDX-License-Identifier: MIT
// What a ring writes into its replay log.
#include "object.h"

#include <time.h>

// Known to tools of other implementations as "dispatch failed".
enum { ERROR_DISPATCH = 1005 };

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now); // a log is compared with other logs
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Statuses are those that the device left in the slot.
static void describe(const struct mk_entry *entry, bool lost, struct vyre_replay_record *out)
{
    out->slot = entry->slot;
    out->tenant = entry->tenant;
    out->opcode = VYRE_OPCODE_PAYLOAD;
    out->args[MK_ARG_BASE] = entry->args[MK_ARG_BASE];
    out->args[MK_ARG_COUNT] = entry->args[MK_ARG_COUNT];
    if (lost) {
        out->status = VYRE_STATUS_CLAIMED;
        out->failure = VYRE_REPLAY_DEVICE_LOSS;
        out->error_code = ERROR_DISPATCH;
        return;
    }
    switch (entry->verdict & 0xFF) {
    case VYRE_WORK_DONE: out->status = VYRE_STATUS_DONE; break;
    case VYRE_WORK_DENIED: out->status = VYRE_STATUS_PUBLISHED; break;
    default:
        out->status = VYRE_STATUS_FAULT;
        out->failure = VYRE_REPLAY_PROGRAM_BUG;
        out->error_code = entry->verdict >> 8;
    }
}

void mk_ring_record(struct vyre_ring *ring, uint64_t from, uint64_t to, bool lost)
{
    enum { PIECE = 32 };
    struct vyre_replay_record records[PIECE];
    const uint64_t now = ring->replay ? clock_ns() : 0;
    // Epochs count from 1; the one that is retired is not in flight any more.
    const uint32_t epoch = (uint32_t)(ring->stats.epochs - (lost ? 0 : ring->epoch_count));
    while (ring->replay && from < to) {
        size_t count = 0;
        for (; count < PIECE && from < to; count++, from++) {
            records[count] = (struct vyre_replay_record){ .timestamp_ns = now, .epoch = epoch };
            describe(&ring->entries[(uint32_t)from & (ring->limits.slot_count - 1)], lost,
                     &records[count]);
        }
        if (vyre_replay_append(ring->replay, records, count, NULL) != VYRE_OK) {
            log_write(&ring->log, VYRE_LOG_WARNING,
                      "the replay log cannot be written to; the ring goes on without");
            ring->replay = NULL;
        }
    }
}
