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

// ---- Logs on disk -------------------------------------------------------------------------------

// An open log. At most one process writes a log at a time; any number may read it meanwhile, and
// may then see a record that is half new.
struct vyre_replay;

struct vyre_replay_params {
    const char *path;  // required; not a symbolic link
    uint32_t capacity; // records of a log that is made, with mode 0600; 0: 4,096. An existing log
                       // keeps its own.
    bool read_only;    // the log must exist, and nothing is written to it
    bool sync;         // an append is on the disk when it returns
    const struct vyre_diag_sink *diag;
};

#define vyre_replay_params(...) (&(const struct vyre_replay_params){ __VA_ARGS__ })

// Opens a log, or makes one; a log that cannot be made whole is not made at all. All of its space
// is taken at once, so that appends do not meet a full disk.
//
// VYRE_ERR_IO (P011): the operating system refused, or this is no regular file. VYRE_ERR_IO (P012):
// it is open for writing elsewhere. VYRE_ERR_INVALID_DATA: not a replay log (P008), or one to be
// written that is cut short (P009). VYRE_ERR_LIMIT: a capacity that cannot be.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_open(const struct vyre_replay_params *params,
                                                         struct vyre_replay **out);

// Capacity and cursor, as they were when the log was opened, rewound, or appended to.
VYRE_API void vyre_replay_get_header(const struct vyre_replay *log, struct vyre_replay_header *out);

// Appends records, over the oldest when the log is full, and rewinds. VYRE_ERR_IO: the log goes on
// as if none of them were there, and can be appended to again; records that they were written over
// may be lost. VYRE_ERR_INVALID_ARGUMENT: the log was opened to be read only.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_append(struct vyre_replay *log,
                                                           const struct vyre_replay_record *records,
                                                           size_t count,
                                                           const struct vyre_diag_sink *diag);

// The next record, oldest first. VYRE_DONE: there is none. VYRE_ERR_INVALID_DATA: this one is
// damaged, or the log is cut off here; call again for what comes after.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_next(struct vyre_replay *log,
                                                         struct vyre_replay_record *out,
                                                         const struct vyre_diag_sink *diag);

// Goes back to the oldest record, and sees what was written since. Errors as those of
// vyre_replay_open; vyre_replay_next then goes on where it was.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_replay_rewind(struct vyre_replay *log,
                                                           const struct vyre_diag_sink *diag);

// Sets *log to NULL, which it may be.
VYRE_API void vyre_replay_close(struct vyre_replay **log);

VYRE_END

#endif // VYRE_REPLAY_H
