// SPDX-License-Identifier: MIT
// SPIR-V assembly by SPIRV-Tools: its shared library where there is one, else its program
// `spirv-dis` (Debian 12 ships no shared library). Either is looked for when it is needed.
#ifndef VYRE_SPV_ASSEMBLY_H
#define VYRE_SPV_ASSEMBLY_H

#include "tool.h"

// Disassembles a module. An exit code, after a message when it is not 0.
int assembly_print(const uint32_t *words, size_t count, struct tool_bytes *out);

// Which of the two would be used, for --version.
const char *assembly_provider(void);

#endif // VYRE_SPV_ASSEMBLY_H
