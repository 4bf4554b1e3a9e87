// SPDX-License-Identifier: MIT
#include "snapshots.h"

enum { MANY = 5 };

// A CPU implementation, two cards, an integrated device and one that is refused, in this order.
struct house {
    struct vk_candidate items[MANY];
};

static void add(struct vk_candidate *candidate, uint32_t place, struct vk_snapshot snapshot)
{
    candidate->snapshot = snapshot;
    candidate->enumerated = place;
    vk_plan_make(&candidate->snapshot, NULL, &candidate->plan);
}

static struct house full_house(void)
{
    struct house house = { 0 };
    struct vk_snapshot small_card = discrete_snapshot();
    struct vk_snapshot old_card = discrete_snapshot();
    strcpy(small_card.name, "Discrete 4000");
    small_card.memory.memoryHeaps[0].size = 4 * gib;
    strcpy(old_card.name, "Ancient");
    old_card.api_version = VK_API_VERSION_1_0;
    add(&house.items[0], 0, cpu_snapshot());
    add(&house.items[1], 1, small_card);
    add(&house.items[2], 2, old_card);
    add(&house.items[3], 3, integrated_snapshot());
    add(&house.items[4], 4, discrete_snapshot());
    return house;
}

static uint32_t choose(struct house *house, struct vyre_device_params params)
{
    return vk_plan_choose(house->items, MANY, &params);
}

static void the_order_is_kind_then_memory_and_refused_ones_last(void **state)
{
    (void)state;
    struct house house = full_house();
    assert_int_equal(vk_plan_choose(house.items, MANY, NULL), 0);
    const char *names[MANY] = { "Discrete 8000", "Discrete 4000", "Integrated 600",
                                "llvmpipe (LLVM 15.0.6, 256 bits)", "Ancient" };
    const char *reasons[MANY] = {
        "preferred; a discrete GPU",
        "a discrete GPU; Discrete 8000 is preferred, it has more memory",
        "an integrated GPU; Discrete 8000 is preferred, it is a discrete GPU",
        "a CPU implementation; Discrete 8000 is preferred, it is a discrete GPU",
        "refused: it speaks Vulkan 1.0, 1.1 is needed",
    };
    for (int i = 0; i < MANY; i++) {
        assert_string_equal(house.items[i].snapshot.name, names[i]);
        assert_string_equal(house.items[i].reason, reasons[i]);
        assert_int_equal(house.items[i].chosen, i == 0);
    }
}

static void equals_keep_the_order_of_the_driver(void **state)
{
    (void)state;
    struct vk_candidate twins[2] = { 0 };
    add(&twins[0], 1, discrete_snapshot());
    add(&twins[1], 0, discrete_snapshot());
    assert_int_equal(vk_plan_choose(twins, 2, NULL), 0);
    assert_int_equal(twins[0].enumerated, 0);
    assert_non_null(strstr(twins[1].reason, "is listed first"));
}

static void a_cpu_implementation_is_never_taken_silently(void **state)
{
    (void)state;
    struct vk_candidate one = { 0 };
    add(&one, 0, cpu_snapshot());
    assert_int_equal(vk_plan_choose(&one, 1, NULL), 0);
    assert_string_equal(one.reason, "the only device; a CPU implementation");

    struct vk_candidate two[2] = { 0 };
    struct vk_snapshot ancient = discrete_snapshot();
    ancient.api_version = VK_API_VERSION_1_0;
    add(&two[0], 0, ancient);
    add(&two[1], 1, cpu_snapshot());
    assert_int_equal(vk_plan_choose(two, 2, NULL), 0);
    assert_string_equal(two[0].reason, "the only usable device; a CPU implementation");
}

static void wishes_decide(void **state)
{
    (void)state;
    struct house house = full_house();
    uint32_t chosen = choose(&house, (struct vyre_device_params){ .name = "LLVMPIPE" });
    assert_int_equal(chosen, 3);
    assert_string_equal(house.items[3].reason, "asked for by name; a CPU implementation");
    assert_string_equal(house.items[0].reason, "not what was asked for; a discrete GPU");

    chosen = choose(&house, (struct vyre_device_params){ .kind = VYRE_DEVICE_KIND_INTEGRATED });
    assert_int_equal(chosen, 2);
    assert_string_equal(house.items[2].reason, "asked for by kind; an integrated GPU");

    chosen = choose(&house, (struct vyre_device_params){ .index_plus_one = 2 });
    assert_int_equal(chosen, 1);
    assert_string_equal(house.items[1].reason, "asked for by index; a discrete GPU");

    chosen = choose(&house, (struct vyre_device_params){ .name = "discrete" });
    assert_int_equal(chosen, 0);
    assert_non_null(strstr(house.items[1].reason, "has more memory"));
}

static void wishes_are_all_kept_or_nothing_is_chosen(void **state)
{
    (void)state;
    struct house house = full_house();
    const struct vyre_device_params impossible[] = {
        { .name = "no such device" },
        { .kind = VYRE_DEVICE_KIND_VIRTUAL },
        { .index_plus_one = 6 },
        { .name = "Ancient" }, // there, but refused
        { .name = "llvmpipe", .kind = VYRE_DEVICE_KIND_DISCRETE },
        { .name = "llvmpipe", .index_plus_one = 1 },
    };
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        assert_int_equal(choose(&house, impossible[i]), UINT32_MAX);
        for (int k = 0; k < MANY; k++) {
            assert_false(house.items[k].chosen);
            assert_true(house.items[k].reason[0]);
        }
    }
    const struct vyre_device_params ancient = { .name = "ancient" };
    assert_true(vk_plan_fits(&house.items[4], 4, &ancient));
}

static void the_description_carries_the_plan(void **state)
{
    (void)state;
    struct vk_candidate one = { 0 };
    add(&one, 0, cpu_snapshot());
    (void)vk_plan_choose(&one, 1, NULL);
    struct vyre_device_info info;
    vk_plan_describe(&one, &info);
    assert_string_equal(info.name, "llvmpipe (LLVM 15.0.6, 256 bits)");
    assert_string_equal(info.driver, "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)");
    assert_int_equal(info.kind, VYRE_DEVICE_KIND_CPU);
    assert_true(info.usable && info.chosen && info.host_import && info.timeline);
    assert_int_equal(info.import_alignment, 4096);
    assert_int_equal(info.memory_bytes, 2 * gib);
    assert_int_equal(info.target.subgroup_size, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_kind_then_memory_and_refused_ones_last),
        cmocka_unit_test(equals_keep_the_order_of_the_driver),
        cmocka_unit_test(a_cpu_implementation_is_never_taken_silently),
        cmocka_unit_test(wishes_decide),
        cmocka_unit_test(wishes_are_all_kept_or_nothing_is_chosen),
        cmocka_unit_test(the_description_carries_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
