// SPDX-License-Identifier: MIT
// The io queue (spec: protocol.md, 3.1 and 3.2).
#include <vyre/io_queue.h>

#include "words.h"

static bool is_queue(const void *queue, size_t size, const struct vyre_diag_sink *diag)
{
    if ((!queue && size > 0) || !words_whole("io queue", size, VYRE_IO_SLOT_SIZE, diag))
        return false;
    if (size / VYRE_IO_SLOT_SIZE <= VYRE_IO_MAX_SLOTS)
        return true;
    diag_report(diag, DIAG_P002, NULL, "the io queue has %zu slots", size / VYRE_IO_SLOT_SIZE);
    return false;
}

static bool has_slot(const void *queue, size_t size, uint32_t slot,
                     const struct vyre_diag_sink *diag)
{
    if (!is_queue(queue, size, diag))
        return false;
    if (slot < size / VYRE_IO_SLOT_SIZE)
        return true;
    diag_report(diag, DIAG_P003, NULL, "the io queue is missing slot %u in %zu bytes", slot, size);
    return false;
}

// The rest of a slot is read after its status, and written before it.
static uint32_t get_status(const void *queue, size_t slot)
{
    return word_acquire(queue, slot * VYRE_IO_SLOT_WORDS + VYRE_IO_STATUS);
}

static void put_status(void *queue, size_t slot, enum vyre_io_status status)
{
    word_release(queue, slot * VYRE_IO_SLOT_WORDS + VYRE_IO_STATUS, (uint32_t)status);
}

static struct vyre_io_request get_request(const void *queue, size_t slot, uint32_t status)
{
    const size_t at = slot * VYRE_IO_SLOT_WORDS;
    return (struct vyre_io_request){
        .slot = (uint32_t)slot,
        .op = word_get(queue, at + VYRE_IO_OP),
        .source = word_get(queue, at + VYRE_IO_SOURCE),
        .destination = word_get(queue, at + VYRE_IO_DESTINATION),
        .offset = word_get_pair(queue, at + VYRE_IO_OFFSET_LOW),
        .bytes = word_get(queue, at + VYRE_IO_BYTES),
        .status = status,
        .tag = word_get(queue, at + VYRE_IO_TAG),
    };
}

enum vyre_result vyre_io_queue_read(const void *queue, size_t size, uint32_t slot,
                                    struct vyre_io_request *out, const struct vyre_diag_sink *diag)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_io_request){ .slot = 0 };
    if (!has_slot(queue, size, slot, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = get_request(queue, slot, get_status(queue, slot));
    return VYRE_OK;
}

// Lists PUBLISHED slots, and claims them in `claimed` unless that is NULL.
static enum vyre_result list(const void *queue, void *claimed, size_t size,
                             struct vyre_io_request *requests, size_t capacity, size_t *count,
                             const struct vyre_diag_sink *diag)
{
    if (!count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *count = 0;
    if ((!requests && capacity > 0) || !is_queue(queue, size, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    for (size_t slot = 0; slot < size / VYRE_IO_SLOT_SIZE && *count < capacity; slot++) {
        uint32_t status = get_status(queue, slot);
        if (status != VYRE_IO_PUBLISHED)
            continue;
        if (claimed) {
            put_status(claimed, slot, VYRE_IO_CLAIMED);
            status = VYRE_IO_CLAIMED;
        }
        requests[(*count)++] = get_request(queue, slot, status);
    }
    return VYRE_OK;
}

enum vyre_result vyre_io_queue_poll(const void *queue, size_t size,
                                    struct vyre_io_request *requests, size_t capacity,
                                    size_t *count, const struct vyre_diag_sink *diag)
{
    return list(queue, NULL, size, requests, capacity, count, diag);
}

enum vyre_result vyre_io_queue_claim(void *queue, size_t size, struct vyre_io_request *requests,
                                     size_t capacity, size_t *count,
                                     const struct vyre_diag_sink *diag)
{
    return list(queue, queue, size, requests, capacity, count, diag);
}

enum vyre_result vyre_io_queue_complete(void *queue, size_t size,
                                        const struct vyre_io_completion *completions, size_t count,
                                        const struct vyre_diag_sink *diag)
{
    if ((!completions && count > 0) || !is_queue(queue, size, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    for (size_t i = 0; i < count; i++) {
        if (!has_slot(queue, size, completions[i].slot, diag))
            return VYRE_ERR_INVALID_ARGUMENT;
        const uint32_t status = get_status(queue, completions[i].slot);
        if (status != VYRE_IO_CLAIMED) {
            diag_report(diag, DIAG_P004, NULL, "io slot %u has status %u and cannot be completed",
                        completions[i].slot, status);
            return VYRE_ERR_INVALID_ARGUMENT;
        }
    }
    for (size_t i = 0; i < count; i++)
        put_status(queue, completions[i].slot, completions[i].ok ? VYRE_IO_OK : VYRE_IO_ERROR);
    return VYRE_OK;
}

enum vyre_result vyre_io_queue_publish(void *queue, size_t size,
                                       const struct vyre_io_request *request,
                                       const struct vyre_diag_sink *diag)
{
    if (!request || !has_slot(queue, size, request->slot, diag))
        return VYRE_ERR_INVALID_ARGUMENT;
    const uint32_t status = get_status(queue, request->slot);
    if (status != VYRE_IO_EMPTY) {
        diag_report(diag, DIAG_P004, NULL, "io slot %u has status %u and cannot be published",
                    request->slot, status);
        return VYRE_FULL;
    }
    const size_t at = (size_t)request->slot * VYRE_IO_SLOT_WORDS;
    word_put(queue, at + VYRE_IO_OP, request->op);
    word_put(queue, at + VYRE_IO_SOURCE, request->source);
    word_put(queue, at + VYRE_IO_DESTINATION, request->destination);
    word_put_pair(queue, at + VYRE_IO_OFFSET_LOW, request->offset);
    word_put(queue, at + VYRE_IO_BYTES, request->bytes);
    word_put(queue, at + VYRE_IO_TAG, request->tag);
    put_status(queue, request->slot, VYRE_IO_PUBLISHED);
    return VYRE_OK;
}
