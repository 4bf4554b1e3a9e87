// SPDX-License-Identifier: MIT
// Reads a file of JSON Lines, a record at a time.
#ifndef TESTS_CONFORMANCE_RECORDS_H
#define TESTS_CONFORMANCE_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

// Calls `visit` with every record, in order; the record is borrowed. False, with a message, when
// the file cannot be read or a line of it is not JSON: the corpus is ours, so that is a failure.
static inline bool records_read(const char *path, void (*visit)(void *user, const json_t *record),
                                void *user)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        return false;
    }
    bool readable = true;
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0) {
        json_error_t error;
        json_t *record = json_loads(line, JSON_ALLOW_NUL, &error);
        if (record) {
            visit(user, record);
        } else {
            printf("%s: %s\n", path, error.text);
            readable = false;
        }
        json_decref(record);
    }
    free(line);
    fclose(file);
    return readable;
}

#endif // TESTS_CONFORMANCE_RECORDS_H
