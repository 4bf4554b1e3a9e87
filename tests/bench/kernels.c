// SPDX-License-Identifier: MIT
// How fast compiled code is: eight kernels in IR, checks on, against the same algorithms in GLSL
// compiled by glslc -O. One device, one process, in turn; the results must be equal.
//
// The GLSL was written first and is frozen: it is the baseline. Reported is the time of IR over
// that of GLSL, as the median of pairs with its 95 % interval from order statistics.
//
// usage: kernels [--json] [--rounds N] [--only NAME] [--float strict|exact|fast]
//
// The float mode is fast unless --float says otherwise.
#include "bench.h"

#include <math.h>
#include <string.h>

#include "vk/device.h"

enum { MOST_BUFFERS = 3, MOST_PUSH = 16 };

enum fill {
    FILL_ZERO,
    FILL_WORDS,  // any bits
    FILL_FLOATS, // between -1 and 1
    FILL_STATES, // below 64
    FILL_BASE64, // characters of base64
    FILL_VALUES, // values of the characters of base64
};

struct kernel_case {
    const char *name;
    uint32_t words[MOST_BUFFERS]; // of each buffer; 0: no buffer
    enum fill fill[MOST_BUFFERS];
    uint32_t grid[3];
    uint32_t n;    // push constant of the GLSL
    bool is_float; // results may differ by rounding
};

static const struct kernel_case cases[] = {
    { "saxpy", { 1 << 20, 1 << 20 }, { FILL_FLOATS, FILL_FLOATS }, { 4096, 1, 1 }, 1 << 20, true },
    { "fnv1a", { 1 << 20, 4096 }, { FILL_WORDS, FILL_ZERO }, { 64, 1, 1 }, 4096, false },
    { "dfa",
      { 1 << 20, 64 * 256, 4096 },
      { FILL_WORDS, FILL_STATES, FILL_ZERO },
      { 64, 1, 1 },
      4096,
      false },
    { "reduce", { 1 << 20, 1024 }, { FILL_WORDS, FILL_ZERO }, { 1024, 1, 1 }, 0, false },
    { "prefix", { 1 << 18, 1 << 18 }, { FILL_WORDS, FILL_ZERO }, { 1024, 1, 1 }, 0, false },
    { "histogram", { 1 << 18, 256 }, { FILL_WORDS, FILL_ZERO }, { 1024, 1, 1 }, 1 << 18, false },
    { "matmul",
      { 1 << 16, 1 << 16, 1 << 16 },
      { FILL_FLOATS, FILL_FLOATS, FILL_ZERO },
      { 16, 16, 1 },
      0,
      true },
    { "base64",
      { 1 << 20, 256, 3 << 18 },
      { FILL_BASE64, FILL_VALUES, FILL_ZERO },
      { 4096, 1, 1 },
      1 << 18,
      false },
};
enum { CASES = sizeof cases / sizeof *cases };

// ---- Inputs -----------------------------------------------------------------------------------

static uint32_t random_word(uint64_t *seed) // splitmix64
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(z >> 32);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t fill_word(enum fill fill, uint32_t index, uint64_t *seed)
{
    uint32_t word = 0;
    float number;
    switch (fill) {
    case FILL_WORDS: return random_word(seed);
    case FILL_FLOATS:
        number = (float)(random_word(seed) >> 8) / 8388608.0f - 1.0f;
        memcpy(&word, &number, sizeof word);
        return word;
    case FILL_STATES: return random_word(seed) & 63;
    case FILL_BASE64:
        for (int i = 0; i < 4; i++)
            word = word << 8 | (uint8_t)alphabet[random_word(seed) & 63];
        return word;
    case FILL_VALUES: {
        const char *place = index ? strchr(alphabet, (int)index) : NULL;
        return place ? (uint32_t)(place - alphabet) : 0;
    }
    case FILL_ZERO: break;
    }
    return 0;
}

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    long end = ftell(file);
    rewind(file);
    char *bytes = calloc(1, (size_t)end + 1);
    if (!bytes || fread(bytes, 1, (size_t)end, file) != (size_t)end) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *size = (size_t)end;
    return bytes;
}

