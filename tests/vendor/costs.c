// SPDX-License-Identifier: MIT
// Compiles kernels with the compiler of a hardware vendor, without the hardware, for the device
// that the environment names, and prints what they cost: one line for each, its name and the
// counts of null_device.h. vendor.py runs it for every family of a vendor and compares with a
// table. A kernel that the driver refuses is a failure.
//
// usage: costs [--isa] [--glsl450] [--fast] [--every N] INPUT...
//   FILE.vyre     a program; its name is the file's
//   FILE.spv      a module; its name is the file's
//   FILE.jsonl    corpus records: every program that the compiler takes, summed up in one line
//   scan          the resident scan kernel, as scans compile it for this device
//   --isa         the machine code instead of the costs
//   --glsl450     the older memory model, though the device has the newer one
//   --fast        the driver's float arithmetic, as the benchmarks measure it
//   --every N     only every Nth distinct program of a corpus file
#include "null_device.h"

#include "records.h"
#include "base/array.h"
#include "hex.h"
#include "megakernel/program/fuse.h"
#include "scan/program/payload.h"
#include "spirv/lower.h"

#include <stdlib.h>
#include <string.h>

struct run {
    struct null_device device;
    bool isa;
    enum vyre_float_mode mode;
    unsigned every;
    bool failed;
    // Of the corpus file at hand.
    struct kernel_cost sum;
    unsigned distinct, compiled, refused;
    struct {
        ARRAY(uint64_t);
    } seen; // hashes of wires
};

// ---- One kernel -------------------------------------------------------------------------------

static bool cost_words(struct run *run, const char *name, const struct kernel_shape *kernel,
                       struct kernel_cost *cost)
{
    char *isa = NULL;
    if (!null_device_compile(&run->device, kernel, cost, run->isa ? &isa : NULL)) {
        printf("FAIL %s does not compile\n", name);
        run->failed = true;
        return false;
    }
    if (isa)
        printf("== %s\n%s\n", name, isa);
    free(isa);
    return true;
}

static void print_cost(const struct run *run, const char *name, const struct kernel_cost *cost)
{
    if (run->isa)
        return;
    printf("%s", name);
    for (uint32_t i = 0; i < null_device_counts(&run->device); i++)
        printf(" %llu", (unsigned long long)cost->counts[i]);
    printf("\n");
}

// What the compiler refuses is not a failure of this test: VYRE_ERR_UNSUPPORTED.
static enum vyre_result cost_program(struct run *run, const char *name,
                                     const struct vyre_program *program, struct kernel_cost *cost)
{
    struct vyre_module *module = NULL;
    enum vyre_result result = vyre_compile(
        program, vyre_compile_params(.target = &run->device.plan.target, .float_mode = run->mode),
        &module);
    if (result != VYRE_OK)
        return result;
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    struct kernel_shape kernel = {
        .binding_count = (uint32_t)info.binding_count + (info.fault_binding != UINT32_MAX),
        .push_bytes = info.push_bytes,
        .subgroup_size = info.subgroup_size,
    };
    kernel.words = vyre_module_words(module, &kernel.word_count);
    bool ok = cost_words(run, name, &kernel, cost);
    vyre_module_destroy(&module);
    return ok ? VYRE_OK : VYRE_ERR_DEVICE;
}

static void require(struct run *run, const char *name, struct vyre_program *program)
{
    struct kernel_cost cost;
    enum vyre_result result = program ? cost_program(run, name, program, &cost) : VYRE_ERR_LIMIT;
    if (result == VYRE_OK)
        print_cost(run, name, &cost);
    else if (result != VYRE_ERR_DEVICE)
        printf("FAIL %s: %s\n", name, vyre_result_name(result));
    run->failed |= result != VYRE_OK;
    vyre_program_destroy(&program);
}

// ---- Inputs -----------------------------------------------------------------------------------

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        long end = ftell(file);
        rewind(file);
        bytes = end >= 0 ? calloc(1, (size_t)end + 1) : NULL;
        *size = bytes ? fread(bytes, 1, (size_t)end, file) : 0;
    }
    if (file)
        fclose(file);
    return bytes;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void run_text(struct run *run, const char *path)
{
    size_t size = 0;
    char *text = read_file(path, &size);
    struct vyre_program *program = NULL;
    if (text && vyre_program_parse(text, size, path, NULL, &program) != VYRE_OK)
        program = NULL;
    require(run, base_name(path), program);
    free(text);
}

