// SPDX-License-Identifier: MIT
// vyre-spv run: one dispatch of a program, on a device or in the interpreter.
#include "commands.h"
#include "launch.h"
#include "ops.h"
#include "tool.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

// Numbers that were not given: some options are refused where they would do nothing.
#define NOT_GIVEN UINT64_MAX

#define DEFAULT_TIMEOUT 60 // seconds

// Bytes that a run of the interpreter may use, its inputs among them.
#define INTERPRETER_MEMORY (UINT64_C(1) << 30)

struct run_options {
    struct option_list inputs;
    struct option_list outputs;
    struct option_list ops;
    const char *grid;
    const char *device;
    struct option_list pretend;
    uint64_t timeout; // seconds, or NOT_GIVEN
    bool interpret;
    bool no_cache;
    bool no_optimize;
    bool debug_info;
    uint64_t loop_budget; // passes, or NOT_GIVEN; 0: the default
    uint64_t steps;       // of the interpreter, or NOT_GIVEN; 0: the default
    int float_mode;       // index in the choice of the option
    bool stats;
};

enum { NO_CHOICE = -1 };

static const struct run_options run_defaults = {
    .float_mode = NO_CHOICE,
    .timeout = NOT_GIVEN,
    .loop_budget = NOT_GIVEN,
    .steps = NOT_GIVEN,
};

static const struct option_spec run_table[] = {
    { NULL, "in", "NAME=VALUE",
      "contents of a buffer: a file, -, numbers of the type of its elements as in u32:1,0x2, "
      "i32:-1,2, f32:1.5,-inf,nan, also u8:, i8:, u16:, i16:, u64:, i64:, f64:, bool:, or the bits "
      "of elements of any type as in hex:3fc00000, or zero:N for N elements",
      OPTION_LIST, offsetof(struct run_options, inputs) },
    { NULL, "out", "NAME=WHERE",
      "where a buffer goes: a file, with a . or / in its name, -, or u32, i32, f32, u8, i8, u16, "
      "i16, u64, i64, f64, bool, hex to print it one element per line",
      OPTION_LIST, offsetof(struct run_options, outputs) },
    { NULL, "op", "ID=PROGRAM", OPS_OPTION_HELP, OPTION_LIST, offsetof(struct run_options, ops) },
    { NULL, "grid", "X[,Y[,Z]]", "workgroups; derived from the sizes of the buffers by default",
      OPTION_TEXT, offsetof(struct run_options, grid) },
    { NULL, "interp", NULL, "run in the reference interpreter, not on a device", OPTION_FLAG,
      offsetof(struct run_options, interpret) },
    { NULL, "steps", "N",
      "with --interp: statements and loop tests, of all invocations together, after which it gives "
      "up; 0 is the default, 4294967296",
      OPTION_NUMBER, offsetof(struct run_options, steps) },
    { NULL, "device", "NAME", "number or part of the name, as `vyre-spv devices` prints them",
      OPTION_TEXT, offsetof(struct run_options, device) },
    { NULL, "pretend", "NAME", TOOL_PRETEND_HELP, OPTION_LIST,
      offsetof(struct run_options, pretend) },
    { NULL, "timeout", "SECONDS",
      "on a device: give up after this time, at least 1; the default is 60", OPTION_NUMBER,
      offsetof(struct run_options, timeout) },
    { NULL, "no-cache", NULL, "do not use the artifact cache", OPTION_FLAG,
      offsetof(struct run_options, no_cache) },
    { "O0", NULL, NULL, "keep what the program says, word for word", OPTION_FLAG,
      offsetof(struct run_options, no_optimize) },
    { "g", NULL, NULL, "keep names and lines in the module, for the tools of a driver", OPTION_FLAG,
      offsetof(struct run_options, debug_info) },
    { NULL, "loop-budget", "N",
      "on a device: passes through loops after which an invocation is a fault; 0 is the default, "
      "16777216",
      OPTION_NUMBER, offsetof(struct run_options, loop_budget) },
    { NULL, "float", "strict|exact|fast",
      "f32 with the interpreter's bits, transcendental functions nearly; those too; or the "
      "driver's; "
      "the default is strict",
      OPTION_CHOICE, offsetof(struct run_options, float_mode) },
    { NULL, "stats", NULL, "print how the kernel was made, on standard error", OPTION_FLAG,
      offsetof(struct run_options, stats) },
    { 0 },
};