// ---- One side ---------------------------------------------------------------------------------

struct side {
    struct vyre_device *device; // borrowed
    struct vk_pipeline *pipeline;
    struct vk_bindings *bindings;
    struct vyre_buffer *buffers[MOST_BUFFERS];
    struct vyre_buffer *fault;
    uint32_t push[MOST_PUSH];
    uint32_t push_bytes;
};

static void make_buffers(struct side *side, const struct kernel_case *kernel)
{
    uint64_t seed = 1;
    for (int b = 0; b < MOST_BUFFERS && kernel->words[b]; b++) {
        void *host = NULL;
        bench_check(vyre_buffer_create(
                        side->device,
                        vyre_buffer_params(.size = kernel->words[b] * 4ull, .diag = &bench_sink),
                        &side->buffers[b]),
                    "buffer");
        bench_check(vyre_buffer_map(side->buffers[b], &host), "map");
        for (uint32_t i = 0; i < kernel->words[b]; i++)
            ((uint32_t *)host)[i] = fill_word(kernel->fill[b], i, &seed);
    }
}

static void make_pipeline(struct side *side, const struct kernel_case *kernel,
                          const uint32_t *words, size_t count, bool faults)
{
    static const uint32_t numbers[MOST_BUFFERS + 1] = { 0, 1, 2, 3 };
    struct vk_range ranges[MOST_BUFFERS + 1];
    uint32_t bindings = 0;
    for (; bindings < MOST_BUFFERS && kernel->words[bindings]; bindings++)
        ranges[bindings] = (struct vk_range){ side->buffers[bindings], 0,
                                              vyre_buffer_size(side->buffers[bindings]) };
    if (faults) {
        bench_check(vyre_buffer_create(side->device, vyre_buffer_params(.size = 16), &side->fault),
                    "fault record");
        ranges[bindings++] = (struct vk_range){ side->fault, 0, 16 };
    }
    const struct vk_pipeline_params params = {
        .words = words,
        .word_count = count,
        .bindings = numbers,
        .binding_count = bindings,
        .push_bytes = side->push_bytes,
        .diag = &bench_sink,
    };
    bench_check(vk_pipeline_create(side->device, &params, &side->pipeline), kernel->name);
    bench_check(vk_bindings_create(side->pipeline, ranges, bindings, &side->bindings),
                kernel->name);
}

// False: the compiler refuses the program, and said why.
static bool make_ir(struct side *side, const struct kernel_case *kernel, enum vyre_float_mode mode)
{
    char path[500];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s.vyre", KERNELS_SOURCE, kernel->name);
    char *text = read_file(path, &size);
    struct vyre_program *program = NULL;
    struct vyre_module *module = NULL;
    struct vyre_target target;
    vyre_device_target(side->device, &target);
    bench_check(vyre_program_parse(text, size, path, &bench_sink, &program), path);
    enum vyre_result result = vyre_compile(
        program, vyre_compile_params(.target = &target, .float_mode = mode, .diag = &bench_sink),
        &module);
    vyre_program_destroy(&program);
    free(text);
    if (result == VYRE_ERR_UNSUPPORTED)
        return false;
    bench_check(result, path);
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    for (size_t i = 0; i < info.binding_count; i++)
        side->push[i] = kernel->words[i] * 4;
    vyre_module_derive(&info, side->push);
    side->push_bytes = info.push_bytes;
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    make_pipeline(side, kernel, words, count, info.fault_binding != UINT32_MAX);
    vyre_module_destroy(&module);
    return true;
}

