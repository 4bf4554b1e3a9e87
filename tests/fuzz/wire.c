// SPDX-License-Identifier: MIT
// Any bytes to the wire reader, behind a digest that fits them: it ends with a program or with one
// diagnostic. A program encodes to bytes that decode to an equal one, and whatever it is, looking
// at it, compiling it and running it for a while end in order.
#include "fuzz.h"

#include "base/blake3.h"
#include "ir/equal.h"
#include "ir/wire.h"

#include <string.h>
#include <vyre/vyre.h>

static void count(void *user, const struct vyre_diag *diag)
{
    unsigned *errors = user;
    *errors += diag->severity == VYRE_SEVERITY_ERROR;
    FUZZ_CHECK(diag->code != NULL && diag->text != NULL);
}

static void check_again(const struct vyre_program *program)
{
    uint8_t *bytes;
    size_t size;
    uint8_t fingerprint[VYRE_FINGERPRINT_SIZE], canonical[VYRE_FINGERPRINT_SIZE];
    struct vyre_program *again;
    enum vyre_result result = vyre_program_encode(program, NULL, &bytes, &size);
    FUZZ_CHECK(result == VYRE_OK || result == VYRE_ERR_INVALID_PROGRAM);
    if (result != VYRE_OK)
        return;
    FUZZ_CHECK(vyre_program_decode(bytes, size, NULL, &again) == VYRE_OK);
    FUZZ_CHECK(vyre_program_fingerprint(program, NULL, fingerprint) == VYRE_OK);
    FUZZ_CHECK(vyre_program_fingerprint(again, NULL, canonical) == VYRE_OK);
    FUZZ_CHECK(memcmp(fingerprint, canonical, sizeof canonical) == 0);
    uint8_t *bytes_again;
    size_t size_again;
    FUZZ_CHECK(vyre_program_encode(again, NULL, &bytes_again, &size_again) == VYRE_OK);
    FUZZ_CHECK(size == size_again && memcmp(bytes, bytes_again, size) == 0);
    vyre_program_destroy(&again);
    vyre_free(bytes_again);
    vyre_free(bytes);
}

static void use(const struct vyre_program *program)
{
    unsigned errors = 0;
    const struct vyre_diag_sink sink = { count, &errors };
    enum vyre_result valid =
        vyre_program_validate(program, vyre_validate_params(.subgroup_ops = true, .diag = &sink));
    FUZZ_CHECK((valid == VYRE_ERR_INVALID_PROGRAM) == (errors > 0));
    struct vyre_module *module;
    enum vyre_result result = vyre_compile(program, NULL, &module);
    FUZZ_CHECK((result == VYRE_OK) == (module != NULL));
    FUZZ_CHECK(valid == VYRE_OK || result == valid);
    vyre_module_destroy(&module);
    static const uint32_t words[64] = { 1, 2, 3, 0xFFFFFFFF };
    struct vyre_bytes inputs[8];
    for (size_t i = 0; i < 8; i++)
        inputs[i] = (struct vyre_bytes){ words, sizeof words };
    for (size_t inputs_given = 0; inputs_given <= 8; inputs_given++) {
        struct vyre_outputs *outputs;
        result = vyre_interpret(program,
                                vyre_interpret_params(.inputs = inputs, .input_count = inputs_given,
                                                      .step_limit = 2000, .memory_limit = 1 << 20),
                                &outputs);
        FUZZ_CHECK((result == VYRE_OK) == (outputs != NULL));
        vyre_outputs_destroy(&outputs);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    FUZZ_CHECK(bytes != NULL);
    if (size)
        memcpy(bytes, data, size);
    // Every other input gets a good header, or few would come further than that.
    if (size >= WIRE_HEADER_SIZE && data[size - 1] % 2 == 0)
        memcpy(bytes, "VYRE\4\0\4", 8);
    if (size >= WIRE_HEADER_SIZE)
        blake3_hash(bytes + WIRE_HEADER_SIZE, size - WIRE_HEADER_SIZE, bytes + 8);
    unsigned errors = 0;
    const struct vyre_diag_sink sink = { count, &errors };
    struct vyre_program *program;
    enum vyre_result result = vyre_program_decode(bytes, size, &sink, &program);
    FUZZ_CHECK(result == VYRE_OK || result == VYRE_ERR_INVALID_PROGRAM);
    FUZZ_CHECK(errors == (result == VYRE_OK ? 0 : 1));
    FUZZ_CHECK((program != NULL) == (result == VYRE_OK));
    free(bytes);
    if (program) {
        check_again(program);
        use(program);
    }
    vyre_program_destroy(&program);
    return 0;
}
