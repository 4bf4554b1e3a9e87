// SPDX-License-Identifier: MIT
// Asynchronous copies: when they are made, by whom, and which cannot be made.
#include "check.h"

#include <spirv/unified1/spirv.h>

#define IO                                                                                         \
    "buffer a : u32[] readonly @0\nbuffer b : u32[64] readwrite @1\n"                              \
    "buffer c : u32[] readwrite @2\nshared t : u32[64]\n"

static struct vyre_program *parse(const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *program;
    if (vyre_program_parse(text, strlen(text), "test", test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

static unsigned count_in(const char *text, unsigned opcode)
{
    struct vyre_program *program = parse(text);
    check_everywhere(program);
    unsigned found = check_count(program, opcode);
    vyre_program_destroy(&program);
    return found;
}

static void every_copy_is_valid_everywhere(void **state)
{
    (void)state;
    static const char *const copies[] = {
        "async_load(a, b, 4, 256, \"t\")\nasync_wait(\"t\")",
        "async_load(a, t, lid.x, gid.x, \"t\")\nasync_wait(\"t\")",
        "async_store(t, c, wid.x, 100, \"t\")\nasync_wait(\"t\")",
        "async_load(b, b, c[0], 61, \"t\")\nb[0] = 1\nasync_wait(\"t\")",
        "async_store(b, c, 4, 100, \"t\")\nb[0] = 1\nasync_wait(\"t\")",
        "if lid.x { return }\nasync_store(t, c, 3, len(c), \"t\")\nasync_wait(\"t\")\nbarrier",
        "loop i in 0..len(a) { async_load(a, t, i, 200, \"t\")\nasync_wait(\"t\")\nbarrier }",
        "async_load(a, b, 0, 0, \"t\")\nasync_wait(\"t\")",
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        char text[600];
        for (int invocations = 1; invocations < 80; invocations += 63) {
            snprintf(text, sizeof text, "workgroup %d\n" IO "%s\n", invocations, copies[i]);
            (void)count_in(text, SpvOpNop);
        }
    }
}

static void a_workgroup_shares_what_all_copy(void **state)
{
    (void)state;
    static const struct {
        unsigned barriers;
        const char *text;
    } cases[] = {
        { 2, "workgroup 64\n" IO "async_load(a, b, 4, 256, \"t\")\nasync_wait(\"t\")" },
        { 2, "workgroup 64\n" IO "async_load(a, b, wid.x, len(a), \"t\")\nasync_wait(\"t\")" },
        { 0, "workgroup 64\n" IO "async_load(a, b, lid.x, 256, \"t\")\nasync_wait(\"t\")" },
        { 0, "workgroup 64\n" IO "async_load(a, b, 4, lid.x, \"t\")\nasync_wait(\"t\")" },
        { 0, "workgroup 1\n" IO "async_load(a, b, 4, 256, \"t\")\nasync_wait(\"t\")" },
        { 0, "workgroup 64\n" IO "if lid.x { async_load(a, b, 4, 256, \"t\")\n"
             "async_wait(\"t\") }" },
        { 0, "workgroup 64\n" IO "async_load(a, b, 4, 64, \"t\")\nasync_wait(\"t\")" },
        // The dead would have to help.
        { 1, "workgroup 64\n" IO "if lid.x { return }\nasync_load(a, b, 4, 256, \"t\")\n"
             "async_wait(\"t\")\nbarrier" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned found = count_in(cases[i].text, SpvOpControlBarrier);
        if (found != cases[i].barriers)
            fail_msg("%u barriers, expected %u\n%s", found, cases[i].barriers, cases[i].text);
    }
}

static void copies_that_cannot_be_made(void **state)
{
    (void)state;
    static const struct {
        const char *code, *says, *text;
    } cases[] = {
        // Errors of the interpreter when they are reached.
        { "L022", "not waited for", "async_load(a, b, 0, 4, \"t\")" },
        { "L022", "waited for elsewhere", "async_load(a, b, 0, 4, \"t\")\n{ async_wait(\"t\") }" },
        { "L022", "used again",
          "async_load(a, b, 0, 4, \"t\")\nasync_load(a, c, 0, 4, \"t\")\nasync_wait(\"t\")" },
        { "L022", "used again",
          "async_load(a, b, 0, 4, \"t\")\nif gid.x { async_wait(\"t\") }\nasync_wait(\"t\")" },
        { "L022", "no copy", "async_wait(\"t\")" },
        { "L022", "no copy",
          "async_load(a, b, 0, 4, \"t\")\nasync_wait(\"t\")\nasync_wait(\"t\")" },
        { "L022", "return",
          "async_load(a, b, 0, 4, \"t\")\nif gid.x { return }\nasync_wait(\"t\")" },
        // Copies that neither place is right for.
        { "L023", "source", "async_load(b, b, 0, 100, \"t\")\nasync_wait(\"t\")" },
        { "L023", "source", "async_load(b, c, 0, 100, \"t\")\nb[0] = c[0]\nasync_wait(\"t\")" },
        { "L023", "source",
          "async_load(b, c, 0, len(b), \"t\")\n{ let x = atomic_add(b[0], c[0]) "
          "}\nasync_wait(\"t\")" },
        { "L023", "source",
          "async_load(b, c, 0, 100, \"t\")\nasync_load(c, b, 0, 100, \"u\")\nasync_wait(\"t\")\n"
          "async_wait(\"u\")" },
        { "L023", "source",
          "async_load(b, c, 0, 100, \"t\")\nbarrier\nasync_wait(\"t\")\nbarrier\nb[lid.x] = 1" },
        { "L004", "u32", "async_load(a, b, 4i, 4, \"t\")\nasync_wait(\"t\")" },
        { "L014", "nowhere", "async_load(nowhere, b, 4, 4, \"t\")\nasync_wait(\"t\")" },
    };
    struct vyre_target target;
    check_target(&target, 2, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        snprintf(text, sizeof text, "workgroup 64\n" IO "%s\n", cases[i].text);
        struct vyre_program *program = parse(text);
        struct test_diags diags = { 0 };
        struct vyre_module *module;
        enum vyre_result result = vyre_compile(
            program, vyre_compile_params(.target = &target, .diag = test_diag_sink(&diags)),
            &module);
        if (!result || module || diags.count != 1 || strncmp(diags.text, cases[i].code, 4) != 0 ||
            !strstr(diags.text, cases[i].says))
            fail_msg("%s: %s\n%s", vyre_result_name(result), diags.text, text);
        vyre_program_destroy(&program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_copy_is_valid_everywhere),
        cmocka_unit_test(a_workgroup_shares_what_all_copy),
        cmocka_unit_test(copies_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
