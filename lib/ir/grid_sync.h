// SPDX-License-Identifier: MIT
// What the two halves of the split share: grid_sync.c cuts statements, grid_split.c keeps account
// of memory and makes the parts.
#ifndef IR_GRID_SYNC_STATE_H
#define IR_GRID_SYNC_STATE_H

#include "ir/draft.h"
#include "ir/grid_sync.h"

// What a part does with a buffer.
struct ir_grid_access {
    bool touched; // named at all
    bool read;
    bool written;
    bool needs_write;             // written, or read in a way that takes a read-write buffer
    bool atomic;                  // by an atomic of its own statements
    const struct ir_node *reader; // the first statement that reads it; NULL: none
    uint32_t covered;             // workgroup memory: `exits` + 1 when its first statement fills it
};

struct ir_grid_splitter {
    const struct vyre_program *from; // borrowed
    const struct vyre_diag_sink *diag;
    enum vyre_result result; // the first failure
    uint32_t *buffer_of;     // owned, by name: 1 + index; 0: none
    uint32_t *written_by;    // owned, by buffer: 1 + the last earlier part that writes it; 0: none
    uint32_t *started_by;    // owned, by tag: 1 + the first part that starts a copy; 0: none
    bool *lane;              // owned, by name: a local that is lid.x and is never assigned
    uint32_t sync_count;
    uint32_t repeated; // statements that parts repeat

    // The part that is being made.
    uint32_t part;
    const struct ir_node *node;    // statement whose uses are noted
    uint32_t at;                   // part that the statement belongs to at which the walk stands
    bool *needed;                  // owned, by name: what follows needs its value
    struct ir_grid_access *access; // owned, by buffer
    struct ir_draft draft;
    bool has_own;   // statements that are not repeated
    bool conflicts; // what is repeated in this list reads a buffer that the part has atomics on
    uint32_t exits; // statements seen after which only a part of the invocations goes on
};

// Walks the program once, backwards, and gives the statements of part `splitter->part`.
struct ir_body ir_grid_cut(struct ir_grid_splitter *splitter);

// Keeps the first failure and reports it at a statement of the source.
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void ir_grid_refuse(struct ir_grid_splitter *splitter, enum vyre_result result, int code,
                    const struct ir_node *node, const char *format, ...);

#endif // IR_GRID_SYNC_STATE_H
