// SPDX-License-Identifier: MIT
// Programs in text and the codes that the validator must report for them, in order.
#ifndef TESTS_UNIT_IR_VALIDATE_RULES_H
#define TESTS_UNIT_IR_VALIDATE_RULES_H

#include "test.h"

#include <vyre/program.h>

// Buffers that most cases use; declared after the case's own first line when that is a declaration.
#define BUFFERS                                                                                    \
    "workgroup 64\n"                                                                               \
    "buffer ro : u32[16] readonly @0\n"                                                            \
    "buffer rw : u32[16] readwrite @1\n"                                                           \
    "buffer wo : u32[16] writeonly @2\n"                                                           \
    "buffer ints : i32[16] readwrite @3\n"                                                         \
    "buffer flags : bool[16] readwrite @4\n"                                                       \
    "buffer floats : f32[16] readwrite @5\n"                                                       \
    "buffer raw : bytes[16] readwrite @6\n"                                                        \
    "buffer open : bytes[16] readwrite @7 bytes_extraction\n"                                      \
    "buffer wide : u64[16] readwrite @8\n"                                                         \
    "buffer uni : u32[16] uniform @9\n"                                                            \
    "shared tile : u32[16]\n"

struct validate_codes {
    char text[8192];
    bool starved; // memory runs out, so that places may be missing
};

// Every diagnostic of a program from text has its place: a path, and a stretch of a line. The one
// exception is an entry without statements.
static inline void validate_check_place(const struct vyre_diag *diag)
{
    assert_non_null(diag->path);
    assert_true(diag->path[0] != '\0');
    if (strcmp(diag->code, "V101") == 0)
        return;
    if (!diag->line || !diag->line_text)
        fail_msg("%s at %s has no line", diag->code, diag->path);
    assert_true(diag->column >= 1 && diag->length >= 1);
    assert_true(diag->column - 1 + diag->length <= diag->line_text_size);
    assert_string_equal(diag->source, "test");
}

static inline void validate_note(void *user, const struct vyre_diag *diag)
{
    struct validate_codes *codes = user;
    size_t used = strlen(codes->text);
    snprintf(codes->text + used, sizeof codes->text - used, "%s%s", used ? " " : "", diag->code);
    // Every diagnostic says what to do.
    assert_non_null(diag->fix);
    assert_true(strlen(diag->fix) > 0 && strlen(diag->text) > 0);
    if (!codes->starved)
        validate_check_place(diag);
}

static inline struct vyre_program *validate_parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    enum vyre_result result =
        vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program);
    if (result != VYRE_OK)
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static inline void assert_codes_with(const char *expected, struct vyre_validate_params params,
                                     const char *text)
{
    struct validate_codes codes = { .text = "" };
    const struct vyre_diag_sink sink = { validate_note, &codes };
    struct vyre_program *program = validate_parse(text);
    params.diag = &sink;
    enum vyre_result result = vyre_program_validate(program, &params);
    if (strcmp(codes.text, expected) != 0)
        fail_msg("[%s], expected [%s]\n%s", codes.text, expected, text);
    // V035 alone is a warning.
    bool valid = strcmp(expected, "") == 0 || strcmp(expected, "V035") == 0;
    assert_result(valid ? VYRE_OK : VYRE_ERR_INVALID_PROGRAM, result);
    vyre_program_destroy(&program);
}

#define assert_codes(expected, text)                                                               \
    assert_codes_with((expected), (struct vyre_validate_params){ 0 }, (text))

// A body that uses the buffers above.
#define assert_body(expected, body) assert_codes((expected), BUFFERS body "\n")

#endif // TESTS_UNIT_IR_VALIDATE_RULES_H
