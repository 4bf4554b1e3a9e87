// SPDX-License-Identifier: MIT
#include "base/array.h"
#include "base/memory.h"
#include "base/size.h"

bool array_reserve_bytes(void **items, size_t *capacity, size_t count, size_t extra,
                         size_t item_size)
{
    size_t needed;
    if (!size_add(count, extra, &needed))
        return false;
    if (needed <= *capacity)
        return true;
    size_t grown = *capacity < 8 ? 8 : *capacity + *capacity / 2;
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
