// SPDX-License-Identifier: MIT
#include "base/arena.h"
#include "base/memory.h"
#include "base/size.h"

#include <stdalign.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;
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
