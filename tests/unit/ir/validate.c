// SPDX-License-Identifier: MIT
// Declarations, scopes, control flow, uniformity, alias hazards and usage rules: each rule fires,
// and does not fire for its near misses.
#include "base/memory.h"
#include "validate_rules.h"

static void declarations(void **state)
{
    (void)state;
    assert_codes("", "workgroup 1\n");
    assert_codes("V101", "workgroup 1\nunwrapped\n");
    assert_codes("V102", "workgroup 1\nunwrapped\nregion \"a\" { }\nlet x = 1\nlet y = 1\n");
    assert_codes("V103 V103", "workgroup 0 1 0\n");
    assert_codes("V104", "buffer a : u32[1] readonly @0\nbuffer a : u32[1] readonly @1\n");
    assert_codes("V105", "buffer a : u32[1] readonly @7\nbuffer b : u32[1] readonly @7\n");
    assert_codes("V105", "buffer a : u32[1] readonly @4294967295\n"
                         "buffer b : u32[1] readonly @4294967295\n");
    assert_codes("", "buffer a : u32[1] readonly @0\nshared b : u32[1] @0\nshared c : u32[1] @0\n");
    assert_codes("V106", "shared a : u32[]\n");
    assert_codes("V107", "buffer a : array<16B>[1] readwrite @0 output\n");
    assert_codes("V107", "buffer a : tensor[1] readwrite @0 result\n");
    assert_codes("", "buffer a : vec4<u32>[1] readwrite @0 output\n");
    assert_codes("", "buffer a : tensor[1] readwrite @0 liveout\n");
    assert_codes("V022", "buffer a : u32[1] readwrite @0 output\n"
                         "buffer b : u32[1] readwrite @1 result\n");
    assert_codes("V103 V104 V105 V022", "workgroup 1 0\n"
                                        "buffer a : u32[1] readwrite @0 output\n"
                                        "buffer a : u32[1] readwrite @0 output\n");
}

static void scopes(void **state)
{
    (void)state;
    assert_body("V032", "let x = 1\nlet x = 2");
    assert_body("V008", "let x = 1\n{\n let x = 2\n}");
    assert_body("V008", "loop i in 0..4 {\n loop i in 0..4 {\n }\n}");
    assert_body("V008", "loop i in 0..4 {\n let i = 1\n}");
    assert_body("V008 V032", "loop i in 0..4 {\n let i = 1\n let i = 2\n}");
    assert_body("", "{\n let x = 1\n}\n{\n let x = 2\n}\nlet x = 3");
    assert_body("", "region \"a\" {\n let x = 1\n}\nlet x = 2");
    assert_body("V032", "let x = 1\n{\n let y = 1\n}\nlet x = 2");
    assert_codes_with("", (struct vyre_validate_params){ .allow_shadowing = true },
                      BUFFERS "let x = 1\n{\n let x = 2\n}\nloop x in 0..1 {\n}\n");
    assert_codes_with("V032", (struct vyre_validate_params){ .allow_shadowing = true },
                      BUFFERS "let x = 1\n{\n let x = 1.0\n}\nlet x = 2\n");
    // What was shadowed is there again, with its own type.
    assert_codes_with("V045", (struct vyre_validate_params){ .allow_shadowing = true },
                      BUFFERS "let x = 1\n{\n let x = 1.0\n x = 2.0\n}\nx = 2.0\n");
    assert_body("V011", "loop i in 0..4 {\n i = 1\n}");
    assert_body("V123", "x = 1");
    assert_body("V124", "rw[0] = x");
    assert_body("V124", "{\n let x = 1\n}\nrw[0] = x");
    assert_body("V124", "let x = x");
    assert_body("V045", "let x = 1\nx = 1.0");
    assert_body("", "let x = 1\nx = x + 1");
    assert_body("V121", "ro = 1");
    assert_body("V121", "tile = 1");
    assert_body("V045", "floats = 1");
    assert_body("", "raw = 1\nflags = 1\nrw = true");
    // A local hides a buffer of its name.
    assert_body("", "let ro = 1\nro = 2");
    assert_body("V125", "return\nlet x = 1");
    assert_body("V125", "if true {\n return\n return\n}");
    assert_body("", "if true {\n return\n}\nreturn");
}

