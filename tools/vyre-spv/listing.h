// SPDX-License-Identifier: MIT
// A program and the SPIR-V that it became, side by side: each line of the text with the
// instructions that come from it, as objdump -S does it.
#ifndef VYRE_SPV_LISTING_H
#define VYRE_SPV_LISTING_H

#include "tool.h"

// Makes the listing of a module with lines (vyre_compile_params.debug_info) of the program whose
// text is `source`. An exit code, after a message when it is not 0; tool_bytes_fini frees *out.
int listing_make(const struct tool_bytes *source, const uint32_t *words, size_t count,
                 struct tool_bytes *out);

#endif // VYRE_SPV_LISTING_H
