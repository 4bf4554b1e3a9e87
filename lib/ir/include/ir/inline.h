// SPDX-License-Identifier: MIT
// Bodies of ops in place of their calls.
#ifndef IR_INLINE_H
#define IR_INLINE_H

#include "ir/model.h"
#include <vyre/registry.h>

struct ir_inline {
    const struct vyre_registry *registry; // NULL: nothing is called
    const char *const *capabilities;      // of the backend; ops that need others keep their calls
    size_t capability_count;
    bool keep_evaluated; // ops with an evaluation keep their calls
    const struct vyre_diag_sink *diag;
};

// Puts bodies in place of calls; the file says what that needs and breaks. *out is NULL when there
// is nothing to put in place. VYRE_ERR_LIMIT (O005): the result would break a limit of valid
// programs.
enum vyre_result ir_inline_calls(const struct vyre_program *program, const struct ir_inline *params,
                                 struct vyre_program **out);

// Whether a program can be the body of an op with this signature (vyre/registry.h says when); else
// *what says why not. `registry` has the ops that it may call.
bool ir_body_fits(const struct vyre_registry *registry, const struct vyre_op_params *op,
                  const char **what);

// The argument that a read-only or uniform buffer of a body is: its place by binding.
uint32_t ir_body_argument(const struct vyre_program *body, const struct ir_buffer *buffer);

#endif // IR_INLINE_H
