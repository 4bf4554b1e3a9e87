// SPDX-License-Identifier: MIT
// The state of a run, shared by the files of the interpreter.
//
// All memory is taken before the first statement runs: a program's nesting bounds the frames of an
// invocation, and its names bound the locals. What is left to bound is time, which steps do.
#ifndef INTERP_RUN_H
#define INTERP_RUN_H

#include "base/report.h"
#include "ir/model.h"
#include "interp/value.h"
#include <vyre/interpret.h>

enum {
    INTERP_MAX_WORKGROUP_MEMORY = 64 << 20, // bytes
    // Zeroing and copying memory, starting an invocation and large expressions are work too.
    INTERP_BYTES_PER_STEP = 64,
    INTERP_EXPRS_PER_STEP = 64,
};

struct interp_buffer {
    const struct ir_buffer *decl;
    uint8_t *bytes; // owned
    uint64_t size;
    uint64_t stride;            // of loads and stores; 0: elements cannot be addressed
    struct interp_marks *marks; // owned; NULL: nobody asks about the order of accesses
};

// A position in a list of statements, or a loop about to test its bound.
struct interp_frame {
    const struct ir_body *body; // NULL: a loop
    const struct ir_node *loop;
    uint32_t next;     // index of the next statement, or the loop variable's next value
    uint32_t to;       // loop bound
    uint32_t log_base; // names introduced from here on leave with the frame
    bool scoped;       // false only for the entry
};

struct interp_local {
    struct interp_value value;
    bool live;
    bool loop_variable;
};

// What an invocation saw at a condition around a barrier (spec: semantics.md, 7.4).
enum {
    INTERP_SAW_FALSE = 1,
    INTERP_SAW_TRUE = 2,
};

struct interp_transfer;

struct interp_invocation {
    struct interp_transfer *transfers; // pending copies, owned
    struct interp_local *locals;       // by slot
    struct interp_frame *frames;
    uint32_t *log; // slots in the order in which they became live
    uint8_t *seen; // by barrier condition
    uint32_t frame_count;
    uint32_t log_count;
    uint32_t linear;            // index in the workgroup
    const struct ir_node *last; // statement of its last tick; NULL: it had none
    uint64_t passes;            // through loops
    uint32_t local_id[3];
    uint32_t global_id[3];
    bool returned;
    bool waiting;
};

struct interp_run {
    const struct vyre_program *program;
    const struct vyre_interpret_params *params;
    enum vyre_result result; // the first failure
    uint64_t steps_left;
    uint32_t exprs; // evaluated since the last step that they took
    uint64_t memory_left;

    struct interp_buffer *buffers; // by declaration
    uint32_t *buffer_of;           // by name: 1 + index, 0: none
    uint32_t *slot_of;             // by name: 1 + slot, 0: not a local
    uint32_t slot_count;
    uint32_t max_frames;
    uint64_t workgroup_memory;
    // Ifs that contain a barrier, ascending by address.
    const struct ir_node **conditions;
    uint32_t condition_count;
    bool has_subgroups;

    struct interp_long *long_bytes; // owned
    uint64_t long_made;             // bytes of them since the last look

    uint32_t grid[3];
    uint32_t group[3];
    uint32_t group_number; // from 1, in the order in which they run
    uint32_t epoch;        // barriers that the workgroup has passed
    struct vyre_run_facts facts;
    struct interp_nest *nests; // owned, ascending by address; none when nobody asks about loops
    size_t nest_count;
    uint64_t group_passes; // of the workgroup, through loops
    struct interp_invocation *invocations;
    uint32_t invocation_count;
    void *invocation_memory;
    // With subgroup expressions: everybody's locals when the round began.
    struct interp_local *snapshot;
    struct interp_invocation *current; // NULL: between invocations
    const struct ir_node *node;        // statement that is executing
    bool seen_changed;                 // a condition was seen in this round
};

// ---- Failing (failure.c) -----------------------------------------------------------------------

// Reports at the statement that executes, with the invocation. The first failure ends the run.
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
bool interp_fail(struct interp_run *run, enum diag_code code, const char *format, ...);
// The same at the declaration of a buffer, whose input is wrong: VYRE_ERR_INVALID_ARGUMENT.
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
bool interp_fail_input(struct interp_run *run, uint32_t buffer, enum diag_code code,
                       const char *format, ...);
// Refuses the program, VYRE_ERR_UNSUPPORTED, with a fix of its own (NULL: that of the code).
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
bool interp_refuse(struct interp_run *run, enum diag_code code, const char *fix,
                   const char *format, ...);
const char *interp_name_text(const struct interp_run *run, ir_name name); // for messages

// ---- Before the run (plan.c) -------------------------------------------------------------------

// Reports the first part of the program that is not evaluated; false then.
bool interp_supports(struct interp_run *run);

// Numbers locals and conditions and measures nesting. False when out of memory.
bool interp_plan(struct interp_run *run);

// ---- Memory (memory.c) -------------------------------------------------------------------------

struct interp_buffer *interp_find_buffer(struct interp_run *run, ir_name name); // or NULL
uint64_t interp_buffer_length(const struct interp_buffer *buffer);              // elements
bool interp_load(struct interp_run *run, struct interp_buffer *buffer, uint32_t index,
                 struct interp_value *out);
