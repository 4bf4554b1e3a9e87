// SPDX-License-Identifier: MIT
#include "tool.h"
#include "assembly.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char tool_exit_help[] =
    "0: success. 1: the input is wrong. 2: wrong usage. 3: the device or the operating system "
    "failed.";

const char tool_environment_help[] =
    "VYRE_CACHE_DIR names the directory of compiled artifacts; otherwise it is vyre in "
    "XDG_CACHE_HOME, or .cache/vyre in HOME. NO_COLOR, when not empty, switches colours off.";

static bool verbose;
static unsigned error_count;

int tool_exit_code(enum vyre_result result)
{
    switch (result) {
    case VYRE_OK: return TOOL_OK;
    case VYRE_ERR_INVALID_ARGUMENT:
    case VYRE_ERR_INVALID_PROGRAM:
    case VYRE_ERR_INVALID_DATA:
    case VYRE_ERR_UNSUPPORTED:
    case VYRE_ERR_LIMIT:
    case VYRE_ERR_FAULT:
    case VYRE_ERR_EXECUTION: return TOOL_WRONG_INPUT;
    default: return TOOL_SYSTEM;
    }
}

// ---- Messages -----------------------------------------------------------------------------------

bool tool_use_colour(int file)
{
    const char *no_colour = getenv("NO_COLOR");
    return (!no_colour || !*no_colour) && isatty(file);
}

static void print_escaped(FILE *out, const char *text, size_t size)
{
    const unsigned char *end = (const unsigned char *)text + size;
    for (const unsigned char *at = (const unsigned char *)text; at < end; at++) {
        if ((*at < 0x20 && *at != '\n' && *at != '\t') || *at == 0x7f)
            fprintf(out, "\\x%02x", *at);
        else
            fputc(*at, out);
    }
}

void tool_print_escaped(FILE *out, const char *text)
{
    print_escaped(out, text, strlen(text));
}

static void print_message(const char *prefix, const char *format, va_list args)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, args);
    fflush(stdout);
    fprintf(stderr, "vyre-spv: %s", prefix);
    print_escaped(stderr, text, strlen(text));
    fputc('\n', stderr);
}

void tool_error(const char *format, ...)
{
    va_list args;
    error_count++;
    va_start(args, format);
    print_message(tool_use_colour(STDERR_FILENO) ? "\033[1;31merror:\033[0m " : "error: ", format,
                  args);
    va_end(args);
}

int tool_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message("error: ", format, args);
    va_end(args);
    fprintf(stderr, "Try: vyre-spv %s%s--help\n", command ? command : "", command ? " " : "");
    return TOOL_USAGE;
}

void tool_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_message(
        tool_use_colour(STDERR_FILENO) ? "\033[1;33mwarning:\033[0m " : "warning: ", format, args);
    va_end(args);
}

// Whether both names would be made in the same directory as the same file.
static bool same_new_file(const char *a, const char *b)
{
    char folder_a[PATH_MAX], folder_b[PATH_MAX];
    struct stat status_a, status_b;
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    const char *name_a = slash_a ? slash_a + 1 : a, *name_b = slash_b ? slash_b + 1 : b;
    if (strcmp(name_a, name_b) != 0)
        return false;
    const int size_a = snprintf(folder_a, sizeof folder_a, "%.*s.", (int)(name_a - a), a);
    const int size_b = snprintf(folder_b, sizeof folder_b, "%.*s.", (int)(name_b - b), b);
    return size_a < PATH_MAX && size_b < PATH_MAX && stat(folder_a, &status_a) == 0 &&
           stat(folder_b, &status_b) == 0 && status_a.st_dev == status_b.st_dev &&
           status_a.st_ino == status_b.st_ino;
}

