// SPDX-License-Identifier: MIT
// Ops that a program calls, as the command line gives them: `--op ID=PROGRAM`, where PROGRAM is the
// body that takes the place of calls. Its read-only and uniform buffers are the arguments, in the
// order of their bindings, and its output is the result (vyre/registry.h).
#ifndef VYRE_SPV_OPS_H
#define VYRE_SPV_OPS_H

#include "options.h"
#include "tool.h"

#define OPS_OPTION_HELP                                                                            \
    "an op that the program may call, and the program that computes it: its read-only "            \
    "buffers, by binding, are the arguments, its output the result"

// Reads them in order; one may call those before it. *out is NULL when there are none, and what was
// read until then on failure; the caller destroys it in any case. An exit code.
int ops_read(const char *command, const struct option_list *list, struct vyre_registry **out);

#endif // VYRE_SPV_OPS_H
