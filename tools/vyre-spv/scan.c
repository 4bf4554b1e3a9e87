// SPDX-License-Identifier: MIT
// vyre-spv scan: many literals in files and directories, found by the device.
#include "commands.h"
#include "scan_list.h"
#include "scan_output.h"
#include "scan_summary.h"
#include "scan_walk.h"
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// As grep: 2 for every kind of trouble, also when something was found.
enum { EXIT_FOUND = 0, EXIT_NOTHING = 1, EXIT_TROUBLE = 2, EXIT_INTERRUPTED = 130 };

enum {
    QUEUED_MAX = 512, // inputs that are fed and not ended, with their open files
    EVENTS = 1024,
};

// How long one wait for events lasts: an interrupt is noticed after it.
#define WAIT_NS UINT64_C(100000000)

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct scan_options {
    struct option_list patterns;
    struct option_list pattern_files;
    bool json;
    bool count;
    bool files_with_matches;
    bool quiet;
    bool stats;
    bool ignore_case;
    bool extended;
    bool perl;
    bool no_cache;
    int colour;
    int ingest;
    uint64_t max_count;
    uint64_t timeout;
    uint64_t chunk_size;
    uint64_t memory;
    const char *device;
};

static const struct option_spec scan_table[] = {
    { "e", "regexp", "PATTERN", "search for PATTERN, a literal with escapes; may be repeated",
      OPTION_LIST, offsetof(struct scan_options, patterns) },
    { "f", "file", "FILE", "search for each line of FILE, - is standard input; may be repeated",
      OPTION_LIST, offsetof(struct scan_options, pattern_files) },
    { "c", "count", NULL, "print path:count for each file", OPTION_FLAG,
      offsetof(struct scan_options, count) },
    { "l", "files-with-matches", NULL, "print the paths of files with a match", OPTION_FLAG,
      offsetof(struct scan_options, files_with_matches) },
    { "q", "quiet", NULL, "print nothing, stop at the first match", OPTION_FLAG,
      offsetof(struct scan_options, quiet) },
    { "m", "max-count", "N", "print at most N matches of each file; 0: all", OPTION_NUMBER,
      offsetof(struct scan_options, max_count) },
    { NULL, "json", NULL, "print JSON Lines", OPTION_FLAG, offsetof(struct scan_options, json) },
    { NULL, "color", "auto|always|never", "colour paths, offsets and matches", OPTION_CHOICE,
      offsetof(struct scan_options, colour) },
    { NULL, "stats", NULL, "print what was done, and by which device, on standard error",
      OPTION_FLAG, offsetof(struct scan_options, stats) },
    { NULL, "device", "DEVICE", "number or part of the name of a device (see vyre-spv devices)",
      OPTION_TEXT, offsetof(struct scan_options, device) },
    { NULL, "timeout", "SECONDS", "give up when the device makes no progress for so long; 0: 10",
      OPTION_NUMBER, offsetof(struct scan_options, timeout) },
    { NULL, "memory", "BYTES", "limit of all buffers, such as 512M; 0: 256 MiB and the automata",
      OPTION_SIZE, offsetof(struct scan_options, memory) },
    { NULL, "chunk-size", "BYTES", "read files in pieces of this size, such as 64K; 0: chosen",
      OPTION_SIZE, offsetof(struct scan_options, chunk_size) },
    { NULL, "ingest", "auto|imported|staged|pread", "how bytes get to the device", OPTION_CHOICE,
      offsetof(struct scan_options, ingest) },
    { NULL, "no-cache", NULL, "compile the kernel anew and store nothing", OPTION_FLAG,
      offsetof(struct scan_options, no_cache) },
    { "i", "ignore-case", NULL, "not in this version", OPTION_FLAG,
      offsetof(struct scan_options, ignore_case) },
    { "E", "extended-regexp", NULL, "not in this version", OPTION_FLAG,
      offsetof(struct scan_options, extended) },
    { "P", "perl-regexp", NULL, "not in this version", OPTION_FLAG,
      offsetof(struct scan_options, perl) },
    { 0 },
};