// What the command line says about a buffer.
struct binding {
    const char *input;  // NULL: none
    const char *output; // NULL: none
};

// What was given, or the default.
static uint64_t option_number(uint64_t given, uint64_t otherwise)
{
    return given == NOT_GIVEN ? otherwise : given;
}

struct run {
    const struct run_options *options;
    struct vyre_diag_sink diag; // knows the program's file
    struct vyre_program *program;
    struct vyre_registry *ops; // NULL: none
    struct launch launch;
    struct binding *bindings; // one per slot of the launch
};

static void run_fini(struct run *run)
{
    launch_fini(&run->launch);
    free(run->bindings);
    vyre_program_destroy(&run->program);
    vyre_registry_destroy(&run->ops);
}

// ---- What is asked for --------------------------------------------------------------------------

static int parse_grid(const char *text, uint32_t grid[3])
{
    const char *at = text;
    for (unsigned axis = 0; axis < 3; axis++)
        grid[axis] = 1;
    for (unsigned axis = 0; axis < 3; axis++) {
        char *end = NULL;
        if (*at < '0' || *at > '9')
            break;
        unsigned long long value = strtoull(at, &end, 10);
        if (value == 0 || value > UINT32_MAX)
            break;
        grid[axis] = (uint32_t)value;
        if (!*end)
            return TOOL_OK;
        if (*end != ',')
            break;
        at = end + 1;
    }
    return tool_usage("run", "--grid takes 1 to 3 numbers from 1, as in 64,1,1; not '%s'", text);
}

// The index of the slot of a name that may be bound, or -1 after a message.
static ptrdiff_t find_slot(const struct run *run, const struct values_binding *binding,
                           bool is_input)
{
    for (size_t i = 0; i < run->launch.count; i++) {
        const struct launch_slot *slot = &run->launch.slots[i];
        if (slot->info.name_size != binding->name_size ||
            memcmp(slot->info.name, binding->name, binding->name_size) != 0)
            continue;
        if (is_input ? slot->takes_input : slot->is_returned)
            return (ptrdiff_t)i;
        if (is_input && slot->is_returned) {
            tool_usage("run",
                       "buffer '%s' takes no input: the run makes it, of zeros\n"
                       "Fix: %s",
                       slot->info.name,
                       slot->info.count ? "leave out its --in"
                                        : "give it a count in the program, as in u32[16]");
            return -1;
        }
        tool_usage("run", "buffer '%s' %s", slot->info.name,
                   is_input ? "takes no input" : "is not returned by the program");
        return -1;
    }
    tool_usage("run", "the program has no buffer '%.*s'", (int)binding->name_size, binding->name);
    return -1;
}

static int bind(struct run *run, const struct option_list *list, bool is_input)
{
    for (size_t i = 0; i < list->count; i++) {
        struct values_binding binding;
        if (!values_split(list->items[i], &binding))
            return TOOL_USAGE;
        const ptrdiff_t index = find_slot(run, &binding, is_input);
        if (index < 0)
            return TOOL_USAGE;
        const char **field = is_input ? &run->bindings[index].input : &run->bindings[index].output;
        if (*field)
            return tool_usage("run", "buffer '%s' is given twice",
                              run->launch.slots[index].info.name);
        *field = binding.spec;
        int code = is_input ? TOOL_OK : values_check_output(*field, &run->launch.slots[index].info);
        if (code)
            return code;
    }
    return TOOL_OK;
}

// A file that --out names is none that the run reads, nor that of another --out.
static int check_outputs(const struct run *run, const char *program)
{
    const struct option_list *inputs = &run->options->inputs;
    int code = TOOL_OK;
    for (size_t i = 0; !code && i < run->launch.count; i++) {
        const char *output = run->bindings[i].output;
        if (!output || !values_are_a_file(output))
            continue;
        code = tool_check_output("run", output, program);
        if (!code)
            code = tool_check_named_output("run", output, inputs);
        if (!code)
            code = tool_check_named_output("run", output, &run->options->ops);
        for (size_t j = 0; !code && j < i; j++)
            if (run->bindings[j].output && values_are_a_file(run->bindings[j].output))
                code = tool_check_output("run", output, run->bindings[j].output);
    }
    return code;
}

