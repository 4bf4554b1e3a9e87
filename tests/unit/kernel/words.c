// SPDX-License-Identifier: MIT
#include "words.h"
#include "test.h"

#include <vyre/compile.h>

#include <stdlib.h>

static const char text[] = "workgroup 64\n"
                           "buffer in  : u32[] readonly @0\n"
                           "buffer out : u32[] readwrite @1\n"
                           "loop i in 0..len(in) {\n"
                           "    out[i] = in[i] * gid.x\n"
                           "}\n";

// The words of a compiled module, in a heap block of exactly their size.
static uint32_t *make_words(size_t *count)
{
    struct vyre_program *program = NULL;
    struct vyre_module *module = NULL;
    assert_result(VYRE_OK, vyre_program_parse(text, strlen(text), NULL, NULL, &program));
    assert_result(VYRE_OK, vyre_compile(program, vyre_compile_params(.target = NULL), &module));
    const uint32_t *words = vyre_module_words(module, count);
    uint32_t *copy = malloc(*count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, words, *count * sizeof *copy);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
    return copy;
}

static void compiled_modules_are_valid(void **state)
{
    (void)state;
    size_t count = 0;
    uint32_t *words = make_words(&count);
    assert_true(kernel_words_valid(words, count));
    free(words);
}

// A cut between two instructions leaves whole instructions, so only the checksum of the cache can
// know: but the cut must be such a place, and everything else is refused.
static void cuts_inside_an_instruction_are_refused(void **state)
{
    (void)state;
    size_t count = 0;
    uint32_t *words = make_words(&count);
    size_t next = 5; // start of the next instruction
    size_t refused = 0;
    for (size_t cut = 0; cut < count; cut++) {
        uint32_t *copy = malloc(cut ? cut * sizeof *copy : 1);
        assert_non_null(copy);
        memcpy(copy, words, cut * sizeof *copy);
        bool valid = kernel_words_valid(copy, cut);
        free(copy);
        refused += !valid;
        if (valid && cut != next)
            fail_msg("cut at word %zu, inside an instruction", cut);
        if (cut == next)
            next += words[next] >> 16;
    }
    assert_true(refused > count / 2);
    free(words);
}

static void wrong_headers_and_lengths_are_refused(void **state)
{
    (void)state;
    size_t count = 0;
    uint32_t *words = make_words(&count);
    const struct {
        size_t at;
        uint32_t flip;
    } damages[] = {
        { 0, 1 },          // magic
        { 1, 0x00020000 }, // version 3.x
        { 1, 0x00000001 }, // reserved byte of the version
        { 4, 1 },          // schema
        { 5, 0x00010000 }, // length of the first instruction
        { 5, 0xffff0000 },
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        words[damages[i].at] ^= damages[i].flip;
        assert_false(kernel_words_valid(words, count));
        words[damages[i].at] ^= damages[i].flip;
    }
    uint32_t bound = words[3];
    words[3] = 0;
    assert_false(kernel_words_valid(words, count));
    words[3] = bound;
    uint32_t first = words[5];
    words[5] &= 0xffff; // an instruction without words: a reader would never get on
    assert_false(kernel_words_valid(words, count));
    words[5] = first;
    assert_true(kernel_words_valid(words, count));
    free(words);
}

static void another_entry_point_is_refused(void **state)
{
    (void)state;
    size_t count = 0;
    uint32_t *words = make_words(&count);
    size_t at = 5;
    while ((words[at] & 0xffff) != 15) // OpEntryPoint
        at += words[at] >> 16;
    words[at + 1] = 4; // a fragment shader
    assert_false(kernel_words_valid(words, count));
    words[at + 1] = 5;
    words[at + 3] ^= 1; // not "main"
    assert_false(kernel_words_valid(words, count));
    words[at + 3] ^= 1;
    words[at] = (words[at] & 0xffff0000) | 0; // OpNop of the same length: no entry point
    assert_false(kernel_words_valid(words, count));
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_modules_are_valid),
        cmocka_unit_test(cuts_inside_an_instruction_are_refused),
        cmocka_unit_test(wrong_headers_and_lengths_are_refused),
        cmocka_unit_test(another_entry_point_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
