// SPDX-License-Identifier: MIT
// The scheduler (spec: semantics.md, 7.2). It decides the result of racy programs, so rounds and
// ticks are kept exactly: in a round every invocation that can do so ticks once, in linear order.
#include <string.h>

#include "run.h"

static bool is_done(const struct interp_invocation *invocation)
{
    return invocation->returned || invocation->frame_count == 0;
}

bool interp_charge(struct interp_run *run, uint64_t steps)
{
    if (steps > run->steps_left) {
        run->steps_left = 0;
        interp_fail(run, DIAG_X006, "the step limit is reached");
        run->result = VYRE_ERR_LIMIT;
        return false;
    }
    run->steps_left -= steps;
    return true;
}

// The loop on top tests its bound, and starts an iteration or ends.
static bool tick_loop(struct interp_run *run)
{
    struct interp_invocation *self = run->current;
    struct interp_frame *frame = &self->frames[self->frame_count - 1];
    self->passes++;
    run->group_passes++;
    if (frame->next >= frame->to) {
        interp_note_skipped(run, frame->loop, false);
        self->frame_count--;
        return true;
    }
    const struct interp_value value = interp_u32(frame->next);
    const struct ir_node *loop = frame->loop;
    frame->next++;
    run->node = loop;
    interp_push_body(self, &loop->body, true);
    return interp_bind(run, loop->name, &value, true);
}

static bool tick(struct interp_run *run)
{
    struct interp_invocation *self = run->current;
    struct interp_frame *frame = &self->frames[self->frame_count - 1];
    if (!interp_charge(run, 1) || !interp_collect(run))
        return false;
    self->last = NULL;
    if (!frame->body)
        return tick_loop(run);
    if (frame->next < frame->body->count) {
        self->last = run->node = frame->body->nodes[frame->next++];
        return interp_execute(run, run->node);
    }
    // Only the entry is not a scope: what it bound stays until the invocation ends.
    if (frame->scoped)
        interp_unbind(self, frame->log_base);
    self->frame_count--;
    return true;
}

// Live invocations must agree about each condition that decides about a barrier.
static bool check_conditions(struct interp_run *run)
{
    for (uint32_t i = 0; i < run->condition_count; i++) {
        unsigned seen = 0;
        for (uint32_t k = 0; k < run->invocation_count; k++)
            if (!is_done(&run->invocations[k]))
                seen |= run->invocations[k].seen[i];
        if (seen == (INTERP_SAW_TRUE | INTERP_SAW_FALSE)) {
            run->current = NULL;
            run->node = run->conditions[i];
            return interp_fail(run, DIAG_X021,
                               "a condition around a barrier is not the same everywhere");
        }
    }
    return true;
}

// Lets everybody go when all that live wait. Returns whether anybody lives.
static bool release(struct interp_run *run)
{
    uint32_t live = 0, waiting = 0;
    for (uint32_t i = 0; i < run->invocation_count; i++) {
        const struct interp_invocation *invocation = &run->invocations[i];
        if (!is_done(invocation)) {
            live++;
            waiting += invocation->waiting;
        }
    }
    if (live > 0 && waiting == live) {
        run->epoch++;
        for (uint32_t i = 0; i < run->invocation_count; i++)
            run->invocations[i].waiting = false;
    }
    return live > 0;
}

static bool start(struct interp_run *run)
{
    const uint32_t *size = run->program->workgroup;
    uint64_t work = run->workgroup_memory / INTERP_BYTES_PER_STEP +
                    (uint64_t)run->invocation_count * (1 + run->condition_count / 8);
    if (!interp_charge(run, work))
        return false;
    for (uint32_t i = 0; i < run->program->buffer_count; i++) {
        struct interp_buffer *buffer = &run->buffers[i];
        if (buffer->decl->access == VYRE_ACCESS_WORKGROUP)
            memset(buffer->bytes, 0, (size_t)buffer->size);
    }
    for (uint32_t i = 0; i < run->invocation_count; i++) {
        struct interp_invocation *invocation = &run->invocations[i];
        const uint32_t local[3] = { i % size[0], i / size[0] % size[1], i / size[0] / size[1] };
        for (unsigned axis = 0; axis < 3; axis++) {
            uint64_t id = (uint64_t)run->group[axis] * size[axis] + local[axis];
            if (id > UINT32_MAX)
                return interp_fail(run, DIAG_X007, "an invocation id on axis %c is too large",
                                   "xyz"[axis]);
            invocation->local_id[axis] = local[axis];
            invocation->global_id[axis] = (uint32_t)id;
        }
        interp_unbind(invocation, 0);
        if (run->condition_count > 0)
            memset(invocation->seen, 0, run->condition_count);
        invocation->linear = i;
        invocation->last = NULL;
        invocation->passes = 0;
        invocation->returned = false;
        invocation->waiting = false;
        invocation->frame_count = 0;
        interp_push_body(invocation, &run->program->entry, false);
    }
    return true;
}

// Subgroup expressions see everybody's locals as they were when the round began.
static bool take_snapshot(struct interp_run *run)
{
    size_t count = (size_t)run->invocation_count * run->slot_count;
    if (!interp_charge(run, count * sizeof *run->snapshot / INTERP_BYTES_PER_STEP))
        return false;
    if (count > 0)
        memcpy(run->snapshot, run->invocations[0].locals, count * sizeof *run->snapshot);
    return true;
}

static bool check_transfers(struct interp_run *run)
{
    for (uint32_t i = 0; i < run->invocation_count; i++) {
        run->current = &run->invocations[i];
        if (run->current->transfers) {
            run->node = interp_oldest_transfer(run->current);
            return interp_fail(run, DIAG_X028, "the copy with tag '%.60s' is never waited for",
                               interp_name_text(run, run->node->tag));
        }
    }
    return true;
}

static bool run_rounds(struct interp_run *run)
{
    const bool reversed = run->params->reversed;
    do {
        run->seen_changed = false;
        if (run->has_subgroups && !take_snapshot(run))
            return false;
        for (uint32_t i = 0; i < run->invocation_count; i++) {
            run->current = &run->invocations[reversed ? run->invocation_count - 1 - i : i];
            while (!is_done(run->current) && !run->current->waiting) {
                if (!tick(run))
                    return false;
                if (!reversed || run->has_subgroups)
                    break;
            }
        }
        const uint64_t looks = (uint64_t)run->condition_count * run->invocation_count;
        if (run->seen_changed &&
            (!interp_charge(run, looks / INTERP_BYTES_PER_STEP) || !check_conditions(run)))
            return false;
    } while (release(run));
    return check_transfers(run);
}

bool interp_run_workgroup(struct interp_run *run)
{
    run->node = NULL;
    run->current = NULL;
    run->epoch = 0;
    run->group_passes = 0;
    run->group_number++;
    if (!start(run))
        return false;
    const bool good = run_rounds(run);
    if (run->params->facts)
        interp_note_passes(run);
    return good;
}
