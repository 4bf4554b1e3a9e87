// SPDX-License-Identifier: MIT
// What the parser says about wrong texts, to the letter, and that hostile texts cost neither stack
// nor more than linear time.
#include "test.h"

#include <stdlib.h>

#include <vyre/program.h>

struct golden {
    const char *text;
    const char *said; // "line:column+length CODE text"
};

static const struct golden goldens[] = {
    // declarations
    { "buffer x", "1:9+1 T001 expected ':' and a type, found the end of the program" },
    { "buffer x : u32", "1:15+1 T001 expected '[' and the number of elements, found the end of the "
                        "program" },
    { "buffer x : u32[] @0", "1:8+1 T011 how the program uses this buffer is not said" },
    { "buffer x : u32[] readonly", "1:8+1 T011 this buffer has no binding" },
    { "buffer x : u32[] readonly readwrite @0",
      "1:27+9 T010 'readwrite' is said twice, or against another word" },
    { "buffer x : u32[] readonly @0 @1", "1:30+1 T010 '@' is said twice, or against another word" },
    { "buffer x : u32[] readonly @0 output liveout",
      "1:37+7 T010 'liveout' is said twice, or against another word" },
    { "shared x : u32[4] readonly",
      "1:19+8 T010 'readonly' is said twice, or against another word" },
    { "buffer x : u32[] const @0", "1:18+5 T009 'const' is not an attribute of buffers" },
    { "buffer x : u32[] readonly @0 kind(slow)", "1:35+4 T009 slow is not a memory kind" },
    { "buffer x : u32[] readonly @4294967296", "1:28+10 T007 the binding is at most 4294967295" },
    { "buffer x : u32[] readonly @0 axis(256)", "1:35+3 T007 the axis is at most 255" },
    { "buffer x : u33[] readonly @0", "1:12+3 T009 there is no type 'u33'" },
    { "buffer x : vec<u32>[] readonly @0", "1:19+1 T017 expected ';' in the type" },
    { "buffer x : vec2<i32>[] readonly @0", "1:17+1 T017 expected u32 in the type" },
    { "buffer x : vec<u32;256>[] readonly @0",
      "1:22+1 T017 expected a smaller number in the type" },
    { "buffer x : [4] readonly @0", "1:12+1 T001 expected a type, found '['" },
    { "buffer if : u32[] readonly @0", "1:8+2 T018 if is a word of the language" },
    { "workgroup 1\nworkgroup 2", "2:1+9 T010 'workgroup' is said twice, or against another word" },
    { "workgroup 4294967296", "1:11+10 T007 a workgroup size is at most 4294967295" },
    { "workgroup 1 let x = 1",
      "1:13+3 T001 expected the end of the line behind a declaration, found 'let'" },
    { "let x = 1\nbuffer y : u32[] readonly @0",
      "2:1+6 T014 declarations stand before statements" },
    // statements
    { "x", "1:1+1 T009 'x' begins no statement" },
    { "x ++", "1:3+1 T001 expected '=' or '[' behind a name" },
    { "x <<= 1", "1:3+2 T001 expected '=' or '[' behind a name" },
    { "x +=", "1:5+1 T001 expected an expression, found the end of the program" },
    { "b[0] += ", "1:9+1 T001 expected an expression, found the end of the program" },
    { "b[atomic_add(c[0], 1)] += 1",
      "1:1+1 T019 the index has an effect, and would be evaluated twice" },
    { "b[1 + call \"f\"()] ^= 1",
      "1:1+1 T019 the index has an effect, and would be evaluated twice" },
    { "let x : u32 = 1", "1:7+1 T001 a value has the type of its expression" },
    { "fn main() { }", "1:1+2 T009 'fn' begins no statement" },
    { "let x = a ? b : c", "1:11+1 T003 this character starts nothing" },
    { "let x = 1 /* and", "1:11+2 T004 this comment does not end" },
    { "/*/", "1:1+2 T004 this comment does not end" },
    { "let x = 0b102", "1:9+5 T006 this is not a number" },
    { "let x = 0b", "1:9+2 T006 this is not a number" },
    { "let x = 0b1f32", "1:9+6 T006 this is not a number" },
    { "let x =\n/*\n\n*/ )", "4:4+1 T001 expected an expression, found ')'" },
    { "x = 1 y = 2", "1:7+1 T001 expected the end of the line behind a statement, found 'y'" },
    { "for i in 0..4 { }", "1:1+3 T009 'for' begins no statement" },
    { "else { }", "1:1+4 T009 'else' begins no statement" },
    { "atomic_add(b[0], 1)", "1:1+10 T013 this is an expression, not a statement" },
    { "7", "1:1+1 T001 expected a statement, found '7'" },
    { "}", "1:1+1 T001 expected a statement, found '}'" },
    { "if a { x = 1", "1:13+1 T001 expected '}', found the end of the program" },
    { "if a x = 1", "1:6+1 T001 expected '{', found 'x'" },
    { "loop i = 0..4 { }", "1:8+1 T001 expected 'in', found '='" },
    { "loop i in 0 { }", "1:13+1 T001 expected '..' and the end of the range, found '{'" },
    { "return 1", "1:8+1 T001 return takes no value" },
    { "barrier maybe", "1:9+5 T009 maybe is not a memory ordering" },
    { "let 7 = 1", "1:5+1 T001 expected the name of the value, found '7'" },
    { "let true = 1", "1:5+4 T018 true is a word of the language" },
    { "region g { }", "1:8+1 T001 expected the generator of the region, a string, found 'g'" },
    { "all_reduce(g, mul, 0)", "1:15+3 T009 mul is not a collective operator" },
    { "opaque(\"k\", \"0\")", "1:13+3 T016 a payload is pairs of hex digits" },
    { "opaque(\"k\", \"0g\")", "1:13+4 T016 a payload is pairs of hex digits" },
    { "atomic_store(b[0], 1)",
      "1:13+1 T001 expected '.' and a memory ordering, as in .acquire or .release, found '('" },
    // expressions
    { "let x = ", "1:9+1 T001 expected an expression, found the end of the program" },
    { "let x =\n\n  )", "3:3+1 T001 expected an expression, found ')'" },
    { "let x = if", "1:9+2 T018 'if' is no value" },
    { "let x = foo(1)", "1:9+3 T009 there is no operator 'foo'" },
    { "let x = foo.y", "1:9+3 T009 'foo' has no parts" },
    { "let x = gid.w", "1:13+1 T001 expected x, y or z, found 'w'" },
    { "let x = min(1)", "1:9+3 T012 min takes 2 operands, found 1" },
    { "let x = clz()", "1:9+3 T012 clz takes 1 operand, found 0" },
    { "let x = select(a, b, c, d)", "1:9+6 T012 select takes 3 operands, found 4" },
    { "let x = (1 + 2", "1:15+1 T001 expected ')', found the end of the program" },
    { "let x = b[1", "1:12+1 T001 expected ']', found the end of the program" },
    { "let x = atomic_add(b, 1)",
      "1:21+1 T001 expected '[' and the index of the element, found ','" },
    { "let x = atomic_add.fast(b[0], 1)", "1:20+4 T009 fast is not a memory ordering" },
    { "let x = cast(1)", "1:13+1 T001 expected '<' and a type, found '('" },
    { "let x = 4294967296", "1:9+10 T007 the largest u32 is 4294967295" },
    { "let x = 2147483648i", "1:9+11 T007 the largest i32 is 2147483647" },
    { "let x = -2147483649i", "1:10+11 T007 the largest i32 is 2147483648" },
    { "let x = 18446744073709551616u64", "1:9+23 T007 the number does not fit 64 bits" },
    { "let x = 9223372036854775808i64", "1:9+22 T007 the largest i64 is 9223372036854775807" },
    { "let x = -9223372036854775809i64", "1:10+22 T007 the largest i64 is 9223372036854775808" },
    { "let x = 4294967296u32", "1:9+13 T007 the largest u32 is 4294967295" },
    { "let x = 1e309f64", "1:9+8 T007 the number is not in the range of f64" },
    { "let x = 1e39f32", "1:9+7 T007 the number is not in the range of f32" },
    { "let x = 1.5u64", "1:9+6 T006 this is not a number" },
    { "let x = 7u16", "1:9+4 T006 this is not a number" },
    { "let x = 7f640", "1:9+5 T006 this is not a number" },
    { "workgroup 64u32", "1:1+9 T009 'workgroup' begins no statement" },
    { "let x = 99999999999999999999", "1:9+20 T007 the number does not fit 64 bits" },
    { "let x = 1e39", "1:9+4 T007 the number is not in the range of f32" },
    { "let x = 1e-60", "1:9+5 T007 the number is not in the range of f32" },
    { "let x = 12abc", "1:9+5 T006 this is not a number" },
    { "let x = 1.", "1:9+2 T006 this is not a number" },
    { "let x = 0x", "1:9+2 T006 this is not a number" },
    { "let x = 1.5i", "1:9+4 T006 this is not a number" },
    { "let x = 1__0", "1:9+4 T006 this is not a number" },
    // characters and strings
    { "let x = #", "1:9+1 T003 this character starts nothing" },
    { "let h\xc3\xa9 = 1", "1:6+2 T003 this character starts nothing" },
    { "resume(\"abc", "1:8+4 T004 this string does not end" },
    { "resume(\"abc\n\")", "1:8+4 T004 this string does not end" },
    { "`abc = 1", "1:1+8 T004 this quoted name does not end" },
    { "resume(\"a\\q\")", "1:10+2 T005 this escape does not exist" },
    { "resume(\"a\\x4\")", "1:10+2 T005 this escape does not exist" },
    { "resume(\"\\xff\")", "1:8+6 T005 the escapes give a text that is not UTF-8" },
    { "let x = 1 // \xff", "1:14+1 T002 the byte 0xff does not belong to valid UTF-8" },
    { "let x = 1\nlet y\xc0 = 1", "2:6+1 T002 the byte 0xc0 does not belong to valid UTF-8" },
};

