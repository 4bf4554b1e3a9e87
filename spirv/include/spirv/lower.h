// SPDX-License-Identifier: MIT
// Lowering of a validated program to a SPIR-V module. vyre_compile is validate, then this.
#ifndef SPIRV_LOWER_H
#define SPIRV_LOWER_H

#include <vyre/compile.h>

// As vyre_compile, but trusts that the program is valid.
enum vyre_result spv_lower(const struct vyre_program *program,
                           const struct vyre_compile_params *params, struct vyre_module **out);

// A module as bytes for the cache, and back. The bytes are versioned by the build id in the cache
// key; the reader still checks every length, and answers VYRE_MISS to bytes that it did not write.
// It does not look into the SPIR-V beyond its magic. vyre_free frees *out.
enum vyre_result spv_module_save(const struct vyre_module *module, uint8_t **out, size_t *size);
enum vyre_result spv_module_load(const uint8_t *bytes, size_t size, struct vyre_module **out);

#endif // SPIRV_LOWER_H
