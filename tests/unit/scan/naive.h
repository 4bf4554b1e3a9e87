// SPDX-License-Identifier: MIT
// The oracle of the scan tests: a search that tries every pattern at every start.
#ifndef TESTS_SCAN_NAIVE_H
#define TESTS_SCAN_NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vyre/scan.h>

struct naive_hit {
    uint64_t offset;
    uint32_t pattern;
};

struct naive_hits {
    struct naive_hit *items; // by offset, then pattern
    size_t count;
    size_t capacity;
};

void naive_search(const struct vyre_pattern *patterns, size_t pattern_count, const uint8_t *text,
                  size_t size, struct naive_hits *out);
void naive_hits_add(struct naive_hits *hits, uint64_t offset, uint32_t pattern);
void naive_hits_sort(struct naive_hits *hits);
void naive_hits_fini(struct naive_hits *hits);

// Fails the running test and says where the two differ.
void naive_assert_equal(const struct naive_hits *expected, const struct naive_hits *got);

// A reproducible generator (xorshift64*), never zero-seeded.
uint32_t naive_random(uint64_t *state, uint32_t below);

// Random patterns over the bytes [first, first + letters). Free with free(*bytes).
void naive_patterns(uint64_t *seed, struct vyre_pattern *out, size_t count, uint32_t size_max,
                    uint8_t first, uint32_t letters, uint8_t **bytes);

#endif // TESTS_SCAN_NAIVE_H
