// SPDX-License-Identifier: MIT
// vyre-spv conform: does the library do what the records of a conformance corpus say?
#include "commands.h"
#include "conform.h"
#include "conform_ops.h"
#include "conform_report.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct conform_options {
    int backend;
    struct option_list only;
    const char *device;
    struct option_list pretend;
    bool json;
};

enum backend { BACKEND_INTERP, BACKEND_VULKAN };

static const struct option_spec conform_table[] = {
    { NULL, "backend", "interp|vulkan",
      "what runs programs: the reference interpreter, which is the default, or a device",
      OPTION_CHOICE, offsetof(struct conform_options, backend) },
    { NULL, "device", "NAME", "number or part of the name, as `vyre-spv devices` prints them",
      OPTION_TEXT, offsetof(struct conform_options, device) },
    { NULL, "pretend", "NAME", TOOL_PRETEND_HELP, OPTION_LIST,
      offsetof(struct conform_options, pretend) },
    { NULL, "only", "NAME",
      "only records whose name is, begins with or matches NAME, as in 'cast/*'", OPTION_LIST,
      offsetof(struct conform_options, only) },
    { NULL, "json", NULL, "print JSON Lines: what did not pass, and a summary", OPTION_FLAG,
      offsetof(struct conform_options, json) },
    { 0 },
};

// ---- Kinds of records ---------------------------------------------------------------------------

// The first kind whose fields a record has. Records with a family are counted under it, as
// kind/family.
static const struct kind {
    const char *name;
    const char *fields[2];
    enum conform_outcome (*judge)(struct conform_case *c);
} kinds[] = {
    { "run", { "buffers", "result" }, conform_run },
    { "protocol", { "call", "result" }, conform_protocol },
    { "text", { "text", "original" }, conform_text_form },
    { "wire_bad", { "wire", "original" }, conform_wire_bad },
    { "validate", { "errors", "warnings" }, conform_validate },
    { "wire", { "wire", "fingerprint" }, conform_wire },
};

static const struct kind *kind_of(const json_t *record)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (json_object_get(record, kinds[i].fields[0]) &&
            json_object_get(record, kinds[i].fields[1]))
            return &kinds[i];
    }
    return NULL;
}

// ---- Records ------------------------------------------------------------------------------------

struct conform {
    const struct conform_options *options;
    struct conform_backend backend;
    struct conform_report report;
    json_t *runs;     // name of a runnable record: its wire, for those that refer to it
    json_t *programs; // the same of records of kind wire
    json_t *deferred; // [record, file, line] of records that refer to one that was not seen yet
};

static bool is_wanted(const struct conform *conform, const char *name)
{
    const struct option_list *only = &conform->options->only;
    for (size_t i = 0; i < only->count; i++) {
        if (name && (strncmp(only->items[i], name, strlen(only->items[i])) == 0 ||
                     fnmatch(only->items[i], name, 0) == 0))
            return true;
    }
    return only->count == 0;
}

static void judge(struct conform *conform, const json_t *record, struct conform_place place)
{
    const char *name = json_string_value(json_object_get(record, "name"));
    const char *family = json_string_value(json_object_get(record, "family"));
    const struct kind *kind = kind_of(record);
    char group[128];
    struct conform_case c = { .record = record, .backend = &conform->backend };
    if (!is_wanted(conform, name))
        return;
    if (!kind) {
        conform_report_no_record(&conform->report, place, "these fields are of no kind of record");
        return;
    }
    snprintf(group, sizeof group, family ? "%s/%s" : "%s", kind->name, family);
    const enum conform_outcome outcome =
        kind->judge ? kind->judge(&c)
                    : conform_skip(&c, "this version has no judge for %s records", kind->name);
    conform_report_add(&conform->report, &c, outcome, group, name, place);
}