// An input that was fed, or that is about to be.
struct input {
    char *path; // owned; as it is shown
    int fd;     // owned
    struct scan_text text;
    uint64_t printed; // matches
};

struct run {
    const struct scan_options *options;
    struct scan_list list;
    struct vyre_device *device;
    struct vyre_cache *cache;
    struct vyre_patterns *patterns;
    struct vyre_scan *scan;
    struct scan_walk *walk;
    struct scan_output output;
    struct scan_progress progress;
    struct scan_totals totals;
    struct input queue[QUEUED_MAX]; // ring: `first` is the oldest, `fed` of them are fed
    uint64_t first;
    uint64_t fed;
    uint64_t found; // first <= fed <= found; numbers of inputs
    bool walked;    // the walk is over
    bool stop;      // -q has its answer, or nobody reads the output
    bool trouble;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

// ---- Trouble ------------------------------------------------------------------------------------

static void report(struct run *run, const char *path, int error)
{
    const char *why = error ? strerror(error)
                            : "not a regular file or directory; what others write comes through "
                              "standard input";
    run->trouble = true;
    run->totals.errors++;
    scan_progress_clear(&run->progress);
    if (run->options->json)
        scan_output_error(&run->output, path, why, error);
    else
        tool_error("%s: %s", *path ? path : "''", why);
}

static int trouble(enum vyre_result result, const char *what)
{
    (void)tool_failed(result, what);
    return EXIT_TROUBLE;
}

// ---- Patterns -----------------------------------------------------------------------------------

static bool load_file(struct scan_list *list, const char *path)
{
    char error[512];
    const bool is_standard = strcmp(path, "-") == 0;
    FILE *file = is_standard ? stdin : fopen(path, "rbe");
    if (!file) {
        tool_error("cannot read '%s': %s", path, strerror(errno));
        return false;
    }
    const bool good =
        scan_list_read(list, file, is_standard ? "standard input" : path, error, sizeof error);
    if (!good)
        tool_error("%s", error);
    if (!is_standard)
        fclose(file);
    return good;
}

static bool load_patterns(struct run *run)
{
    const struct scan_options *options = run->options;
    char error[512];
    for (size_t i = 0; i < options->patterns.count; i++) {
        const char *text = options->patterns.items[i];
        char name[128];
        snprintf(name, sizeof name, "-e '%.100s'", text);
        if (!scan_list_add(&run->list, text, strlen(text), name, error, sizeof error)) {
            tool_error("%s", error);
            return false;
        }
    }
    for (size_t i = 0; i < options->pattern_files.count; i++) {
        if (!load_file(&run->list, options->pattern_files.items[i]))
            return false;
    }
    if (run->list.count == 0) {
        tool_error("no pattern: every pattern file is empty");
        return false;
    }
    return true;
}

// ---- Inputs -------------------------------------------------------------------------------------

// Standard input that is no regular file goes to a temporary file first: chunks are read by offset,
// and a pipe has none. Its size is then bounded by the disk, not by memory.
static int open_standard_input(int *error)
{
    struct stat info;
    if (fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode))
        return dup(STDIN_FILENO);
    FILE *file = tmpfile();
    char *buffer = tool_calloc(1, SCAN_OUTPUT_BUFFER);
    int fd = -1;
    *error = file ? 0 : errno;
    while (*error == 0 && !interrupted) {
        ssize_t size = read(STDIN_FILENO, buffer, SCAN_OUTPUT_BUFFER);
        if (size == 0)
            break;
        if (size < 0 && errno != EINTR)
            *error = errno;
        else if (size > 0 && fwrite(buffer, 1, (size_t)size, file) != (size_t)size)
            *error = errno;
    }
    if (*error == 0 && fflush(file))
        *error = errno;
    if (*error == 0) {
        fd = dup(fileno(file));
        *error = fd < 0 ? errno : 0;
    }
    if (file)
        fclose(file);
    free(buffer);
    return fd;
}

