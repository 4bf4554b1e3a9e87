// SPDX-License-Identifier: MIT
// What a run of `vyre-spv conform` found: counts per family, reason and deviation, and their
// output.
#ifndef VYRE_SPV_CONFORM_REPORT_H
#define VYRE_SPV_CONFORM_REPORT_H

#include "conform.h"

// Records of one group, by outcome.
struct conform_count {
    char *name; // owned
    size_t outcomes[CONFORM_OUTCOMES];
};

struct conform_counts {
    struct conform_count *items; // owned; in the order in which they came up
    size_t count;
};

struct conform_report {
    bool as_json;
    bool verbose; // deviations are printed as they come
    bool shows_progress;
    bool progress_shown; // a line on standard error that has to go before another is printed
    struct conform_counts families;
    struct conform_counts reasons;    // of skips
    struct conform_counts deviations; // by id
    uint64_t next_progress;           // in nanoseconds; 0: nothing was shown yet
    size_t totals[CONFORM_OUTCOMES];
};

// Where a record stands.
struct conform_place {
    const char *file;
    size_t line;
};

// Counts one judged record under `family` and prints what is worth a line. `name` may be NULL.
void conform_report_add(struct conform_report *report, const struct conform_case *c,
                        enum conform_outcome outcome, const char *family, const char *name,
                        struct conform_place place);

// Counts and prints a line that holds no record.
void conform_report_no_record(struct conform_report *report, struct conform_place place,
                              const char *why);

// Says on standard error how far it is, when that is a terminal and something takes time.
void conform_report_progress(struct conform_report *report, struct conform_place place);
void conform_report_clear_progress(struct conform_report *report);

// Prints the counts; the last line is `N passed, N failed, N skipped`.
void conform_report_print(const struct conform_report *report);

void conform_report_fini(struct conform_report *report);

// Failed and malformed records; skipped ones and deviations.
size_t conform_report_failed(const struct conform_report *report);
size_t conform_report_skipped(const struct conform_report *report);

#endif // VYRE_SPV_CONFORM_REPORT_H
