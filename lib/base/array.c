// SPDX-License-Identifier: MIT
#include "base/array.h"
#include "base/memory.h"
#include "base/size.h"

enum { FIRST_BYTES = 512 };

bool array_reserve_bytes(void **items, size_t *capacity, size_t count, size_t extra,
                         size_t item_size)
{
    size_t needed;
    if (!size_add(count, extra, &needed))
        return false;
    if (needed <= *capacity)
        return true;
    // The first time enough for small lists, of small items more of them.
    const size_t first = item_size < FIRST_BYTES / 8 ? FIRST_BYTES / item_size : 8;
    size_t grown = *capacity < first ? first : *capacity + *capacity / 2;
    if (grown < needed)
        grown = needed;
    size_t bytes;
    if (!size_mul(grown, item_size, &bytes))
        return false;
    void *memory = memory_realloc(*items, bytes);
    if (!memory)
        return false;
    *items = memory;
    *capacity = grown;
    return true;
}

void array_free(void **items)
{
    memory_free(*items);
    *items = NULL;
}
