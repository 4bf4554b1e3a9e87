// SPDX-License-Identifier: MIT
// Chunks to pieces to slots, and back.
#include "engine.h"

#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"

// While input is still being read, a wait for the device is cut into slices of this length, so that
// chunks that arrive meanwhile are published before the device runs dry.
#define SLICE_NS UINT64_C(1000000)
// With several rings, a wait for one of them.
#define RING_SLICE_NS UINT64_C(100000000)

enum { COMPLETIONS = 64 };

static struct scan_piece *take_piece(struct vyre_scan *scan)
{
    struct scan_piece *piece = scan->spare;
    if (piece)
        scan->spare = piece->next;
    else
        piece = memory_alloc(sizeof *piece);
    if (piece)
        *piece = (struct scan_piece){ .region = SCAN_NONE };
    return piece;
}

static void spare_piece(struct vyre_scan *scan, struct scan_piece *piece)
{
    piece->next = scan->spare;
    scan->spare = piece;
}

static void free_pieces(struct scan_piece *piece)
{
    while (piece) {
        struct scan_piece *next = piece->next;
        if (piece->last)
            memory_free(piece->chunk);
        memory_free(piece);
        piece = next;
    }
}

void scan_feed_fini(struct vyre_scan *scan)
{
    free_pieces(scan->head);
    for (struct scan_piece *piece = scan->spare; piece; piece = piece->next)
        piece->last = false; // its chunk is on the list below
    free_pieces(scan->spare);
    while (scan->spare_chunks) {
        struct scan_chunk *next = scan->spare_chunks->next_free;
        memory_free(scan->spare_chunks);
        scan->spare_chunks = next;
    }
}

// Links `first` .. `last` behind `after` (NULL: at the end).
static void link_behind(struct vyre_scan *scan, struct scan_piece *after, struct scan_piece *first,
                        struct scan_piece *last)
{
    struct scan_piece *before = after ? after : scan->tail;
    last->next = before ? before->next : NULL;
    if (before)
        before->next = first;
    else
        scan->head = first;
    if (scan->tail == before)
        scan->tail = last;
}

// The piece list [from, to) of a chunk cut at multiples of `size`; NULL when out of memory. Edges
// inside a chunk are block edges, so that no block is walked for two pieces.
static struct scan_piece *cut(struct vyre_scan *scan, struct scan_chunk *chunk, uint32_t from,
                              uint32_t to, uint32_t size, struct scan_piece **last, uint32_t *count)
{
    struct scan_piece *first = NULL;
    *last = NULL;
    *count = 0;
    do {
        struct scan_piece *piece = take_piece(scan);
        if (!piece) {
            while (first) {
                struct scan_piece *next = first->next;
                spare_piece(scan, first);
                first = next;
            }
            return NULL;
        }
        uint64_t end = u64_min((from / SCAN_BLOCK * SCAN_BLOCK) + (uint64_t)size, to);
        piece->chunk = chunk;
        piece->from = from;
        piece->to = (uint32_t)end;
        if (*last)
            (*last)->next = piece;
        else
            first = piece;
        *last = piece;
        ++*count;
        from = (uint32_t)end;
    } while (from < to);
    return first;
}

static enum vyre_result accept_chunk(struct vyre_scan *scan, const struct stream_chunk *stream)
{
    struct scan_chunk *chunk = scan->spare_chunks;
    if (chunk)
        scan->spare_chunks = chunk->next_free;
    else
        chunk = memory_alloc(sizeof *chunk);
    struct scan_piece *last = NULL;
    struct scan_piece *first = NULL;
    uint32_t count = 0;
    if (chunk)
        first = cut(scan, chunk, (uint32_t)u64_min(stream->overlap, stream->size),
                    (uint32_t)stream->size, scan->plan.piece_size, &last, &count);
    if (!first) {
        memory_free(chunk);
        stream_release(scan->stream, stream);
        return VYRE_ERR_NO_MEMORY;
    }
    *chunk = (struct scan_chunk){ .stream = *stream, .unscanned = count };
    last->last = true;
    for (struct scan_piece *piece = first; piece; piece = piece->next)
        piece->order = ++scan->order;
    scan->stats.chunks++;
    // A chunk without bytes of its own has one piece, and nothing to scan.
    if (stream->overlap >= stream->size) {
        first->state = PIECE_READY;
        chunk->unscanned = 0;
        stream_release(scan->stream, stream);
    } else if (!scan->waiting) {
        scan->waiting = first;
    }
    link_behind(scan, NULL, first, last);
    return VYRE_OK;
}

