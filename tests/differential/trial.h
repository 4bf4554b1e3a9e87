// SPDX-License-Identifier: MIT
// One program on one set of inputs: in the interpreter, on the device, on the device without
// optimisation, and, for even seeds, with every check made again that the optimisation removed.
#ifndef TESTS_DIFFERENTIAL_TRIAL_H
#define TESTS_DIFFERENTIAL_TRIAL_H

#include <vyre/vyre.h>

#include "base/str.h"

struct trial {
    struct vyre_device *device;
    // Run before each program, so that it does not find workgroup memory zero by chance.
    struct vyre_kernel *litter;
    uint32_t grid[3]; // workgroups
    // Inputs follow from this and from the name and the type of a buffer, so that they stay what
    // they are when a program loses its other buffers.
    uint64_t seed;
    bool exact;     // the float mode, else strict
    bool zeros;     // all inputs are 0
    uint32_t words; // most words of a buffer whose size the program leaves open; 0: no limit
    // A planted fault: the device runs what this makes of the program. NULL: none.
    struct vyre_program *(*plant)(const struct vyre_program *program);
};

enum verdict {
    TRIAL_SAME, // or both end with the same trap
    TRIAL_DIFFERENT,
    TRIAL_REFUSED,      // by the compiler, with `code`
    TRIAL_INCOMPARABLE, // the interpreter ended it with `code`
    TRIAL_INVALID,      // the validator refuses it with `code`
    TRIAL_RACY,         // the order of invocations may change the result
    TRIAL_VERDICTS
};

struct outcome {
    enum verdict verdict;
    char code[8];  // of the first diagnostic; empty when there was none
    char why[400]; // the first difference, or what the diagnostic says
    bool trapped;
};

// Leaves numbers that are not 0 in workgroup memory. The caller destroys it.
struct vyre_kernel *trial_litter(struct vyre_device *device);

struct outcome trial_run(const struct trial *trial, const struct vyre_program *program);

// The program as text, and a command line of vyre-spv that runs it on these inputs.
void trial_print(const struct trial *trial, const struct vyre_program *program, struct str *out);

#endif // TESTS_DIFFERENTIAL_TRIAL_H
