// SPDX-License-Identifier: MIT
// What the binary form cannot carry is not written: each refusal has its code, its text, a fix and,
// for a program that came from text, its place. The near misses are written, and read again.
#include "test.h"

#include <stdlib.h>

#include <vyre/program.h>

struct heard {
    char text[300];
    unsigned count;
};

static void hear(void *user, const struct vyre_diag *diag)
{
    struct heard *heard = user;
    heard->count++;
    assert_true(diag->fix && diag->fix[0]);
    assert_true(diag->line == 0 || (diag->line_text && diag->column >= 1 && diag->length >= 1));
    snprintf(heard->text, sizeof heard->text, "%u:%u %s %s", diag->line, diag->column, diag->code,
             diag->text);
}

static void assert_encodes(const char *text, const char *said)
{
    struct heard heard = { 0 };
    const struct vyre_diag_sink sink = { hear, &heard };
    struct vyre_program *program;
    struct vyre_program *again = NULL;
    uint8_t *bytes;
    size_t size;
    assert_result(VYRE_OK, vyre_program_parse(text, strlen(text), "t", &sink, &program));
    enum vyre_result result = vyre_program_encode(program, &sink, &bytes, &size);
    if (strcmp(heard.text, said) != 0)
        fail_msg("said   %s\nwanted %s\n%.1000s", heard.text, said, text);
    assert_result(*said ? VYRE_ERR_INVALID_PROGRAM : VYRE_OK, result);
    assert_int_equal(heard.count, *said != '\0');
    if (result == VYRE_OK)
        assert_result(VYRE_OK, vyre_program_decode(bytes, size, &sink, &again));
    else
        assert_null(bytes);
    vyre_program_destroy(&again);
    vyre_program_destroy(&program);
    vyre_free(bytes);
}

static void declarations(void **state)
{
    (void)state;
    assert_encodes("workgroup 1 0 1", "0:0 W020 a workgroup dimension is 0");
    assert_encodes("shared a : u32[]", "1:8 W020 a workgroup buffer has no element count");
    assert_encodes("shared a : u32[1]", "");
    assert_encodes("buffer a : u32[] readwrite @0 liveout",
                   "1:8 W020 a live-out buffer has no element count");
    assert_encodes("buffer a : u32[] readwrite @0 result",
                   "1:8 W020 an output buffer has no element count");
    assert_encodes("buffer a : u32[1] readwrite @0 output", "");
    assert_encodes("buffer a : u32[1] readwrite @0 range(4, 0)",
                   "1:8 W020 an output range is reversed or ends behind its buffer");
    assert_encodes("buffer a : u32[1] readwrite @0 range(0, 5)",
                   "1:8 W020 an output range is reversed or ends behind its buffer");
    assert_encodes("buffer a : u32[1] readwrite @0 range(4, 4)", "");
    assert_encodes("buffer a : u32[] readwrite @0 range(0, 4)",
                   "1:8 W020 an output range is reversed or ends behind its buffer");
    assert_encodes("buffer a : u32[] readwrite @0 range(0, 0)", "");
    assert_encodes("buffer a : tensor[] readwrite @0 range(0, 0)",
                   "1:8 W020 an output range needs an element type with a fixed size");
}

