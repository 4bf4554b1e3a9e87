// SPDX-License-Identifier: MIT
// The read plan: what to ask for next, and what an answer means. Pure: it makes no system call.
//
// One plan reads one range of one file. It survives short answers and interruptions, and it knows
// the end of a file only from an answer of 0 bytes, never from a size that somebody told it.
#ifndef INGEST_PLAN_H
#define INGEST_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum {
    // EINTR and EAGAIN in a row, without a byte between them, before they count as an error. A file
    // that only ever says "try again" must not be asked for ever.
    INGEST_STALL_LIMIT = 1000,
};

// Files are addressed by a signed 64-bit offset (off_t); a range may not reach past this.
#define INGEST_OFFSET_LIMIT ((uint64_t)INT64_MAX)

struct ingest_plan {
    uint64_t offset; // of the range in the file
    uint64_t size;   // bytes of the range
    uint64_t done;   // bytes that arrived, from the start of the range, without a hole
    uint32_t stalls; // EINTR and EAGAIN since the last byte
    uint32_t shorts; // answers with fewer bytes than were asked for, the end of the file excepted
    int error;       // errno that ended the plan; 0: none
    bool ended;      // the end of the file was seen at offset + done
    bool stopped;    // nothing more will be asked for
};

// What to ask for: `size` bytes at file offset `offset`, to be placed `at` bytes into the range.
struct ingest_piece {
    uint64_t offset;
    uint64_t at;
    uint32_t size;
};

// Starts a plan. False when the range reaches past INGEST_OFFSET_LIMIT. An empty range is finished.
bool ingest_plan_init(struct ingest_plan *plan, uint64_t offset, uint64_t size);

// The next piece, at most `limit` bytes (at least 1). False when the plan is finished. Asking twice
// gives the same piece: only an answer moves the plan.
bool ingest_plan_next(const struct ingest_plan *plan, uint32_t limit, struct ingest_piece *piece);

// Takes the answer to a piece of `asked` bytes: a byte count, or a negative errno. An answer that
// is larger than the question ends the plan with EOVERFLOW, because memory after the piece may have
// been overwritten.
void ingest_plan_answer(struct ingest_plan *plan, uint32_t asked, int64_t answer);

// Ends the plan; an answer that is still under way is taken, nothing more is asked for.
void ingest_plan_stop(struct ingest_plan *plan);

bool ingest_plan_finished(const struct ingest_plan *plan);

#endif // INGEST_PLAN_H
