// SPDX-License-Identifier: MIT
#include "fault.h"
#include "test.h"

static const char text[] = "workgroup 64\n"
                           "buffer out : u32[] readwrite @0\n"
                           "loop outer in 0..10 {\n"
                           "    if out[outer] == 1 {\n"
                           "        trap(1, \"first\")\n"
                           "    } else {\n"
                           "        loop inner in 0..20 {\n"
                           "            out[inner] = outer\n"
                           "        }\n"
                           "        if out[outer] == 2 {\n"
                           "            trap(2, \"second\")\n"
                           "        }\n"
                           "    }\n"
                           "}\n"
                           "loop last in 0..30 {\n"
                           "    out[last] = 3\n"
                           "}\n";

struct told {
    char code[8];
    char text[200];
    uint32_t line;
    uint32_t column;
};

static void tell(void *user, const struct vyre_diag *diag)
{
    struct told *told = user;
    snprintf(told->code, sizeof told->code, "%s", diag->code);
    snprintf(told->text, sizeof told->text, "%s", diag->text);
    told->line = diag->line;
    told->column = diag->column;
}

// Reports a record of the program above and expects to be told this.
static void expect(const uint32_t record[4], bool linear, const char *code, const char *message,
                   uint32_t line)
{
    struct vyre_program *program = NULL;
    struct told told = { .line = 0 };
    const struct vyre_diag_sink sink = { tell, &told };
    assert_result(VYRE_OK, vyre_program_parse(text, strlen(text), "f.vyre", NULL, &program));
    assert_result(VYRE_ERR_FAULT, kernel_fault_report(program, record, linear, 0, &sink));
    assert_string_equal(told.code, code);
    assert_string_equal(told.text, message);
    assert_int_equal(told.line, line);
    vyre_program_destroy(&program);
}

static void traps_and_loops_are_named_with_their_place(void **state)
{
    (void)state;
    expect((const uint32_t[4]){ VYRE_FAULT_TRAP, 1, 0, 5 }, true, "K007",
           "trap 'first' with address 1 in workgroup 5", 5);
    expect((const uint32_t[4]){ VYRE_FAULT_TRAP, 2, 1, 5 }, false, "K007",
           "trap 'second' with address 2", 11);
    expect((const uint32_t[4]){ VYRE_FAULT_LOOP_LIMIT, 0, 9, 0 }, true, "K008",
           "loop 0 over 'outer' did not end: its counter was 9 in workgroup 0", 3);
    expect((const uint32_t[4]){ VYRE_FAULT_LOOP_LIMIT, 1, 19, 0 }, false, "K008",
           "loop 1 over 'inner' did not end: its counter was 19", 7);
    expect((const uint32_t[4]){ VYRE_FAULT_LOOP_LIMIT, 2, 0, 0 }, false, "K008",
           "loop 2 over 'last' did not end: its counter was 0", 15);
}

// A record that the program cannot have written (a wild store, a driver's bug) is a fault without a
// name, never a crash.
static void impossible_records_are_still_faults(void **state)
{
    (void)state;
    expect((const uint32_t[4]){ VYRE_FAULT_TRAP, 7, 2, 0 }, false, "K007",
           "trap '?' with address 7", 0);
    expect((const uint32_t[4]){ VYRE_FAULT_LOOP_LIMIT, UINT32_MAX, 0, 0 }, false, "K008",
           "loop 4294967295 over '?' did not end: its counter was 0", 0);
    expect((const uint32_t[4]){ 77, 3, 0, 0 }, false, "K010",
           "a fault record of kind 77, with 3 and 0", 0);
}

static void an_empty_record_is_no_fault(void **state)
{
    (void)state;
    struct vyre_program *program = NULL;
    struct test_diags diags = { .size = 0 };
    assert_result(VYRE_OK, vyre_program_parse(text, strlen(text), NULL, NULL, &program));
    assert_result(VYRE_OK, kernel_fault_report(program, (const uint32_t[4]){ 0, 1, 2, 3 }, true, 0,
                                               test_diag_sink(&diags)));
    assert_int_equal(diags.count, 0);
    vyre_program_destroy(&program);
}

static void keep_fix(void *user, const struct vyre_diag *diag)
{
    snprintf(user, 300, "%s|%s", diag->path ? diag->path : "", diag->fix);
}

static void the_limit_of_a_driver_is_not_blamed_on_the_budget(void **state)
{
    (void)state;
    const uint32_t record[4] = { VYRE_FAULT_LOOP_LIMIT, 0, 9, 0 };
    char said[300];
    const struct vyre_diag_sink sink = { keep_fix, said };
    struct vyre_program *program = NULL;
    assert_result(VYRE_OK, vyre_program_parse(text, strlen(text), "f.vyre", NULL, &program));
    assert_result(VYRE_ERR_FAULT, kernel_fault_report(program, record, true, 65535, &sink));
    assert_non_null(strstr(said, "this driver ends the loops of an invocation after 65535 passes"));
    assert_null(strstr(said, "raise"));
    assert_non_null(strstr(said, "entry[0]"));
    assert_result(VYRE_ERR_FAULT, kernel_fault_report(program, record, true, 0, &sink));
    assert_non_null(strstr(said, "raise the loop budget"));
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_of_a_driver_is_not_blamed_on_the_budget),
        cmocka_unit_test(traps_and_loops_are_named_with_their_place),
        cmocka_unit_test(impossible_records_are_still_faults),
        cmocka_unit_test(an_empty_record_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
