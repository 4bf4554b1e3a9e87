// SPDX-License-Identifier: MIT
// One table per command drives the parser, `--help`, the man page and the completion.
//
// A command declares a plain struct for its options and a table that says where each one goes:
//
//     struct my_options {
//         bool quiet;
//         const char *output;
//         struct option_list patterns;
//         uint64_t count;
//         int mode;
//     };
//     static const struct option_spec my_table[] = {
//         { "q", "quiet", NULL, "say nothing", OPTION_FLAG, offsetof(struct my_options, quiet) },
//         { "o", "output", "FILE", "write to FILE", OPTION_TEXT, offsetof(...) },
//         { "e", "regexp", "PATTERN", "...", OPTION_LIST, offsetof(...) },
//         { NULL, "max", "N", "...", OPTION_NUMBER, offsetof(...) },
//         { NULL, "memory", "BYTES", "...", OPTION_SIZE, offsetof(...) },
//         { NULL, "mode", "fast|slow", "...", OPTION_CHOICE, offsetof(...) },
//         { 0 },
//     };
//
// `-abc` is `-a -b -c`, `-oFILE` is `-o FILE`, `--out=FILE` is `--out FILE`; `--` ends the options,
// and options may stand behind operands. A short name of two letters (`-O0`) is matched as a whole.
#ifndef VYRE_SPV_OPTIONS_H
#define VYRE_SPV_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_FLAG,   // bool: set to true
    OPTION_TEXT,   // const char *: the last one wins
    OPTION_LIST,   // struct option_list: all of them, in order
    OPTION_NUMBER, // uint64_t: decimal, or hexadecimal after 0x
    OPTION_SIZE, // uint64_t: a number, or one with K, M or G behind it: times 1024, 1024^2, 1024^3
    OPTION_CHOICE, // int: index of the word in `argument`, whose words are separated by '|'
};

struct option_list {
    const char **items; // borrowed from argv
    size_t count;
};

struct option_spec {
    const char *letter; // without its dash; NULL: none
    const char *name;   // without its dashes; NULL: none
    const char *argument;
    const char *help; // one sentence, no capital, no full stop
    enum option_kind kind;
    size_t offset; // in the command's struct
};

struct command {
    const char *name;
    const char *operands;    // as the usage line shows them, "" for none
    const char *summary;     // one line, no full stop
    const char *description; // for --help and the man page; an empty line ends a paragraph
    const struct option_spec *options;
    size_t options_size;  // of the command's struct
    const void *defaults; // initial value of the struct; NULL: zero
    size_t min_operands;
    size_t max_operands; // SIZE_MAX: any number
    // Returns an exit code. `operands` ends with NULL.
    int (*run)(const void *options, const char *const *operands, size_t operand_count);
};

// What every command takes beside its own table.
extern const struct option_spec options_common[];

enum options_result {
    OPTIONS_OK,
    OPTIONS_HELP,  // --help was given
    OPTIONS_WRONG, // a message is in `error`
};

struct parsed_options {
    void *values;          // the command's struct; owned
    const char **operands; // owned, ends with NULL
    size_t operand_count;
    char error[256];
};

// Parses what follows the command's name. Lists in `values` are owned by `parsed` too.
enum options_result options_parse(const struct command *command, int count, char *const *arguments,
                                  struct parsed_options *parsed);
void options_fini(const struct command *command, struct parsed_options *parsed);

void options_print_help(const struct command *command, FILE *out);
void options_print_man(const struct command *const *commands, const char *version, FILE *out);
void options_print_completion(const struct command *const *commands, FILE *out);

#endif // VYRE_SPV_OPTIONS_H
