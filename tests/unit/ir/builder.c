// SPDX-License-Identifier: MIT
// What the builder makes equals what the text of the same program parses to.
#include "test.h"

#include "base/memory.h"
#include "ir/equal.h"
#include <vyre/builder.h>

static void public_numbers_are_the_tags_of_the_tables(void **state)
{
    (void)state;
#define BINOP(id, tag, ...) assert_int_equal(VYRE_BIN_##id, tag);
#include "ir/binop.def"
#undef BINOP
#define UNOP(id, tag, ...) assert_int_equal(VYRE_UN_##id, tag);
#include "ir/unop.def"
#undef UNOP
#define ATOMIC(id, tag, ...) assert_int_equal(VYRE_ATOMIC_##id, tag);
#include "ir/atomic.def"
#undef ATOMIC
    assert_int_equal((int)VYRE_ORDER_RELAXED, (int)IR_ORDER_RELAXED);
    assert_int_equal((int)VYRE_ORDER_ACQUIRE, (int)IR_ORDER_ACQUIRE);
    assert_int_equal((int)VYRE_ORDER_RELEASE, (int)IR_ORDER_RELEASE);
    assert_int_equal((int)VYRE_ORDER_ACQ_REL, (int)IR_ORDER_ACQ_REL);
    assert_int_equal((int)VYRE_ORDER_SEQ_CST, (int)IR_ORDER_SEQ_CST);
    assert_int_equal((int)VYRE_ORDER_GRID_SYNC, (int)IR_ORDER_GRID_SYNC);
    assert_int_equal((int)VYRE_COLLECTIVE_SUM, (int)IR_COLLECTIVE_SUM);
    assert_int_equal((int)VYRE_COLLECTIVE_MIN, (int)IR_COLLECTIVE_MIN);
    assert_int_equal((int)VYRE_COLLECTIVE_MAX, (int)IR_COLLECTIVE_MAX);
    assert_int_equal((int)VYRE_COLLECTIVE_BIT_AND, (int)IR_COLLECTIVE_BIT_AND);
    assert_int_equal((int)VYRE_COLLECTIVE_BIT_OR, (int)IR_COLLECTIVE_BIT_OR);
    assert_int_equal((int)VYRE_COLLECTIVE_BIT_XOR, (int)IR_COLLECTIVE_BIT_XOR);
    assert_int_equal((int)VYRE_MEMORY_GLOBAL, (int)IR_MEMORY_GLOBAL);
    assert_int_equal((int)VYRE_MEMORY_SHARED, (int)IR_MEMORY_SHARED);
    assert_int_equal((int)VYRE_MEMORY_UNIFORM, (int)IR_MEMORY_UNIFORM);
    assert_int_equal((int)VYRE_MEMORY_LOCAL, (int)IR_MEMORY_LOCAL);
    assert_int_equal((int)VYRE_MEMORY_READONLY, (int)IR_MEMORY_READONLY);
    assert_int_equal((int)VYRE_MEMORY_PUSH, (int)IR_MEMORY_PUSH);
    assert_int_equal((int)VYRE_MEMORY_PERSISTENT, (int)IR_MEMORY_PERSISTENT);
    assert_int_equal((int)VYRE_LOCALITY_STREAMING, (int)IR_LOCALITY_STREAMING);
    assert_int_equal((int)VYRE_LOCALITY_TEMPORAL, (int)IR_LOCALITY_TEMPORAL);
    assert_int_equal((int)VYRE_LOCALITY_RANDOM, (int)IR_LOCALITY_RANDOM);
    assert_int_equal((int)VYRE_SCALE_PER_TENSOR, (int)IR_SCALE_PER_TENSOR);
    assert_int_equal((int)VYRE_SCALE_PER_CHANNEL, (int)IR_SCALE_PER_CHANNEL);
    assert_int_equal((int)VYRE_SCALE_PER_GROUP, (int)IR_SCALE_PER_GROUP);
    assert_int_equal((int)VYRE_ZERO_ABSENT, (int)IR_ZERO_ABSENT);
    assert_int_equal((int)VYRE_ZERO_PER_TENSOR, (int)IR_ZERO_PER_TENSOR);
    assert_int_equal((int)VYRE_ZERO_PER_CHANNEL, (int)IR_ZERO_PER_CHANNEL);
    assert_int_equal((int)VYRE_ZERO_PER_GROUP, (int)IR_ZERO_PER_GROUP);
    // Types without parameters; the others are made by calls.
    assert_int_equal(VYRE_TYPE_U32, 0x01);
    assert_int_equal(VYRE_TYPE_I32, 0x02);
    assert_int_equal(VYRE_TYPE_U64, 0x03);
    assert_int_equal(VYRE_TYPE_VEC2_U32, 0x04);
    assert_int_equal(VYRE_TYPE_VEC4_U32, 0x05);
    assert_int_equal(VYRE_TYPE_BOOL, 0x06);
    assert_int_equal(VYRE_TYPE_BYTES, 0x07);
    assert_int_equal(VYRE_TYPE_F16, 0x09);
    assert_int_equal(VYRE_TYPE_BF16, 0x0A);
    assert_int_equal(VYRE_TYPE_F32, 0x0B);
    assert_int_equal(VYRE_TYPE_F64, 0x0C);
    assert_int_equal(VYRE_TYPE_TENSOR, 0x0D);
    assert_int_equal(VYRE_TYPE_U8, 0x0E);
    assert_int_equal(VYRE_TYPE_U16, 0x0F);
    assert_int_equal(VYRE_TYPE_I8, 0x10);
    assert_int_equal(VYRE_TYPE_I16, 0x11);
    assert_int_equal(VYRE_TYPE_I64, 0x12);
    assert_int_equal(VYRE_TYPE_F8E4M3, 0x19);
    assert_int_equal(VYRE_TYPE_F8E5M2, 0x1A);
    assert_int_equal(VYRE_TYPE_I4, 0x1B);
    assert_int_equal(VYRE_TYPE_FP4, 0x1C);
    assert_int_equal(VYRE_TYPE_NF4, 0x1D);
}

