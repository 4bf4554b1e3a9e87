// SPDX-License-Identifier: MIT
// A pattern set and its automata.
//
// Patterns that are equal share one literal. Literals are sorted by bytes and cut into groups so
// that each group's table stays under a cap; every group is an automaton of its own and scans the
// whole input.
#ifndef SCAN_PROGRAM_PATTERNS_H
#define SCAN_PROGRAM_PATTERNS_H

#include <stdatomic.h>

#include "scan/program/automaton.h"
#include <vyre/scan.h>

enum {
    SCAN_PATTERN_MAX = VYRE_PATTERN_MAX,
    SCAN_PATTERN_COUNT_MAX = 1 << 24 // so that one piece's hits can be counted in 32 bits
};

// Bytes of all patterns together, and of one automaton: what every device can bind.
#define SCAN_SET_BYTES_MAX   (UINT64_C(1) << 30)
#define SCAN_TABLE_BYTES_MAX (UINT64_C(128) << 20)

// Bytes of all automata together: the host and the device hold each of them.
#define SCAN_AUTOMATA_BYTES_MAX (UINT64_C(4) << 30)

// Automata that together hold every literal once. Zeroed is an empty list.
struct scan_automata {
    struct scan_automaton *items; // owned
    size_t count;
    uint64_t bytes; // of all tables
};

struct vyre_patterns {
    _Atomic uint32_t references;
    struct scan_set set;
    struct scan_automata automata;
};

// Cuts the set into automata whose tables are at most `table_max` bytes each. Returns
// VYRE_ERR_LIMIT when one literal alone needs more (S005) or all of them too much (S004).
enum vyre_result scan_automata_build(const struct scan_set *set, uint64_t table_max,
                                     const struct vyre_diag_sink *diag, struct scan_automata *out);
void scan_automata_fini(struct scan_automata *automata);

// Takes another reference and returns `patterns`; vyre_patterns_destroy drops it.
struct vyre_patterns *scan_patterns_ref(const struct vyre_patterns *patterns);

#endif // SCAN_PROGRAM_PATTERNS_H
