// SPDX-License-Identifier: MIT
#include "options.h"
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct option_spec options_common[] = {
    { "v", "verbose", NULL, "say which device runs and what is done, on standard error",
      OPTION_FLAG, 0 },
    { "h", "help", NULL, "print this help", OPTION_FLAG, 0 },
    { 0 },
};

static bool is_end(const struct option_spec *spec)
{
    return !spec->letter && !spec->name;
}

// Finds a long name, or a short one of exactly `size` characters.
static const struct option_spec *find_in(const struct option_spec *table, const char *name,
                                         size_t size, bool is_long)
{
    for (const struct option_spec *spec = table; !is_end(spec); spec++) {
        const char *own = is_long ? spec->name : spec->letter;
        if (own && strlen(own) == size && memcmp(own, name, size) == 0)
            return spec;
    }
    return NULL;
}

static const struct option_spec *find(const struct command *command, const char *name, size_t size,
                                      bool is_long)
{
    const struct option_spec *spec = find_in(command->options, name, size, is_long);
    return spec ? spec : find_in(options_common, name, size, is_long);
}

static bool is_common(const struct option_spec *spec)
{
    return spec == &options_common[0] || spec == &options_common[1];
}

// ---- Values -------------------------------------------------------------------------------------

// Takes the digits at the start of `text`; *rest is what stands behind them.
static bool parse_digits(const char *text, uint64_t *out, const char **rest)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = text + (is_hex ? 2 : 0);
    // strtoull would take a sign and spaces.
    size_t size = strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (size == 0)
        return false;
    *rest = digits + size;
    errno = 0;
    *out = strtoull(digits, NULL, is_hex ? 16 : 10);
    return errno == 0;
}

static bool parse_number(const char *text, uint64_t *out)
{
    const char *rest = NULL;
    return parse_digits(text, out, &rest) && !*rest;
}

static bool parse_size(const char *text, uint64_t *out)
{
    static const char suffixes[] = "KMGkmg";
    const char *rest = NULL;
    uint64_t value = 0;
    if (!parse_digits(text, &value, &rest) || (*rest && rest[1]))
        return false;
    const char *suffix = *rest ? strchr(suffixes, *rest) : NULL;
    if (*rest && !suffix)
        return false;
    unsigned shift = suffix ? 10 * (unsigned)((suffix - suffixes) % 3 + 1) : 0;
    *out = value << shift;
    return value <= UINT64_MAX >> shift;
}

static bool parse_choice(const char *words, const char *text, int *out)
{
    size_t size = strlen(text);
    int index = 0;
    for (const char *word = words; word; index++) {
        size_t word_size = strcspn(word, "|");
        if (word_size == size && memcmp(word, text, size) == 0) {
            *out = index;
            return true;
        }
        word = word[word_size] ? word + word_size + 1 : NULL;
    }
    return false;
}

// `value` is NULL for a flag. False after a message.
static bool set_value(const struct option_spec *spec, const char *value, const char *spelled,
                      struct parsed_options *parsed)
{
    void *field = (char *)parsed->values + spec->offset;
    bool good = true;
    switch (spec->kind) {
    case OPTION_FLAG: *(bool *)field = true; break;
    case OPTION_TEXT: *(const char **)field = value; break;
    case OPTION_NUMBER: good = parse_number(value, field); break;
    case OPTION_SIZE: good = parse_size(value, field); break;
    case OPTION_CHOICE: good = parse_choice(spec->argument, value, field); break;
    case OPTION_LIST: {
        struct option_list *list = field;
        list->items = tool_realloc(list->items, (list->count + 1) * sizeof *list->items);
        list->items[list->count++] = value;
        break;
    }
    }
    if (!good)
        snprintf(parsed->error, sizeof parsed->error, "%s takes %s, not '%s'", spelled,
                 spec->kind == OPTION_NUMBER ? "a whole number below 2^64"
                 : spec->kind == OPTION_SIZE
                     ? "a number of bytes below 2^64, such as 4096, 64K or 2G"
                     : spec->argument,
                 value);
    return good;
}

// ---- Arguments ----------------------------------------------------------------------------------

struct cursor {
    const struct command *command;
    char *const *arguments;
    int count;
    int at;
    bool wants_help;
};

