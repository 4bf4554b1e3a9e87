// SPDX-License-Identifier: MIT
// When an asynchronous copy is made. In the language the source is read where the copy is started
// and the destination is written where it is waited for (spec: semantics.md, 7.7); a shader has
// nowhere to keep what was read, unless it is small. So a copy is made in one of three ways, and a
// program for which none of them gives the same bytes is refused.
#ifndef SPV_COPIES_H
#define SPV_COPIES_H

#include "base/report.h"
#include "facts.h"

enum spv_copy_mode {
    SPV_COPY_AT_WAIT,  // nobody changes the source before the wait
    SPV_COPY_AT_START, // nobody looks at the destination before the wait
    SPV_COPY_KEPT,     // small, and kept in registers
};

// A copy. Copies are numbered in the order of the program.
struct spv_copy {
    enum spv_copy_mode mode;
    uint32_t number;
    // From its start until it is made: buffers, and ids of the positions in them and of its size.
    uint32_t source, destination;
    uint32_t from, to, size;
    bool is_shared; // by the workgroup
    uint32_t kept;  // words in registers
    uint32_t words[SPV_SMALL_COPY / 4];
};

struct spv_copies {
    ARRAY(struct spv_copy);
};

struct spv_copy_offence {
    const struct ir_node *node; // NULL: none
    enum diag_code code;
    const char *what; // is wrong
};

// Finds the wait of each copy and decides. The first copy that cannot be made is in *out.
// The list lives in the arena. VYRE_OK or VYRE_ERR_NO_MEMORY.
enum vyre_result spv_copies_plan(const struct vyre_program *program, const struct spv_facts *facts,
                                 struct arena *arena, struct spv_copies *copies,
                                 struct spv_copy_offence *out);

#endif // SPV_COPIES_H
