// SPDX-License-Identifier: MIT
// Which pages of the pool are taken: runs of units, found by next fit, kept in a bitmap.
//
// Chunks are released in about the order in which they were taken, so that a search which goes on
// where the last one ended finds its run at once and small runs do not cut up the whole pool.
#ifndef STREAM_UNITS_H
#define STREAM_UNITS_H

#include <stdbool.h>
#include <stdint.h>

enum { STREAM_UNIT = 4096 }; // bytes; a small file costs no more than this
#define STREAM_UNITS_NONE UINT32_MAX

struct stream_units {
    uint64_t *taken; // owned; one bit a unit
    uint32_t count;
    uint32_t cursor;
    uint32_t used;
};

bool stream_units_init(struct stream_units *units, uint32_t count); // false: out of memory
void stream_units_fini(struct stream_units *units);

// The first of `size` adjacent free units, now taken; STREAM_UNITS_NONE: there is no such run.
uint32_t stream_units_take(struct stream_units *units, uint32_t size);
void stream_units_give(struct stream_units *units, uint32_t first, uint32_t size);

#endif // STREAM_UNITS_H
