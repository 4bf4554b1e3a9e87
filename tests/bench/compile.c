// SPDX-License-Identifier: MIT
// Compile time: IR to SPIR-V in the library, for the kernels of tests/bench/kernels and for
// generated programs of growing size, where time per statement must not grow. Beside it, the same
// algorithms in GLSL by glslc -O, start of the process included; without glslc there is no such
// figure. tools/bench compares whole processes, and naga's too.
//
// Warm is the median of many compilations in one process; first is the first one in a process of
// its own. Times are those of the processor.
//
// usage: compile [--json] [--rounds N] [--statements N]...
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "program.h"
#include "spirv/lower.h"

enum { REPEATS = 20 };

static const char *const kernels[] = { "saxpy", "fnv1a", "dfa", "reduce", "histogram" };

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

static char *read_kernel(const char *name, size_t *size)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s.vyre", KERNELS_SOURCE, name);
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    *size = file && text ? fread(text, 1, (1 << 16) - 1, file) : 0;
    if (*size == 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return text;
}

// ---- GLSL ---------------------------------------------------------------------------------------

// Processor seconds of one run of glslc, start included, or 0 without glslc.
static double compile_glsl(const char *name, size_t *bytes)
{
    char source[1000];
    char made[] = "/tmp/vyre-bench-XXXXXX";
    struct rusage used = { 0 };
    struct stat about;
    int status = 1;
    const int file = mkstemp(made);
    if (file < 0)
        return 0;
    snprintf(source, sizeof source, "%s/%s.comp", KERNELS_SOURCE, name);
    const pid_t child = fork();
    if (child == 0) {
        execlp("glslc", "glslc", "-O", "--target-env=vulkan1.1", "-o", made, source, (char *)NULL);
        _exit(127);
    }
    const bool ended = child > 0 && wait4(child, &status, 0, &used) == child;
    const bool ran = ended && status == 0 && fstat(file, &about) == 0;
    *bytes = ran ? (size_t)about.st_size : 0;
    close(file);
    unlink(made);
    if (!ran)
        return 0;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

// ---- IR -----------------------------------------------------------------------------------------

enum way { WHOLE, WITHOUT_VALIDATION, AS_WRITTEN, WAYS };

static const char *const way_names[WAYS] = { "compile", "without_validation", "as_written" };

static double compile(const struct vyre_program *program, enum way way, size_t *bytes)
{
    struct vyre_module *module = NULL;
    struct vyre_target target; // of a common device: the portable one binds 4 buffers
    vyre_target_default(&target);
    for (int axis = 0; axis < 3; axis++)
        target.max_workgroup_size[axis] = 1024;
    target.max_workgroup_invocations = 1024;
    target.max_storage_buffers = 16;
    const struct vyre_compile_params params = { .target = &target,
                                                .no_optimize = way == AS_WRITTEN,
                                                .diag = &bench_sink };
    size_t words = 0;
    const double start = bench_cpu_now();
    if (way == WITHOUT_VALIDATION)
        bench_check(spv_lower(program, &params, &module), "lower");
    else
        bench_check(vyre_compile(program, &params, &module), "compile");
    const double seconds = bench_cpu_now() - start;
    (void)vyre_module_words(module, &words);
    *bytes = words * 4;
    vyre_module_destroy(&module);
    return seconds;
}

static struct vyre_program *parse(const char *name)
{
    size_t size = 0;
    struct vyre_program *program = NULL;
    char *text = read_kernel(name, &size);
    bench_check(vyre_program_parse(text, size, name, &bench_sink, &program), name);
    free(text);
    return program;
}

// The first compilation of a process, in a child that has done nothing else but parse.
static double compile_first(const struct vyre_program *program)
{
    int ends[2];
    double seconds = 0;
    size_t bytes;
    if (pipe(ends) != 0)
        exit(1);
    const pid_t child = fork();
    if (child == 0) {
        seconds = compile(program, WHOLE, &bytes);
        _exit(write(ends[1], &seconds, sizeof seconds) == (ssize_t)sizeof seconds ? 0 : 1);
    }
    int status = 1;
    close(ends[1]);
    if (child < 0 || read(ends[0], &seconds, sizeof seconds) != (ssize_t)sizeof seconds ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "the first compilation failed\n");
        exit(1);
    }
    close(ends[0]);
    return seconds;
}

// ---- Kernels ------------------------------------------------------------------------------------

// Microseconds.
struct kernel_figures {
    size_t bytes, as_written_bytes, glsl_bytes;
    struct bench_spread ways[WAYS], first, glsl;
};

static void measure_kernel(const char *name, int rounds, struct kernel_figures *out)
{
    double ways[WAYS][BENCH_MOST_ROUNDS], first[BENCH_MOST_ROUNDS], glsl[BENCH_MOST_ROUNDS];
    struct vyre_program *program = parse(name);
    for (int round = 0; round < rounds; round++)
        first[round] = compile_first(program) * 1e6;
    for (int round = 0; round < rounds; round++) {
        // What ran meanwhile took the caches, and the first one to be measured would pay for it.
        (void)compile(program, WHOLE, &out->bytes);
        for (int way = 0; way < WAYS; way++) {
            size_t *bytes = way == AS_WRITTEN ? &out->as_written_bytes : &out->bytes;
            ways[way][round] = 0;
            for (int i = 0; i < REPEATS; i++)
                ways[way][round] += compile(program, (enum way)way, bytes) * 1e6 / REPEATS;
        }
        glsl[round] = compile_glsl(name, &out->glsl_bytes) * 1e6;
    }
    for (int way = 0; way < WAYS; way++)
        out->ways[way] = bench_spread(ways[way], rounds);
    out->first = bench_spread(first, rounds);
    out->glsl = bench_spread(glsl, rounds);
    vyre_program_destroy(&program);
}

