// SPDX-License-Identifier: MIT
// Any text as a hex envelope: one diagnostic with a place or a program, which is written and read
// again. And any bytes inside a well-formed envelope: they give what they give without it.
#include "wire_input.h"

#include "base/str.h"
#include "ir/equal.h"

#include <vyre/program.h>

static void count(void *user, const struct vyre_diag *diag)
{
    unsigned *errors = user;
    ++*errors;
    FUZZ_CHECK(diag->code != NULL && diag->text != NULL && diag->fix != NULL);
}

static enum vyre_result decode(const char *text, size_t size, struct vyre_program **out)
{
    unsigned errors = 0;
    const struct vyre_diag_sink sink = { count, &errors };
    enum vyre_result result = vyre_program_decode_envelope(text, size, "fuzz", &sink, out);
    FUZZ_CHECK(result == VYRE_OK || result == VYRE_ERR_INVALID_PROGRAM);
    FUZZ_CHECK(errors == (result == VYRE_OK ? 0 : 1));
    FUZZ_CHECK((*out != NULL) == (result == VYRE_OK));
    return result;
}

static void check_again(const struct vyre_program *program)
{
    char *text;
    size_t size;
    struct vyre_program *again;
    FUZZ_CHECK(vyre_program_encode_envelope(program, NULL, &text, &size) == VYRE_OK);
    FUZZ_CHECK(decode(text, size, &again) == VYRE_OK);
    uint8_t *bytes[2];
    size_t sizes[2];
    FUZZ_CHECK(vyre_program_encode(program, NULL, &bytes[0], &sizes[0]) == VYRE_OK);
    FUZZ_CHECK(vyre_program_encode(again, NULL, &bytes[1], &sizes[1]) == VYRE_OK);
    FUZZ_CHECK(sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0);
    vyre_free(bytes[0]);
    vyre_free(bytes[1]);
    vyre_program_destroy(&again);
    vyre_free(text);
}

// The bytes in an envelope whose lines have the lengths that the bytes themselves say.
static void check_inside(const uint8_t *bytes, size_t size)
{
    struct str text = { 0 };
    struct vyre_program *plain;
    struct vyre_program *wrapped;
    str_printf(&text, "vyre_ir v0.1\nwire_bytes %zu\n", size);
    for (size_t i = 0; i < size; i++)
        str_printf(&text, "%02x%s", bytes[i], bytes[i] % 16 == 0 ? "\r\n" : "");
    enum vyre_result result = vyre_program_decode(bytes, size, NULL, &plain);
    FUZZ_CHECK(decode(str_text(&text), text.size, &wrapped) == result);
    FUZZ_CHECK(!plain || ir_program_equal(plain, wrapped));
    vyre_program_destroy(&plain);
    vyre_program_destroy(&wrapped);
    str_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vyre_program *program;
    if (decode((const char *)data, size, &program) == VYRE_OK)
        check_again(program);
    vyre_program_destroy(&program);
    uint8_t *bytes = wire_input(data, size);
    check_inside(bytes, size);
    free(bytes);
    return 0;
}
