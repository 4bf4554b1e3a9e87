// SPDX-License-Identifier: MIT
#include "snapshots.h"

static struct vk_plan plan_of(struct vk_snapshot snapshot, struct vyre_pretend pretend)
{
    struct vk_plan plan;
    vk_plan_make(&snapshot, &pretend, &plan);
    return plan;
}

static void the_least_that_vulkan_1_1_allows_is_usable(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = smallest_snapshot();
    struct vk_plan plan;
    vk_plan_make(&snapshot, NULL, &plan);
    assert_true(plan.usable);
    assert_string_equal(plan.refusal, "");
    assert_false(plan.timeline);
    assert_false(plan.host_import);
    assert_int_equal(plan.import_alignment, 0);
    assert_int_equal(plan.offset_alignment, 256);
    assert_int_equal(plan.memory_bytes, gib);
    assert_int_equal(plan.target.env, VYRE_ENV_VULKAN_1_1);
    assert_int_equal(plan.target.memory_model, VYRE_MEMORY_GLSL450);
    assert_false(plan.target.device_scope);
    assert_false(plan.target.int64);
    assert_int_equal(plan.target.subgroup_size, 0); // not offered to compute shaders
    assert_int_equal(plan.target.max_storage_buffers, 4);
    assert_int_equal(plan.target.max_storage_range, 128 * mib);
    assert_int_equal(plan.target.max_workgroup_invocations, 128);
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        assert_false(plan.extensions[i]);
}

static void a_discrete_device_gives_all_it_has(void **state)
{
    (void)state;
    struct vk_plan plan = plan_of(discrete_snapshot(), (struct vyre_pretend){ 0 });
    assert_true(plan.usable);
    assert_true(plan.timeline);
    assert_true(plan.host_import);
    assert_false(plan.unified);
    assert_int_equal(plan.import_alignment, 4096);
    assert_int_equal(plan.memory_bytes, 8 * gib);
    assert_int_equal(plan.queue_family, 2); // computes and does not draw
    assert_int_equal(plan.target.env, VYRE_ENV_VULKAN_1_3);
    assert_int_equal(plan.target.memory_model, VYRE_MEMORY_VULKAN);
    assert_true(plan.target.device_scope);
    assert_true(plan.target.int64 && plan.target.int16 && plan.target.int8);
    assert_true(plan.target.float16 && plan.target.float64);
    assert_true(plan.target.storage_16bit && plan.target.storage_8bit);
    assert_int_equal(plan.target.subgroup_size, 32);
    assert_int_equal(plan.target.vector_width, 0);
    assert_int_equal(plan.target.nesting_limit, 0);
    assert_false(plan.target.fence_is_barrier);
    assert_int_equal(plan.target.max_storage_range, UINT32_MAX);
    assert_int_equal(plan.target.loop_limit, 0); // the probe's
    // Everything but the import is core in 1.3 and must not be named.
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        assert_int_equal(plan.extensions[i], i == VK_EXTENSION_HOST_IMPORT);
}

static void the_same_on_1_1_comes_from_extensions(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    snapshot.api_version = VK_API_VERSION_1_1;
    struct vk_plan plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_true(plan.timeline);
    assert_int_equal(plan.target.env, VYRE_ENV_VULKAN_1_1);
    assert_int_equal(plan.target.memory_model, VYRE_MEMORY_VULKAN);
    assert_true(plan.extensions[VK_EXTENSION_TIMELINE]);
    assert_true(plan.extensions[VK_EXTENSION_MEMORY_MODEL]);
    assert_true(plan.extensions[VK_EXTENSION_STORAGE_8BIT]);
    assert_true(plan.extensions[VK_EXTENSION_FLOAT16_INT8]);
    // A feature bit without the extension that brings it is a driver's mistake, not an offer.
    snapshot.extensions[VK_EXTENSION_TIMELINE] = false;
    assert_false(plan_of(snapshot, (struct vyre_pretend){ 0 }).timeline);
}