// What a run makes itself and nobody said the size of stays empty.
static void warn_of_empty(const struct run *run)
{
    for (size_t i = 0; i < run->launch.count; i++) {
        const struct launch_slot *slot = &run->launch.slots[i];
        if (slot->is_returned && !slot->takes_input && !slot->info.count)
            tool_warning("buffer '%s' has no elements: the run makes it, and its declaration has "
                         "no count\n"
                         "Fix: give it a count in the program, as in u32[16]",
                         slot->info.name);
    }
}

// What is wrong with the command line is said before a device is opened or a file read.
static int parse_inputs(struct run *run)
{
    int code = TOOL_OK;
    for (size_t i = 0; !code && i < run->launch.count; i++) {
        struct launch_slot *slot = &run->launch.slots[i];
        const char *input = run->bindings[i].input;
        if (!slot->takes_input)
            continue;
        if (!input)
            code = tool_usage("run", "buffer '%s' needs --in %s=...", slot->info.name,
                              slot->info.name);
        else if (values_are_numbers(input))
            code = values_parse(input, &slot->info, &slot->bytes);
    }
    return code;
}

// The inputs that are files or zeros: each at most `most` bytes, all of them at most `total`.
static int read_inputs(struct run *run, const struct tool_limit *most,
                       const struct tool_limit *total)
{
    uint64_t left = total->bytes;
    int code = TOOL_OK;
    for (size_t i = 0; !code && i < run->launch.count; i++) {
        struct launch_slot *slot = &run->launch.slots[i];
        const char *input = run->bindings[i].input;
        const struct tool_limit limit =
            most->bytes <= left ? *most : (struct tool_limit){ left, total->reason };
        if (slot->takes_input && !values_are_numbers(input))
            code = values_read(input, &slot->info, &limit, &slot->bytes);
        left -= slot->bytes.size < left ? slot->bytes.size : left;
    }
    return code;
}

static int write_output(const struct run *run, size_t index, struct vyre_bytes bytes)
{
    const struct vyre_buffer_info *info = &run->launch.slots[index].info;
    if (run->bindings[index].output)
        return values_write(run->bindings[index].output, info, bytes.data, bytes.size);
    if (run->options->outputs.count == 0) // nobody asked for anything: show everything
        values_print(info, bytes.data, bytes.size);
    return TOOL_OK;
}

// The grid is derived where none was given; its sizes are those of the inputs, and the declared
// ones of what the run allocates. Elements without a size are refused by whoever runs the program.
static void say_grid(const struct run *run)
{
    uint32_t grid[3], size[3];
    const bool is_derived = run->launch.grid[0] == 0;
    uint64_t *bytes = tool_calloc(run->launch.count, sizeof *bytes);
    for (size_t i = 0; i < run->launch.count; i++) {
        const struct launch_slot *slot = &run->launch.slots[i];
        bytes[i] = slot->takes_input ? slot->bytes.size : slot->info.byte_size;
    }
    memcpy(grid, run->launch.grid, sizeof grid);
    vyre_program_workgroup_size(run->program, size);
    if (!is_derived ||
        vyre_program_derive_grid(run->program, bytes, run->launch.count, grid) == VYRE_OK)
        tool_say_verbose("grid: %u x %u x %u workgroups of %u x %u x %u%s", grid[0], grid[1],
                         grid[2], size[0], size[1], size[2],
                         is_derived ? ", derived from the sizes of the buffers" : "");
    free(bytes);
}

// ---- Interpreter --------------------------------------------------------------------------------

