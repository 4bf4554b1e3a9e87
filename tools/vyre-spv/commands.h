// SPDX-License-Identifier: MIT
// The commands, one file each.
#ifndef VYRE_SPV_COMMANDS_H
#define VYRE_SPV_COMMANDS_H

#include "options.h"

#define COMMAND(name) extern const struct command command_##name;
#include "commands.def"
#undef COMMAND

#endif // VYRE_SPV_COMMANDS_H
