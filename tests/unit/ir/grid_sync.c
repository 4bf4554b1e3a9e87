// SPDX-License-Identifier: MIT
// Programs with barriers of the whole grid: what their parts are, and which are refused.
#include "test.h"

#include <stdlib.h>

#include "base/memory.h"
#include "ir/equal.h"
#include "ir/grid_sync.h"
#include <vyre/transform.h>

static struct vyre_program *parse(const char *text)
{
    struct vyre_program *program;
    struct test_diags diags = { .size = 0 };
    if (vyre_program_parse(text, strlen(text), NULL, test_diag_sink(&diags), &program))
        fail_msg("%s\n%s", diags.text, text);
    return program;
}

// A valid program like any other, in every form.
static void check_part(const struct vyre_program *part)
{
    struct test_diags diags = { .size = 0 };
    char *text, *again;
    uint8_t *bytes;
    size_t size;
    struct vyre_program *parsed, *decoded;
    assert_result(VYRE_OK, vyre_program_print(part, &text, &size));
    if (vyre_program_validate(
            part, vyre_validate_params(.subgroup_ops = true, .diag = test_diag_sink(&diags))))
        fail_msg("%s\n%s", diags.text, text);
    parsed = parse(text);
    assert_true(ir_program_equal(part, parsed));
    assert_result(VYRE_OK, vyre_program_encode(part, NULL, &bytes, &size));
    assert_result(VYRE_OK, vyre_program_decode(bytes, size, NULL, &decoded));
    assert_result(VYRE_OK, vyre_program_print(decoded, &again, &size));
    assert_string_equal(text, again);
    vyre_program_destroy(&decoded);
    vyre_program_destroy(&parsed);
    vyre_free(bytes);
    vyre_free(again);
    vyre_free(text);
}

enum { MOST = 4 };

static void splits(const char *before, const char *const *after)
{
    struct vyre_program *program = parse(before);
    struct vyre_grid_split *split;
    struct test_diags diags = { .size = 0 };
    if (vyre_program_split_grid_sync(program, NULL, test_diag_sink(&diags), &split))
        fail_msg("%s\n%s", diags.text, before);
    size_t count = 0;
    while (count < MOST && after[count])
        count++;
    for (size_t i = 0; i < vyre_grid_split_count(split) || i < count; i++) {
        const struct vyre_program *part = vyre_grid_split_program(split, i);
        char *got = NULL, *wanted = NULL;
        size_t size;
        if (part) {
            check_part(part);
            assert_result(VYRE_OK, vyre_program_print(part, &got, &size));
        }
        if (i < count) {
            struct vyre_program *expected = parse(after[i]);
            assert_result(VYRE_OK, vyre_program_print(expected, &wanted, &size));
            vyre_program_destroy(&expected);
        }
        if (!got || !wanted || strcmp(got, wanted) != 0)
            fail_msg("part %zu of\n%s\nis\n%s\nnot\n%s", i, before, got ? got : "none",
                     wanted ? wanted : "none");
        vyre_free(got);
        vyre_free(wanted);
    }
    // Parts live on without their source.
    struct vyre_program *kept = vyre_program_ref(vyre_grid_split_program(split, 0));
    vyre_program_destroy(&program);
    vyre_grid_split_destroy(&split);
    check_part(kept);
    vyre_program_destroy(&kept);
}

#define SPLITS(before, ...) splits(before, (const char *const[MOST + 1]){ __VA_ARGS__ })

#define A      "buffer a : u32[8] readwrite @0\n"
#define A_READ "buffer a : u32[8] readonly @0\n"
#define B      "buffer b : u32[8] readwrite @1\n"
#define IN     "buffer in : u32[8] readonly @2\n"
#define OUT    "buffer out : u32[8] readwrite @3 output\n"
#define TILE   "shared tile : u32[4]\n"