static const char expected[] =
    "op \"test.everything\"\n"
    "workgroup 8 4 2\n"
    "noncomposable\n"
    "buffer in : u32[] readonly @0 axis(1) align(16) random\n"
    "buffer out : i32[16] readwrite @1 output range(0, 8)\n"
    "shared tile : u32[64]\n"
    "buffer w : u32[1] writeonly @2 kind(persistent)\n"
    "buffer t1 : array<12B>[] readonly @3\n"
    "buffer t2 : handle<0x00000007>[] readonly @3\n"
    "buffer t3 : opaque<0x80000001>[] readonly @3\n"
    "buffer t4 : vec<f16;3>[] readonly @3\n"
    "buffer t5 : tensor<f32;2x3>[] readonly @3\n"
    "buffer t6 : sparse_csr<f32>[] readonly @3\n"
    "buffer t7 : sparse_coo<f32>[] readonly @3\n"
    "buffer t8 : sparse_bsr<f32;8x4>[] readonly @3\n"
    "buffer t9 : device_mesh<2x3>[] readonly @3\n"
    "buffer t10 : quantized<i4;scale:per_group(size=128);zp:per_channel(axis=1)>[] readonly @3\n"
    "let a = 7\n"
    "let b = -7i\n"
    "let c = 1.5\n"
    "let d = f32.bits(0x7fc00001)\n"
    "let e = select(true, a, in[gid.x])\n"
    "a = len(in) + wid.y * lid.z\n"
    "let f = op.0x80000001(a, b)\n"
    "let g = op.0x80000002(popcount(a))\n"
    "let h = cast<vec<f16;3>>(fma(c, c, c))\n"
    "let i = f32(a)\n"
    "let j = call \"op.x\"(a, false)\n"
    "let k = atomic_add.relaxed(w[0], 1)\n"
    "let l = atomic_compare_exchange(w[0], 1, 2)\n"
    "let m = atomic_op.0x80000003.acq_rel(w[0], 1)\n"
    "let n = subgroup_shuffle(subgroup_add(a), subgroup_local_id())\n"
    "let o = subgroup_ballot(subgroup_size() == 32)\n"
    "let p = uniform_load(in[0]) + atomic_load.acquire(in[1]) + param(3)\n"
    "let q = opaque(\"vyre.literal.u64\", \"0102\")\n"
    "if a < 1 { out[0] = b } else { return }\n"
    "if a < 2 { barrier acquire }\n"
    "loop x in 0..4 { { resume(\"t\") } }\n"
    "region \"gen\" from \"src\" { trap(a, \"t\") }\n"
    "region \"gen\" { }\n"
    "async_load(in, tile, 0, 4, \"t0\")\n"
    "async_store(tile, out, 0, 4, \"t1\")\n"
    "async_wait(\"t0\")\n"
    "indirect_dispatch(in, 16)\n"
    "all_reduce(out, sum, 1)\n"
    "all_gather(in, out, 2)\n"
    "reduce_scatter(in, out, xor, 3)\n"
    "broadcast(out, 4, 5)\n"
    "atomic_store.release(w[0], 9)\n"
    "opaque(\"kind\", \"ff\")\n";

