// SPDX-License-Identifier: MIT
// Programs in text that the interpreter runs in one call.
#ifndef TESTS_UNIT_INTERP_RUN_H
#define TESTS_UNIT_INTERP_RUN_H

#include "test.h"

#include <stdlib.h>
#include <vyre/interpret.h>

struct run_error {
    char code[8];
    char text[300];
    char path[200];
    uint32_t line;
};

static inline void run_note(void *user, const struct vyre_diag *diag)
{
    struct run_error *error = user;
    if (diag->severity != VYRE_SEVERITY_ERROR || error->code[0])
        return;
    snprintf(error->code, sizeof error->code, "%s", diag->code);
    snprintf(error->text, sizeof error->text, "%s", diag->text);
    snprintf(error->path, sizeof error->path, "%s", diag->path ? diag->path : "");
    error->line = diag->line;
}

static inline struct vyre_program *run_parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    enum vyre_result result =
        vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program);
    if (result != VYRE_OK)
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static inline enum vyre_result run_text(const char *text, struct vyre_interpret_params params,
                                        struct run_error *error, struct vyre_outputs **out)
{
    struct vyre_program *program = run_parse(text);
    const struct vyre_diag_sink sink = { run_note, error };
    params.diag = &sink;
    enum vyre_result result = vyre_interpret(program, &params, out);
    vyre_program_destroy(&program);
    return result;
}

// The words of the first returned buffer.
static inline void assert_words_with(const char *text, struct vyre_interpret_params params,
                                     const uint32_t *expected, size_t count)
{
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    enum vyre_result result = run_text(text, params, &error, &outputs);
    if (result != VYRE_OK)
        fail_msg("%s: %s %s\n%s", vyre_result_name(result), error.code, error.text, text);
    struct vyre_bytes bytes = vyre_outputs_get(outputs, 0, NULL);
    assert_int_equal(bytes.size, 4 * count);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)bytes.data + 4 * i, 4);
        if (word != expected[i])
            fail_msg("word %zu is 0x%08x, expected 0x%08x\n%s", i, word, expected[i], text);
    }
    vyre_outputs_destroy(&outputs);
    assert_null(outputs);
}

#define WORDS(...) ((const uint32_t[]){ __VA_ARGS__ })
#define COUNT(...) (sizeof(WORDS(__VA_ARGS__)) / sizeof(uint32_t))
#define assert_words(text, ...)                                                                    \
    assert_words_with((text), (struct vyre_interpret_params){ 0 }, WORDS(__VA_ARGS__),             \
                      COUNT(__VA_ARGS__))

static inline void assert_fails_with(const char *text, struct vyre_interpret_params params,
                                     enum vyre_result expected, const char *code)
{
    struct run_error error = { "", "", "", 0 };
    struct vyre_outputs *outputs;
    enum vyre_result result = run_text(text, params, &error, &outputs);
    if (result != expected || strcmp(error.code, code) != 0)
        fail_msg("%s [%s] %s, expected %s [%s]\n%s", vyre_result_name(result), error.code,
                 error.text, vyre_result_name(expected), code, text);
    assert_null(outputs);
}

#define assert_fails(text, code)                                                                   \
    assert_fails_with((text), (struct vyre_interpret_params){ 0 }, VYRE_ERR_EXECUTION, (code))

#endif // TESTS_UNIT_INTERP_RUN_H
