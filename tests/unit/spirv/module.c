// SPDX-License-Identifier: MIT
// Modules as objects: their bytes, their reflection, and what damage does to them.
#include "check.h"

#include "base/memory.h"
#include "ir/draft.h"
#include "spirv/lower.h"

#include <spirv/unified1/spirv.h>
#include <stdlib.h>

// buffer in: u32[] readonly, scratch: i32[100] workgroup, out: bool[16] readwrite
// if gid.x < len(in) { out[gid.x] = in[gid.x] == param(2) }, in a loop up to len(in)
static struct vyre_program *make_program(void)
{
    struct ir_draft draft;
    if (!ir_draft_init(&draft))
        return NULL;
    const struct ir_type *u32 = ir_type_scalar(IR_TYPE_U32);
    ir_name in = ir_draft_cname(&draft, "in"), out = ir_draft_cname(&draft, "out");
    ir_name scratch = ir_draft_cname(&draft, "scratch"), i = ir_draft_cname(&draft, "i");
    struct ir_buffer buffer = ir_buffer_defaults(in, 0, VYRE_ACCESS_READ_ONLY, u32);
    ir_draft_buffer(&draft, &buffer);
    buffer = ir_buffer_defaults(scratch, 0, VYRE_ACCESS_WORKGROUP, ir_type_scalar(IR_TYPE_I32));
    buffer.count = 100;
    ir_draft_buffer(&draft, &buffer);
    buffer = ir_buffer_defaults(out, 1, VYRE_ACCESS_READ_WRITE, ir_type_scalar(IR_TYPE_BOOL));
    buffer.count = 16;
    ir_draft_buffer(&draft, &buffer);

    struct ir_nodes nodes = { 0 };
    struct ir_expr *gid = ir_id(&draft, IR_EXPR_INVOCATION_ID, 0);
    struct ir_expr *loaded = ir_load(&draft, in, ir_var(&draft, i));
    struct ir_expr *param = ir_ext_expr(&draft, IR_EXT_PARAM, 0, IR_ORDER_RELAXED, 2, NULL, NULL);
    ir_nodes_add(&draft, &nodes,
                 ir_store(&draft, out, gid, ir_bin(&draft, IR_BIN_EQ, loaded, param)));
    struct ir_body body = ir_nodes_take(&draft, &nodes);
    ir_nodes_add(&draft, &nodes,
                 ir_loop(&draft, i, ir_lit_u32(&draft, 0), ir_buf_len(&draft, in), body));
    body = ir_nodes_take(&draft, &nodes);
    ir_nodes_fini(&nodes);
    if (draft.program)
        draft.program->workgroup[0] = 64;
    struct vyre_program *program;
    return ir_draft_finish(&draft, body, true, &program) ? NULL : program;
}

// One if that stands in two places: only behind the second one is the program's end.
static void an_if_returns_where_the_program_ends(void **state)
{
    (void)state;
    struct ir_draft draft;
    assert_true(ir_draft_init(&draft));
    ir_name out = ir_draft_cname(&draft, "out");
    struct ir_buffer buffer =
        ir_buffer_defaults(out, 0, VYRE_ACCESS_READ_WRITE, ir_type_scalar(IR_TYPE_U32));
    ir_draft_buffer(&draft, &buffer);
    struct ir_nodes nodes = { 0 };
    struct ir_expr *gid = ir_id(&draft, IR_EXPR_INVOCATION_ID, 0);
    ir_nodes_add(&draft, &nodes, ir_store(&draft, out, gid, gid));
    struct ir_body body = ir_nodes_take(&draft, &nodes);
    struct ir_expr *test = ir_bin(&draft, IR_BIN_LT, gid, ir_buf_len(&draft, out));
    struct ir_node *twice = ir_if(&draft, test, body, (struct ir_body){ 0 });
    ir_nodes_add(&draft, &nodes, twice);
    ir_nodes_add(&draft, &nodes, twice);
    body = ir_nodes_take(&draft, &nodes);
    ir_nodes_fini(&nodes);
    struct vyre_program *program;
    assert_result(VYRE_OK, ir_draft_finish(&draft, body, true, &program));
    check_everywhere(program);
    assert_int_equal(check_count(program, SpvOpReturn), 2);
    assert_int_equal(check_count(program, SpvOpStore), 2);
    vyre_program_destroy(&program);
}

static struct vyre_module *make_module(void)
{
    struct vyre_program *program = make_program();
    struct vyre_module *module;
    assert_non_null(program);
    check_everywhere(program);
    assert_result(VYRE_OK, spv_lower(program, NULL, &module));
    vyre_program_destroy(&program);
    return module;
}

