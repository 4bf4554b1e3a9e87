// SPDX-License-Identifier: MIT
// Makes the seeds of the fuzz targets that read programs from the conformance corpus: every STEPth
// program as its bytes and as its text, and the words of the text form as a dictionary.
//
// usage: seeds STEP FOLDER STAMP FILE.jsonl...
#include "fuzz.h"

#include "hex.h"
#include "ir/tables.h"
#include "records.h"

#include <string.h>
#include <sys/stat.h>
#include <vyre/program.h>

enum { SEED_MAX = 1 << 14 }; // bytes: fuzzers work best on small inputs

struct seeds {
    unsigned long step;
    const char *folder;
    unsigned seen;
    unsigned kept;
    bool failed;
};

static void write_file(struct seeds *seeds, const char *name, const void *bytes, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", seeds->folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        seeds->failed = true;
    }
}

static void make_folder(struct seeds *seeds, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", seeds->folder, name);
    mkdir(path, 0777); // what is wrong with it, writing the first file finds out
}

static void keep(struct seeds *seeds, const struct hex *bytes)
{
    char name[64];
    char *text;
    size_t size;
    struct vyre_program *program;
    snprintf(name, sizeof name, "wire/%05u", seeds->kept);
    write_file(seeds, name, bytes->data, bytes->size);
    if (vyre_program_decode(bytes->data, bytes->size, NULL, &program) == VYRE_OK &&
        vyre_program_print(program, &text, &size) == VYRE_OK) {
        snprintf(name, sizeof name, "text/%05u", seeds->kept);
        write_file(seeds, name, text, size);
        vyre_free(text);
    }
    vyre_program_destroy(&program);
    seeds->kept++;
}

static void visit(void *user, const json_t *record)
{
    struct seeds *seeds = user;
    const char *wire = json_string_value(json_object_get(record, "wire"));
    if (!wire || strlen(wire) > 2 * SEED_MAX || seeds->seen++ % seeds->step != 0)
        return;
    struct hex bytes = hex_decode(wire);
    keep(seeds, &bytes);
    hex_free(&bytes);
}

// The form that libFuzzer and AFL read: a quoted string a line.
static void write_dictionary(struct seeds *seeds)
{
    static const char words[] =
#define WORD(spelling)                            "\"" spelling "\"\n"
#define BINOP(id, tag, name, spelling, ...)       WORD(spelling)
#define UNOP(id, tag, name, spelling)             WORD(spelling)
#define ATOMIC(id, tag, name, spelling)           WORD(spelling)
#define TYPE(id, tag, spelling, ...)              WORD(spelling)
#define ENUM(id, tag, spelling)                   WORD(spelling)
#define EXT(id, kind, form, o, b, n, i, spelling) WORD(spelling)
#include "ir/atomic.def"
#include "ir/binop.def"
#include "ir/collective.def"
#include "ir/ext.def"
#include "ir/locality.def"
#include "ir/linear.def"
#include "ir/memory_kind.def"
#include "ir/ordering.def"
#include "ir/quant_scale.def"
#include "ir/quant_zero.def"
#include "ir/type.def"
#include "ir/unop.def"
        // What the parser spells itself.
        WORD("workgroup ") WORD("buffer ") WORD("shared ") WORD("op \\\"") WORD("noncomposable")
            WORD("unwrapped") WORD("readonly") WORD("readwrite") WORD("writeonly") WORD("output")
                WORD("liveout") WORD("result") WORD("range(") WORD("kind(") WORD("axis(")
                    WORD("align(") WORD("usage(") WORD("shape(") WORD("bytes_extraction") WORD(
                        "at_least(") WORD("affine(") WORD("let ") WORD("if ") WORD("else ")
                        WORD("loop i in 0..") WORD("region \\\"") WORD("from \\\"") WORD("barrier")
                            WORD("return") WORD("trap(") WORD("resume(") WORD("async_load(")
                                WORD("async_store(") WORD("async_wait(") WORD("indirect_dispatch(")
                                    WORD("all_reduce(") WORD("all_gather(") WORD("reduce_scatter(")
                                        WORD("broadcast(") WORD("opaque(\\\"") WORD("call \\\"")
                                            WORD("cast<") WORD("select(") WORD("fma(")
                                                WORD("subgroup_add(") WORD("subgroup_shuffle(")
                                                    WORD("subgroup_ballot(") WORD("len(")
                                                        WORD("f32.bits(0x") WORD("f64.bits(0x")
                                                            WORD("u64") WORD("i64") WORD("0x")
                                                                WORD("\\x41") WORD("+=") WORD("/*")
                                                                    WORD("*/") WORD("0b1") WORD(
                                                                        "scale:") WORD("zp:")
                                                                        WORD("per_channel(axis=")
                                                                            WORD("per_group(size=");
    write_file(seeds, "text.dict", words, sizeof words - 1);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s STEP FOLDER STAMP FILE.jsonl...\n", argv[0]);
        return 2;
    }
    struct seeds seeds = { .step = strtoul(argv[1], NULL, 10), .folder = argv[2] };
    seeds.step += seeds.step == 0;
    mkdir(seeds.folder, 0777);
    make_folder(&seeds, "wire");
    make_folder(&seeds, "text");
    for (int i = 4; i < argc && !seeds.failed; i++)
        seeds.failed = !records_read(argv[i], visit, &seeds);
    write_dictionary(&seeds);
    FILE *stamp = fopen(argv[3], "w");
    if (!stamp || fprintf(stamp, "%u programs\n", seeds.kept) < 0 || fclose(stamp) != 0) {
        perror(argv[3]);
        return 1;
    }
    return seeds.failed || seeds.kept == 0;
}
