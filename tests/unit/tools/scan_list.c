// SPDX-License-Identifier: MIT
#include "test.h"

#include <stdlib.h>

#include "scan_list.h"
#include "tool.h"

void *tool_calloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    assert_non_null(memory);
    return memory;
}

void *tool_realloc(void *memory, size_t size)
{
    memory = realloc(memory, size ? size : 1);
    assert_non_null(memory);
    return memory;
}

// scan_list_read of a text in memory.
static bool read_text(struct scan_list *list, const char *text, size_t size, const char *name,
                      char *error, size_t error_size)
{
    FILE *file = fmemopen((char *)text, size, "rb");
    assert_non_null(file);
    const bool good = scan_list_read(list, file, name, error, error_size);
    fclose(file);
    return good;
}

static void assert_pattern(const struct scan_list *list, size_t index, const char *bytes,
                           size_t size)
{
    assert_true(index < list->count);
    assert_int_equal(list->patterns[index].size, size);
    assert_memory_equal(list->patterns[index].bytes, bytes, size);
}

static void lines_and_escapes_are_read(void **state)
{
    (void)state;
    static const char text[] = "one\n\n two \\\\ \\x00\\xfF\\t\\n\\r\\0\\a\\b\\e\\f\\v\r\n#three";
    struct scan_list list = { 0 };
    char error[128] = "";
    assert_true(read_text(&list, text, sizeof text - 1, "f", error, sizeof error));
    assert_int_equal(list.count, 3);
    assert_pattern(&list, 0, "one", 3);
    assert_pattern(&list, 1, " two \\ \x00\xff\t\n\r\0\a\b\x1b\f\v", 18);
    assert_pattern(&list, 2, "#three", 6);
    // Raw bytes of every kind stand for themselves.
    assert_true(read_text(&list, "\0\xff\n", 3, "f", error, sizeof error));
    assert_pattern(&list, 3, "\0\xff", 2);
    assert_true(scan_list_add(&list, "a\\nb", 4, "-e", error, sizeof error));
    assert_pattern(&list, 4, "a\nb", 3);
    scan_list_fini(&list);
}

