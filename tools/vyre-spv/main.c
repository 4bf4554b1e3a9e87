// SPDX-License-Identifier: MIT
// vyre-spv: one table of commands.
#include "commands.h"
#include "options.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands.def"
#undef COMMAND
    NULL,
};

static void print_overview(FILE *out)
{
    fputs("usage: vyre-spv COMMAND [options] ...\n\n"
          "Compiles and runs compute programs on any Vulkan device.\n\ncommands:\n",
          out);
    for (const struct command *const *at = commands; *at; at++)
        fprintf(out, "  %-10s %s\n", (*at)->name, (*at)->summary);
    fputs("  help       print the help of a command\n\n"
          "vyre-spv COMMAND --help has the options of one command; --version the versions.\n",
          out);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *const *at = commands; *at; at++) {
        if (strcmp((*at)->name, name) == 0)
            return *at;
    }
    tool_error("unknown command '%s'; vyre-spv --help lists them", name);
    return NULL;
}

static int run_command(const struct command *command, int count, char *const *arguments)
{
    struct parsed_options parsed;
    int code = TOOL_OK;
    switch (options_parse(command, count, arguments, &parsed)) {
    case OPTIONS_OK:
        code = command->run(parsed.values, parsed.operands, parsed.operand_count);
        break;
    case OPTIONS_HELP: options_print_help(command, stdout); break;
    case OPTIONS_WRONG: code = tool_usage(command->name, "%s", parsed.error); break;
    }
    options_fini(command, &parsed);
    return code;
}

static int run_help(const char *name)
{
    if (name && strcmp(name, "help") == 0)
        name = NULL;
    const struct command *command = name ? find_command(name) : NULL;
    if (name && !command)
        return TOOL_USAGE;
    if (command)
        options_print_help(command, stdout);
    else
        print_overview(stdout);
    return TOOL_OK;
}

static int run(int count, char *const *arguments)
{
    const char *first = count > 1 ? arguments[1] : NULL;
    if (!first) {
        print_overview(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return run_help(count > 2 ? arguments[2] : NULL);
    if (strcmp(first, "--version") == 0) {
        tool_print_version(stdout);
        return TOOL_OK;
    }
    if (strcmp(first, "--print-man") == 0) { // for the build
        options_print_man(commands, vyre_version(), stdout);
        return TOOL_OK;
    }
    if (strcmp(first, "--print-completion") == 0) {
        options_print_completion(commands, stdout);
        return TOOL_OK;
    }
    if (first[0] == '-')
        return tool_usage(NULL, "unknown option '%s'", first);
    const struct command *command = find_command(first);
    return command ? run_command(command, count - 2, arguments + 2) : TOOL_USAGE;
}

// A file that we open must never become standard input, output or error by chance. Opened for the
// wrong direction, so that using them is an error as it was before.
static void occupy_standard_files(void)
{
    const int flags[3] = { O_WRONLY, O_RDONLY, O_RDONLY };
    for (int file = 0; file < 3; file++) {
        if (fcntl(file, F_GETFD) < 0 && open("/dev/null", flags[file]) != file)
            _exit(TOOL_SYSTEM);
    }
}

// Output that did not arrive is a failure; that nobody wants more of it is not worth a message.
static int close_output(int code)
{
    bool failed = ferror(stdout) != 0;
    int error = 0;
    if (fclose(stdout)) {
        failed = true;
        error = errno;
    }
    if (!failed)
        return code;
    if (error != EPIPE)
        tool_error("cannot write standard output: %s", error ? strerror(error) : "write error");
    return TOOL_SYSTEM;
}

int main(int count, char **arguments)
{
    occupy_standard_files();
    return close_output(run(count, arguments));
}
