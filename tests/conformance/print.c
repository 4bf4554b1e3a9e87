// SPDX-License-Identifier: MIT
// Every program of the corpus that the binary form decodes also survives the text form: it prints,
// the text parses to an equal program, and that one encodes to the same bytes. They are the bytes
// of the record too, except where an encoding was loose (padded numbers, non-canonical floats).
// usage: print PROGRAMS,LOOSE FILE.jsonl...   how many programs the files hold, and loose encodings
#include "test.h"

#include "hex.h"
#include "ir/equal.h"
#include "records.h"

#include <stdlib.h>
#include <vyre/program.h>

struct counts {
    unsigned programs;
    unsigned loose;
    unsigned failed;
};

static void note(void *user, const struct vyre_diag *diag)
{
    char *out = user;
    vyre_diag_format(diag, out, 500);
}

// Whether both encode to the same bytes; *loose, whether those differ from `bytes`.
static bool same_bytes(const struct vyre_program *a, const struct vyre_program *b,
                       const struct hex *bytes, bool *loose)
{
    uint8_t *of_a = NULL;
    uint8_t *of_b = NULL;
    size_t size_a = 0;
    size_t size_b = 0;
    bool same = vyre_program_encode(a, NULL, &of_a, &size_a) == VYRE_OK &&
                vyre_program_encode(b, NULL, &of_b, &size_b) == VYRE_OK && size_a == size_b &&
                memcmp(of_a, of_b, size_a) == 0;
    *loose = same && (size_a != bytes->size || memcmp(of_a, bytes->data, size_a) != 0);
    vyre_free(of_a);
    vyre_free(of_b);
    return same;
}

// False, and said, when the program does not come back.
static bool survives(const char *name, const struct vyre_program *program, const struct hex *bytes,
                     bool *loose)
{
    char *text;
    size_t size;
    struct vyre_program *again;
    char said[500] = "the parsed program is not equal, or encodes to other bytes";
    if (vyre_program_print(program, &text, &size) != VYRE_OK) {
        printf("FAIL %s: does not print\n", name);
        return false;
    }
    const struct vyre_diag_sink sink = { note, said };
    bool ok = vyre_program_parse(text, size, name, &sink, &again) == VYRE_OK &&
              ir_program_equal(program, again) && same_bytes(program, again, bytes, loose);
    if (!ok)
        printf("FAIL %s: %s\n%s\n", name, said, text);
    vyre_free(text);
    vyre_program_destroy(&again);
    return ok;
}

static void run_record(void *user, const json_t *record)
{
    struct counts *counts = user;
    const char *wire = json_string_value(json_object_get(record, "wire"));
    const char *name = json_string_value(json_object_get(record, "name"));
    if (!wire)
        return;
    struct hex bytes = hex_decode(wire);
    struct vyre_program *program;
    if (vyre_program_decode(bytes.data, bytes.size, NULL, &program) == VYRE_OK) {
        bool loose = false;
        counts->programs++;
        counts->failed += !survives(name ? name : "?", program, &bytes, &loose);
        counts->loose += loose;
        const char *reencoded = json_string_value(json_object_get(record, "reencoded"));
        if (loose && !reencoded && !json_object_get(record, "original")) {
            printf("FAIL %s: encodes to other bytes than the original's\n", name);
            counts->failed++;
        }
    }
    vyre_program_destroy(&program);
    hex_free(&bytes);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s PROGRAMS,LOOSE FILE.jsonl...\n", argv[0]);
        return 2;
    }
    struct counts counts = { 0 };
    for (int i = 2; i < argc; i++)
        if (!records_read(argv[i], run_record, &counts))
            return 1;
    char found[64];
    snprintf(found, sizeof found, "%u,%u", counts.programs, counts.loose);
    printf("%s programs and loose encodings, %u failed\n", found, counts.failed);
    if (strcmp(found, argv[1]) != 0) {
        printf("FAIL: %s were expected\n", argv[1]);
        return 1;
    }
    return counts.failed != 0;
}
