// SPDX-License-Identifier: MIT
#include "scan_summary.h"
#include "json.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_NS UINT64_C(100000000)

static const char *const ingest_names[] = { "automatic", "imported", "staged", "pread" };
static const char *const kind_names[] = { "any", "discrete GPU", "integrated GPU", "virtual GPU",
                                          "CPU implementation" };

uint64_t scan_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

// "12.3 MB": three significant digits are enough for people.
static const char *spell_bytes(uint64_t bytes, char out[32])
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit < 5) {
        value /= 1000;
        unit++;
    }
    snprintf(out, 32, "%.*f %s", unit > 0 && value < 99.5 ? 1 : 0, value, units[unit]);
    return out;
}

static unsigned terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 20)
        return 80;
    return size.ws_col;
}

void scan_progress_show(struct scan_progress *progress, const struct scan_totals *totals,
                        const char *path)
{
    if (!progress->enabled)
        return;
    uint64_t now = scan_clock_ns();
    if (now < progress->next_ns)
        return;
    progress->next_ns = now + PROGRESS_NS;
    char bytes[32];
    struct scan_text name;
    scan_text_escape(&name, path ? path : "", path ? strlen(path) : 0);
    char line[256];
    int size = snprintf(line, sizeof line, "%s, %llu files, %llu matches  %.120s",
                        spell_bytes(totals->bytes, bytes), (unsigned long long)totals->files,
                        (unsigned long long)totals->matches, name.text);
    scan_text_fini(&name);
    unsigned width = terminal_width() - 1;
    if (size > (int)width)
        size = (int)width;
    fprintf(stderr, "\r\033[K%.*s", size, line);
    progress->shown = true;
}

void scan_progress_clear(struct scan_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}

static const char *spell_short(const struct scan_totals *totals, char out[200])
{
    char bytes[32];
    snprintf(out, 200, "%s%llu matches in %llu of %llu files, %s in %.2f s",
             totals->interrupted ? "interrupted: " : "", (unsigned long long)totals->matches,
             (unsigned long long)totals->files_matched, (unsigned long long)totals->files,
             spell_bytes(totals->bytes, bytes), totals->seconds);
    return out;
}

void scan_summary_say(const struct scan_totals *totals)
{
    char line[200];
    tool_say("%s", spell_short(totals, line));
}

void scan_summary_print_short(const struct scan_totals *totals)
{
    char line[200];
    fprintf(stderr, "vyre-spv: %s\n", spell_short(totals, line));
}

static double rate(const struct scan_totals *totals)
{
    return totals->seconds > 0 ? (double)totals->bytes / totals->seconds / 1e6 : 0;
}

static const char *ingest_name(const struct vyre_scan_stats *stats)
{
    return (unsigned)stats->ingest < 4 ? ingest_names[stats->ingest] : "unknown";
}

static const char *kind_name(const struct vyre_device_info *device)
{
    return (unsigned)device->kind < 5 ? kind_names[device->kind] : "unknown";
}

void scan_summary_print(const struct scan_totals *totals, const struct vyre_scan_stats *stats,
                        const struct vyre_device_info *device)
{
    FILE *out = stderr;
    fprintf(out, "matches:       %llu in %llu of %llu files%s\n",
            (unsigned long long)totals->matches, (unsigned long long)totals->files_matched,
            (unsigned long long)totals->files, totals->interrupted ? " (interrupted)" : "");
    fprintf(out, "bytes:         %llu in %.3f s, %.1f MB/s\n", (unsigned long long)totals->bytes,
            totals->seconds, rate(totals));
    fprintf(out, "errors:        %llu\n", (unsigned long long)totals->errors);
    fprintf(out, "skipped:       %llu\n", (unsigned long long)totals->skipped);
    fprintf(out, "device:        %s (%s)\n", device->name, kind_name(device));
    fprintf(out, "chosen:        %s\n", device->reason);
    fprintf(out, "device bytes:  %llu\n", (unsigned long long)stats->bytes_device);
    fprintf(out, "epochs:        %llu\n", (unsigned long long)stats->epochs);
    fprintf(out, "slots:         %llu\n", (unsigned long long)stats->slots);
    fprintf(out, "chunks:        %llu\n", (unsigned long long)stats->chunks);
    fprintf(out, "rescans:       %llu\n", (unsigned long long)stats->rescans);
    fprintf(out, "automata:      %u, %llu bytes\n", stats->automata,
            (unsigned long long)stats->automata_bytes);
    fprintf(out, "memory:        %llu bytes\n", (unsigned long long)stats->memory_bytes);
    fprintf(out, "ingest:        %s%s%s%s\n", ingest_name(stats),
            stats->ingest_reason[0] ? " (" : "", stats->ingest_reason,
            stats->ingest_reason[0] ? ")" : "");
    if (stats->module_cached)
        fprintf(out, "module:        from the cache\n");
    else
        fprintf(out, "module:        lowered in %.3f ms\n", (double)stats->lower_ns / 1e6);
    fprintf(out, "pipeline:      %s\n",
            stats->pipeline_cached ? "from a cached blob" : "compiled by the driver");
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

void scan_summary_json(struct scan_output *output, const struct scan_totals *totals,
                       const struct vyre_scan_stats *stats, const struct vyre_device_info *device)
{
    json_t *line = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:b, s:{s:s, s:s, s:s},"
        " s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:s, s:s, s:b, s:b, s:o, s:o}",
        "type", "summary", "files", number(totals->files), "files_matched",
        number(totals->files_matched), "bytes", number(totals->bytes), "matches",
        number(totals->matches), "errors", number(totals->errors), "skipped",
        number(totals->skipped), "seconds", totals->seconds, "interrupted", totals->interrupted,
        "device", "name", device->name, "kind", kind_name(device), "reason", device->reason,
        "device_bytes", number(stats->bytes_device), "epochs", number(stats->epochs), "slots",
        number(stats->slots), "chunks", number(stats->chunks), "rescans", number(stats->rescans),
        "automata", (int)stats->automata, "automata_bytes", number(stats->automata_bytes),
        "memory_bytes", number(stats->memory_bytes), "ingest", ingest_name(stats), "ingest_reason",
        stats->ingest_reason, "module_cached", stats->module_cached, "pipeline_cached",
        stats->pipeline_cached, "lower_ns", number(stats->lower_ns), "pipeline_ns",
        number(stats->pipeline_ns));
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    if (!text) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
    scan_output_line(output, text);
    free(text);
    json_decref(line);
}
