// SPDX-License-Identifier: MIT
// The payload program: one slot scans one piece of text with one automaton.
//
// A workgroup of SCAN_LANES invocations walks the piece; lane n owns `lane_size` bytes from
// `base + n * lane_size` on. It starts `warm_size` bytes earlier in the start state, so that it
// knows the true state when its own bytes begin, and reports the matches that end in them. Text is
// read in blocks of SCAN_BLOCK bytes; one test per block finds out whether anything ended there.
#ifndef SCAN_PROGRAM_PAYLOAD_H
#define SCAN_PROGRAM_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <vyre/program.h>

enum {
    SCAN_LANES = 64,
    SCAN_BLOCK = 16, // bytes
};

// The payload's buffers, in declaration order; all are u32.
enum scan_buffer {
    SCAN_BUFFER_TEXT,  // bytes of the piece, four per word, first byte lowest
    SCAN_BUFFER_JOB,   // struct scan_job
    SCAN_BUFFER_TABLE, // rows of one automaton
    SCAN_BUFFER_COUNT, // one word; the matching ends, or the hits when counting, are added to it
    SCAN_BUFFER_HITS, // not when counting; pairs: position of the last byte, row of the state; more
                      // than fit are counted but not stored, in no particular order
    SCAN_BUFFER_COUNT_OF
};

// One piece. Positions and sizes are bytes in the text window.
struct scan_job {
    uint32_t from; // matches are reported whose last byte is in [from, to)
    uint32_t to;
    uint32_t base;      // where lane 0's bytes start: `from` rounded down to a block
    uint32_t lane_size; // multiple of SCAN_BLOCK, at most SCAN_BLOCK * own blocks of the shape
    uint32_t warm_size; // multiple of SCAN_BLOCK, at least longest pattern - 1
    uint32_t low;       // of the automaton
    uint32_t span;
};

// What the program is made for. The loop bounds are static: a device's loop limit may ask for small
// ones.
struct scan_shape {
    uint32_t own_blocks; // at most
    uint32_t warm_blocks;
    bool counting; // only add the number of patterns that end to the count word
};

// Passes through loops that one invocation makes at most (as vyre/compile.h counts them, the end of
// each loop included): one for each block, and for each of its own another one for each hit in it.
uint32_t scan_shape_passes(const struct scan_shape *shape);

// Makes the program. It depends on the shape alone, never on the patterns.
enum vyre_result scan_payload_create(const struct scan_shape *shape, struct vyre_program **out);

#endif // SCAN_PROGRAM_PAYLOAD_H