// Programs that several records share are given once; the others name the record that has it.
// False when the record has to wait for that one.
static bool resolve_wire(struct conform *conform, json_t *record)
{
    json_t *wire = json_object_get(record, "wire");
    const char *name = json_string_value(json_object_get(record, "name"));
    const char *run = json_string_value(json_object_get(record, "wire_of"));
    const char *program =
        json_string_value(json_object_get(json_object_get(record, "call"), "program"));
    const struct kind *kind = kind_of(record);
    if (kind && kind->judge == conform_run && json_is_string(wire) && name)
        json_object_set(conform->runs, name, wire);
    if (kind && kind->judge == conform_wire && json_is_string(wire) && name)
        json_object_set(conform->programs, name, wire);
    if (json_is_string(wire) || (!run && !program))
        return true;
    json_t *found = json_object_get(run ? conform->runs : conform->programs, run ? run : program);
    if (found)
        json_object_set(record, "wire", found);
    return found != NULL;
}

static void take_record(struct conform *conform, json_t *record, struct conform_place place)
{
    if (!json_is_object(record))
        conform_report_no_record(&conform->report, place, "this is no JSON object");
    else if (resolve_wire(conform, record))
        judge(conform, record, place);
    else
        json_array_append_new(conform->deferred,
                              json_pack("[O, s, I]", record, place.file, (json_int_t)place.line));
}

static void judge_deferred(struct conform *conform)
{
    size_t index;
    json_t *item;
    json_array_foreach(conform->deferred, index, item)
    {
        json_t *record = json_array_get(item, 0);
        const struct conform_place place = {
            .file = json_string_value(json_array_get(item, 1)),
            .line = (size_t)json_integer_value(json_array_get(item, 2)),
        };
        resolve_wire(conform, record);
        judge(conform, record, place);
    }
}

// ---- Files --------------------------------------------------------------------------------------

// The largest records of the corpus are some hundred kilobytes.
#define LINE_MAX_SIZE ((size_t)64 << 20)

struct lines {
    FILE *file;
    char *buffer; // owned
    size_t capacity;
    size_t start; // of what was read and not returned yet
    size_t end;
    bool is_long; // the line was longer than a record may be
    size_t json;  // lines that were JSON
    size_t wrong; // lines that were not, blank ones aside
};

// Reads more behind what there is. Returns how much; 0 at the end or where reading failed.
static size_t fill(struct lines *lines)
{
    if (lines->capacity - lines->end < 65536) {
        lines->capacity = 2 * lines->capacity + 65536;
        lines->buffer = tool_realloc(lines->buffer, lines->capacity);
    }
    const size_t got =
        fread(lines->buffer + lines->end, 1, lines->capacity - lines->end, lines->file);
    lines->end += got;
    return got;
}

// The next line without its end, NULL at the end of the file or where reading failed.
static const char *next_line(struct lines *lines, size_t *size)
{
    size_t looked = 0;
    for (;;) {
        char *start = lines->buffer + lines->start;
        char *found = lines->end - lines->start > looked
                          ? memchr(start + looked, '\n', lines->end - lines->start - looked)
                          : NULL;
        looked = lines->end - lines->start;
        if (found || looked > LINE_MAX_SIZE) {
            lines->is_long = !found;
            *size = found ? (size_t)(found - start) : looked;
            lines->start += *size + (found != NULL);
            return start;
        }
        if (lines->start) {
            memmove(lines->buffer, start, looked);
            lines->start = 0;
            lines->end = looked;
        }
        const size_t got = fill(lines);
        if (got == 0 && lines->end == 0)
            return NULL;
        if (got == 0) {
            *size = lines->end;
            lines->start = lines->end;
            return lines->buffer;
        }
    }
}

// Nothing more can be judged.
static bool is_lost(const struct conform *conform)
{
    return conform->backend.device && vyre_device_status(conform->backend.device) != VYRE_OK;
}

