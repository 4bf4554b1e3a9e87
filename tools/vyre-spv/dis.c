// SPDX-License-Identifier: MIT
// vyre-spv dis: a program in the binary wire format, or the hex envelope around it, as text.
#include "commands.h"
#include "tool.h"

struct dis_options {
    const char *output;
    bool envelope;
};

static const struct option_spec dis_table[] = {
    { "o", "output", "FILE", "write to FILE instead of standard output", OPTION_TEXT,
      offsetof(struct dis_options, output) },
    { NULL, "envelope", NULL, "read the hex envelope and nothing else", OPTION_FLAG,
      offsetof(struct dis_options, envelope) },
    { 0 },
};

static int print_program(const struct dis_options *options, const struct vyre_program *program,
                         const char *name)
{
    char *text = NULL;
    size_t size = 0;
    enum vyre_result result = vyre_program_print(program, &text, &size);
    int code = result ? tool_failed(result, name)
                      : tool_write(options->output ? options->output : "-", text, size, false);
    vyre_free(text);
    return code;
}

static int run_dis(const void *options, const char *const *operands, size_t operand_count)
{
    (void)operand_count;
    const struct dis_options *own = options;
    struct vyre_program *program = NULL;
    int code = tool_check_output("dis", own->output, operands[0]);
    if (!code)
        code = tool_read_encoded(operands[0], own->envelope, &program);
    if (!code)
        code = print_program(own, program, operands[0]);
    vyre_program_destroy(&program);
    return code;
}

const struct command command_dis = {
    .name = "dis",
    .operands = "FILE",
    .summary = "Print a program of the wire format as text",
    .description =
        "Reads FILE (wire format or hex envelope; - is standard input) and prints the program as "
        "text. asm of that text gives an equal program, and the same bytes unless FILE was spelled "
        "in an unusual way. What it compiles to is shown beside it by compile --side-by-side.",
    .options = dis_table,
    .options_size = sizeof(struct dis_options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run_dis,
};
