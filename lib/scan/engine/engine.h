// SPDX-License-Identifier: MIT
// A scan from the inside. Chunks come from the stream and are cut into pieces; a piece becomes one
// slot per automaton; finished pieces are taken in input order, decoded and reported.
//
//   stream --chunk--> pieces (waiting) --slot--> running --completion--> ready --next--> events
//                        ^                                  |
//                        +------ smaller pieces <-----------+  more hits than its region holds
#ifndef SCAN_ENGINE_ENGINE_H
#define SCAN_ENGINE_ENGINE_H

#include <vyre/ring.h>
#include <vyre/scan.h>

#include "scan/engine/order.h"
#include "scan/engine/plan.h"
#include "scan/program/patterns.h"
#include "stream/stream.h"

enum piece_state {
    PIECE_WAITING, // for a region or a slot
    PIECE_RUNNING,
    PIECE_READY, // its results are in its region, or it needed none
};

// A chunk whose pieces are not all reported.
struct scan_chunk {
    struct stream_chunk stream;
    uint32_t unscanned; // pieces whose text is still needed; at 0 the chunk was released
    bool done;          // all its pieces were reported; the record may be reused
    struct scan_chunk *next_free;
};

// Bytes of a chunk whose matches one slot reports: those that end in [from, to), positions in the
// chunk. Pieces form one list in input order.
struct scan_piece {
    struct scan_chunk *chunk;
    struct scan_piece *next;
    uint64_t order; // grows along the list except among the parts of one split piece
    uint32_t from;
    uint32_t to;
    uint32_t window;    // position in the chunk where the text window of its slots starts
    uint32_t region;    // SCAN_NONE: none
    uint32_t published; // automata that have a slot
    uint32_t pending;   // slots in flight
    enum piece_state state;
    bool last; // of its chunk
};

// One automaton on the device, with the ring that scans with it.
struct scan_group {
    const struct scan_automaton *automaton; // borrowed
    struct vyre_buffer *table;              // owned
    struct vyre_ring *ring;                 // owned
    uint32_t in_flight;                     // slots
};

// The hits of the piece that is being reported.
struct scan_decoder {
    struct scan_order order;
    struct scan_end *ends; // owned; room for every pair of a region
    struct scan_end *scratch;
    size_t count;
    size_t index;
    uint64_t base; // position in the input that the ends count from
    uint64_t hits; // of the current input so far
};

struct vyre_scan {
    struct vyre_device *device;     // shared
    struct vyre_patterns *patterns; // shared
    struct scan_automata rebuilt;   // automata of our own, where the device needs smaller tables
    const struct scan_automata *automata;
    struct scan_plan plan;
    bool counting;

    struct stream *stream; // owned
    struct scan_group *groups;
    uint32_t group_count;

    // Regions: `job`, `count` and `hits` hold one entry per region and group.
    struct vyre_buffer *job;
    struct vyre_buffer *count;
    struct vyre_buffer *hits;
    uint8_t *job_bytes; // host views
    uint8_t *count_bytes;
    uint8_t *hits_bytes;
    uint32_t *free_regions; // owned; a stack
    uint32_t free_region_count;
    struct scan_piece **region_pieces; // owned; who has each region

    struct scan_piece *head; // oldest piece not reported
    struct scan_piece *tail;
    struct scan_piece *waiting; // no piece before it waits; NULL: none waits
    struct scan_piece *spare;   // free records
    struct scan_chunk *spare_chunks;
    uint64_t order;                // of the newest chunk's first piece
    enum vyre_result stream_state; // what stream_next said last
    bool reporting;                // the head's hits are in the decoder
    bool finished;                 // vyre_scan_finish was called
    enum vyre_result failed;       // sticky
    bool broken;                   // reporting failed: no more events

    struct scan_decoder decoder;
    struct vyre_scan_stats stats;
    struct vyre_diag_sink diag; // copied; the sink's user must outlive the scan
    struct vyre_log log;
};

// ---- feed.c: chunks to pieces to slots, and back ------------------------------------------------

// Moves everything that can move: takes chunks, publishes pieces, retires slots. Waits until
// `deadline_ns` (of scan_now_ns) for one of them when nothing moves at once. VYRE_TIMEOUT: nothing
// moved in time. VYRE_DONE: nothing can move before pieces are reported or inputs fed.
enum vyre_result scan_advance(struct vyre_scan *scan, uint64_t deadline_ns);

uint64_t scan_now_ns(void); // monotonic

// Frees the records of the head piece, which was reported.
void scan_drop_head(struct vyre_scan *scan);

// Gives the region of a ready piece back; its results are no longer needed.
void scan_release_region(struct vyre_scan *scan, struct scan_piece *piece);

void scan_feed_fini(struct vyre_scan *scan);

// ---- setup.c ------------------------------------------------------------------------------------

enum vyre_result scan_setup(struct vyre_scan *scan, const struct vyre_scan_params *params);
void scan_teardown(struct vyre_scan *scan); // accepts half-built

#endif // SCAN_ENGINE_ENGINE_H