// ---- Sizes --------------------------------------------------------------------------------------

// Nanoseconds per statement.
struct size_figures {
    uint32_t statements;
    size_t bytes;
    struct bench_spread ways[WAYS];
};

static void measure_size(uint32_t statements, int rounds, struct size_figures *out)
{
    double ways[WAYS][BENCH_MOST_ROUNDS];
    struct vyre_program *program = bench_program(statements);
    const uint32_t repeats = statements < 5000 ? 5000 / statements : 1;
    size_t bytes;
    for (int round = 0; round < rounds; round++)
        for (int way = 0; way < WAYS; way++) {
            ways[way][round] = 0;
            for (uint32_t i = 0; i < repeats; i++)
                ways[way][round] += compile(program, (enum way)way, way ? &bytes : &out->bytes) *
                                    1e9 / ((double)statements * repeats);
        }
    out->statements = statements;
    for (int way = 0; way < WAYS; way++)
        out->ways[way] = bench_spread(ways[way], rounds);
    vyre_program_destroy(&program);
}

// ---- Results ------------------------------------------------------------------------------------

static void print_json(const struct kernel_figures *of, const struct size_figures *sizes, int count)
{
    printf("{\"bench\": \"compile\", \"kernels\": [");
    for (int i = 0; i < KERNELS; i++) {
        printf("%s{\"name\": \"%s\", \"unit\": \"us\", \"bytes\": %zu, \"as_written_bytes\": %zu, "
               "\"glslc_bytes\": %zu, ",
               i ? ", " : "", kernels[i], of[i].bytes, of[i].as_written_bytes, of[i].glsl_bytes);
        for (int way = 0; way < WAYS; way++) {
            bench_print_json(way_names[way], of[i].ways[way]);
            printf(", ");
        }
        bench_print_json("first", of[i].first);
        printf(", ");
        bench_print_json("glslc_process", of[i].glsl);
        printf("}");
    }
    printf("], \"sizes\": [");
    for (int i = 0; i < count; i++) {
        printf("%s{\"statements\": %u, \"unit\": \"ns per statement\", \"bytes\": %zu",
               i ? ", " : "", sizes[i].statements, sizes[i].bytes);
        for (int way = 0; way < WAYS; way++) {
            printf(", ");
            bench_print_json(way_names[way], sizes[i].ways[way]);
        }
        printf("}");
    }
    printf("]}\n");
}

static void print_table(const struct kernel_figures *of, const struct size_figures *sizes,
                        int count)
{
    printf("us, median (low to high); bytes of SPIR-V; glslc -O is a process\n");
    printf("%-10s %23s %12s %11s %9s %10s %7s %10s %6s\n", "kernel", "compile", "unvalidated",
           "as written", "first", "glslc", "bytes", "as written", "glslc");
    for (int i = 0; i < KERNELS; i++)
        printf("%-10s %7.1f (%5.1f to %5.1f) %12.1f %11.1f %9.1f %10.1f %7zu %10zu %6zu\n",
               kernels[i], of[i].ways[WHOLE].median, of[i].ways[WHOLE].low, of[i].ways[WHOLE].high,
               of[i].ways[WITHOUT_VALIDATION].median, of[i].ways[AS_WRITTEN].median,
               of[i].first.median, of[i].glsl.median, of[i].bytes, of[i].as_written_bytes,
               of[i].glsl_bytes);
    printf("\nns per statement\n%10s %26s %12s %11s\n", "statements", "compile", "unvalidated",
           "as written");
    for (int i = 0; i < count; i++)
        printf("%10u %9.0f (%5.0f to %5.0f) %12.0f %11.0f\n", sizes[i].statements,
               sizes[i].ways[WHOLE].median, sizes[i].ways[WHOLE].low, sizes[i].ways[WHOLE].high,
               sizes[i].ways[WITHOUT_VALIDATION].median, sizes[i].ways[AS_WRITTEN].median);
}

int main(int argc, char **argv)
{
    const struct bench_options options = bench_read_options("compile", argc, argv);
    const int count = options.size_count;
    struct kernel_figures of_kernels[KERNELS] = { 0 };
    struct size_figures of_sizes[BENCH_MOST_SIZES] = { 0 };
    for (int i = 0; i < KERNELS; i++)
        measure_kernel(kernels[i], options.rounds, &of_kernels[i]);
    for (int i = 0; i < count; i++)
        measure_size(options.sizes[i], options.rounds, &of_sizes[i]);
    options.json ? print_json(of_kernels, of_sizes, count)
                 : print_table(of_kernels, of_sizes, count);
    return 0;
}
