// SPDX-License-Identifier: MIT
// Arbitrary programs, most of them meaningless: whatever the model can hold survives a print and a
// parse, and a deep copy.
#include "test.h"

#include "kinds.h"
#include "random_program.h"

#include "ir/copy.h"
#include "ir/equal.h"
#include "ir/wire.h"

enum { PROGRAMS = 3000 };

// What a program says of the kinds of its parts is what a look at them finds.
static void assert_knows_its_kinds(const struct vyre_program *program)
{
    uint32_t nodes = 0, exprs = 0;
    count_kinds(&program->entry, &nodes, &exprs);
    assert_int_equal(nodes, program->node_kinds);
    assert_int_equal(exprs, program->expr_kinds);
}

static void whatever_is_printed_parses_back(void **state)
{
    (void)state;
    size_t printed = 0;
    for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
        struct vyre_program *made = random_program(seed, false);
        struct vyre_program *again;
        struct test_diags diags = { 0 };
        char *text;
        char *second;
        size_t size;
        assert_result(VYRE_OK, vyre_program_print(made, &text, &size));
        printed += size;
        if (vyre_program_parse(text, size, NULL, test_diag_sink(&diags), &again) != VYRE_OK)
            fail_msg("seed %d: %s\n%s", (int)seed, diags.text, text);
        assert_knows_its_kinds(again);
        if (!ir_program_equal(made, again))
            fail_msg("seed %d is not equal after a print:\n%s", (int)seed, text);
        assert_result(VYRE_OK, vyre_program_print(again, &second, NULL));
        assert_string_equal(second, text);
        vyre_free(text);
        vyre_free(second);
        vyre_program_destroy(&again);
        vyre_program_destroy(&made);
    }
    assert_true(printed > PROGRAMS * 200u); // the generator does make programs
}

static void a_deep_copy_is_equal_and_stands_alone(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < PROGRAMS / 10; seed++) {
        struct vyre_program *made = random_program(seed, false);
        struct ir_draft draft;
        assert_true(ir_draft_init(&draft));
        const struct ir_copy copy = { .draft = &draft, .from = made };
        memcpy(draft.program->workgroup, made->workgroup, sizeof made->workgroup);
        draft.program->non_composable = made->non_composable;
        draft.program->has_entry_op = made->has_entry_op;
        draft.program->entry_op = ir_copy_name(&copy, IR_NAME_OP, made->entry_op);
        for (uint32_t i = 0; i < made->buffer_count; i++) {
            struct ir_buffer declared = ir_copy_buffer(&copy, &made->buffers[i]);
            ir_draft_buffer(&draft, &declared);
        }
        struct ir_body entry = ir_copy_body(&copy, made->entry);
        struct vyre_program *copied;
        assert_result(VYRE_OK, ir_draft_finish(&draft, entry, false, &copied));
        assert_knows_its_kinds(copied);
        assert_true(ir_program_equal(made, copied));
        vyre_program_destroy(&made);
        struct vyre_program *fresh = random_program(seed, false);
        assert_true(ir_program_equal(fresh, copied)); // its source is gone
        vyre_program_destroy(&fresh);
        vyre_program_destroy(&copied);
    }
}

static void different_programs_are_not_equal(void **state)
{
    (void)state;
    // Neighbouring seeds share nothing, so equality would be a checker that finds everything equal.
    int equal = 0;
    struct vyre_program *before = random_program(0, false);
    for (uint64_t seed = 1; seed < 200; seed++) {
        struct vyre_program *made = random_program(seed, false);
        equal += ir_program_equal(before, made);
        vyre_program_destroy(&before);
        before = made;
    }
    vyre_program_destroy(&before);
    assert_int_equal(equal, 0);
}

// The writer makes the canonical form on the way; the copy makes a program of it.
static void both_ways_to_the_canonical_form_agree(void **state)
{
    (void)state;
    unsigned changed = 0;
    for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
        struct vyre_program *made = random_program(seed, true);
        struct vyre_program *canonical = NULL;
        struct str plain = { 0 };
        struct str copied = { 0 };
        struct str written = { 0 };
        assert_result(VYRE_OK, vyre_program_canonicalize(made, &canonical));
        assert_result(VYRE_OK, ir_wire_encode(canonical, NULL, &copied));
        assert_result(VYRE_OK, ir_wire_encode_canonical(made, NULL, &written));
        assert_result(VYRE_OK, ir_wire_encode(made, NULL, &plain));
        if (copied.size != written.size || memcmp(copied.text, written.text, copied.size) != 0)
            fail_msg("seed %d has two canonical forms", (int)seed);
        changed += plain.size != written.size || memcmp(plain.text, written.text, plain.size) != 0;
        str_fini(&plain);
        str_fini(&copied);
        str_fini(&written);
        vyre_program_destroy(&canonical);
        vyre_program_destroy(&made);
    }
    assert_true(changed > PROGRAMS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_printed_parses_back),
        cmocka_unit_test(a_deep_copy_is_equal_and_stands_alone),
        cmocka_unit_test(different_programs_are_not_equal),
        cmocka_unit_test(both_ways_to_the_canonical_form_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
