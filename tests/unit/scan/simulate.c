// SPDX-License-Identifier: MIT
#include "simulate.h"

#include "scan/program/automaton.h"
#include "test.h"

static uint32_t step(const struct simulate_slot *slot, uint32_t entry, uint64_t position)
{
    uint32_t byte = position < slot->text_size ? slot->text[position] : 0;
    uint32_t column = byte - slot->job.low;
    column = column < slot->job.span ? column : slot->job.span;
    size_t index = (entry & ~SCAN_HIT) + column;
    return index < slot->table_words ? slot->table[index] : 0;
}

static void report(const struct simulate_slot *slot, uint32_t entry, uint32_t position)
{
    uint32_t row = entry & ~SCAN_HIT;
    if (slot->counting) {
        *slot->count += slot->table[row + slot->job.span + 1];
        return;
    }
    size_t at = (size_t)(*slot->count)++ * 2;
    if (at < slot->hit_words)
        slot->hits[at] = position;
    if (at + 1 < slot->hit_words)
        slot->hits[at + 1] = row;
}

void simulate_slot(const struct simulate_slot *slot)
{
    const struct scan_job *job = &slot->job;
    assert_true(job->from < job->to);
    assert_true(job->to <= slot->text_size);
    assert_int_equal(job->base % SCAN_BLOCK, 0);
    assert_true(job->base <= job->from && job->from - job->base < SCAN_BLOCK);
    assert_true(job->lane_size > 0 && job->lane_size % SCAN_BLOCK == 0);
    assert_true(job->lane_size <= 256 * SCAN_BLOCK);
    assert_true(job->warm_size % SCAN_BLOCK == 0);
    assert_true(job->warm_size <= 256 * SCAN_BLOCK);
    assert_true((uint64_t)job->base + (uint64_t)job->lane_size * SCAN_LANES >= job->to);
    for (uint32_t lane = 0; lane < SCAN_LANES; lane++) {
        uint32_t begin = job->base + lane * job->lane_size;
        if (begin >= job->to)
            break;
        uint32_t warm = job->warm_size < begin ? job->warm_size : begin;
        uint32_t end = begin + job->lane_size < job->to ? begin + job->lane_size : job->to;
        uint32_t entry = 0;
        for (uint32_t i = begin - warm; i < end; i++) {
            entry = step(slot, entry, i);
            if (entry >= SCAN_HIT && i >= begin && i >= job->from)
                report(slot, entry, i);
        }
    }
}
