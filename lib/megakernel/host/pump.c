// SPDX-License-Identifier: MIT
// Epochs: submit, retire, deliver.
#include "object.h"

#include "base/size.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

// Epochs in a row that may do nothing although there is work, before that counts as a hang: a
// driver that drops dispatches, or a shader that ends before its first claim.
enum { MOST_IDLE_EPOCHS = 4 };

// How often a wait for an epoch looks whether it hangs.
static const uint64_t slice_ns = 100ull * 1000 * 1000;

uint64_t mk_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum vyre_result mk_ring_hang(struct vyre_ring *ring, enum diag_code code, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(&ring->log, VYRE_LOG_ERROR, "%s: %s", diag_code_name(code), text);
    vk_device_poison(ring->device, VYRE_ERR_HANG);
    return VYRE_ERR_HANG;
}

// ---- Submitting ---------------------------------------------------------------------------------

static void record(struct vyre_ring *ring, const struct mk_epoch_plan *plan, uint32_t report,
                   struct vk_commands *commands)
{
    const uint32_t grid[3] = { plan->workgroups, 1, 1 };
    vk_commands_dispatch(commands, ring->code.pipeline, ring->bindings, ring->push,
                         ring->push_bytes, NULL, grid);
    vk_commands_barrier(commands);
    vk_commands_copy(commands, ring->own[MK_BUFFER_STATE].buffer, MK_STATE_HEAD * 4,
                     ring->report.buffer, report * 4, 4);
}

static enum vyre_result submit_epoch(struct vyre_ring *ring)
{
    // What earlier epochs left unclaimed, this one takes along.
    const uint64_t from = ring->epoch_count > 0 ? ring->tail : ring->head;
    const uint64_t left_over = ring->tail - from;
    const uint32_t quota = (uint32_t)u64_max(ring->quota, left_over);
    const struct mk_epoch_plan plan = mk_epoch_plan(&ring->limits, ring->published - from, quota);
    struct mk_epoch epoch = {
        .tail = u64_max(ring->tail, from + plan.slots),
        .slots = plan.slots,
        .report = ring->next_report,
    };
    ring->push[ring->param_at + MK_PARAM_TAIL] = (uint32_t)epoch.tail;
    ring->push[ring->param_at + MK_PARAM_STEPS] = plan.steps;
    ring->push[ring->param_at + MK_PARAM_BATCH] = plan.batch;

    struct vk_commands *commands = NULL;
    enum vyre_result result = vk_commands_begin(ring->device, &commands);
    if (result != VYRE_OK)
        return result;
    record(ring, &plan, epoch.report, commands);
    epoch.submitted_ns = mk_now_ns();
    result = vk_commands_submit(&commands, &epoch.point);
    if (result != VYRE_OK)
        return result;
    ring->tail = epoch.tail;
    ring->next_report = (ring->next_report + 1) % MK_MOST_EPOCHS;
    ring->epochs[ring->epoch_count++] = epoch;
    ring->stats.epochs++;
    return VYRE_OK;
}

// Nothing waits without an epoch that will see it; an idle ring submits nothing.
static enum vyre_result submit_what_waits(struct vyre_ring *ring)
{
    enum vyre_result result = VYRE_OK;
    while (result == VYRE_OK && ring->epoch_count < ring->most_epochs &&
           (ring->published > ring->tail || (ring->epoch_count == 0 && ring->head < ring->tail)))
        result = submit_epoch(ring);
    return result;
}

// ---- Retiring -----------------------------------------------------------------------------------

// Takes up to `count` verdicts. Fewer: the next entry has no completion.
static void take_verdicts(struct vyre_ring *ring, uint32_t count)
{
    const uint32_t mask = ring->limits.slot_count - 1;
    const uint32_t *completions = ring->own[MK_BUFFER_COMPLETION].words;
    for (uint32_t i = 0; i < count; i++, ring->head++) {
        const uint32_t at = (uint32_t)ring->head & mask;
        const uint32_t *completion = completions + (size_t)at * MK_COMPLETION_WORDS;
        if (completion[MK_COMPLETION_TICKET] != (uint32_t)ring->head + 1)
            return;
        ring->entries[at].verdict = completion[MK_COMPLETION_VERDICT];
        ring->stats.slots_retired++;
        ring->stats.slots_faulted += (ring->entries[at].verdict & 0xFF) == VYRE_WORK_FAULT;
    }
}

// Every claimed entry must have its completion: a shader that a driver ended early leaves none.
static enum vyre_result retire_entries(struct vyre_ring *ring, uint32_t count)
{
    const uint64_t first = ring->head;
    take_verdicts(ring, count);
    mk_ring_record(ring, first, ring->head, false);
    if (ring->head - first == count)
        return VYRE_OK;
    const struct mk_entry *entry =
        &ring->entries[(uint32_t)ring->head & (ring->limits.slot_count - 1)];
    return mk_ring_hang(ring, DIAG_M007, "slot %u at queue position %llu", entry->slot,
                        (unsigned long long)ring->head);
}

static enum vyre_result note_progress(struct vyre_ring *ring, enum mk_progress progress)
{
    if (progress == MK_PROGRESS_NONSENSE)
        return mk_ring_hang(ring, DIAG_M007, "the claim head is beyond the tail");
    ring->idle_epochs = progress == MK_PROGRESS_NONE ? ring->idle_epochs + 1 : 0;
    if (ring->idle_epochs >= MOST_IDLE_EPOCHS)
        return mk_ring_hang(ring, DIAG_M006, "%u epochs completed and claimed nothing",
                            ring->idle_epochs);
    return VYRE_OK;
}

