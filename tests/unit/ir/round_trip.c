// SPDX-License-Identifier: MIT
// Binary form to text to binary form gives the same bytes, for whatever the binary form carries:
// arbitrary programs, the deepest nesting, names of any bytes and length, every kind of number,
// texts larger than any blob. And what the writer writes the reader reads.
#include "random_program.h"

#include "ir/equal.h"
#include "ir/wire.h"

#include <stdlib.h>

enum { PROGRAMS = 2000 };

struct blob {
    uint8_t *bytes;
    size_t size;
};

static struct blob encode(const struct vyre_program *program)
{
    struct test_diags diags = { 0 };
    struct blob blob;
    if (vyre_program_encode(program, test_diag_sink(&diags), &blob.bytes, &blob.size) != VYRE_OK)
        fail_msg("%s", diags.text);
    return blob;
}

static struct vyre_program *decode(const struct blob *blob)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_decode(blob->bytes, blob->size, test_diag_sink(&diags), &program) != VYRE_OK)
        fail_msg("%s", diags.text);
    return program;
}

static void assert_same(const struct blob *a, const struct blob *b, const char *text)
{
    if (a->size != b->size || memcmp(a->bytes, b->bytes, a->size) != 0)
        fail_msg("other bytes:\n%.4000s", text);
}

// Encodes, and takes the bytes through the text and back. Returns the size of the text.
static size_t assert_round_trip(struct vyre_program *made)
{
    struct blob first = encode(made);
    vyre_program_destroy(&made);
    struct vyre_program *read = decode(&first);
    char *text;
    size_t size;
    assert_result(VYRE_OK, vyre_program_print(read, &text, &size));
    struct test_diags diags = { 0 };
    struct vyre_program *parsed;
    if (vyre_program_parse(text, size, NULL, test_diag_sink(&diags), &parsed) != VYRE_OK)
        fail_msg("%s\n%.4000s", diags.text, text);
    assert_true(ir_program_equal(read, parsed));
    struct blob second = encode(parsed);
    struct blob third = encode(read);
    assert_same(&first, &second, text);
    assert_same(&first, &third, text);
    vyre_free(first.bytes);
    vyre_free(second.bytes);
    vyre_free(third.bytes);
    vyre_free(text);
    vyre_program_destroy(&read);
    vyre_program_destroy(&parsed);
    return size;
}

static void arbitrary_programs_come_back_to_the_byte(void **state)
{
    (void)state;
    size_t printed = 0;
    for (uint64_t seed = 0; seed < PROGRAMS; seed++)
        printed += assert_round_trip(random_program(seed, true));
    assert_true(printed > PROGRAMS * 200u); // the generator does make programs
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    unsigned written = 0;
    unsigned refused = 0;
    for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
        struct vyre_program *made = random_program(seed, false);
        struct test_diags diags = { 0 };
        struct blob blob;
        enum vyre_result result =
            vyre_program_encode(made, test_diag_sink(&diags), &blob.bytes, &blob.size);
        vyre_program_destroy(&made);
        if (result == VYRE_OK) {
            struct vyre_program *read = decode(&blob);
            struct blob again = encode(read);
            assert_same(&blob, &again, "");
            vyre_program_destroy(&read);
            vyre_free(again.bytes);
            written++;
        } else {
            assert_result(VYRE_ERR_INVALID_PROGRAM, result);
            assert_int_equal(diags.count, 1);
            assert_memory_equal(diags.text, "W02", 3);
            refused++;
        }
        vyre_free(blob.bytes);
    }
    assert_true(written > PROGRAMS / 20 && refused > PROGRAMS / 20);
}

// ---- Nesting ------------------------------------------------------------------------------------

