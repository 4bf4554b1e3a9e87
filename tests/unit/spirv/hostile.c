// SPDX-License-Identifier: MIT
// Programs that are made to hurt the compiler.
#include "check.h"

#include "base/str.h"
#include "base/utf8.h"
#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>
#include <stdlib.h>

static struct vyre_module *compile(const char *text, size_t size)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program = NULL;
    if (vyre_program_parse(text, size, NULL, test_diag_sink(&diags), &program) != VYRE_OK)
        fail_msg("%s", diags.text);
    struct vyre_target target;
    check_target(&target, 2, 1);
    struct vyre_module *module = NULL;
    assert_result(
        VYRE_OK,
        vyre_compile(program, vyre_compile_params(.target = &target, .debug_info = true), &module));
    vyre_program_destroy(&program);
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    const char *message = check_words(target.env, words, count);
    if (message)
        fail_msg("%s", message);
    return module;
}

static uint32_t type_of_words(void)
{
    static const char text[] = "buffer b : u32[1] readwrite @0\nb[0] = 7\n";
    struct vyre_module *module = compile(text, sizeof text - 1);
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    uint32_t id = 0;
    for (size_t at = 5; at < count; at += words[at] >> 16)
        if ((words[at] & 0xFFFF) == SpvOpTypeInt)
            id = words[at + 1];
    vyre_module_destroy(&module);
    assert_true(id != 0);
    return id;
}

// One step of the hash of spirv/writer.c.
static uint32_t hash_word(uint32_t hash, uint32_t word)
{
    hash = (hash ^ word) * 0x01000193u;
    return hash ^ hash >> 15;
}

// The constant whose hash is `hash`: every step of the function can be undone.
static uint32_t constant_with_hash(uint32_t type, uint32_t hash)
{
    uint32_t inverse = 1;
    for (int i = 0; i < 5; i++) // Newton's iteration doubles the correct bits
        inverse *= 2 - 0x01000193u * inverse;
    uint32_t before = hash_word(hash_word(0x811C9DC5u, 4u << 16 | SpvOpConstant), type);
    uint32_t mixed = hash ^ hash >> 15 ^ hash >> 30;
    uint32_t word = mixed * inverse ^ before;
    assert_int_equal(hash_word(before, word), hash);
    return word;
}

// All of them begin their search in one place of the table. A search without a bound would visit
// billions of places here.
static void constants_that_crowd_the_table_are_declared_again(void **state)
{
    (void)state;
    enum { CONSTANTS = 40000 };
    const uint32_t type = type_of_words();
    struct str text = { 0 };
    str_puts(&text, "buffer b : u32[1] readwrite @0\n");
    for (uint32_t i = 0; i < 2 * CONSTANTS; i++)
        str_printf(&text, "b[0] = %u\n", constant_with_hash(type, i % CONSTANTS << 16));
    assert_false(text.failed);
    struct vyre_module *module = compile(text.text, text.size);
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    const unsigned declared = check_count_words(words, count, SpvOpConstant);
    assert_true(declared > CONSTANTS + CONSTANTS / 2 && declared < 2 * CONSTANTS);
    vyre_module_destroy(&module);
    str_fini(&text);
}

static void names_are_cut_between_characters(void **state)
{
    (void)state;
    for (unsigned letters = 250; letters < 258; letters++) {
        struct str text = { 0 };
        str_puts(&text, "buffer `");
        for (unsigned i = 0; i < letters; i++)
            str_putc(&text, 'a');
        str_puts(&text, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac` : u32[1] readwrite @0\n`");
        for (unsigned i = 0; i < letters; i++)
            str_putc(&text, 'a');
        str_puts(&text, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac`[0] = 1\n");
        struct vyre_module *module = compile(text.text, text.size);
        size_t count;
        const uint32_t *words = vyre_module_words(module, &count);
        unsigned names = 0;
        for (size_t at = 5; at < count; at += words[at] >> 16) {
            if ((words[at] & 0xFFFF) != SpvOpName)
                continue;
            const char *name = (const char *)&words[at + 2];
            if (name[0] != 'a') // a name that is not the program's
                continue;
            names++;
            assert_true(utf8_valid(name, strlen(name)));
            assert_in_range(strlen(name), 253, 256);
        }
        assert_int_equal(names, 1);
        vyre_module_destroy(&module);
        str_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_that_crowd_the_table_are_declared_again),
        cmocka_unit_test(names_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
