// SPDX-License-Identifier: MIT
// Copies of exactly some size, so that a sanitizer sees a read beyond it.
#ifndef TESTS_MEGAKERNEL_EXACT_H
#define TESTS_MEGAKERNEL_EXACT_H

#include <stdlib.h>
#include <string.h>

// Free it with free. Not NULL, even for a size of 0.
static inline void *exact_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size + (size == 0));
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    return copy;
}

#endif // TESTS_MEGAKERNEL_EXACT_H
