// SPDX-License-Identifier: MIT
// Random programs that are valid and race-free by construction, so that a device must give the
// interpreter's bytes: each invocation stores to elements of its own, or out of bounds; what others
// wrote is read behind a barrier; old values of atomics are looked at where no other invocation can
// change them, or where all who ask get the same done. The same seed gives the same program
// everywhere.
#ifndef TESTS_DIFFERENTIAL_GENERATE_H
#define TESTS_DIFFERENTIAL_GENERATE_H

#include "random.h"

// Kinds of values. Each expression of a kind has that kind at run time too. SMALL has one of the
// types that are only copied and cast, the same in the whole program.
enum kind { KIND_U32, KIND_I32, KIND_BOOL, KIND_F32, KIND_U64, KIND_SMALL, KIND_COUNT };

enum { MOST_LOCALS = 48, MOST_PHRASES = 32 };

struct local {
    ir_name name;
    enum kind kind;
    bool assignable;
    bool uniform; // the same for the whole workgroup, as the validator and the compiler see it
    bool early;   // made before anybody may have left: everyone has it
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
    enum ir_type_kind small;     // type of KIND_SMALL
    bool exact;                  // functions of f32 that have the interpreter's bits when asked to
    ir_name inputs[KIND_COUNT];  // readonly; 0: the program does without that kind
    ir_name outputs[KIND_COUNT]; // readwrite; 0 likewise
    bool strided[KIND_COUNT];    // elements of one invocation do not lie side by side
    uint32_t each[KIND_COUNT];   // elements of one invocation
    ir_name sums[2];             // readwrite, for atomics
    enum ir_atomic_op sum_ops[2];
    ir_name cells;  // u32 storage of which only atomics know; every invocation has two elements
    ir_name claims; // a counter, and behind it a mark for each who got a number
    ir_name tile;   // workgroup memory: an element for each lane in each row
    uint32_t rows;
    enum kind tile_kind;
    ir_name board; // u32 storage: an element for each invocation

    // Where the program stands.
    bool exchanging;   // tile and board are being written
    bool stale_tile;   // the tile holds nothing since the last barrier of the grid
    bool tile_written; // somewhere before
    bool open_board;   // everyone wrote before a barrier of the grid: all of it may be read
    bool open_sums;    // likewise; no atomics touch them from then on
    bool passing;      // in what a subgroup operation passes to other lanes
    bool staying;      // nobody may leave here
    bool left;         // somebody may have left
    unsigned atomics;  // with an old value, that the statement may still have
    unsigned nesting;  // of statements
    unsigned syncs;    // barriers of the grid that are still to come
    unsigned traps;    // that the program may still have
    unsigned copies;   // asynchronous ones so far, which gives each its tag
    struct local locals[MOST_LOCALS];
    unsigned live;
    unsigned made; // locals so far, which gives each its own name
    // Programs repeat themselves, because passes look for what is said twice.
    struct phrase phrases[MOST_PHRASES];
    unsigned kept;
    unsigned repeated; // how often, so far; expressions that must not be repeated count too
};

struct shape {
    uint32_t grid[3]; // workgroups that the program is for
    bool exact;       // the float mode that it is for; else strict
};

// Makes program `seed`. The caller destroys it.
struct vyre_program *generate(uint64_t seed, struct shape *shape);

// ---- Expressions (generate_expr.c) --------------------------------------------------------------

// An expression of a kind, of at most `depth` operators around each other.
struct ir_expr *generate_expr(struct generator *gen, enum kind kind, unsigned depth);

// An operator, whose operands have at most that depth (generate_ops.c).
struct ir_expr *generate_operator(struct generator *gen, enum kind kind, unsigned depth);

struct ir_expr *generate_literal(struct generator *gen, enum kind kind);
struct ir_expr *generate_from_memory(struct generator *gen, enum kind kind, unsigned depth);

// The same expression once more.
struct ir_expr *generate_again(struct generator *gen, const struct phrase *phrase);

// Number of the invocation in the dispatch, from 0, without gaps; in its workgroup.
struct ir_expr *generate_global_index(struct generator *gen);
struct ir_expr *generate_local_index(struct generator *gen);

// An element of the output of a kind that belongs to this invocation alone, or does not exist.
struct ir_expr *generate_own_index(struct generator *gen, enum kind kind);
struct ir_expr *generate_own_cell(struct generator *gen);

// Where the board of the workgroup begins.
struct ir_expr *generate_board_start(struct generator *gen);

// A number below `limit` made of `value`.
struct ir_expr *generate_confined(struct generator *gen, struct ir_expr *value, uint32_t limit);

// The same for the whole workgroup. `plain`: made without locals.
struct ir_expr *generate_uniform(struct generator *gen, bool plain);
struct ir_expr *generate_uniform_load(struct generator *gen, bool plain);

// An atomic on a cell of the invocation's own; its value is the old one.
struct ir_expr *generate_cell_atomic(struct generator *gen, unsigned depth);

// A kind that the program has buffers of.
enum kind generate_any_kind(struct generator *gen);

const struct ir_type *generate_type(const struct generator *gen, enum kind kind);

// ---- Statements (generate_flow.c) ---------------------------------------------------------------

ir_name generate_name(struct generator *gen);
void generate_bind(struct generator *gen, struct local local);

struct scope {
    unsigned live;
    unsigned kept;
};

struct scope generate_enter(struct generator *gen);
void generate_escape(struct generator *gen, struct scope outer);

void generate_add(struct generator *gen, struct ir_nodes *nodes, struct ir_node *node);
struct ir_body generate_one(struct generator *gen, struct ir_node *node); // as a body

// A statement that an invocation may come to alone, with at most `depth` around each other.
void generate_quiet(struct generator *gen, struct ir_nodes *nodes, unsigned depth);
void generate_store(struct generator *gen, struct ir_nodes *nodes);
// An expression, kept before and after something that may change it.
void generate_twice(struct generator *gen, struct ir_nodes *nodes);
// A branch in which the invocation traps, where the program may have one.
void generate_fault(struct generator *gen, struct ir_nodes *nodes);
// A branch in which the invocation returns.
void generate_exit(struct generator *gen, struct ir_nodes *nodes);

// Starts an asynchronous copy, and waits for the one with that tag.
struct ir_node *generate_copy(struct generator *gen, enum ir_node_kind kind, ir_name source,
                              ir_name destination, struct ir_expr *offset, struct ir_expr *size);
struct ir_node *generate_wait(struct generator *gen, const struct ir_node *copy);

// The tile, or the board, is written between two barriers (generate_meeting.c).
void generate_exchange(struct generator *gen, struct ir_nodes *nodes);

// A statement where the whole workgroup comes by (generate_meeting.c).
void generate_meeting(struct generator *gen, struct ir_nodes *nodes, unsigned depth);

#define PICK(gen, table) ((table)[below(&(gen)->random, sizeof(table) / sizeof *(table))])

#endif // TESTS_DIFFERENTIAL_GENERATE_H