#define U32(value) vyre_builder_u32(b, value)
#define VAR(name)  vyre_builder_var(b, name)

static void declare(struct vyre_builder *b)
{
    vyre_builder_workgroup(b, 8, 4, 2);
    vyre_builder_entry_op(b, "test.everything");
    vyre_builder_noncomposable(b);
    vyre_builder_buffer(b,
                        vyre_buffer_decl(.name = "in", .element = VYRE_TYPE_U32, .has_axis = true,
                                         .axis = 1, .alignment = 16, .has_locality = true,
                                         .locality = VYRE_LOCALITY_RANDOM));
    vyre_builder_buffer(b, vyre_buffer_decl(.name = "out", .element = VYRE_TYPE_I32,
                                            .access = VYRE_ACCESS_READ_WRITE, .binding = 1,
                                            .count = 16, .is_output = true, .is_live_out = true,
                                            .has_range = true, .range_end = 8));
    vyre_builder_buffer(b, vyre_buffer_decl(.name = "tile", .element = VYRE_TYPE_U32,
                                            .access = VYRE_ACCESS_WORKGROUP, .binding = 99,
                                            .count = 64));
    vyre_builder_buffer(b,
                        vyre_buffer_decl(.name = "w", .element = VYRE_TYPE_U32,
                                         .access = VYRE_ACCESS_WRITE_ONLY, .binding = 2, .count = 1,
                                         .has_kind = true, .kind = VYRE_MEMORY_PERSISTENT));
    const uint32_t dims[] = { 2, 3 };
    const vyre_type types[] = {
        vyre_builder_type_array(b, 12),
        vyre_builder_type_handle(b, 7),
        vyre_builder_type_opaque(b, 0x80000001),
        vyre_builder_type_vec(b, VYRE_TYPE_F16, 3),
        vyre_builder_type_tensor(b, VYRE_TYPE_F32, dims, 2),
        vyre_builder_type_sparse_csr(b, VYRE_TYPE_F32),
        vyre_builder_type_sparse_coo(b, VYRE_TYPE_F32),
        vyre_builder_type_sparse_bsr(b, VYRE_TYPE_F32, 8, 4),
        vyre_builder_type_mesh(b, dims, 2),
        vyre_builder_type_quantized(b, VYRE_TYPE_I4, VYRE_SCALE_PER_GROUP, 128,
                                    VYRE_ZERO_PER_CHANNEL, 1),
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char name[8];
        snprintf(name, sizeof name, "t%d", (int)i + 1);
        vyre_builder_buffer(b, vyre_buffer_decl(.name = name, .element = types[i], .binding = 3));
    }
}

