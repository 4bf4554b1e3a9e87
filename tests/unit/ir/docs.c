// SPDX-License-Identifier: MIT
// Every example of a documentation page holds: ```vyre blocks parse, print, parse back to the same
// program and are valid; ```vyre fragment blocks, which use what they do not declare, all but that.
// usage: docs FILE.md
#include "test.h"

#include <stdlib.h>

#include "ir/equal.h"

static const char *page;

static char *read_page(void)
{
    FILE *file = fopen(page, "rb");
    if (!file)
        fail_msg("%s cannot be opened", page);
    static char text[1 << 20];
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(size < sizeof text - 1);
    text[size] = '\0';
    return text;
}

static void check(const char *text, size_t size, bool whole)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    struct vyre_program *again;
    char *printed;
    size_t printed_size;
    if (vyre_program_parse(text, size, page, test_diag_sink(&diags), &program) != VYRE_OK)
        fail_msg("%s\n%.*s", diags.text, (int)size, text);
    assert_result(VYRE_OK, vyre_program_print(program, &printed, &printed_size));
    if (vyre_program_parse(printed, printed_size, page, test_diag_sink(&diags), &again) != VYRE_OK)
        fail_msg("%s\n%s", diags.text, printed);
    assert_true(ir_program_equal(program, again));
    enum vyre_result result = vyre_program_validate(
        program, vyre_validate_params(.subgroup_ops = true, .collectives = true,
                                      .diag = test_diag_sink(&diags)));
    if (whole && result != VYRE_OK)
        fail_msg("%s\n%.*s", diags.text, (int)size, text);
    vyre_free(printed);
    vyre_program_destroy(&again);
    vyre_program_destroy(&program);
}

static void every_example_holds(void **state)
{
    (void)state;
    char *text = read_page();
    int wholes = 0;
    int fragments = 0;
    for (char *at = text; (at = strstr(at, "\n```vyre")) != NULL;) {
        char *line_end = strchr(at + 1, '\n');
        assert_non_null(line_end);
        bool whole = strncmp(at, "\n```vyre\n", 9) == 0;
        bool fragment = strncmp(at, "\n```vyre fragment\n", 18) == 0;
        assert_true(whole || fragment);
        char *end = strstr(line_end, "\n```\n");
        assert_non_null(end);
        check(line_end + 1, (size_t)(end - line_end), whole);
        wholes += whole;
        fragments += fragment;
        at = end + 4;
    }
    assert_true(wholes >= 10); // the extraction works
    assert_true(fragments >= 1);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE.md\n", argv[0]);
        return 2;
    }
    page = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
