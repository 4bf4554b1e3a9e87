// SPDX-License-Identifier: MIT
// Making module objects.
#ifndef SPV_MODULE_H
#define SPV_MODULE_H

#include <vyre/compile.h>

// Makes a module of words and bindings, which it takes also when it fails. `info->bindings` is
// ignored.
enum vyre_result spv_module_create(uint32_t *words, size_t word_count,
                                   struct vyre_module_binding *bindings,
                                   const struct vyre_module_info *info, struct vyre_module **out);

#endif // SPV_MODULE_H
