// SPDX-License-Identifier: MIT
// The seam between the reader and the kernel: something that takes read requests and answers them
// in any order. io_uring, pread, and the scripted one that tests bring.
#ifndef INGEST_BACKEND_H
#define INGEST_BACKEND_H

#include <vyre/result.h>

struct ingest_pool;

// One read. The memory lies in the pool and belongs to the backend until the answer came.
struct ingest_request {
    int fd;
    uint64_t offset;
    uint64_t at; // bytes from the start of the pool
    uint32_t size;
    uint64_t tag; // comes back with the answer; answers are matched by it, never by order
};

struct ingest_answer {
    uint64_t tag;
    int64_t result; // bytes, or a negative errno
};

// A backend. `self` is owned: `close` frees it. Used by one thread at a time.
struct ingest_backend {
    void *self;
    // Largest request it takes at pool offset `at`, at least 1: registered regions have ends.
    uint32_t (*limit)(const void *self, uint64_t at);
    // Adds a request to the batch. False: the batch is full, submit first.
    bool (*queue)(void *self, const struct ingest_request *request);
    // Hands the batch over with one system call. Returns how many requests of the batch are still
    // not handed over (try again after reaping), or a negative errno when the backend is broken.
    int (*submit)(void *self);
    // Writes up to `capacity` answers and returns their number. Waits up to `timeout_ns` when there
    // is none; 0 polls. 0 answers: the time ran out or a signal came. A negative errno: broken.
    int (*reap)(void *self, uint64_t timeout_ns, struct ingest_answer *answers, unsigned capacity);
    void (*close)(void *self);
};

// io_uring with `depth` requests at most in flight. With `fixed` the pool is registered, in regions
// of at most 1 GiB, and reads are READ_FIXED. On failure *out is untouched and `reason` says in one
// line what was refused and why. VYRE_ERR_UNSUPPORTED, VYRE_ERR_NO_MEMORY.
enum vyre_result ingest_uring_open(const struct ingest_pool *pool, unsigned depth, bool fixed,
                                   struct ingest_backend *out, char *reason, size_t reason_size);

// pread in `reap`, at most INGEST_PREAD_STEP bytes a call unless one request is larger.
enum { INGEST_PREAD_STEP = 4 << 20 };
enum vyre_result ingest_pread_open(const struct ingest_pool *pool, unsigned depth,
                                   struct ingest_backend *out);

#endif // INGEST_BACKEND_H
