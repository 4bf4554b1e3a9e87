// SPDX-License-Identifier: MIT
// Decisions about epochs, without a device: how much work one takes, how many workgroups run it,
// and what the head that it leaves behind means.
#ifndef MEGAKERNEL_EPOCH_H
#define MEGAKERNEL_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

// What does not change over the life of a ring.
struct mk_epoch_limits {
    uint32_t slot_count;
    uint32_t batch;           // most slots of one claim
    uint32_t steps;           // most claims of one workgroup
    uint32_t width;           // workgroups that the device can run side by side, roughly
    uint32_t most_workgroups; // of one dispatch
};

struct mk_epoch_plan {
    uint32_t slots; // entries that the epoch may reach beyond those of the epochs before it
    uint32_t batch;
    uint32_t steps;
    uint32_t workgroups;
};

// Plans an epoch for `waiting` entries, at least one, under a quota of slots per epoch. Every entry
// finds a workgroup unless there are more than steps * batch * most_workgroups.
struct mk_epoch_plan mk_epoch_plan(const struct mk_epoch_limits *limits, uint64_t waiting,
                                   uint32_t quota);

// Of the first epoch: one slot for each workgroup, because nothing is known about the payload yet.
// The quota doubles quickly when slots turn out to be short.
uint32_t mk_quota_first(const struct mk_epoch_limits *limits);

// The quota after an epoch of `slots` slots that took `duration_ns`: epochs aim at 20 to 100 ms,
// far below the shortest watchdog. `exact`: the host waited for its end; else it took at most this
// long, which is no reason to shrink.
uint32_t mk_quota_next(const struct mk_epoch_limits *limits, uint32_t quota, uint32_t slots,
                       uint64_t duration_ns, bool exact);

enum mk_progress {
    MK_PROGRESS_DONE,    // everything up to the epoch's tail is claimed
    MK_PROGRESS_SOME,    // part of it
    MK_PROGRESS_NONE,    // work was there and nobody took any
    MK_PROGRESS_NONSENSE // the head is where it cannot be
};

// What the head that an epoch reports means, when `head` was known before and `tail` was its tail.
// *advance is how many entries were claimed.
enum mk_progress mk_epoch_progress(uint64_t head, uint64_t tail, uint32_t reported,
                                   uint32_t *advance);

#endif // MEGAKERNEL_EPOCH_H
