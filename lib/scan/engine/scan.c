// SPDX-License-Identifier: MIT
// The public calls of a scan, and the reporting of finished pieces as events.
#include "engine.h"

#include <string.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

enum vyre_result vyre_scan_create(struct vyre_device *device, const struct vyre_scan_params *params,
                                  struct vyre_scan **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!device || !params || !params->patterns)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vyre_scan *scan = memory_calloc(1, sizeof *scan);
    if (!scan)
        return VYRE_ERR_NO_MEMORY;
    scan->device = vyre_device_ref(device);
    scan->patterns = scan_patterns_ref(params->patterns);
    scan->log = params->log;
    if (params->diag)
        scan->diag = *params->diag;
    enum vyre_result result = scan_setup(scan, params);
    if (result != VYRE_OK)
        vyre_scan_destroy(&scan);
    *out = scan;
    return result;
}

void vyre_scan_destroy(struct vyre_scan **scan)
{
    if (!scan || !*scan)
        return;
    scan_teardown(*scan);
    memory_free(*scan);
    *scan = NULL;
}

static enum vyre_result may_feed(const struct vyre_scan *scan)
{
    if (!scan || scan->finished)
        return VYRE_ERR_INVALID_ARGUMENT;
    return scan->failed;
}

enum vyre_result vyre_scan_feed_fd(struct vyre_scan *scan, int fd, uint64_t input)
{
    enum vyre_result result = may_feed(scan);
    if (result == VYRE_OK)
        result = stream_feed_fd(scan->stream, fd, input);
    if (result == VYRE_OK)
        scan->stream_state = VYRE_TIMEOUT;
    return result;
}

enum vyre_result vyre_scan_feed_memory(struct vyre_scan *scan, const void *bytes, size_t size,
                                       uint64_t input)
{
    enum vyre_result result = may_feed(scan);
    if (result == VYRE_OK)
        result = stream_feed_memory(scan->stream, bytes, size, input);
    if (result == VYRE_OK)
        scan->stream_state = VYRE_TIMEOUT;
    return result;
}

enum vyre_result vyre_scan_finish(struct vyre_scan *scan)
{
    if (!scan)
        return VYRE_ERR_INVALID_ARGUMENT;
    scan->finished = true;
    return scan->failed;
}

// Takes the results of the head piece out of its region, which is free again at once.
static void load_piece(struct vyre_scan *scan, struct scan_piece *piece)
{
    struct scan_decoder *decoder = &scan->decoder;
    const struct scan_plan *plan = &scan->plan;
    decoder->count = 0;
    decoder->index = 0;
    decoder->base = piece->chunk->stream.file_offset + piece->window;
    scan->reporting = true;
    if (piece->region == SCAN_NONE)
        return;
    for (uint32_t group = 0; group < scan->group_count; group++) {
        uint64_t entry = (uint64_t)piece->region * scan->group_count + group;
        uint32_t count;
        memcpy(&count, scan->count_bytes + entry * plan->count_stride, sizeof count);
        if (scan->counting) {
            decoder->hits += count;
            continue;
        }
        const uint8_t *pairs = scan->hits_bytes + entry * plan->hits_stride;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t pair[2];
            memcpy(pair, pairs + i * sizeof pair, sizeof pair);
            decoder->ends[decoder->count++] = (struct scan_end){ pair[0], group, pair[1] };
        }
    }
    scan_release_region(scan, piece);
    scan_ends_sort(decoder->ends, decoder->scratch, decoder->count);
}

// Expands one end into the literals that end there. A pair that no correct device writes (a
// position outside the piece, a row that is none, a literal longer than the text before it) is
// refused rather than believed.
static enum vyre_result expand(struct vyre_scan *scan, const struct scan_piece *piece,
                               const struct scan_end *found)
{
    struct scan_decoder *decoder = &scan->decoder;
    const struct scan_automaton *automaton = scan->groups[found->automaton].automaton;
    uint64_t end = decoder->base + found->position;
    uint32_t literal = scan_automaton_head(automaton, found->row);
    if (literal == SCAN_NONE || found->position < piece->from - piece->window ||
        found->position >= piece->to - piece->window) {
        diag_report(&scan->diag, DIAG_S009, NULL, "the device reported row %u at offset %llu",
                    found->row, (unsigned long long)end);
        return VYRE_ERR_DEVICE;
    }
    for (; literal != SCAN_NONE; literal = scan_automaton_next(automaton, literal)) {
        if (scan->patterns->set.literals[literal].size > end + 1) {
            diag_report(&scan->diag, DIAG_S009, NULL,
                        "the device reported a match that starts before the input");
            return VYRE_ERR_DEVICE;
        }
        if (!scan_order_add(&decoder->order, end, literal)) {
            diag_report(&scan->diag, DIAG_S009, NULL,
                        "the device reported a match at offset %llu twice",
                        (unsigned long long)end);
            return VYRE_ERR_DEVICE;
        }
    }
    scan_order_advance(&decoder->order, end);
    return VYRE_OK;
}