static enum vyre_result take_chunks(struct vyre_scan *scan, uint64_t timeout_ns, bool *moved)
{
    while (!scan->waiting && scan->free_region_count > 0) {
        struct stream_chunk chunk;
        enum vyre_result result = stream_next(scan->stream, timeout_ns, &chunk);
        if (result < 0)
            return result;
        scan->stream_state = result;
        if (result != VYRE_OK)
            break;
        result = accept_chunk(scan, &chunk);
        if (result != VYRE_OK)
            return result;
        *moved = true;
        timeout_ns = 0;
    }
    return VYRE_OK;
}

static void write_job(struct vyre_scan *scan, const struct scan_piece *piece, uint32_t group)
{
    const struct scan_automaton *automaton = scan->groups[group].automaton;
    uint32_t base = piece->from / SCAN_BLOCK * SCAN_BLOCK;
    uint32_t lane = (piece->to - base + SCAN_LANES - 1) / SCAN_LANES;
    lane = (lane + SCAN_BLOCK - 1) / SCAN_BLOCK * SCAN_BLOCK;
    struct scan_job job = {
        .from = piece->from - piece->window,
        .to = piece->to - piece->window,
        .base = base - piece->window,
        .lane_size = lane > scan->plan.lane_min ? lane : scan->plan.lane_min,
        .warm_size = scan->plan.warm_size,
        .low = automaton->low,
        .span = automaton->span,
    };
    uint64_t entry = (uint64_t)piece->region * scan->group_count + group;
    memcpy(scan->job_bytes + entry * scan->plan.job_stride, &job, sizeof job);
    memset(scan->count_bytes + entry * scan->plan.count_stride, 0, sizeof(uint32_t));
}

static void describe_work(const struct vyre_scan *scan, const struct scan_piece *piece,
                          uint32_t group, struct vyre_work *out)
{
    const struct scan_plan *plan = &scan->plan;
    uint64_t entry = (uint64_t)piece->region * scan->group_count + group;
    uint64_t text = (uint64_t)piece->to - piece->window;
    *out = (struct vyre_work){
        .windows = {
            [SCAN_BUFFER_TEXT] = { piece->chunk->stream.offset + piece->window,
                                   (text + 3) / 4 * 4 },
            [SCAN_BUFFER_JOB] = { entry * plan->job_stride, sizeof(struct scan_job) },
            [SCAN_BUFFER_TABLE] = { 0, scan_automaton_bytes(scan->groups[group].automaton) },
            [SCAN_BUFFER_COUNT] = { entry * plan->count_stride, sizeof(uint32_t) },
            [SCAN_BUFFER_HITS] = { entry * plan->hits_stride,
                                   scan->counting ? 64 : plan->hit_capacity * UINT64_C(8) },
        },
        .workgroup_count = 1,
        .tag = entry,
    };
}

static void assign_region(struct vyre_scan *scan, struct scan_piece *piece)
{
    uint32_t base = piece->from / SCAN_BLOCK * SCAN_BLOCK;
    uint32_t warm = base < scan->plan.warm_size ? base : scan->plan.warm_size;
    piece->window = base - warm;
    piece->region = scan->free_regions[--scan->free_region_count];
    scan->region_pieces[piece->region] = piece;
}