static void add_values(struct vyre_builder *b)
{
    vyre_builder_let(b, "a", U32(7));
    vyre_builder_let(b, "b", vyre_builder_i32(b, -7));
    vyre_builder_let(b, "c", vyre_builder_f32(b, 1.5f));
    vyre_builder_let(b, "d", vyre_builder_f32_bits(b, 0x7FC00001));
    vyre_builder_let(b, "e",
                     vyre_builder_select(b, vyre_builder_bool(b, true), VAR("a"),
                                         vyre_builder_load(b, "in", vyre_builder_global_id(b, 0))));
    vyre_expr product = vyre_builder_binary(b, VYRE_BIN_MUL, vyre_builder_workgroup_id(b, 1),
                                            vyre_builder_local_id(b, 2));
    vyre_builder_assign(b, "a",
                        vyre_builder_binary(b, VYRE_BIN_ADD, vyre_builder_len(b, "in"), product));
    vyre_builder_let(b, "f", vyre_builder_binary_opaque(b, 0x80000001, VAR("a"), VAR("b")));
    vyre_builder_let(b, "g",
                     vyre_builder_unary_opaque(b, 0x80000002,
                                               vyre_builder_unary(b, VYRE_UN_POPCOUNT, VAR("a"))));
    vyre_builder_let(b, "h",
                     vyre_builder_cast(b, vyre_builder_type_vec(b, VYRE_TYPE_F16, 3),
                                       vyre_builder_fma(b, VAR("c"), VAR("c"), VAR("c"))));
    vyre_builder_let(b, "i", vyre_builder_cast(b, VYRE_TYPE_F32, VAR("a")));
    const vyre_expr args[] = { VAR("a"), vyre_builder_bool(b, false) };
    vyre_builder_let(b, "j", vyre_builder_call(b, "op.x", args, 2));
    vyre_builder_let(
        b, "k",
        vyre_builder_atomic(b, VYRE_ATOMIC_ADD, VYRE_ORDER_RELAXED, "w", U32(0), 0, U32(1)));
    vyre_builder_let(b, "l",
                     vyre_builder_atomic(b, VYRE_ATOMIC_COMPARE_EXCHANGE, VYRE_ORDER_SEQ_CST, "w",
                                         U32(0), U32(1), U32(2)));
    vyre_builder_let(
        b, "m", vyre_builder_atomic_opaque(b, 0x80000003, VYRE_ORDER_ACQ_REL, "w", U32(0), U32(1)));
    vyre_builder_let(b, "n",
                     vyre_builder_subgroup_shuffle(b, vyre_builder_subgroup_add(b, VAR("a")),
                                                   vyre_builder_subgroup_local_id(b)));
    vyre_builder_let(
        b, "o",
        vyre_builder_subgroup_ballot(
            b, vyre_builder_binary(b, VYRE_BIN_EQ, vyre_builder_subgroup_size(b), U32(32))));
    vyre_expr loads =
        vyre_builder_binary(b, VYRE_BIN_ADD, vyre_builder_uniform_load(b, "in", U32(0)),
                            vyre_builder_atomic_load(b, VYRE_ORDER_ACQUIRE, "in", U32(1)));
    vyre_builder_let(b, "p", vyre_builder_binary(b, VYRE_BIN_ADD, loads, vyre_builder_param(b, 3)));
    vyre_builder_let(b, "q", vyre_builder_opaque(b, "vyre.literal.u64", "\1\2", 2));
}

static void add_statements(struct vyre_builder *b)
{
    vyre_builder_if(b, vyre_builder_binary(b, VYRE_BIN_LT, VAR("a"), U32(1)));
    vyre_builder_store(b, "out", U32(0), VAR("b"));
    vyre_builder_else(b);
    vyre_builder_return(b);
    vyre_builder_end(b);
    vyre_builder_if(b, vyre_builder_binary(b, VYRE_BIN_LT, VAR("a"), U32(2)));
    vyre_builder_barrier(b, VYRE_ORDER_ACQUIRE);
    vyre_builder_end(b);
    vyre_builder_loop(b, "x", U32(0), U32(4));
    vyre_builder_block(b);
    vyre_builder_resume(b, "t");
    vyre_builder_end(b);
    vyre_builder_end(b);
    vyre_builder_region(b, "gen", "src");
    vyre_builder_trap(b, VAR("a"), "t");
    vyre_builder_end(b);
    vyre_builder_region(b, "gen", NULL);
    vyre_builder_end(b);
    vyre_builder_async_load(b, "in", "tile", U32(0), U32(4), "t0");
    vyre_builder_async_store(b, "tile", "out", U32(0), U32(4), "t1");
    vyre_builder_async_wait(b, "t0");
    vyre_builder_indirect_dispatch(b, "in", 16);
    vyre_builder_all_reduce(b, "out", VYRE_COLLECTIVE_SUM, 1);
    vyre_builder_all_gather(b, "in", "out", 2);
    vyre_builder_reduce_scatter(b, "in", "out", VYRE_COLLECTIVE_BIT_XOR, 3);
    vyre_builder_broadcast(b, "out", 4, 5);
    vyre_builder_atomic_store(b, VYRE_ORDER_RELEASE, "w", U32(0), U32(9));
    vyre_builder_opaque_statement(b, "kind", "\xff", 1);
}

