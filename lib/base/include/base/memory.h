// SPDX-License-Identifier: MIT
// Host allocation. Everything in the library allocates through these four, so that a test can make
// the Nth allocation fail.
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// As malloc, calloc, realloc and free; a size of 0 gives a pointer that may be freed.
void *memory_alloc(size_t size);
void *memory_calloc(size_t count, size_t size); // checked product
void *memory_realloc(void *memory, size_t size);
void memory_free(void *memory);

// Copies `size` bytes and adds a NUL. NULL when out of memory.
char *memory_copy_text(const char *text, size_t size);

// Fault injection for tests: the `nth` allocation from now on (1 is the next one) fails, and only
// that one. 0 switches it off. Returns how many allocations happened since the last call;
// the first one starts the count.
// Thread-safety: Safe, but counts allocations of all threads.
uint64_t memory_fail_nth(uint64_t nth);

#endif // BASE_MEMORY_H