static void reflects_bindings_in_declaration_order(void **state)
{
    (void)state;
    struct vyre_module *module = make_module();
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    assert_int_equal(info.workgroup_size[0], 64);
    assert_int_equal(info.workgroup_size[1], 1);
    assert_int_equal(info.workgroup_memory, 400);
    assert_int_equal(info.binding_count, 2);
    assert_int_equal(info.bindings[0].buffer, 0);
    assert_false(info.bindings[0].writable);
    assert_int_equal(info.bindings[1].binding, 1);
    assert_int_equal(info.bindings[1].buffer, 2);
    assert_int_equal(info.bindings[1].stride, 4);
    assert_true(info.bindings[1].writable);
    assert_int_equal(info.param_count, 3);
    assert_int_equal(info.derived_count, 2); // len(in) and, for a check, len(out)
    assert_int_equal(info.term_count, 2);
    assert_int_equal(info.push_bytes, 28);
    assert_int_equal(info.fault_binding, 2); // the loop's bound is not known
    vyre_module_destroy(&module);
    vyre_module_destroy(&module);
    vyre_module_destroy(NULL);
}

// The words that the host computes for `text`, from byte lengths 1000, 1600 and 3000.
static void derive(const char *text, const struct vyre_target *target, uint32_t out[8],
                   uint32_t *count)
{
    struct vyre_program *program;
    struct vyre_module *module;
    assert_result(VYRE_OK, vyre_program_parse(text, strlen(text), "t", NULL, &program));
    check_everywhere(program);
    assert_result(VYRE_OK, spv_lower(program, vyre_compile_params(.target = target), &module));
    struct vyre_module_info info;
    vyre_module_reflect(module, &info);
    uint32_t push[32] = { 1000, 1600, 3000 };
    vyre_module_derive(&info, push);
    *count = info.derived_count;
    assert_in_range(*count, 0, 8);
    assert_int_equal(info.push_bytes, 4 * (info.binding_count + info.param_count + *count));
    memset(out, 0xEE, 8 * sizeof *out);
    memcpy(out, push + info.binding_count + info.param_count, *count * sizeof *out);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
}

#define BUFFERS                                                                                    \
    "buffer a : u32[] readonly @0\nbuffer b : u64[] readonly @1\n"                                 \
    "buffer c : u32[] readwrite @2\n"

static void the_host_computes_what_follows_from_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint32_t derived;
    } cases[] = {
        { "len(a)", 250 },
        { "len(b)", 200 },
        { "len(a) / 7", 35 },
        { "len(b) >> 3", 25 },
        { "min(len(a), len(b))", 200 },
        { "min(len(b), len(a) / 3) / 5", 16 },
        { "min(min(len(a), len(b)), len(c) / 16)", 46 },
        { "min(len(a) / 0x40000000, len(b))", 250 }, // its divisor takes more than a word
        { "len(a) / 0x3fffffff", 0 },
    };
    struct vyre_target target;
    check_target(&target, 2, 1);
    uint32_t words[8], count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        snprintf(text, sizeof text, BUFFERS "workgroup 64\natomic_store.relaxed(c[0], %s)",
                 cases[i].value);
        derive(text, &target, words, &count);
        assert_int_equal(words[0], cases[i].derived);
    }
    // Equal ones are one; none where there is no room, or where they do not follow from lengths.
    derive(BUFFERS "c[0] = min(len(a), len(b)) + 1\nc[1] = min(len(a), len(b)) + 2", &target, words,
           &count);
    assert_int_equal(count, 2); // with len(c)
    derive(BUFFERS "shared s : u32[8]\nif gid.x < len(s) {\ns[gid.x] = min(gid.x, param(0))\n}",
           &target, words, &count);
    assert_int_equal(count, 0);
    target.max_push_bytes = 16;
    derive(BUFFERS "c[0] = len(a) + len(b) / 3", &target, words, &count);
    assert_int_equal(count, 1);
    assert_int_equal(words[0], 250);
}

static void survives_a_round_trip_through_bytes(void **state)
{
    (void)state;
    struct vyre_module *module = make_module();
    uint8_t *bytes, *again;
    size_t size, size_again;
    assert_result(VYRE_OK, spv_module_save(module, &bytes, &size));
    struct vyre_module *loaded;
    assert_result(VYRE_OK, spv_module_load(bytes, size, &loaded));
    assert_result(VYRE_OK, spv_module_save(loaded, &again, &size_again));
    assert_int_equal(size, size_again);
    assert_memory_equal(bytes, again, size);
    size_t count, count_loaded;
    const uint32_t *words = vyre_module_words(module, &count);
    const uint32_t *words_loaded = vyre_module_words(loaded, &count_loaded);
    assert_int_equal(count, count_loaded);
    assert_memory_equal(words, words_loaded, count * 4);
    vyre_free(bytes);
    vyre_free(again);
    vyre_module_destroy(&loaded);
    vyre_module_destroy(&module);
}

