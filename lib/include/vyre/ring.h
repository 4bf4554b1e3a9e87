// SPDX-License-Identifier: MIT
// The ring: work slots that a persistent kernel claims, so that work costs a store, not a submit.
#ifndef VYRE_RING_H
#define VYRE_RING_H

#include <vyre/kernel.h>
#include <vyre/replay.h>

VYRE_BEGIN

// A resident payload program, its slots, and the epochs that run them.
//
// Thread-safety: one thread at a time.
// Lifetime: holds its device and segment buffers. Destroying it waits for epochs in flight, for
// each at most hang_timeout_ns once it runs (see there); after a hang it abandons what the device
// may still touch.
struct vyre_ring;

// Most windows that one slot can carry: the payload's buffers, workgroup memory not counted.
#define VYRE_RING_MAX_WINDOWS 8

struct vyre_ring_params {
    const struct vyre_program *payload; // required; see docs/megakernel.md for what is refused
    // One segment per payload buffer that is not workgroup memory, in declaration order: the memory
    // that the windows of that buffer are taken from. The same buffer may serve several,
    // but no two windows of one unit of work may overlap in it unless the payload only reads both.
    struct vyre_buffer *const *segments;
    size_t segment_count;
    uint32_t slot_count;       // power of two, 2 to 65536; 0: 4096
    uint32_t epochs_in_flight; // 1 to 3; 0: 2
    uint32_t claim_batch;      // slots per claim; 0: chosen by the ring
    // An epoch that runs longer is a hang; 0: 10 s. Its clock starts when the dispatches, other
    // rings and other work in front of it on the same device are done; each submission of those may
    // take as long, and at least 30 s.
    uint64_t hang_timeout_ns;
    // Virtual workgroups that one unit of work may carry. Loops of the payload and this number
    // share the device's loop limit. 0: chosen, see vyre_ring_stats.max_workgroups.
    uint32_t max_workgroups;
    struct vyre_cache *cache; // NULL: compile every time
    // NULL: none. Gets a record of each unit of work that is retired, and of those that were in
    // flight when the device hung or was lost (docs/megakernel.md). Borrowed until the ring is
    // destroyed. When it cannot be written to, the log has a warning and the ring goes on without.
    struct vyre_replay *replay;
    const struct vyre_diag_sink *diag;
    struct vyre_log log; // kept by the ring
};

#define vyre_ring_params(...) (&(const struct vyre_ring_params){ __VA_ARGS__ })

// Part of a segment, as the payload sees one of its buffers.
struct vyre_window {
    uint64_t offset; // bytes from the start of the segment; multiple of 4
    uint64_t size;   // bytes; multiple of 4
};

// One unit of work: a range of virtual workgroups of the payload.
struct vyre_work {
    struct vyre_window windows[VYRE_RING_MAX_WINDOWS]; // one per payload buffer
    uint32_t workgroup_base;                           // first virtual workgroup on x
    uint32_t workgroup_count; // virtual workgroups on x, run one after another by one workgroup; 0:
                              // one; at most vyre_ring_stats.max_workgroups
    uint32_t tenant;          // 0 to 28
    uint64_t tag;             // returned with the completion
};

enum vyre_work_status {
    VYRE_WORK_DONE = 0,
    VYRE_WORK_FAULT = 1,  // trap, exhausted loop bound, or a slot that fails its checks
    VYRE_WORK_DENIED = 2, // the tenant's mask denies it
};

struct vyre_completion {
    uint64_t tag;
    enum vyre_work_status status;
    uint32_t detail; // fault code; see docs/megakernel.md
};

struct vyre_ring_stats {
    uint64_t epochs;
    uint64_t slots_published;
    uint64_t slots_retired;
    uint64_t slots_faulted;
    uint64_t longest_epoch_ns; // submit to retire
    uint32_t fuel;             // slots that one workgroup may run in one epoch
    uint32_t loop_limit;       // of the device, in passes; 0: none
    uint32_t max_workgroups;   // virtual workgroups that one unit of work may carry
    uint64_t memory_bytes;     // of the ring's own buffers; the segments are the caller's
};

// Fuses the payload into the resident kernel, compiles it through the cache and prepares the slots.
// Returns VYRE_ERR_INVALID_PROGRAM, VYRE_ERR_UNSUPPORTED (codes M0nn: the payload cannot be
// resident and why), VYRE_ERR_LIMIT (its loops cannot be kept under the device's loop limit) or
// what vyre_kernel_create returns.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_ring_create(struct vyre_device *device,
                                                         const struct vyre_ring_params *params,
                                                         struct vyre_ring **out);

// Publishes `count` units of work, all or none; copies them. VYRE_FULL: not enough free slots, pump
// first; a slot is free again when its completion was returned. VYRE_ERR_LIMIT: more units than the
// ring has slots. VYRE_ERR_INVALID_ARGUMENT: a window outside its segment or smaller than the
// payload's declaration, windows that overlap in one buffer although the payload may write one of
// them, too many workgroups, or a tenant that cannot be.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_ring_publish(struct vyre_ring *ring,
                                                          const struct vyre_work *work,
                                                          size_t count);

// Submits epochs while anything published is unclaimed, retires finished ones, and returns up to
// `capacity` completions in *count, in publish order within an epoch. Waits up to `timeout_ns` for
// the first completion. VYRE_TIMEOUT: none came. VYRE_DONE: nothing is published or in flight.
// With a capacity of 0 it submits and retires, and VYRE_OK says that completions are waiting.
// VYRE_ERR_HANG: an epoch ran longer than hang_timeout_ns, or epochs completed without doing their
// work; the device is poisoned, and the log has the reason (M006, M007).
VYRE_API VYRE_MUST_USE enum vyre_result vyre_ring_pump(struct vyre_ring *ring, uint64_t timeout_ns,
                                                       struct vyre_completion *completions,
                                                       size_t capacity, size_t *count);

VYRE_API void vyre_ring_get_stats(const struct vyre_ring *ring, struct vyre_ring_stats *out);

// How the resident kernel was made.
VYRE_API void vyre_ring_get_kernel_stats(const struct vyre_ring *ring,
                                         struct vyre_kernel_stats *out);

VYRE_API void vyre_ring_destroy(struct vyre_ring **ring);

VYRE_END

#endif // VYRE_RING_H
