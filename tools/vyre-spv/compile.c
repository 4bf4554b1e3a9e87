// SPDX-License-Identifier: MIT
// vyre-spv compile: a program to a SPIR-V module, or to its assembly.
#include "assembly.h"
#include "commands.h"
#include "compile_stats.h"
#include "listing.h"
#include "ops.h"
#include "tool.h"

#include <string.h>
#include <time.h>

struct compile_options {
    const char *output;
    const char *target; // name of a target; NULL: the default
    const char *device; // compiles for this device instead
    struct option_list pretend;
    struct option_list ops;
    int target_env;   // index in the choice of the option, NOT_GIVEN: that of the target
    int memory_model; // likewise
    bool optimize;
    bool no_optimize;
    const char *dump_after; // name of a pass, all or help; NULL: nothing
    uint64_t loop_budget;   // passes; 0: the default
    int float_mode;         // index in the choice of the option
    bool debug_info;
    bool assembly;
    bool listing;
    bool stats;
    bool json;
};

enum { NOT_GIVEN = -1 };
static const struct compile_options compile_defaults = {
    .target_env = NOT_GIVEN,
    .memory_model = NOT_GIVEN,
};

static const struct option_spec compile_table[] = {
    { "o", "output", "FILE", "write to FILE; - is standard output, the default", OPTION_TEXT,
      offsetof(struct compile_options, output) },
    { NULL, "target", "NAME",
      "the devices that the module is for: portable, which is the default, roadmap2022 or "
      "vulkan1.4",
      OPTION_TEXT, offsetof(struct compile_options, target) },
    { NULL, "device", "NAME",
      "compile for this device instead: number or part of the name, as `vyre-spv devices` prints "
      "them",
      OPTION_TEXT, offsetof(struct compile_options, device) },
    { NULL, "pretend", "NAME", TOOL_PRETEND_HELP, OPTION_LIST,
      offsetof(struct compile_options, pretend) },
    { NULL, "target-env", "vulkan1.1|vulkan1.2|vulkan1.3",
      "what the module may use, instead of what the target says", OPTION_CHOICE,
      offsetof(struct compile_options, target_env) },
    { NULL, "memory-model", "glsl450|vulkan", "the memory model, instead of what the target says",
      OPTION_CHOICE, offsetof(struct compile_options, memory_model) },
    { "O", NULL, NULL, "optimize, the default", OPTION_FLAG,
      offsetof(struct compile_options, optimize) },
    { "O0", NULL, NULL, "keep what the program says, word for word", OPTION_FLAG,
      offsetof(struct compile_options, no_optimize) },
    { NULL, "dump-after", "PASS",
      "print the program, or its parts, as after PASS (inline, grid_sync, fold, strength, cse, "
      "dead; all: each of them) on standard error",
      OPTION_TEXT, offsetof(struct compile_options, dump_after) },
    { NULL, "op", "ID=PROGRAM", OPS_OPTION_HELP, OPTION_LIST,
      offsetof(struct compile_options, ops) },
    { NULL, "loop-budget", "N",
      "passes through loops after which an invocation is a fault; 0 is the default, 16777216",
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
    { NULL, "side-by-side", NULL,
      "write, instead of a module, each line of the program with the SPIR-V that it became",
      OPTION_FLAG, offsetof(struct compile_options, listing) },
    { NULL, "stats", NULL,
      "print on standard error what became of the program: instructions by kind, what each pass "
      "changed, which checks are made when it runs, which are not, and why; with --device also "
      "registers and whatever else its driver tells about the machine code",
      OPTION_FLAG, offsetof(struct compile_options, stats) },
    { NULL, "json", NULL,
      "print these as JSON on standard output, and what binds the module (docs/runtime.md, "
      "`Binding a module by hand`); needs -o FILE",
      OPTION_FLAG, offsetof(struct compile_options, json) },
    { 0 },
};

// `source`: of the program, for a listing.
static int write_module(const struct compile_options *options, const struct tool_bytes *source,
                        const struct vyre_module *module)
{
    size_t count = 0;
    const uint32_t *words = vyre_module_words(module, &count);
    const char *path = options->output ? options->output : "-";
    if (!options->assembly && !options->listing)
        return tool_write(path, words, count * sizeof *words, true);
    struct tool_bytes text;
    int code = options->listing ? listing_make(source, words, count, &text)
                                : assembly_print(words, count, &text);
    if (!code)
        code = tool_write(path, text.data, text.size, false);
    tool_bytes_fini(&text);
    return code;
}

// ---- Passes -------------------------------------------------------------------------------------

// Whether `name` is a pass; `names` gets all of them.
static bool is_pass(const char *name, char *names, size_t room)
{
    struct vyre_pass_info info;
    bool found = strcmp(name, "all") == 0;
    snprintf(names, room, "all");
    for (size_t i = 0; vyre_pass_describe(i, &info) == VYRE_OK; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, room - used, ", %s", info.name);
        found |= strcmp(info.name, name) == 0;
    }
    return found;
}

