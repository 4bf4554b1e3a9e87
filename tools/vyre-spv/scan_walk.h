// SPDX-License-Identifier: MIT
// Which files a scan reads: operands in the order given, directories recursively in byte order of
// the paths.
//
// Below an operand symbolic links are not followed, and nothing but regular files is ever opened.
#ifndef VYRE_SPV_SCAN_WALK_H
#define VYRE_SPV_SCAN_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan_walk;

// `operands` are borrowed and must outlive the walk.
struct scan_walk *scan_walk_create(const char *const *operands, size_t count);
void scan_walk_destroy(struct scan_walk **walk);

enum scan_found_kind {
    SCAN_FOUND_FILE,  // `fd` is open for reading and now the caller's
    SCAN_FOUND_STDIN, // the operand "-"
    SCAN_FOUND_ERROR, // `error` is an errno, or 0 for something that is no regular file
    SCAN_FOUND_END,
};

struct scan_found {
    enum scan_found_kind kind;
    char *path; // owned by the caller, NUL-terminated; NULL at the end
    int fd;
    int error;
};

void scan_walk_next(struct scan_walk *walk, struct scan_found *out);

// Things below an operand that are neither directory nor regular file.
uint64_t scan_walk_skipped(const struct scan_walk *walk);

#endif // VYRE_SPV_SCAN_WALK_H
