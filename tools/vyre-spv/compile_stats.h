// SPDX-License-Identifier: MIT
// What compile --stats tells: sizes, instructions by kind, what passes changed, which checks there
// are and why. Collected while the library compiles, printed afterwards.
#ifndef VYRE_SPV_COMPILE_STATS_H
#define VYRE_SPV_COMPILE_STATS_H

#include <vyre/vyre.h>

struct stats_pass {
    char *name;                      // owned
    struct vyre_program_size before; // of the program
    struct vyre_program_size after;
    bool changed;
};

struct stats_check {
    enum vyre_check_kind kind;
    bool removed;
    char *name;  // owned, as the others
    char *where; // "5:9", or the path of a statement
    char *reason;
};

struct stats_fact {
    char *part; // owned, as the others
    char *name;
    char *value;
};

// Whether a driver was asked about its code, and answered.
enum stats_driver {
    STATS_NOT_ASKED,
    STATS_SILENT, // it has no answers
    STATS_TOLD,
};

// Zero-initialised is empty.
struct compile_stats {
    enum stats_driver driver;
    struct stats_fact *facts; // owned; what it said
    size_t fact_count;
    struct stats_pass *passes; // owned
    size_t pass_count;
    struct stats_check *checks; // owned
    size_t check_count;
    const struct vyre_program *program; // as it was given; borrowed
    char *text;                         // owned; of the program before the next pass
    struct vyre_program_size size;
};

// Begins with the program as it is given, which has to live as long.
void stats_begin(struct compile_stats *stats, const struct vyre_program *program);

// As vyre_pass_hook.after and vyre_check_hook.check, whose user is a struct compile_stats.
void stats_pass(void *user, const char *pass, size_t part, size_t part_count,
                const struct vyre_program *program);
void stats_check(void *user, const struct vyre_check *check);

// Compiles the program for the device and asks its driver about the code. An exit code.
int stats_ask_driver(struct compile_stats *stats, struct vyre_device *device,
                     const struct vyre_kernel_params *params);

// Prints for people on standard error, or JSON on standard output.
void stats_print(const struct compile_stats *stats, const struct vyre_module *module,
                 uint64_t nanoseconds);
void stats_print_json(const struct compile_stats *stats, const struct vyre_module *module,
                      uint64_t nanoseconds);

void stats_fini(struct compile_stats *stats);

#endif // VYRE_SPV_COMPILE_STATS_H
