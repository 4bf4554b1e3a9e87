// SPDX-License-Identifier: MIT
#include "base/arena.h"
#include "base/memory.h"
#include "base/size.h"

#include <stdalign.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;
    bool is_own; // of one array
    alignas(ARENA_ALIGN) uint8_t bytes[];
};

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

void arena_fini(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block) {
        struct arena_block *older = block->older;
        memory_free(block);
        block = older;
    }
    *arena = (struct arena){ 0 };
}

static bool arena_grow(struct arena *arena, size_t size)
{
    size_t next = arena->block_size ? arena->block_size * 2 : FIRST_BLOCK;
    if (next > LARGEST_BLOCK)
        next = LARGEST_BLOCK;
    size_t content = size > next ? size : next;
    size_t total;
    if (!size_add(content, sizeof(struct arena_block), &total))
        return false;
    struct arena_block *block = memory_alloc(total);
    if (!block)
        return false;
    block->older = arena->blocks;
    block->is_own = false;
    arena->blocks = block;
    arena->next = block->bytes;
    arena->end = block->bytes + content;
    arena->block_size = next;
    return true;
}

void *arena_alloc_slowly(struct arena *arena, size_t size)
{
    size_t rounded;
    if (arena->failed || !size_add(size, ARENA_ALIGN - 1, &rounded)) {
        arena->failed = true;
        return NULL;
    }
    rounded &= ~(size_t)(ARENA_ALIGN - 1);
    if (rounded == 0)
        rounded = ARENA_ALIGN;
    if ((size_t)(arena->end - arena->next) < rounded && !arena_grow(arena, rounded)) {
        arena->failed = true;
        return NULL;
    }
    void *memory = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return memory;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    void *memory = arena_alloc(arena, size);
    return memory ? memset(memory, 0, size) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (!size_mul(count, size, &total)) {
        arena->failed = true;
        return NULL;
    }
    return arena_zalloc(arena, total);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *memory = arena_alloc(arena, size);
    if (memory && size)
        memcpy(memory, bytes, size);
    return memory;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t size)
{
    size_t total;
    if (!size_add(size, 1, &total)) {
        arena->failed = true;
        return NULL;
    }
    char *copy = arena_alloc(arena, total);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

// Whether the array, the last thing in its block, grew where it is.
static bool extend(struct arena *arena, uint8_t *items, size_t bytes, size_t more)
{
    if (!items || items + bytes != arena->next || (size_t)(arena->end - arena->next) < more)
        return false;
    arena->next += more;
    arena->used += more;
    return true;
}

// Memory for a large array: a block that it has for itself, and that moves when it grows.
static void *own_block(struct arena *arena, void *items, size_t used, size_t bytes)
{
    struct arena_block **link = &arena->blocks;
    while (*link && !((*link)->is_own && (void *)(*link)->bytes == items))
        link = &(*link)->older;
    const bool is_own = *link;
    size_t total;
    if (arena->failed || !size_add(bytes, sizeof(struct arena_block), &total))
        return NULL;
    struct arena_block *block = is_own ? memory_realloc(*link, total) : memory_alloc(total);
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    if (is_own) {
        *link = block;
        return block->bytes;
    }
    if (used)
        memcpy(block->bytes, items, used);
    // Behind the newest one, which goes on being filled.
    struct arena_block **place = arena->blocks ? &arena->blocks->older : &arena->blocks;
    block->older = *place;
    block->is_own = true;
    *place = block;
    return block->bytes;
}

bool arena_reserve_items(struct arena *arena, void **items, size_t *capacity, size_t count,
                         size_t extra, size_t item_size)
{
    enum { FIRST_BYTES = 128, LARGE_BYTES = 1 << 16 };
    size_t grown, bytes;
    if (!size_add(count, extra, &grown))
        return false;
    if (grown <= *capacity)
        return true;
    const size_t first = item_size < FIRST_BYTES / 4 ? FIRST_BYTES / item_size : 4;
    const size_t wanted = *capacity < first ? first : *capacity * 2; // of items that are there
    if (grown < wanted)
        grown = wanted;
    if (!size_mul(grown, item_size, &bytes) || !size_add(bytes, ARENA_ALIGN - 1, &bytes))
        return false;
    bytes &= ~(size_t)(ARENA_ALIGN - 1);
    const size_t before =
        (*capacity * item_size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1); // fits, it is there
    if (bytes >= LARGE_BYTES || !extend(arena, *items, before, bytes - before)) {
        const size_t used = count * item_size;
        void *memory = bytes >= LARGE_BYTES ? own_block(arena, *items, used, bytes)
                                            : arena_alloc(arena, bytes);
        if (!memory)
            return false;
        if (used && bytes < LARGE_BYTES)
            memcpy(memory, *items, used);
        *items = memory;
    }
    *capacity = bytes / item_size;
    return true;
}
