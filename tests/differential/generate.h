// SPDX-License-Identifier: MIT
// Random programs that are valid and race-free by construction, so that a device must give the
// interpreter's bytes: each invocation stores to elements of its own, or out of bounds; what others
// wrote is read behind a barrier; atomics on one buffer are all of one operator, and nobody looks
// at the old values. The same seed gives the same program everywhere.
#ifndef TESTS_DIFFERENTIAL_GENERATE_H
#define TESTS_DIFFERENTIAL_GENERATE_H

#include "random.h"

// Kinds of values. Each expression of a kind has that kind at run time too.
enum kind { KIND_U32, KIND_I32, KIND_BOOL, KIND_F32, KIND_U64, KIND_COUNT };

enum { MOST_LOCALS = 48, MOST_PHRASES = 32 };

struct local {
    ir_name name;
    enum kind kind;
    bool assignable;
    bool uniform; // the same for the whole workgroup, as the validator and the compiler see it
};

// An expression whose names are in scope.
struct phrase {
    struct ir_expr *expr;
    enum kind kind;
};

struct generator {
    struct random random;
    struct ir_draft *draft;
    uint32_t lanes;              // invocations of a workgroup
    uint32_t invocations;        // of the dispatch
    bool flat;                   // only x has more than one
    ir_name inputs[KIND_COUNT];  // readonly; 0: the program does without that kind
    ir_name outputs[KIND_COUNT]; // readwrite; 0 likewise
    bool strided[KIND_COUNT];    // elements of one invocation do not lie side by side
    uint32_t each[KIND_COUNT];   // elements of one invocation
    ir_name sums[2];             // readwrite, for atomics
    enum ir_atomic_op sum_ops[2];
    ir_name tile; // workgroup memory: an element for each lane
    enum kind tile_kind;
    ir_name board;   // u32 storage: an element for each invocation
    bool exchanging; // tile and board are being written
    struct local locals[MOST_LOCALS];
    unsigned live;
    unsigned made; // locals so far, which gives each its own name
    // Programs repeat themselves, because passes look for what is said twice.
    struct phrase phrases[MOST_PHRASES];
    unsigned kept;
    unsigned repeated; // how often, so far
};

struct shape {
    uint32_t grid[3]; // workgroups that the program is for
};

// Makes program `seed`. The caller destroys it.
struct vyre_program *generate(uint64_t seed, struct shape *shape);

// An expression of a kind, of at most `depth` operators around each other.
struct ir_expr *generate_expr(struct generator *gen, enum kind kind, unsigned depth);

// Number of the invocation in the dispatch, from 0, without gaps; in its workgroup.
struct ir_expr *generate_global_index(struct generator *gen);
struct ir_expr *generate_local_index(struct generator *gen);

// An element of the output of a kind that belongs to this invocation alone, or does not exist.
struct ir_expr *generate_own_index(struct generator *gen, enum kind kind);

// Where the board of the workgroup begins.
struct ir_expr *generate_board_start(struct generator *gen);

// A kind that the program has buffers of.
enum kind generate_any_kind(struct generator *gen);

const struct ir_type *generate_type(enum kind kind);

#endif // TESTS_DIFFERENTIAL_GENERATE_H
