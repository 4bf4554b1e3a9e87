// SPDX-License-Identifier: MIT
// A program from outside has a bound on its parts, whatever they are: few bytes there may stand for
// many here.
#include "test.h"

#include <stdlib.h>

#include "ir/draft.h"
#include "ir/wire.h"
#include <vyre/program.h>

enum { TYPE_DEPTH = 4000 };

// `count` casts to one type that is nested deeply. Here they share it, on the wire they cannot.
static void encode_casts(uint32_t count, uint8_t **out, size_t *size)
{
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    const struct ir_type *type = ir_type_scalar(IR_TYPE_U32);
    for (int i = 0; i < TYPE_DEPTH; i++)
        type =
            ir_draft_type(&draft, &(struct ir_type){ .kind = IR_TYPE_SPARSE_CSR, .element = type });
    struct ir_nodes nodes = { 0 };
    for (uint32_t i = 0; i < count; i++)
        ir_nodes_add(&draft, &nodes,
                     ir_assign(&draft, ir_draft_cname(&draft, "x"),
                               ir_cast(&draft, type, ir_lit_u32(&draft, i))));
    struct vyre_program *program = NULL;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &nodes), true, &program));
    struct str blob = { 0 };
    assert_result(VYRE_OK, ir_wire_encode_canonical(program, NULL, &blob));
    char *bytes;
    assert_true(str_finish(&blob, &bytes, size));
    *out = (uint8_t *)bytes;
    // What is written to be read is read.
    uint8_t *readable;
    size_t readable_size;
    struct test_diags diags = { 0 };
    bool fits = count < IR_MOST_PARTS / TYPE_DEPTH;
    assert_result(fits ? VYRE_OK : VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_encode(program, test_diag_sink(&diags), &readable, &readable_size));
    assert_string_equal(diags.text,
                        fits ? "" : "W024 more than 4,194,304 nodes, expressions and types");
    vyre_free(readable);
    vyre_program_destroy(&program);
}

static enum vyre_result decode_casts(uint32_t count, struct test_diags *diags)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    encode_casts(count, &bytes, &size);
    struct vyre_program *program = NULL;
    enum vyre_result result = vyre_program_decode(bytes, size, test_diag_sink(diags), &program);
    vyre_program_destroy(&program);
    vyre_free(bytes);
    return result;
}

static void a_wire_program_has_so_many_parts_and_no_more(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK, decode_casts(IR_MOST_PARTS / TYPE_DEPTH - 10, &diags));
    assert_int_equal(diags.count, 0);
    assert_result(VYRE_ERR_INVALID_PROGRAM, decode_casts(IR_MOST_PARTS / TYPE_DEPTH + 1, &diags));
    assert_int_equal(diags.count, 1);
    assert_non_null(strstr(diags.text, "W011 "));
    assert_non_null(strstr(diags.text, "more than 4,194,304 nodes, expressions and types"));
}

static enum vyre_result parse_lines(size_t lines, struct test_diags *diags)
{
    enum { OPERATORS = 250 };
    static const char head[] = "x = ";
    const size_t line = sizeof head - 1 + OPERATORS + 2;
    char *text = malloc(lines * line);
    assert_non_null(text);
    for (size_t i = 0; i < lines; i++) {
        char *at = text + i * line;
        memcpy(at, head, sizeof head - 1);
        memset(at + sizeof head - 1, '~', OPERATORS);
        memcpy(at + line - 2, "0\n", 2);
    }
    struct vyre_program *program = NULL;
    enum vyre_result result =
        vyre_program_parse(text, lines * line, NULL, test_diag_sink(diags), &program);
    vyre_program_destroy(&program);
    free(text);
    return result;
}

static void a_text_program_has_so_many_parts_and_no_more(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK, parse_lines(IR_MOST_PARTS / 260, &diags));
    assert_int_equal(diags.count, 0);
    assert_result(VYRE_ERR_INVALID_PROGRAM, parse_lines(IR_MOST_PARTS / 250, &diags));
    assert_string_equal(diags.text, "T015 the program has too many parts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wire_program_has_so_many_parts_and_no_more),
        cmocka_unit_test(a_text_program_has_so_many_parts_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
