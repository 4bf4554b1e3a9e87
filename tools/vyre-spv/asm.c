// SPDX-License-Identifier: MIT
// vyre-spv asm: a program, usually text, to the binary wire format or to the hex envelope around
// it.
#include "commands.h"
#include "tool.h"

struct asm_options {
    const char *output;
    bool envelope;
};

static const struct option_spec asm_table[] = {
    { "o", "output", "FILE", "write to FILE instead of standard output", OPTION_TEXT,
      offsetof(struct asm_options, output) },
    { NULL, "envelope", NULL, "write the hex envelope, which is text", OPTION_FLAG,
      offsetof(struct asm_options, envelope) },
    { 0 },
};

static int write_program(const struct asm_options *options, const struct vyre_program *program,
                         const char *name)
{
    char *text = NULL;
    uint8_t *wire = NULL;
    size_t size = 0;
    const struct vyre_diag_sink diag = tool_diag_of(name);
    enum vyre_result result = options->envelope
                                  ? vyre_program_encode_envelope(program, &diag, &text, &size)
                                  : vyre_program_encode(program, &diag, &wire, &size);
    int code = TOOL_OK;
    if (result)
        code = tool_failed(result, name);
    else
        code = tool_write(options->output ? options->output : "-",
                          options->envelope ? (const void *)text : wire, size, !options->envelope);
    vyre_free(text);
    vyre_free(wire);
    return code;
}

static int run_asm(const void *options, const char *const *operands, size_t operand_count)
{
    (void)operand_count;
    const struct asm_options *own = options;
    struct vyre_program *program = NULL;
    int code = tool_check_output("asm", own->output, operands[0]);
    if (!code)
        code = tool_read_program(operands[0], &program);
    if (!code)
        code = write_program(own, program, operands[0]);
    vyre_program_destroy(&program);
    return code;
}

const struct command command_asm = {
    .name = "asm",
    .operands = "PROGRAM",
    .summary = "Write a program in its binary wire format",
    .description =
        "Reads PROGRAM (text, wire format or hex envelope; - is standard input) and writes its "
        "wire format, as written: nothing is reordered. The wire format is never written to a "
        "terminal; the envelope, lines of hexadecimal digits, may be.\n\n"
        "The program need not be valid, so that tools can be tested: see validate. What the wire "
        "format cannot carry, such as usage(...) and shape(...) of a buffer, is lost; a program "
        "that has no wire format at all is an error.",
    .options = asm_table,
    .options_size = sizeof(struct asm_options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run_asm,
};
