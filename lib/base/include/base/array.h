// SPDX-License-Identifier: MIT
// Growable array of one element type. Failure is sticky and reported by the owner.
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

// struct array_of_u32 { ARRAY(uint32_t); };
#define ARRAY(type)                                                                                \
    type *items;                                                                                   \
    size_t count;                                                                                  \
    size_t capacity

// Makes room for `extra` more items; false when out of memory, and then nothing changed.
#define array_reserve(array, extra)                                                                \
    array_reserve_bytes((void **)&(array)->items, &(array)->capacity, (array)->count, (extra),     \
                        sizeof(*(array)->items))

// Appends a value; false when out of memory.
#define array_push(array, value)                                                                   \
    ((array)->count < (array)->capacity || array_reserve((array), 1)                               \
         ? ((array)->items[(array)->count++] = (value), true)                                      \
         : false)

#define array_fini(array)                                                                          \
    (array_free((void **)&(array)->items), (array)->count = 0, (array)->capacity = 0)

bool array_reserve_bytes(void **items, size_t *capacity, size_t count, size_t extra,
                         size_t item_size);
void array_free(void **items);

#endif // BASE_ARRAY_H
