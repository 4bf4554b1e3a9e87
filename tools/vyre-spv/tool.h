// SPDX-License-Identifier: MIT
// What the commands share: exit codes, messages, memory, files, the cache and the device.
//
// The command is the library's first user and sees only its public headers. Unlike the library it
// may give up when memory runs out.
#ifndef VYRE_SPV_TOOL_H
#define VYRE_SPV_TOOL_H

#include <stdio.h>

#include "options.h"
#include <vyre/vyre.h>

enum {
    TOOL_OK = 0,
    TOOL_WRONG_INPUT = 1,
    TOOL_USAGE = 2,
    TOOL_SYSTEM = 3, // device or operating system
};
extern const char tool_exit_help[];
extern const char tool_environment_help[];

// Exit code for a result of the library; 0 for VYRE_OK.
int tool_exit_code(enum vyre_result result);

// ---- Messages, all on standard error ------------------------------------------------------------

// "vyre-spv: error: ..." and a newline.
__attribute__((format(printf, 1, 2))) void tool_error(const char *format, ...);

// As tool_error, and a hint at the command's help. Returns TOOL_USAGE.
__attribute__((format(printf, 2, 3))) int tool_usage(const char *command, const char *format, ...);

// Refuses more than one reader of standard input: the others would find nothing. An exit code,
// TOOL_USAGE after a message. `readers` is the sum of what tool_count_standard_input says.
int tool_check_standard_input(const char *command, size_t readers);

// How many of the paths are "-".
size_t tool_count_standard_input(const char *const *paths, size_t count);

// How many of the NAME=PATH in a list have "-" for a path.
size_t tool_count_named_standard_input(const struct option_list *list);

// "vyre-spv: warning: ..." and a newline.
__attribute__((format(printf, 1, 2))) void tool_warning(const char *format, ...);

// Refuses to write over what is read, or twice to one file: names, links too, of one regular file.
// An exit code, TOOL_USAGE after a message. NULL and an `output` of "-" are never refused.
int tool_check_output(const char *command, const char *output, const char *other);

// The same for every PATH of a list of NAME=PATH.
int tool_check_named_output(const char *command, const char *output,
                            const struct option_list *others);

// Only with -v, or when standard error is a terminal.
__attribute__((format(printf, 1, 2))) void tool_say(const char *format, ...);

// Only with -v.
__attribute__((format(printf, 1, 2))) void tool_say_verbose(const char *format, ...);
void tool_set_verbose(void);
bool tool_is_verbose(void);

// Whether a descriptor is a terminal that wants colours (NO_COLOR is not set, or empty).
bool tool_use_colour(int file);

// A text from elsewhere, with control bytes as \xNN: it must not drive the terminal.
void tool_print_escaped(FILE *out, const char *text);

// Prints diagnostics as a compiler does.
extern const struct vyre_diag_sink tool_diag;

// The same about a file, "-" is standard input, whose name stands before what the library cannot
// name. Lifetime: as long as `path`.
struct vyre_diag_sink tool_diag_of(const char *path);

// The name of a file in messages: <stdin> for "-".
const char *tool_name_of(const char *path);

// Prints warnings and errors of the library's log; everything with -v.
struct vyre_log tool_log(void);

// Says "what: why" when nothing was said about it yet. Returns the result's exit code.
int tool_failed(enum vyre_result result, const char *what);

// What --version prints.
void tool_print_version(FILE *out);

// Number of errors that were printed.
unsigned tool_error_count(void);

// ---- Memory and files ---------------------------------------------------------------------------

// Never NULL: out of memory ends the program with TOOL_SYSTEM.
void *tool_calloc(size_t count, size_t size);
void *tool_realloc(void *memory, size_t size);

struct tool_bytes {
    char *data; // owned; a NUL follows
    size_t size;
};

// How much of a file may be read: some, such as /dev/zero, have no end.
struct tool_limit {
    uint64_t bytes;
    const char *reason; // why no more, as in "at most 5 bytes REASON"
};

// Reads a whole file, "-" is standard input. An exit code, not 0 after a message: TOOL_WRONG_INPUT
// when the file has more bytes than the limit.
int tool_read_file(const char *path, const struct tool_limit *limit, struct tool_bytes *out);
void tool_bytes_fini(struct tool_bytes *bytes);

// Writes a whole file, "-" is standard output. Binary is refused on a terminal. An exit code.
int tool_write(const char *path, const void *bytes, size_t size, bool is_binary);

// ---- Library objects ----------------------------------------------------------------------------

// Reads a program in any form: text, wire format or hex envelope, told by its content. An exit
// code; *out is NULL unless it is 0.
int tool_read_program(const char *path, struct vyre_program **out);

// The same, with its text: what was read, or what the printer makes of a program in another form.
// Positions in the program are those of `text`, which tool_bytes_fini frees.
int tool_read_with_text(const char *path, struct tool_bytes *text, struct vyre_program **out);

// Reads a program that must not be text: wire format or hex envelope, told by its content, or only
// the envelope. An exit code; *out is NULL unless it is 0.
int tool_read_encoded(const char *path, bool is_envelope, struct vyre_program **out);

// Opens the cache of VYRE_CACHE_DIR, XDG_CACHE_HOME or HOME. NULL, after a message, when there is
// none or something is wrong with it.
struct vyre_cache *tool_cache_open(void);

// The same for what works without a cache: something wrong is a warning, and no variable at all, as
// in many services, is only told with -v.
struct vyre_cache *tool_cache_try(void);

// The cache directory, or NULL when no variable names one. Lifetime: static.
const char *tool_cache_directory(void);

// Opens the device that `choice` names (a number of `vyre-spv devices`, part of a name, or NULL for
// the best one) and says which one that is. `cache` may be NULL. An exit code; *out is NULL unless
// it is 0.
int tool_device_open(const char *choice, const struct vyre_pretend *pretend,
                     struct vyre_cache *cache, struct vyre_device **out);

// Fills name or index of `params` from a --device argument; NULL chooses nothing.
void tool_device_choice(const char *choice, struct vyre_device_params *params);

// What the options --pretend of a command stand for. An exit code.
int tool_pretend(const char *command, const struct option_list *names, struct vyre_pretend *out);

// How a command's table explains them.
#define TOOL_PRETEND_HELP                                                                          \
    "treat the device as one that lacks something: no-host-import, no-timeline, no-memory-model, " \
    "no-int64, no-float64, no-small-storage, no-subgroups, no-exact-floats, subgroups-of-4, "      \
    "subgroups-of-8, subgroups-of-64, 4-buffers or 128-mib-buffers"

#endif // VYRE_SPV_TOOL_H