static void queue_input(struct run *run, char *path, int fd)
{
    run->queue[run->found++ % QUEUED_MAX] = (struct input){ .path = path, .fd = fd };
}

// Walks on until an input is found, or to the end.
static void find_input(struct run *run)
{
    struct scan_found found;
    scan_walk_next(run->walk, &found);
    switch (found.kind) {
    case SCAN_FOUND_END: run->walked = true; return;
    case SCAN_FOUND_FILE: queue_input(run, found.path, found.fd); return;
    case SCAN_FOUND_STDIN:
        free(found.path);
        found.path = NULL;
        found.fd = open_standard_input(&found.error);
        if (found.fd < 0) {
            report(run, "(standard input)", found.error);
            return;
        }
        found.path = tool_calloc(1, sizeof "(standard input)");
        memcpy(found.path, "(standard input)", sizeof "(standard input)");
        queue_input(run, found.path, found.fd);
        return;
    case SCAN_FOUND_ERROR:
        report(run, found.path, found.error);
        free(found.path);
        return;
    }
}

static void drop_input(struct run *run)
{
    struct input *input = &run->queue[run->first++ % QUEUED_MAX];
    close(input->fd);
    free(input->path);
    scan_text_fini(&input->text);
}

// Feeds as many inputs as the scan takes.
static enum vyre_result feed(struct run *run)
{
    for (;;) {
        while (!run->walked && run->fed == run->found && run->found - run->first < QUEUED_MAX)
            find_input(run);
        if (run->fed == run->found)
            return run->walked ? vyre_scan_finish(run->scan) : VYRE_OK;
        struct input *input = &run->queue[run->fed % QUEUED_MAX];
        enum vyre_result result = vyre_scan_feed_fd(run->scan, input->fd, run->fed);
        if (result != VYRE_OK)
            return result;
        run->fed++;
    }
}

// ---- Events -------------------------------------------------------------------------------------

static void on_hit(struct run *run, const struct vyre_scan_event *event)
{
    struct input *input = &run->queue[event->input % QUEUED_MAX];
    uint64_t most = run->options->max_count;
    run->totals.matches++;
    if (most > 0 && input->printed == most)
        return;
    input->printed++;
    scan_output_match(&run->output, input->path, &input->text, event->offset, event->pattern);
}

static void on_end(struct run *run, const struct vyre_scan_event *event)
{
    const struct scan_options *options = run->options;
    struct input *input = &run->queue[event->input % QUEUED_MAX];
    if (event->error)
        report(run, input->path, event->error);
    run->totals.files++;
    run->totals.bytes += event->bytes;
    run->totals.files_matched += event->hits > 0;
    if (options->count || options->files_with_matches || options->quiet)
        run->totals.matches += event->hits;
    uint64_t shown = event->hits;
    if (options->max_count > 0 && shown > options->max_count)
        shown = options->max_count;
    if (options->quiet)
        run->stop |= event->hits > 0;
    else if (options->files_with_matches && event->hits > 0)
        scan_output_path(&run->output, input->path, &input->text);
    else if (options->count && !options->files_with_matches)
        scan_output_count(&run->output, input->path, &input->text, shown);
    drop_input(run);
}

static void take_events(struct run *run, const struct vyre_scan_event *events, size_t count)
{
    for (size_t i = 0; i < count && !run->stop; i++) {
        if (events[i].kind == VYRE_SCAN_HIT)
            on_hit(run, &events[i]);
        else
            on_end(run, &events[i]);
        run->stop |= run->output.error != 0;
    }
}

