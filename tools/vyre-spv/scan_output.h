// SPDX-License-Identifier: MIT
// What a scan prints on standard output: `path:offset:bytes` lines, counts, paths, or JSON Lines.
//
// Writes go through one buffer of its own, so that millions of lines cost few system calls and a
// closed pipe is noticed at once.
#ifndef VYRE_SPV_SCAN_OUTPUT_H
#define VYRE_SPV_SCAN_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vyre/scan.h>

enum { SCAN_OUTPUT_BUFFER = 1 << 16 };

// A string as it is printed: escaped and coloured, or a JSON member such as "path":"a.c".
struct scan_text {
    char *text; // owned; NULL: not made yet
    size_t size;
};

struct scan_output {
    int fd;
    bool json;
    bool colour;
    int error;                  // errno of the write that failed; nothing is written after it
    size_t size;                // used bytes of the buffer
    char *buffer;               // owned
    struct scan_text *patterns; // owned; one per pattern
    const struct vyre_pattern *list;
    size_t pattern_count;
};

// `patterns` are borrowed.
void scan_output_init(struct scan_output *output, int fd, const struct vyre_pattern *patterns,
                      size_t pattern_count, bool json, bool colour);
// Writes what is left.
void scan_output_fini(struct scan_output *output);
void scan_output_flush(struct scan_output *output);

// `path` is made on first use and belongs to one input.
void scan_output_match(struct scan_output *output, const char *path, struct scan_text *path_text,
                       uint64_t offset, uint32_t pattern);
void scan_output_count(struct scan_output *output, const char *path, struct scan_text *path_text,
                       uint64_t count);
void scan_output_path(struct scan_output *output, const char *path, struct scan_text *path_text);

// {"type":"error",...}; only with `json`.
void scan_output_error(struct scan_output *output, const char *path, const char *message,
                       int error);
// A line of JSON that is complete.
void scan_output_line(struct scan_output *output, const char *text);

void scan_text_fini(struct scan_text *text);

// Control bytes, and bytes that are not UTF-8, as \xNN, and a backslash as two: no two texts look
// alike, and each reads back as a pattern.
void scan_text_escape(struct scan_text *out, const void *bytes, size_t size);

#endif // VYRE_SPV_SCAN_OUTPUT_H
