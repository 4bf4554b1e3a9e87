// SPDX-License-Identifier: MIT
// Whether the result depends on the order in which invocations run.
//
// Every granule of memory remembers who stored and who loaded it last. Two accesses of different
// invocations, one of them a store that changes something and not both atomic, have an order only
// when a barrier of their workgroup stands between them (docs/ir.md, "Memory, precisely"). What is
// found is a fact. Atomics that meet have an order, but which one is open: that is a fact of its
// own.
#include "base/memory.h"
#include "run.h"

#include <string.h>

// Who accessed a granule.
struct mark {
    uint32_t group;      // number of its workgroup, from 1; 0: nobody
    uint32_t epoch;      // barriers that its workgroup had passed
    uint32_t invocation; // in the workgroup
};

enum {
    EVERY_GROUP = UINT32_MAX, // invocations of several workgroups
    SEVERAL = UINT32_MAX,     // several invocations of one workgroup
};

struct interp_marks {
    uint32_t granule; // bytes
    size_t count;
    struct cell {
        struct mark by[3]; // enum interp_access
    } cells[];
};

bool interp_watch_order(struct interp_run *run)
{
    for (uint32_t i = 0; i < run->program->buffer_count; i++) {
        struct interp_buffer *buffer = &run->buffers[i];
        const uint32_t granule = buffer->stride && buffer->stride % 4 == 0 ? 4 : 1;
        const uint64_t count = buffer->size / granule + 1;
        const uint64_t bytes = sizeof(struct interp_marks) + count * sizeof(struct cell);
        if (count > SIZE_MAX / sizeof(struct cell) / 2 || !interp_take_memory(run, bytes))
            return false;
        buffer->marks = memory_calloc(1, (size_t)bytes);
        if (!buffer->marks) {
            run->result = VYRE_ERR_NO_MEMORY;
            return false;
        }
        buffer->marks->granule = granule;
        buffer->marks->count = (size_t)count;
    }
    return true;
}

static bool is_own(const struct interp_run *run, const struct mark *mark)
{
    return mark->group == run->group_number && mark->invocation == run->current->linear;
}

// Whether what `mark` says happened before the current access in every order.
static bool is_before(const struct interp_run *run, const struct interp_buffer *buffer,
                      const struct mark *mark)
{
    if (mark->group == 0 || is_own(run, mark))
        return true;
    if (mark->group != run->group_number) // every workgroup has workgroup memory of its own
        return buffer->decl->access == VYRE_ACCESS_WORKGROUP;
    return mark->epoch < run->epoch;
}

// Adds the current invocation to a mark.
static void put(const struct interp_run *run, const struct interp_buffer *buffer, struct mark *mark)
{
    const bool alone = is_before(run, buffer, mark);
    const bool same_group = mark->group == run->group_number;
    *mark = (struct mark){
        .group = alone || same_group ? run->group_number : EVERY_GROUP,
        .epoch = run->epoch,
        .invocation = alone ? run->current->linear : SEVERAL,
    };
}

// Whether an access has to come behind the earlier ones of the kind `earlier`.
static bool needs_order(enum interp_access access, bool changes, enum interp_access earlier)
{
    switch (access) {
    case INTERP_LOAD: return earlier != INTERP_LOAD;
    case INTERP_STORE: return changes; // what is there already, any number may store
    case INTERP_ATOMIC: return earlier == INTERP_STORE || (earlier == INTERP_LOAD && changes);
    }
    return true;
}

void interp_note(struct interp_run *run, struct interp_buffer *buffer, enum interp_access access,
                 uint64_t start, uint64_t size, bool changes)
{
    struct interp_marks *marks = buffer->marks;
    if (!marks || !run->current || size == 0)
        return;
    const uint64_t last = (start + size - 1) / marks->granule;
    for (uint64_t at = start / marks->granule; at <= last && at < marks->count; at++) {
        struct mark *by = marks->cells[at].by;
        for (int earlier = INTERP_LOAD; earlier <= INTERP_ATOMIC; earlier++) {
            if (needs_order(access, changes, (enum interp_access)earlier) &&
                !is_before(run, buffer, &by[earlier]))
                run->facts.order_matters = true;
        }
        if (access == INTERP_ATOMIC && !is_before(run, buffer, &by[INTERP_ATOMIC]))
            run->facts.atomics_meet = true;
        put(run, buffer, &by[access]);
    }
}
