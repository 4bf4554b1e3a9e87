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

// The formatted text behind the line of the message.
static const char *excerpt(const char *line, size_t size, uint32_t column, uint32_t length)
{
    static char text[1024];
    const struct vyre_diag diag = {
        .severity = VYRE_SEVERITY_ERROR,
        .line_text = line,
        .line_text_size = (uint32_t)size,
        .line = 1,
        .column = column,
        .length = length,
        .text = "no",
    };
    vyre_diag_format(&diag, text, sizeof text);
    return strchr(text, '\n') + 1;
}

static void shows_no_bytes_that_a_terminal_would_obey(void **state)
{
    (void)state;
    // A tab, ESC, a stray byte, an e with an accent, a control character of Latin-1.
    const char line[] = "a\tb\x1b[\xffz\xc3\xa9\xc2\x9bx";
    assert_string_equal(excerpt(line, sizeof line - 1, 12, 1),
                        "    a b?[?z\xc3\xa9?x\n             ^");
}

// A tag of a program may hold anything, and must not look like a message of its own.
static void shows_texts_on_one_line(void **state)
{
    (void)state;
    char text[200];
    const struct vyre_diag diag = {
        .severity = VYRE_SEVERITY_ERROR,
        .source = "a\nb",
        .text = "trap 'x\nerror: y\x1b[31m\x7f'",
    };
    vyre_diag_format(&diag, text, sizeof text);
    assert_string_equal(text, "a\\x0ab: error: trap 'x\\x0aerror: y\\x1b[31m\\x7f'");
}

static void shows_the_part_of_a_long_line_that_matters(void **state)
{
    (void)state;
    char line[1000];
    char expected[400];
    memset(line, 'x', sizeof line);
    memset(line + 500, 'y', 3);
    snprintf(expected, sizeof expected, "    ...%.*s...\n    %*s^~~", 120, line + 440, 63, "");
    assert_string_equal(excerpt(line, sizeof line, 501, 3), expected);
    snprintf(expected, sizeof expected, "    %.*s...\n    ^", 120, line);
    assert_string_equal(excerpt(line, sizeof line, 1, 1), expected);
    // Behind the last byte, where something is missing.
    snprintf(expected, sizeof expected, "    ...%.*s\n    %*s^", 60, line + 940, 63, "");
    assert_string_equal(excerpt(line, sizeof line, 1001, 1), expected);
    assert_string_equal(excerpt("ab", 2, 3, 1), "    ab\n      ^");
    assert_string_equal(excerpt("", 0, 1, 1), "    \n    ^");
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
    for (int result = VYRE_ERR_INVALID_DATA; result <= VYRE_DONE; result++)
        assert_string_not_equal(vyre_result_name(result), "unknown result");
    assert_string_equal(vyre_result_name((enum vyre_result)99), "unknown result");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_position_source_line_and_fix),
        cmocka_unit_test(shows_no_bytes_that_a_terminal_would_obey),
        cmocka_unit_test(shows_texts_on_one_line),
        cmocka_unit_test(shows_the_part_of_a_long_line_that_matters),
        cmocka_unit_test(every_code_has_a_name_a_meaning_and_a_fix),
        cmocka_unit_test(reports_reach_the_sink),
        cmocka_unit_test(every_result_is_spelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