static bool fail(struct parsed_options *parsed, const char *what, const char *spelled)
{
    snprintf(parsed->error, sizeof parsed->error, "%s '%s'", what, spelled);
    return false;
}

// Applies one option; `attached` is a value that stands in the same argument, NULL for none.
static bool apply(struct cursor *cursor, const struct option_spec *spec, const char *spelled,
                  const char *attached, struct parsed_options *parsed)
{
    if (is_common(spec)) {
        if (spec == &options_common[0])
            tool_set_verbose();
        else
            cursor->wants_help = true;
        return true;
    }
    if (spec->kind == OPTION_FLAG)
        return set_value(spec, NULL, spelled, parsed);
    if (!attached) {
        if (cursor->at == cursor->count)
            return fail(parsed, "an argument is missing after", spelled);
        attached = cursor->arguments[cursor->at++];
    }
    return set_value(spec, attached, spelled, parsed);
}

static bool parse_long(struct cursor *cursor, const char *argument, struct parsed_options *parsed)
{
    const char *name = argument + 2;
    size_t size = strcspn(name, "=");
    const char *attached = name[size] ? name + size + 1 : NULL;
    const struct option_spec *spec = find(cursor->command, name, size, true);
    if (!spec)
        return fail(parsed, "unknown option", argument);
    if (attached && (is_common(spec) || spec->kind == OPTION_FLAG))
        return fail(parsed, "no argument is allowed in", argument);
    char spelled[64];
    snprintf(spelled, sizeof spelled, "--%s", spec->name);
    return apply(cursor, spec, spelled, attached, parsed);
}

static bool parse_short(struct cursor *cursor, const char *argument, struct parsed_options *parsed)
{
    const struct option_spec *whole =
        find(cursor->command, argument + 1, strlen(argument + 1), false);
    if (whole)
        return apply(cursor, whole, argument, NULL, parsed);
    for (const char *letter = argument + 1; *letter; letter++) {
        const struct option_spec *spec = find(cursor->command, letter, 1, false);
        if (!spec)
            return fail(parsed, "unknown option", argument);
        bool takes_value = !is_common(spec) && spec->kind != OPTION_FLAG;
        const char *attached = takes_value && letter[1] ? letter + 1 : NULL;
        if (!apply(cursor, spec, argument, attached, parsed))
            return false;
        if (takes_value)
            break;
    }
    return true;
}