struct heard {
    char text[500];
    unsigned count;
    bool has_line;
    bool has_fix;
    char fix[300];
};

static void hear(void *user, const struct vyre_diag *diag)
{
    struct heard *heard = user;
    heard->count++;
    heard->has_line = diag->line_text != NULL && diag->source != NULL;
    heard->has_fix = diag->fix != NULL && diag->fix[0] != '\0';
    snprintf(heard->fix, sizeof heard->fix, "%s", diag->fix ? diag->fix : "");
    snprintf(heard->text, sizeof heard->text, "%u:%u+%u %s %s", diag->line, diag->column,
             diag->length, diag->code, diag->text);
}

static enum vyre_result parse(const char *text, size_t size, struct heard *heard)
{
    *heard = (struct heard){ 0 };
    struct vyre_program *program;
    enum vyre_result result = vyre_program_parse(
        text, size, "file", &(const struct vyre_diag_sink){ hear, heard }, &program);
    assert_int_equal(program != NULL, result == VYRE_OK);
    vyre_program_destroy(&program);
    return result;
}

static void errors_have_their_place_their_code_and_a_fix(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++) {
        struct heard heard;
        assert_result(VYRE_ERR_INVALID_PROGRAM,
                      parse(goldens[i].text, strlen(goldens[i].text), &heard));
        assert_int_equal(heard.count, 1);
        assert_true(heard.has_line);
        assert_true(heard.has_fix);
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

static void slips_are_recognised(void **state)
{
    (void)state;
    static const char *const slips[][2] = {
        { "let x = popcnt(1)", "did you mean popcount? " },
        { "let x = atomic_ad(b[0], 1)", "did you mean atomic_add? " },
        { "let x = mni(1, 2)", NULL }, // two slips in three characters are another word
        { "let x = selct(a, b, c)", "did you mean select? " },
        { "let x = parm(1)", "did you mean param? " },
        { "let x = completely_different(1)", NULL },
        { "let x = a_name_of_more_than_thirty_one_characters(1)", NULL },
        { "while x { }", "loops count over a range" },
        { "if (x) y = 1", "bodies stand between { and }" },
        { "let mut x = 1", "write let NAME = VALUE" },
        { "let x = a and b", "write && between conditions" },
        { "let x = a or b", "write || between conditions" },
        { "x = 1 y = 2", "begin a new line" },
        { "if a = 1 { }", "values are compared with ==" },
        { "let y = x = 1", "values are compared with ==" },
        { "x == 1", "a value is assigned with =" },
        { "if a { }\nif b {\n  x = 1\n\ny = 2\n", "the { at 2:6 is not closed" },
        { "if a { } elif b { }", "write else if" },
        { "bufer x : u32[] readonly @0", "did you mean buffer? " },
        { "wrokgroup 64", "did you mean workgroup? " },
        { "lop i in 0..4 { }", "did you mean loop? " },
        { "retrun", "did you mean return? " },
        { "asynch_load(a, b, 0, 4, \"t\")", "did you mean async_load? " },
        { "frobnicate 1", "statements are" },
        { "loop i = 0..4 { }", "write: loop NAME in FROM..TO" },
        { "loop i in 0 { }", "write: loop NAME in FROM..TO" },
        { "let x = 1 +", "a value is a number, a name" },
        { "buffer x : u32[] readonyl @0", "did you mean readonly? " },
        { "buffer x : u33[] readonly @0", "did you mean u32? " },
        { "buffer x : tenser[] readonly @0", "did you mean tensor? " },
        { "buffer x : u32[] slow @0", "the attributes are" },
        { "buffer x u32[] readonly @0", "write: buffer NAME : TYPE[COUNT] ACCESS @BINDING" },
        { "buffer x : u32[N] readonly @0", "write: buffer NAME : TYPE[COUNT] ACCESS @BINDING" },
        { "shared x : u32", "write: shared NAME : TYPE[COUNT]" },
        { "int x = 1", "names are made by let" },
        { "let x = a ? b : c", "to choose between two values write select" },
    };
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct heard heard;
        assert_result(VYRE_ERR_INVALID_PROGRAM, parse(slips[i][0], strlen(slips[i][0]), &heard));
        if (slips[i][1] && strncmp(heard.fix, slips[i][1], strlen(slips[i][1])) != 0)
            fail_msg("%s\nFix: %s", slips[i][0], heard.fix);
        if (!slips[i][1] && strstr(heard.fix, "did you mean"))
            fail_msg("%s\nFix: %s", slips[i][0], heard.fix);
    }
}

