// SPDX-License-Identifier: MIT
// Ordering: ends of matches come in, hits go out by first byte, then pattern.
//
// Ends arrive in increasing order. A later end cannot belong to a match that starts before
// `end + 1 - longest pattern`, so everything that starts earlier may go out. What waits is a heap
// of (start, literal); patterns that are equal share an entry until it goes out. How much can wait
// follows from the pattern set, so the heap has its final size from the start.
#ifndef SCAN_ENGINE_ORDER_H
#define SCAN_ENGINE_ORDER_H

#include "base/array.h"
#include "scan/program/automaton.h"

struct scan_order_entry {
    uint64_t start;
    uint32_t pattern; // the next one of the literal's patterns
    uint32_t member;  // its place in scan_set.members
    uint32_t literal;
};

// Zeroed is empty, and full.
struct scan_order {
    const struct scan_set *set; // borrowed
    struct {
        ARRAY(struct scan_order_entry);
    } heap;
    uint64_t bound; // hits that start before it may go out
};

struct scan_hit {
    uint64_t start;
    uint32_t pattern;
    uint32_t size;
};

// Matches that can wait at once: no literal is longer than `longest`, and at most `ends` different
// ones end in one place.
uint64_t scan_order_waiting_max(uint32_t longest, uint64_t ends);

// Makes room for `waiting_max` matches. False when out of memory. scan_order_fini accepts both.
bool scan_order_init(struct scan_order *order, const struct scan_set *set, size_t waiting_max);

// Adds a match of a literal that ends with byte `end` (its position in the input, at least the
// literal's size minus 1). False when there is no room: that end was added before.
bool scan_order_add(struct scan_order *order, uint64_t end, uint32_t literal);

// Every match still to come ends at `end` or later.
void scan_order_advance(struct scan_order *order, uint64_t end);
// No match will come any more.
void scan_order_flush(struct scan_order *order);

// The next hit that may go out; false when there is none.
bool scan_order_next(struct scan_order *order, struct scan_hit *out);

// Empties it for the next input; keeps the memory.
void scan_order_reset(struct scan_order *order);
void scan_order_fini(struct scan_order *order);

// One end as the device reports it.
struct scan_end {
    uint32_t position; // below SCAN_POSITION_MAX
    uint32_t automaton;
    uint32_t row;
};

#define SCAN_POSITION_MAX (UINT32_C(1) << 24)

// Sorts by position; `scratch` has room for as many.
void scan_ends_sort(struct scan_end *ends, struct scan_end *scratch, size_t count);

#endif // SCAN_ENGINE_ORDER_H
