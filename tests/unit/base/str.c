// SPDX-License-Identifier: MIT
#include "test.h"

#include "base/memory.h"
#include "base/str.h"
#include "base/utf8.h"

static void builds_and_finishes(void **state)
{
    (void)state;
    struct str str = { 0 };
    str_puts(&str, "a");
    str_printf(&str, "%s-%d", "bc", 42);
    str_putc(&str, '!');
    char *text;
    size_t size;
    assert_true(str_finish(&str, &text, &size));
    assert_string_equal(text, "abc-42!");
    assert_int_equal(size, 7);
    memory_free(text);
    assert_true(str_finish(&str, &text, &size));
    assert_string_equal(text, "");
    memory_free(text);
}

static void failure_is_sticky(void **state)
{
    (void)state;
    struct str str = { 0 };
    memory_fail_nth(1);
    str_puts(&str, "lost");
    memory_fail_nth(0);
    str_puts(&str, "also lost");
    char *text;
    assert_false(str_finish(&str, &text, NULL));
    assert_null(text);
}

static void escapes_what_a_terminal_must_not_see(void **state)
{
    (void)state;
    struct str str = { 0 };
    str_add_escaped(&str, "a\n\\\x7f\xc3\xa9\xff\0z", 9);
    assert_string_equal(str_text(&str), "a\\x0a\\x5c\\x7f\xc3\xa9\\xff\\x00z");
    str_fini(&str);
}

static void utf8_follows_rfc_3629(void **state)
{
    (void)state;
    assert_true(utf8_valid("\xf4\x8f\xbf\xbf", 4));
    assert_false(utf8_valid("\xf4\x90\x80\x80", 4)); // beyond U+10FFFF
    assert_false(utf8_valid("\xed\xa0\x80", 3));     // surrogate
    assert_false(utf8_valid("\xc0\xaf", 2));         // overlong
    assert_false(utf8_valid("\xe0\x9f\xbf", 3));     // overlong
    assert_false(utf8_valid("\xe2\x82", 2));         // cut
    assert_true(utf8_valid("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_and_finishes),
        cmocka_unit_test(failure_is_sticky),
        cmocka_unit_test(escapes_what_a_terminal_must_not_see),
        cmocka_unit_test(utf8_follows_rfc_3629),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
