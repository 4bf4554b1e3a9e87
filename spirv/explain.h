// SPDX-License-Identifier: MIT
// Telling what became of checks (vyre_compile_params.explain). The lowering notes each access and
// each loop where it decides; words are made when the module is there, because a lowering may fail
// and be done again from another program.
#ifndef SPV_EXPLAIN_H
#define SPV_EXPLAIN_H

#include "base/array.h"
#include "ir/model.h"
#include "spirv/lower.h"

struct spv_lowering;

// An access to an element.
struct spv_access {
    enum vyre_check_kind kind;
    const struct ir_expr *index;
    struct ir_pos pos; // passes put indices in the place of others; the access stays where it is
};

// Why an access is checked when it runs, or not.
enum spv_check_reason {
    SPV_INSIDE_BY_COUNT, // a literal index, below the declared count
    SPV_INSIDE_BY_PROOF, // the range analysis says so
    SPV_CHECK_UNPROVEN,
    SPV_CHECK_AS_TOLD,   // without optimisation every index but a literal is checked
    SPV_CHECK_OF_DEAD,   // the proof does not hold for invocations that left
    SPV_CHECK_OF_PASSED, // nor in what is passed to other lanes
};

static inline bool spv_is_kept(enum spv_check_reason reason)
{
    return reason >= SPV_CHECK_UNPROVEN;
}

struct spv_check {
    const struct ir_expr *index; // NULL: a loop
    const struct ir_node *loop;
    struct ir_pos pos;
    uint32_t buffer;
    uint8_t kind;   // enum vyre_check_kind
    uint8_t reason; // enum spv_check_reason, of accesses
    bool guarded;   // of loops
};

struct spv_checks {
    ARRAY(struct spv_check);
};

void spv_note_check(struct spv_lowering *lowering, uint32_t buffer, const struct spv_access *access,
                    enum spv_check_reason reason);
void spv_note_loop(struct spv_lowering *lowering, const struct ir_node *loop, bool guarded);
enum vyre_result spv_tell_checks(const struct spv_lowering *lowering); // OK or NO_MEMORY

// A program that did not come from text has no positions that passes would keep. So it is lowered
// from a copy in which every position is the number of a statement, and checks are told with the
// path of that statement in the program that was given.
bool spv_wants_paths(const struct vyre_program *program, const struct vyre_compile_params *params);
enum vyre_result spv_lower_with_paths(const struct vyre_program *program,
                                      const struct vyre_compile_params *params,
                                      const struct spv_trial *trial, struct vyre_module **out);

#endif // SPV_EXPLAIN_H