static void make_glsl(struct side *side, const struct kernel_case *kernel)
{
    char path[500];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s.spv", KERNELS_BUILD, kernel->name);
    uint32_t *words = read_file(path, &size);
    side->push[0] = kernel->n;
    side->push_bytes = kernel->n ? 4 : 0;
    make_pipeline(side, kernel, words, size / 4, false);
    free(words);
}

static void side_fini(struct side *side)
{
    vk_bindings_unref(&side->bindings);
    vk_pipeline_unref(&side->pipeline);
    for (int b = 0; b < MOST_BUFFERS; b++)
        vyre_buffer_destroy(&side->buffers[b]);
    vyre_buffer_destroy(&side->fault);
}

// Seconds of `times` dispatches, one after another.
static double run(struct side *side, const struct kernel_case *kernel, int times)
{
    static const uint32_t origin[3] = { 0, 0, 0 };
    struct vk_commands *commands = NULL;
    uint64_t point = 0;
    bench_check(vk_commands_begin(side->device, &commands), "commands");
    for (int i = 0; i < times; i++) {
        vk_commands_dispatch(commands, side->pipeline, side->bindings, side->push, side->push_bytes,
                             origin, kernel->grid);
        vk_commands_barrier(commands);
    }
    double start = bench_now();
    bench_check(vk_commands_submit(&commands, &point), "submit");
    bench_check(vk_wait_or_hang(side->device, point, UINT64_C(60000000000)), "wait");
    return bench_now() - start;
}

// ---- Comparing --------------------------------------------------------------------------------

static bool close_enough(uint32_t a, uint32_t b, bool is_float)
{
    float x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return a == b || (is_float && fabsf(x - y) <= 1e-4f * (1.0f + fabsf(x)));
}

static void compare(const struct kernel_case *kernel, struct side *ir, struct side *glsl)
{
    for (int b = 0; b < MOST_BUFFERS && kernel->words[b]; b++) {
        void *ours = NULL, *theirs = NULL;
        bench_check(vyre_buffer_map(ir->buffers[b], &ours), "map");
        bench_check(vyre_buffer_map(glsl->buffers[b], &theirs), "map");
        for (uint32_t i = 0; i < kernel->words[b]; i++) {
            uint32_t a = ((uint32_t *)ours)[i], c = ((uint32_t *)theirs)[i];
            if (close_enough(a, c, kernel->is_float))
                continue;
            fprintf(stderr, "%s: buffer %d, word %u is %08x in IR and %08x in GLSL\n", kernel->name,
                    b, i, a, c);
            exit(1);
        }
    }
}

struct figures {
    struct bench_spread ratio;    // low and high: the 95 % interval of the median
    struct bench_spread ir, glsl; // microseconds of one dispatch
};

// The 95 % interval of a median lies between the values of rank n/2 -+ 0.98 sqrt(n).
static struct bench_spread interval(double *values, int count)
{
    struct bench_spread spread = bench_spread(values, count);
    int reach = (int)(0.98 * sqrt(count)) + 1;
    if (reach <= count / 2) {
        spread.low = values[count / 2 - reach + (count % 2 == 0)];
        spread.high = values[count / 2 + reach < count ? count / 2 + reach : count - 1];
    }
    return spread;
}

static struct figures measure(const struct kernel_case *kernel, struct side *ir, struct side *glsl,
                              int rounds)
{
    double ratios[BENCH_MOST_ROUNDS], ours[BENCH_MOST_ROUNDS], theirs[BENCH_MOST_ROUNDS];
    run(ir, kernel, 1);
    double once = run(glsl, kernel, 1);
    compare(kernel, ir, glsl);
    int times = once < 0.004 ? (int)(0.004 / (once + 1e-6)) + 1 : 1;
    for (int i = 0; i < rounds; i++) {
        double a = i % 2 ? 0 : run(ir, kernel, times);
        double b = run(glsl, kernel, times);
        a = i % 2 ? run(ir, kernel, times) : a;
        ratios[i] = a / b;
        ours[i] = a / times * 1e6;
        theirs[i] = b / times * 1e6;
    }
    compare(kernel, ir, glsl);
    return (struct figures){ interval(ratios, rounds), bench_spread(ours, rounds),
                             bench_spread(theirs, rounds) };
}