static enum vyre_result build(struct vyre_program **out)
{
    *out = NULL;
    struct vyre_builder *b;
    enum vyre_result result = vyre_builder_create(&b);
    if (result != VYRE_OK)
        return result;
    declare(b);
    add_values(b);
    add_statements(b);
    result = vyre_builder_finish(b, NULL, out);
    vyre_builder_destroy(&b);
    return result;
}

static void every_call_builds_what_the_text_says(void **state)
{
    (void)state;
    struct vyre_program *built;
    struct vyre_program *parsed;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK, build(&built));
    if (vyre_program_parse(expected, strlen(expected), NULL, test_diag_sink(&diags), &parsed))
        fail_msg("%s", diags.text);
    if (!ir_program_equal(built, parsed)) {
        char *text;
        assert_result(VYRE_OK, vyre_program_print(built, &text, NULL));
        fail_msg("not equal, built:\n%s", text);
    }
    vyre_program_destroy(&built);
    vyre_program_destroy(&parsed);
}

static void any_failing_allocation_is_reported_and_nothing_leaks(void **state)
{
    (void)state;
    struct vyre_program *program;
    memory_fail_nth(0);
    assert_result(VYRE_OK, build(&program));
    vyre_program_destroy(&program);
    uint64_t total = memory_fail_nth(0);
    assert_true(total > 10);
    for (uint64_t nth = 1; nth <= total; nth++) {
        memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY, build(&program));
        assert_null(program);
    }
    memory_fail_nth(0);
}

// ---- Reads that the device initiates
// -------------------------------------------------------------

static struct vyre_program *pull(const struct vyre_pull_file_bindings *bindings, const char *tag)
{
    struct vyre_program *program;
    struct vyre_builder *b;
    assert_result(VYRE_OK, vyre_builder_create(&b));
    vyre_builder_let(b, "file_start", U32(4096));
    vyre_builder_let(b, "file_end", U32(4608));
    vyre_builder_pull_file_async_direct(b, bindings);
    vyre_builder_async_wait(b, tag);
    assert_result(VYRE_OK, vyre_builder_finish(b, NULL, &program));
    vyre_builder_destroy(&b);
    return program;
}

static void assert_is_text(const struct vyre_program *program, const char *text)
{
    struct test_diags diags = { 0 };
    struct vyre_program *parsed;
    if (vyre_program_parse(text, strlen(text), NULL, test_diag_sink(&diags), &parsed))
        fail_msg("%s", diags.text);
    assert_true(ir_program_equal(program, parsed));
    vyre_program_destroy(&parsed);
}

static void a_file_is_pulled_through_the_capability_tables(void **state)
{
    (void)state;
    struct vyre_program *program = pull(NULL, VYRE_IO_QUEUE_TAG);
    assert_is_text(program,
                   "let file_start = 4096\nlet file_end = 4608\n"
                   "async_load(io_source_capability_table, io_destination_capability_table,"
                   " file_start, file_end - file_start, \"io_queue_dma\")\n"
                   "async_wait(\"io_queue_dma\")\n");
    assert_result(VYRE_OK, vyre_program_validate(program, NULL));
    uint8_t *wire;
    size_t size;
    struct vyre_program *decoded;
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &wire, &size));
    assert_result(VYRE_OK, vyre_program_decode(wire, size, NULL, &decoded));
    assert_true(ir_program_equal(program, decoded));
    vyre_free(wire);
    vyre_program_destroy(&decoded);
    vyre_program_destroy(&program);

    const struct vyre_pull_file_bindings bindings = { "files", "pages", "mine" };
    program = pull(&bindings, "mine");
    assert_is_text(program,
                   "let file_start = 4096\nlet file_end = 4608\n"
                   "async_load(files, pages, file_start, file_end - file_start, \"mine\")\n"
                   "async_wait(\"mine\")\n");
    assert_result(VYRE_OK, vyre_program_validate(program, NULL));
    vyre_program_destroy(&program);
    // Without the locals it says what is missing when it runs, and the validator does not look.
    const struct vyre_pull_file_bindings only_tag = { .tag = "t" };
    struct vyre_builder *b;
    assert_result(VYRE_OK, vyre_builder_create(&b));
    vyre_builder_pull_file_async_direct(b, &only_tag);
    assert_result(VYRE_OK, vyre_builder_finish(b, NULL, &program));
    vyre_builder_destroy(&b);
    assert_is_text(program,
                   "async_load(io_source_capability_table, io_destination_capability_table,"
                   " file_start, file_end - file_start, \"t\")\n");
    vyre_program_destroy(&program);
}

