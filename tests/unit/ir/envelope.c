// SPDX-License-Identifier: MIT
// The hex envelope: what is written is read again, every spelling that the format allows is taken,
// and each mistake is told with its own code and place.
#include "test.h"

#include <stdlib.h>

#include "base/memory.h"
#include "ir/equal.h"

#include <vyre/program.h>

static const char source[] = "workgroup 64\nbuffer out : u32[4] readwrite @0\nout[gid.x] = gid.x\n";

// The parts of an envelope of `source`; the body without its line ends.
struct parts {
    struct vyre_program *program;
    char *text;
    size_t size;
    char *digits;
    unsigned bytes;
};

static struct parts parts_make(void)
{
    struct parts parts = { 0 };
    assert_result(VYRE_OK,
                  vyre_program_parse(source, sizeof source - 1, NULL, NULL, &parts.program));
    assert_result(VYRE_OK,
                  vyre_program_encode_envelope(parts.program, NULL, &parts.text, &parts.size));
    const char *body = strchr(strchr(parts.text, '\n') + 1, '\n') + 1;
    parts.digits = calloc(1, parts.size);
    assert_non_null(parts.digits);
    for (char *to = parts.digits; *body; body++)
        if (*body != '\n')
            *to++ = *body;
    parts.bytes = (unsigned)strlen(parts.digits) / 2;
    return parts;
}

static void parts_free(struct parts *parts)
{
    vyre_program_destroy(&parts->program);
    vyre_free(parts->text);
    free(parts->digits);
}

struct seen {
    unsigned count;
    char code[8];
    uint32_t line;
    uint32_t column;
    uint32_t shown;
};

static void see(void *user, const struct vyre_diag *diag)
{
    struct seen *seen = user;
    seen->count++;
    snprintf(seen->code, sizeof seen->code, "%s", diag->code);
    seen->line = diag->line;
    seen->column = diag->column;
    seen->shown = diag->line_text ? diag->line_text_size : 0;
    assert_non_null(diag->fix);
}

static struct seen read_text(const char *text, size_t size, struct vyre_program **out)
{
    struct seen seen = { 0 };
    // An exact copy, so that the sanitizers see every byte that is read behind it.
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    enum vyre_result result = vyre_program_decode_envelope(
        copy, size, "name", &(struct vyre_diag_sink){ see, &seen }, out);
    free(copy);
    assert_int_equal(result == VYRE_OK, *out != NULL);
    assert_int_equal(seen.count, result == VYRE_OK ? 0 : 1);
    assert_int_equal(result, result == VYRE_OK ? VYRE_OK : VYRE_ERR_INVALID_PROGRAM);
    return seen;
}

static void takes(const struct parts *parts, const char *text)
{
    struct vyre_program *program = NULL;
    struct seen seen = read_text(text, strlen(text), &program);
    if (!program)
        fail_msg("%s at %u:%u in\n%s", seen.code, seen.line, seen.column, text);
    assert_true(ir_program_equal(parts->program, program));
    vyre_program_destroy(&program);
}

static void refuses(const char *text, size_t size, const char *code, unsigned line, unsigned column)
{
    struct vyre_program *program = NULL;
    struct seen seen = read_text(text, size, &program);
    if (strcmp(seen.code, code) != 0 || seen.line != line || seen.column != column)
        fail_msg("%s at %u:%u, expected %s at %u:%u in\n%.200s", seen.code, seen.line, seen.column,
                 code, line, column, text);
}

static char text_of[16384];

static const char *build(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text_of, sizeof text_of, format, args);
    va_end(args);
    assert_in_range(size, 0, sizeof text_of - 1);
    return text_of;
}

static void what_is_written_has_one_form(void **state)
{
    (void)state;
    struct parts parts = parts_make();
    assert_int_equal(strlen(parts.text), parts.size);
    assert_memory_equal(parts.text, build("vyre_ir v0.1\nwire_bytes %u\n56595245", parts.bytes),
                        strlen(text_of));
    const char *line = strchr(strchr(parts.text, '\n') + 1, '\n') + 1;
    for (unsigned left = parts.bytes; left; line = strchr(line, '\n') + 1) {
        size_t size = strcspn(line, "\n");
        assert_int_equal(strspn(line, "0123456789abcdef"), size);
        assert_int_equal(size, 2 * (left < 32 ? left : 32));
        left -= (unsigned)size / 2;
    }
    assert_int_equal(*line, '\0');
    takes(&parts, parts.text);
    parts_free(&parts);
}

