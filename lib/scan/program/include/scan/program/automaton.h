// SPDX-License-Identifier: MIT
// Aho-Corasick automata as tables of u32 words, and what the host needs to turn a state back into
// patterns. Pure data: the device gets the table as a buffer.
//
// A row is one state: `columns` words. Column c < span is the transition for byte low + c, column
// span the one for every other byte, column span + 1 is the number of patterns that end in this
// state. A transition is the word index of the next state's row, with SCAN_HIT set when patterns
// end there. Rows are in breadth-first order, so the states that text visits most lie together;
// row 0 is the start.
#ifndef SCAN_PROGRAM_AUTOMATON_H
#define SCAN_PROGRAM_AUTOMATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vyre/result.h>

#define SCAN_HIT  UINT32_C(0x80000000)
#define SCAN_NONE UINT32_MAX

// One distinct literal: its bytes, and the patterns that are equal to it in increasing order.
struct scan_literal {
    uint32_t offset; // in scan_set.bytes
    uint32_t size;
    uint32_t first; // in scan_set.members
    uint32_t count; // at least 1
};

// Distinct literals in byte order.
struct scan_set {
    uint8_t *bytes; // owned
    size_t byte_count;
    struct scan_literal *literals; // owned
    uint32_t literal_count;
    uint32_t *members; // owned; pattern indices grouped by literal
    uint32_t pattern_count;
    uint32_t size_max; // bytes of the longest literal
};

// The literals [first, first + literal_count) of a set.
struct scan_automaton {
    uint32_t *table; // owned; state_count * columns words
    uint32_t state_count;
    uint32_t columns;
    uint32_t low;
    uint32_t span;
    uint32_t first;
    uint32_t literal_count;
    uint32_t *heads; // owned; per state: the longest literal that ends there, or SCAN_NONE
    uint32_t *next;  // owned; per literal (index minus `first`): the next shorter one, or SCAN_NONE
    uint32_t outputs_max; // patterns that end in one state, at most
};

// How large a table is: filled by adding literals in set order.
struct scan_measure {
    uint64_t states;
    uint32_t low;
    uint32_t high;
};

// Adds literal `index` to *measure; zeroed is empty. `alone`: no literal came before it.
void scan_measure_add(struct scan_measure *measure, const struct scan_set *set, uint32_t index,
                      bool alone);
uint64_t scan_measure_bytes(const struct scan_measure *measure);

// Builds the automaton in time linear in the size of its table. On failure *out is zeroed.
enum vyre_result scan_automaton_build(const struct scan_set *set, uint32_t first, uint32_t count,
                                      struct scan_automaton *out);
void scan_automaton_fini(struct scan_automaton *automaton); // accepts zeroed

static inline uint64_t scan_automaton_bytes(const struct scan_automaton *automaton)
{
    return (uint64_t)automaton->state_count * automaton->columns * sizeof(uint32_t);
}

// The longest literal of the set that ends in the state whose row starts at word `row`, SCAN_NONE
// when there is none or no such row; then the next shorter one.
uint32_t scan_automaton_head(const struct scan_automaton *automaton, uint32_t row);
uint32_t scan_automaton_next(const struct scan_automaton *automaton, uint32_t literal);

#endif // SCAN_PROGRAM_AUTOMATON_H
