// SPDX-License-Identifier: MIT
// The io_uring backend. Every sign of a kernel or container that does not want io_uring becomes a
// reason in words, found out before the first file is touched.
#include "ingest/backend.h"

#include "base/memory.h"
#include "base/size.h"
#include "ingest/pool.h"
#include "vyre_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#if VYRE_HAVE_LIBURING

#include <liburing.h>

enum {
    PROBE_TIMEOUT_MS = 2000, // for one no-op; a machine that needs longer has other troubles
    // io_uring takes regions of up to 1 GiB (io_uring_register(2)).
    REGION_SIZE = 1 << 30,
    // The kernel cuts a read at MAX_RW_COUNT, just under 2 GiB; smaller requests spread better.
    REQUEST_LIMIT = 256 << 20,
};

struct uring_backend {
    struct io_uring ring;
    uint8_t *bytes; // borrowed from the pool, which the reader holds
    bool fixed;
};

static uint32_t uring_limit(const void *self, uint64_t at)
{
    const struct uring_backend *backend = self;
    if (!backend->fixed)
        return REQUEST_LIMIT;
    return (uint32_t)u64_min(REGION_SIZE - at % REGION_SIZE, REQUEST_LIMIT);
}

static bool uring_queue(void *self, const struct ingest_request *request)
{
    struct uring_backend *backend = self;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&backend->ring);
    if (!sqe)
        return false;
    uint8_t *memory = backend->bytes + request->at;
    if (backend->fixed)
        io_uring_prep_read_fixed(sqe, request->fd, memory, request->size, request->offset,
                                 (int)(request->at / REGION_SIZE));
    else
        io_uring_prep_read(sqe, request->fd, memory, request->size, request->offset);
    io_uring_sqe_set_data64(sqe, request->tag);
    return true;
}

// Too little memory, a full completion queue, a signal: the batch stays and may be handed over
// again later.
static bool is_transient(int error)
{
    return error == EAGAIN || error == EBUSY || error == EINTR || error == ENOMEM;
}

static int uring_submit(void *self)
{
    struct uring_backend *backend = self;
    int result = io_uring_submit(&backend->ring);
    if (result < 0 && !is_transient(-result))
        return result;
    return (int)io_uring_sq_ready(&backend->ring);
}

static unsigned take_answers(struct uring_backend *backend, struct ingest_answer *answers,
                             unsigned capacity)
{
    unsigned count = 0;
    struct io_uring_cqe *cqe;
    while (count < capacity && io_uring_peek_cqe(&backend->ring, &cqe) == 0) {
        answers[count++] = (struct ingest_answer){ io_uring_cqe_get_data64(cqe), cqe->res };
        io_uring_cqe_seen(&backend->ring, cqe);
    }
    return count;
}

static int uring_reap(void *self, uint64_t timeout_ns, struct ingest_answer *answers,
                      unsigned capacity)
{
    struct uring_backend *backend = self;
    unsigned count = take_answers(backend, answers, capacity);
    if (count > 0 || timeout_ns == 0)
        return (int)count;
    struct __kernel_timespec time = {
        .tv_sec = (int64_t)(timeout_ns / 1000000000),
        .tv_nsec = (long long)(timeout_ns % 1000000000),
    };
    struct io_uring_cqe *cqe;
    int result = io_uring_wait_cqe_timeout(&backend->ring, &cqe, &time);
    if (result < 0 && result != -ETIME && !is_transient(-result))
        return result;
    return (int)take_answers(backend, answers, capacity);
}

static void uring_close(void *self)
{
    struct uring_backend *backend = self;
    io_uring_queue_exit(&backend->ring);
    memory_free(backend);
}

// A no-op there and back: some sandboxes allow io_uring_setup and forbid io_uring_enter.
static int probe(struct io_uring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (!sqe)
        return ENOSPC;
    io_uring_prep_nop(sqe);
    int result = io_uring_submit(ring);
    if (result < 0)
        return -result;
    struct __kernel_timespec time = { .tv_sec = PROBE_TIMEOUT_MS / 1000 };
    struct io_uring_cqe *cqe;
    result = io_uring_wait_cqe_timeout(ring, &cqe, &time);
    if (result < 0)
        return -result;
    int answer = -cqe->res;
    io_uring_cqe_seen(ring, cqe);
    return answer;
}