int tool_check_output(const char *command, const char *output, const char *other)
{
    struct stat written, read;
    if (!output || !other || strcmp(output, "-") == 0)
        return TOOL_OK;
    const bool exists = stat(output, &written) == 0;
    const bool other_exists =
        (strcmp(other, "-") == 0 ? fstat(STDIN_FILENO, &read) : stat(other, &read)) == 0;
    const bool same = exists && other_exists
                          ? S_ISREG(written.st_mode) && written.st_dev == read.st_dev &&
                                written.st_ino == read.st_ino
                          : !exists && !other_exists && same_new_file(output, other);
    if (!same)
        return TOOL_OK;
    return tool_usage(command,
                      "'%s' would be written over '%s', which is the same file\n"
                      "Fix: write to another file",
                      output, strcmp(other, "-") == 0 ? "standard input" : other);
}

int tool_check_named_output(const char *command, const char *output,
                            const struct option_list *others)
{
    int code = TOOL_OK;
    for (size_t i = 0; !code && i < others->count; i++) {
        const char *equals = strchr(others->items[i], '=');
        if (equals)
            code = tool_check_output(command, output, equals + 1);
    }
    return code;
}

size_t tool_count_standard_input(const char *const *paths, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(paths[i], "-") == 0;
    return found;
}

size_t tool_count_named_standard_input(const struct option_list *list)
{
    size_t found = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *equals = strchr(list->items[i], '=');
        found += equals && strcmp(equals + 1, "-") == 0;
    }
    return found;
}

int tool_check_standard_input(const char *command, size_t readers)
{
    if (readers < 2)
        return TOOL_OK;
    return tool_usage(command, "standard input (-) can be read once, not %zu times", readers);
}

void tool_set_verbose(void)
{
    verbose = true;
}

bool tool_is_verbose(void)
{
    return verbose;
}

void tool_say(const char *format, ...)
{
    if (!verbose && !isatty(STDERR_FILENO))
        return;
    va_list args;
    va_start(args, format);
    print_message("", format, args);
    va_end(args);
}

void tool_say_verbose(const char *format, ...)
{
    if (!verbose)
        return;
    va_list args;
    va_start(args, format);
    print_message("", format, args);
    va_end(args);
}

// Colours the first "error[V008]" or "warning[V008]" of the formatted text.
static void print_coloured(const char *text, const struct vyre_diag *diag)
{
    const char *at = strstr(text, diag->severity == VYRE_SEVERITY_ERROR ? "error[" : "warning[");
    const char *end = at ? strchr(at, ']') : NULL;
    if (!end || !tool_use_colour(STDERR_FILENO)) {
        print_escaped(stderr, text, strlen(text));
        return;
    }
    print_escaped(stderr, text, (size_t)(at - text));
    fprintf(stderr, "\033[1;%dm", diag->severity == VYRE_SEVERITY_ERROR ? 31 : 33);
    print_escaped(stderr, at, (size_t)(end + 1 - at));
    fputs("\033[0m", stderr);
    print_escaped(stderr, end + 1, strlen(end + 1));
}

// `user`: the name of the file, for diagnostics that do not know it.
static void emit_diag(void *user, const struct vyre_diag *diag)
{
    struct vyre_diag named = *diag;
    if (!named.source)
        named.source = user;
    size_t size = vyre_diag_format(&named, NULL, 0) + 1;
    char *text = tool_calloc(1, size);
    vyre_diag_format(&named, text, size);
    fflush(stdout);
    print_coloured(text, &named);
    fputc('\n', stderr);
    free(text);
    error_count += diag->severity == VYRE_SEVERITY_ERROR;
}

const struct vyre_diag_sink tool_diag = { emit_diag, NULL };

const char *tool_name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

struct vyre_diag_sink tool_diag_of(const char *path)
{
    return (struct vyre_diag_sink){ emit_diag, (void *)tool_name_of(path) };
}

unsigned tool_error_count(void)
{
    return error_count;
}

static void write_log(void *user, enum vyre_log_level level, const char *text)
{
    (void)user;
    static const char *const names[] = { "error", "warning", "info", "debug" };
    if (!verbose && level > VYRE_LOG_WARNING)
        return;
    fprintf(stderr, "vyre-spv: %s: ", level <= VYRE_LOG_DEBUG ? names[level] : "log");
    print_escaped(stderr, text, strlen(text));
    fputc('\n', stderr);
}