// The oldest epoch is complete. `exact`: the host was waiting for it.
static enum vyre_result retire_epoch(struct vyre_ring *ring, bool exact)
{
    const struct mk_epoch epoch = ring->epochs[0];
    ring->epoch_count--;
    for (uint32_t i = 0; i < ring->epoch_count; i++)
        ring->epochs[i] = ring->epochs[i + 1];

    const uint64_t now = mk_now_ns();
    const uint64_t duration = now - u64_max(epoch.submitted_ns, ring->retired_ns);
    ring->retired_ns = now;
    ring->stats.longest_epoch_ns = u64_max(ring->stats.longest_epoch_ns, duration);
    ring->quota = mk_quota_next(&ring->limits, ring->quota, epoch.slots, duration, exact);

    uint32_t advance;
    enum mk_progress progress =
        mk_epoch_progress(ring->head, epoch.tail, ring->report.words[epoch.report], &advance);
    enum vyre_result result = note_progress(ring, progress);
    return result == VYRE_OK ? retire_entries(ring, advance) : result;
}

static enum vyre_result retire_what_is_done(struct vyre_ring *ring)
{
    while (ring->epoch_count > 0) {
        enum vyre_result result = vk_wait(ring->device, ring->epochs[0].point, 0);
        if (result == VYRE_TIMEOUT)
            return VYRE_OK;
        if (result == VYRE_OK)
            result = retire_epoch(ring, false);
        if (result != VYRE_OK)
            return result;
    }
    return VYRE_OK;
}

// Waits for the oldest epoch. VYRE_TIMEOUT: not yet, and it is not late either.
static enum vyre_result wait_for_epoch(struct vyre_ring *ring, uint64_t timeout_ns)
{
    const struct mk_epoch *epoch = &ring->epochs[0];
    const uint64_t start = mk_now_ns();
    uint64_t wait_ns = 0;
    for (;;) {
        enum vyre_result result = vk_wait(ring->device, epoch->point, wait_ns);
        if (result == VYRE_OK)
            return retire_epoch(ring, true);
        if (result != VYRE_TIMEOUT)
            return result;
        const uint64_t left = vk_hang_left(ring->device, epoch->point, ring->hang_timeout_ns);
        if (left == 0)
            return mk_ring_hang(ring, DIAG_M006,
                                "an epoch of %u slots, or what is in front of it, does not end; "
                                "hang_timeout_ns is %llu ms",
                                epoch->slots,
                                (unsigned long long)(ring->hang_timeout_ns / 1000000));
        const uint64_t waited = mk_now_ns() - start;
        if (waited >= timeout_ns)
            return VYRE_TIMEOUT;
        // Shortly, because how much is left changes when the epoch comes to the front.
        wait_ns = u64_min(timeout_ns - waited, u64_min(left, slice_ns));
    }
}

// ---- Delivering ---------------------------------------------------------------------------------

static size_t deliver(struct vyre_ring *ring, struct vyre_completion *completions, size_t capacity)
{
    size_t count = 0;
    for (; count < capacity && ring->delivered < ring->head; count++, ring->delivered++) {
        const struct mk_entry *entry =
            &ring->entries[(uint32_t)ring->delivered & (ring->limits.slot_count - 1)];
        completions[count] = (struct vyre_completion){
            .tag = entry->tag,
            .status = (enum vyre_work_status)(entry->verdict & 0xFF),
            .detail = entry->verdict >> 8,
        };
        mk_ring_free_slot(ring, entry);
    }
    return count;
}

static enum vyre_result pump(struct vyre_ring *ring, uint64_t timeout_ns,
                             struct vyre_completion *completions, size_t capacity, size_t *count)
{
    const uint64_t start = mk_now_ns();
    for (;;) {
        enum vyre_result result = vyre_device_status(ring->device);
        if (result == VYRE_OK)
            result = retire_what_is_done(ring);
        if (result == VYRE_OK)
            result = submit_what_waits(ring);
        if (result != VYRE_OK && ring->delivered == ring->head)
            return result;
        // Completions that are there are delivered first; the next call meets the error again.
        *count = deliver(ring, completions, capacity);
        if (*count > 0 || (capacity == 0 && ring->delivered < ring->head))
            return VYRE_OK;
        if (ring->epoch_count == 0)
            return VYRE_DONE;
        const uint64_t elapsed = mk_now_ns() - start;
        result = wait_for_epoch(ring, elapsed < timeout_ns ? timeout_ns - elapsed : 0);
        if (result != VYRE_OK)
            return result;
    }
}

enum vyre_result vyre_ring_pump(struct vyre_ring *ring, uint64_t timeout_ns,
                                struct vyre_completion *completions, size_t capacity, size_t *count)
{
    if (!count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *count = 0;
    if (!ring || timeout_ns == UINT64_MAX || (capacity > 0 && !completions))
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = pump(ring, timeout_ns, completions, capacity, count);
    if (result == VYRE_ERR_HANG || result == VYRE_ERR_DEVICE_LOST) {
        mk_ring_record(ring, ring->head, ring->tail, true);
        ring->replay = NULL; // nothing more will happen on this device
    }
    return result;
}