static void a_program_without_a_grid_barrier_is_its_only_part(void **state)
{
    (void)state;
    struct vyre_program *program = parse(A B "barrier\na[0] = 1");
    struct vyre_grid_split *split;
    assert_result(VYRE_OK, vyre_program_split_grid_sync(program, NULL, NULL, &split));
    assert_int_equal(vyre_grid_split_count(split), 1);
    assert_ptr_equal(vyre_grid_split_program(split, 0), program);
    assert_int_equal(vyre_grid_split_buffer(split, 0, 1), 1);
    assert_true(vyre_grid_split_buffer(split, 0, 2) == SIZE_MAX);
    assert_true(vyre_grid_split_buffer(split, 1, 0) == SIZE_MAX);
    assert_null(vyre_grid_split_program(split, 1));
    vyre_grid_split_destroy(&split);
    assert_null(split);
    vyre_program_destroy(&program);
}

static void parts_declare_what_they_use(void **state)
{
    (void)state;
    SPLITS("workgroup 4\n" A B IN OUT TILE
           "a[gid.x] = in[gid.x]\nbarrier grid_sync\nout[gid.x] = a[7 - gid.x]",
           "workgroup 4\n" A IN "a[gid.x] = in[gid.x]",
           "workgroup 4\n" A_READ OUT "out[gid.x] = a[7 - gid.x]");
    // An output that has contents takes them along, and returns them whole.
    SPLITS("buffer out : u32[8] readwrite @3 output range(0, 16)\n"
           "out[0] = 1\nbarrier grid_sync\nout[1] = 2\nbarrier grid_sync\nlet x = out[0]",
           "buffer out : u32[8] readwrite @3 output\nout[0] = 1",
           "buffer out : u32[8] readwrite @3\nout[1] = 2",
           "buffer out : u32[8] readonly @3\nlet x = out[0]");
    SPLITS("buffer w : u32[8] writeonly @0\nbuffer l : u32[8] readwrite @1 liveout\n"
           "w[0] = l[0]\nbarrier grid_sync\nw[1] = len(l)\nl[0] = 1",
           "buffer w : u32[8] writeonly @0\nbuffer l : u32[8] readwrite @1 liveout\nw[0] = l[0]",
           "buffer w : u32[8] readwrite @0\nbuffer l : u32[8] readwrite @1 liveout\n"
           "w[1] = len(l)\nl[0] = 1");
    // An atomic load takes a buffer that may be written.
    SPLITS("buffer a : u32[8] readwrite @0\nbuffer b : u32[8] readwrite @1\n"
           "a[0] = 1\nbarrier grid_sync\nb[0] = atomic_load.acquire(a[0])",
           "buffer a : u32[8] readwrite @0\na[0] = 1",
           "buffer a : u32[8] readwrite @0\nbuffer b : u32[8] readwrite @1\n"
           "b[0] = atomic_load.acquire(a[0])");
    struct vyre_program *program = parse(A B IN OUT "a[0] = 1\nbarrier grid_sync\nout[0] = in[0]");
    struct vyre_grid_split *split;
    assert_result(VYRE_OK, vyre_program_split_grid_sync(program, NULL, NULL, &split));
    assert_int_equal(vyre_grid_split_buffer(split, 0, 0), 0);
    assert_int_equal(vyre_grid_split_buffer(split, 1, 0), 2);
    assert_int_equal(vyre_grid_split_buffer(split, 1, 1), 3);
    vyre_grid_split_destroy(&split);
    vyre_program_destroy(&program);
}

