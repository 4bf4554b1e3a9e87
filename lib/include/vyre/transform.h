// SPDX-License-Identifier: MIT
// Transforms: from a program to one that does the same with less.
#ifndef VYRE_TRANSFORM_H
#define VYRE_TRANSFORM_H

#include <vyre/program.h>
#include <vyre/registry.h>

VYRE_BEGIN

struct vyre_pass_info {
    const char *name;        // static
    const char *description; // static; a few words, no full stop
    bool is_default;         // part of what compilation runs
};

// Number of passes. Thread-safety: Safe.
VYRE_API size_t vyre_pass_count(void);

// Describes pass `index`; the default pipeline runs its passes in this order. Returns VYRE_MISS
// when there is no such pass. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_pass_describe(size_t index,
                                                           struct vyre_pass_info *out);

// Is told the program as it is after each pass. `program` is borrowed for the call.
struct vyre_pass_hook {
    void (*after)(void *user, const char *pass, const struct vyre_program *program);
    void *user;
};

struct vyre_transform_params {
    const char *const *passes; // names, in the order in which they run; NULL: the default pipeline
    size_t pass_count;
    const struct vyre_pass_hook *hook;    // may be NULL
    const struct vyre_registry *registry; // what calls are checked against; NULL: none
    const struct vyre_diag_sink *diag;
};

#define vyre_transform_params(...) (&(const struct vyre_transform_params){ __VA_ARGS__ })

// Validates the program and runs passes over it. The result is valid, has the same buffers in the
// same order, and does the same: outputs to the bit, and run-time errors. When no pass finds
// anything to change it is another reference to `program`. `params` may be NULL.
//
// Programs that race, or whose result depends on the order in which invocations run, stay within
// what their races allow but may land elsewhere in it.
//
// Returns VYRE_ERR_INVALID_PROGRAM, or VYRE_ERR_INVALID_ARGUMENT for the name of a pass that does
// not exist. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_transform(
    const struct vyre_program *program, const struct vyre_transform_params *params,
    struct vyre_program **out);

VYRE_END

#endif // VYRE_TRANSFORM_H