static void types(void **state)
{
    (void)state;
    static const char in_buffer[] = "2:8 W023 this element type has no wire form in a buffer";
    static const char *const unable[] = { "vec<f32;4>",      "tensor<f32;2x3>",
                                          "device_mesh<2>",  "sparse_csr<f32>",
                                          "sparse_coo<f32>", "sparse_bsr<f32;8x8>" };
    char text[200];
    for (size_t i = 0; i < sizeof unable / sizeof unable[0]; i++) {
        snprintf(text, sizeof text, "buffer a : u32[] readonly @0\nbuffer b : %s[] readonly @1",
                 unable[i]);
        assert_encodes(text, in_buffer);
        snprintf(text, sizeof text, "let x = cast<%s>(1)", unable[i]);
        assert_encodes(text, "");
    }
    static const char bad_quantized[] =
        "1:8 W023 a quantized type has illegal storage or a group size of 0";
    assert_encodes("buffer a : quantized<u32;scale:per_tensor;zp:absent>[] readonly @0",
                   bad_quantized);
    assert_encodes("buffer a : quantized<i4;scale:per_group(size=0);zp:absent>[] readonly @0",
                   bad_quantized);
    assert_encodes("buffer a : quantized<i4;scale:per_group(size=1);zp:absent>[] readonly @0", "");
    assert_encodes("let x = cast<array<4294967296B>>(1)",
                   "1:9 W023 an array's element size does not fit 32 bits");
    assert_encodes("buffer a : array<4294967296B>[] readonly @0", "");
    assert_encodes("buffer a : opaque<0x7fffffff>[] readonly @0",
                   "1:8 W025 an extension id without its high bit");
    assert_encodes("buffer a : opaque<0x80000000>[] readonly @0", "");
}

static void extensions(void **state)
{
    (void)state;
    static const char no_bit[] = "2:9 W025 an extension id without its high bit";
    assert_encodes("\nlet x = op.7(1)", no_bit);
    assert_encodes("\nlet x = op.7(1, 2)", no_bit);
    assert_encodes("\nlet x = atomic_op.7(b[0], 2)", no_bit);
    assert_encodes("\nlet x = cast<opaque<0x7fffffff>>(1)", no_bit);
    assert_encodes("\nlet x = op.0x80000000(1)", "");
    assert_encodes("let x = 1 + opaque(\"mine\", \"00\")",
                   "1:13 W025 an opaque expression of a kind that no reader knows");
    assert_encodes("let x = opaque(\"vyre.literal.u64\", \"00\")",
                   "1:9 W025 an opaque expression of a kind that no reader knows");
    assert_encodes("let x = opaque(\"vyre.ext.param\", \"00000000\")",
                   "1:9 W025 an opaque expression of a kind that no reader knows");
    assert_encodes("let x = 7u64 + param(0)", "");
    assert_encodes("opaque(\"mine\", \"00\")",
                   "1:1 W025 an opaque statement of a kind that no reader knows");
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

static void assert_repeated(const char *head, const char *unit, size_t count, const char *tail,
                            const char *said)
{
    char *text = repeat(head, unit, count, tail);
    assert_encodes(text, said);
    free(text);
}

static void sizes(void **state)
{
    (void)state;
    // The root region and the statement are two levels, the literal is one.
    assert_repeated("let x =\n", "~", 61, "1", "");
    assert_repeated("let x =\n", "~", 62, "1",
                    "2:63 W022 nodes and expressions are nested deeper than 64 levels");
    assert_repeated("let x = call \"f\"(1", ",1", 4095, ")", "");
    assert_repeated("let x = call \"f\"(1", ",1", 4096, ")",
                    "1:9 W024 a call has more than 4,096 arguments");
    const char buffer[] = "buffer b : u32[] readonly @0\n";
    assert_repeated("", buffer, 16384, "", "");
    assert_repeated("", buffer, 16385, "", "0:0 W024 the program has more than 16,384 buffers");
    assert_repeated("", "return\n", 1000001, "", "0:0 W024 a body has more than 1,000,000 nodes");
    assert_repeated("unwrapped\n", "return\n", 1000000, "",
                    "0:0 W024 the program has more than 999,999 top-level nodes");
    assert_repeated("`", "x", 1048576, "` = 1", "");
    assert_repeated("`", "x", 1048577, "` = 1", "1:1 W021 a name is longer than 1,048,576 bytes");
}

static void a_blob_has_at_most_64_mebibytes(void **state)
{
    (void)state;
    char *name = repeat("`", "x", 1000000, "` = 1\n");
    assert_repeated("", name, 67, "", "");
    assert_repeated("", name, 68, "",
                    "68:1000006 W024 the program is larger than 67,108,864 bytes");
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declarations),
        cmocka_unit_test(types),
        cmocka_unit_test(extensions),
        cmocka_unit_test(sizes),
        cmocka_unit_test(a_blob_has_at_most_64_mebibytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
