// SPDX-License-Identifier: MIT
// Every program of the corpus that the binary form decodes also survives the text form: it prints,
// and the text parses to an equal program.
// usage: print EXPECTED FILE.jsonl...   EXPECTED: how many programs the files hold
#include "test.h"

#include "hex.h"
#include "ir/equal.h"

#include <jansson.h>
#include <stdlib.h>
#include <vyre/program.h>

static void note(void *user, const struct vyre_diag *diag)
{
    char *out = user;
    vyre_diag_format(diag, out, 500);
}

// False, and said, when the program does not come back.
static bool survives(const char *name, const struct vyre_program *program)
{
    char *text;
    size_t size;
    struct vyre_program *again;
    char said[500] = "the parsed program is not equal";
    if (vyre_program_print(program, &text, &size) != VYRE_OK) {
        printf("FAIL %s: does not print\n", name);
        return false;
    }
    const struct vyre_diag_sink sink = { note, said };
    bool ok = vyre_program_parse(text, size, name, &sink, &again) == VYRE_OK &&
              ir_program_equal(program, again);
    if (!ok)
        printf("FAIL %s: %s\n%s\n", name, said, text);
    vyre_free(text);
    vyre_program_destroy(&again);
    return ok;
}

static bool run_line(const char *line, size_t size, unsigned *programs)
{
    json_t *record = json_loadb(line, size, 0, NULL);
    const char *wire = json_string_value(json_object_get(record, "wire"));
    const char *name = json_string_value(json_object_get(record, "name"));
    bool ok = true;
    if (!record) {
        printf("FAIL: a line is not JSON\n");
        return false;
    }
    if (wire) {
        struct hex bytes = hex_decode(wire);
        struct vyre_program *program;
        if (vyre_program_decode(bytes.data, bytes.size, NULL, &program) == VYRE_OK) {
            ++*programs;
            ok = survives(name ? name : "?", program);
        }
        vyre_program_destroy(&program);
        hex_free(&bytes);
    }
    json_decref(record);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s EXPECTED FILE.jsonl...\n", argv[0]);
        return 2;
    }
    unsigned programs = 0;
    unsigned failed = 0;
    for (int i = 2; i < argc; i++) {
        FILE *file = fopen(argv[i], "r");
        if (!file) {
            perror(argv[i]);
            return 2;
        }
        char *line = NULL;
        size_t capacity = 0;
        ssize_t size;
        while ((size = getline(&line, &capacity, file)) > 0)
            failed += !run_line(line, (size_t)size, &programs);
        free(line);
        fclose(file);
    }
    printf("%u programs, %u failed\n", programs, failed);
    if (programs != strtoul(argv[1], NULL, 10)) {
        printf("FAIL: %s programs were expected\n", argv[1]);
        return 1;
    }
    return failed != 0;
}
