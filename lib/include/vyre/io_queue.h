// SPDX-License-Identifier: MIT
// The io queue: what a kernel wants read or written, and what became of it (spec: protocol.md,
// section 3). Pure functions on the bytes of a queue; nothing here does any I/O.
//
// A request goes one of two ways. A device publishes it, the host claims it, does it, and says OK
// or ERROR; or the host publishes a finished read, and the device claims it and makes it DONE.
//
// Every call takes `queue`, at most 64 slots of 32 bytes, of any alignment, in 32-bit little-endian
// words. Its content is never trusted: handles, offsets and sizes are the device's word for it.
//
// Thread-safety: Safe, on different queues. A status is read before an acquire fence and written
// behind a release fence, so one host thread may work on a queue that a device writes to.
// Errors: VYRE_ERR_INVALID_ARGUMENT for a queue that is not whole slots or has more than 64; each
// call reports to `diag`, which may be NULL, with a code P0nn.
#ifndef VYRE_IO_QUEUE_H
#define VYRE_IO_QUEUE_H

#include <vyre/diag.h>

VYRE_BEGIN

enum {
    VYRE_IO_SLOT_WORDS = 8,
    VYRE_IO_SLOT_SIZE = 32, // bytes
    VYRE_IO_MAX_SLOTS = 64,
    // Words of a slot.
    VYRE_IO_OP = 0,
    VYRE_IO_SOURCE = 1,
    VYRE_IO_DESTINATION = 2,
    VYRE_IO_OFFSET_LOW = 3,
    VYRE_IO_OFFSET_HIGH = 4,
    VYRE_IO_BYTES = 5,
    VYRE_IO_STATUS = 6,
    VYRE_IO_TAG = 7,
};

enum vyre_io_op {
    VYRE_IO_OP_READ = 1,
    VYRE_IO_OP_WRITE = 2,
    VYRE_IO_OP_FENCE = 3,
};

enum vyre_io_status {
    VYRE_IO_EMPTY = 0,
    VYRE_IO_PUBLISHED = 1,
    VYRE_IO_CLAIMED = 2,
    VYRE_IO_DONE = 3,
    VYRE_IO_OK = 0x10,
    VYRE_IO_ERROR = 0x11,
};

struct vyre_io_request {
    uint32_t slot;   // in the queue
    uint32_t op;     // enum vyre_io_op, or anything
    uint32_t source; // an index into a table of files or resources, never a descriptor
    uint32_t destination;
    uint64_t offset; // in the file
    uint32_t bytes;
    uint32_t status; // enum vyre_io_status, or anything
    uint32_t tag;    // the requester's
};

// Slot `slot` of a queue, whatever its status. VYRE_ERR_INVALID_ARGUMENT: no such slot.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_io_queue_read(const void *queue, size_t size,
                                                           uint32_t slot,
                                                           struct vyre_io_request *out,
                                                           const struct vyre_diag_sink *diag);

// Lists the slots that are PUBLISHED, in order, up to `capacity` of them.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_io_queue_poll(const void *queue, size_t size,
                                                           struct vyre_io_request *requests,
                                                           size_t capacity, size_t *count,
                                                           const struct vyre_diag_sink *diag);

// The same, and makes those that it lists CLAIMED: no call lists them again.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_io_queue_claim(void *queue, size_t size,
                                                            struct vyre_io_request *requests,
                                                            size_t capacity, size_t *count,
                                                            const struct vyre_diag_sink *diag);

// Says what became of a request.
struct vyre_io_completion {
    uint32_t slot;
    bool ok;
};

// Makes slots that are CLAIMED OK or ERROR, all or none. VYRE_ERR_INVALID_ARGUMENT: no such slot,
// or one that is not CLAIMED.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_io_queue_complete(
    void *queue, size_t size, const struct vyre_io_completion *completions, size_t count,
    const struct vyre_diag_sink *diag);

// Writes request->slot of the queue, as PUBLISHED whatever request->status says. VYRE_FULL: the
// slot is not EMPTY. VYRE_ERR_INVALID_ARGUMENT: no such slot.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_io_queue_publish(void *queue, size_t size,
                                                              const struct vyre_io_request *request,
                                                              const struct vyre_diag_sink *diag);

VYRE_END

#endif // VYRE_IO_QUEUE_H
