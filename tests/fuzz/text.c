// SPDX-License-Identifier: MIT
// Any bytes to the text parser: it ends with a program or with one diagnostic, and a program prints
// to a text that gives the same program and the same text again. Where it has a binary form, that
// is read back, to the same bytes.
#include "fuzz.h"

#include "ir/equal.h"

#include <string.h>

struct counted {
    unsigned errors;
};

static void count(void *user, const struct vyre_diag *diag)
{
    struct counted *counted = user;
    counted->errors++;
    FUZZ_CHECK(diag->line >= 1 && diag->column >= 1 && diag->length >= 1);
    FUZZ_CHECK(diag->fix != NULL);
    char text[2000];
    vyre_diag_format(diag, text, sizeof text);
}

static void check_wire(const struct vyre_program *program)
{
    uint8_t *bytes;
    uint8_t *bytes_again;
    size_t size;
    size_t size_again;
    struct vyre_program *again;
    enum vyre_result result = vyre_program_encode(program, NULL, &bytes, &size);
    FUZZ_CHECK(result == VYRE_OK || result == VYRE_ERR_INVALID_PROGRAM);
    if (result != VYRE_OK)
        return;
    FUZZ_CHECK(vyre_program_decode(bytes, size, NULL, &again) == VYRE_OK);
    FUZZ_CHECK(vyre_program_encode(again, NULL, &bytes_again, &size_again) == VYRE_OK);
    FUZZ_CHECK(size == size_again && memcmp(bytes, bytes_again, size) == 0);
    vyre_free(bytes);
    vyre_free(bytes_again);
    vyre_program_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counted counted = { 0 };
    const struct vyre_diag_sink sink = { count, &counted };
    struct vyre_program *program;
    enum vyre_result result = vyre_program_parse((const char *)data, size, "fuzz", &sink, &program);
    FUZZ_CHECK(counted.errors == (result == VYRE_OK ? 0 : 1));
    FUZZ_CHECK((program != NULL) == (result == VYRE_OK));
    if (!program)
        return 0;
    char *text;
    char *second;
    size_t text_size;
    struct vyre_program *again;
    FUZZ_CHECK(vyre_program_print(program, &text, &text_size) == VYRE_OK);
    if (vyre_program_parse(text, text_size, NULL, NULL, &again) == VYRE_OK) {
        FUZZ_CHECK(ir_program_equal(program, again));
        FUZZ_CHECK(vyre_program_print(again, &second, NULL) == VYRE_OK);
        FUZZ_CHECK(strcmp(text, second) == 0);
        vyre_free(second);
    } else {
        FUZZ_CHECK(!"what was printed parses");
    }
    vyre_free(text);
    check_wire(program);
    vyre_program_destroy(&again);
    vyre_program_destroy(&program);
    return 0;
}
