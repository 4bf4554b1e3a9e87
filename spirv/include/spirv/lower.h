// SPDX-License-Identifier: MIT
// Lowering of a validated program to a SPIR-V module. vyre_compile is validate, then this.
#ifndef SPIRV_LOWER_H
#define SPIRV_LOWER_H

#include "ir/range.h"
#include <vyre/compile.h>

// As vyre_compile, but trusts that the program is valid.
enum vyre_result spv_lower(const struct vyre_program *program,
                           const struct vyre_compile_params *params, struct vyre_module **out);

// How tests look for accesses that were wrongly proven to lie inside: every check that the range
// analysis removed is made all the same, and where it fails the dispatch is a fault. (Not those of
// literals below a declared count: the host promises that many elements.)
struct spv_recheck {
    // Speaks in place of the analysis, of which `found` is the answer, so that a test can plant a
    // false one. NULL: the analysis.
    enum ir_inside (*judge)(void *user, const struct ir_expr *index, enum ir_inside found);
    void *user;
};

// The kind of that fault, after those of enum vyre_fault_kind. Details: the index, and the
// buffer's declaration index in the program as it was lowered.
enum { SPV_FAULT_UNPROVEN = 0x100 };

// As spv_lower; `recheck` may be NULL.
enum vyre_result spv_lower_rechecked(const struct vyre_program *program,
                                     const struct vyre_compile_params *params,
                                     const struct spv_recheck *recheck, struct vyre_module **out);

// What tests ask of a lowering beside its parameters. Zero: nothing.
struct spv_trial {
    const struct spv_recheck *recheck;
    // Invocations of a subgroup of the language, 0: 32. With fewer, the code for full subgroups
    // (vyre_target.full_subgroup_size) runs on devices whose own are that narrow, CPUs among them;
    // there it and the way through workgroup memory are compared with what a test computes.
    uint32_t lanes;
};
enum vyre_result spv_lower_trial(const struct vyre_program *program,
                                 const struct vyre_compile_params *params,
                                 const struct spv_trial *trial, struct vyre_module **out);

// A module as bytes for the cache, and back. The bytes are versioned by the build id in the cache
// key; the reader still checks every length, and answers VYRE_MISS to bytes that it did not write.
// It does not look into the SPIR-V beyond its magic. vyre_free frees *out.
enum vyre_result spv_module_save(const struct vyre_module *module, uint8_t **out, size_t *size);
enum vyre_result spv_module_load(const uint8_t *bytes, size_t size, struct vyre_module **out);

#endif // SPIRV_LOWER_H
