// SPDX-License-Identifier: MIT
#include "ingest/pool.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct ingest_pool {
    uint8_t *bytes;
    uint64_t size;
    atomic_uint refs;
    _Atomic bool stays; // borrowed or abandoned: the last reference does not unmap
};

// Maps size + alignment bytes and gives the ends back, since mmap only promises page alignment.
static uint8_t *map_aligned(uint64_t size, uint64_t alignment)
{
    uint64_t total;
    if (!u64_add(size, alignment, &total) || total > SIZE_MAX / 2) {
        errno = ENOMEM;
        return NULL;
    }
    uint8_t *start = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    uint64_t before = (alignment - (uintptr_t)start % alignment) % alignment;
    uint8_t *bytes = start + before;
    // Trimming splits the mapping, which fails when the process has too many; the memory is only
    // larger than needed then, and never touched.
    if (before)
        munmap(start, before);
    munmap(bytes + size, alignment - before);
    return bytes;
}

enum vyre_result ingest_pool_create(uint64_t size, uint64_t alignment,
                                    const struct vyre_diag_sink *diag, struct ingest_pool **out)
{
    *out = NULL;
    if (size == 0 || (alignment & (alignment - 1)) != 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    alignment = u64_max(alignment, (uint64_t)sysconf(_SC_PAGESIZE));
    uint64_t rounded;
    if (!u64_align_up(size, alignment, &rounded))
        return VYRE_ERR_INVALID_ARGUMENT;
    struct ingest_pool *pool = memory_calloc(1, sizeof *pool);
    if (!pool)
        return VYRE_ERR_NO_MEMORY;
    pool->bytes = map_aligned(rounded, alignment);
    if (!pool->bytes) {
        int error = errno;
        memory_free(pool);
        diag_report(diag, DIAG_I002, NULL, "cannot map %llu bytes: %s", (unsigned long long)rounded,
                    strerror(error));
        return VYRE_ERR_NO_MEMORY;
    }
    // A refusal costs nothing but a fork that shares pages it must not write.
    (void)madvise(pool->bytes, rounded, MADV_DONTFORK);
    pool->size = rounded;
    atomic_init(&pool->refs, 1);
    *out = pool;
    return VYRE_OK;
}

enum vyre_result ingest_pool_borrow(void *bytes, uint64_t size, struct ingest_pool **out)
{
    *out = NULL;
    if (!bytes || size == 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct ingest_pool *pool = memory_calloc(1, sizeof *pool);
    if (!pool)
        return VYRE_ERR_NO_MEMORY;
    pool->bytes = bytes;
    pool->size = size;
    atomic_init(&pool->stays, true);
    atomic_init(&pool->refs, 1);
    *out = pool;
    return VYRE_OK;
}

uint8_t *ingest_pool_bytes(const struct ingest_pool *pool)
{
    return pool->bytes;
}

uint64_t ingest_pool_size(const struct ingest_pool *pool)
{
    return pool->size;
}

struct ingest_pool *ingest_pool_ref(struct ingest_pool *pool)
{
    atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
    return pool;
}

void ingest_pool_unref(struct ingest_pool **pool)
{
    struct ingest_pool *gone = *pool;
    *pool = NULL;
    // Release and acquire: whoever unmaps must see every use before the other references went.
    if (!gone || atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (!atomic_load_explicit(&gone->stays, memory_order_relaxed))
        munmap(gone->bytes, gone->size);
    memory_free(gone);
}

void ingest_pool_abandon(struct ingest_pool **pool)
{
    if (*pool)
        atomic_store_explicit(&(*pool)->stays, true, memory_order_relaxed);
    ingest_pool_unref(pool);
}
