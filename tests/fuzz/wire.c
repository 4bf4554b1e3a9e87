// SPDX-License-Identifier: MIT
// Any bytes to the wire reader, behind a digest that fits them: it ends with a program or with one
// diagnostic. A program has a wire form, which decodes to an equal program of the same fingerprint,
// and comes back from its text form to the byte.
#include "wire_input.h"

#include "ir/equal.h"

#include <vyre/program.h>

static void count(void *user, const struct vyre_diag *diag)
{
    unsigned *errors = user;
    *errors += diag->severity == VYRE_SEVERITY_ERROR;
    FUZZ_CHECK(diag->code != NULL && diag->text != NULL && diag->fix != NULL);
}

struct blob {
    uint8_t *bytes;
    size_t size;
};

static struct blob encode(const struct vyre_program *program)
{
    struct blob blob;
    FUZZ_CHECK(vyre_program_encode(program, NULL, &blob.bytes, &blob.size) == VYRE_OK);
    return blob;
}

static void check_again(const struct vyre_program *program, const struct blob *blob)
{
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE], again_fingerprint[VYRE_FINGERPRINT_SIZE];
    struct vyre_program *again;
    FUZZ_CHECK(vyre_program_decode(blob->bytes, blob->size, NULL, &again) == VYRE_OK);
    FUZZ_CHECK(vyre_program_fingerprint(program, NULL, fingerprint) == VYRE_OK);
    FUZZ_CHECK(vyre_program_fingerprint(again, NULL, again_fingerprint) == VYRE_OK);
    FUZZ_CHECK(memcmp(fingerprint, again_fingerprint, sizeof fingerprint) == 0);
    struct blob second = encode(again);
    FUZZ_CHECK(second.size == blob->size && memcmp(second.bytes, blob->bytes, blob->size) == 0);
    vyre_program_destroy(&again);
    vyre_free(second.bytes);
}

static void check_text(const struct vyre_program *program, const struct blob *blob)
{
    char *text;
    size_t size;
    struct vyre_program *parsed;
    FUZZ_CHECK(vyre_program_print(program, &text, &size) == VYRE_OK);
    FUZZ_CHECK(vyre_program_parse(text, size, NULL, NULL, &parsed) == VYRE_OK);
    FUZZ_CHECK(ir_program_equal(program, parsed));
    struct blob second = encode(parsed);
    FUZZ_CHECK(second.size == blob->size && memcmp(second.bytes, blob->bytes, blob->size) == 0);
    vyre_program_destroy(&parsed);
    vyre_free(second.bytes);
    vyre_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = wire_input(data, size);
    unsigned errors = 0;
    const struct vyre_diag_sink sink = { count, &errors };
    struct vyre_program *program;
    enum vyre_result result = vyre_program_decode(bytes, size, &sink, &program);
    FUZZ_CHECK(result == VYRE_OK || result == VYRE_ERR_INVALID_PROGRAM);
    FUZZ_CHECK(errors == (result == VYRE_OK ? 0 : 1));
    FUZZ_CHECK((program != NULL) == (result == VYRE_OK));
    free(bytes);
    if (program) {
        struct blob blob = encode(program);
        check_again(program, &blob);
        check_text(program, &blob);
        vyre_free(blob.bytes);
    }
    vyre_program_destroy(&program);
    return 0;
}
