// SPDX-License-Identifier: MIT
// Arena: memory for one piece of work, freed whole.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

// Zero-initialised is ready to use. Failure is sticky: after the first one `failed` stays set, so a
// long construction may check once at its end.
struct arena {
    struct arena_block *blocks; // owned, newest first
    uint8_t *next;
    uint8_t *end;
    size_t used;       // bytes handed out, but for large arrays
    size_t block_size; // size of the newest block; the next one is twice as large, up to a limit
    bool failed;
};

void arena_fini(struct arena *arena);

enum { ARENA_ALIGN = 8 };

void *arena_alloc_slowly(struct arena *arena, size_t size); // grows, rounds, refuses

// Memory aligned for pointers and 64-bit numbers, or NULL. `arena_zalloc` zeroes it. `arena_array`
// checks the product.
static inline void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t room = (size_t)(arena->end - arena->next);
    if (size == 0 || size > room || arena->failed)
        return arena_alloc_slowly(arena, size);
    // Blocks are multiples of the alignment, so what is rounded up still fits.
    const size_t rounded = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    void *memory = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return memory;
}

void *arena_zalloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size); // zeroed
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
char *arena_copy_text(struct arena *arena, const char *text, size_t size); // adds a NUL

// Growable arrays (base/array.h) in an arena: array_reserve and array_push for arrays that have
// been in this arena since they were empty, and that end with it. What a small array outgrows stays
// in the arena, unless nothing came behind it; a large one has memory of its own there, which
// grows.
#define array_reserve_in(arena, array, extra)                                                      \
    arena_reserve_items((arena), (void **)&(array)->items, &(array)->capacity, (array)->count,     \
                        (extra), sizeof(*(array)->items))

#define array_push_in(arena, array, value)                                                         \
    ((array)->count < (array)->capacity || array_reserve_in((arena), (array), 1)                   \
         ? ((array)->items[(array)->count++] = (value), true)                                      \
         : false)

bool arena_reserve_items(struct arena *arena, void **items, size_t *capacity, size_t count,
                         size_t extra, size_t item_size);

#endif // BASE_ARENA_H
