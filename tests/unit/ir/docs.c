// SPDX-License-Identifier: MIT
// Every example of a documentation page holds: it parses, prints, parses back to the same program,
// and what it says comes of it does (docs.h), in the interpreter; the compiler takes it or lists it
// as not supported. Together the examples use everything that the tables of the language hold.
// usage: docs FILE.md
#include "test.h"

#include "docs.h"

#include "ir/equal.h"

#include <stdlib.h>

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

static enum vyre_result clamp(void *cookie, const uint8_t *arguments, size_t size,
                              struct vyre_op_result *result)
{
    uint32_t words[3];
    (void)cookie;
    if (size != sizeof words)
        return VYRE_ERR_INVALID_ARGUMENT;
    memcpy(words, arguments, sizeof words);
    uint32_t value = words[0] < words[1] ? words[1] : words[0] > words[2] ? words[2] : words[0];
    return vyre_op_result_append(result, &value, sizeof value);
}

// The ops that examples call.
static struct vyre_registry *make_registry(void)
{
    struct vyre_registry *registry;
    const struct vyre_op_operand word = { "u32", NULL };
    const struct vyre_op_operand three[] = { word, word, word };
    assert_result(VYRE_OK, vyre_registry_create(&registry));
    assert_result(VYRE_OK, vyre_registry_add_standard_ops(registry, NULL));
    assert_result(VYRE_OK, vyre_registry_add_op(
                               registry, vyre_op_params(.id = "math.clamp", .inputs = three,
                                                        .input_count = 3, .outputs = &word,
                                                        .output_count = 1, .evaluate = clamp)));
    vyre_registry_freeze(registry);
    return registry;
}

static struct vyre_program *check_print(const char *text, size_t size)
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
    vyre_free(printed);
    vyre_program_destroy(&again);
    return program;
}

static void every_example_holds(void **state)
{
    (void)state;
    char *text = read_page();
    struct docs_tally tally = { 0 };
    struct docs_cover cover = { 0 };
    struct vyre_registry *registry = make_registry();
    for (char *at = text; (at = strstr(at, "\n```vyre")) != NULL;) {
        char *line_end = strchr(at + 1, '\n');
        assert_non_null(line_end);
        assert_memory_equal(at, "\n```vyre\n", 9);
        char *end = strstr(line_end, "\n```\n");
        assert_non_null(end);
        const char *example = line_end + 1;
        size_t size = (size_t)(end - line_end);
        struct vyre_program *program = check_print(example, size);
        docs_run(example, size, program, registry, &tally);
        docs_cover_add(&cover, program);
        vyre_program_destroy(&program);
        at = end + 4;
    }
    vyre_registry_destroy(&registry);
    print_message("%u examples ran, %u ended in the error that they show, %u are refused as they "
                  "say; %u of those that run compile, the compiler lists %u as not supported\n",
                  tally.ran, tally.ended, tally.refused, tally.compiled, tally.declined);
    assert_true(tally.ran >= 30 && tally.ended >= 1 && tally.refused >= 1); // extraction works
    assert_true(tally.compiled >= 15);
    docs_cover_check(&cover);
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
