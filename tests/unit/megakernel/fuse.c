// SPDX-License-Identifier: MIT
// The resident kernel, run by the interpreter: a payload does to its windows what it does alone to
// buffers of the same contents, and nothing to anything else.
#include "image.h"
#include "payloads.h"
#include "works.h"

#include <vyre/compile.h>
#include <vyre/ring.h>

static struct vyre_program *fuse(const struct vyre_program *payload,
                                 const struct mk_fuse_params *params, struct mk_shape *shape)
{
    struct vyre_program *kernel = NULL;
    struct test_diags diags = { .size = 0 };
    struct mk_fuse_params reporting = *params;
    reporting.diag = test_diag_sink(&diags);
    if (mk_fuse(payload, &reporting, &kernel, shape) ||
        vyre_program_validate(kernel, vyre_validate_params(.diag = test_diag_sink(&diags))))
        fail_msg("%s", diags.text);
    return kernel;
}

// ---- Equality with the payload alone ------------------------------------------------------------

static void publish_works(struct image *image)
{
    for (uint32_t i = 0; i < WORK_COUNT; i++) {
        const uint32_t windows[][MK_WINDOW_WORDS] = { { works[i].from, works[i].from_size },
                                                      { works[i].to, works[i].to_size } };
        image_publish(image, 0, works[i].groups, windows);
    }
}

static void a_payload_does_to_windows_what_it_does_alone(void **state)
{
    (void)state;
    static const struct {
        uint32_t limit, batch, groups;
    } ways[] = { { 0, 0, 1 }, { 0, 1, 3 }, { 65535, 4, 2 }, { 8000, 0, 2 } };
    for (size_t p = 0; p < PAYLOAD_COUNT; p++) {
        struct vyre_program *payload = image_parse(payloads[p].text);
        static struct image expected;
        image_init(&expected, 2);
        works_run_alone(payload, expected.segments[0], expected.segments[1]);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            struct mk_shape shape;
            struct vyre_program *kernel =
                fuse(payload,
                     &(struct mk_fuse_params){
                         .loop_limit = ways[w].limit, .workgroups = 4, .batch = ways[w].batch },
                     &shape);
            static struct image image;
            image_init(&image, 2);
            publish_works(&image);
            // Several epochs when the fuel of one is too little.
            for (int epoch = 0; epoch < 8 && image.state[MK_STATE_HEAD] < image.tail; epoch++)
                image_run(&image, kernel, shape.steps, shape.batch, ways[w].groups);
            for (uint32_t i = 0; i < WORK_COUNT; i++)
                if (image_verdict(&image, i) != 0)
                    fail_msg("%s: slot %u ended with %#x", payloads[p].name, i,
                             image_verdict(&image, i));
            for (uint32_t s = 0; s < 2; s++)
                for (uint32_t i = 0; i < IMAGE_SEGMENT_WORDS; i++)
                    if (image.segments[s][i] != expected.segments[s][i])
                        fail_msg("%s: way %zu: word %u of segment %u is %u, alone it is %u",
                                 payloads[p].name, w, i, s, image.segments[s][i],
                                 expected.segments[s][i]);
            assert_int_equal(image.state[MK_STATE_HEAD], WORK_COUNT);
            assert_int_equal(image.control[VYRE_CONTROL_DONE_COUNT], WORK_COUNT);
            uint32_t done;
            assert_result(VYRE_OK, vyre_slot_count_done(image.slots, sizeof image.slots,
                                                        IMAGE_SLOTS, &done, NULL));
            assert_int_equal(done, WORK_COUNT);
            vyre_program_destroy(&kernel);
        }
        vyre_program_destroy(&payload);
    }
}