static void allowed_spellings_are_taken(void **state)
{
    (void)state;
    struct parts parts = parts_make();
    const unsigned n = parts.bytes;
    const char *d = parts.digits;
    takes(&parts, build("vyre_ir v0.1\nwire_bytes %u\n%s", n, d));
    takes(&parts, build("vyre_ir v0.1\nwire_bytes +%u\n%s\n", n, d));
    takes(&parts, build("vyre_ir v0.1\nwire_bytes +0000000000000000000000000%u\n%s\n", n, d));
    takes(&parts, build("vyre_ir v0.1\r\nwire_bytes %u\r\r\r\n%s\r\r\n", n, d));
    takes(&parts, build("vyre_ir v0.1\nwire_bytes %u\r\n\n\r\r\n%s\r", n, d));
    takes(&parts, build("vyre_ir v0.1\nwire_bytes %u\n%.2s\n%.6s\n\n\n%s\n\n", n, d, d + 2, d + 8));
    for (char *c = parts.digits; *c; c++)
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    takes(&parts, build("vyre_ir v0.1\nwire_bytes %u\n%s\n", n, d));
    parts_free(&parts);
}

static void refuse_text(const char *code, unsigned line, unsigned column, const char *text)
{
    refuses(text, strlen(text), code, line, column);
}

static void mistakes_have_codes_and_places(void **state)
{
    (void)state;
    struct parts parts = parts_make();
    const unsigned n = parts.bytes;
    const char *d = parts.digits;
    refuse_text("W031", 1, 1, "");
    refuse_text("W031", 1, 1, "\nvyre_ir v0.1\n");
    refuse_text("W031", 1, 1, "vyre_ir v0.1 \nwire_bytes 0\n");
    refuse_text("W031", 1, 1, "vyre_ir v0.1\r\r\nwire_bytes 0\n");
    refuse_text("W031", 1, 1, "vyre_ir v0.1\r"); // a CR ends a line only before an LF
    refuse_text("W031", 1, 1, "\xef\xbb\xbfvyre_ir v0.1\nwire_bytes 0\n");
    refuse_text("W032", 2, 1, "vyre_ir v0.1");
    refuse_text("W032", 2, 1, "vyre_ir v0.1\n");
    refuse_text("W032", 2, 1, "vyre_ir v0.1\n\nwire_bytes 0\n");
    refuse_text("W032", 2, 1, "vyre_ir v0.1\nwire_bytes\n");
    static const char *const lengths[] = { "",
                                           " 1",
                                           "1 ",
                                           "-1",
                                           "0xc3",
                                           "++1",
                                           "+",
                                           "1.0",
                                           "18446744073709551616",
                                           "99999999999999999999999" };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        refuse_text("W032", 2, 12, build("vyre_ir v0.1\nwire_bytes %s\n", lengths[i]));
    refuse_text("W033", 2, 12, "vyre_ir v0.1\nwire_bytes 67108865\nzz");
    refuse_text("W033", 2, 12, "vyre_ir v0.1\nwire_bytes 18446744073709551615\n");
    refuse_text("W034", 3, 2 * n + 1, build("vyre_ir v0.1\nwire_bytes %u\n%sg\n", n, d));
    refuse_text("W034", 4, 3, build("vyre_ir v0.1\nwire_bytes %u\n\n# x\n", n));
    refuse_text("W035", 3, 1, build("vyre_ir v0.1\nwire_bytes %u\ng6%s\n", n, d + 2));
    refuse_text("W035", 3, 4, build("vyre_ir v0.1\nwire_bytes %u\n%.3s/%s\n", n, d, d + 4));
    refuse_text("W035", 3, 2, build("vyre_ir v0.1\nwire_bytes %u\n5 6 %s\n", n, d + 2));
    refuse_text("W036", 2, 1, build("vyre_ir v0.1\nwire_bytes 67108864\n%s\n", d));
    refuse_text("W036", 2, 1, build("vyre_ir v0.1\nwire_bytes %u\n%s\n", n - 1, d));
    refuse_text("W036", 2, 1, build("vyre_ir v0.1\nwire_bytes %u\n%s\n", n + 1, d));
    refuse_text("W001", 0, 0, "vyre_ir v0.1\nwire_bytes 0\n");
    refuse_text("W006", 0, 0, build("vyre_ir v0.1\nwire_bytes %u\n%.*sff\n", n, 2 * (int)n - 2, d));
    static const char nul[] = "vyre_ir v0.1\nwire_bytes 1\n0\0\n";
    refuses(nul, sizeof nul - 1, "W035", 3, 2);
    parts_free(&parts);
}

// Nothing is taken on the word of the text: cut and changed envelopes end with one diagnostic.
static void every_cut_and_change_is_answered(void **state)
{
    (void)state;
    struct parts parts = parts_make();
    struct vyre_program *program = NULL;
    for (size_t size = 0; size + 1 < parts.size; size++) {
        read_text(parts.text, size, &program);
        assert_null(program);
    }
    for (size_t at = 0; at < parts.size; at++) {
        const char old = parts.text[at];
        for (unsigned c = 0; c < 256; c += 5) {
            parts.text[at] = (char)c;
            read_text(parts.text, parts.size, &program);
            vyre_program_destroy(&program);
        }
        parts.text[at] = old;
    }
    parts_free(&parts);
}

