// SPDX-License-Identifier: MIT
// Little-endian words in bytes of any alignment, and what every buffer is checked for.
#ifndef MEGAKERNEL_PROTOCOL_WORDS_H
#define MEGAKERNEL_PROTOCOL_WORDS_H

#include <endian.h>
#include <string.h>

#include "base/report.h"

static inline uint32_t word_get(const void *bytes, size_t word)
{
    uint32_t value;
    memcpy(&value, (const uint8_t *)bytes + 4 * word, sizeof value);
    return le32toh(value);
}

static inline void word_put(void *bytes, size_t word, uint32_t value)
{
    value = htole32(value);
    memcpy((uint8_t *)bytes + 4 * word, &value, sizeof value);
}

// A word that another agent writes or waits for: what is read after it was written before it, and
// what was written before it is read after it. Only buffers with aligned words can be shared like
// that; in others these are plain accesses.
typedef uint32_t __attribute__((may_alias)) word_shared;

static inline uint32_t word_acquire(const void *bytes, size_t word)
{
    const uint8_t *at = (const uint8_t *)bytes + 4 * word;
    if ((uintptr_t)at % sizeof(word_shared))
        return word_get(bytes, word);
    return le32toh(__atomic_load_n((const word_shared *)(const void *)at, __ATOMIC_ACQUIRE));
}

static inline void word_release(void *bytes, size_t word, uint32_t value)
{
    uint8_t *at = (uint8_t *)bytes + 4 * word;
    if ((uintptr_t)at % sizeof(word_shared))
        word_put(bytes, word, value);
    else
        __atomic_store_n((word_shared *)(void *)at, htole32(value), __ATOMIC_RELEASE);
}

// Two words, the low one first.
static inline uint64_t word_get_pair(const void *bytes, size_t word)
{
    return word_get(bytes, word) | (uint64_t)word_get(bytes, word + 1) << 32;
}

static inline void word_put_pair(void *bytes, size_t word, uint64_t value)
{
    word_put(bytes, word, (uint32_t)value);
    word_put(bytes, word + 1, (uint32_t)(value >> 32));
}

// False, and a P001, for a buffer that is not a whole number of parts of `part` bytes.
static inline bool words_whole(const char *buffer, size_t size, size_t part,
                               const struct vyre_diag_sink *diag)
{
    if (size % part == 0)
        return true;
    diag_report(diag, DIAG_P001, NULL, "the %s has %zu bytes, not a multiple of %zu", buffer, size,
                part);
    return false;
}

#endif // MEGAKERNEL_PROTOCOL_WORDS_H