// ---- Main -------------------------------------------------------------------------------------

struct options {
    bool json;
    int rounds;
    const char *only;
    enum vyre_float_mode mode;
};

static const struct {
    const char *name;
    enum vyre_float_mode mode;
} float_modes[] = {
    { "strict", VYRE_FLOAT_STRICT },
    { "exact", VYRE_FLOAT_EXACT },
    { "fast", VYRE_FLOAT_FAST },
};

static bool read_mode(const char *text, enum vyre_float_mode *out)
{
    for (size_t i = 0; i < sizeof float_modes / sizeof *float_modes; i++)
        if (strcmp(text, float_modes[i].name) == 0) {
            *out = float_modes[i].mode;
            return true;
        }
    return false;
}

static struct options parse(int argc, char **argv)
{
    struct options options = { .rounds = 31, .mode = VYRE_FLOAT_FAST };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            options.json = true;
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            options.rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            options.only = argv[++i];
        else if (strcmp(argv[i], "--float") != 0 || i + 1 >= argc ||
                 !read_mode(argv[++i], &options.mode))
            options.rounds = 0;
    }
    if (options.rounds < 1 || options.rounds > BENCH_MOST_ROUNDS) {
        fprintf(stderr, "usage: %s [--json] [--rounds 1..%d] [--only NAME] [--float MODE]\n",
                argv[0], BENCH_MOST_ROUNDS);
        exit(2);
    }
    return options;
}

static void print(const struct options *options, const struct kernel_case *kernel,
                  const struct figures *figures, bool first)
{
    if (!options->json) {
        printf("%-10s %6.3f (%.3f to %.3f)   IR %9.1f us   GLSL %9.1f us\n", kernel->name,
               figures->ratio.median, figures->ratio.low, figures->ratio.high, figures->ir.median,
               figures->glsl.median);
        fflush(stdout);
        return;
    }
    printf("%s{\"kernel\": \"%s\", ", first ? "" : ", ", kernel->name);
    bench_print_json("ratio", figures->ratio);
    printf(", ");
    bench_print_json("ir_us", figures->ir);
    printf(", ");
    bench_print_json("glsl_us", figures->glsl);
    printf("}");
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    struct vyre_device *device = NULL;
    bench_check(vyre_device_create(vyre_device_params(.diag = &bench_sink), &device), "device");
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    double logs = 0;
    int measured = 0, refused = 0;
    if (options.json)
        printf("{\"device\": \"%s\", \"kernels\": [", info.name);
    else
        printf("IR over GLSL (below 1: IR is faster), on %s\n", info.name);
    for (int i = 0; i < CASES; i++) {
        if (options.only && strcmp(options.only, cases[i].name) != 0)
            continue;
        struct side ir = { .device = device };
        struct side glsl = { .device = device };
        make_buffers(&ir, &cases[i]);
        make_buffers(&glsl, &cases[i]);
        if (make_ir(&ir, &cases[i], options.mode)) {
            make_glsl(&glsl, &cases[i]);
            struct figures figures = measure(&cases[i], &ir, &glsl, options.rounds);
            print(&options, &cases[i], &figures, measured == 0);
            logs += log(figures.ratio.median);
            measured++;
        } else {
            refused++;
        }
        side_fini(&ir);
        side_fini(&glsl);
    }
    double mean = measured ? exp(logs / measured) : 0;
    if (options.json)
        printf("], \"refused\": %d, \"geometric_mean\": %.4f}\n", refused, mean);
    else
        printf("geometric mean of %d: %.3f; %d refused\n", measured, mean, refused);
    vyre_device_destroy(&device);
    return refused != 0 || measured == 0;
}