static void errors_name_file_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {
        { "good\nab\\q", "file:2:3: unknown escape" }, { "\\", "file:1:1: a backslash at the end" },
        { "\n\nx\\x4", "file:3:2: \\x needs two" },    { "\\xg0", "file:1:1: \\x needs two" },
        { "\\x4g", "file:1:1: \\x needs two" },        { "\\x\n41", "file:1:1: \\x needs two" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scan_list list = { 0 };
        char error[128] = "";
        assert_false(
            read_text(&list, cases[i].text, strlen(cases[i].text), "file", error, sizeof error));
        if (strncmp(error, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("'%s', expected '%s...'", error, cases[i].place);
        scan_list_fini(&list);
    }
    struct scan_list list = { 0 };
    char error[128] = "";
    char line[VYRE_PATTERN_MAX + 6] = "a\n";
    memset(line + 2, 'b', VYRE_PATTERN_MAX + 3);
    memcpy(line + VYRE_PATTERN_MAX - 2, "\\x63", 4); // 4 bytes of text, one of the pattern
    assert_true(read_text(&list, line, VYRE_PATTERN_MAX + 5, "file", error, sizeof error));
    assert_int_equal(list.patterns[1].size, VYRE_PATTERN_MAX);
    line[VYRE_PATTERN_MAX + 5] = 'b';
    assert_false(read_text(&list, line, VYRE_PATTERN_MAX + 6, "file", error, sizeof error));
    assert_string_equal(error, "file:2:4100: the pattern is longer than 4096 bytes");
    scan_list_fini(&list);
    char longest[4 * VYRE_PATTERN_MAX + 3] = "";
    for (size_t i = 0; i < VYRE_PATTERN_MAX; i++)
        memcpy(longest + 4 * i, "\\x07", 4);
    memcpy(longest + 4 * VYRE_PATTERN_MAX, "\r\n", 3);
    assert_true(read_text(&list, longest, sizeof longest - 1, "file", error, sizeof error));
    assert_int_equal(list.patterns[0].size, VYRE_PATTERN_MAX);
    memcpy(longest + 4 * VYRE_PATTERN_MAX, "b\n", 3);
    assert_false(read_text(&list, longest, sizeof longest - 1, "file", error, sizeof error));
    assert_string_equal(error, "file:1:16385: the pattern is longer than 4096 bytes");
    scan_list_fini(&list);
    assert_false(scan_list_add(&list, "", 0, "-e", error, sizeof error));
    assert_string_equal(error, "-e: an empty pattern would match everywhere");
    assert_false(scan_list_add(&list, "a\\", 2, "-e", error, sizeof error));
    assert_non_null(strstr(error, "-e: column 2: a backslash"));
    scan_list_fini(&list);
}

// Nothing is read far behind the line that is wrong, and lines are counted whatever they hold.
static void no_file_is_read_without_end(void **state)
{
    (void)state;
    struct scan_list list = { 0 };
    char error[128] = "";
    FILE *zeros = fopen("/dev/zero", "rb");
    assert_non_null(zeros);
    assert_false(scan_list_read(&list, zeros, "zero", error, sizeof error));
    assert_string_equal(error, "zero:1:4097: the pattern is longer than 4096 bytes");
    fclose(zeros);

    const size_t lines = SCAN_LIST_LINES_MAX;
    char *text = malloc(lines + 1);
    assert_non_null(text);
    memset(text, '\n', lines + 1);
    assert_true(read_text(&list, text, lines, "f", error, sizeof error));
    assert_int_equal(list.count, 0);
    assert_false(read_text(&list, text, lines + 1, "f", error, sizeof error));
    assert_string_equal(error, "f:16777217:1: more lines than 16777216");
    free(text);

    list.bytes = SCAN_LIST_SIZE_MAX;
    assert_true(read_text(&list, "ab\n", 3, "f", error, sizeof error));
    assert_false(read_text(&list, "c", 1, "f", error, sizeof error));
    assert_string_equal(error, "f:1:1: the patterns are more than 1 GiB");
    scan_list_fini(&list);

    FILE *folder = fopen("/", "rb");
    assert_non_null(folder);
    assert_false(scan_list_read(&list, folder, "/", error, sizeof error));
    assert_string_equal(error, "cannot read '/': Is a directory");
    fclose(folder);
}

static uint64_t seed = 1;

static unsigned random_below(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 40) % below;
}

static void what_is_escaped_comes_back(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        unsigned char bytes[20];
        char text[100];
        size_t size = 1 + random_below(sizeof bytes);
        size_t at = 0;
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (unsigned char)random_below(256);
            at += (size_t)sprintf(text + at, "\\x%02x", bytes[i]);
        }
        text[at++] = '\n';
        struct scan_list list = { 0 };
        char error[128];
        assert_true(read_text(&list, text, at, "f", error, sizeof error));
        assert_int_equal(list.count, 1);
        assert_pattern(&list, 0, (const char *)bytes, size);
        scan_list_fini(&list);
    }
}

// Text that is mostly escapes and line ends. A parse either succeeds, and then no pattern is longer
// than the text, or it names the place.
static void garbage_is_parsed_or_refused(void **state)
{
    (void)state;
    static const char letters[] = "\\\\\\\\xx01fFnrtq\n\n\r\0\xff ";
    unsigned refused = 0;
    for (unsigned round = 0; round < 20000; round++) {
        // From the heap and without a NUL, so that a read past the end is seen by a sanitizer.
        size_t size = random_below(40);
        char *text = malloc(size + (size == 0));
        for (size_t i = 0; i < size; i++)
            text[i] = letters[random_below(sizeof letters - 1)];
        struct scan_list list = { 0 };
        char error[128] = "";
        if (!read_text(&list, text, size, "f", error, sizeof error)) {
            unsigned line = 0;
            unsigned column = 0;
            assert_int_equal(sscanf(error, "f:%u:%u:", &line, &column), 2);
            assert_true(line >= 1 && column >= 1 && column <= size);
            refused++;
        }
        size_t sum = 0;
        for (size_t i = 0; i < list.count; i++) {
            assert_true(list.patterns[i].size > 0);
            sum += list.patterns[i].size;
        }
        assert_true(sum <= size);
        scan_list_fini(&list);
        free(text);
    }
    assert_true(refused > 1000 && refused < 19999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_escapes_are_read),
        cmocka_unit_test(errors_name_file_line_and_column),
        cmocka_unit_test(no_file_is_read_without_end),
        cmocka_unit_test(what_is_escaped_comes_back),
        cmocka_unit_test(garbage_is_parsed_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