// Every cut, and every flipped bit of everything in front of the SPIR-V words, on a copy of exactly
// the right size so that a sanitizer sees any read past it.
static void refuses_damaged_bytes(void **state)
{
    (void)state;
    struct vyre_module *module = make_module();
    uint8_t *bytes;
    size_t size;
    assert_result(VYRE_OK, spv_module_save(module, &bytes, &size));
    for (size_t cut = 0; cut <= size + 4; cut++) {
        if (cut == size)
            continue;
        uint8_t *copy = calloc(1, cut + 1);
        memcpy(copy, bytes, cut < size ? cut : size);
        struct vyre_module *loaded = module;
        assert_result(VYRE_MISS, spv_module_load(copy, cut, &loaded));
        assert_null(loaded);
        free(copy);
    }
    // Words: the fixed part and in it the width of full subgroups, then two bindings, two terms,
    // and the magic of SPIR-V.
    enum { FIXED = 14, SUBGROUP_SIZE = 12, MAGIC = FIXED + 2 * 4 + 2 * 3, WORDS };
    unsigned accepted[WORDS] = { 0 }, all = 0;
    for (size_t bit = 0; bit < WORDS * 32; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct vyre_module *loaded;
        if (spv_module_load(bytes, size, &loaded) == VYRE_OK) {
            accepted[bit / 32]++;
            all++;
        }
        vyre_module_destroy(&loaded);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    // Sizes, strides, buffer numbers and divisors may be any; counts, bindings and flags may not.
    assert_true(all > 0);
    assert_true(all <= (3 + 1 + 2 + 2 + 2) * 32 + 2);
    assert_int_equal(accepted[MAGIC], 0);
    assert_int_equal(accepted[SUBGROUP_SIZE], 2); // 32 and 64 of its 64 invocations
    // Neither is the width of what such a workgroup lacks.
    bytes[4 * SUBGROUP_SIZE] = 64;
    bytes[4 * 4] = 32;
    struct vyre_module *loaded;
    assert_result(VYRE_MISS, spv_module_load(bytes, size, &loaded));
    assert_null(loaded);
    vyre_free(bytes);
    vyre_module_destroy(&module);
}

static void the_checker_finds_a_flipped_word(void **state)
{
    (void)state;
    struct vyre_module *module = make_module();
    size_t count;
    const uint32_t *words = vyre_module_words(module, &count);
    uint32_t *copy = malloc(count * sizeof *copy);
    memcpy(copy, words, count * sizeof *copy);
    assert_null(check_words(VYRE_ENV_VULKAN_1_1, copy, count));
    unsigned found = 0, planted = 0;
    for (size_t at = 5; at < count; at += words[at] >> 16) {
        copy[at] ^= 1; // another opcode, the same length
        found += check_words(VYRE_ENV_VULKAN_1_1, copy, count) != NULL;
        copy[at] ^= 1;
        planted++;
    }
    // Some neighbours in the numbering are interchangeable, as + and - are.
    assert_true(found > planted / 2);
    free(copy);
    vyre_module_destroy(&module);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    struct vyre_program *program = make_program();
    assert_non_null(program);
    struct vyre_module *module;
    memory_fail_nth(0);
    assert_result(VYRE_OK, spv_lower(program, NULL, &module));
    const uint64_t allocations = memory_fail_nth(0);
    assert_true(allocations > 10);
    vyre_module_destroy(&module);
    for (uint64_t nth = 1; nth <= allocations; nth++) {
        memory_fail_nth(nth);
        enum vyre_result result = spv_lower(program, NULL, &module);
        memory_fail_nth(0);
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_null(module);
    }
    assert_result(VYRE_OK, vyre_compile(program, NULL, &module));
    uint8_t *bytes;
    size_t size;
    memory_fail_nth(1);
    assert_result(VYRE_ERR_NO_MEMORY, spv_module_save(module, &bytes, &size));
    memory_fail_nth(0);
    assert_null(bytes);
    assert_result(VYRE_OK, spv_module_save(module, &bytes, &size));
    for (uint64_t nth = 1; nth <= 3; nth++) {
        struct vyre_module *loaded;
        memory_fail_nth(nth);
        assert_result(VYRE_ERR_NO_MEMORY, spv_module_load(bytes, size, &loaded));
        memory_fail_nth(0);
        assert_null(loaded);
    }
    vyre_free(bytes);
    vyre_module_destroy(&module);
    vyre_program_destroy(&program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_if_returns_where_the_program_ends),
        cmocka_unit_test(reflects_bindings_in_declaration_order),
        cmocka_unit_test(the_host_computes_what_follows_from_lengths),
        cmocka_unit_test(survives_a_round_trip_through_bytes),
        cmocka_unit_test(refuses_damaged_bytes),
        cmocka_unit_test(the_checker_finds_a_flipped_word),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
