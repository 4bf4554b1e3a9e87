// SPDX-License-Identifier: MIT
// The patterns of a scan, as people write them: one per line, with escapes for what a line cannot
// hold: \\ \n \r \t \0 \a \b \e \f \v and \xNN. Empty lines are no patterns.
#ifndef VYRE_SPV_SCAN_LIST_H
#define VYRE_SPV_SCAN_LIST_H

#include <stdbool.h>

#include <vyre/scan.h>

// Zeroed is empty.
struct scan_list {
    struct vyre_pattern *patterns; // owned, and so are their bytes
    size_t count;
    size_t capacity;
};

// Adds every line of `text`. On an error, writes "NAME:line:column: what" into `error` and returns
// false; what was added before stays.
bool scan_list_add_lines(struct scan_list *list, const char *text, size_t size, const char *name,
                         char *error, size_t error_size);

// Adds the whole text as one pattern, with escapes. An empty one is an error.
bool scan_list_add(struct scan_list *list, const char *text, size_t size, const char *name,
                   char *error, size_t error_size);

void scan_list_fini(struct scan_list *list);

#endif // VYRE_SPV_SCAN_LIST_H