static void locals_are_evaluated_again(void **state)
{
    (void)state;
    SPLITS(A IN "let i = gid.x\nlet n = len(a) + in[i]\nlet unused = in[0]\na[i] = n\n"
                "barrier grid_sync\na[i + 1] = n",
           A IN "let i = gid.x\nlet n = len(a) + in[i]\nlet unused = in[0]\na[i] = n",
           A IN "let i = gid.x\nlet n = len(a) + in[i]\na[i + 1] = n");
    // Assigned after the barrier only, or before it and not used any more.
    SPLITS(A IN "let sum = 0\nlet old = 0\nold = 1\nbarrier grid_sync\n"
                "loop i in 0..8 {\n sum = sum + in[i]\n}\na[0] = sum",
           "let sum = 0\nlet old = 0\nold = 1",
           A IN "let sum = 0\nloop i in 0..8 {\n sum = sum + in[i]\n}\na[0] = sum");
    // Of two of one name, the one that is meant.
    SPLITS(A "{\n let i = 1\n a[i] = atomic_add(a[0], 1)\n}\nlet i = gid.x\nbarrier grid_sync\n"
             "a[i] = 2",
           A "{\n let i = 1\n a[i] = atomic_add(a[0], 1)\n}\nlet i = gid.x",
           A "let i = gid.x\na[i] = 2");
    // Subgroup operations on such locals; launch parameters.
    SPLITS("workgroup 4\n" A IN "let x = in[gid.x]\nlet sum = subgroup_add(x) + param(0)\n"
           "barrier grid_sync\na[gid.x] = sum",
           "workgroup 4\n" IN "let x = in[gid.x]\nlet sum = subgroup_add(x) + param(0)",
           "workgroup 4\n" A IN
           "let x = in[gid.x]\nlet sum = subgroup_add(x) + param(0)\na[gid.x] = sum");
    // A buffer that the atomics of the part change: the barrier parted them.
    SPLITS(A "let n = len(a)\nbarrier grid_sync\nlet old = atomic_add(a[n - 1], 1)",
           A_READ "let n = len(a)", A "let n = len(a)\nbarrier\nlet old = atomic_add(a[n - 1], 1)");
}

static void blocks_and_regions_are_cut_in_two(void **state)
{
    (void)state;
    SPLITS(A "{\n let i = gid.x\n region \"r\" {\n  a[i] = 1\n  barrier grid_sync\n  a[i] = 2\n }\n"
             " a[i] = 3\n}\na[0] = 4",
           A "{\n let i = gid.x\n region \"r\" {\n  a[i] = 1\n }\n}",
           A "{\n let i = gid.x\n region \"r\" {\n  a[i] = 2\n }\n a[i] = 3\n}\na[0] = 4");
    // Nothing on one side of the cut: no block there; and nothing in a part: no part.
    SPLITS(A "{\n barrier grid_sync\n a[0] = 1\n barrier grid_sync\n}\nbarrier grid_sync",
           A "{\n a[0] = 1\n}");
    SPLITS(A B "barrier grid_sync", "region \"vyre.program.root\" {\n}");
    SPLITS("let i = gid.x\nbarrier grid_sync", "let i = gid.x");
}

static void who_returned_stays_away(void **state)
{
    (void)state;
    SPLITS(A IN "let i = gid.x\nif i >= in[7] {\n a[i] = 1\n return\n}\nlet j = i + 1\na[i] = 2\n"
                "barrier grid_sync\na[j] = 3",
           A IN "let i = gid.x\nif i >= in[7] {\n a[i] = 1\n return\n}\nlet j = i + 1\na[i] = 2",
           A IN "let i = gid.x\nif i >= in[7] {\n return\n}\nlet j = i + 1\na[j] = 3");
    SPLITS(
        A "{\n let i = gid.x\n if i < 4 {\n  let k = i * 2\n  a[k] = 1\n  if k > 2 {\n   return\n"
          "  }\n } else {\n  return\n }\n}\nbarrier grid_sync\na[gid.x] = 3",
        A "{\n let i = gid.x\n if i < 4 {\n  let k = i * 2\n  a[k] = 1\n  if k > 2 {\n   return\n"
          "  }\n } else {\n  return\n }\n}",
        A "{\n let i = gid.x\n if i < 4 {\n  let k = i * 2\n  if k > 2 {\n   return\n  }\n }"
          " else {\n  return\n }\n}\na[gid.x] = 3");
}

