// SPDX-License-Identifier: MIT
#include "json.h"
#include "tool.h"

#include <stdlib.h>

void json_print(json_t *value)
{
    if (!value) {
        tool_error("out of memory");
        exit(TOOL_SYSTEM);
    }
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(value);
}