static void lavapipe_is_planned_as_what_it_is(void **state)
{
    (void)state;
    struct vk_plan plan = plan_of(cpu_snapshot(), (struct vyre_pretend){ 0 });
    assert_true(plan.usable);
    assert_true(plan.unified);
    assert_true(plan.host_import);
    assert_int_equal(plan.queue_family, 0);
    assert_int_equal(plan.target.subgroup_size, 8);
    assert_true(plan.target.fence_is_barrier);
    assert_int_equal(plan.target.vector_width, 8);
    assert_int_equal(plan.target.nesting_limit, 80);
    assert_int_equal(plan.target.max_storage_buffers, 32);
    assert_int_equal(plan.target.max_storage_range, 128 * mib);
}

static void features_that_are_missing_are_not_planned(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = integrated_snapshot();
    snapshot.timeline = false;
    snapshot.memory_model = false; // device scope alone means nothing
    snapshot.import_alignment = 0;
    struct vk_plan plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_true(plan.usable);
    assert_false(plan.timeline);
    assert_false(plan.host_import);
    assert_int_equal(plan.target.memory_model, VYRE_MEMORY_GLSL450);
    assert_false(plan.target.device_scope);
    assert_false(plan.extensions[VK_EXTENSION_HOST_IMPORT]);
    assert_false(plan.extensions[VK_EXTENSION_MEMORY_MODEL]);
}

static void pages_are_imported_only_where_buffers_take_them(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    snapshot.import_buffers = false;
    struct vk_plan plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_true(plan.usable);
    assert_false(plan.host_import);
    assert_int_equal(plan.import_alignment, 0);
    assert_false(plan.extensions[VK_EXTENSION_HOST_IMPORT]);
}