static void workgroup_memory_may_be_filled_again(void **state)
{
    (void)state;
    SPLITS("workgroup 4\n" A TILE
           "let l = lid.x\ntile[l] = gid.x\nbarrier\na[gid.x] = tile[3 - l]\n"
           "barrier grid_sync\nregion \"r\" {\n tile[l] = a[gid.x]\n barrier\n"
           " a[gid.x] = tile[3 - l]\n}",
           "workgroup 4\n" A TILE "let l = lid.x\ntile[l] = gid.x\nbarrier\na[gid.x] = tile[3 - l]",
           "workgroup 4\n" A TILE "let l = lid.x\nregion \"r\" {\n tile[l] = a[gid.x]\n barrier\n"
           " a[gid.x] = tile[3 - l]\n}");
    // Never written before: zeros on both sides.
    SPLITS("workgroup 4\n" A TILE "a[0] = 1\nbarrier grid_sync\ntile[0] = 1\na[1] = tile[1]",
           "workgroup 4\n" A "a[0] = 1", "workgroup 4\n" A TILE "tile[0] = 1\na[1] = tile[1]");
}

static void refuses(const char *text, enum vyre_result result, const char *start)
{
    struct vyre_program *program = parse(text);
    struct vyre_grid_split *split;
    struct test_diags diags = { .size = 0 };
    assert_result(result,
                  vyre_program_split_grid_sync(program, NULL, test_diag_sink(&diags), &split));
    assert_null(split);
    if (strncmp(diags.text, start, strlen(start)) != 0)
        fail_msg("%s\nnot %s\n%s", diags.text, start, text);
    vyre_program_destroy(&program);
}

static void what_would_give_another_result_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *start;
    } cases[] = {
        { "if wid.x == 0 {\n barrier grid_sync\n}\n", "F002 a barrier of the grid stands in" },
        { "loop i in 0..2 {\n barrier grid_sync\n}\n", "F002" },
        { A "let x = a[0]\na[1] = 1\nbarrier grid_sync\na[2] = x",
          "F003 'x' is used after a barrier of the grid, and its value reads a buffer that the "
          "program writes, 'a'" },
        // The part that uses it writes, in no order with its own beginning.
        { A "let x = a[0]\nbarrier grid_sync\na[0] = x", "F003 'x'" },
        { A B "let x = a[0]\nbarrier grid_sync\na[0] = 1\nbarrier grid_sync\nb[0] = x",
          "F003 'x'" },
        { A "let x = atomic_add(a[0], 1)\nbarrier grid_sync\na[1] = x",
          "F003 'x' is used after a barrier of the grid, and its value comes from an atomic, 'a'" },
        { A "let x = call \"f\"(1)\nlet y = u32(x)\nbarrier grid_sync\na[1] = y",
          "F003 'x' is used after a barrier of the grid, and its value comes from a call" },
        { "workgroup 4\n" A TILE "tile[lid.x] = 1\nbarrier\nlet x = tile[0]\nbarrier grid_sync\n"
          "a[0] = x",
          "F003 'x' is used after a barrier of the grid, and its value reads workgroup memory" },
        { A "let x = 1\nif gid.x == 0 {\n x = 2\n}\nbarrier grid_sync\na[0] = x",
          "F003 'x' is assigned before a barrier of the grid and used after it" },
        { A "let x = 1\nlet y = x\nx = 2\nbarrier grid_sync\na[0] = y + x", "F003 'x'" },
        { A "let x = 1\nx = 3\nbarrier grid_sync\nx = 2", "F003 'x'" },
        { A "let x = atomic_load.relaxed(a[0])\nbarrier grid_sync\na[1] = x", "F003 'x'" },
        { "workgroup 4\n" A TILE "tile[lid.x] = 1\nbarrier grid_sync\na[gid.x] = tile[3 - lid.x]",
          "F004 workgroup buffer 'tile' is written before a barrier of the grid and read after "
          "it" },
        { "workgroup 4\n" A TILE "tile[lid.x] = 1\nbarrier grid_sync\n"
          "tile[lid.x] = tile[lid.x] + 1\na[gid.x] = tile[lid.x]",
          "F004" },
        // Not everybody fills, or not everything is filled.
        { "workgroup 4\n" A TILE "tile[lid.x] = 1\nif lid.x > 2 {\n return\n}\nbarrier grid_sync\n"
          "tile[lid.x] = 2\nbarrier\na[gid.x] = tile[3]",
          "F004" },
        { "workgroup 2\n" A TILE "tile[lid.x] = 1\nbarrier grid_sync\ntile[lid.x] = 2\nbarrier\n"
          "a[gid.x] = tile[3]",
          "F004" },
        { A "if a[gid.x] == 0 {\n return\n}\na[1] = 1\nbarrier grid_sync\na[2] = 1",
          "F005 an invocation may return before a barrier of the grid, and the condition reads a "
          "buffer that the program writes, 'a'" },
        { A IN "loop i in 0..8 {\n if in[i] == 0 {\n  return\n }\n}\nbarrier grid_sync\na[2] = 1",
          "F005 an invocation may return from a loop before a barrier of the grid" },
        { A B "async_load(a, b, 0, 16, \"t\")\nbarrier grid_sync\nasync_wait(\"t\")",
          "F006 the copy 't'" },
        { A "let x = y\nbarrier grid_sync\n", "V124" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(cases[i].text,
                cases[i].start[0] == 'V' ? VYRE_ERR_INVALID_PROGRAM : VYRE_ERR_UNSUPPORTED,
                cases[i].start);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_split_grid_sync(NULL, NULL, NULL, NULL));
}