// It is no ordering of atomics (V042), so it is no advice.
static void nobody_is_offered_grid_sync_for_an_atomic(void **state)
{
    (void)state;
    static const char text[] = "let x = atomic_add.fast(b[0], 1)";
    struct heard heard;
    assert_result(VYRE_ERR_INVALID_PROGRAM, parse(text, strlen(text), &heard));
    assert_string_equal("choose one of: relaxed, acquire, release, acq_rel, seq_cst", heard.fix);
}

static void a_diagnostic_shows_the_line_and_a_caret(void **state)
{
    (void)state;
    static const char text[] = "workgroup 1\r\n  let x = popcnt(1) // here\r\n";
    static const char wanted[] = "k.vyre:2:11: error[T009]: there is no operator 'popcnt'\n"
                                 "      let x = popcnt(1) // here\n"
                                 "              ^~~~~~\n"
                                 "Fix: ";
    char shown[600] = "";
    struct vyre_program *program;
    assert_result(VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_parse(text, sizeof text - 1, "k.vyre",
                                     &(const struct vyre_diag_sink){ show, shown }, &program));
    shown[strlen(wanted)] = '\0';
    assert_string_equal(shown, wanted);
}

// `count` times `unit`, between a head and a tail.
static char *repeat(const char *head, const char *unit, size_t count, const char *tail)
{
    size_t size = strlen(unit);
    char *text = malloc(strlen(head) + size * count + strlen(tail) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, unit);
    stpcpy(at, tail);
    return text;
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    static const char *const towers[][2] = {
        { "let x = ", "(" },
        { "let x = ", "-" },
        { "let x = ", "!~" },
        { "let x = ", "b[" },
        { "let x = ", "min(1," },
        { "let x = ", "call \"f\"(" },
        { "let x = 1", " + 1" },
        { "let x = 1", " - 1 * 2" },
        { "", "{" },
        { "", "if a {" },
        { "", "loop i in 0..1 {" },
        { "if a { }", " else if a { }" },
        { "", "region \"g\" {" },
        { "let x = ", "cast<u32>(" },
        { "let x = ", "atomic_add(b[" },
        { "let x = ", "uniform_load(b[" },
        { "buffer x : u32[] readonly @0 shape(", "not(" },
    };
    for (size_t i = 0; i < sizeof towers / sizeof towers[0]; i++) {
        char *text = repeat(towers[i][0], towers[i][1], 200000, "");
        struct heard heard;
        assert_result(VYRE_ERR_INVALID_PROGRAM, parse(text, strlen(text), &heard));
        if (!strstr(heard.text, " T008 "))
            fail_msg("%s: %s", towers[i][1], heard.text);
        free(text);
    }
    char *type = repeat("buffer x : ", "vec<", 100000, "");
    struct heard heard;
    assert_result(VYRE_ERR_INVALID_PROGRAM, parse(type, strlen(type), &heard));
    assert_non_null(strstr(heard.text, " T017 expected fewer types around each other"));
    free(type);
}

