// SPDX-License-Identifier: MIT
#include "naive.h"

#include <stdlib.h>

#include "test.h"

void naive_hits_add(struct naive_hits *hits, uint64_t offset, uint32_t pattern)
{
    if (hits->count == hits->capacity) {
        hits->capacity = hits->capacity ? hits->capacity * 2 : 64;
        hits->items = realloc(hits->items, hits->capacity * sizeof *hits->items);
        assert_non_null(hits->items);
    }
    hits->items[hits->count++] = (struct naive_hit){ offset, pattern };
}

void naive_search(const struct vyre_pattern *patterns, size_t pattern_count, const uint8_t *text,
                  size_t size, struct naive_hits *out)
{
    for (size_t start = 0; start < size; start++)
        for (size_t i = 0; i < pattern_count; i++)
            if (patterns[i].size <= size - start &&
                memcmp(text + start, patterns[i].bytes, patterns[i].size) == 0)
                naive_hits_add(out, start, (uint32_t)i);
}

static int compare(const void *left, const void *right)
{
    const struct naive_hit *a = left;
    const struct naive_hit *b = right;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

void naive_hits_sort(struct naive_hits *hits)
{
    if (hits->count > 0)
        qsort(hits->items, hits->count, sizeof *hits->items, compare);
}

void naive_hits_fini(struct naive_hits *hits)
{
    free(hits->items);
    *hits = (struct naive_hits){ 0 };
}

void naive_assert_equal(const struct naive_hits *expected, const struct naive_hits *got)
{
    size_t common = expected->count < got->count ? expected->count : got->count;
    for (size_t i = 0; i < common; i++)
        if (expected->items[i].offset != got->items[i].offset ||
            expected->items[i].pattern != got->items[i].pattern)
            fail_msg("hit %zu: offset %llu pattern %u, expected offset %llu pattern %u", i,
                     (unsigned long long)got->items[i].offset, got->items[i].pattern,
                     (unsigned long long)expected->items[i].offset, expected->items[i].pattern);
    assert_int_equal(got->count, expected->count);
}

uint32_t naive_random(uint64_t *state, uint32_t below)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 33) % below;
}

void naive_patterns(uint64_t *seed, struct vyre_pattern *out, size_t count, uint32_t size_max,
                    uint8_t first, uint32_t letters, uint8_t **bytes)
{
    *bytes = malloc(count * size_max);
    assert_non_null(*bytes);
    for (size_t i = 0; i < count; i++) {
        uint8_t *pattern = *bytes + i * size_max;
        size_t size = 1 + naive_random(seed, size_max);
        for (size_t j = 0; j < size; j++)
            pattern[j] = (uint8_t)(first + naive_random(seed, letters));
        out[i] = (struct vyre_pattern){ pattern, size };
    }
}
