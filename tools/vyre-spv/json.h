// SPDX-License-Identifier: MIT
// JSON output by jansson.
#ifndef VYRE_SPV_JSON_H
#define VYRE_SPV_JSON_H

#include <jansson.h>

// Prints the value and a newline on standard output, and drops it. NULL, which is what jansson
// returns when memory runs out, ends the program.
void json_print(json_t *value);

#endif // VYRE_SPV_JSON_H
