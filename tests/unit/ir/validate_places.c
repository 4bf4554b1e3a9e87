// SPDX-License-Identifier: MIT
// What the validator says and where it points, to the letter, for a rule of each kind. That every
// diagnostic of every rule has a place at all is checked where the rules are (validate_rules.h).
#include "validate_rules.h"

#include <stdlib.h>

struct golden {
    const char *text;
    const char *said; // "line:column 'what is underlined' path CODE text"
};

static const struct golden goldens[] = {
    { "\nworkgroup 8 0 1", "2:1 'workgroup' workgroup V103 the workgroup size is 0 on axis y" },
    { "buffer a : u32[1] readonly @0\nbuffer a : u32[1] readonly @1",
      "2:8 'a' buffers[1] V104 buffer 'a' is declared twice" },
    { "buffer a : u32[1] readonly @7\nbuffer b : u32[1] readonly @7",
      "2:8 'b' buffers[1] V105 buffer 'b' uses binding 7, which is taken" },
    { "shared tile : u32[]", "1:8 'tile' buffers[0] V106 workgroup buffer 'tile' has no elements" },
    { "buffer a : u32[3] readonly @0 shape(multiple(2))",
      "1:8 'a' buffers[0] V135 buffer 'a' has count 3, which breaks count % 2 == 0" },
    { "buffer a : u32[1] readonly @0 usage(linear)",
      "1:8 'a' buffers[0] V132 buffer 'a' is used 0 times" },
    { "unwrapped\nlet x = 1", "2:1 'let' entry[0] V102 entry statement 0 is a Let, not a Region" },
    { "let x = 1\nlet x = 2",
      "2:1 'let' entry[0].body[1] V032 'x' is bound twice in this list of statements" },
    { "x = 1", "1:1 'x' entry[0].body[0] V123 'x' is not declared" },
    { "let x = 1 +\n  y * 2",
      "2:3 'y' entry[0].body[0].value.right.left V124 'y' is not declared" },
    { "let x = min(1,\n  b[7])",
      "2:3 'b' entry[0].body[0].value.right V115 buffer 'b' is not declared" },
    { "let x = len(b)", "1:9 'len' entry[0].body[0].value V116 buffer 'b' is not declared" },
    { "let x = 1 + 2i", "1:11 '+' entry[0].body[0].value V144 the operands are u32 and i32" },
    { "let x = ~1.5", "1:9 '~' entry[0].body[0].value V155 the operand of ~ is f32" },
    { "let x = gid",
      "1:9 'gid' entry[0].body[0].value V124 'gid' is not declared; the ids are gid.x, .y and .z" },
    { "let x = gid.7", "1:9 'gid' entry[0].body[0].value V117 there is no axis 7" },
    { "if 1.5 {\n}", "1:1 'if' entry[0].body[0] V126 the condition is f32" },
    { "if true {\n  loop i in 0..4 {\n    i = 1\n  }\n}",
      "3:5 'i' entry[0].body[0].then[0].body[0] V011 loop variable 'i' is assigned" },
    { "return\nlet x = 1",
      "2:1 'let' entry[0].body[1] V125 statements after a return are never reached" },
    { "workgroup 2\nif lid.x == 0 {\n  barrier\n}",
      "3:3 'barrier' entry[0].body[0].then[0] V010 a part of the workgroup may not come here" },
    { "region \"a#self-exclusive\" { }\n  region \"a#self-exclusive\" { }",
      "2:3 'region' entry[1] V131 self-exclusive region \"a\" occurs 2 times" },
    { "let x = call \"no.such.op\"(1) + true",
      "1:30 '+' entry[0].body[0].value V143 the right operand is bool" },
    { "opaque(\"mine\", \"\")", "1:1 'opaque' entry[0].body[0] V031 unknown extension 'mine'" },
    { "let x = param(7) + uniform_load(b[0])",
      "1:20 'uniform_load' entry[0].body[0].value.right V160 buffer 'b' is not declared" },
};

struct heard {
    char text[900];
};

static void hear_first(void *user, const struct vyre_diag *diag)
{
    struct heard *heard = user;
    validate_check_place(diag);
    if (heard->text[0])
        return;
    snprintf(heard->text, sizeof heard->text, "%u:%u '%.*s' %s %s %s", diag->line, diag->column,
             (int)diag->length, diag->line_text + diag->column - 1, diag->path, diag->code,
             diag->text);
}

static void each_points_at_what_it_means(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
        struct heard heard = { "" };
        const struct vyre_diag_sink sink = { hear_first, &heard };
        struct vyre_program *program = validate_parse(goldens[i].text);
        assert_result(VYRE_ERR_INVALID_PROGRAM,
                      vyre_program_validate(program, vyre_validate_params(.diag = &sink)));
        vyre_program_destroy(&program);
        if (strcmp(heard.text, goldens[i].said) != 0) {
            print_error("%s\n  said   %s\n  wanted %s\n", goldens[i].text, heard.text,
                        goldens[i].said);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void show(void *user, const struct vyre_diag *diag)
{
    vyre_diag_format(diag, user, 600);
}

static void it_looks_like_a_compiler_s(void **state)
{
    (void)state;
    char shown[600] = "";
    const struct vyre_diag_sink sink = { show, shown };
    struct vyre_program *program = validate_parse("let x = 1\nif true {\n\tx = y + 2\n}\n");
    assert_result(VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_validate(program, vyre_validate_params(.diag = &sink)));
    assert_string_equal(shown, "test:3:6: error[V124]: 'y' is not declared\n"
                               "     x = y + 2\n"
                               "         ^\n"
                               "Fix: bind it with let first");
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_points_at_what_it_means),
        cmocka_unit_test(it_looks_like_a_compiler_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
