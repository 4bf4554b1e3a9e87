// SPDX-License-Identifier: MIT
// Making module objects.
#ifndef SPV_MODULE_H
#define SPV_MODULE_H

#include <vyre/compile.h>

// Makes a module of words, bindings and terms, which it takes also when it fails. Those of `info`
// are ignored, their counts apart.
enum vyre_result spv_module_create(uint32_t *words, size_t word_count,
                                   struct vyre_module_binding *bindings,
                                   struct vyre_module_term *terms,
                                   const struct vyre_module_info *info, struct vyre_module **out);

#endif // SPV_MODULE_H