static void pull_from_a_bad_name(struct vyre_builder *b)
{
    vyre_builder_let(b, "a", U32(1));
    vyre_builder_pull_file_async_direct(
        b, &(const struct vyre_pull_file_bindings){ .source = "\xff" });
}

// ---- Misuse -------------------------------------------------------------------------------------

static void use_twice(struct vyre_builder *b)
{
    vyre_expr seven = U32(7);
    vyre_builder_let(b, "a", seven);
    vyre_builder_let(b, "b", seven);
}

static void use_none(struct vyre_builder *b)
{
    vyre_builder_let(b, "a", 0);
}

static void use_unknown(struct vyre_builder *b)
{
    vyre_builder_let(b, "a", 17);
}

static void leave_open(struct vyre_builder *b)
{
    vyre_builder_block(b);
}

static void end_too_often(struct vyre_builder *b)
{
    vyre_builder_end(b);
}

static void else_without_if(struct vyre_builder *b)
{
    vyre_builder_block(b);
    vyre_builder_else(b);
}

static void else_twice(struct vyre_builder *b)
{
    vyre_builder_if(b, vyre_builder_bool(b, true));
    vyre_builder_else(b);
    vyre_builder_else(b);
}

static void null_name(struct vyre_builder *b)
{
    vyre_builder_var(b, NULL);
}

static void bad_name(struct vyre_builder *b)
{
    vyre_builder_var(b, "\xff");
}

static void bad_operator(struct vyre_builder *b)
{
    vyre_builder_let(b, "x", vyre_builder_binary(b, (enum vyre_binop)0x22, U32(1), U32(2)));
}

static void wide_operator(struct vyre_builder *b)
{
    vyre_builder_let(b, "x", vyre_builder_unary(b, (enum vyre_unop)0x101, U32(1)));
}

static void opaque_operator(struct vyre_builder *b)
{
    vyre_builder_let(b, "x", vyre_builder_binary(b, VYRE_BIN_OPAQUE, U32(1), U32(2)));
}

static void bad_ordering(struct vyre_builder *b)
{
    vyre_builder_barrier(b, (enum vyre_ordering)6);
}

static void bad_type(struct vyre_builder *b)
{
    vyre_builder_cast(b, 0x14, U32(1)); // the tag of vec, which needs parameters
}

static void unknown_type(struct vyre_builder *b)
{
    vyre_builder_type_vec(b, 0x100, 2);
}

static void bad_access(struct vyre_builder *b)
{
    vyre_builder_buffer(
        b, vyre_buffer_decl(.name = "x", .element = VYRE_TYPE_U32, .access = (enum vyre_access)9));
}

static void deep_expression(struct vyre_builder *b)
{
    vyre_expr value = U32(0);
    for (int i = 0; i < 100000; i++)
        value = vyre_builder_unary(b, VYRE_UN_NEGATE, value);
    vyre_builder_let(b, "x", value);
}

static void deep_blocks(struct vyre_builder *b)
{
    for (int i = 0; i < 100000; i++)
        vyre_builder_block(b);
}

static void deep_type(struct vyre_builder *b)
{
    vyre_type type = VYRE_TYPE_U32;
    for (int i = 0; i < 5000; i++)
        type = vyre_builder_type_vec(b, type, 2);
}

