// SPDX-License-Identifier: MIT
// Transforms: from a program to one that does the same with less, or to several.
#ifndef VYRE_TRANSFORM_H
#define VYRE_TRANSFORM_H

#include <vyre/program.h>
#include <vyre/registry.h>

VYRE_BEGIN

struct vyre_pass_info {
    const char *name;        // static
    const char *description; // static; a few words, no full stop
    bool is_default;         // part of the default pipeline, which compilation runs
    bool is_split;           // several programs may come of one
};

// Number of passes. Thread-safety: Safe.
VYRE_API size_t vyre_pass_count(void);

// Describes pass `index`; pipelines run their passes in this order. Returns VYRE_MISS when there is
// no such pass. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_pass_describe(size_t index,
                                                           struct vyre_pass_info *out);

// Is told the program as it is after each pass: once, or, where it has become several, once for
// each of the `part_count` parts, in the order in which they run. `program` is borrowed for the
// call and may not be kept beyond it, not even by a reference of one's own (vyre_program_ref): what
// the last pass made becomes the result of the transform, whose loops and traps are numbered anew.
struct vyre_pass_hook {
    void (*after)(void *user, const char *pass, size_t part, size_t part_count,
                  const struct vyre_program *program);
    void *user;
};

struct vyre_transform_params {
    const char *const *passes; // names, in the order in which they run; NULL: the default pipeline
    size_t pass_count;
    const struct vyre_pass_hook *hook; // may be NULL
    // What calls are checked against, and the ops whose bodies `inline` puts in their place, unless
    // they need a capability that is not among these; NULL: none.
    const struct vyre_registry *registry;
    const char *const *capabilities;
    size_t capability_count;
    const struct vyre_diag_sink *diag;
};

#define vyre_transform_params(...) (&(const struct vyre_transform_params){ __VA_ARGS__ })

// Validates the program and runs passes over it. The result is valid, has the same buffers in the
// same order, and does the same: outputs to the bit, and run-time errors. When no pass finds
// anything to change it is another reference to `program`. `params` may be NULL.
//
// `inline` does the same as the op's evaluation only as far as its body does; and where one
// statement accesses a buffer plainly and by an atomic, it may make two of it, which V136 refuses.
//
// Programs that race, or whose result depends on the order in which invocations run, stay within
// what their races allow but may land elsewhere in it.
//
// Returns VYRE_ERR_INVALID_PROGRAM; VYRE_ERR_INVALID_ARGUMENT for the name of a pass that does not
// exist; VYRE_ERR_LIMIT when bodies of ops make the program too large (O005); what
// vyre_program_split_grid_sync returns, and VYRE_ERR_UNSUPPORTED (F008) when more than one program
// comes of it. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_transform(
    const struct vyre_program *program, const struct vyre_transform_params *params,
    struct vyre_program **out);

// A program as dispatches that run one after another. Immutable.
//
// Lifetime: independent of the program that was split.
struct vyre_grid_split;

// Splits a program at each `barrier grid_sync`, which no device has: the parts, run one after
// another with what each wrote visible to the next, do what the program means. A program without
// such a barrier gives one part, the program itself.
//
// A part declares the buffers that it uses, under their names and bindings, with the access that it
// needs; vyre_grid_split_buffer says which of the program's buffers each is. All parts work on the
// same memory. Dispatch every part with the same grid, given explicitly, because the language
// derives other grids from fewer buffers; with the program's launch parameters; and one part again
// only together with all that follow. A buffer that the program allocates (output, write-only,
// live-out) is one that allocates in the first part that uses it, and takes what is in it in later
// ones; ranges of outputs are left to the caller, parts return whole buffers.
//
// A part evaluates again what it needs of the parts before it: locals, and the conditions on which
// invocations have returned. A program for which that might give another result is refused,
// VYRE_ERR_UNSUPPORTED, with what to do instead (codes F002 to F006). The program is validated
// first, calls against `registry` (may be NULL): VYRE_ERR_INVALID_PROGRAM. VYRE_ERR_LIMIT: more
// than 255 barriers, or parts that would repeat more than 1,048,576 statements. `diag` may be NULL.
// Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_split_grid_sync(
    const struct vyre_program *program, const struct vyre_registry *registry,
    const struct vyre_diag_sink *diag, struct vyre_grid_split **out);

// As vyre_program_transform, for pass lists of which several programs may come: each pass runs over
// every part that there is by then. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_program_transform_parts(
    const struct vyre_program *program, const struct vyre_transform_params *params,
    struct vyre_grid_split **out);

// Number of parts, at least 1; 0 for NULL. Thread-safety: Safe.
VYRE_API size_t vyre_grid_split_count(const struct vyre_grid_split *split);

// Part `index`, in the order in which they run; NULL when there is no such part.
// Thread-safety: Safe. Lifetime: borrowed from `split`; a reference of one's own outlives it.
VYRE_API struct vyre_program *vyre_grid_split_program(const struct vyre_grid_split *split,
                                                      size_t index);

// Which buffer of the program, in declaration order, is buffer `buffer` of part `index`. SIZE_MAX
// when there is no such part or buffer. Thread-safety: Safe.
VYRE_API size_t vyre_grid_split_buffer(const struct vyre_grid_split *split, size_t index,
                                       size_t buffer);

VYRE_API void vyre_grid_split_destroy(struct vyre_grid_split **split);

VYRE_END

#endif // VYRE_TRANSFORM_H