// *error: the errno of a refusal, 0 when the pool is registered.
static enum vyre_result register_pool(struct io_uring *ring, const struct ingest_pool *pool,
                                      int *error)
{
    uint64_t size = ingest_pool_size(pool);
    uint64_t regions = size / REGION_SIZE + (size % REGION_SIZE != 0);
    *error = EFBIG;
    if (regions > UINT16_MAX)
        return VYRE_OK;
    struct iovec *vectors = memory_calloc(regions, sizeof *vectors);
    if (!vectors)
        return VYRE_ERR_NO_MEMORY;
    for (uint64_t region = 0; region < regions; region++) {
        uint64_t start = region * REGION_SIZE;
        vectors[region].iov_base = ingest_pool_bytes(pool) + start;
        vectors[region].iov_len = u64_min(size - start, REGION_SIZE);
    }
    *error = -io_uring_register_buffers(ring, vectors, (unsigned)regions);
    memory_free(vectors);
    return VYRE_OK;
}

static const char *setup_hint(int error)
{
    switch (error) {
    case ENOSYS: return "the kernel or a sandbox has no io_uring";
    case EPERM:
    case EACCES: return "a sandbox or kernel.io_uring_disabled forbids it";
    case ENOMEM: return "RLIMIT_MEMLOCK or memory is too small";
    case EMFILE:
    case ENFILE: return "too many open files";
    default: return "see io_uring_setup(2)";
    }
}

enum vyre_result ingest_uring_open(const struct ingest_pool *pool, unsigned depth, bool fixed,
                                   struct ingest_backend *out, char *reason, size_t reason_size)
{
    struct uring_backend *backend = memory_calloc(1, sizeof *backend);
    if (!backend) {
        snprintf(reason, reason_size, "out of memory");
        return VYRE_ERR_NO_MEMORY;
    }
    struct io_uring_params params = { .flags = IORING_SETUP_CLAMP };
    int error = -io_uring_queue_init_params(depth, &backend->ring, &params);
    if (error) {
        snprintf(reason, reason_size, "io_uring_setup: %s (%s)", strerror(error),
                 setup_hint(error));
        memory_free(backend);
        return VYRE_ERR_UNSUPPORTED;
    }
    backend->bytes = ingest_pool_bytes(pool);
    backend->fixed = fixed;
    enum vyre_result result = VYRE_OK;
    // Waits with a timeout need EXT_ARG; without it liburing would put a timeout request in our
    // queue for each wait.
    if (!(params.features & IORING_FEAT_EXT_ARG)) {
        snprintf(reason, reason_size, "io_uring: the kernel is older than 5.11");
        result = VYRE_ERR_UNSUPPORTED;
    } else if ((error = probe(&backend->ring)) != 0) {
        snprintf(reason, reason_size, "io_uring_enter: %s", strerror(error));
        result = VYRE_ERR_UNSUPPORTED;
    } else if (fixed) {
        result = register_pool(&backend->ring, pool, &error);
        if (result == VYRE_OK && error) {
            snprintf(reason, reason_size, "io_uring_register of %llu KiB: %s%s",
                     (unsigned long long)(ingest_pool_size(pool) >> 10), strerror(error),
                     error == ENOMEM ? " (RLIMIT_MEMLOCK is too small)" : "");
            result = VYRE_ERR_UNSUPPORTED;
        }
    }
    if (result != VYRE_OK) {
        uring_close(backend);
        return result;
    }
    *out = (struct ingest_backend){
        .self = backend,
        .limit = uring_limit,
        .queue = uring_queue,
        .submit = uring_submit,
        .reap = uring_reap,
        .close = uring_close,
    };
    return VYRE_OK;
}

#else

enum vyre_result ingest_uring_open(const struct ingest_pool *pool, unsigned depth, bool fixed,
                                   struct ingest_backend *out, char *reason, size_t reason_size)
{
    (void)pool, (void)depth, (void)fixed, (void)out;
    snprintf(reason, reason_size, "io_uring: this build has no liburing");
    return VYRE_ERR_UNSUPPORTED;
}

#endif