static bool parse_all(struct cursor *cursor, struct parsed_options *parsed)
{
    bool only_operands = false;
    while (cursor->at < cursor->count) {
        const char *argument = cursor->arguments[cursor->at++];
        bool is_option = !only_operands && argument[0] == '-' && argument[1];
        if (!is_option) {
            parsed->operands[parsed->operand_count++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (!(argument[1] == '-' ? parse_long(cursor, argument, parsed)
                                        : parse_short(cursor, argument, parsed))) {
            return false;
        }
    }
    return true;
}

enum options_result options_parse(const struct command *command, int count, char *const *arguments,
                                  struct parsed_options *parsed)
{
    *parsed = (struct parsed_options){ .values = tool_calloc(1, command->options_size + 1) };
    parsed->operands = tool_calloc((size_t)count + 1, sizeof *parsed->operands);
    if (command->defaults)
        memcpy(parsed->values, command->defaults, command->options_size);
    struct cursor cursor = { .command = command, .arguments = arguments, .count = count };
    bool good = parse_all(&cursor, parsed);
    if (cursor.wants_help)
        return OPTIONS_HELP;
    if (!good)
        return OPTIONS_WRONG;
    if (parsed->operand_count < command->min_operands) {
        snprintf(parsed->error, sizeof parsed->error, "missing %s", command->operands);
        return OPTIONS_WRONG;
    }
    if (parsed->operand_count > command->max_operands) {
        fail(parsed, "unexpected argument", parsed->operands[command->max_operands]);
        return OPTIONS_WRONG;
    }
    return OPTIONS_OK;
}

void options_fini(const struct command *command, struct parsed_options *parsed)
{
    for (const struct option_spec *spec = command->options; parsed->values && !is_end(spec);
         spec++) {
        if (spec->kind == OPTION_LIST)
            free(((struct option_list *)((char *)parsed->values + spec->offset))->items);
    }
    free(parsed->values);
    free(parsed->operands);
    *parsed = (struct parsed_options){ .values = NULL };
}

// ---- Help, man page, completion -----------------------------------------------------------------

// "-o, --output=FILE" without anything that is missing.
static void spell(const struct option_spec *spec, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s%s%s%s%s", spec->letter ? "-" : "", spec->letter ? spec->letter : "",
             spec->letter && spec->name ? ", " : "", spec->name ? "--" : "",
             spec->name ? spec->name : "",
             !spec->argument ? ""
             : spec->name    ? "="
                             : " ",
             spec->argument ? spec->argument : "");
}

enum {
    HELP_WIDTH = 79,
    HELP_COLUMN = 28, // where the help of an option starts
};

// Fills lines up to HELP_WIDTH; `column` is where the cursor stands and `indent` where lines start.
// Empty lines of the text stay.
static void print_wrapped(const char *text, size_t column, size_t indent, FILE *out)
{
    bool line_start = true;
    while (*text) {
        size_t newlines = 0;
        for (; *text == ' ' || *text == '\n'; text++)
            newlines += *text == '\n';
        size_t size = strcspn(text, " \n");
        if (size == 0)
            break;
        bool wraps = !line_start && column + 1 + size > HELP_WIDTH;
        if (newlines > 1 || wraps) {
            fprintf(out, "%s\n%*s", newlines > 1 ? "\n" : "", (int)indent, "");
            column = indent;
            line_start = true;
        }
        fprintf(out, "%s%.*s", line_start ? "" : " ", (int)size, text);
        column += size + !line_start;
        line_start = false;
        text += size;
    }
    fputc('\n', out);
}

static void print_help_table(const struct option_spec *table, FILE *out)
{
    for (const struct option_spec *spec = table; !is_end(spec); spec++) {
        char spelled[128];
        spell(spec, spelled, sizeof spelled);
        bool fits = 2 + strlen(spelled) + 2 <= HELP_COLUMN;
        if (fits)
            fprintf(out, "  %-*s", HELP_COLUMN - 2, spelled);
        else
            fprintf(out, "  %s\n%*s", spelled, HELP_COLUMN, "");
        print_wrapped(spec->help, HELP_COLUMN, HELP_COLUMN, out);
    }
}

void options_print_help(const struct command *command, FILE *out)
{
    fprintf(out, "usage: vyre-spv %s [options]%s%s\n\n%s.\n\n", command->name,
            *command->operands ? " " : "", command->operands, command->summary);
    print_wrapped(command->description, 0, 0, out);
    fputs("\noptions:\n", out);
    print_help_table(command->options, out);
    print_help_table(options_common, out);
}

// Text for roff: dashes that must stay dashes, and no line that looks like a request.
static void print_roff(const char *text, FILE *out)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\n' && text[1] == '\n') {
            fputs("\n.PP\n", out);
            text++;
        } else if (*text == '-' || *text == '\\') {
            fprintf(out, "\\%s", *text == '-' ? "-" : "e");
        } else {
            fputc(*text, out);
        }
        line_start = *text == '\n';
    }
    if (!line_start)
        fputc('\n', out);
}

static void print_man_table(const struct option_spec *table, FILE *out)
{
    for (const struct option_spec *spec = table; !is_end(spec); spec++) {
        char spelled[128];
        spell(spec, spelled, sizeof spelled);
        fputs(".TP\n.B ", out);
        print_roff(spelled, out);
        print_roff(spec->help, out);
    }
}

void options_print_man(const struct command *const *commands, const char *version, FILE *out)
{
    fprintf(out, ".TH VYRE-SPV 1 \"\" \"vyre %s\" \"User Commands\"\n", version);
    fputs(".SH NAME\nvyre\\-spv \\- compile and run compute programs on any Vulkan device\n"
          ".SH SYNOPSIS\n",
          out);
    for (const struct command *const *at = commands; *at; at++)
        fprintf(out, ".B vyre\\-spv %s\n[options] %s\n.br\n", (*at)->name, (*at)->operands);
    fputs(".SH COMMANDS\n", out);
    for (const struct command *const *at = commands; *at; at++) {
        fprintf(out, ".SS %s\n", (*at)->name);
        print_roff((*at)->summary, out);
        fputs(".PP\n", out);
        print_roff((*at)->description, out);
        print_man_table((*at)->options, out);
    }
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    print_man_table(options_common, out);
    fputs(".SH EXIT STATUS\n", out);
    print_roff(tool_exit_help, out);
    fputs(".SH ENVIRONMENT\n", out);
    print_roff(tool_environment_help, out);
}