static char *many(const char *start, const char *each, unsigned count, const char *end)
{
    const size_t size = strlen(start) + count * strlen(each) + strlen(end) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    char *at = stpcpy(text, start);
    for (unsigned i = 0; i < count; i++)
        at = stpcpy(at, each);
    stpcpy(at, end);
    return text;
}

static void the_number_of_parts_is_limited(void **state)
{
    (void)state;
    char *most = many(A, "a[0] = 1\nbarrier grid_sync\n", 255, "a[0] = 2");
    struct vyre_program *program = parse(most);
    struct vyre_grid_split *split;
    assert_result(VYRE_OK, vyre_program_split_grid_sync(program, NULL, NULL, &split));
    assert_int_equal(vyre_grid_split_count(split), 256);
    vyre_grid_split_destroy(&split);
    vyre_program_destroy(&program);
    free(most);
    char *more = many(A, "barrier grid_sync\n", 256, "");
    refuses(more, VYRE_ERR_LIMIT, "F007 the program has more than 255 barriers");
    free(more);
    // Each of the later parts repeats a return for every condition.
    char *returns = many(A, "if gid.x > 9 {\n return\n}\n", 3000, "");
    char *syncs = many(returns, "barrier grid_sync\na[0] = 1\n", 255, "");
    refuses(syncs, VYRE_ERR_LIMIT, "F007 the parts repeat more than 1048576 statements");
    free(returns);
    free(syncs);
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    struct vyre_program *program =
        parse("workgroup 4\n" A IN TILE "let i = gid.x\nif i > in[0] {\n return\n}\n{\n a[i] = 1\n"
              " barrier grid_sync\n a[i] = 2\n}\nlet n = len(a)\nbarrier grid_sync\n"
              "let old = atomic_add(a[n - 1], 1)");
    uint64_t nth = 1;
    for (;; nth++) {
        struct vyre_grid_split *split;
        memory_fail_nth(0);
        memory_fail_nth(nth);
        enum vyre_result result = vyre_program_split_grid_sync(program, NULL, NULL, &split);
        bool reached = memory_fail_nth(0) >= nth;
        vyre_grid_split_destroy(&split);
        if (!reached) {
            assert_result(VYRE_OK, result);
            break;
        }
        assert_result(VYRE_ERR_NO_MEMORY, result);
    }
    assert_true(nth > 20);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_without_a_grid_barrier_is_its_only_part),
        cmocka_unit_test(parts_declare_what_they_use),
        cmocka_unit_test(locals_are_evaluated_again),
        cmocka_unit_test(blocks_and_regions_are_cut_in_two),
        cmocka_unit_test(who_returned_stays_away),
        cmocka_unit_test(workgroup_memory_may_be_filled_again),
        cmocka_unit_test(what_would_give_another_result_is_refused),
        cmocka_unit_test(the_number_of_parts_is_limited),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
