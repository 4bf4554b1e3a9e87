// SPDX-License-Identifier: MIT
#include "assembly.h"

#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#if VYRE_HAVE_SPIRV_TOOLS_HEADER
#include <spirv-tools/libspirv.h>

static const char library_name[] = "libSPIRV-Tools-shared.so";

struct library {
    void *handle;
    spv_context (*context_create)(spv_target_env env);
    void (*context_destroy)(spv_context context);
    spv_result_t (*binary_to_text)(spv_const_context context, const uint32_t *words, size_t count,
                                   uint32_t options, spv_text *text, spv_diagnostic *diagnostic);
    void (*text_destroy)(spv_text text);
};

// POSIX lets dlsym's object pointer stand for a function; C needs the detour.
static bool find_symbol(void *handle, const char *name, void *function)
{
    void *symbol = dlsym(handle, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool library_open(struct library *out)
{
    *out = (struct library){ .handle = dlopen(library_name, RTLD_NOW | RTLD_LOCAL) };
    if (!out->handle)
        return false;
    if (find_symbol(out->handle, "spvContextCreate", &out->context_create) &&
        find_symbol(out->handle, "spvContextDestroy", &out->context_destroy) &&
        find_symbol(out->handle, "spvBinaryToText", &out->binary_to_text) &&
        find_symbol(out->handle, "spvTextDestroy", &out->text_destroy))
        return true;
    dlclose(out->handle);
    return false;
}

static bool print_by_library(const uint32_t *words, size_t count, struct tool_bytes *out)
{
    struct library library;
    if (!library_open(&library))
        return false;
    spv_context context = library.context_create(SPV_ENV_UNIVERSAL_1_6);
    spv_text text = NULL;
    bool good = context && library.binary_to_text(context, words, count,
                                                  SPV_BINARY_TO_TEXT_OPTION_INDENT |
                                                      SPV_BINARY_TO_TEXT_OPTION_FRIENDLY_NAMES,
                                                  &text, NULL) == SPV_SUCCESS;
    if (good) {
        out->data = tool_calloc(1, text->length + 1);
        memcpy(out->data, text->str, text->length);
        out->size = text->length;
        library.text_destroy(text);
    }
    if (context)
        library.context_destroy(context);
    dlclose(library.handle);
    return good;
}

static bool have_library(void)
{
    struct library library;
    bool there = library_open(&library);
    if (there)
        dlclose(library.handle);
    return there;
}
#else
static bool print_by_library(const uint32_t *words, size_t count, struct tool_bytes *out)
{
    (void)words;
    (void)count;
    (void)out;
    return false;
}

static bool have_library(void)
{
    return false;
}
#endif

// Starts spirv-dis with `input` as its standard input. Returns its output, or -1 and errno.
static int start_program(int input, pid_t *pid)
{
    int ends[2];
    if (pipe(ends))
        return -1;
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (!error) {
        char name[] = "spirv-dis";
        char plain[] = "--no-color";
        char *const arguments[] = { name, plain, NULL };
        error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
        if (!error)
            error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        if (!error)
            error = posix_spawn_file_actions_addclose(&actions, ends[0]);
        if (!error)
            error = posix_spawnp(pid, name, &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    if (error) {
        close(ends[0]);
        errno = error;
        return -1;
    }
    return ends[0];
}

static bool collect(int file, struct tool_bytes *out)
{
    for (;;) {
        out->data = tool_realloc(out->data, out->size + 65537);
        ssize_t got = read(file, out->data + out->size, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            out->data[out->size] = '\0';
            return got == 0;
        }
        out->size += (size_t)got;
    }
}

static bool print_by_program(const uint32_t *words, size_t count, struct tool_bytes *out)
{
    // A file, not a pipe: nobody has to write and read at the same time.
    FILE *input = tmpfile();
    if (!input)
        return false;
    pid_t pid = 0;
    int output = -1;
    bool good = fwrite(words, sizeof *words, count, input) == count && fflush(input) == 0 &&
                lseek(fileno(input), 0, SEEK_SET) == 0;
    if (good)
        output = start_program(fileno(input), &pid);
    int error = errno;
    good = output >= 0 && collect(output, out);
    if (output >= 0) {
        int status = 0;
        close(output);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    fclose(input);
    errno = output < 0 ? error : 0;
    return good;
}

static bool have_program(void)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        char candidate[4096];
        size_t size = strcspn(path, ":");
        int needed = snprintf(candidate, sizeof candidate, "%.*s/spirv-dis", (int)size, path);
        if (needed > 0 && (size_t)needed < sizeof candidate && access(candidate, X_OK) == 0)
            return true;
        path += size + (path[size] == ':');
    }
    return false;
}

const char *assembly_provider(void)
{
    if (have_library())
        return "SPIRV-Tools library";
    return have_program() ? "spirv-dis" : "not available, install spirv-tools";
}

int assembly_print(const uint32_t *words, size_t count, struct tool_bytes *out)
{
    *out = (struct tool_bytes){ .size = 0 };
    if (print_by_library(words, count, out) || print_by_program(words, count, out))
        return TOOL_OK;
    tool_bytes_fini(out);
    if (errno == ENOENT)
        tool_error("SPIR-V assembly needs SPIRV-Tools; install spirv-tools, or leave -S and "
                   "--side-by-side away");
    else
        tool_error("SPIRV-Tools cannot print this module");
    return TOOL_SYSTEM;
}
