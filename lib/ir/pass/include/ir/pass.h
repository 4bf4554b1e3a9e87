// SPDX-License-Identifier: MIT
// Transforms of valid programs, for other rooms. Users have vyre/transform.h.
//
// A pass gives a valid program that does the same: the same outputs, bit for bit, and the same
// run-time error where there is one; or, a split, several of them that do so one after another. One
// that changes nothing gives the program itself. Time and memory are linear in the size of the
// program and of what is put into it.
#ifndef IR_PASS_H
#define IR_PASS_H

#include "ir/model.h"
#include <vyre/transform.h>

enum ir_pass {
#define PASS(id, ...)  IR_PASS_##id,
#define SPLIT(id, ...) IR_PASS_##id,
#include "ir/pass.def"
#undef PASS
#undef SPLIT
    IR_PASS_COUNT
};

struct ir_facts;

// What passes may look at beside their program; all borrowed. Zeroed: nothing, which is enough for
// `inline` and the splits.
struct ir_pass_context {
    struct ir_facts *facts;               // kept from pass to pass; about any program, or none
    const struct vyre_registry *registry; // resolves calls
    const char *const *capabilities;      // ops that need others keep their calls
    size_t capability_count;
    const struct vyre_diag_sink *diag;
};

// Each returns VYRE_OK, VYRE_ERR_NO_MEMORY or, after a diagnostic, why the program cannot be
// transformed, and then *out is NULL.
#define PASS(id, ...)                                                                              \
    enum vyre_result ir_pass_##id(const struct ir_pass_context *context,                           \
                                  const struct vyre_program *from, struct vyre_program **out);
#define SPLIT(id, ...)                                                                             \
    enum vyre_result ir_pass_##id(const struct ir_pass_context *context,                           \
                                  const struct vyre_program *from, struct vyre_grid_split **out);
#include "ir/pass.def"
#undef PASS
#undef SPLIT

// Tells a hook, which may be NULL, of part `part` of the `part_count` that there are after `pass`.
void ir_pass_tell(const struct vyre_pass_hook *hook, enum ir_pass pass, size_t part,
                  size_t part_count, const struct vyre_program *program);

// The default pipeline. Loops and traps keep the numbers that they have in `program`.
enum vyre_result ir_optimize(const struct vyre_program *program, const struct vyre_pass_hook *hook,
                             struct vyre_program **out);

#endif // IR_PASS_H