static void full_subgroups_are_planned_where_they_are_promised(void **state)
{
    (void)state;
    const uint32_t all = VYRE_SUBGROUP_ARITHMETIC | VYRE_SUBGROUP_BALLOT | VYRE_SUBGROUP_SHUFFLE |
                         VYRE_SUBGROUP_REUNITES;
    static const struct {
        uint32_t smallest, largest, most; // widths, and subgroups of a workgroup
        bool demanding;                   // the stage may demand a width
        uint32_t full;
        bool demands;
    } cases[] = {
        { 32, 32, 0, false, 32, false },  { 32, 32, 64, true, 32, false },
        { 64, 64, 0, false, 64, false },  { 32, 64, UINT32_MAX, true, 32, true },
        { 8, 32, 64, true, 32, true },    { 8, 32, 64, false, 0, false },
        { 8, 32, 16, true, 0, false },    { 8, 8, 32, true, 0, false },
        { 4, 16, 32, true, 0, false },    { 64, 128, 32, true, 0, false },
        { 128, 128, 32, true, 0, false }, { 0, 0, 0, false, 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vk_snapshot snapshot = discrete_snapshot();
        snapshot.limits.maxComputeWorkGroupInvocations = 1024;
        snapshot.subgroup_sizes[0] = cases[i].smallest;
        snapshot.subgroup_sizes[1] = cases[i].largest;
        snapshot.max_workgroup_subgroups = cases[i].most;
        snapshot.subgroup_demanding = cases[i].demanding ? VK_SHADER_STAGE_COMPUTE_BIT : 0;
        snapshot.subgroup_size_control = snapshot.full_subgroups = snapshot.subgroup_flow = true;
        snapshot.subgroup_operations |= VK_SUBGROUP_FEATURE_ARITHMETIC_BIT |
                                        VK_SUBGROUP_FEATURE_BALLOT_BIT |
                                        VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
        struct vk_plan plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
        assert_int_equal(plan.target.full_subgroup_size, cases[i].full);
        assert_int_equal(plan.demands_subgroup_size, cases[i].demands);
        assert_int_equal(plan.target.subgroup_ops, all);
        assert_int_equal(plan.extensions[VK_EXTENSION_SUBGROUP_FLOW], cases[i].full != 0);
        // Other widths, or none, have no full ones of this width.
        plan = plan_of(snapshot, (struct vyre_pretend){ .subgroup_size = 8 });
        assert_int_equal(plan.target.full_subgroup_size, 0);
        assert_false(plan.demands_subgroup_size);
        plan = plan_of(snapshot, (struct vyre_pretend){ .no_subgroup = true });
        assert_int_equal(plan.target.full_subgroup_size, 0);
        assert_int_equal(plan.target.subgroup_ops, 0);
        // That they meet again is another extension than that all exist.
        snapshot.full_subgroups = false;
        plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
        assert_int_equal(plan.target.full_subgroup_size, 0);
        assert_int_equal(plan.target.subgroup_ops, all);
        assert_false(plan.extensions[VK_EXTENSION_SUBGROUP_FLOW]);
        snapshot.full_subgroups = true;
        snapshot.subgroup_flow = false;
        plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
        assert_int_equal(plan.target.full_subgroup_size, 0);
        assert_int_equal(plan.target.subgroup_ops, all & ~(uint32_t)VYRE_SUBGROUP_REUNITES);
    }
}

static void pretending_takes_away(void **state)
{
    (void)state;
    const struct vyre_pretend pretend = {
        .no_host_import = true,
        .no_timeline = true,
        .no_vulkan_memory_model = true,
        .no_int64 = true,
        .no_float64 = true,
        .no_subgroup = true,
        .loop_limit = 1000,
        .max_storage_buffers = 5,
        .max_storage_range = 65536,
    };
    struct vk_plan plan = plan_of(discrete_snapshot(), pretend);
    assert_true(plan.usable);
    assert_false(plan.timeline);
    assert_false(plan.host_import);
    assert_int_equal(plan.import_alignment, 0);
    assert_int_equal(plan.target.memory_model, VYRE_MEMORY_GLSL450);
    assert_false(plan.target.device_scope);
    assert_false(plan.target.int64);
    assert_false(plan.target.float64);
    assert_int_equal(plan.target.subgroup_size, 0);
    assert_int_equal(plan.target.loop_limit, 1000);
    assert_int_equal(plan.target.max_storage_buffers, 5);
    assert_int_equal(plan.target.max_storage_range, 65536);
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        assert_false(plan.extensions[i]);
}

// What a name stands for, and the plan and vyre_target_reduce agree.
static void names_stand_for_what_is_pretended(void **state)
{
    (void)state;
    struct vyre_pretend_info info;
    struct vyre_pretend all = { 0 };
    for (size_t i = 0; vyre_pretend_describe(i, &info) == VYRE_OK; i++) {
        struct vyre_pretend pretend = { 0 };
        struct vyre_target reduced = plan_of(discrete_snapshot(), pretend).target;
        assert_result(VYRE_OK, vyre_pretend_add(&pretend, info.name));
        assert_result(VYRE_OK, vyre_pretend_add(&all, info.name));
        assert_true(strlen(info.text) > 0);
        vyre_target_reduce(&reduced, &pretend);
        const struct vyre_target planned = plan_of(discrete_snapshot(), pretend).target;
        assert_int_equal(planned.memory_model, reduced.memory_model);
        assert_int_equal(planned.device_scope, reduced.device_scope);
        assert_int_equal(planned.int64, reduced.int64);
        assert_int_equal(planned.float64, reduced.float64);
        assert_int_equal(planned.storage_8bit, reduced.storage_8bit);
        assert_int_equal(planned.storage_16bit, reduced.storage_16bit);
        assert_int_equal(planned.subgroup_size, reduced.subgroup_size);
        assert_int_equal(planned.max_storage_buffers, reduced.max_storage_buffers);
        assert_int_equal(planned.max_storage_range, reduced.max_storage_range);
    }
    assert_true(all.no_host_import && all.no_timeline && all.no_vulkan_memory_model);
    assert_true(all.no_int64 && all.no_float64 && all.no_small_storage && all.no_subgroup);
    assert_true(all.no_exact_floats);
    assert_int_equal(all.subgroup_size, 64); // the last one said
    assert_int_equal(all.max_storage_buffers, 4);
    assert_int_equal(all.max_storage_range, 128 * mib);
    struct vk_plan plan = plan_of(discrete_snapshot(), all);
    assert_false(plan.target.storage_8bit || plan.target.storage_16bit);
    assert_int_equal(plan.target.subgroup_size, 0);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_pretend_add(&all, "no-such-thing"));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_pretend_add(&all, NULL));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_pretend_add(NULL, "no-int64"));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_pretend_describe(0, NULL));
}