static void print_completion_words(const struct option_spec *table, FILE *out)
{
    for (const struct option_spec *spec = table; !is_end(spec); spec++) {
        if (spec->name)
            fprintf(out, " --%s", spec->name);
        else
            fprintf(out, " -%s", spec->letter);
    }
}

// "a|b|c" as "a b c".
static void print_choices(const char *choices, FILE *out)
{
    for (; *choices; choices++)
        fputc(*choices == '|' ? ' ' : *choices, out);
}

static void print_pass_names(FILE *out)
{
    struct vyre_pass_info info;
    fputs("all", out);
    for (size_t i = 0; vyre_pass_describe(i, &info) == VYRE_OK; i++)
        fprintf(out, " %s", info.name);
}

static void print_target_names(FILE *out)
{
    struct vyre_target_info info;
    for (size_t i = 0; vyre_target_describe(i, &info) == VYRE_OK; i++)
        fprintf(out, "%s%s", i ? " " : "", info.name);
}

static void print_pretend_names(FILE *out)
{
    struct vyre_pretend_info info;
    for (size_t i = 0; vyre_pretend_describe(i, &info) == VYRE_OK; i++)
        fprintf(out, "%s%s", i ? " " : "", info.name);
}

// What the library has names for.
static void print_known_names(const char *option, FILE *out)
{
    if (strcmp(option, "dump-after") == 0)
        print_pass_names(out);
    else if (strcmp(option, "target") == 0)
        print_target_names(out);
    else if (strcmp(option, "pretend") == 0)
        print_pretend_names(out);
}

// What may follow each option that takes a value; nothing where that may be anything, so that the
// shell offers files.
static void print_completion_values(const struct command *command, FILE *out)
{
    for (const struct option_spec *spec = command->options; !is_end(spec); spec++) {
        if (spec->kind == OPTION_FLAG)
            continue;
        fputs("        ", out);
        if (spec->letter)
            fprintf(out, "'%s -%s'%s", command->name, spec->letter, spec->name ? "|" : "");
        if (spec->name)
            fprintf(out, "'%s --%s'", command->name, spec->name);
        fputs(") words='", out);
        if (spec->kind == OPTION_CHOICE)
            print_choices(spec->argument, out);
        else if (spec->name)
            print_known_names(spec->name, out);
        fputs("' ;;\n", out);
    }
}

static void print_completion_command(const struct command *command, FILE *out)
{
    print_completion_values(command, out);
    fprintf(out, "        '%s '*)\n            words='", command->name);
    if (strchr(command->operands, '|'))
        print_choices(command->operands, out);
    fputs("'\n            [[ $word == -* ]] && words='", out);
    print_completion_words(command->options, out);
    print_completion_words(options_common, out);
    fputs("' ;;\n", out);
}

void options_print_completion(const struct command *const *commands, FILE *out)
{
    fputs("# bash completion of vyre-spv\n_vyre_spv() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
          "    # --name=value comes in three words.\n"
          "    [[ $word == = ]] && word= || { [[ $before == = ]] && "
          "before=${COMP_WORDS[COMP_CWORD-2]}; }\n"
          "    local names='",
          out);
    for (const struct command *const *at = commands; *at; at++)
        fprintf(out, "%s%s", at == commands ? "" : " ", (*at)->name);
    fputs("'\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"help --version $names\"\n"
          "    else\n        case \"${COMP_WORDS[1]} $before\" in\n        'help '*) words=$names "
          ";;\n",
          out);
    for (const struct command *const *at = commands; *at; at++)
        print_completion_command(*at, out);
    fputs("        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
          "complete -o default -F _vyre_spv vyre-spv\n",
          out);
}