// Each program is a whole one, between comments that say what it is.
static void dump(void *user, const char *pass, size_t part, size_t part_count,
                 const struct vyre_program *program)
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
    if (part_count > 1)
        fprintf(stderr, "// after %s, part %zu of %zu\n", pass, part + 1, part_count);
    else
        fprintf(stderr, "// after %s\n", pass);
    fwrite(text, 1, size, stderr);
    vyre_free(text);
}

// ---- Targets ------------------------------------------------------------------------------------

static int unknown_target(const char *name)
{
    struct vyre_target_info info;
    for (size_t i = 0; vyre_target_describe(i, &info) == VYRE_OK; i++)
        fprintf(stderr, "%-12s %s\n", info.name, info.text);
    return tool_usage("compile", "there is no target '%s'; there are those above", name);
}

// What a module is compiled for. `device` is NULL unless one was named.
struct aim {
    struct vyre_target target;
    struct vyre_device *device; // owned
};

static int target_of_device(const char *choice, const struct vyre_pretend *pretend, struct aim *out)
{
    struct vyre_cache *cache = tool_cache_try(); // for what was found out about the device
    int code = tool_device_open(choice, pretend, cache, &out->device);
    if (!code)
        vyre_device_target(out->device, &out->target);
    vyre_cache_close(&cache);
    return code;
}

static int find_target(const struct compile_options *options, struct aim *aim)
{
    struct vyre_target *out = &aim->target;
    const char *name = options->target ? options->target : "portable";
    struct vyre_pretend pretend;
    int code = tool_pretend("compile", &options->pretend, &pretend);
    if (!code && options->device)
        code = target_of_device(options->device, &pretend, aim);
    else if (!code && vyre_target_named(name, out))
        code = unknown_target(name);
    else if (!code)
        vyre_target_reduce(out, &pretend);
    if (code)
        return code;
    if (options->device && options->target_env > (int)out->env)
        return tool_usage("compile", "this device does not take what --target-env says");
    if (options->device && options->memory_model > (int)out->memory_model)
        return tool_usage("compile", "this device does not have the Vulkan memory model");
    if (pretend.no_vulkan_memory_model && options->memory_model > (int)out->memory_model)
        return tool_usage("compile", "--pretend no-memory-model excludes --memory-model vulkan");
    if (options->target_env != NOT_GIVEN)
        out->env = (enum vyre_spirv_env)options->target_env;
    if (options->memory_model != NOT_GIVEN)
        out->memory_model = (enum vyre_memory_model)options->memory_model;
    return TOOL_OK;
}

// ---- Compilation --------------------------------------------------------------------------------

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Compiles once more, because to be told everything takes time, which is not that of a compilation.
static int print_stats(const struct compile_options *options,
                       const struct vyre_compile_params *params, const struct vyre_program *program,
                       struct vyre_device *device, uint64_t nanoseconds, const char *name)
{
    struct compile_stats stats = { .passes = NULL };
    const struct vyre_pass_hook hook = { stats_pass, &stats };
    const struct vyre_check_hook explain = { stats_check, &stats };
    struct vyre_compile_params told = *params;
    struct vyre_module *module = NULL;
    told.hook = &hook;
    told.explain = &explain;
    stats_begin(&stats, program);
    enum vyre_result result = vyre_compile(program, &told, &module);
    int code = result ? tool_failed(result, name) : TOOL_OK;
    if (!code && device)
        code = stats_ask_driver(
            &stats, device,
            vyre_kernel_params(.program = program, .no_optimize = params->no_optimize,
                               .debug_info = params->debug_info, .loop_budget = params->loop_budget,
                               .float_mode = params->float_mode, .registry = params->registry,
                               .diag = params->diag));
    if (!code && options->json)
        stats_print_json(&stats, module, nanoseconds);
    else if (!code)
        stats_print(&stats, module, nanoseconds);
    vyre_module_destroy(&module);
    stats_fini(&stats);
    return code;
}

