// SPDX-License-Identifier: MIT
// The replay log: a flight recorder of the last slots that ran (spec: protocol.md, section 6).
//
// An image is the bytes of such a file: 32 bytes of header, then `capacity` records of 64 bytes
// that are written round and round. Everything is little-endian. The format has no checksum: a
// record whose bytes were changed reads as another record, unless its first word was hit.
//
// Thread-safety: Safe, on different images.
// Errors: each call reports to `diag`, which may be NULL, with a code P0nn. VYRE_ERR_INVALID_DATA:
// an image without a header that is one, or without a record that its header promises.
#ifndef VYRE_REPLAY_H
#define VYRE_REPLAY_H

#include <vyre/diag.h>

VYRE_BEGIN

#define VYRE_REPLAY_HEADER_SIZE  32      // bytes
#define VYRE_REPLAY_RECORD_SIZE  64      // bytes
#define VYRE_REPLAY_MAX_CAPACITY 1048576 // records

enum vyre_replay_failure {
    VYRE_REPLAY_NO_FAILURE = 0,
    VYRE_REPLAY_DEVICE_LOSS = 1,
    VYRE_REPLAY_TRANSIENT_QUEUE = 2,
    VYRE_REPLAY_PROGRAM_BUG = 3,
    VYRE_REPLAY_UNCLASSIFIED = 4, // larger values are read as this one
};

struct vyre_replay_record {
    uint64_t timestamp_ns;
    uint32_t slot;
    uint32_t tenant;
    uint32_t opcode;
    uint32_t args[4]; // the first four of the slot
    uint32_t epoch;
    // What is known about a failure; all zero when there was none.
    uint32_t status; // of the slot: enum vyre_slot_status, or anything
    enum vyre_replay_failure failure;
    uint32_t error_code;    // of the backend, for example 1001 (out of memory); 1999: unknown
    uint64_t output_digest; // the first 8 bytes of the output's BLAKE3 hash
};

struct vyre_replay_header {
    uint32_t capacity; // records, 1 to VYRE_REPLAY_MAX_CAPACITY
    uint32_t cursor;   // where the next record goes; below the capacity
};

// Bytes of an image. VYRE_ERR_LIMIT: no image has this capacity.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_size(uint64_t capacity, size_t *out);

// Fills `image`, exactly of the size for this capacity, as a log without records.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_image_init(void *image, size_t size,
                                                               uint64_t capacity,
                                                               const struct vyre_diag_sink *diag);

// The header; the image may be shorter than it says. A cursor beyond the capacity wraps.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_image_header(const void *image, size_t size,
                                                                 struct vyre_replay_header *out,
                                                                 const struct vyre_diag_sink *diag);

// The record that is the `age`th oldest, from 0 to capacity - 1, as the cursor says. VYRE_MISS:
// there is none yet. VYRE_ERR_INVALID_ARGUMENT: `age` is not below the capacity.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_image_read(const void *image, size_t size,
                                                               uint32_t age,
                                                               struct vyre_replay_record *out,
                                                               const struct vyre_diag_sink *diag);

// Writes a record where the cursor is, over the oldest, and moves the cursor.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_image_append(
    void *image, size_t size, const struct vyre_replay_record *record,
    const struct vyre_diag_sink *diag);

VYRE_END

#endif // VYRE_REPLAY_H
