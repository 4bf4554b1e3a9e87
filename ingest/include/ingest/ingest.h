// SPDX-License-Identifier: MIT
// The reader: ranges of files into ranges of the pool, many at once, finished in any order.
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <vyre/diag.h>

struct ingest_backend;
struct ingest_pool;

// How bytes get from a descriptor into the pool. From fast to slow.
enum ingest_path {
    INGEST_AUTO = 0,  // the first of the following that works here
    INGEST_FIXED = 1, // io_uring, READ_FIXED into registered pages
    INGEST_PLAIN = 2, // io_uring, READ: the pages could not be registered (RLIMIT_MEMLOCK)
    INGEST_PREAD = 3, // pread: io_uring is forbidden, too old, or not built in
};

enum {
    INGEST_DEPTH_DEFAULT = 128,
    INGEST_DEPTH_MAX = 4096,
    INGEST_REASON_SIZE = 160,
};

struct ingest_params {
    struct ingest_pool *pool; // required; the reader takes a reference
    enum ingest_path path;
    unsigned depth; // reads in flight, at most INGEST_DEPTH_MAX; 0: INGEST_DEPTH_DEFAULT
    const struct ingest_backend *backend; // for tests: instead of the kernel's; ownership moves
    const struct vyre_diag_sink *diag;
    struct vyre_log log; // kept
};

// Thread-safety: one thread at a time. Lifetime: holds the pool.
struct ingest;

// VYRE_ERR_UNSUPPORTED with code I003 when a path was asked for that does not work here.
// On failure the backend given in the parameters is closed.
enum vyre_result ingest_create(const struct ingest_params *params, struct ingest **out);

enum ingest_path ingest_get_path(const struct ingest *ingest); // never INGEST_AUTO
// Why not a faster path, one line; "" when there is none.
const char *ingest_get_reason(const struct ingest *ingest);

// A range of a file. The pool bytes at .. at + size belong to the reader until the read is done.
struct ingest_read {
    int fd; // borrowed until the read is done
    uint64_t offset;
    uint64_t size;
    uint64_t at; // bytes from the start of the pool
    uint64_t tag;
};

// Starts a read. Nothing is handed to the kernel before ingest_poll, so that one system call
// carries a batch. *ticket (may be NULL) names the read for ingest_abandon until it is done.
// VYRE_FULL: as many reads as `depth` are in flight. VYRE_ERR_INVALID_ARGUMENT: a range outside the
// pool or past the largest file offset.
enum vyre_result ingest_start(struct ingest *ingest, const struct ingest_read *read,
                              uint32_t *ticket);

// The caller no longer wants the bytes. The read is still reported as done, when its memory is
// free.
void ingest_abandon(struct ingest *ingest, uint32_t ticket);

struct ingest_done {
    uint64_t tag;
    uint64_t size; // bytes that arrived, from the start of the range
    int error;     // errno; `size` bytes before it are good
    bool ended;    // the end of the file lies right after them
    bool abandoned;
};

// Hands over what was started and returns finished reads, in the order in which they finished.
// Waits up to `timeout_ns` for the first one; 0 polls. VYRE_OK with *count at least 1;
// VYRE_TIMEOUT; VYRE_DONE: nothing is in flight; VYRE_ERR_IO: io_uring itself broke, the log
// says how.
enum vyre_result ingest_poll(struct ingest *ingest, uint64_t timeout_ns, struct ingest_done *done,
                             size_t capacity, size_t *count);

struct ingest_stats {
    uint64_t bytes;    // that arrived
    uint64_t reads;    // requests handed to the kernel
    uint64_t shorts;   // answers shorter than their request
    uint64_t retries;  // EINTR and EAGAIN
    uint64_t batches;  // times that requests were handed over
    uint32_t inflight; // reads that are not done
};
void ingest_get_stats(const struct ingest *ingest, struct ingest_stats *out);

// Waits up to `timeout_ns` for the reads in flight. What is still in flight then can write to the
// pool at any time: the reader and its reference to the pool are leaked and reported (code I004),
// and false is returned. *ingest becomes NULL.
bool ingest_destroy(struct ingest **ingest, uint64_t timeout_ns, const struct vyre_diag_sink *diag);

#endif // INGEST_INGEST_H