static void long_programs_take_linear_time(void **state)
{
    (void)state;
    // A quadratic parser would need hours for these; the suite's time limit is the assertion.
    static const char *const units[] = {
        "x = a + b[1] * 3\n", "// comment\n", "\n", "let `a b` = \"\" == 1\n", "barrier\n",
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        char *text = repeat("", units[i], 300000, "");
        struct heard heard;
        bool valid = i != 3;
        assert_result(valid ? VYRE_OK : VYRE_ERR_INVALID_PROGRAM,
                      parse(text, strlen(text), &heard));
        free(text);
    }
    char *names = malloc(300000 * 24);
    assert_non_null(names);
    char *at = names;
    for (int i = 0; i < 300000; i++)
        at += sprintf(at, "let name%d = %d\n", i, i);
    struct heard heard;
    assert_result(VYRE_OK, parse(names, (size_t)(at - names), &heard));
    free(names);
}

static void every_prefix_and_every_damaged_byte_ends_in_order(void **state)
{
    (void)state;
    static const char text[] =
        "op \"x\"\nworkgroup 8\nbuffer a : vec<f32;4>[2] readonly @0 range(0,4) shape(mod(4,1))\n"
        "let x = 1.5 + f32.bits(0x7f) * -3i // c\nif x { a[gid.x] = select(x, 1, 2) } else { "
        "return "
        "}\nloop i in 0..4 { region \"g\" { opaque(\"k\", \"00ff\") } }\n"
        "let `q\\x41` = atomic_add.relaxed(a[0], "
        "cast<quantized<i4;scale:per_tensor;zp:absent>>(1))";
    struct heard heard;
    assert_result(VYRE_OK, parse(text, sizeof text - 1, &heard));
    for (size_t size = 0; size < sizeof text; size++) {
        // Its own allocation, so that a sanitizer sees a read behind the end.
        char *copy = malloc(size ? size : 1);
        memcpy(copy, text, size);
        enum vyre_result result = parse(copy, size, &heard);
        assert_int_equal(heard.count, result == VYRE_OK ? 0 : 1);
        for (int value = 0; size && value < 256; value += 7) {
            copy[size - 1] = (char)value;
            result = parse(copy, size, &heard);
            assert_int_equal(heard.count, result == VYRE_OK ? 0 : 1);
        }
        free(copy);
    }
}

static void huge_texts_are_refused_unread(void **state)
{
    (void)state;
    struct heard heard;
    *heard.text = '\0';
    assert_result(VYRE_ERR_INVALID_PROGRAM, parse("x", (size_t)UINT32_MAX + 1, &heard));
    assert_non_null(strstr(heard.text, "T015 the text has 4294967296 bytes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_their_place_their_code_and_a_fix),
        cmocka_unit_test(slips_are_recognised),
        cmocka_unit_test(nobody_is_offered_grid_sync_for_an_atomic),
        cmocka_unit_test(a_diagnostic_shows_the_line_and_a_caret),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(long_programs_take_linear_time),
        cmocka_unit_test(every_prefix_and_every_damaged_byte_ends_in_order),
        cmocka_unit_test(huge_texts_are_refused_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