struct vyre_log tool_log(void)
{
    return (struct vyre_log){ write_log, NULL };
}

int tool_failed(enum vyre_result result, const char *what)
{
    static unsigned told; // errors that belong to results before this one
    if (error_count == told || verbose)
        tool_error("%s: %s (%s)", what, vyre_result_text(result), vyre_result_name(result));
    told = error_count;
    return tool_exit_code(result);
}

void tool_print_version(FILE *out)
{
    fprintf(out, "vyre-spv %s\n", vyre_build_info());
    fprintf(out, "SPIR-V assembly: %s\n", assembly_provider());
}

// ---- Memory and files ---------------------------------------------------------------------------

static void *or_die(void *memory)
{
    if (!memory) {
        tool_error("out of memory");
        exit(TOOL_SYSTEM);
    }
    return memory;
}

void *tool_calloc(size_t count, size_t size)
{
    return or_die(calloc(count ? count : 1, size ? size : 1));
}

void *tool_realloc(void *memory, size_t size)
{
    return or_die(realloc(memory, size ? size : 1));
}

// False with errno set; 0 where the reason is not known.
static bool read_stream(FILE *file, uint64_t limit, struct tool_bytes *out)
{
    size_t capacity = 0;
    struct stat status;
    if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode) &&
        (uint64_t)status.st_size > limit) {
        errno = EFBIG;
        return false;
    }
    for (;;) {
        if (capacity - out->size < 2) {
            capacity = capacity ? capacity * 2 : 65536;
            out->data = tool_realloc(out->data, capacity);
        }
        errno = 0;
        size_t got = fread(out->data + out->size, 1, capacity - out->size - 1, file);
        out->size += got;
        if (got == 0)
            break;
        if (out->size > limit) {
            errno = EFBIG;
            return false;
        }
    }
    out->data[out->size] = '\0';
    return !ferror(file);
}

int tool_read_file(const char *path, const struct tool_limit *limit, struct tool_bytes *out)
{
    *out = (struct tool_bytes){ .size = 0 };
    const bool is_standard = strcmp(path, "-") == 0;
    const char *name = is_standard ? "standard input" : path;
    const char *quote = is_standard ? "" : "'";
    FILE *file = is_standard ? stdin : fopen(path, "rbe");
    const bool good = file && read_stream(file, limit->bytes, out);
    const int error = errno;
    if (file && !is_standard)
        fclose(file);
    if (good)
        return TOOL_OK;
    tool_bytes_fini(out);
    if (error == EFBIG) {
        tool_error("%s%s%s is too large: at most %" PRIu64 " bytes %s", quote, name, quote,
                   limit->bytes, limit->reason);
        return TOOL_WRONG_INPUT;
    }
    tool_error("cannot read %s%s%s: %s", quote, name, quote,
               error ? strerror(error) : "read error");
    return TOOL_SYSTEM;
}

void tool_bytes_fini(struct tool_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct tool_bytes){ .size = 0 };
}

int tool_write(const char *path, const void *bytes, size_t size, bool is_binary)
{
    if (strcmp(path, "-") == 0) {
        if (is_binary && isatty(STDOUT_FILENO)) {
            tool_error("this is binary and standard output is a terminal; use -o FILE");
            return TOOL_USAGE;
        }
        fwrite(bytes, 1, size, stdout); // main reports what is lost
        return TOOL_OK;
    }
    FILE *file = fopen(path, "wbe");
    if (file && is_binary && isatty(fileno(file))) {
        fclose(file);
        tool_error("this is binary and '%s' is a terminal; use -o FILE", path);
        return TOOL_USAGE;
    }
    if (file) {
        struct stat status;
        bool good = fwrite(bytes, 1, size, file) == size;
        int error = errno;
        bool is_file = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
        if (fclose(file) == 0 && good)
            return TOOL_OK;
        errno = good ? errno : error;
        error = errno;
        if (is_file)
            unlink(path); // half a module is worse than none
        errno = error;
    }
    tool_error("cannot write '%s': %s", path, strerror(errno));
    return TOOL_SYSTEM;
}