// VYRE_FULL: the piece stays at the front of those that wait.
static enum vyre_result publish(struct vyre_scan *scan, struct scan_piece *piece)
{
    if (piece->region == SCAN_NONE) {
        if (scan->free_region_count == 0)
            return VYRE_FULL;
        assign_region(scan, piece);
    }
    for (; piece->published < scan->group_count; piece->published++) {
        struct scan_group *group = &scan->groups[piece->published];
        struct vyre_work work;
        write_job(scan, piece, piece->published);
        describe_work(scan, piece, piece->published, &work);
        enum vyre_result result = vyre_ring_publish(group->ring, &work, 1);
        if (result != VYRE_OK)
            return result;
        group->in_flight++;
        piece->pending++;
        scan->stats.slots++;
        scan->stats.bytes_device += piece->to - piece->window;
    }
    piece->state = PIECE_RUNNING;
    return VYRE_OK;
}

static enum vyre_result publish_waiting(struct vyre_scan *scan, bool *moved)
{
    for (; scan->waiting; scan->waiting = scan->waiting->next) {
        if (scan->waiting->state != PIECE_WAITING)
            continue;
        enum vyre_result result = publish(scan, scan->waiting);
        if (result == VYRE_FULL)
            break;
        if (result != VYRE_OK)
            return result;
        *moved = true;
    }
    return VYRE_OK;
}

void scan_release_region(struct vyre_scan *scan, struct scan_piece *piece)
{
    if (piece->region == SCAN_NONE)
        return;
    scan->region_pieces[piece->region] = NULL;
    scan->free_regions[scan->free_region_count++] = piece->region;
    piece->region = SCAN_NONE;
}

// Cuts a piece whose hits did not fit into pieces that have at most as many bytes as a region has
// pairs: one byte ends at most one pair per automaton, so these cannot overflow.
static enum vyre_result split(struct vyre_scan *scan, struct scan_piece *piece)
{
    struct scan_piece *last = NULL;
    uint32_t count = 0;
    struct scan_piece *first =
        cut(scan, piece->chunk, piece->from, piece->to, scan->plan.hit_capacity, &last, &count);
    if (!first)
        return VYRE_ERR_NO_MEMORY;
    scan_release_region(scan, piece);
    for (struct scan_piece *part = first; part; part = part->next)
        part->order = piece->order;
    last->last = piece->last;
    link_behind(scan, piece, first, last);
    piece->chunk->unscanned += count - 1;
    scan->stats.rescans += count;
    // The piece itself becomes the first part, so that nobody has to find its predecessor.
    struct scan_piece *second = first->next;
    piece->to = first->to;
    piece->last = first->last;
    piece->next = second;
    piece->published = 0;
    piece->state = PIECE_WAITING;
    if (scan->tail == first)
        scan->tail = piece;
    spare_piece(scan, first);
    if (!scan->waiting || piece->order < scan->waiting->order)
        scan->waiting = piece;
    return VYRE_OK;
}

static uint32_t count_of(const struct vyre_scan *scan, const struct scan_piece *piece,
                         uint32_t group)
{
    uint64_t entry = (uint64_t)piece->region * scan->group_count + group;
    uint32_t count;
    memcpy(&count, scan->count_bytes + entry * scan->plan.count_stride, sizeof count);
    return count;
}

static enum vyre_result piece_done(struct vyre_scan *scan, struct scan_piece *piece)
{
    bool full = false;
    for (uint32_t group = 0; group < scan->group_count && !scan->counting; group++) {
        uint32_t count = count_of(scan, piece, group);
        if (count > piece->to - piece->from) {
            diag_report(&scan->diag, DIAG_S009, NULL, "the device counted %u ends in %u bytes",
                        count, piece->to - piece->from);
            return VYRE_ERR_DEVICE;
        }
        full |= count > scan->plan.hit_capacity;
    }
    if (full)
        return split(scan, piece);
    piece->state = PIECE_READY;
    if (--piece->chunk->unscanned == 0)
        stream_release(scan->stream, &piece->chunk->stream);
    return VYRE_OK;
}

