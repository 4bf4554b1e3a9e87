// SPDX-License-Identifier: MIT
// Decisions and numbers for those that make random programs, the same from the same seed
// everywhere.
#ifndef TESTS_SUPPORT_RANDOM_H
#define TESTS_SUPPORT_RANDOM_H

#include "ir/draft.h"

struct random {
    uint64_t state;
    struct ir_draft *draft; // the program that is made
    bool wire;              // only what the binary form carries
    int budget;             // nodes and expressions that may still be made
};

// SplitMix64: fixed seeds give the same programs everywhere.
static inline uint64_t next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline uint32_t below(struct random *random, uint32_t limit)
{
    return (uint32_t)(next(random) % limit);
}

static inline bool flip(struct random *random)
{
    return below(random, 2);
}

// Numbers near the edges as often as any others.
static inline uint32_t number(struct random *random)
{
    static const uint32_t edges[] = { 0,          1,          2,          0x7F,      0xFF,
                                      0x7FFFFFFF, 0x80000000, 0x80000001, UINT32_MAX };
    if (flip(random))
        return edges[below(random, sizeof edges / sizeof edges[0])];
    return (uint32_t)(next(random) >> below(random, 64));
}

static inline uint32_t float_bits(struct random *random)
{
    static const uint32_t edges[] = { 0x00000000, 0x80000000, 0x3F800000, 0x7F7FFFFF, 0x00800000,
                                      0x007FFFFF, 0x00000001, 0x7F800000, 0xFF800000, 0x7FC00000,
                                      0x7F800001, 0xFFFFFFFF, 0x3DCCCCCD, 0x4B7FFFFF };
    return flip(random) ? edges[below(random, sizeof edges / sizeof edges[0])]
                        : (uint32_t)next(random);
}

#endif // TESTS_SUPPORT_RANDOM_H