static void end_input(struct vyre_scan *scan, const struct scan_piece *piece,
                      struct vyre_scan_event *out)
{
    const struct stream_chunk *chunk = &piece->chunk->stream;
    *out = (struct vyre_scan_event){
        .kind = VYRE_SCAN_INPUT_END,
        .input = chunk->input,
        .bytes = chunk->file_offset + chunk->size,
        .hits = scan->decoder.hits,
        .error = chunk->error,
    };
    if (scan->counting)
        scan->stats.hits += scan->decoder.hits;
    scan->decoder.hits = 0;
    scan_order_reset(&scan->decoder.order);
}

// The next event that is known already. VYRE_MISS: none.
static enum vyre_result next_event(struct vyre_scan *scan, struct vyre_scan_event *out)
{
    struct scan_decoder *decoder = &scan->decoder;
    while (scan->head && scan->head->state == PIECE_READY) {
        struct scan_piece *piece = scan->head;
        if (!scan->reporting)
            load_piece(scan, piece);
        struct scan_hit hit;
        if (scan_order_next(&decoder->order, &hit)) {
            *out = (struct vyre_scan_event){
                .kind = VYRE_SCAN_HIT,
                .input = piece->chunk->stream.input,
                .offset = hit.start,
                .pattern = hit.pattern,
                .length = hit.size,
            };
            decoder->hits++;
            scan->stats.hits++;
            return VYRE_OK;
        }
        if (decoder->index < decoder->count) {
            enum vyre_result result = expand(scan, piece, &decoder->ends[decoder->index++]);
            if (result != VYRE_OK)
                return result;
            continue;
        }
        // All of the piece is in the order; what can still go out goes before the piece does.
        bool ends = piece->last && piece->chunk->stream.last;
        if (decoder->order.heap.count > 0) {
            uint64_t bound = decoder->order.bound;
            if (ends)
                scan_order_flush(&decoder->order);
            else
                scan_order_advance(&decoder->order, piece->chunk->stream.file_offset + piece->to);
            if (decoder->order.bound != bound)
                continue;
        }
        if (ends)
            end_input(scan, piece, out);
        scan->reporting = false;
        scan_drop_head(scan);
        if (ends)
            return VYRE_OK;
    }
    return VYRE_MISS;
}

static enum vyre_result take_events(struct vyre_scan *scan, struct vyre_scan_event *events,
                                    size_t capacity, size_t *count)
{
    while (*count < capacity) {
        enum vyre_result result = next_event(scan, &events[*count]);
        if (result == VYRE_MISS)
            break;
        if (result != VYRE_OK)
            return result;
        ++*count;
    }
    return VYRE_OK;
}

enum vyre_result vyre_scan_next(struct vyre_scan *scan, uint64_t timeout_ns,
                                struct vyre_scan_event *events, size_t capacity, size_t *count)
{
    if (!count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *count = 0;
    if (!scan || !events || capacity == 0 || timeout_ns == UINT64_MAX)
        return VYRE_ERR_INVALID_ARGUMENT;
    uint64_t deadline;
    if (!u64_add(scan_now_ns(), timeout_ns, &deadline))
        deadline = UINT64_MAX; // centuries away either way
    // The device gets its next work before the host turns to reporting.
    enum vyre_result result = scan->failed ? scan->failed : scan_advance(scan, 0);
    while (result >= 0) {
        enum vyre_result taken = take_events(scan, events, capacity, count);
        if (taken != VYRE_OK) {
            // An end was lost on the way, so that whatever would follow it is not exact.
            scan->broken = true;
            result = taken;
            break;
        }
        if (*count > 0)
            return VYRE_OK;
        if (!scan->head && scan->stream_state == VYRE_DONE)
            return scan->finished ? VYRE_DONE : VYRE_FULL;
        if (result == VYRE_DONE) {
            result = VYRE_ERR_INTERNAL;
            break;
        }
        if (scan_now_ns() >= deadline)
            return VYRE_TIMEOUT;
        result = scan_advance(scan, deadline);
    }
    // What was finished before the failure is exact; it goes out first.
    scan->failed = result;
    if (*count == 0 && !scan->broken && result != VYRE_ERR_DEVICE)
        scan->broken = take_events(scan, events, capacity, count) != VYRE_OK;
    return *count > 0 ? VYRE_OK : result;
}

void vyre_scan_get_stats(const struct vyre_scan *scan, struct vyre_scan_stats *out)
{
    *out = scan->stats;
    struct stream_stats stream;
    stream_get_stats(scan->stream, &stream);
    out->bytes_read = stream.bytes_read;
    out->memory_bytes += stream.memory_bytes;
    out->ingest = stream.ingest;
    memcpy(out->ingest_reason, stream.reason, sizeof out->ingest_reason);
    for (uint32_t i = 0; i < scan->group_count; i++) {
        struct vyre_ring_stats ring;
        vyre_ring_get_stats(scan->groups[i].ring, &ring);
        out->epochs += ring.epochs;
        out->memory_bytes += ring.memory_bytes;
    }
}