static void control_flow(void **state)
{
    (void)state;
    assert_body("V126", "if 1i {\n}");
    assert_body("V126", "if 1.0 {\n}");
    assert_body("", "if 1 {\n}\nif true {\n}\nif flags[0] {\n}");
    assert_body("V127", "loop i in 0i..4 {\n}");
    assert_body("V128", "loop i in 0..true {\n}");
    assert_body("V127 V128", "loop i in 1.0..2.0 {\n}");
    assert_body("V043", "barrier relaxed");
    assert_body("",
                "barrier acquire\nbarrier release\nbarrier acq_rel\nbarrier\nbarrier grid_sync");
    assert_body("V129", "indirect_dispatch(rw, 2)");
    assert_body("V130", "indirect_dispatch(none, 4)");
    assert_body("V122 V122 V122",
                "async_load(ro, rw, 0, 4, \"\")\nasync_store(ro, rw, 0, 4, \"\")\n"
                "async_wait(\"\")");
    assert_body("", "async_load(nowhere, none, x, y, \"t\")\nasync_wait(\"t\")");
    assert_body("", "trap(undeclared, \"\")\nresume(\"\")");
    assert_body("V046", "all_reduce(rw, sum, 0)");
    assert_body("V046 V046", "all_reduce(none, sum, 0)");
    const struct vyre_validate_params able = { .collectives = true };
    assert_codes_with("", able, BUFFERS "all_reduce(rw, sum, 0)\nall_gather(ro, rw, 0)\n");
    assert_codes_with("V046 V046", able, BUFFERS "broadcast(tile, 0, 0)\nbroadcast(none, 0, 0)\n");
    assert_codes_with("V046", able, BUFFERS "reduce_scatter(rw, ints, sum, 0)\n");
    assert_codes_with("V046 V046", able, BUFFERS "all_gather(tile, none, 0)\n");
    assert_body("V031", "opaque(\"some.kind\", \"00\")");
    assert_body("V031", "opaque(\"\", \"\")");
}

static void uniformity(void **state)
{
    (void)state;
    assert_body("", "if wid.x == 0 {\n barrier\n}");
    assert_body("", "if len(rw) > 4 {\n barrier\n}");
    assert_body("V010", "if gid.x == 0 {\n barrier\n}");
    assert_body("V010", "if lid.y == 0 {\n barrier\n}");
    assert_body("V010", "if rw[0] == 0 {\n barrier\n}");
    assert_body("V010", "if true {\n} else {\n if lid.x == 0 {\n  {\n   barrier\n  }\n }\n}");
    assert_body("V010", "let n = lid.x\nloop i in 0..n {\n barrier\n}");
    assert_body("", "let n = wid.x\nloop i in 0..n {\n if i == 2 {\n  barrier\n }\n}");
    assert_body("V010", "if lid.x == 0 {\n loop i in 0..4 {\n  barrier\n }\n}");
    // Assigning a varying value makes a local varying; the control flow around it does not.
    assert_body("V010", "let n = 1\nn = lid.x\nif n == 0 {\n barrier\n}");
    assert_body("", "let n = 1\nif lid.x == 0 {\n n = 2\n}\nif n == 0 {\n barrier\n}");
    assert_body("V010", "let n = lid.x\nn = 1\nif n == 0 {\n barrier\n}");
    assert_body("", "if select(wid.x == 0, 1, 2) == u32(wid.y) {\n barrier\n}");
    assert_body("V010", "if atomic_add(rw[0], 1) == 0 {\n barrier\n}");
    // Extensions say what they are.
    assert_body("", "if uniform_load(ro[lid.x]) == 0 {\n barrier\n}");
    assert_body("", "if param(0) == 0 {\n barrier\n}");
    assert_body("V010", "if atomic_load.acquire(rw[0]) == 0 {\n barrier\n}");
}

static void alias_hazards(void **state)
{
    (void)state;
    assert_body("V136", "let a = rw[0]\nlet b = atomic_add(rw[0], 1)");
    assert_body("V136", "let b = atomic_add(rw[0], 1)\nlet a = rw[0]");
    assert_body("V136", "let b = atomic_add(rw[0], 1)\nrw[1] = 2");
    assert_body("V136", "let b = atomic_add(rw[0], 1)\nlet n = len(rw)");
    assert_body("", "let a = rw[0]\nbarrier\nlet b = atomic_add(rw[0], 1)");
    assert_body("", "let a = rw[0] + atomic_add(rw[0], 1)");
    assert_body("", "let a = ro[0]\nlet b = atomic_add(rw[0], 1)");
    // Nested lists start anew and forget.
    assert_body("", "let a = rw[0]\n{\n let b = atomic_add(rw[0], 1)\n}");
    assert_body("", "{\n let b = atomic_add(rw[0], 1)\n}\nlet a = rw[0]");
    assert_body("V136", "let a = rw[0]\n{\n barrier\n}\nlet b = atomic_add(rw[0], 1)");
    assert_body("V136", "let a = rw[0]\n{\n let c = rw[1]\n}\nlet b = atomic_add(rw[0], 1)");
    assert_body("V136", "if rw[0] == 1 {\n}\nlet b = atomic_add(rw[0], 1)");
    assert_body("V136", "if wid.x == rw[0] {\n let b = 1\n let c = ro[0]\n} else {\n let d = 1\n}\n"
                        "let b = atomic_add(rw[0], 1)");
    assert_body("V136", "loop i in 0..rw[0] {\n}\nlet b = atomic_add(rw[0], 1)");
    assert_body("V136", "let b = atomic_add(rw[0], 1)\nloop i in 0..rw[0] {\n}");
    assert_codes("V136 V136", "buffer b : u32[1] readwrite @0\nbuffer a : u32[1] readwrite @1\n"
                              "let x = b[0] + a[0]\n"
                              "let y = atomic_add(b[0], 1) + atomic_add(a[0], 1)\n");
    assert_body("V136", "async_load(rw, ro, 0, 4, \"t\")\nlet b = atomic_add(rw[0], 1)");
    // Loads and stores with an ordering of their own may stand beside plain ones.
    assert_body("", "let a = rw[0]\natomic_store.release(rw[1], 1)\n"
                    "let b = atomic_load.acquire(rw[1])\nlet c = rw[0]");
}

