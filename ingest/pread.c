// SPDX-License-Identifier: MIT
// The backend for systems that forbid io_uring: requests wait in a ring of our own and are read by
// pread when somebody asks for answers. No thread: the caller's time is what is spent.
#include "ingest/backend.h"

#include "base/memory.h"
#include "ingest/pool.h"

#include <errno.h>
#include <unistd.h>

struct pread_backend {
    uint8_t *bytes; // borrowed from the pool, which the reader holds
    unsigned first;
    unsigned count;
    unsigned capacity;
    struct ingest_request requests[];
};

static uint32_t pread_limit(const void *self, uint64_t at)
{
    (void)self, (void)at;
    return INGEST_PREAD_STEP;
}

static bool pread_queue(void *self, const struct ingest_request *request)
{
    struct pread_backend *backend = self;
    if (backend->count == backend->capacity)
        return false;
    unsigned index = (backend->first + backend->count++) % backend->capacity;
    backend->requests[index] = *request;
    return true;
}

static int pread_submit(void *self)
{
    (void)self;
    return 0;
}

static int pread_reap(void *self, uint64_t timeout_ns, struct ingest_answer *answers,
                      unsigned capacity)
{
    (void)timeout_ns;
    struct pread_backend *backend = self;
    unsigned count = 0;
    uint64_t read = 0;
    while (count < capacity && backend->count > 0 && read < INGEST_PREAD_STEP) {
        const struct ingest_request *request = &backend->requests[backend->first];
        ssize_t result =
            pread(request->fd, backend->bytes + request->at, request->size, (off_t)request->offset);
        answers[count++] = (struct ingest_answer){ request->tag, result < 0 ? -errno : result };
        read += result > 0 ? (uint64_t)result : 0;
        backend->first = (backend->first + 1) % backend->capacity;
        backend->count--;
    }
    return (int)count;
}

static void pread_close(void *self)
{
    memory_free(self);
}

enum vyre_result ingest_pread_open(const struct ingest_pool *pool, unsigned depth,
                                   struct ingest_backend *out)
{
    if (depth == 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct pread_backend *backend =
        memory_calloc(1, sizeof *backend + depth * sizeof backend->requests[0]);
    if (!backend)
        return VYRE_ERR_NO_MEMORY;
    backend->bytes = ingest_pool_bytes(pool);
    backend->capacity = depth;
    *out = (struct ingest_backend){
        .self = backend,
        .limit = pread_limit,
        .queue = pread_queue,
        .submit = pread_submit,
        .reap = pread_reap,
        .close = pread_close,
    };
    return VYRE_OK;
}
