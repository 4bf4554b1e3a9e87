// SPDX-License-Identifier: MIT
// The stream: inputs (files, memory) become chunks in device-visible memory, in input order.
//
// A chunk holds [overlap | new bytes] of one input: up to `overlap` bytes that belong to the chunk
// before it, so that a match across the edge is seen whole, then bytes that no earlier chunk had.
// Every chunk but the last of an input has chunk_size bytes. A file ends where a read says so, not
// where its size says so; therefore a last chunk may have no new bytes (size <= overlap): the file
// ended, or shrank to, exactly there.
// Back pressure: chunks are taken from one pool; a chunk that is not released keeps its memory.
// The stream starts no thread: reads are started and finished in stream_next.
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <vyre/buffer.h>
#include <vyre/scan.h>

struct stream;

enum {
    STREAM_INPUTS_MAX = 256, // inputs that are fed and not yet returned whole
    STREAM_CHUNK_MIN = 4096,
    STREAM_REASON_SIZE = 160,
};

struct stream_params {
    uint64_t pool_size;  // bytes of device-visible memory; at least 2 chunks
    uint64_t chunk_size; // largest number of bytes in one chunk, overlap included; multiple of 4096
    uint64_t overlap;    // bytes; less than chunk_size / 2
    enum vyre_ingest_path ingest;
    uint64_t hang_timeout_ns;          // how long stream_destroy waits for reads in flight; 0: 10 s
    const struct vyre_diag_sink *diag; // for stream_create only
    struct vyre_log log;               // kept
};

// One chunk. `offset` and `size` locate it in the segment; offset is a multiple of 4096, and the
// bytes up to the next multiple of 4 are zero: devices read whole words.
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

// VYRE_ERR_INVALID_ARGUMENT with code I005 for sizes that do not fit each other,
// VYRE_ERR_UNSUPPORTED with code I003 when a path was asked for that does not work here, and what
// vyre_buffer_create returns, VYRE_ERR_LIMIT for a pool that the device cannot bind.
enum vyre_result stream_create(struct vyre_device *device, const struct stream_params *params,
                               struct stream **out);

// The device-visible memory that all chunks lie in. Borrowed.
struct vyre_buffer *stream_segment(struct stream *stream);

// Host view of the same bytes, in ordinary cached memory where the path allows it; valid until the
// chunk is released.
const uint8_t *stream_bytes(const struct stream *stream, const struct stream_chunk *chunk);

// Queue an input. VYRE_FULL: STREAM_INPUTS_MAX are queued, take chunks first. The descriptor or
// memory stays the caller's and must live, unchanged in the case of memory, until the input's last
// chunk was returned. Descriptors are read by offset: their position is neither used nor moved.
enum vyre_result stream_feed_fd(struct stream *stream, int fd, uint64_t input);
enum vyre_result stream_feed_memory(struct stream *stream, const void *bytes, size_t size,
                                    uint64_t input);

// The next chunk, in input order and offset order. Reads run ahead as far as the pool allows.
// VYRE_TIMEOUT: none is ready yet. VYRE_FULL: the pool is exhausted, release a chunk first.
// VYRE_DONE: everything fed so far was returned. VYRE_ERR_IO: io_uring itself broke (the log says
// how), and stays broken. An input that cannot be read is no error here but a chunk with `error`.
enum vyre_result stream_next(struct stream *stream, uint64_t timeout_ns, struct stream_chunk *out);

// Gives the memory of a chunk back. In any order.
void stream_release(struct stream *stream, const struct stream_chunk *chunk);

struct stream_stats {
    uint64_t bytes_read;
    uint64_t reads;
    uint64_t short_reads;
    uint64_t bytes_copied; // by staging
    enum vyre_ingest_path ingest;
    uint64_t memory_bytes;           // pool, and its copy for the device where the path needs one
    char reason[STREAM_REASON_SIZE]; // why not a faster path; "" when there is none
};
void stream_get_stats(const struct stream *stream, struct stream_stats *out);

// Waits for reads in flight, then frees everything; *stream becomes NULL, and may be NULL before.
// The caller must have waited for all device work that uses the segment, and dropped what refers to
// it (bindings, kernels' arguments): with imported pages the segment's memory is unmapped here.
// What a poisoned device or a hanging file system may still touch is leaked and logged instead.
void stream_destroy(struct stream **stream);

#endif // STREAM_STREAM_H
