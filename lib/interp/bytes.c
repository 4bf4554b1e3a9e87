// SPDX-License-Identifier: MIT
// Byte strings that do not fit a value: slices of bytes buffers, elements of long vectors, results
// of ops. They belong to the run. Values share them freely; what no local holds any more is freed
// between two statements, when only locals hold values.
#include <string.h>

#include "base/memory.h"
#include "run.h"

// Less than this is not worth a look at all locals.
enum { LEAST_GARBAGE = 1 << 20 };

bool interp_make_bytes(struct interp_run *run, const void *bytes, uint64_t given, uint64_t size,
                       struct interp_value *out)
{
    if (given > size)
        given = size;
    if (!interp_charge(run, size / INTERP_BYTES_PER_STEP))
        return false;
    if (size <= INTERP_MAX_BYTES) {
        *out = interp_bytes(bytes, (size_t)given);
        out->size = (uint8_t)size;
        return true;
    }
    if (size > SIZE_MAX - sizeof(struct interp_long))
        size = SIZE_MAX - sizeof(struct interp_long);
    if (!interp_take_memory(run, sizeof(struct interp_long) + size))
        return false;
    struct interp_long *made = memory_calloc(1, sizeof *made + (size_t)size);
    if (!made) {
        run->result = VYRE_ERR_NO_MEMORY;
        return false;
    }
    made->size = size;
    if (given > 0)
        memcpy(made->bytes, bytes, (size_t)given);
    made->next = run->long_bytes;
    run->long_bytes = made;
    run->long_made += size;
    *out = (struct interp_value){ .kind = INTERP_BYTES, .size = INTERP_LONG, .more = made };
    return true;
}

static void reach(const struct interp_local *locals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (locals[i].live && locals[i].value.kind == INTERP_BYTES &&
            locals[i].value.size == INTERP_LONG)
            locals[i].value.more->reached = true;
}

static void sweep(struct interp_run *run)
{
    run->long_made = 0;
    for (struct interp_long **at = &run->long_bytes; *at;) {
        struct interp_long *item = *at;
        if (item->reached) {
            item->reached = false;
            at = &item->next;
            continue;
        }
        *at = item->next;
        run->memory_left += sizeof *item + item->size;
        memory_free(item);
    }
}

bool interp_collect(struct interp_run *run)
{
    size_t locals = (size_t)run->invocation_count * run->slot_count;
    size_t copies = run->snapshot ? 2 : 1;
    // A look costs as much as the locals are large, so that many make it rarer.
    if (run->long_made < LEAST_GARBAGE || run->long_made < locals * sizeof *run->snapshot)
        return true;
    if (!interp_charge(run, copies * locals / INTERP_BYTES_PER_STEP))
        return false;
    if (locals > 0)
        reach(run->invocations[0].locals, locals);
    if (run->snapshot)
        reach(run->snapshot, locals);
    sweep(run);
    return true;
}

void interp_drop_bytes(struct interp_run *run)
{
    sweep(run); // nothing is reached
}