static const struct misuse {
    void (*act)(struct vyre_builder *b);
    enum vyre_result result;
    const char *said;
} misuses[] = {
    { use_twice, VYRE_ERR_INVALID_ARGUMENT,
      "B002 call 3, vyre_builder_let: expression 1 is used already" },
    { use_none, VYRE_ERR_INVALID_ARGUMENT,
      "B001 call 1, vyre_builder_let: there is no expression 0" },
    { use_unknown, VYRE_ERR_INVALID_ARGUMENT,
      "B001 call 1, vyre_builder_let: there is no expression 17" },
    { leave_open, VYRE_ERR_INVALID_ARGUMENT,
      "B003 call 2, vyre_builder_finish: 1 blocks are not ended" },
    { end_too_often, VYRE_ERR_INVALID_ARGUMENT, "B003 call 1, vyre_builder_end: no block is open" },
    { else_without_if, VYRE_ERR_INVALID_ARGUMENT,
      "B003 call 2, vyre_builder_else: the innermost open block is no if without else" },
    { else_twice, VYRE_ERR_INVALID_ARGUMENT,
      "B003 call 4, vyre_builder_else: the innermost open block is no if without else" },
    { null_name, VYRE_ERR_INVALID_ARGUMENT, "B004 call 1, vyre_builder_var: a name is NULL" },
    { bad_name, VYRE_ERR_INVALID_ARGUMENT, "B004 call 1, vyre_builder_var: a name is not UTF-8" },
    { bad_operator, VYRE_ERR_INVALID_ARGUMENT,
      "B004 call 3, vyre_builder_binary: there is no binary operator 34" },
    { wide_operator, VYRE_ERR_INVALID_ARGUMENT,
      "B004 call 2, vyre_builder_unary: there is no unary operator 257" },
    { opaque_operator, VYRE_ERR_INVALID_ARGUMENT,
      "B004 call 3, vyre_builder_binary: there is no binary operator 128" },
    { bad_ordering, VYRE_ERR_INVALID_ARGUMENT,
      "B004 call 1, vyre_builder_barrier: there is no memory ordering 6" },
    { bad_type, VYRE_ERR_INVALID_ARGUMENT, "B006 call 2, vyre_builder_cast: there is no type 20" },
    { unknown_type, VYRE_ERR_INVALID_ARGUMENT,
      "B006 call 1, vyre_builder_type_vec: there is no type 256" },
    { bad_access, VYRE_ERR_INVALID_ARGUMENT,
      "B004 call 1, vyre_builder_buffer: the access, kind or locality is no enumerator" },
    { deep_expression, VYRE_ERR_LIMIT,
      "B005 call 201, vyre_builder_unary: more than 200 blocks and operators are nested" },
    { deep_blocks, VYRE_ERR_LIMIT,
      "B005 call 200, vyre_builder_block: more than 200 blocks are nested" },
    { pull_from_a_bad_name, VYRE_ERR_INVALID_ARGUMENT,
      "B004 call 3, vyre_builder_pull_file_async_direct: a name is not UTF-8" },
    { deep_type, VYRE_ERR_LIMIT,
      "B005 call 4096, vyre_builder_type_vec: more than 4095 types are nested" },
};

static void the_first_wrong_call_is_reported_at_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        struct vyre_builder *b;
        struct vyre_program *program;
        struct test_diags diags = { 0 };
        assert_result(VYRE_OK, vyre_builder_create(&b));
        misuses[i].act(b);
        assert_result(misuses[i].result, vyre_builder_finish(b, test_diag_sink(&diags), &program));
        assert_null(program);
        assert_string_equal(diags.text, misuses[i].said);
        vyre_builder_destroy(&b);
        assert_null(b);
    }
}

static void a_finished_builder_refuses_everything(void **state)
{
    (void)state;
    struct vyre_builder *b;
    struct vyre_program *program;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK, vyre_builder_create(&b));
    assert_result(VYRE_OK, vyre_builder_finish(b, NULL, &program));
    vyre_program_destroy(&program);
    vyre_builder_workgroup(b, 1, 2, 3);
    assert_int_equal(U32(7), 0);
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_builder_finish(b, test_diag_sink(&diags), &program));
    assert_string_equal(diags.text, "B004 call 2, vyre_builder_workgroup: the program is finished");
    vyre_builder_destroy(&b);
    vyre_builder_destroy(&b); // NULL is accepted
}

