// SPDX-License-Identifier: MIT
// vyre-spv devices: every candidate, and why it would or would not be chosen.
#include "commands.h"
#include "json.h"
#include "tool.h"

struct devices_options {
    const char *device;
    bool json;
};

static const struct option_spec devices_table[] = {
    { NULL, "device", "NAME", "explain the choice for this --device of other commands", OPTION_TEXT,
      offsetof(struct devices_options, device) },
    { NULL, "json", NULL, "print JSON", OPTION_FLAG, offsetof(struct devices_options, json) },
    { 0 },
};

static const char *kind_name(enum vyre_device_kind kind)
{
    switch (kind) {
    case VYRE_DEVICE_KIND_DISCRETE: return "discrete";
    case VYRE_DEVICE_KIND_INTEGRATED: return "integrated";
    case VYRE_DEVICE_KIND_VIRTUAL: return "virtual";
    case VYRE_DEVICE_KIND_CPU: return "cpu";
    default: return "other";
    }
}

// The fields of Vulkan's version numbers (Vulkan 1.3, 46.2.1).
static unsigned version_part(uint32_t version, unsigned shift, uint32_t mask)
{
    return version >> shift & mask;
}

static void print_device(size_t index, const struct vyre_device_info *info)
{
    printf("%zu: %s%s\n", index, info->name, info->chosen ? "  [chosen]" : "");
    printf("   %s\n", info->reason);
    printf("   %s device, vendor 0x%04x, device 0x%04x, Vulkan %u.%u.%u\n", kind_name(info->kind),
           info->vendor_id, info->device_id, version_part(info->api_version, 22, 0x7f),
           version_part(info->api_version, 12, 0x3ff), version_part(info->api_version, 0, 0xfff));
    printf("   driver: %s\n", info->driver);
    if (!info->usable)
        return;
    const struct vyre_target *target = &info->target;
    printf("   memory: %llu MiB; host pages are %s; %s\n",
           (unsigned long long)(info->memory_bytes >> 20),
           info->host_import ? "imported" : "copied",
           info->timeline ? "timeline semaphores" : "fences");
    printf("   %s memory model; subgroups of %u; workgroups of up to %u; %u storage buffers of up "
           "to %llu MiB\n",
           target->memory_model == VYRE_MEMORY_VULKAN ? "Vulkan" : "GLSL450", target->subgroup_size,
           target->max_workgroup_invocations, target->max_storage_buffers,
           (unsigned long long)(target->max_storage_range >> 20));
}

static json_t *device_as_json(const struct vyre_device_info *info)
{
    const struct vyre_target *target = &info->target;
    json_t *device = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:s}", "name", info->name, "driver", info->driver,
        "kind", kind_name(info->kind), "api_version", (json_int_t)info->api_version, "vendor_id",
        (json_int_t)info->vendor_id, "device_id", (json_int_t)info->device_id, "usable",
        info->usable, "chosen", info->chosen, "reason", info->reason);
    if (device && info->usable)
        json_object_update_new(
            device,
            json_pack("{s:b, s:I, s:b, s:I, s:s, s:I, s:I, s:I, s:I}", "host_import",
                      info->host_import, "import_alignment", (json_int_t)info->import_alignment,
                      "timeline", info->timeline, "memory_bytes", (json_int_t)info->memory_bytes,
                      "memory_model",
                      target->memory_model == VYRE_MEMORY_VULKAN ? "vulkan" : "glsl450",
                      "subgroup_size", (json_int_t)target->subgroup_size,
                      "max_workgroup_invocations", (json_int_t)target->max_workgroup_invocations,
                      "max_storage_buffers", (json_int_t)target->max_storage_buffers,
                      "max_storage_range", (json_int_t)target->max_storage_range));
    return device;
}

static void print_json(const struct vyre_device_info *infos, size_t count)
{
    json_t *devices = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(devices, device_as_json(&infos[i]));
    json_print(json_pack("{s:o}", "devices", devices));
}

static int run_devices(const void *options, const char *const *operands, size_t operand_count)
{
    (void)operands;
    (void)operand_count;
    const struct devices_options *own = options;
    struct vyre_device_params params = { .diag = &tool_diag, .log = tool_log() };
    struct vyre_device_info *infos = NULL;
    size_t count = 0;
    tool_device_choice(own->device, &params);
    enum vyre_result result = vyre_device_list(&params, &infos, &count);
    if (result) {
        tool_failed(result, "devices");
        return TOOL_SYSTEM;
    }
    bool any_chosen = false;
    for (size_t i = 0; i < count; i++)
        any_chosen = any_chosen || infos[i].chosen;
    if (own->json)
        print_json(infos, count);
    for (size_t i = 0; !own->json && i < count; i++)
        print_device(i, &infos[i]);
    vyre_free(infos);
    if (any_chosen)
        return TOOL_OK;
    tool_error("no device fits%s%s", own->device ? " " : "", own->device ? own->device : "");
    return TOOL_SYSTEM;
}

const struct command command_devices = {
    .name = "devices",
    .operands = "",
    .summary = "List the devices, and say which one would be chosen and why",
    .description = "Lists every Vulkan device in order of preference, with its number, its name "
                   "and the reason "
                   "why it would be chosen, passed over or refused. --device of other commands "
                   "takes the number "
                   "or a part of the name.",
    .options = devices_table,
    .options_size = sizeof(struct devices_options),
    .run = run_devices,
};
