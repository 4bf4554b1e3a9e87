// SPDX-License-Identifier: MIT
// vyre-spv compile: a program to a SPIR-V module, or to its assembly.
#include "assembly.h"
#include "commands.h"
#include "tool.h"

#include <string.h>
#include <time.h>

struct compile_options {
    const char *output;
    int target_env;   // index in the choice of the option
    int memory_model; // likewise
    bool optimize;
    bool no_optimize;
    const char *dump_after; // name of a pass, all or help; NULL: nothing
    uint64_t loop_budget;   // passes; 0: the default
    int float_mode;         // index in the choice of the option
    bool debug_info;
    bool assembly;
    bool stats;
};

static const struct option_spec compile_table[] = {
    { "o", "output", "FILE", "write to FILE; - is standard output, the default", OPTION_TEXT,
      offsetof(struct compile_options, output) },
    { NULL, "target-env", "vulkan1.1|vulkan1.2|vulkan1.3",
      "what the module may use; the default is vulkan1.1", OPTION_CHOICE,
      offsetof(struct compile_options, target_env) },
    { NULL, "memory-model", "glsl450|vulkan", "the memory model; the default is glsl450",
      OPTION_CHOICE, offsetof(struct compile_options, memory_model) },
    { "O", NULL, NULL, "optimize, the default", OPTION_FLAG,
      offsetof(struct compile_options, optimize) },
    { "O0", NULL, NULL, "keep what the program says, word for word", OPTION_FLAG,
      offsetof(struct compile_options, no_optimize) },
    { NULL, "dump-after", "PASS",
      "print the program as it is after PASS (fold, strength, cse, dead; all: each of them) on "
      "standard error",
      OPTION_TEXT, offsetof(struct compile_options, dump_after) },
    { NULL, "loop-budget", "N",
      "passes through loops after which an invocation is a fault; the default is 16777216",
      OPTION_NUMBER, offsetof(struct compile_options, loop_budget) },
    { NULL, "float", "strict|exact|fast",
      "f32 with the interpreter's bits, transcendental functions nearly; those too; or the "
      "driver's; "
      "the default is strict",
      OPTION_CHOICE, offsetof(struct compile_options, float_mode) },
    { "g", NULL, NULL, "keep the names of buffers, locals and functions, and the lines of the text",
      OPTION_FLAG, offsetof(struct compile_options, debug_info) },
    { "S", NULL, NULL, "write SPIR-V assembly instead of a module", OPTION_FLAG,
      offsetof(struct compile_options, assembly) },
    { NULL, "stats", NULL, "print sizes and the time of the compilation on standard error",
      OPTION_FLAG, offsetof(struct compile_options, stats) },
    { 0 },
};

static void print_stats(const struct vyre_module *module, uint64_t nanoseconds)
{
    struct vyre_module_info info;
    size_t count = 0;
    vyre_module_words(module, &count);
    vyre_module_reflect(module, &info);
    fprintf(stderr,
            "words: %zu\nbindings: %zu\nworkgroup: %u x %u x %u\nworkgroup memory: %u bytes\n"
            "push constants: %u bytes\ncan fault: %s\ncompile time: %.1f us\n",
            count, info.binding_count, info.workgroup_size[0], info.workgroup_size[1],
            info.workgroup_size[2], info.workgroup_memory, info.push_bytes,
            info.fault_binding == UINT32_MAX ? "no" : "yes", (double)nanoseconds / 1000.0);
}

static int write_module(const struct compile_options *options, const struct vyre_module *module)
{
    size_t count = 0;
    const uint32_t *words = vyre_module_words(module, &count);
    const char *path = options->output ? options->output : "-";
    if (!options->assembly)
        return tool_write(path, words, count * sizeof *words, true);
    struct tool_bytes text;
    int code = assembly_print(words, count, &text);
    if (!code)
        code = tool_write(path, text.data, text.size, false);
    tool_bytes_fini(&text);
    return code;
}

