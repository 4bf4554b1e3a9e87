// SPDX-License-Identifier: MIT
// The ring, as its files see it.
//
// Work is named by its queue position, which counts from 0 and never wraps on the host:
//
//     delivered <= head <= tail <= published <= delivered + slot_count
//
// Completions of [delivered, head) wait for the caller, entries of [head, tail) belong to epochs in
// flight, those of [tail, published) to the next one. The host touches nothing of [head, tail).
#ifndef MEGAKERNEL_OBJECT_H
#define MEGAKERNEL_OBJECT_H

#include "base/report.h"
#include "epoch.h"
#include "kernel/build.h"
#include "megakernel/program/fuse.h"
#include "vk/device.h"
#include <vyre/ring.h>

enum { MK_MOST_EPOCHS = 3, MK_MOST_RANGES = MK_BUFFER_SEGMENTS + VYRE_RING_MAX_WINDOWS };

// What the host remembers about a queue entry, at its position modulo slot_count.
struct mk_entry {
    uint64_t tag;
    uint32_t slot;
    uint32_t verdict; // once the position is below head
    uint32_t tenant;
    uint32_t args[2]; // by MK_ARG_BASE and MK_ARG_COUNT
};

struct mk_epoch {
    uint64_t point; // of its submission
    uint64_t tail;
    uint64_t submitted_ns;
    uint32_t slots;
    uint32_t report; // where it leaves the head, in the report buffer
};

// A buffer of the ring's own; `words` is NULL for memory that the host cannot see.
struct mk_memory {
    struct vyre_buffer *buffer;
    uint32_t *words;
};

struct vyre_ring {
    struct vyre_device *device;
    struct vyre_log log;
    struct vyre_replay *replay; // borrowed; NULL when there is none or it failed
    struct mk_shape shape;
    struct mk_epoch_limits limits;
    uint64_t hang_timeout_ns;
    uint32_t loop_limit;
    uint32_t workgroup_width; // invocations on x

    struct kernel_code code;
    struct vk_bindings *bindings;
    struct mk_memory own[MK_BUFFER_SEGMENTS];
    struct mk_memory report;
    struct vyre_buffer *segments[VYRE_RING_MAX_WINDOWS];
    uint64_t segment_sizes[VYRE_RING_MAX_WINDOWS]; // bytes
    bool written[VYRE_RING_MAX_WINDOWS];           // whether the payload may write there
    uint64_t least_windows[VYRE_RING_MAX_WINDOWS]; // bytes that the payload's declaration asks for
    // Byte lengths, parameters, and what follows from the lengths.
    uint32_t push[MK_MOST_RANGES + MK_PARAM_COUNT + VYRE_MODULE_MOST_DERIVED];
    uint32_t push_bytes;
    uint32_t param_at; // of the first parameter in `push`

    struct mk_entry *entries; // owned, slot_count
    uint32_t *free_slots;     // owned, slot_count; the first `free_count` are free
    uint32_t free_count;
    uint64_t delivered, head, tail, published;

    struct mk_epoch epochs[MK_MOST_EPOCHS]; // oldest first
    uint32_t epoch_count;
    uint32_t most_epochs;
    uint32_t next_report;
    uint64_t retired_ns;  // when the last epoch was retired
    uint32_t idle_epochs; // in a row, that had work and did none
    uint32_t quota;
    struct vyre_ring_stats stats;
};

uint64_t mk_now_ns(void);

// Gives a claimed or denied slot back to the host's free list, with a status that tools understand.
void mk_ring_free_slot(struct vyre_ring *ring, const struct mk_entry *entry);

// Records the work of [from, to): its verdict, or, when `lost`, that the device took it along.
void mk_ring_record(struct vyre_ring *ring, uint64_t from, uint64_t to, bool lost);

// Stops using the device: reports `code`, poisons it and returns VYRE_ERR_HANG.
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum vyre_result
mk_ring_hang(struct vyre_ring *ring, enum diag_code code, const char *format, ...);

#endif // MEGAKERNEL_OBJECT_H