// A module of another compiler: any layout with enough in it will do.
static void run_spv(struct run *run, const char *path)
{
    struct kernel_shape kernel = { .binding_count = 8, .push_bytes = 128 };
    size_t size = 0;
    char *bytes = read_file(path, &size);
    uint32_t *words = malloc(size + 1);
    if (!bytes || !words || size % 4) {
        printf("FAIL %s cannot be read\n", path);
        run->failed = true;
    } else {
        memcpy(words, bytes, size);
        kernel.words = words;
        kernel.word_count = size / 4;
        struct kernel_cost cost;
        if (cost_words(run, base_name(path), &kernel, &cost))
            print_cost(run, base_name(path), &cost);
    }
    free(words);
    free(bytes);
}

static void run_scan(struct run *run, const char *name, bool counting)
{
    const struct scan_shape shape = { 256, 256, counting };
    struct vyre_program *payload = NULL;
    struct vyre_program *kernel = NULL;
    struct mk_shape fused;
    if (scan_payload_create(&shape, &payload) == VYRE_OK)
        (void)!mk_fuse(payload, &(struct mk_fuse_params){ 0 }, &kernel, &fused);
    vyre_program_destroy(&payload);
    require(run, name, kernel);
}

// ---- The corpus -------------------------------------------------------------------------------

static bool seen_before(struct run *run, const struct hex *wire)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < wire->size; i++)
        hash = (hash ^ wire->data[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < run->seen.count; i++)
        if (run->seen.items[i] == hash)
            return true;
    if (!array_push(&run->seen, hash))
        abort();
    return false;
}

static void run_record(void *user, const json_t *record)
{
    struct run *run = user;
    const char *text = json_string_value(json_object_get(record, "wire"));
    struct hex wire = hex_decode(text);
    struct vyre_program *program = NULL;
    if (text && !seen_before(run, &wire) && run->distinct++ % run->every == 0 &&
        vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK) {
        struct kernel_cost cost = { 0 };
        const char *name = json_string_value(json_object_get(record, "name"));
        enum vyre_result result = cost_program(run, name, program, &cost);
        run->compiled += result == VYRE_OK;
        run->refused += result != VYRE_OK;
        for (int i = 0; i < KERNEL_MOST_COUNTS; i++)
            run->sum.counts[i] += cost.counts[i];
    }
    vyre_program_destroy(&program);
    hex_free(&wire);
}

static void run_corpus(struct run *run, const char *path)
{
    run->sum = (struct kernel_cost){ 0 };
    run->distinct = run->compiled = run->refused = 0;
    run->failed |= !records_read(path, run_record, run);
    if (run->compiled == 0) {
        printf("FAIL %s: no program was compiled\n", path);
        run->failed = true;
    }
    char name[200];
    snprintf(name, sizeof name, "%s:%u", base_name(path), run->compiled);
    print_cost(run, name, &run->sum);
}

// ---- Main -------------------------------------------------------------------------------------

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    return size > strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static bool run_input(struct run *run, const char *input)
{
    if (strcmp(input, "scan") == 0)
        run_scan(run, "scan", false);
    else if (strcmp(input, "scan-counts") == 0)
        run_scan(run, "scan-counts", true);
    else if (ends_with(input, ".vyre"))
        run_text(run, input);
    else if (ends_with(input, ".spv"))
        run_spv(run, input);
    else if (ends_with(input, ".jsonl"))
        run_corpus(run, input);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct run run = { .every = 1 };
    if (!null_device_open(&run.device))
        return run.device.refused ? 1 : 77;
    printf("# %s, %s %s\n", run.device.snapshot.name, run.device.snapshot.driver_name,
           run.device.snapshot.driver_info);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--isa") == 0) {
            run.isa = true;
        } else if (strcmp(argv[i], "--glsl450") == 0) {
            run.device.plan.target.memory_model = VYRE_MEMORY_GLSL450;
        } else if (strcmp(argv[i], "--fast") == 0) {
            run.mode = VYRE_FLOAT_FAST;
        } else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
            run.every = (unsigned)strtoul(argv[++i], NULL, 10);
            run.every += run.every == 0;
        } else if (!run_input(&run, argv[i])) {
            printf("what is '%s'? See the head of costs.c\n", argv[i]);
            run.failed = true;
        }
    }
    array_fini(&run.seen);
    null_device_close(&run.device);
    return run.failed;
}