static void a_planted_window_is_noticed(void **state)
{
    (void)state;
    struct vyre_program *payload = image_parse(payloads[0].text);
    struct mk_shape shape;
    struct vyre_program *kernel =
        fuse(payload, &(struct mk_fuse_params){ .workgroups = 4 }, &shape);
    static struct image expected, image;
    image_init(&expected, 2);
    works_run_alone(payload, expected.segments[0], expected.segments[1]);
    for (int planted = 0; planted < 2; planted++) {
        image_init(&image, 2);
        publish_works(&image);
        image.windows[image.queue[1] * 2 * MK_WINDOW_WORDS] += (uint32_t)planted;
        image_run(&image, kernel, shape.steps, shape.batch, 1);
        assert_int_equal(memcmp(image.segments, expected.segments, sizeof image.segments) != 0,
                         planted);
    }
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

static void the_virtual_grid_has_a_base(void **state)
{
    (void)state;
    struct vyre_program *payload =
        image_parse("workgroup 4\nbuffer to : u32[] readwrite @0\nto[gid.x] = wid.x\n");
    struct mk_shape shape;
    struct vyre_program *kernel = fuse(payload, &(struct mk_fuse_params){ 0 }, &shape);
    static struct image image;
    image_init(&image, 1);
    memset(image.segments, 0, sizeof image.segments);
    image_publish(&image, 5, 2, (const uint32_t[][2]){ { 0, 64 } });
    image_run(&image, kernel, shape.steps, shape.batch, 2);
    for (uint32_t i = 0; i < IMAGE_SEGMENT_WORDS; i++)
        assert_int_equal(image.segments[0][i], i >= 20 && i < 28 ? i / 4 : 0);
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

// ---- Claims -------------------------------------------------------------------------------------

static const char count_text[] = "workgroup 4\nbuffer to : u32[] readwrite @0\n"
                                 "if lid.x == 0 {\n"
                                 "    let old = atomic_add.relaxed(to[0], 1)\n"
                                 "}\n";

static void the_head_is_exact_after_every_epoch(void **state)
{
    (void)state;
    struct vyre_program *payload = image_parse(count_text);
    struct mk_shape shape;
    struct vyre_program *kernel = fuse(payload, &(struct mk_fuse_params){ .batch = 4 }, &shape);
    static struct image image;
    image_init(&image, 1);
    memset(image.segments, 0, sizeof image.segments);
    // Positions wrap around; ones that do are as good as any.
    image.tail = UINT32_MAX - 20;
    image.state[MK_STATE_HEAD] = image.tail;
    uint32_t published = 0;
    for (uint32_t round = 0; round < 12; round++) {
        for (uint32_t i = 0; i < round % 5; i++)
            image_publish(&image, 0, 1, (const uint32_t[][2]){ { published++, 1 } });
        image_run(&image, kernel, 3, 1 + round % 4, 1 + round % 3);
        // One workgroup with one slot per claim has fuel for three; the next epoch goes on.
        image_run(&image, kernel, 3, 4, 2);
        assert_int_equal(image.state[MK_STATE_HEAD], image.tail);
    }
    for (uint32_t i = 0; i < IMAGE_SEGMENT_WORDS; i++)
        assert_int_equal(image.segments[0][i], i < published);
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

static void fuel_tail_and_shutdown_are_obeyed(void **state)
{
    (void)state;
    struct vyre_program *payload = image_parse(count_text);
    struct mk_shape shape;
    struct vyre_program *kernel = fuse(payload, &(struct mk_fuse_params){ .batch = 4 }, &shape);
    static struct image image;
    image_init(&image, 1);
    for (uint32_t i = 0; i < 10; i++)
        image_publish(&image, 0, 1, (const uint32_t[][2]){ { i, 1 } });
    image.control[VYRE_CONTROL_SHUTDOWN] = 1;
    image_run(&image, kernel, 10, 4, 2);
    assert_int_equal(image.state[MK_STATE_HEAD], 0);
    image.control[VYRE_CONTROL_SHUTDOWN] = 0;
    image_run(&image, kernel, 1, 2, 2); // two workgroups, one claim of two each
    assert_int_equal(image.state[MK_STATE_HEAD], 4);
    image_run(&image, kernel, 0, 2, 2);
    assert_int_equal(image.state[MK_STATE_HEAD], 4);
    image_run(&image, kernel, 1, 99, 1); // a batch that the kernel has no room for
    assert_int_equal(image.state[MK_STATE_HEAD], 8);
    image.tail = 9;
    image_run(&image, kernel, 10, 4, 3);
    assert_int_equal(image.state[MK_STATE_HEAD], 9);
    assert_int_equal(image.control[VYRE_CONTROL_DONE_COUNT], 9);
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

// ---- Faults -------------------------------------------------------------------------------------

static uint32_t status_of(const struct image *image, uint32_t slot)
{
    return image->slots[slot * VYRE_SLOT_WORDS + VYRE_SLOT_STATUS];
}

static void a_slot_that_fails_its_checks_does_not_run(void **state)
{
    (void)state;
    struct vyre_program *payload = image_parse(count_text);
    struct mk_shape shape;
    struct vyre_program *kernel =
        fuse(payload, &(struct mk_fuse_params){ .workgroups = 2 }, &shape);
    static struct image image;
    image_init(&image, 1);
    memset(image.segments, 0, sizeof image.segments);
    enum { OK, MASKED, NO_TENANT, OPCODE, NOP, STATUS, COUNT, BEYOND, WRAPS, NO_SLOT, CASES };
    uint32_t slots[CASES];
    for (uint32_t i = 0; i < CASES; i++)
        slots[i] = image_publish(&image, 0, 1, (const uint32_t[][2]){ { i, 4 } });
    uint32_t *words[CASES], *windows[CASES];
    for (uint32_t i = 0; i < CASES; i++) {
        words[i] = image.slots + slots[i] * VYRE_SLOT_WORDS;
        windows[i] = image.windows + slots[i] * MK_WINDOW_WORDS;
    }
    image.control[VYRE_CONTROL_TENANT_MASKS + 7] = 0;
    words[MASKED][VYRE_SLOT_TENANT] = 7;
    words[NO_TENANT][VYRE_SLOT_TENANT] = UINT32_MAX;
    words[OPCODE][VYRE_SLOT_OPCODE] = 8;
    words[NOP][VYRE_SLOT_OPCODE] = VYRE_OPCODE_NOP;
    words[STATUS][VYRE_SLOT_STATUS] = VYRE_STATUS_DONE;
    words[COUNT][VYRE_SLOT_ARG0 + MK_ARG_COUNT] = 3;
    windows[BEYOND][MK_WINDOW_OFFSET] = IMAGE_SEGMENT_WORDS - 3;
    windows[WRAPS][MK_WINDOW_OFFSET] = UINT32_MAX - 1;
    image.queue[NO_SLOT] = 0x10000003; // as a word index it would wrap around to slot 3
    image_run(&image, kernel, shape.steps, shape.batch, 2);

#define FAULT(code) ((code) << 8 | VYRE_WORK_FAULT)
    static const struct {
        uint32_t verdict, status;
    } expected[CASES] = {
        [OK] = { VYRE_WORK_DONE, VYRE_STATUS_DONE },
        [MASKED] = { VYRE_WORK_DENIED, VYRE_STATUS_PUBLISHED },
        [NO_TENANT] = { VYRE_WORK_DENIED, VYRE_STATUS_PUBLISHED },
        [OPCODE] = { FAULT(MK_FAULT_OPCODE), VYRE_STATUS_FAULT },
        [NOP] = { VYRE_WORK_DONE, VYRE_STATUS_DONE },
        [STATUS] = { FAULT(MK_FAULT_STATUS), VYRE_STATUS_DONE },
        [COUNT] = { FAULT(MK_FAULT_COUNT), VYRE_STATUS_FAULT },
        [BEYOND] = { FAULT(MK_FAULT_WINDOW), VYRE_STATUS_FAULT },
        [WRAPS] = { FAULT(MK_FAULT_WINDOW), VYRE_STATUS_FAULT },
        [NO_SLOT] = { FAULT(MK_FAULT_STATUS), VYRE_STATUS_PUBLISHED },
    };
    for (uint32_t i = 0; i < CASES; i++) {
        assert_int_equal(image_verdict(&image, i), expected[i].verdict);
        assert_int_equal(status_of(&image, slots[i]), expected[i].status);
    }
    for (uint32_t i = 0; i < IMAGE_SEGMENT_WORDS; i++)
        assert_int_equal(image.segments[0][i], i == 0);
    assert_int_equal(image.control[VYRE_CONTROL_DONE_COUNT], 2);
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

static void traps_and_endless_loops_are_faults_of_their_slot(void **state)
{
    (void)state;
    struct vyre_program *payload =
        image_parse("workgroup 4\nbuffer to : u32[] readwrite @0\nshared tile : u32[4]\n"
                    "let what = to[0]\n"
                    "tile[lid.x] = what\n"
                    "barrier\n"
                    "if lid.x == 2 && what == 1 { trap(what, \"planted\") }\n"
                    "if what == 2 {\n"
                    "    loop i in lid.x..0xffffffff { if lid.x != 1 { return } }\n"
                    "}\n"
                    "loop i in 0..to[1] { tile[lid.x] = tile[lid.x] + 1 }\n"
                    "barrier\n"
                    "to[2 + lid.x] = tile[lid.x]\n");
    struct mk_shape shape;
    struct vyre_program *kernel =
        fuse(payload, &(struct mk_fuse_params){ .loop_limit = 1000, .workgroups = 1 }, &shape);
    assert_true(shape.loop_guard >= 16 && shape.loop_guard < 1000);
    static struct image image;
    image_init(&image, 1);
    memset(image.segments, 0, sizeof image.segments);
    for (uint32_t i = 0; i < 5; i++) {
        image.segments[0][i * 8] = i < 3 ? i : 0;
        image_publish(&image, 0, 1, (const uint32_t[][2]){ { i * 8, 8 } });
    }
    image.segments[0][3 * 8 + 1] = shape.loop_guard;
    image.segments[0][4 * 8 + 1] = shape.loop_guard + 1;
    for (int epoch = 0; epoch < 5; epoch++)
        image_run(&image, kernel, shape.steps, shape.batch, 2);
    static const uint32_t faults[] = { MK_FAULT_NONE, MK_FAULT_TRAP, MK_FAULT_LOOP, MK_FAULT_NONE,
                                       MK_FAULT_LOOP };
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(image_verdict(&image, i), faults[i] ? FAULT(faults[i]) : 0);
    for (uint32_t lane = 0; lane < 4; lane++) {
        assert_int_equal(image.segments[0][1 * 8 + 2 + lane], lane != 2);
        assert_int_equal(image.segments[0][3 * 8 + 2 + lane], shape.loop_guard);
        assert_int_equal(image.segments[0][4 * 8 + 2 + lane], 0); // everybody had left
    }
    for (uint32_t i = 0; i < MK_MAX_WORKGROUPS; i++)
        assert_int_equal(image.state[MK_STATE_FAULTS + i], 0); // nothing left for the next slot
    vyre_program_destroy(&kernel);
    vyre_program_destroy(&payload);
}

// ---- The program itself -------------------------------------------------------------------------

static void every_kernel_prints_and_compiles_without_guards(void **state)
{
    (void)state;
    static const uint32_t limits[] = { 0, 65535, 1000 };
    for (size_t p = 0; p < PAYLOAD_COUNT; p++) {
        struct vyre_program *payload = image_parse(payloads[p].text);
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            struct mk_shape shape;
            struct vyre_program *kernel =
                fuse(payload, &(struct mk_fuse_params){ .loop_limit = limits[l] }, &shape);
            if (limits[l])
                assert_true(shape.loop_bound < limits[l]);
            char *text = NULL, *again = NULL;
            size_t size = 0, again_size = 0;
            assert_result(VYRE_OK, vyre_program_print(kernel, &text, &size));
            struct vyre_program *parsed = image_parse(text);
            assert_result(VYRE_OK, vyre_program_print(parsed, &again, &again_size));
            assert_string_equal(text, again);
            vyre_free(text);
            vyre_free(again);
            vyre_program_destroy(&parsed);

            // The compiler trusts every loop: it adds no counters and no fault record.
            struct vyre_target target;
            vyre_target_default(&target);
            target.loop_limit = limits[l];
            target.max_storage_buffers = 16;
            struct vyre_module *module = NULL;
            struct test_diags diags = { .size = 0 };
            if (vyre_compile(kernel,
                             vyre_compile_params(.target = &target, .diag = test_diag_sink(&diags)),
                             &module))
                fail_msg("%s: %s", payloads[p].name, diags.text);
            struct vyre_module_info info;
            vyre_module_reflect(module, &info);
            if (info.fault_binding != UINT32_MAX)
                fail_msg("%s: a loop needs a counter", payloads[p].name);
            assert_int_equal(info.param_count, MK_PARAM_COUNT);
            vyre_module_destroy(&module);
            vyre_program_destroy(&kernel);
        }
        vyre_program_destroy(&payload);
    }
}

static void what_cannot_be_resident_is_refused(void **state)
{
    (void)state;
#define ONE "workgroup 8\nbuffer to : u32[] readwrite @0\n"
    static const struct {
        const char *text, *code;
        enum vyre_result result;
    } cases[] = {
        { ONE "barrier grid_sync\n", "M001", VYRE_ERR_UNSUPPORTED },
        { ONE "to[0] = param(0)\n", "M001", VYRE_ERR_UNSUPPORTED },
        { ONE "to[0] = subgroup_add(1)\n", "M001", VYRE_ERR_UNSUPPORTED },
        { "workgroup 8\nbuffer to : u64[] readwrite @0\n", "M002", VYRE_ERR_UNSUPPORTED },
        { ONE "loop i in 0..40000 { to[i] = 1 }\n", "M004", VYRE_ERR_LIMIT },
        { ONE "loop i in 0..200 { loop j in 0..200 { to[i] = j } }\n", "M004", VYRE_ERR_LIMIT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vyre_program *payload = NULL, *kernel = NULL;
        struct test_diags diags = { .size = 0 };
        if (vyre_program_parse(cases[i].text, strlen(cases[i].text), NULL, test_diag_sink(&diags),
                               &payload))
            fail_msg("case %zu: %s", i, diags.text);
        struct mk_shape shape;
        const struct mk_fuse_params params = { .loop_limit = 30000,
                                               .diag = test_diag_sink(&diags) };
        assert_result(cases[i].result, mk_fuse(payload, &params, &kernel, &shape));
        assert_null(kernel);
        if (strncmp(diags.text, cases[i].code, 4) != 0)
            fail_msg("case %zu: %s", i, diags.text);
        vyre_program_destroy(&payload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payload_does_to_windows_what_it_does_alone),
        cmocka_unit_test(a_planted_window_is_noticed),
        cmocka_unit_test(the_virtual_grid_has_a_base),
        cmocka_unit_test(the_head_is_exact_after_every_epoch),
        cmocka_unit_test(fuel_tail_and_shutdown_are_obeyed),
        cmocka_unit_test(a_slot_that_fails_its_checks_does_not_run),
        cmocka_unit_test(traps_and_endless_loops_are_faults_of_their_slot),
        cmocka_unit_test(every_kernel_prints_and_compiles_without_guards),
        cmocka_unit_test(what_cannot_be_resident_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
