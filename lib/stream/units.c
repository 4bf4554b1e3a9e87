// SPDX-License-Identifier: MIT
#include "units.h"

#include "base/memory.h"

enum { BITS = 64 };

bool stream_units_init(struct stream_units *units, uint32_t count)
{
    *units = (struct stream_units){ .count = count };
    units->taken = memory_calloc((size_t)count / BITS + 1, sizeof *units->taken);
    return units->taken != NULL;
}

void stream_units_fini(struct stream_units *units)
{
    memory_free(units->taken);
    *units = (struct stream_units){ 0 };
}

// The first unit at or after `from` that is taken (or free, when `taken` is false), or count.
static uint32_t next_unit(const struct stream_units *units, uint32_t from, bool taken)
{
    for (uint32_t index = from; index < units->count; index = (index / BITS + 1) * BITS) {
        uint64_t word = units->taken[index / BITS];
        uint64_t left = (taken ? word : ~word) >> (index % BITS);
        if (left == 0)
            continue;
        uint32_t found = index + (uint32_t)__builtin_ctzll(left);
        return found < units->count ? found : units->count;
    }
    return units->count;
}

static void mark(struct stream_units *units, uint32_t first, uint32_t size, bool taken)
{
    for (uint32_t index = first; index < first + size;) {
        uint32_t bit = index % BITS;
        uint32_t span = first + size - index < BITS - bit ? first + size - index : BITS - bit;
        uint64_t mask = (span == BITS ? ~UINT64_C(0) : (UINT64_C(1) << span) - 1) << bit;
        if (taken)
            units->taken[index / BITS] |= mask;
        else
            units->taken[index / BITS] &= ~mask;
        index += span;
    }
}

// A free run of `size` units that starts in from .. end.
static uint32_t find(const struct stream_units *units, uint32_t from, uint32_t end, uint32_t size)
{
    uint32_t start = next_unit(units, from, false);
    while (start < end && size <= units->count - start) {
        uint32_t stop = next_unit(units, start, true);
        if (stop - start >= size)
            return start;
        start = next_unit(units, stop, false);
    }
    return STREAM_UNITS_NONE;
}

uint32_t stream_units_take(struct stream_units *units, uint32_t size)
{
    if (size == 0 || size > units->count - units->used)
        return STREAM_UNITS_NONE;
    uint32_t first = find(units, units->cursor, units->count, size);
    if (first == STREAM_UNITS_NONE)
        first = find(units, 0, units->cursor, size);
    if (first == STREAM_UNITS_NONE)
        return first;
    mark(units, first, size, true);
    units->used += size;
    units->cursor = first + size == units->count ? 0 : first + size;
    return first;
}

void stream_units_give(struct stream_units *units, uint32_t first, uint32_t size)
{
    mark(units, first, size, false);
    units->used -= size;
}