static int interpret(struct run *run)
{
    const struct tool_limit limit = {
        INTERPRETER_MEMORY,
        "of inputs are left; the interpreter has 1 GiB for all",
    };
    int code = read_inputs(run, &limit, &limit);
    if (code)
        return code;
    say_grid(run);
    struct vyre_bytes *inputs = tool_calloc(run->launch.count, sizeof *inputs);
    size_t count = 0;
    for (size_t i = 0; i < run->launch.count; i++) {
        const struct launch_slot *slot = &run->launch.slots[i];
        if (slot->takes_input)
            inputs[count++] = (struct vyre_bytes){ slot->bytes.data, slot->bytes.size };
    }
    struct vyre_interpret_params params = {
        .inputs = inputs,
        .input_count = count,
        .step_limit = option_number(run->options->steps, 0),
        .memory_limit = INTERPRETER_MEMORY,
        .split_grid_sync = true, // as a device does it
        .registry = run->ops,
        .diag = &run->diag,
    };
    memcpy(params.grid, run->launch.grid, sizeof params.grid);
    struct vyre_outputs *outputs = NULL;
    enum vyre_result result = vyre_interpret(run->program, &params, &outputs);
    code = result ? tool_failed(result, "interpreter") : TOOL_OK;
    for (size_t i = 0; !code && i < vyre_outputs_count(outputs); i++) {
        size_t buffer = 0;
        struct vyre_bytes bytes = vyre_outputs_get(outputs, i, &buffer);
        code = write_output(run, buffer, bytes);
    }
    vyre_outputs_destroy(&outputs);
    free(inputs);
    return code;
}

// ---- Device -------------------------------------------------------------------------------------

static void print_stats(const struct vyre_kernel *kernel)
{
    struct vyre_kernel_stats stats;
    vyre_kernel_get_stats(kernel, &stats);
    fprintf(stderr, "module: %s, %u words\nlowering: %.1f us\npipeline: %.1f us%s\n",
            stats.module_cached ? "from the cache" : "compiled", stats.word_count,
            (double)stats.lower_ns / 1000.0, (double)stats.pipeline_ns / 1000.0,
            stats.pipeline_cached ? ", with the driver's data from the cache" : "");
}

static enum vyre_float_mode float_mode_of(const struct run_options *options)
{
    return options->float_mode == NO_CHOICE ? VYRE_FLOAT_STRICT
                                            : (enum vyre_float_mode)options->float_mode;
}

static int run_kernel(struct run *run, struct vyre_device *device, struct vyre_cache *cache)
{
    struct vyre_kernel *kernel = NULL;
    enum vyre_result result = vyre_kernel_create(
        device,
        vyre_kernel_params(.program = run->program, .cache = cache,
                           .no_optimize = run->options->no_optimize,
                           .debug_info = run->options->debug_info,
                           .loop_budget = (uint32_t)option_number(run->options->loop_budget, 0),
                           .float_mode = float_mode_of(run->options), .registry = run->ops,
                           .diag = &run->diag),
        &kernel);
    if (!result && run->options->stats)
        print_stats(kernel);
    if (!result)
        result = launch_dispatch(&run->launch, device, kernel,
                                 option_number(run->options->timeout, DEFAULT_TIMEOUT) *
                                     UINT64_C(1000000000),
                                 &run->diag);
    vyre_kernel_destroy(&kernel);
    if (result)
        return tool_failed(result, "run");
    int code = TOOL_OK;
    for (size_t i = 0; !code && i < run->launch.count; i++) {
        struct vyre_bytes bytes;
        if (!run->launch.slots[i].is_returned)
            continue;
        result = launch_output(&run->launch.slots[i], &bytes);
        code = result ? tool_failed(result, "run") : write_output(run, i, bytes);
    }
    return code;
}

static int read_device_inputs(struct run *run, const struct vyre_device *device)
{
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    return read_inputs(
        run, &(struct tool_limit){ info.target.max_storage_range, "fit one buffer of this device" },
        &(struct tool_limit){ info.memory_bytes, "are left of the memory of this device" });
}

static int run_on_device(struct run *run)
{
    struct vyre_cache *cache = run->options->no_cache ? NULL : tool_cache_try();
    struct vyre_device *device = NULL;
    struct vyre_pretend pretend;
    int code = tool_pretend("run", &run->options->pretend, &pretend);
    if (!code)
        code = tool_device_open(run->options->device, &pretend, cache, &device);
    if (!code)
        code = read_device_inputs(run, device);
    if (!code) {
        say_grid(run);
        code = run_kernel(run, device, cache);
    }
    vyre_device_destroy(&device);
    vyre_cache_close(&cache);
    return code;
}

