// SPDX-License-Identifier: MIT
// Sizing: every size of a scan, decided once from what is known before it starts. Pure.
#ifndef SCAN_ENGINE_PLAN_H
#define SCAN_ENGINE_PLAN_H

#include "scan/engine/order.h"
#include "scan/program/patterns.h"
#include "scan/program/payload.h"

// What a ring with the scan's payload needs for itself, at most, and then for each of its slots.
enum {
    SCAN_RING_BYTES = 32768,
    SCAN_RING_SLOT_BYTES = 128,
};

struct scan_facts {
    bool cpu;                  // the device is a CPU implementation
    uint32_t loop_limit;       // iterations per invocation; 0: none
    uint64_t storage_max;      // bytes of one binding
    uint64_t memory_limit;     // bytes; 0: chosen
    uint64_t chunk_size;       // bytes; 0: chosen
    uint32_t pattern_size_max; // bytes
    uint32_t outputs_max;      // patterns of one automaton that end in one place
    uint64_t ends_max;         // patterns of all automata that end in one place
    uint32_t automaton_count;
    uint64_t automata_bytes;
    bool counting;
    bool staged; // text exists twice: where reads put it and where the device sees it
};

// A region is what one piece in flight needs, once per automaton: a job, a count word and hits.
struct scan_plan {
    struct scan_shape shape;
    uint32_t warm_size;  // bytes; of scan_job
    uint32_t lane_min;   // bytes; a lane owns at least this much
    uint32_t piece_size; // bytes of text that one slot reports on, at most; multiple of 16
    uint64_t chunk_size; // multiple of 4096
    uint64_t overlap;
    uint64_t pool_size;
    uint32_t region_count;
    uint32_t slot_count;   // of each ring: a power of two, enough for all regions
    uint32_t hit_capacity; // pairs; 0 when counting
    uint64_t job_stride;   // bytes
    uint64_t count_stride;
    uint64_t hits_stride;
    size_t waiting_max;    // matches that wait for their turn; 0 when counting
    uint64_t host_bytes;   // of what decodes and orders hits
    uint64_t memory_bytes; // of everything
};

// Returns VYRE_ERR_INVALID_ARGUMENT (S008) or VYRE_ERR_LIMIT (S006).
enum vyre_result scan_plan_make(const struct scan_facts *facts, const struct vyre_diag_sink *diag,
                                struct scan_plan *out);

#endif // SCAN_ENGINE_PLAN_H
