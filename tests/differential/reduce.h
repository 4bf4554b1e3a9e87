// SPDX-License-Identifier: MIT
// Makes a program smaller as long as something holds for it: statements and buffers go, branches
// and loops are replaced by their bodies, expressions by their operands or by literals.
#ifndef TESTS_DIFFERENTIAL_REDUCE_H
#define TESTS_DIFFERENTIAL_REDUCE_H

#include <stdbool.h>

#include <vyre/program.h>

struct reduction {
    // Whether it still holds. Programs that are not valid may be offered too.
    bool (*holds)(void *user, const struct vyre_program *program);
    void *user;
    unsigned tries; // most programs that are offered
};

// The smallest program that was found, at least a reference to `program`. The caller destroys it.
struct vyre_program *reduce(const struct vyre_program *program, const struct reduction *reduction);

#endif // TESTS_DIFFERENTIAL_REDUCE_H
