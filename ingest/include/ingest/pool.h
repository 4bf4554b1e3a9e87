// SPDX-License-Identifier: MIT
// The pool: anonymous pages that io_uring may register and that a device may import.
//
// Ordinary private pages are the one kind of memory that both accept everywhere: mapped Vulkan
// memory cannot be registered on most GPU drivers (DESIGN.md, 3.9).
#ifndef INGEST_POOL_H
#define INGEST_POOL_H

#include <vyre/diag.h>

// Thread-safety: the contents are the caller's to synchronise; ref and unref are safe.
// Lifetime: reference counted, because reads in flight may outlive the object that asked for them.
struct ingest_pool;

// Maps `size` bytes, zero, at an address that is a multiple of `alignment`. `alignment` is a power
// of two; smaller than a page means a page. `size` is rounded up to a multiple of it.
// VYRE_ERR_NO_MEMORY with code I002 when the system refuses. The pages are not inherited by fork:
// copy-on-write would give this process other pages than the ones that are being read into.
enum vyre_result ingest_pool_create(uint64_t size, uint64_t alignment,
                                    const struct vyre_diag_sink *diag, struct ingest_pool **out);

// A pool over memory of somebody else, such as a mapped buffer of a device, who keeps it mapped
// while the pool lives. Only for INGEST_PREAD: such memory often cannot be registered.
enum vyre_result ingest_pool_borrow(void *bytes, uint64_t size, struct ingest_pool **out);

uint8_t *ingest_pool_bytes(const struct ingest_pool *pool);
uint64_t ingest_pool_size(const struct ingest_pool *pool); // after rounding

struct ingest_pool *ingest_pool_ref(struct ingest_pool *pool);
void ingest_pool_unref(struct ingest_pool **pool); // the last one unmaps; accepts NULL

// Gives a reference back and leaves the pages mapped for good, whoever gives back the last one: a
// device that is lost may still read or write them. Accepts NULL.
void ingest_pool_abandon(struct ingest_pool **pool);

#endif // INGEST_POOL_H
