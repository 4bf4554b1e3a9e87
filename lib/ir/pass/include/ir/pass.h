// SPDX-License-Identifier: MIT
// Transforms of valid programs, for other rooms. Users have vyre/transform.h.
//
// A pass gives a valid program that does the same: the same outputs, bit for bit, and the same
// run-time error where there is one. One that changes nothing gives the program itself. Time and
// memory are linear in the size of the program.
#ifndef IR_PASS_H
#define IR_PASS_H

#include "ir/model.h"
#include <vyre/transform.h>

enum ir_pass {
#define PASS(id, ...) IR_PASS_##id,
#include "ir/pass.def"
#undef PASS
    IR_PASS_COUNT
};

// Each returns VYRE_OK or VYRE_ERR_NO_MEMORY, and then *out is NULL.
#define PASS(id, ...)                                                                              \
    enum vyre_result ir_pass_##id(const struct vyre_program *from, struct vyre_program **out);
#include "ir/pass.def"
#undef PASS

// The default pipeline. Loops and traps keep the numbers that they have in `program`.
enum vyre_result ir_optimize(const struct vyre_program *program, const struct vyre_pass_hook *hook,
                             struct vyre_program **out);

#endif // IR_PASS_H