// An expression of exactly `levels` levels, the rest of it leaves.
static struct ir_expr *tall_expr(struct random *random, unsigned levels)
{
    struct ir_expr *made = NULL;
    random->budget = 0; // other operands are leaves
    for (unsigned level = 1; level < levels; level++) {
        enum ir_expr_kind kind = (enum ir_expr_kind)below(random, IR_EXPR_OPAQUE);
        if (below(random, 3))
            kind = flip(random) ? IR_EXPR_BINOP : IR_EXPR_UNOP;
        int kids = ir_expr_info(kind)->kid_count;
        if (kids < 0)
            kids = kind == IR_EXPR_ATOMIC ? 2 + (int)flip(random) : 1 + (int)below(random, 4);
        if (kids == 0)
            kids = ir_expr_info(kind = IR_EXPR_FMA)->kid_count;
        struct ir_expr *outer = ir_draft_expr(random->draft, kind, (uint32_t)kids);
        fill_expr(random, outer);
        for (int i = 0; i < kids; i++)
            outer->kids[i] = ir_lit_i32(random->draft, -1);
        if (made)
            outer->kids[below(random, (uint32_t)kids)] = made;
        else
            outer->kids[0] = ir_lit_f32(random->draft, float_bits(random));
        made = outer;
    }
    return made ? made : ir_lit_u32(random->draft, 1);
}

static struct ir_body only(struct random *random, struct ir_node *node)
{
    struct ir_nodes nodes = { 0 };
    ir_nodes_add(random->draft, &nodes, node);
    return ir_nodes_take(random->draft, &nodes);
}

// A program of exactly `levels` levels: statements, and from some level on expressions.
static struct vyre_program *tower(uint64_t seed, unsigned levels)
{
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct random random = { .state = seed, .draft = &draft, .wire = true };
    unsigned statements = 1 + below(&random, levels - 1);
    struct ir_node *node =
        ir_store(&draft, name(&random), ir_lit_u32(&draft, 0), ir_lit_u32(&draft, 0));
    *(flip(&random) ? &node->a : &node->b) = tall_expr(&random, levels - statements);
    for (unsigned i = 1; i < statements; i++) {
        struct ir_body body = only(&random, node);
        struct ir_expr *leaf = ir_lit_i32(&draft, -1);
        switch (below(&random, 5)) {
        case 0: node = ir_if(&draft, leaf, body, (struct ir_body){ 0 }); break;
        case 1: node = ir_if(&draft, leaf, (struct ir_body){ 0 }, body); break;
        case 2: node = ir_loop(&draft, name(&random), leaf, ir_lit_u32(&draft, 4), body); break;
        case 3: node = ir_block(&draft, body); break;
        default: node = ir_region(&draft, name(&random), body); break;
        }
    }
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, only(&random, node), false, &made));
    return made;
}

static void the_deepest_programs_come_back_to_the_byte(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++)
        assert_round_trip(tower(seed, WIRE_MAX_DEPTH));
}

static void a_level_more_is_not_written(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct vyre_program *made = tower(seed, WIRE_MAX_DEPTH + 1);
        struct test_diags diags = { 0 };
        uint8_t *bytes;
        size_t size;
        uint8_t fingerprint[VYRE_FINGERPRINT_SIZE];
        assert_result(VYRE_ERR_INVALID_PROGRAM,
                      vyre_program_encode(made, test_diag_sink(&diags), &bytes, &size));
        assert_null(bytes);
        assert_string_equal(diags.text,
                            "W022 nodes and expressions are nested deeper than 64 levels");
        // It still has an identity.
        assert_result(VYRE_OK, vyre_program_fingerprint(made, NULL, fingerprint));
        vyre_program_destroy(&made);
    }
}

// ---- Names, numbers, sizes ----------------------------------------------------------------------

