// SPDX-License-Identifier: MIT
// Facts about a whole program that lowering needs before its first instruction: which locals are
// assigned, how each buffer is used, what communicates, how long loops may run.
//
// Does: one walk over the program, and a few decisions from what it counted.
// Needs: a valid program. Breaks nothing. How loops are counted: ir/cost.h.
#ifndef SPV_FACTS_H
#define SPV_FACTS_H

#include "base/array.h"
#include "ir/model.h"
#include "ir/range.h"
#include <vyre/compile.h>

struct spv_name_facts {
    uint32_t buffer; // declaration index plus 1; 0: no buffer has this name
    uint32_t uses;   // reads of a local of this name
    bool assigned;   // some ASSIGN targets a local of this name
    bool bound;      // by a LET or LOOP
    bool rebound;    // by more than one of them
    bool varies;     // has one value after the other, in one scope or in several
    bool passed;     // read for a value that a subgroup operation passes to other lanes
    // A loop of this name may count from a constant; a LET may give it one; and an ASSIGN may, so
    // that there is a choice between the two, and both are hidden (see numbers.h).
    bool constant_count, constant, set_to_constant;
};

struct spv_buffer_facts {
    bool loaded;   // plain or uniform loads
    bool stored;   // plain stores
    bool restored; // more than one of them, or one in a loop, or copies
    bool copied;   // by asynchronous copies, word by word
    bool updated;  // atomics of the language, or atomic stores
    bool external; // touched by an atomic load or store: another agent may write it meanwhile
    bool filled;   // workgroup memory that is written whole before it is read; see filled.h
};

// Loops are numbered in the order of the program.
struct spv_loop_facts {
    bool has_barrier; // or a subgroup operation, which needs one
    // A guarded loop pays `charge` from its budget before each iteration, and reports a fault when
    // it ends before its condition says so.
    bool guarded;
    uint32_t charge;
    uint32_t first_exit, exit_end;       // the exits in it
    size_t first_assigned, assigned_end; // the names that it assigns, in `assigned`
};

struct spv_facts {
    struct spv_name_facts *names; // one per name
    struct spv_buffer_facts *buffers;
    struct {
        ARRAY(struct spv_loop_facts);
    } loops;
    struct {
        ARRAY(ir_name);
    } assigned;              // by each ASSIGN, in the order of the program
    struct ir_ranges ranges; // which accesses need no check
    bool has_barrier;        // or a subgroup operation between several invocations
    bool has_subgroup;       // a subgroup operation between several invocations
    bool has_copies;         // or waits for them
    bool guard_copies;       // their loops pay from the budget, as guarded loops do
    bool has_nand;           // atomics that are loops
    bool has_trap;           // or another statement that is a fault where it is reached
    bool has_guarded_loop;
    // Data passes between invocations, or comes from another agent, while the kernel runs.
    bool communicates;
    bool external; // some buffer is touched by an atomic load or store
    // Atomics order nothing but themselves, and no location but theirs carries data from one
    // invocation to another: all memory semantics may be relaxed.
    bool relaxed;
    bool atomics_order; // there are some that are not
    // Exits, that is returns and traps, are numbered in the order of the program. Those below
    // `exits_before_meeting` have a barrier or a subgroup operation somewhere behind them.
    uint32_t exit_count;
    uint32_t exits_before_meeting;
    uint8_t global_ids, workgroup_ids, local_ids; // which axes of them are read, a bit each
    uint32_t param_count;                         // launch parameters: highest number used plus 1
    uint32_t loop_budget;     // of guarded loops, in passes; see vyre_compile_params
    uint32_t zero_passes;     // through the loops that zero workgroup memory
    uint64_t workgroup_bytes; // declared, and for subgroup operations
    uint32_t workgroup_invocations;
    uint32_t lanes; // invocations of a subgroup of the language
    // Width of the device's subgroups, all of them full, whose instructions subgroup operations
    // are; 0: lanes pass values through workgroup memory.
    uint32_t full_subgroup;
};

// `loop_budget`: as in vyre_compile_params, 0 included. `certify`: with certificates, which cost
// time, for the ranges. `lanes`: SPV_SUBGROUP, or fewer in a test (see struct spv_trial). What is
// found lives in the arena, but for the ranges. Returns VYRE_OK or VYRE_ERR_NO_MEMORY;
// spv_facts_fini accepts what it left.
enum vyre_result spv_facts_init(struct spv_facts *facts, struct arena *arena,
                                const struct vyre_program *program,
                                const struct vyre_target *target, uint32_t loop_budget,
                                bool certify, uint32_t lanes);
void spv_facts_fini(struct spv_facts *facts);

// Whether a driver may find out what an expression is: it is made of literals and of what is the
// same in every invocation of every dispatch, and nothing in it is hidden from a driver that mixes
// constants up.
bool spv_may_be_constant(const struct vyre_program *program, const struct spv_facts *facts,
                         const struct ir_expr *expr);

// The bits of -0 and -1 as floats, which are taken for those of +0 and 1 and the other way round.
static inline bool spv_is_mixed_up(uint32_t bits)
{
    return bits == 0x80000000u || bits == 0xBF800000u;
}

// Subgroups are this many consecutive invocations of a workgroup, whatever the hardware does (spec:
// semantics.md, 7.6); the last one may have fewer.
enum { SPV_SUBGROUP = 32 };

// A copy whose bytes fit into a few registers.
enum { SPV_SMALL_COPY = 64 };

static inline bool spv_copy_is_small(const struct ir_node *copy)
{
    return copy->b && copy->b->kind == IR_EXPR_LIT_U32 && copy->b->bits <= SPV_SMALL_COPY;
}

// Words of workgroup memory through which lanes pass their values: one for each lane of all
// subgroups, also of those that the last one lacks.
uint64_t spv_exchange_words(const struct spv_facts *facts);

// Words that a buffer of workgroup memory takes.
uint64_t spv_workgroup_words(const struct ir_buffer *buffer);

#endif // SPV_FACTS_H
