// SPDX-License-Identifier: MIT
// A read backend that tests write the script of: answers come in random order (fixed seed), short,
// interrupted, with errors, late, or never.
#ifndef TESTS_SUPPORT_FAKE_BACKEND_H
#define TESTS_SUPPORT_FAKE_BACKEND_H

#include "ingest/backend.h"
#include "ingest/pool.h"

#include <errno.h>
#include <string.h>

enum { FAKE_REQUESTS = 512, FAKE_FILES = 512 };

struct fake_file {
    const uint8_t *bytes;
    uint64_t size;
    int error; // every read answers with it
};

struct fake_backend {
    uint8_t *pool;
    struct fake_file files[FAKE_FILES]; // by descriptor
    struct ingest_request requests[FAKE_REQUESTS];
    unsigned count;
    unsigned handed; // the first so many were submitted
    unsigned batch;  // queue refuses beyond; 0: FAKE_REQUESTS
    unsigned refuse; // so many submits take nothing
    uint32_t limit;  // bytes per request; 0: no limit
    // Chances in 256, drawn in this order.
    unsigned eintr;
    unsigned eagain;
    unsigned eio;
    unsigned shorten;
    unsigned lazy;       // chance in 256 that a reap with work gives nothing
    uint64_t fail_below; // requests that start before this file offset answer EIO
    bool withhold;       // no answers at all
    bool in_order;
    bool grow;        // one answer larger than asked
    uint64_t bad_tag; // xor into the next tag
    int break_submit; // errno
    int break_reap;
    uint32_t random;
    unsigned submits;
    unsigned most;         // requests owed at once
    uint64_t refused_wait; // longest wait while a part of the batch was refused
    unsigned closed;
};

static inline uint32_t fake_random(struct fake_backend *fake)
{
    // xorshift32; the seed is never 0.
    uint32_t x = fake->random ? fake->random : 0x9e3779b9u;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return fake->random = x;
}

static inline bool fake_draw(struct fake_backend *fake, unsigned chance)
{
    return chance > 0 && (fake_random(fake) >> 8) % 256 < chance;
}

static inline uint32_t fake_limit(const void *self, uint64_t at)
{
    const struct fake_backend *fake = self;
    (void)at;
    return fake->limit ? fake->limit : UINT32_MAX;
}

static inline bool fake_queue(void *self, const struct ingest_request *request)
{
    struct fake_backend *fake = self;
    unsigned most = fake->batch ? fake->batch : FAKE_REQUESTS;
    if (fake->count - fake->handed >= most || fake->count == FAKE_REQUESTS)
        return false;
    fake->requests[fake->count++] = *request;
    if (fake->count > fake->most)
        fake->most = fake->count;
    return true;
}

static inline int fake_submit(void *self)
{
    struct fake_backend *fake = self;
    fake->submits++;
    if (fake->break_submit)
        return -fake->break_submit;
    if (fake->refuse > 0)
        fake->refuse--;
    else
        fake->handed = fake->count;
    return (int)(fake->count - fake->handed);
}

static inline int64_t fake_answer(struct fake_backend *fake, const struct ingest_request *request)
{
    const struct fake_file *file = &fake->files[request->fd];
    if (file->error)
        return -file->error;
    if (request->offset < fake->fail_below)
        return -EIO;
    if (fake_draw(fake, fake->eintr))
        return -EINTR;
    if (fake_draw(fake, fake->eagain))
        return -EAGAIN;
    if (fake_draw(fake, fake->eio))
        return -EIO;
    uint64_t left = request->offset < file->size ? file->size - request->offset : 0;
    uint64_t size = left < request->size ? left : request->size;
    if (size > 1 && fake_draw(fake, fake->shorten))
        size = 1 + fake_random(fake) % (uint32_t)(size - 1);
    if (size > 0)
        memcpy(fake->pool + request->at, file->bytes + request->offset, size);
    if (fake->grow) {
        fake->grow = false;
        return (int64_t)request->size + 1;
    }
    return (int64_t)size;
}

static inline int fake_reap(void *self, uint64_t timeout_ns, struct ingest_answer *answers,
                            unsigned capacity)
{
    struct fake_backend *fake = self;
    if (fake->count > fake->handed && timeout_ns > fake->refused_wait)
        fake->refused_wait = timeout_ns;
    if (fake->break_reap)
        return -fake->break_reap;
    if (fake->withhold || fake_draw(fake, fake->lazy))
        return 0;
    unsigned count = 0;
    while (count < capacity && fake->handed > 0) {
        unsigned pick = fake->in_order ? 0 : fake_random(fake) % fake->handed;
        struct ingest_request request = fake->requests[pick];
        memmove(&fake->requests[pick], &fake->requests[pick + 1],
                (fake->count - pick - 1) * sizeof request);
        fake->count--;
        fake->handed--;
        answers[count++] = (struct ingest_answer){
            .tag = request.tag ^ fake->bad_tag,
            .result = fake_answer(fake, &request),
        };
        fake->bad_tag = 0;
    }
    return (int)count;
}

static inline void fake_close(void *self)
{
    struct fake_backend *fake = self;
    fake->closed++;
}

static inline struct ingest_backend fake_open(struct fake_backend *fake, struct ingest_pool *pool)
{
    fake->pool = ingest_pool_bytes(pool);
    return (struct ingest_backend){
        .self = fake,
        .limit = fake_limit,
        .queue = fake_queue,
        .submit = fake_submit,
        .reap = fake_reap,
        .close = fake_close,
    };
}

#endif // TESTS_SUPPORT_FAKE_BACKEND_H