// Formats in which a corpus may be kept, by the first bytes of their files.
static const struct {
    const char *magic;
    const char *name;
    const char *command; // that writes what is inside on standard output
} archives[] = {
    { "\xFD"
      "7zXZ",
      "xz", "xz -dc" },
    { "\x1F\x8B", "gzip", "gzip -dc" },
    { "\x28\xB5\x2F\xFD", "zstd", "zstd -dc" },
    { "BZh", "bzip2", "bzip2 -dc" },
    { "\x04\x22\x4D\x18", "lz4", "lz4 -dc" },
    { "PK\x03\x04", "zip", "unzip -p" },
};

// Whether the start of a file may be text; says what it is otherwise.
static bool check_start(const struct lines *lines, const char *name, bool is_standard)
{
    for (size_t i = 0; i < sizeof archives / sizeof archives[0]; i++) {
        const size_t size = strlen(archives[i].magic);
        if (lines->end < size || memcmp(lines->buffer, archives[i].magic, size) != 0)
            continue;
        if (is_standard)
            tool_error("%s is compressed, by %s\nFix: pipe it through %s first", name,
                       archives[i].name, archives[i].command);
        else
            tool_error("'%s' is compressed, by %s\nFix: %s '%s' | vyre-spv conform -", name,
                       archives[i].name, archives[i].command, name);
        return false;
    }
    const char *line_end = memchr(lines->buffer, '\n', lines->end);
    const size_t line = line_end ? (size_t)(line_end - lines->buffer) : lines->end;
    if (!memchr(lines->buffer, '\0', line))
        return true;
    tool_error("'%s' is binary, not lines of JSON\nFix: give files of a conformance corpus, as "
               "tests/conformance/README.md describes them",
               name);
    return false;
}

