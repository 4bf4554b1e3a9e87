// SPDX-License-Identifier: MIT
// Compiles kernels with AMD's compiler for the family that RADV_FORCE_FAMILY names, and prints what
// they cost: one line "KERNEL instructions sgprs vgprs spilled lds code" for each. amd.py runs it
// for every family and compares with amd.golden. A kernel that the driver refuses is a failure.
//
// usage: amd [--isa] [--glsl450] [--fast] [--every N] INPUT...
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

struct amd {
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

static bool cost_words(struct amd *amd, const char *name, const struct kernel_shape *kernel,
                       struct kernel_cost *cost)
{
    char *isa = NULL;
    if (!null_device_compile(&amd->device, kernel, cost, amd->isa ? &isa : NULL)) {
        printf("FAIL %s does not compile\n", name);
        amd->failed = true;
        return false;
    }
    if (isa)
        printf("== %s\n%s\n", name, isa);
    free(isa);
    return true;
}

static void print_cost(const struct amd *amd, const char *name, const struct kernel_cost *cost)
{
    if (!amd->isa)
        printf("%s %llu %llu %llu %llu %llu %llu\n", name, (unsigned long long)cost->instructions,
               (unsigned long long)cost->sgprs, (unsigned long long)cost->vgprs,
               (unsigned long long)cost->spilled, (unsigned long long)cost->lds,
               (unsigned long long)cost->code);
}

// What the compiler refuses is not a failure of this test: VYRE_ERR_UNSUPPORTED.
static enum vyre_result cost_program(struct amd *amd, const char *name,
                                     const struct vyre_program *program, struct kernel_cost *cost)
{
    struct vyre_module *module = NULL;
    enum vyre_result result = vyre_compile(
        program, vyre_compile_params(.target = &amd->device.plan.target, .float_mode = amd->mode),
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
    bool ok = cost_words(amd, name, &kernel, cost);
    vyre_module_destroy(&module);
    return ok ? VYRE_OK : VYRE_ERR_DEVICE;
}

static void require(struct amd *amd, const char *name, struct vyre_program *program)
{
    struct kernel_cost cost;
    enum vyre_result result = program ? cost_program(amd, name, program, &cost) : VYRE_ERR_LIMIT;
    if (result == VYRE_OK)
        print_cost(amd, name, &cost);
    else if (result != VYRE_ERR_DEVICE)
        printf("FAIL %s: %s\n", name, vyre_result_name(result));
    amd->failed |= result != VYRE_OK;
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

static void run_text(struct amd *amd, const char *path)
{
    size_t size = 0;
    char *text = read_file(path, &size);
    struct vyre_program *program = NULL;
    if (text && vyre_program_parse(text, size, path, NULL, &program) != VYRE_OK)
        program = NULL;
    require(amd, base_name(path), program);
    free(text);
}

// A module of another compiler: any layout with enough in it will do.
static void run_spv(struct amd *amd, const char *path)
{
    struct kernel_shape kernel = { .binding_count = 8, .push_bytes = 128 };
    size_t size = 0;
    char *bytes = read_file(path, &size);
    uint32_t *words = malloc(size + 1);
    if (!bytes || !words || size % 4) {
        printf("FAIL %s cannot be read\n", path);
        amd->failed = true;
    } else {
        memcpy(words, bytes, size);
        kernel.words = words;
        kernel.word_count = size / 4;
        struct kernel_cost cost;
        if (cost_words(amd, base_name(path), &kernel, &cost))
            print_cost(amd, base_name(path), &cost);
    }
    free(words);
    free(bytes);
}

static void run_scan(struct amd *amd, const char *name, bool counting)
{
    const struct scan_shape shape = { 256, 256, counting };
    struct vyre_program *payload = NULL;
    struct vyre_program *kernel = NULL;
    struct mk_shape fused;
    if (scan_payload_create(&shape, &payload) == VYRE_OK)
        (void)!mk_fuse(payload, &(struct mk_fuse_params){ 0 }, &kernel, &fused);
    vyre_program_destroy(&payload);
    require(amd, name, kernel);
}

// ---- The corpus -------------------------------------------------------------------------------

static bool seen_before(struct amd *amd, const struct hex *wire)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (size_t i = 0; i < wire->size; i++)
        hash = (hash ^ wire->data[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < amd->seen.count; i++)
        if (amd->seen.items[i] == hash)
            return true;
    if (!array_push(&amd->seen, hash))
        abort();
    return false;
}

static void run_record(void *user, const json_t *record)
{
    struct amd *amd = user;
    const char *text = json_string_value(json_object_get(record, "wire"));
    struct hex wire = hex_decode(text);
    struct vyre_program *program = NULL;
    if (text && !seen_before(amd, &wire) && amd->distinct++ % amd->every == 0 &&
        vyre_program_decode(wire.data, wire.size, NULL, &program) == VYRE_OK) {
        struct kernel_cost cost = { 0 };
        const char *name = json_string_value(json_object_get(record, "name"));
        enum vyre_result result = cost_program(amd, name, program, &cost);
        amd->compiled += result == VYRE_OK;
        amd->refused += result != VYRE_OK;
        amd->sum.instructions += cost.instructions;
        amd->sum.sgprs += cost.sgprs;
        amd->sum.vgprs += cost.vgprs;
        amd->sum.spilled += cost.spilled;
        amd->sum.lds += cost.lds;
        amd->sum.code += cost.code;
    }
    vyre_program_destroy(&program);
    hex_free(&wire);
}

static void run_corpus(struct amd *amd, const char *path)
{
    amd->sum = (struct kernel_cost){ 0 };
    amd->distinct = amd->compiled = amd->refused = 0;
    amd->failed |= !records_read(path, run_record, amd);
    if (amd->compiled == 0) {
        printf("FAIL %s: no program was compiled\n", path);
        amd->failed = true;
    }
    char name[200];
    snprintf(name, sizeof name, "%s:%u", base_name(path), amd->compiled);
    print_cost(amd, name, &amd->sum);
}

// ---- Main -------------------------------------------------------------------------------------

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    return size > strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static bool run_input(struct amd *amd, const char *input)
{
    if (strcmp(input, "scan") == 0)
        run_scan(amd, "scan", false);
    else if (strcmp(input, "scan-counts") == 0)
        run_scan(amd, "scan-counts", true);
    else if (ends_with(input, ".vyre"))
        run_text(amd, input);
    else if (ends_with(input, ".spv"))
        run_spv(amd, input);
    else if (ends_with(input, ".jsonl"))
        run_corpus(amd, input);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct amd amd = { .every = 1 };
    if (!null_device_open(&amd.device))
        return amd.device.refused ? 1 : 77;
    printf("# %s, %s %s\n", amd.device.snapshot.name, amd.device.snapshot.driver_name,
           amd.device.snapshot.driver_info);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--isa") == 0) {
            amd.isa = true;
        } else if (strcmp(argv[i], "--glsl450") == 0) {
            amd.device.plan.target.memory_model = VYRE_MEMORY_GLSL450;
        } else if (strcmp(argv[i], "--fast") == 0) {
            amd.mode = VYRE_FLOAT_FAST;
        } else if (strcmp(argv[i], "--every") == 0 && i + 1 < argc) {
            amd.every = (unsigned)strtoul(argv[++i], NULL, 10);
            amd.every += amd.every == 0;
        } else if (!run_input(&amd, argv[i])) {
            printf("what is '%s'? See the head of amd.c\n", argv[i]);
            amd.failed = true;
        }
    }
    array_fini(&amd.seen);
    null_device_close(&amd.device);
    return amd.failed;
}