bool interp_store(struct interp_run *run, struct interp_buffer *buffer, uint32_t index,
                  const struct interp_value *value);
// The word that an atomic works on, or NULL out of bounds.
uint8_t *interp_atomic_word(struct interp_buffer *buffer, uint32_t index);
uint32_t interp_load_word(const uint8_t *bytes);
void interp_store_word(uint8_t *bytes, uint32_t value);
// An atomic that leaves `value` in such a word of `buffer`; nothing for NULL.
void interp_atomic_store(struct interp_run *run, struct interp_buffer *buffer, uint8_t *word,
                         uint32_t value);

// ---- Order of accesses (order.c) ----------------------------------------------------------------

enum interp_access {
    INTERP_LOAD,
    INTERP_STORE,
    INTERP_ATOMIC, // reads and writes
};

// Makes marks for every buffer. False when out of memory.
bool interp_watch_order(struct interp_run *run);
// An access of the current invocation to `size` bytes from `start` on; `changes`: with another
// value than is there. Does nothing when nobody asked.
void interp_note(struct interp_run *run, struct interp_buffer *buffer, enum interp_access access,
                 uint64_t start, uint64_t size, bool changes);

// ---- Passes through loops (loops.c) -------------------------------------------------------------

// Makes the table of loops in ifs and loops. False when out of memory.
bool interp_watch_loops(struct interp_run *run);
// The current invocation leaves out the body of `node`, or what is `otherwise` when it is `taken`.
void interp_note_skipped(struct interp_run *run, const struct ir_node *node, bool taken);
void interp_note_passes(struct interp_run *run); // at the end of a workgroup

// ---- Long byte strings (bytes.c) ---------------------------------------------------------------

// A byte string of `size` bytes: the `given` first ones, then zeros.
bool interp_make_bytes(struct interp_run *run, const void *bytes, uint64_t given, uint64_t size,
                       struct interp_value *out);
// Between two statements: frees what no local holds, when that is worth a look. False at the limit.
bool interp_collect(struct interp_run *run);
void interp_drop_bytes(struct interp_run *run); // all of them, at the end

// ---- Execution ---------------------------------------------------------------------------------

// Takes steps, or memory, out of what is left; false when there is not enough.
bool interp_charge(struct interp_run *run, uint64_t steps);      // scheduler.c
bool interp_take_memory(struct interp_run *run, uint64_t bytes); // interpret.c
bool interp_fail_limit(struct interp_run *run, enum diag_code code, const char *what);

// eval.c: false after a failure.
bool interp_eval(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out);
bool interp_eval_u32(struct interp_run *run, const struct ir_expr *expr, enum diag_code code,
                     uint32_t *out);

// total.c: what devices have where there would be an error; false when they have nothing either,
// or nobody asked for it.
bool interp_total_u32(const struct interp_run *run, const struct interp_value *value,
                      uint32_t *out);
bool interp_total_division(const struct interp_run *run, enum ir_binop op,
                           const struct interp_value *left, const struct interp_value *right,
                           struct interp_value *out);
// Operands of different kinds whose operator asks whether they hold.
bool interp_total_truth(const struct interp_run *run, enum ir_binop op,
                        const struct interp_value *left, const struct interp_value *right,
                        struct interp_value *out);
bool interp_total_cast(const struct interp_run *run, enum ir_type_kind target,
                       const struct interp_value *value, struct interp_value *out);
bool interp_total_atomic(const struct interp_run *run, enum ir_atomic_op op, uint32_t old,
                         uint32_t value, uint32_t *out);
bool interp_total_subgroup(const struct interp_run *run, enum ir_expr_kind kind,
                           struct interp_value *out);
// A local, by its slot, that the current invocation had not made when it returned.
bool interp_total_local(const struct interp_run *run, uint32_t slot, struct interp_value *out);

// call.c
bool interp_eval_call(struct interp_run *run, const struct ir_expr *expr, struct interp_value *out);

// subgroup.c
bool interp_eval_ballot(struct interp_run *run, const struct ir_expr *expr,
                        struct interp_value *out);
bool interp_eval_subgroup_add(struct interp_run *run, const struct ir_expr *expr,
                              struct interp_value *out);
bool interp_eval_shuffle(struct interp_run *run, const struct ir_expr *expr,
                         struct interp_value *out);

// async.c
bool interp_async_start(struct interp_run *run, const struct ir_node *node);
bool interp_async_wait(struct interp_run *run, const struct ir_node *node);
// The statement that started the oldest copy in flight; NULL: there is none.
const struct ir_node *interp_oldest_transfer(const struct interp_invocation *invocation);
void interp_drop_transfers(struct interp_run *run, struct interp_invocation *invocation);

// statement.c: executes one statement of the current invocation.
bool interp_execute(struct interp_run *run, const struct ir_node *node);
void interp_push_body(struct interp_invocation *invocation, const struct ir_body *body,
                      bool scoped);
bool interp_bind(struct interp_run *run, ir_name name, const struct interp_value *value,
                 bool loop_variable);
void interp_unbind(struct interp_invocation *invocation, uint32_t log_base);

// scheduler.c: runs one workgroup to its end.
bool interp_run_workgroup(struct interp_run *run);

#endif // INTERP_RUN_H