static void names_of_any_bytes_and_length_come_back(void **state)
{
    (void)state;
    enum { LONG = WIRE_MAX_STRING };
    static char text[LONG];
    for (int kind = 0; kind < 4; kind++) {
        for (int i = 0; i < LONG; i++)
            text[i] = (char)(kind == 0 ? 'a' : kind == 1 ? '\0' : i % 128);
        for (int i = 0; kind == 3 && i + 1 < LONG; i += 2)
            memcpy(text + i, i % 4 ? "\xc2\x9b" : "\xc3\xa9", 2);
        for (size_t size = LONG; size > 0; size = size == LONG ? 2 : 0) {
            struct ir_draft draft;
            assert_true(ir_draft_init(&draft));
            ir_name long_name = ir_draft_name(&draft, text, size);
            struct ir_buffer buffer = ir_buffer_defaults(long_name, 0, VYRE_ACCESS_READ_WRITE,
                                                         ir_type_scalar(IR_TYPE_U32));
            ir_draft_buffer(&draft, &buffer);
            draft.program->has_entry_op = true;
            draft.program->entry_op = long_name;
            struct ir_nodes nodes = { 0 };
            struct ir_node *trap = ir_draft_node(&draft, IR_NODE_TRAP);
            trap->a = ir_load(&draft, long_name, ir_var(&draft, long_name));
            trap->name = long_name;
            ir_nodes_add(&draft, &nodes, trap);
            struct ir_body body = ir_nodes_take(&draft, &nodes);
            ir_nodes_add(&draft, &nodes, ir_region(&draft, long_name, body));
            struct vyre_program *made;
            assert_result(VYRE_OK,
                          ir_draft_finish(&draft, ir_nodes_take(&draft, &nodes), true, &made));
            assert_round_trip(made);
        }
    }
}

// Every exponent and sign of an f32 and an f64, with mantissas at the edges and in between.
static void numbers_of_any_bits_come_back(void **state)
{
    (void)state;
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct random random = { .state = 1, .draft = &draft };
    struct ir_nodes nodes = { 0 };
    ir_name x = ir_draft_cname(&draft, "x");
    for (uint64_t top = 0; top < 4096; top++) {
        const uint64_t low[] = { 0, 1, UINT64_MAX, next(&random) };
        for (size_t i = 0; i < 4; i++) {
            uint64_t wide = top << 52 | (low[i] & (((uint64_t)1 << 52) - 1));
            uint32_t narrow = (uint32_t)(top << 23 | (low[i] & 0x7FFFFF));
            ir_nodes_add(&draft, &nodes, ir_assign(&draft, x, ir_lit_f32(&draft, narrow)));
            for (enum ir_type_kind type = 0; type < IR_TYPE_COUNT; type++)
                if (type == IR_TYPE_F64 || type == IR_TYPE_U64 || type == IR_TYPE_I64)
                    ir_nodes_add(&draft, &nodes,
                                 ir_assign(&draft, x, ir_literal64(&draft, type, wide)));
        }
    }
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &nodes), true, &made));
    assert_round_trip(made);
}

// A statement of a byte prints to a line behind its indentation, so that a blob of a megabyte is a
// text of more than the 64 MiB that a blob may have.
static void texts_may_be_larger_than_any_blob(void **state)
{
    (void)state;
    enum { DEPTH = 62, STATEMENTS = 280000 };
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    struct ir_nodes nodes = { 0 };
    for (uint32_t i = 0; i < STATEMENTS; i++)
        ir_nodes_add(&draft, &nodes, ir_return(&draft));
    for (int i = 0; i < DEPTH; i++) {
        struct ir_node *block = ir_block(&draft, ir_nodes_take(&draft, &nodes));
        ir_nodes_add(&draft, &nodes, block);
    }
    struct vyre_program *made;
    assert_result(VYRE_OK, ir_draft_finish(&draft, ir_nodes_take(&draft, &nodes), true, &made));
    assert_true(assert_round_trip(made) > WIRE_MAX_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arbitrary_programs_come_back_to_the_byte),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_deepest_programs_come_back_to_the_byte),
        cmocka_unit_test(a_level_more_is_not_written),
        cmocka_unit_test(names_of_any_bytes_and_length_come_back),
        cmocka_unit_test(numbers_of_any_bits_come_back),
        cmocka_unit_test(texts_may_be_larger_than_any_blob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
