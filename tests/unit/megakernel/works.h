// SPDX-License-Identifier: MIT
// Slots of several sizes for the payloads of payloads.h, and what the payload alone makes of them.
#ifndef TESTS_MEGAKERNEL_WORKS_H
#define TESTS_MEGAKERNEL_WORKS_H

#include "test.h"

#include <vyre/interpret.h>

enum { WORK_SEGMENT_WORDS = 512 };

// Sizes and offsets are words. Written windows do not overlap.
static const struct {
    uint32_t groups, from, from_size, to, to_size;
} works[] = {
    { 1, 0, 64, 0, 40 },   { 2, 7, 33, 40, 31 },    { 3, 100, 20, 90, 64 },
    { 1, 300, 0, 154, 1 }, { 2, 448, 64, 500, 12 }, { 4, 13, 200, 200, 100 },
};
enum { WORK_COUNT = sizeof works / sizeof *works };

static inline uint32_t works_word(uint32_t segment, uint32_t index)
{
    return (index * 2654435761u ^ segment * 40503u) >> 7;
}

// Runs the payload alone over one window of each segment, in place.
static inline void works_run_one(const struct vyre_program *payload, uint32_t *from,
                                 uint32_t from_words, uint32_t *to, uint32_t to_words,
                                 uint32_t groups)
{
    const struct vyre_bytes inputs[] = { { from, from_words * 4 }, { to, to_words * 4 } };
    struct vyre_outputs *outputs = NULL;
    struct test_diags diags = { .size = 0 };
    if (vyre_interpret(payload,
                       vyre_interpret_params(.inputs = inputs, .input_count = 2,
                                             .grid = { groups, 1, 1 },
                                             .diag = test_diag_sink(&diags)),
                       &outputs))
        fail_msg("%s", diags.text);
    assert_int_equal(vyre_outputs_count(outputs), 1);
    struct vyre_bytes bytes = vyre_outputs_get(outputs, 0, NULL);
    assert_int_equal(bytes.size, to_words * 4);
    memcpy(to, bytes.data, bytes.size);
    vyre_outputs_destroy(&outputs);
}

static inline void works_run_alone(const struct vyre_program *payload, uint32_t *from, uint32_t *to)
{
    for (uint32_t i = 0; i < WORK_COUNT; i++)
        works_run_one(payload, from + works[i].from, works[i].from_size, to + works[i].to,
                      works[i].to_size, works[i].groups);
}

#endif // TESTS_MEGAKERNEL_WORKS_H
