// SPDX-License-Identifier: MIT
// vyre-spv validate: every rule of the language, with diagnostics as a compiler prints them.
#include "commands.h"
#include "ops.h"
#include "tool.h"

struct validate_options {
    bool allow_shadowing;
    bool collectives;
    bool no_subgroup;
    struct option_list ops;
};

static const struct option_spec validate_table[] = {
    { NULL, "allow-shadowing", NULL, "let a local hide a live one of the same name", OPTION_FLAG,
      offsetof(struct validate_options, allow_shadowing) },
    { NULL, "collectives", NULL, "the target has distributed collectives", OPTION_FLAG,
      offsetof(struct validate_options, collectives) },
    { NULL, "no-subgroup", NULL, "the target has no subgroup operations", OPTION_FLAG,
      offsetof(struct validate_options, no_subgroup) },
    { NULL, "op", "ID=PROGRAM", OPS_OPTION_HELP, OPTION_LIST,
      offsetof(struct validate_options, ops) },
    { 0 },
};

static int validate_one(const struct validate_options *options, const struct vyre_registry *ops,
                        const char *path)
{
    struct vyre_program *program = NULL;
    int code = tool_read_program(path, &program);
    if (code)
        return code;
    const struct vyre_diag_sink diag = tool_diag_of(path);
    enum vyre_result result = vyre_program_validate(
        program,
        vyre_validate_params(.allow_shadowing = options->allow_shadowing,
                             .subgroup_ops = !options->no_subgroup,
                             .collectives = options->collectives, .registry = ops, .diag = &diag));
    vyre_program_destroy(&program);
    if (result)
        return tool_failed(result, path);
    tool_say_verbose("%s: valid", path);
    return TOOL_OK;
}

// All files are looked at; the worst code is returned.
static int run_validate(const void *options, const char *const *operands, size_t operand_count)
{
    const struct validate_options *own = options;
    struct vyre_registry *ops = NULL;
    int code =
        tool_check_standard_input("validate", tool_count_standard_input(operands, operand_count) +
                                                  tool_count_named_standard_input(&own->ops));
    if (!code)
        code = ops_read("validate", &own->ops, &ops);
    for (size_t i = 0; code != TOOL_USAGE && i < operand_count; i++) {
        int one = validate_one(own, ops, operands[i]);
        code = one > code ? one : code;
    }
    vyre_registry_destroy(&ops);
    return code;
}

const struct command command_validate = {
    .name = "validate",
    .operands = "PROGRAM...",
    .summary = "Check programs against the rules of the language",
    .description =
        "Reads each PROGRAM (text, wire format or hex envelope; - is standard input) "
        "and prints what is wrong with it, in order, with its place and what to do. "
        "Calls are checked where ops are given. Nothing is printed about valid programs.",
    .options = validate_table,
    .options_size = sizeof(struct validate_options),
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .run = run_validate,
};
