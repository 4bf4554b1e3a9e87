// SPDX-License-Identifier: MIT
// The engine: a table of reads, each with its plan; requests go to the backend in batches, answers
// are matched by tag. All decisions about a read are the plan's.
#include "ingest/ingest.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"
#include "ingest/backend.h"
#include "ingest/plan.h"
#include "ingest/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    NONE = UINT16_MAX, // no read; depth stays below
    ANSWERS = 64,      // taken from the backend at once
};

#define NS_PER_S UINT64_C(1000000000)
// While the kernel refuses a batch for want of memory, look again this often.
#define RETRY_NS       UINT64_C(10000000)
#define DRAIN_LIMIT_NS (3600 * NS_PER_S)

enum op_state {
    OP_FREE,
    OP_PENDING, // has a piece to ask for
    OP_ASKED,   // the backend owes an answer
    OP_DONE,    // finished, not yet returned
};

struct op {
    struct ingest_plan plan;
    uint64_t at;
    uint64_t tag;
    int fd;
    uint32_t asked;      // bytes of the piece in flight
    uint32_t generation; // part of the backend's tag: an answer must be for this use of the op
    uint16_t next;       // in the list that `state` names
    uint8_t state;
    bool abandoned;
};

struct op_list {
    uint16_t first;
    uint16_t last;
};

struct ingest {
    struct ingest_pool *pool; // shared
    struct ingest_backend backend;
    struct op *ops;
    unsigned depth;
    unsigned asked;    // answers that the backend owes
    unsigned unhanded; // of those, not yet taken by the kernel
    unsigned active;   // ops that are not free
    struct op_list free;
    struct op_list pending;
    struct op_list done;
    int broken; // errno that ended the backend
    enum ingest_path path;
    struct ingest_stats stats;
    struct vyre_log log;
    char reason[INGEST_REASON_SIZE];
};

// ---- Lists ------------------------------------------------------------------------------------

static void list_push(struct ingest *ingest, struct op_list *list, unsigned index)
{
    ingest->ops[index].next = NONE;
    if (list->first == NONE)
        list->first = (uint16_t)index;
    else
        ingest->ops[list->last].next = (uint16_t)index;
    list->last = (uint16_t)index;
}