static int compile(const struct compile_options *options, const struct aim *aim,
                   const struct vyre_registry *ops, const struct vyre_program *program,
                   const struct tool_bytes *source, const char *name)
{
    struct vyre_module *module = NULL;
    const struct vyre_diag_sink diag = tool_diag_of(name);
    const struct vyre_pass_hook hook = { dump, (void *)options->dump_after };
    const struct vyre_compile_params params = {
        .target = &aim->target,
        .no_optimize = options->no_optimize,
        .debug_info = options->debug_info || options->listing,
        .loop_budget = (uint32_t)options->loop_budget,
        .float_mode = (enum vyre_float_mode)options->float_mode,
        .registry = ops,
        .hook = options->dump_after ? &hook : NULL,
        .diag = &diag,
    };
    const uint64_t start = now_ns();
    enum vyre_result result = vyre_compile(program, &params, &module);
    const uint64_t nanoseconds = now_ns() - start;
    if (result)
        return tool_failed(result, name);
    int code = write_module(options, source, module);
    if (!code && (options->stats || options->json))
        code = print_stats(options, &params, program, aim->device, nanoseconds, name);
    vyre_module_destroy(&module);
    return code;
}

static int check_options(const struct compile_options *own)
{
    char names[200];
    if (own->dump_after && !is_pass(own->dump_after, names, sizeof names))
        return tool_usage("compile", "there is no pass '%s'; there are %s", own->dump_after, names);
    if (own->dump_after && own->no_optimize)
        return tool_usage("compile", "--dump-after and -O0 exclude each other");
    if (own->loop_budget > UINT32_MAX)
        return tool_usage("compile", "--loop-budget takes at most %u passes", UINT32_MAX);
    if (own->json && (!own->output || strcmp(own->output, "-") == 0))
        return tool_usage("compile", "--json and the module cannot both go to standard output: "
                                     "give -o FILE");
    if (own->optimize && own->no_optimize)
        return tool_usage("compile", "-O and -O0 exclude each other");
    if (own->listing && own->assembly)
        return tool_usage("compile", "--side-by-side and -S exclude each other");
    if (own->target && own->device)
        return tool_usage("compile", "--target and --device exclude each other");
    // The driver is shown what a kernel on its device would be, and nothing else.
    if (own->stats && own->device &&
        (own->target_env != NOT_GIVEN || own->memory_model != NOT_GIVEN))
        return tool_usage("compile", "--stats with --device tells what the driver makes of the "
                                     "module for it: leave out --target-env and --memory-model");
    return TOOL_OK;
}

static int run_compile(const void *options, const char *const *operands, size_t operand_count)
{
    const struct compile_options *own = options;
    struct vyre_registry *ops = NULL;
    struct vyre_program *program = NULL;
    struct tool_bytes source = { .size = 0 };
    struct aim aim = { .device = NULL };
    int code = check_options(own);
    if (!code)
        code = tool_check_output("compile", own->output, operands[0]);
    if (!code)
        code = tool_check_named_output("compile", own->output, &own->ops);
    if (!code)
        code = tool_check_standard_input("compile",
                                         tool_count_standard_input(operands, operand_count) +
                                             tool_count_named_standard_input(&own->ops));
    if (!code)
        code = find_target(own, &aim);
    if (!code)
        code = ops_read("compile", &own->ops, &ops);
    if (!code)
        code = own->listing ? tool_read_with_text(operands[0], &source, &program)
                            : tool_read_program(operands[0], &program);
    if (!code)
        code = compile(own, &aim, ops, program, &source, operands[0]);
    tool_bytes_fini(&source);
    vyre_program_destroy(&program);
    vyre_registry_destroy(&ops);
    vyre_device_destroy(&aim.device);
    return code;
}

const struct command command_compile = {
    .name = "compile",
    .operands = "PROGRAM",
    .summary = "Compile a program to SPIR-V",
    .description =
        "Reads PROGRAM (text, wire format or hex envelope; - is standard input), validates it and "
        "writes a SPIR-V module. Without --target or --device it is one for every Vulkan 1.1 "
        "device, within the limits that all of them have: workgroups of 128 and 4 buffers, one of "
        "which is the fault record of a program that may fault (--stats tells). A "
        "module is never written to a terminal. The same program and the same options give the "
        "same bytes, on the same device where --device names one.",
    .options = compile_table,
    .options_size = sizeof(struct compile_options),
    .defaults = &compile_defaults,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_compile,
};