static void pretending_never_adds(void **state)
{
    (void)state;
    const struct vyre_pretend pretend = {
        .max_storage_buffers = 1000,
        .max_storage_range = UINT64_MAX,
    };
    struct vk_plan plan = plan_of(smallest_snapshot(), pretend);
    assert_int_equal(plan.target.max_storage_buffers, 4);
    assert_int_equal(plan.target.max_storage_range, 128 * mib);
    static const struct {
        uint32_t own, pretended, left;
    } limits[] = {
        { 65535, 1000000, 65535 },
        { 65535, 1000, 1000 },
        { 0, 1000, 1000 },
        { 65535, 0, 65535 },
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct vyre_target target = { .loop_limit = limits[i].own };
        vyre_target_reduce(&target, &(struct vyre_pretend){ .loop_limit = limits[i].pretended });
        assert_int_equal(target.loop_limit, limits[i].left);
    }
}

static void a_binding_is_never_larger_than_memory(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    snapshot.max_allocation_size = 64 * mib;
    assert_int_equal(plan_of(snapshot, (struct vyre_pretend){ 0 }).target.max_storage_range,
                     64 * mib);
    snapshot.max_allocation_size = 0; // a driver that does not say
    snapshot.memory.memoryHeaps[0].size = 32 * mib;
    assert_int_equal(plan_of(snapshot, (struct vyre_pretend){ 0 }).target.max_storage_range,
                     32 * mib);
    snapshot.max_buffer_size = 16 * mib;
    assert_int_equal(plan_of(snapshot, (struct vyre_pretend){ 0 }).target.max_storage_range,
                     16 * mib);
}

static void what_cannot_work_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    snapshot.api_version = VK_API_VERSION_1_0;
    struct vk_plan plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_false(plan.usable);
    assert_string_equal(plan.refusal, "it speaks Vulkan 1.0, 1.1 is needed");

    snapshot = smallest_snapshot();
    snapshot.queue_families[0].queueFlags = VK_QUEUE_GRAPHICS_BIT;
    plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_false(plan.usable);
    assert_non_null(strstr(plan.refusal, "no queue"));

    snapshot = smallest_snapshot();
    snapshot.memory.memoryTypes[0].propertyFlags = VISIBLE | CACHED;
    plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_false(plan.usable);
    assert_non_null(strstr(plan.refusal, "coherent"));

    snapshot = smallest_snapshot();
    snapshot.limits.maxPerStageDescriptorStorageBuffers = 0;
    plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_false(plan.usable);
    assert_non_null(strstr(plan.refusal, "limits"));

    snapshot = (struct vk_snapshot){ 0 }; // a driver that says nothing at all
    assert_false(plan_of(snapshot, (struct vyre_pretend){ 0 }).usable);
    snapshot.api_version = VK_API_VERSION_1_3;
    assert_false(plan_of(snapshot, (struct vyre_pretend){ 0 }).usable);
}

// It takes the extension and the feature.
static void machine_code_is_told_where_the_driver_offers_it(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = smallest_snapshot();
    snapshot.executable_info = true;
    assert_false(plan_of(snapshot, (struct vyre_pretend){ 0 }).executable_info);
    snapshot.extensions[VK_EXTENSION_EXECUTABLE_PROPERTIES] = true;
    struct vk_plan plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_true(plan.executable_info);
    assert_true(plan.extensions[VK_EXTENSION_EXECUTABLE_PROPERTIES]);
    snapshot.executable_info = false;
    plan = plan_of(snapshot, (struct vyre_pretend){ 0 });
    assert_false(plan.executable_info || plan.extensions[VK_EXTENSION_EXECUTABLE_PROPERTIES]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_that_vulkan_1_1_allows_is_usable),
        cmocka_unit_test(a_discrete_device_gives_all_it_has),
        cmocka_unit_test(the_same_on_1_1_comes_from_extensions),
        cmocka_unit_test(lavapipe_is_planned_as_what_it_is),
        cmocka_unit_test(features_that_are_missing_are_not_planned),
        cmocka_unit_test(pages_are_imported_only_where_buffers_take_them),
        cmocka_unit_test(full_subgroups_are_planned_where_they_are_promised),
        cmocka_unit_test(pretending_takes_away),
        cmocka_unit_test(names_stand_for_what_is_pretended),
        cmocka_unit_test(pretending_never_adds),
        cmocka_unit_test(a_binding_is_never_larger_than_memory),
        cmocka_unit_test(what_cannot_work_is_refused_with_the_reason),
        cmocka_unit_test(machine_code_is_told_where_the_driver_offers_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