// ---- Passes -------------------------------------------------------------------------------------

// Whether `name` is a pass of the default pipeline; `names` gets all of them.
static bool is_pass(const char *name, char *names, size_t room)
{
    struct vyre_pass_info info;
    bool found = strcmp(name, "all") == 0;
    snprintf(names, room, "all");
    for (size_t i = 0; vyre_pass_describe(i, &info) == VYRE_OK; i++) {
        if (!info.is_default)
            continue;
        const size_t used = strlen(names);
        snprintf(names + used, room - used, ", %s", info.name);
        found |= strcmp(info.name, name) == 0;
    }
    return found;
}

static void dump(void *user, const char *pass, const struct vyre_program *program)
{
    const char *wanted = user;
    char *text = NULL;
    size_t size = 0;
    if (strcmp(wanted, "all") != 0 && strcmp(wanted, pass) != 0)
        return;
    if (vyre_program_print(program, &text, &size)) {
        fprintf(stderr, "// after %s: out of memory\n", pass);
        return;
    }
    fprintf(stderr, "// after %s\n", pass);
    fwrite(text, 1, size, stderr);
    vyre_free(text);
}

// ---- Compilation --------------------------------------------------------------------------------

static int compile(const struct compile_options *options, const struct vyre_program *program,
                   const char *name)
{
    struct vyre_target target;
    vyre_target_default(&target);
    target.env = (enum vyre_spirv_env)options->target_env;
    target.memory_model = (enum vyre_memory_model)options->memory_model;
    struct timespec start;
    struct timespec end;
    struct vyre_module *module = NULL;
    const struct vyre_pass_hook hook = { dump, (void *)options->dump_after };
    clock_gettime(CLOCK_MONOTONIC, &start);
    enum vyre_result result = vyre_compile(
        program,
        vyre_compile_params(.target = &target, .no_optimize = options->no_optimize,
                            .debug_info = options->debug_info,
                            .loop_budget = (uint32_t)options->loop_budget,
                            .float_mode = (enum vyre_float_mode)options->float_mode,
                            .hook = options->dump_after ? &hook : NULL, .diag = &tool_diag),
        &module);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (result)
        return tool_failed(result, name);
    if (options->stats)
        print_stats(module, (uint64_t)(end.tv_sec - start.tv_sec) * 1000000000u +
                                (uint64_t)end.tv_nsec - (uint64_t)start.tv_nsec);
    int code = write_module(options, module);
    vyre_module_destroy(&module);
    return code;
}

static int run_compile(const void *options, const char *const *operands, size_t operand_count)
{
    (void)operand_count;
    const struct compile_options *own = options;
    char names[200];
    if (own->dump_after && !is_pass(own->dump_after, names, sizeof names))
        return tool_usage("compile", "there is no pass '%s'; there are %s", own->dump_after, names);
    if (own->dump_after && own->no_optimize)
        return tool_usage("compile", "--dump-after and -O0 exclude each other");
    if (own->loop_budget > UINT32_MAX)
        return tool_usage("compile", "--loop-budget takes at most %u passes", UINT32_MAX);
    if (own->optimize && own->no_optimize)
        return tool_usage("compile", "-O and -O0 exclude each other");
    struct vyre_program *program = NULL;
    int code = tool_read_program(operands[0], &program);
    if (!code)
        code = compile(own, program, operands[0]);
    vyre_program_destroy(&program);
    return code;
}

const struct command command_compile = {
    .name = "compile",
    .operands = "PROGRAM",
    .summary = "Compile a program to SPIR-V",
    .description =
        "Reads PROGRAM (text, wire format or hex envelope; - is standard input), validates it and "
        "writes a SPIR-V "
        "module for any "
        "device of the target environment. A module is never written to a terminal. The "
        "same program "
        "and the same options give the same bytes.",
    .options = compile_table,
    .options_size = sizeof(struct compile_options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run_compile,
};