static enum vyre_result scan_all(struct run *run)
{
    struct vyre_scan_event *events = tool_calloc(EVENTS, sizeof *events);
    enum vyre_result result = VYRE_OK;
    while (!interrupted && !run->stop) {
        result = feed(run);
        if (result < 0)
            break;
        size_t count = 0;
        result = vyre_scan_next(run->scan, WAIT_NS, events, EVENTS, &count);
        take_events(run, events, count);
        // Whoever follows the output sees what is known while the scan waits.
        if (result == VYRE_TIMEOUT)
            scan_output_flush(&run->output);
        if (result < 0 || result == VYRE_DONE)
            break;
        const struct input *input = &run->queue[run->first % QUEUED_MAX];
        scan_progress_show(&run->progress, &run->totals,
                           run->first < run->found ? input->path : NULL);
    }
    free(events);
    return result;
}

// ---- The whole ----------------------------------------------------------------------------------

static enum vyre_result open_scan(struct run *run)
{
    const struct scan_options *options = run->options;
    enum vyre_result result = vyre_patterns_compile(
        vyre_patterns_params(.patterns = run->list.patterns, .pattern_count = run->list.count,
                             .diag = &tool_diag),
        &run->patterns);
    if (result != VYRE_OK)
        return result;
    return vyre_scan_create(
        run->device,
        vyre_scan_params(.patterns = run->patterns, .cache = run->cache,
                         .memory_limit = options->memory, .chunk_size = options->chunk_size,
                         .hang_timeout_ns = options->timeout * UINT64_C(1000000000),
                         .ingest = (enum vyre_ingest_path)options->ingest,
                         .count_only =
                             options->count || options->files_with_matches || options->quiet,
                         .diag = &tool_diag, .log = tool_log()),
        &run->scan);
}

static void summarize(struct run *run, uint64_t start_ns)
{
    struct vyre_scan_stats stats;
    struct vyre_device_info device;
    vyre_scan_get_stats(run->scan, &stats);
    vyre_device_get_info(run->device, &device);
    run->totals.seconds = (double)(scan_clock_ns() - start_ns) / 1e9;
    run->totals.skipped = scan_walk_skipped(run->walk);
    run->totals.interrupted = interrupted != 0;
    scan_progress_clear(&run->progress);
    if (run->options->json && !run->options->quiet)
        scan_summary_json(&run->output, &run->totals, &stats, &device);
    scan_output_flush(&run->output);
    if (run->options->stats)
        scan_summary_print(&run->totals, &stats, &device);
    else if (interrupted)
        scan_summary_print_short(&run->totals);
    else
        scan_summary_say(&run->totals);
}

static int exit_code(const struct run *run, enum vyre_result result)
{
    if (interrupted)
        return EXIT_INTERRUPTED;
    if (run->output.error && run->output.error != EPIPE)
        tool_error("cannot write standard output: %s", strerror(run->output.error));
    if (run->trouble || result < 0 || run->output.error)
        return EXIT_TROUBLE;
    return run->totals.matches > 0 ? EXIT_FOUND : EXIT_NOTHING;
}

static int scan_paths(struct run *run, const char *const *operands, size_t operand_count)
{
    static const char *const standard_input[] = { "-" };
    uint64_t start_ns = scan_clock_ns();
    enum vyre_result result = open_scan(run);
    if (result != VYRE_OK)
        return trouble(result, "scan");
    bool none = operand_count == 0;
    run->walk = scan_walk_create(none ? standard_input : operands, none ? 1 : operand_count);
    result = scan_all(run);
    scan_output_flush(&run->output);
    scan_progress_clear(&run->progress);
    if (result < 0) {
        run->trouble = true;
        run->totals.errors++;
        if (run->options->json)
            scan_output_error(&run->output, NULL, vyre_result_text(result), 0);
        (void)tool_failed(result, "scan");
    }
    summarize(run, start_ns);
    return exit_code(run, result);
}

static void close_run(struct run *run)
{
    vyre_scan_destroy(&run->scan);
    while (run->first < run->found)
        drop_input(run);
    scan_walk_destroy(&run->walk);
    scan_output_fini(&run->output);
    vyre_patterns_destroy(&run->patterns);
    vyre_cache_close(&run->cache);
    vyre_device_destroy(&run->device);
    scan_list_fini(&run->list);
}

