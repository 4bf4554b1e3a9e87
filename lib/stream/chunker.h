// SPDX-License-Identifier: MIT
// The chunker: inputs into chunks of a pool, by reads that run ahead and end in any order. It knows
// nothing of devices; the reader that it is given decides where bytes come from.
//
// Chunk k of an input starts at k * (chunk_size - overlap) and is read by itself, overlap included,
// so that no chunk waits for another. The size that fstat tells only says how many chunks to start
// at once and how much memory the last of them may need; the end is where a read finds it.
//
// Nothing can block for ever: memory for one whole chunk is kept for the chunk that the caller gets
// next, so that reads which ran ahead never take what the front needs.
#ifndef STREAM_CHUNKER_H
#define STREAM_CHUNKER_H

#include "stream/stream.h"

#include "units.h"

struct ingest;

enum {
    CHUNKER_RECORDS_MAX = 8192, // chunks in being read, ready and held by the caller
};

struct chunker_params {
    uint8_t *bytes; // of the pool
    uint64_t size;  // of the pool; at least 2 chunks
    uint64_t chunk_size;
    uint64_t overlap;
    struct ingest *ingest; // borrowed; all its reads are the chunker's
};

struct chunker_record;

struct chunker_input {
    int fd; // -1: memory
    const uint8_t *memory;
    uint64_t id;
    uint64_t hint;    // size that somebody told; exact for memory
    uint64_t started; // chunks, from the first
    uint32_t first;   // oldest chunk that was not returned
    uint32_t last;
    bool all_started; // as far as the hint goes
    bool full_slots;  // the hint was too small once: believe it no more
};

// Everything is the chunker's own; tests look at it.
struct chunker {
    struct chunker_params params;
    uint64_t step; // between the starts of chunks
    struct stream_units units;
    uint32_t chunk_units;
    uint32_t reserve; // first unit of the memory that only the front may take
    bool reserve_taken;
    struct chunker_record *records; // owned
    uint32_t record_count;
    uint32_t free_first;
    uint32_t free_count;
    uint32_t held; // by the caller
    struct chunker_input inputs[STREAM_INPUTS_MAX];
    uint32_t input_first;
    uint32_t input_count;
    uint32_t returned_chunks; // since reads were last started
    uint64_t returned_bytes;
    uint64_t copied; // from memory inputs
};

// VYRE_ERR_INVALID_ARGUMENT when the sizes do not fit each other.
enum vyre_result stream_chunker_init(struct chunker *chunker, const struct chunker_params *params);
void stream_chunker_fini(struct chunker *chunker); // the reader was destroyed before

// As stream_feed_fd, stream_feed_memory, stream_next and stream_release.
enum vyre_result stream_chunker_feed_fd(struct chunker *chunker, int fd, uint64_t input);
enum vyre_result stream_chunker_feed_memory(struct chunker *chunker, const void *bytes, size_t size,
                                            uint64_t input);
enum vyre_result stream_chunker_next(struct chunker *chunker, uint64_t timeout_ns,
                                     struct stream_chunk *out);
void stream_chunker_release(struct chunker *chunker, const struct stream_chunk *chunk);

#endif // STREAM_CHUNKER_H
