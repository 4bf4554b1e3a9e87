// SPDX-License-Identifier: MIT
// The reference interpreter: slow, obvious, the oracle of every test.
#ifndef VYRE_INTERPRET_H
#define VYRE_INTERPRET_H

#include <vyre/program.h>
#include <vyre/registry.h>

VYRE_BEGIN

struct vyre_bytes {
    const void *data;
    size_t size; // bytes
};

// What a run shows about a program and its inputs that decides about other ways to run it.
struct vyre_run_facts {
    // Two accesses of different invocations to the same memory met, one of them a store of another
    // value and not both atomic, with no barrier of their workgroup between them: another order of
    // the invocations, such as a device's, may give another result then (docs/ir.md, D-2).
    bool order_matters;
    // Atomics of different invocations met in one word, with no barrier of their workgroup between
    // them: what they return depends on the order, which need not matter to the result (D-2).
    bool atomics_meet;
    // A subgroup operation combined locals or memory of lanes that were at other statements,
    // because they had executed more or fewer of them since the last barrier, or stood in a
    // statement that stores to what its operand loads: a device may give another result (D-3).
    bool lanes_apart;
    // Passes through loops, the end of each loop being one more: the most that one invocation made,
    // and an upper bound of those of a driver that runs all of a workgroup in step, through loops
    // in branches that nobody takes, too. Drivers may end shaders after so many.
    uint64_t loop_passes;
    uint64_t workgroup_loop_passes;
};

struct vyre_interpret_params {
    // One value per buffer that takes input, in declaration order: every buffer that is neither
    // workgroup memory nor allocated by the run (output, write-only, or live-out read-write).
    const struct vyre_bytes *inputs;
    size_t input_count;
    uint32_t grid[3]; // workgroups; {0,0,0}: derived (docs/ir.md; vyre_program_derive_grid)
    const uint32_t *launch_params; // what param(n) reads
    size_t launch_param_count;
    // Statements and loop tests over all invocations, and for what one of them may do too much of:
    // 64 expressions, or 64 bytes that are copied, are one more. 0: 2^32.
    uint64_t step_limit;
    uint64_t memory_limit; // bytes of interpreter memory; 0: 1 GiB
    // Ops that the program may call; NULL: a call is a run-time error (X029). An op that needs a
    // capability is refused (X030), unless the caller names it here and vouches that the op's
    // evaluation provides it.
    const struct vyre_registry *registry;
    const char *const *capabilities;
    size_t capability_count;
    // Set to what the run, or what there was of it, showed. Costs time, and memory: 9 times the
    // size of buffers whose elements have whole words, else 36 times. NULL: not asked.
    struct vyre_run_facts *facts;
    // Takes another order: workgroups and invocations from the last to the first, and each
    // invocation as far as the next barrier, or by single statements in programs with subgroup
    // operations. For whoever wants to see whether order matters to the result.
    bool reversed;
    // Gives the results that a device has where the language has a run-time error: i32 division by
    // zero, values without a u32, subgroup ids, atomic_nand, conditions of different kinds
    // (docs/ir.md, D-1 and D-4 to D-7).
    bool total;
    // Runs the parts between barriers of the grid one after another, each over the whole grid, as
    // vyre_program_split_grid_sync makes them: what the program means. Programs that cannot be
    // split are refused, VYRE_ERR_UNSUPPORTED (F002 to F006) or VYRE_ERR_LIMIT (F007). Without it
    // such a barrier is one of the workgroup, as in the original's interpreter: another result when
    // there are several.
    bool split_grid_sync;
    const struct vyre_diag_sink *diag;
};

#define vyre_interpret_params(...) (&(const struct vyre_interpret_params){ __VA_ARGS__ })

// The buffers that a run returns: outputs allocated by the run and every read-write buffer, in
// declaration order.
struct vyre_outputs;

// Validates the program (with subgroup operations) and runs it. A program whose entry is not in a
// region is run as if it were. `params` may be NULL.
//
// Returns VYRE_ERR_INVALID_PROGRAM, VYRE_ERR_EXECUTION (a run-time error, for example a trap or an
// i32 division by zero; code X0nn in `diag`), VYRE_ERR_INVALID_ARGUMENT (inputs that do not fit the
// buffers; X002, X003), VYRE_ERR_UNSUPPORTED (a part of the language that
// this version does not evaluate yet) or VYRE_ERR_LIMIT (step or memory limit). Thread-safety:
// Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_interpret(const struct vyre_program *program,
                                                       const struct vyre_interpret_params *params,
                                                       struct vyre_outputs **out);

// Number of returned buffers. Thread-safety: Safe.
VYRE_API size_t vyre_outputs_count(const struct vyre_outputs *outputs);

// Contents of returned buffer `index`, and in *buffer its index in the program's declaration order
// (`buffer` may be NULL). Empty when there is no such buffer.
// Thread-safety: Safe. Lifetime: borrowed from `outputs`.
VYRE_API struct vyre_bytes vyre_outputs_get(const struct vyre_outputs *outputs, size_t index,
                                            size_t *buffer);

VYRE_API void vyre_outputs_destroy(struct vyre_outputs **outputs);

VYRE_END

#endif // VYRE_INTERPRET_H