// Directories that are being walked and files that wait to be read are open.
static void allow_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int check_options(const struct scan_options *options, const char *const *operands,
                         size_t operand_count)
{
    if (options->ignore_case)
        return tool_usage("scan", "-i (ignore case) is not in this version");
    if (options->extended || options->perl)
        return tool_usage("scan",
                          "regular expressions (-%c) are not in this version: patterns are "
                          "literals",
                          options->extended ? 'E' : 'P');
    if (options->patterns.count == 0 && options->pattern_files.count == 0)
        return tool_usage("scan", "no pattern: give -e PATTERN or -f FILE");
    if (options->timeout > 1000000)
        return tool_usage("scan", "--timeout takes at most 1000000 seconds");
    const size_t lists =
        tool_count_standard_input(options->pattern_files.items, options->pattern_files.count);
    if (operand_count == 0 && lists > 0)
        return tool_usage("scan", "standard input (-) holds the patterns: give a PATH to scan");
    return tool_check_standard_input("scan",
                                     lists + tool_count_standard_input(operands, operand_count));
}

static int run_scan(const void *values, const char *const *operands, size_t operand_count)
{
    const struct scan_options *options = values;
    if (check_options(options, operands, operand_count) != TOOL_OK)
        return EXIT_TROUBLE;
    struct run *run = tool_calloc(1, sizeof *run);
    run->options = options;
    int code = EXIT_TROUBLE;
    bool colour = options->colour == COLOUR_ALWAYS ||
                  (options->colour == COLOUR_AUTO && tool_use_colour(STDOUT_FILENO));
    if (load_patterns(run)) {
        struct sigaction action = { .sa_handler = on_interrupt };
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        allow_open_files();
        scan_output_init(&run->output, STDOUT_FILENO, run->list.patterns, run->list.count,
                         options->json, colour);
        // Two writers on one terminal would tear each other's lines.
        run->progress.enabled = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
        run->cache = options->no_cache ? NULL : tool_cache_try();
        if (tool_device_open(options->device, NULL, run->cache, &run->device) == TOOL_OK)
            code = scan_paths(run, operands, operand_count);
    }
    close_run(run);
    free(run);
    return code;
}

const struct command command_scan = {
    .name = "scan",
    .operands = "[PATH...]",
    .summary = "Find many literals in files and directories",
    .description =
        "Prints path:offset:bytes for every occurrence of every pattern, overlapping ones too; "
        "the\n"
        "offset is that of the first byte, counted from 0. Control bytes and bytes that are not\n"
        "UTF-8 are shown as \\xNN and a backslash as \\\\, as patterns have them. Files come in "
        "the order of the operands and in byte order of "
        "the\n"
        "paths below a directory, matches by offset, then pattern.\n\n"
        "Patterns are literals. Pattern files have one per line; empty lines and a carriage\n"
        "return at the end of a line are skipped. A pattern has at most 4096 bytes. In both\n"
        "-e and -f, \\\\ \\n \\r \\t \\0 \\a \\b \\e \\f \\v and \\xNN stand for bytes.\n\n"
        "Directories are read whole, hidden files too. Symbolic links below an operand are not\n"
        "followed; FIFOs, sockets and devices are never opened; --stats counts what was skipped.\n"
        "Without a path, or where it is -, standard input is read to its end and scanned then.\n\n"
        "-c counts matches, not lines, and names every file. --json prints one object per line; "
        "its\n"
        "type is match, error or summary, and with -c count, with -l file. pattern is the number\n"
        "of the pattern from 0, those of -e first; bytes shows it as a line of text does, and\n"
        "bytes_b64 has it in base64. path is the exact path; where that is not UTF-8, there are\n"
        "path_b64 and path_shown instead.\n\n"
        "Exit status: 0 when something was found, 1 when nothing was, 2 when there was trouble,\n"
        "even if something was found, 130 after an interrupt.",
    .options = scan_table,
    .options_size = sizeof(struct scan_options),
    .min_operands = 0,
    .max_operands = SIZE_MAX,
    .run = run_scan,
};
