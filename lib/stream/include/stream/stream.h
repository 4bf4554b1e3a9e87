// SPDX-License-Identifier: MIT
// The stream: inputs (files, memory) become chunks in device-visible memory, in input order.
//
// A chunk holds [overlap | new bytes] of one input: up to `overlap` bytes that belong to the chunk
// before it, so that a match across the edge is seen whole, then bytes that no earlier chunk had.
// Back pressure: chunks are taken from one pool; a chunk that is not released keeps its memory.
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <vyre/buffer.h>
#include <vyre/scan.h>

struct stream;

struct stream_params {
    uint64_t pool_size;  // bytes of device-visible memory; at least 2 chunks
    uint64_t chunk_size; // largest number of bytes in one chunk, overlap included; multiple of 4096
    uint64_t overlap;    // bytes; less than chunk_size / 2
    enum vyre_ingest_path ingest;
    uint64_t hang_timeout_ns; // for the staging copies
    const struct vyre_diag_sink *diag;
    struct vyre_log log; // kept
};

// One chunk. `offset` and `size` locate it in the segment; offset is a multiple of 256.
struct stream_chunk {
    uint64_t input;       // the caller's number
    uint64_t file_offset; // of the first byte of the chunk (overlap included) in the input
    uint64_t offset;      // bytes from the start of the segment
    uint64_t size;        // bytes, overlap included; 0 for an empty input's only chunk
    uint64_t overlap;     // how many of them the previous chunk already had
    bool last;            // of this input
    int error;            // errno when reading stopped here; only with `last`
    uint32_t slot;        // for stream_release
};

enum vyre_result stream_create(struct vyre_device *device, const struct stream_params *params,
                               struct stream **out);

// The device-visible memory that all chunks lie in. Borrowed.
struct vyre_buffer *stream_segment(struct stream *stream);

// Host view of the same bytes; valid for chunks that are not released. The bytes of a chunk.
const uint8_t *stream_bytes(const struct stream *stream, const struct stream_chunk *chunk);

// Queue an input. VYRE_FULL: take chunks first. The descriptor or memory stays the caller's and
// must live until the input's last chunk was returned.
enum vyre_result stream_feed_fd(struct stream *stream, int fd, uint64_t input);
enum vyre_result stream_feed_memory(struct stream *stream, const void *bytes, size_t size,
                                    uint64_t input);

// The next chunk, in input order and offset order. Reads run ahead as far as the pool allows.
// VYRE_TIMEOUT: none is ready yet. VYRE_FULL: the pool is exhausted, release a chunk first.
// VYRE_DONE: everything fed so far was returned.
enum vyre_result stream_next(struct stream *stream, uint64_t timeout_ns, struct stream_chunk *out);

// Gives the memory of a chunk back. In any order.
void stream_release(struct stream *stream, const struct stream_chunk *chunk);

struct stream_stats {
    uint64_t bytes_read;
    uint64_t reads;
    uint64_t short_reads;
    uint64_t bytes_copied; // by staging
    enum vyre_ingest_path ingest;
    char reason[160]; // why not a faster path
};
void stream_get_stats(const struct stream *stream, struct stream_stats *out);

void stream_destroy(struct stream **stream);

#endif // STREAM_STREAM_H
