// SPDX-License-Identifier: MIT
// The patterns of a scan, as people write them: one per line, with escapes for what a line cannot
// hold: \\ \n \r \t \0 \a \b \e \f \v and \xNN. Empty lines are no patterns.
#ifndef VYRE_SPV_SCAN_LIST_H
#define VYRE_SPV_SCAN_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include <vyre/scan.h>

// Zeroed is empty.
struct scan_list {
    struct vyre_pattern *patterns; // owned, and so are their bytes
    size_t count;
    size_t capacity;
    uint64_t bytes; // of all patterns
};

// What a pattern set may have at most (vyre/scan.h). Empty lines count, so that no file is read
// without end.
#define SCAN_LIST_LINES_MAX (UINT32_C(1) << 24)
#define SCAN_LIST_SIZE_MAX  (UINT64_C(1) << 30)

// Adds every line of `file`, which may be a pipe or a device: it is read no further than the first
// line that is wrong. On an error, writes "NAME:line:column: what", or what the system says, into
// `error` and returns false; what was added before stays.
bool scan_list_read(struct scan_list *list, FILE *file, const char *name, char *error,
                    size_t error_size);

// Adds the whole text as one pattern, with escapes. An empty one is an error.
bool scan_list_add(struct scan_list *list, const char *text, size_t size, const char *name,
                   char *error, size_t error_size);

void scan_list_fini(struct scan_list *list);

#endif // VYRE_SPV_SCAN_LIST_H
