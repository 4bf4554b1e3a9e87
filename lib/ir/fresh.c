// SPDX-License-Identifier: MIT
#include "ir/fresh.h"

#include <string.h>

uint64_t ir_fresh_number(const struct vyre_program *program, const char *prefix)
{
    enum { MOST_DIGITS = 18 }; // longer numbers are out of reach
    const size_t prefix_size = strlen(prefix);
    uint64_t next = 0;
    for (uint32_t i = 0; i < program->name_count; i++) {
        const struct ir_text *name = &program->names[i];
        if (name->size < prefix_size || memcmp(name->text, prefix, prefix_size) != 0)
            continue;
        uint64_t number = 0;
        size_t at = prefix_size;
        while (at < name->size && at - prefix_size < MOST_DIGITS && name->text[at] >= '0' &&
               name->text[at] <= '9')
            number = 10 * number + (uint64_t)(name->text[at++] - '0');
        if (number >= next)
            next = number + 1;
    }
    return next;
}