static void usage(void **state)
{
    (void)state;
    assert_body("V131", "region \"a#self-exclusive\" {\n region \"a#self-exclusive\" {\n }\n}");
    assert_body("V131 V131", "region \"b#self-exclusive\" {\n}\nregion \"a#self-exclusive\" {\n}\n"
                             "region \"b#self-exclusive\" {\n}\nregion \"a#self-exclusive\" {\n}");
    assert_body("", "region \"a#self-exclusive\" {\n}\nregion \"a\" {\n}\nregion \"a\" {\n}");
    assert_body("V131", "region \"#self-exclusive\" {\n}\nregion \"#self-exclusive\" {\n}");
#define LINEAR(kind) "buffer l : u32[4] readwrite @0 usage(" kind ")\n"
    assert_codes("V132", LINEAR("linear"));
    assert_codes("", LINEAR("linear") "l[0] = 1\n");
    assert_codes("V132", LINEAR("linear") "l[0] = l[1]\n");
    assert_codes("", LINEAR("affine"));
    assert_codes("V133", LINEAR("affine") "if true {\n l[0] = 1\n} else {\n l[0] = 2\n}\n");
    assert_codes("V134", LINEAR("relevant"));
    assert_codes("", LINEAR("relevant") "l[0] = l[1] + len(l)\n");
    assert_codes("", LINEAR("unrestricted") "l[0] = l[1]\n");
    // Expressions that the walk does not check are counted all the same.
    assert_codes("", LINEAR("relevant") "trap(l[0], \"t\")\n");
    assert_codes("V132", LINEAR("linear") "async_load(l, l, 0, 4, \"t\")\n");
    assert_codes("", LINEAR("linear") "let x = uniform_load(l[0])\n");
    assert_codes("", LINEAR("relevant") "atomic_store.relaxed(l[0], 1)\n");
}

static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *shape;
        bool holds; // for 12 elements
    } cases[] = {
        { "at_least(12)", true },
        { "at_least(13)", false },
        { "at_most(12)", true },
        { "at_most(11)", false },
        { "exactly(12)", true },
        { "exactly(11)", false },
        { "multiple(4)", true },
        { "multiple(5)", false },
        { "multiple(0)", false },
        { "mod(5, 2)", true },
        { "mod(5, 3)", false },
        { "mod(0, 0)", false },
        { "mod(2, 2)", false },
        { "affine(2, 1, 25, 25)", true },
        { "affine(2, 1, 26, 30)", false },
        { "affine(-9223372036854775808, 0, "
          "-9223372036854775808, 9223372036854775807)",
          false },
        { "and(at_least(1), at_most(20))", true },
        { "and(at_least(1), at_most(2))", false },
        { "or(exactly(1), exactly(12))", true },
        { "or(exactly(1), exactly(2))", false },
        { "not(exactly(1))", true },
        { "not(exactly(12))", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];
        snprintf(text, sizeof text, "buffer b : u32[12] readonly @0 shape(%s)\n", cases[i].shape);
        assert_codes(cases[i].holds ? "" : "V135", text);
    }
}

// ---- Limits ------------------------------------------------------------------------------------

static void repeat(char *out, const char *text, unsigned count)
{
    size_t size = strlen(text);
    for (unsigned i = 0; i < count; i++)
        memcpy(out + i * size, text, size);
    out[count * size] = '\0';
}