// An option that was given and that the interpreter has no use for; NULL: none.
static const char *for_devices(const struct run_options *options)
{
    return options->stats                     ? "--stats"
           : options->no_cache                ? "--no-cache"
           : options->no_optimize             ? "-O0"
           : options->debug_info              ? "-g"
           : options->float_mode != NO_CHOICE ? "--float"
                                              : NULL;
}

static int check_options(const struct run_options *options)
{
    const bool has_timeout = options->timeout != NOT_GIVEN;
    const bool has_budget = options->loop_budget != NOT_GIVEN;
    if (options->interpret && (options->device || options->pretend.count))
        return tool_usage("run", "--interp excludes --device and --pretend");
    if (options->interpret && (has_timeout || has_budget))
        return tool_usage("run",
                          "--interp and --%s exclude each other\n"
                          "Fix: use --steps N to end a run of the interpreter",
                          has_timeout ? "timeout" : "loop-budget");
    const char *idle = for_devices(options);
    if (options->interpret && idle)
        return tool_usage("run", "--interp and %s exclude each other: it is for devices", idle);
    if (!options->interpret && options->steps != NOT_GIVEN)
        return tool_usage("run", "--steps is for --interp; on a device there are --timeout and "
                                 "--loop-budget");
    if (has_timeout && (options->timeout == 0 || options->timeout > UINT32_MAX))
        return tool_usage("run",
                          "--timeout takes 1 to %u seconds\n"
                          "Fix: leave it out for the default of %d seconds, or give more",
                          UINT32_MAX, DEFAULT_TIMEOUT);
    if (has_budget && options->loop_budget > UINT32_MAX)
        return tool_usage("run", "--loop-budget takes at most %u passes", UINT32_MAX);
    return TOOL_OK;
}

static int check_standard_input(const struct run_options *options, const char *const *operands,
                                size_t operand_count)
{
    const size_t readers = tool_count_standard_input(operands, operand_count) +
                           tool_count_named_standard_input(&options->inputs) +
                           tool_count_named_standard_input(&options->ops);
    return tool_check_standard_input("run", readers);
}

// A program that is wrong is told to be so before anything is asked of who runs it.
static int validate(const struct run *run, const char *path)
{
    enum vyre_result result = vyre_program_validate(
        run->program, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                           .registry = run->ops, .diag = &run->diag));
    return result ? tool_failed(result, tool_name_of(path)) : TOOL_OK;
}

static int run_run(const void *options, const char *const *operands, size_t operand_count)
{
    struct run run = { .options = options, .diag = tool_diag_of(operands[0]) };
    int code = check_options(run.options);
    if (!code)
        code = check_standard_input(run.options, operands, operand_count);
    if (!code && run.options->grid)
        code = parse_grid(run.options->grid, run.launch.grid);
    if (!code)
        code = ops_read("run", &run.options->ops, &run.ops);
    if (!code)
        code = tool_read_program(operands[0], &run.program);
    if (!code)
        code = validate(&run, operands[0]);
    if (!code) {
        launch_describe(&run.launch, run.program);
        run.bindings = tool_calloc(run.launch.count, sizeof *run.bindings);
        code = bind(&run, &run.options->inputs, true);
    }
    if (!code)
        code = bind(&run, &run.options->outputs, false);
    if (!code)
        code = check_outputs(&run, operands[0]);
    if (!code)
        code = parse_inputs(&run);
    if (!code)
        warn_of_empty(&run);
    if (!code)
        code = run.options->interpret ? interpret(&run) : run_on_device(&run);
    run_fini(&run);
    return code;
}

const struct command command_run = {
    .name = "run",
    .operands = "PROGRAM",
    .summary = "Run a program once, on a device or in the interpreter",
    .description =
        "Reads PROGRAM (text, wire format or hex envelope; - is standard input), fills its buffers "
        "by name, "
        "dispatches it and "
        "prints what it returns: without --out, every returned buffer as `name: values`.\n\n"
        "Every buffer that the program does not allocate itself needs --in. A trap, or a loop "
        "that "
        "ran out of iterations, is an error, and nothing is printed then.",
    .options = run_table,
    .options_size = sizeof(struct run_options),
    .defaults = &run_defaults,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_run,
};