static void a_long_line_is_not_repeated(void **state)
{
    (void)state;
    enum { DIGITS = 100000 };
    char *text = calloc(1, DIGITS + 64);
    assert_non_null(text);
    int head = snprintf(text, 64, "vyre_ir v0.1\nwire_bytes 4\n");
    memset(text + head, '0', DIGITS);
    text[head] = 'x';
    struct vyre_program *program = NULL;
    struct seen seen = read_text(text, (size_t)head + DIGITS, &program);
    assert_string_equal(seen.code, "W035");
    assert_int_equal(seen.shown, 64);
    text[head] = '0';
    text[head + DIGITS - 1] = 'x';
    seen = read_text(text, (size_t)head + DIGITS, &program);
    assert_int_equal(seen.column, DIGITS);
    assert_int_equal(seen.shown, 0);
    free(text);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct parts parts = parts_make();
    enum vyre_result result = VYRE_ERR_NO_MEMORY;
    for (uint64_t nth = 1; result == VYRE_ERR_NO_MEMORY; nth++) {
        struct vyre_program *program = NULL;
        memory_fail_nth(nth);
        result = vyre_program_decode_envelope(parts.text, parts.size, NULL, NULL, &program);
        memory_fail_nth(0);
        assert_int_equal(result == VYRE_OK, program != NULL);
        vyre_program_destroy(&program);
    }
    assert_result(VYRE_OK, result);
    result = VYRE_ERR_NO_MEMORY;
    for (uint64_t nth = 1; result == VYRE_ERR_NO_MEMORY; nth++) {
        char *text = NULL;
        memory_fail_nth(nth);
        result = vyre_program_encode_envelope(parts.program, NULL, &text, NULL);
        memory_fail_nth(0);
        assert_int_equal(result == VYRE_OK, text != NULL);
        vyre_free(text);
    }
    assert_result(VYRE_OK, result);
    parts_free(&parts);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    struct parts parts = parts_make();
    struct vyre_program *program = NULL;
    char *text = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_decode_envelope("", 0, NULL, NULL, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_program_decode_envelope(NULL, 1, NULL, NULL, &program));
    assert_result(VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_decode_envelope(NULL, 0, NULL, NULL, &program));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_encode_envelope(NULL, NULL, &text, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_program_encode_envelope(parts.program, NULL, NULL, NULL));
    parts_free(&parts);
}

// What has no wire form has no envelope either, and the reason is told.
static void what_has_no_wire_form_is_refused(void **state)
{
    (void)state;
    static const char none[] = "workgroup 0\nbuffer out : u32[4] readwrite @0\nout[0] = 1\n";
    struct vyre_program *program = NULL;
    struct test_diags diags = { .size = 0 };
    char *text = NULL;
    assert_result(VYRE_OK, vyre_program_parse(none, sizeof none - 1, NULL, NULL, &program));
    assert_result(VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_encode_envelope(program, test_diag_sink(&diags), &text, NULL));
    assert_null(text);
    assert_memory_equal(diags.text, "W020", 4);
    vyre_program_destroy(&program);
}

// The public canonical form encodes to the bytes that the fingerprint is made of.
static void the_canonical_form_has_the_same_identity(void **state)
{
    (void)state;
    static const char two[] = "buffer a : u32[4] readwrite @1\nbuffer b : u32[4] readonly @0\n"
                              "{\n    a[0] = b[0] + 1\n}\n";
    static const char same[] = "buffer b : u32[4] readonly @0\nbuffer a : u32[4] readwrite @1\n"
                               "a[0] = 1 + b[0]\n";
    struct vyre_program *programs[2] = { NULL };
    struct vyre_program *forms[2] = { NULL };
    assert_result(VYRE_OK, vyre_program_parse(two, sizeof two - 1, NULL, NULL, &programs[0]));
    assert_result(VYRE_OK, vyre_program_parse(same, sizeof same - 1, NULL, NULL, &programs[1]));
    assert_false(ir_program_equal(programs[0], programs[1]));
    uint8_t prints[2][VYRE_FINGERPRINT_SIZE];
    for (int i = 0; i < 2; i++) {
        assert_result(VYRE_OK, vyre_program_canonicalize(programs[i], &forms[i]));
        assert_result(VYRE_OK, vyre_program_fingerprint(forms[i], NULL, prints[i]));
    }
    assert_true(ir_program_equal(forms[0], forms[1]));
    assert_memory_equal(prints[0], prints[1], sizeof prints[0]);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_canonicalize(NULL, &forms[0]));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_canonicalize(programs[0], NULL));
    for (int i = 0; i < 2; i++) {
        vyre_program_destroy(&programs[i]);
        vyre_program_destroy(&forms[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_has_one_form),
        cmocka_unit_test(allowed_spellings_are_taken),
        cmocka_unit_test(mistakes_have_codes_and_places),
        cmocka_unit_test(every_cut_and_change_is_answered),
        cmocka_unit_test(a_long_line_is_not_repeated),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(what_has_no_wire_form_is_refused),
        cmocka_unit_test(the_canonical_form_has_the_same_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
