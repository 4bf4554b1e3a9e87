// SPDX-License-Identifier: MIT
// What one slot of the payload program does, in plain C.
#ifndef TESTS_SCAN_SIMULATE_H
#define TESTS_SCAN_SIMULATE_H

#include <stddef.h>
#include <stdint.h>

#include "scan/program/payload.h"

struct simulate_slot {
    const uint8_t *text;
    size_t text_size;
    struct scan_job job;
    bool counting; // what the program was made for
    const uint32_t *table;
    size_t table_words;
    uint32_t *count;
    uint32_t *hits;
    size_t hit_words;
};

// Asserts that the job keeps the payload's contract, then does its work.
void simulate_slot(const struct simulate_slot *slot);

#endif // TESTS_SCAN_SIMULATE_H