static void the_deepest_program_prints_and_parses_back(void **state)
{
    (void)state;
    struct vyre_builder *b;
    struct vyre_program *program;
    struct vyre_program *again;
    assert_result(VYRE_OK, vyre_builder_create(&b));
    for (int i = 0; i < 99; i++) {
        vyre_builder_if(b, vyre_builder_bool(b, true));
        vyre_builder_return(b);
        vyre_builder_else(b);
        vyre_builder_block(b);
    }
    vyre_builder_let(b, "x", U32(1));
    for (int i = 0; i < 2 * 99; i++)
        vyre_builder_end(b);
    vyre_expr value = U32(0);
    for (int i = 0; i < 190; i++)
        value = i % 3   ? vyre_builder_binary(b, VYRE_BIN_SUB, U32(1), value)
                : i % 2 ? vyre_builder_unary(b, VYRE_UN_LOGICAL_NOT, value)
                        : vyre_builder_unary(b, VYRE_UN_POPCOUNT, value);
    vyre_builder_let(b, "y", value);
    vyre_type type = VYRE_TYPE_U32;
    for (int i = 0; i < 4095; i++) // as deep as the binary form goes
        type = vyre_builder_type_vec(b, type, 2);
    vyre_builder_let(b, "z", vyre_builder_cast(b, type, U32(1)));
    assert_result(VYRE_OK, vyre_builder_finish(b, NULL, &program));
    vyre_builder_destroy(&b);
    char *text;
    size_t size;
    struct test_diags diags = { 0 };
    assert_result(VYRE_OK, vyre_program_print(program, &text, &size));
    if (vyre_program_parse(text, size, NULL, test_diag_sink(&diags), &again) != VYRE_OK)
        fail_msg("%s", diags.text);
    assert_true(ir_program_equal(program, again));
    vyre_free(text);
    vyre_program_destroy(&again);
    vyre_program_destroy(&program);
}

static void the_deepest_type_travels(void **state)
{
    (void)state;
    struct vyre_builder *b;
    struct vyre_program *program;
    struct vyre_program *again;
    uint8_t *bytes;
    size_t size;
    assert_result(VYRE_OK, vyre_builder_create(&b));
    vyre_type type = VYRE_TYPE_F32;
    for (int i = 0; i < 4095; i++)
        type = vyre_builder_type_vec(b, type, 2);
    vyre_builder_let(b, "x", vyre_builder_cast(b, type, U32(1)));
    assert_result(VYRE_OK, vyre_builder_finish(b, NULL, &program));
    vyre_builder_destroy(&b);
    assert_result(VYRE_OK, vyre_program_encode(program, NULL, &bytes, &size));
    assert_result(VYRE_OK, vyre_program_decode(bytes, size, NULL, &again));
    assert_true(ir_program_equal(program, again));
    vyre_free(bytes);
    vyre_program_destroy(&again);
    vyre_program_destroy(&program);
}

static void nothing_where_something_is_needed_is_refused(void **state)
{
    (void)state;
    struct vyre_program *program = NULL;
    struct vyre_buffer_info info;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_builder_create(NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_builder_finish(NULL, NULL, &program));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_parse("", 0, NULL, NULL, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_parse(NULL, 1, NULL, NULL, &program));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_buffer_info(NULL, 0, &info));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_program_buffer_info(program, 0, NULL));
    vyre_program_destroy(NULL);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_where_something_is_needed_is_refused),
        cmocka_unit_test(public_numbers_are_the_tags_of_the_tables),
        cmocka_unit_test(every_call_builds_what_the_text_says),
        cmocka_unit_test(any_failing_allocation_is_reported_and_nothing_leaks),
        cmocka_unit_test(a_file_is_pulled_through_the_capability_tables),
        cmocka_unit_test(the_first_wrong_call_is_reported_at_the_end),
        cmocka_unit_test(a_finished_builder_refuses_everything),
        cmocka_unit_test(the_deepest_program_prints_and_parses_back),
        cmocka_unit_test(the_deepest_type_travels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
