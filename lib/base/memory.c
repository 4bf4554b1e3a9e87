// SPDX-License-Identifier: MIT
#include "base/memory.h"
#include "base/size.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// Relaxed is enough: the counters order nothing, they only have to count.
static _Atomic uint64_t allocation_count;
// Counting starts with the first call of memory_fail_nth, so that without one threads share nothing
// that is written.
static _Atomic bool counting;
static _Atomic uint64_t failing_allocation; // absolute number; 0: none

static bool allocation_fails(void)
{
    if (!atomic_load_explicit(&counting, memory_order_relaxed))
        return false;
    uint64_t number = atomic_fetch_add_explicit(&allocation_count, 1, memory_order_relaxed) + 1;
    return number == atomic_load_explicit(&failing_allocation, memory_order_relaxed);
}

void *memory_alloc(size_t size)
{
    return allocation_fails() ? NULL : malloc(size ? size : 1);
}

void *memory_calloc(size_t count, size_t size)
{
    size_t total;
    if (!size_mul(count, size, &total) || allocation_fails())
        return NULL;
    return calloc(1, total ? total : 1);
}

void *memory_realloc(void *memory, size_t size)
{
    return allocation_fails() ? NULL : realloc(memory, size ? size : 1);
}

void memory_free(void *memory)
{
    free(memory);
}

char *memory_copy_text(const char *text, size_t size)
{
    size_t total;
    if (!size_add(size, 1, &total))
        return NULL;
    char *copy = memory_alloc(total);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

uint64_t memory_fail_nth(uint64_t nth)
{
    static _Atomic uint64_t last_count;
    atomic_store(&counting, true);
    uint64_t now = atomic_load(&allocation_count);
    uint64_t since = now - atomic_exchange(&last_count, now);
    atomic_store(&failing_allocation, nth ? now + nth : 0);
    return since;
}