static unsigned list_pop(struct ingest *ingest, struct op_list *list)
{
    unsigned index = list->first;
    if (index != NONE)
        list->first = ingest->ops[index].next;
    return index;
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

// ---- Creation ---------------------------------------------------------------------------------

static enum vyre_result open_path(struct ingest *ingest, enum ingest_path path, char *reason)
{
    switch (path) {
    case INGEST_FIXED:
    case INGEST_PLAIN:
        return ingest_uring_open(ingest->pool, ingest->depth, path == INGEST_FIXED,
                                 &ingest->backend, reason, INGEST_REASON_SIZE);
    default: return ingest_pread_open(ingest->pool, ingest->depth, &ingest->backend);
    }
}

static const char *path_name(enum ingest_path path)
{
    static const char *const names[] = { "auto", "READ_FIXED", "READ", "pread" };
    return names[path];
}

// The reason that is kept is the first: why the fastest path is not the one.
static enum vyre_result choose_path(struct ingest *ingest, enum ingest_path wanted,
                                    const struct vyre_diag_sink *diag)
{
    enum ingest_path first = wanted == INGEST_AUTO ? INGEST_FIXED : wanted;
    enum ingest_path last = wanted == INGEST_AUTO ? INGEST_PREAD : wanted;
    for (enum ingest_path path = first; path <= last; path++) {
        char reason[INGEST_REASON_SIZE] = "";
        enum vyre_result result = open_path(ingest, path, reason);
        if (result == VYRE_OK) {
            ingest->path = path;
            if (wanted != INGEST_AUTO && wanted != INGEST_FIXED)
                snprintf(ingest->reason, sizeof ingest->reason, "%s was asked for",
                         path_name(wanted));
            return VYRE_OK;
        }
        if (result != VYRE_ERR_UNSUPPORTED)
            return result;
        if (ingest->reason[0] == '\0')
            memcpy(ingest->reason, reason, sizeof reason);
        log_write(&ingest->log, VYRE_LOG_INFO, "ingest: no %s: %s", path_name(path), reason);
    }
    diag_report(diag, DIAG_I003, NULL, "%s: %s", path_name(wanted), ingest->reason);
    return VYRE_ERR_UNSUPPORTED;
}

static void init_ops(struct ingest *ingest)
{
    ingest->free = ingest->pending = ingest->done = (struct op_list){ NONE, NONE };
    for (unsigned index = 0; index < ingest->depth; index++)
        list_push(ingest, &ingest->free, index);
}

enum vyre_result ingest_create(const struct ingest_params *params, struct ingest **out)
{
    *out = NULL;
    unsigned depth = params->depth ? params->depth : INGEST_DEPTH_DEFAULT;
    enum vyre_result result = VYRE_ERR_INVALID_ARGUMENT;
    struct ingest *ingest = NULL;
    if (!params->pool || depth > INGEST_DEPTH_MAX || (unsigned)params->path > INGEST_PREAD)
        goto fail;
    result = VYRE_ERR_NO_MEMORY;
    ingest = memory_calloc(1, sizeof *ingest);
    if (!ingest || !(ingest->ops = memory_calloc(depth, sizeof *ingest->ops)))
        goto fail;
    ingest->pool = ingest_pool_ref(params->pool);
    ingest->depth = depth;
    ingest->log = params->log;
    init_ops(ingest);
    if (params->backend) {
        ingest->backend = *params->backend;
        ingest->path = params->path == INGEST_AUTO ? INGEST_FIXED : params->path;
    } else if ((result = choose_path(ingest, params->path, params->diag)) != VYRE_OK) {
        goto fail;
    }
    *out = ingest;
    return VYRE_OK;
fail:
    if (params->backend)
        params->backend->close(params->backend->self);
    if (ingest) {
        ingest_pool_unref(&ingest->pool);
        memory_free(ingest->ops);
        memory_free(ingest);
    }
    return result;
}

enum ingest_path ingest_get_path(const struct ingest *ingest)
{
    return ingest->path;
}

const char *ingest_get_reason(const struct ingest *ingest)
{
    return ingest->reason;
}

// ---- Reads ------------------------------------------------------------------------------------

enum vyre_result ingest_start(struct ingest *ingest, const struct ingest_read *read,
                              uint32_t *ticket)
{
    uint64_t end;
    struct ingest_plan plan;
    if (!u64_add(read->at, read->size, &end) || end > ingest_pool_size(ingest->pool) ||
        !ingest_plan_init(&plan, read->offset, read->size))
        return VYRE_ERR_INVALID_ARGUMENT;
    if (ingest->broken)
        return VYRE_ERR_IO;
    unsigned index = list_pop(ingest, &ingest->free);
    if (index == NONE)
        return VYRE_FULL;
    struct op *op = &ingest->ops[index];
    op->plan = plan;
    op->fd = read->fd;
    op->at = read->at;
    op->tag = read->tag;
    op->abandoned = false;
    op->generation++;
    op->state = OP_PENDING;
    list_push(ingest, &ingest->pending, index);
    ingest->active++;
    if (ticket)
        *ticket = index;
    return VYRE_OK;
}

void ingest_abandon(struct ingest *ingest, uint32_t ticket)
{
    if (ticket >= ingest->depth || ingest->ops[ticket].state == OP_FREE)
        return;
    ingest->ops[ticket].abandoned = true;
    ingest_plan_stop(&ingest->ops[ticket].plan);
}

static void finish(struct ingest *ingest, unsigned index)
{
    struct op *op = &ingest->ops[index];
    op->state = OP_DONE;
    ingest->stats.bytes += op->plan.done;
    ingest->stats.shorts += op->plan.shorts;
    list_push(ingest, &ingest->done, index);
}

static void fail_backend(struct ingest *ingest, int error)
{
    ingest->broken = error;
    log_write(&ingest->log, VYRE_LOG_ERROR, "ingest: the backend broke: %s", strerror(error));
}

// Moves pending reads into the backend's batch and hands the batch over.
static void hand_over(struct ingest *ingest)
{
    unsigned queued = 0;
    while (ingest->pending.first != NONE) {
        unsigned index = ingest->pending.first;
        struct op *op = &ingest->ops[index];
        uint32_t limit = ingest->backend.limit(ingest->backend.self, op->at + op->plan.done);
        struct ingest_piece piece;
        if (!ingest_plan_next(&op->plan, limit, &piece)) {
            list_pop(ingest, &ingest->pending);
            finish(ingest, index);
            continue;
        }
        const struct ingest_request request = {
            .fd = op->fd,
            .offset = piece.offset,
            .at = op->at + piece.at,
            .size = piece.size,
            .tag = (uint64_t)op->generation << 32 | index,
        };
        if (!ingest->backend.queue(ingest->backend.self, &request))
            break;
        list_pop(ingest, &ingest->pending);
        op->state = OP_ASKED;
        op->asked = piece.size;
        ingest->asked++;
        queued++;
    }
    ingest->stats.reads += queued;
    if (queued == 0 && ingest->unhanded == 0)
        return;
    ingest->stats.batches++;
    int left = ingest->backend.submit(ingest->backend.self);
    if (left < 0)
        fail_backend(ingest, -left);
    else
        ingest->unhanded = (unsigned)left;
}

static void take_answer(struct ingest *ingest, const struct ingest_answer *answer)
{
    uint32_t index = (uint32_t)answer->tag;
    uint32_t generation = (uint32_t)(answer->tag >> 32);
    struct op *op = index < ingest->depth ? &ingest->ops[index] : NULL;
    if (!op || op->state != OP_ASKED || op->generation != generation) {
        // Nobody asked: what it wrote, and where, is unknown.
        fail_backend(ingest, EPROTO);
        return;
    }
    ingest->asked--;
    uint32_t stalls = op->plan.stalls;
    ingest_plan_answer(&op->plan, op->asked, answer->result);
    ingest->stats.retries += op->plan.stalls > stalls;
    if (ingest_plan_finished(&op->plan)) {
        finish(ingest, index);
    } else {
        op->state = OP_PENDING;
        list_push(ingest, &ingest->pending, index);
    }
}

// Asks the backend for answers until it has no more at hand, waiting for the first ones only.
static void reap(struct ingest *ingest, uint64_t wait_ns)
{
    struct ingest_answer answers[ANSWERS];
    int count;
    do {
        count = ingest->backend.reap(ingest->backend.self, wait_ns, answers, ANSWERS);
        if (count < 0)
            fail_backend(ingest, -count);
        for (int i = 0; i < count && !ingest->broken; i++)
            take_answer(ingest, &answers[i]);
        wait_ns = 0;
        // A backend that reads while it is asked has spent enough of the caller's time.
    } while (count == ANSWERS && !ingest->broken && ingest->path != INGEST_PREAD);
}

static size_t take_done(struct ingest *ingest, struct ingest_done *done, size_t capacity)
{
    size_t count = 0;
    while (count < capacity && ingest->done.first != NONE) {
        unsigned index = list_pop(ingest, &ingest->done);
        struct op *op = &ingest->ops[index];
        done[count++] = (struct ingest_done){
            .tag = op->tag,
            .size = op->plan.done,
            .error = op->plan.error,
            .ended = op->plan.ended,
            .abandoned = op->abandoned,
        };
        op->state = OP_FREE;
        list_push(ingest, &ingest->free, index);
        ingest->active--;
    }
    return count;
}

enum vyre_result ingest_poll(struct ingest *ingest, uint64_t timeout_ns, struct ingest_done *done,
                             size_t capacity, size_t *count)
{
    *count = 0;
    if (timeout_ns == UINT64_MAX || capacity == 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (ingest->active == 0 && !ingest->broken)
        return VYRE_DONE;
    uint64_t start = timeout_ns ? now_ns() : 0;
    uint64_t spent = 0;
    while (!ingest->broken) {
        hand_over(ingest);
        if (ingest->broken)
            break;
        uint64_t wait = ingest->done.first != NONE ? 0 : timeout_ns - spent;
        if (ingest->unhanded > 0 || ingest->pending.first != NONE)
            wait = u64_min(wait, RETRY_NS);
        if (ingest->asked > 0)
            reap(ingest, wait);
        if (ingest->done.first != NONE)
            break;
        spent = timeout_ns ? now_ns() - start : 0;
        if (spent >= timeout_ns)
            break;
    }
    // Reads that go on do so while the caller looks at the others.
    if (!ingest->broken && ingest->pending.first != NONE)
        hand_over(ingest);
    *count = take_done(ingest, done, capacity);
    if (*count > 0)
        return VYRE_OK;
    return ingest->broken ? VYRE_ERR_IO : VYRE_TIMEOUT;
}

void ingest_get_stats(const struct ingest *ingest, struct ingest_stats *out)
{
    *out = ingest->stats;
    out->inflight = ingest->active;
}

// ---- The end ----------------------------------------------------------------------------------

static void drain(struct ingest *ingest, uint64_t timeout_ns)
{
    for (unsigned index = 0; index < ingest->depth; index++)
        ingest_abandon(ingest, index);
    uint64_t start = now_ns();
    uint64_t spent = 0;
    enum vyre_result result;
    do {
        struct ingest_done done[ANSWERS];
        size_t count;
        result = ingest_poll(ingest, timeout_ns - spent, done, ANSWERS, &count);
        spent = u64_min(now_ns() - start, timeout_ns);
    } while (result == VYRE_OK || (result == VYRE_TIMEOUT && spent < timeout_ns));
}

bool ingest_destroy(struct ingest **ingest, uint64_t timeout_ns, const struct vyre_diag_sink *diag)
{
    struct ingest *gone = *ingest;
    *ingest = NULL;
    if (!gone)
        return true;
    drain(gone, u64_min(timeout_ns, DRAIN_LIMIT_NS));
    if (gone->asked > 0) {
        diag_report(diag, DIAG_I004, NULL, "%u reads did not end in time; %llu KiB stay mapped",
                    gone->asked, (unsigned long long)(ingest_pool_size(gone->pool) >> 10));
        return false;
    }
    gone->backend.close(gone->backend.self);
    ingest_pool_unref(&gone->pool);
    memory_free(gone->ops);
    memory_free(gone);
    return true;
}
