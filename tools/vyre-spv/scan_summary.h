// SPDX-License-Identifier: MIT
// What a scan says about itself: progress while it runs, a summary at its end.
#ifndef VYRE_SPV_SCAN_SUMMARY_H
#define VYRE_SPV_SCAN_SUMMARY_H

#include "scan_output.h"

#include <vyre/vyre.h>

struct scan_totals {
    uint64_t files;
    uint64_t files_matched;
    uint64_t bytes;
    uint64_t matches;
    uint64_t errors;
    uint64_t skipped;
    double seconds;
    bool interrupted;
};

// A line on standard error that is rewritten at most ten times per second.
struct scan_progress {
    bool enabled;
    bool shown;
    uint64_t next_ns;
};

uint64_t scan_clock_ns(void); // monotonic

void scan_progress_show(struct scan_progress *progress, const struct scan_totals *totals,
                        const char *path);
void scan_progress_clear(struct scan_progress *progress);

// On standard error for people, with everything there is to know.
void scan_summary_print(const struct scan_totals *totals, const struct vyre_scan_stats *stats,
                        const struct vyre_device_info *device);
// One line on standard error: only where tool_say speaks, or always.
void scan_summary_say(const struct scan_totals *totals);
void scan_summary_print_short(const struct scan_totals *totals);
// The last line of --json.
void scan_summary_json(struct scan_output *output, const struct scan_totals *totals,
                       const struct vyre_scan_stats *stats, const struct vyre_device_info *device);

#endif // VYRE_SPV_SCAN_SUMMARY_H
