// SPDX-License-Identifier: MIT
#include "test.h"

#include "base/report.h"

static void formats_position_source_line_and_fix(void **state)
{
    (void)state;
    const struct vyre_diag diag = {
        .severity = VYRE_SEVERITY_ERROR,
        .code = "V008",
        .source = "k.vyre",
        .line_text = "let x = y",
        .line_text_size = 9,
        .line = 3,
        .column = 5,
        .length = 3,
        .text = "no",
        .fix = "yes",
    };
    char text[200];
    size_t needed = vyre_diag_format(&diag, text, sizeof text);
    assert_string_equal(text, "k.vyre:3:5: error[V008]: no\n    let x = y\n        ^~~\nFix: yes");
    assert_int_equal(needed, strlen(text));
    assert_int_equal(vyre_diag_format(&diag, text, 8), needed);
    assert_string_equal(text, "k.vyre:");
    assert_int_equal(vyre_diag_format(&diag, NULL, 0), needed);
}

static void every_code_has_a_name_a_meaning_and_a_fix(void **state)
{
    (void)state;
    for (int code = 0; code < DIAG_COUNT; code++) {
        assert_int_equal(strlen(diag_code_name(code)), 4);
        assert_true(strlen(diag_code_summary(code)) > 5);
        assert_true(strlen(diag_code_fix(code)) > 5);
        for (int other = 0; other < code; other++)
            assert_string_not_equal(diag_code_name(code), diag_code_name(other));
    }
}

static void reports_reach_the_sink(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    diag_report(test_diag_sink(&diags), DIAG_V008, NULL, "name %d", 7);
    assert_string_equal(diags.text, "V008 name 7");
    diag_report(NULL, DIAG_V008, NULL, "nowhere");
    assert_int_equal(diags.count, 1);
}

static void every_result_is_spelled(void **state)
{
    (void)state;
    for (int result = VYRE_ERR_INTERNAL; result <= VYRE_DONE; result++)
        assert_string_not_equal(vyre_result_name(result), "unknown result");
    assert_string_equal(vyre_result_name((enum vyre_result)99), "unknown result");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_position_source_line_and_fix),
        cmocka_unit_test(every_code_has_a_name_a_meaning_and_a_fix),
        cmocka_unit_test(reports_reach_the_sink),
        cmocka_unit_test(every_result_is_spelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