static enum vyre_result complete(struct vyre_scan *scan, const struct vyre_completion *completion)
{
    uint64_t region = completion->tag / scan->group_count;
    struct scan_piece *piece =
        region < scan->plan.region_count ? scan->region_pieces[region] : NULL;
    if (!piece || completion->status != VYRE_WORK_DONE) {
        diag_report(&scan->diag, DIAG_S007, NULL, "slot status %d, detail %u",
                    (int)completion->status, completion->detail);
        return piece ? VYRE_ERR_FAULT : VYRE_ERR_INTERNAL;
    }
    piece->pending--;
    if (piece->pending > 0 || piece->published < scan->group_count)
        return VYRE_OK;
    return piece_done(scan, piece);
}

static enum vyre_result pump(struct vyre_scan *scan, struct scan_group *group, uint64_t timeout_ns,
                             bool *moved)
{
    for (;;) {
        struct vyre_completion completions[COMPLETIONS];
        size_t count = 0;
        enum vyre_result result =
            vyre_ring_pump(group->ring, timeout_ns, completions, COMPLETIONS, &count);
        if (result < 0)
            return result;
        for (size_t i = 0; i < count; i++) {
            group->in_flight--;
            enum vyre_result done = complete(scan, &completions[i]);
            if (done != VYRE_OK)
                return done;
        }
        *moved |= count > 0;
        if (count < COMPLETIONS)
            return VYRE_OK;
        timeout_ns = 0;
    }
}

static enum vyre_result pump_all(struct vyre_scan *scan, uint64_t timeout_ns, bool *moved)
{
    // With several rings the wait is on the first that has something in flight: it was published
    // first, so it completes first. It is short, because only the ring whose work keeps the device
    // notices when that work hangs.
    if (scan->group_count > 1)
        timeout_ns = u64_min(timeout_ns, RING_SLICE_NS);
    for (uint32_t i = 0; i < scan->group_count; i++) {
        struct scan_group *group = &scan->groups[i];
        if (group->in_flight == 0)
            continue;
        enum vyre_result result = pump(scan, group, *moved ? 0 : timeout_ns, moved);
        if (result != VYRE_OK)
            return result;
        timeout_ns = 0; // the caller's time is spent once, not once per ring
    }
    return VYRE_OK;
}

static bool anything_in_flight(const struct vyre_scan *scan)
{
    for (uint32_t i = 0; i < scan->group_count; i++)
        if (scan->groups[i].in_flight > 0)
            return true;
    return false;
}

uint64_t scan_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

enum vyre_result scan_advance(struct vyre_scan *scan, uint64_t deadline_ns)
{
    uint64_t left = 0; // the first round does not wait
    for (;;) {
        bool moved = false;
        enum vyre_result result = take_chunks(scan, 0, &moved);
        if (result == VYRE_OK)
            result = publish_waiting(scan, &moved);
        // More chunks are on their way, and there is room for their pieces.
        bool reading =
            scan->stream_state == VYRE_TIMEOUT && !scan->waiting && scan->free_region_count > 0;
        bool running = anything_in_flight(scan);
        if (result == VYRE_OK && running)
            result = pump_all(scan, moved ? 0 : reading ? u64_min(left, SLICE_NS) : left, &moved);
        else if (result == VYRE_OK && !moved && reading)
            result = take_chunks(scan, left, &moved);
        if (result != VYRE_OK || moved)
            return result;
        if (!running && !reading)
            return VYRE_DONE;
        uint64_t now = scan_now_ns();
        if (now >= deadline_ns)
            return VYRE_TIMEOUT;
        left = deadline_ns - now;
    }
}

void scan_drop_head(struct vyre_scan *scan)
{
    struct scan_piece *piece = scan->head;
    scan->head = piece->next;
    if (!scan->head)
        scan->tail = NULL;
    if (piece->last) {
        piece->chunk->next_free = scan->spare_chunks;
        scan->spare_chunks = piece->chunk;
    }
    spare_piece(scan, piece);
}