static void take_line(struct conform *conform, struct lines *lines, const char *text, size_t size,
                      struct conform_place place)
{
    json_error_t error;
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t' || text[size - 1] == '\r'))
        size--;
    if (size == 0)
        return;
    json_t *record = json_loadb(text, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    if (record) {
        take_record(conform, record, place);
    } else {
        char why[sizeof error.text + 64];
        snprintf(why, sizeof why, "this is not JSON: %s (column %d)", error.text, error.column);
        conform_report_no_record(&conform->report, place, why);
    }
    lines->json += record != NULL;
    lines->wrong += record == NULL;
    json_decref(record);
}

// Lines at the start of a file, none of them JSON, after which it is not read on.
#define WRONG_LINES_MAX 10

static int take_file(struct conform *conform, const char *path)
{
    const bool is_standard = strcmp(path, "-") == 0;
    struct conform_place place = { .file = is_standard ? "<stdin>" : path };
    struct lines lines = { .file = is_standard ? stdin : fopen(path, "rbe") };
    size_t size = 0;
    const char *text = NULL;
    int code = TOOL_OK;
    errno = lines.file ? 0 : errno;
    if (lines.file && fill(&lines) && !check_start(&lines, place.file, is_standard))
        code = TOOL_WRONG_INPUT;
    while (!code && lines.file && !is_lost(conform) && (text = next_line(&lines, &size))) {
        place.line++;
        conform_report_progress(&conform->report, place);
        if (lines.is_long) {
            conform_report_no_record(&conform->report, place, "a line is longer than 64 MiB");
            break;
        }
        take_line(conform, &lines, text, size, place);
        if (lines.json == 0 && lines.wrong == WRONG_LINES_MAX) {
            tool_error("'%s' is not read on: none of its first %d lines is JSON", place.file,
                       WRONG_LINES_MAX);
            code = TOOL_WRONG_INPUT;
        }
    }
    if (!lines.file || ferror(lines.file)) {
        tool_error("cannot read '%s': %s", place.file, errno ? strerror(errno) : "read error");
        code = TOOL_SYSTEM;
    }
    if (lines.file && !is_standard)
        fclose(lines.file);
    free(lines.buffer);
    return code;
}

// ---- The command --------------------------------------------------------------------------------

static int take_files(struct conform *conform, const char *const *paths)
{
    int code = TOOL_OK;
    for (; *paths; paths++) {
        int one = take_file(conform, *paths);
        code = one > code ? one : code;
    }
    judge_deferred(conform);
    conform_report_clear_progress(&conform->report);
    return code;
}

// What no record was found for is a mistake, not a success.
static bool found_any(const struct conform_report *report)
{
    for (int i = 0; i < CONFORM_OUTCOMES; i++) {
        if (report->totals[i])
            return true;
    }
    return false;
}

static int open_backend(struct conform *conform)
{
    const struct conform_options *options = conform->options;
    struct vyre_target target;
    struct vyre_pretend pretend;
    if (options->backend == BACKEND_INTERP)
        return options->device || options->pretend.count
                   ? tool_usage("conform", "--device and --pretend are for --backend vulkan")
                   : TOOL_OK;
    if (tool_pretend("conform", &options->pretend, &pretend))
        return TOOL_USAGE;
    struct vyre_cache *cache = tool_cache_try(); // for what was found out about the device
    int code = tool_device_open(options->device, &pretend, cache, &conform->backend.device);
    vyre_cache_close(&cache);
    if (code)
        return code;
    vyre_device_target(conform->backend.device, &target);
    conform->backend.loop_limit = target.loop_limit;
    return TOOL_OK;
}

static int finish(struct conform *conform, int code)
{
    const bool found = found_any(&conform->report);
    if (!code && is_lost(conform))
        code = tool_failed(vyre_device_status(conform->backend.device), "device");
    if (!code && !found && conform->options->only.count)
        code = tool_usage("conform", "no record has such a name");
    else if (!code && !found)
        tool_error("there is no record in these files");
    if (!code && (!found || conform_report_failed(&conform->report)))
        code = TOOL_WRONG_INPUT;
    conform_report_print(&conform->report);
    return code;
}

static int run_conform(const void *options, const char *const *operands, size_t operand_count)
{
    int code =
        tool_check_standard_input("conform", tool_count_standard_input(operands, operand_count));
    if (code)
        return code;
    struct conform conform = {
        .options = options,
        .runs = json_object(),
        .programs = json_object(),
        .deferred = json_array(),
    };
    struct vyre_registry *ops = conform_ops_create();
    conform.backend.ops = ops;
    conform.report.as_json = conform.options->json;
    conform.report.verbose = tool_is_verbose();
    conform.report.shows_progress = isatty(STDERR_FILENO);
    code = open_backend(&conform);
    if (!code)
        code = finish(&conform, take_files(&conform, operands));
    vyre_device_destroy(&conform.backend.device);
    conform_report_fini(&conform.report);
    json_decref(conform.runs);
    json_decref(conform.programs);
    json_decref(conform.deferred);
    vyre_registry_destroy(&ops);
    return code;
}

const struct command command_conform = {
    .name = "conform",
    .operands = "FILE.jsonl...",
    .summary = "Compare the library with the records of a conformance corpus",
    .description =
        "Reads records, one JSON object a line (- is standard input), that say what the original "
        "does with programs: their bytes and identity, malformed bytes, validator codes, runs with "
        "inputs and outputs, spellings of the hex envelope, calls of the megakernel protocol. The "
        "fields of a record tell its kind. "
        "With --backend vulkan, runs are on a device, or on what is left of it with "
        "--pretend; what the compiler refuses is skipped. "
        "What differs is printed; then counts per family; the last line is `N passed, N failed, N "
        "skipped`.\n\n"
        "Differences that were decided count as skipped and are listed by the id under which "
        "docs/ir.md explains them (with -v each of them). Other skips are counted by their reason, "
        "which is one of the record or of its program. A line that is no record counts as "
        "failed.\n\n"
        "With --json: an object for each record that did not pass (type failed, malformed, "
        "deviates or skipped; file, line, family, name, text) and a last one of type summary. "
        "Exit status 1 when something failed.",
    .options = conform_table,
    .options_size = sizeof(struct conform_options),
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .run = run_conform,
};