static void limits(void **state)
{
    (void)state;
    static char text[2000000];
    // The root region is one level.
    for (unsigned blocks = 62; blocks <= 66; blocks++) {
        strcpy(text, "workgroup 1\n");
        repeat(text + strlen(text), "{\n", blocks);
        strcat(text, "let x = 1\n");
        repeat(text + strlen(text), "}\n", blocks);
        assert_codes(blocks > 63 ? "V018" : "", text);
    }
    for (unsigned depth = 126; depth <= 130; depth++) {
        strcpy(text, "workgroup 1\nlet x = ");
        repeat(text + strlen(text), "~", depth);
        strcat(text, "1\n");
        assert_codes(depth > 128 ? "V033" : "", text);
    }
    for (unsigned extra = 0; extra <= 1; extra++) {
        strcpy(text, "workgroup 1\n");
        repeat(text + strlen(text), "barrier\n", 99999 + extra);
        assert_codes(extra ? "V019" : "", text);
    }
}

// ---- Places ------------------------------------------------------------------------------------

struct place {
    char path[256];
    char line[64];
    char formatted[512];
    uint32_t line_number;
    uint32_t column;
};

static void note_place(void *user, const struct vyre_diag *diag)
{
    struct place *place = user;
    snprintf(place->path, sizeof place->path, "%s", diag->path);
    snprintf(place->line, sizeof place->line, "%.*s", (int)diag->line_text_size, diag->line_text);
    vyre_diag_format(diag, place->formatted, sizeof place->formatted);
    place->line_number = diag->line;
    place->column = diag->column;
}

static void places(void **state)
{
    (void)state;
    struct place place = { .line_number = 0 };
    const struct vyre_diag_sink sink = { note_place, &place };
    struct vyre_program *program = validate_parse("buffer rw : u32[4] readwrite @0\n"
                                                  "if true {\n"
                                                  "    let x = 1\n"
                                                  "} else {\n"
                                                  "    let y = 2\n"
                                                  "    rw[0] = 1 + select(true, missing, y)\n"
                                                  "}\n");
    assert_result(VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_validate(program, vyre_validate_params(.diag = &sink)));
    assert_string_equal(place.path, "entry[0].body[0].otherwise[1].value.right.true");
    assert_string_equal(place.line, "    rw[0] = 1 + select(true, missing, y)");
    assert_int_equal(place.line_number, 6);
    assert_int_equal(place.column, 30);
    assert_non_null(strstr(place.formatted, "test:6:30: error[V124]: 'missing' is not declared"));
    assert_non_null(strstr(place.formatted, "\nFix: "));
    vyre_program_destroy(&program);

    program = validate_parse("buffer a : u32[4] readwrite @0\nbuffer b : u32[4] readwrite @0\n");
    assert_result(VYRE_ERR_INVALID_PROGRAM,
                  vyre_program_validate(program, vyre_validate_params(.diag = &sink)));
    assert_string_equal(place.path, "buffers[1]");
    assert_int_equal(place.line_number, 2);
    vyre_program_destroy(&program);
    // Without a sink the verdict is the same; without a program there is none.
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_validate(NULL, NULL));
}

// Control bytes of a hostile name do not reach the terminal.
static void messages_escape_names(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    struct vyre_program *program = validate_parse("workgroup 1\n`a\\x1b[2Jb` = 1\n");
    assert_result(
        VYRE_ERR_INVALID_PROGRAM,
        vyre_program_validate(program, vyre_validate_params(.diag = test_diag_sink(&diags))));
    assert_null(strchr(diags.text, '\x1b'));
    assert_non_null(strstr(diags.text, "\\x1b"));
    vyre_program_destroy(&program);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct vyre_program *program = validate_parse(
        BUFFERS
        "buffer l : u32[4] readonly @20 usage(linear)\n"
        "region \"a#self-exclusive\" {\n let x = rw[0]\n let y = atomic_add(rw[0], 1)\n}\n"
        "region \"a#self-exclusive\" {\n if x {\n loop i in 0..4 {\n let z = i8(5)\n}\n}\n}\n");
    struct validate_codes codes = { .starved = true };
    const struct vyre_diag_sink sink = { validate_note, &codes };
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        memory_fail_nth(n);
        enum vyre_result result =
            vyre_program_validate(program, vyre_validate_params(.diag = &sink));
        failed = memory_fail_nth(0) >= n;
        // A message may lose its place, but no verdict is wrong.
        if (result != VYRE_ERR_NO_MEMORY)
            assert_result(VYRE_ERR_INVALID_PROGRAM, result);
        if (!failed)
            assert_result(VYRE_ERR_INVALID_PROGRAM, result);
    }
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declarations),
        cmocka_unit_test(scopes),
        cmocka_unit_test(control_flow),
        cmocka_unit_test(uniformity),
        cmocka_unit_test(alias_hazards),
        cmocka_unit_test(usage),
        cmocka_unit_test(shapes),
        cmocka_unit_test(limits),
        cmocka_unit_test(places),
        cmocka_unit_test(messages_escape_names),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
