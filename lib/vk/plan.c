// SPDX-License-Identifier: MIT
#include "plan.h"

#include "base/size.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A window into device memory of this size is what PCIe gives by default; more than this is
// "resizable BAR", and only then is device-local memory a good place for uploads.
static const uint64_t small_window = 256 * 1024 * 1024;

static uint32_t u32_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// ---- Memory -----------------------------------------------------------------------------------

static const VkMemoryPropertyFlags shared_memory =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

static int score_type(const VkPhysicalDeviceMemoryProperties *memory, bool unified,
                      enum vyre_buffer_use use, uint32_t index)
{
    VkMemoryPropertyFlags flags = memory->memoryTypes[index].propertyFlags;
    if (flags &
        (VK_MEMORY_PROPERTY_PROTECTED_BIT | VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |
         VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD))
        return -1;
    bool local = flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    bool cached = flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    bool visible = flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
    if (use == VYRE_BUFFER_DEVICE)
        // Leave the window into device memory to those who need it.
        return (local ? 4 : 0) + (visible ? 0 : 1);
    if ((flags & shared_memory) != shared_memory)
        return -1;
    if (use == VYRE_BUFFER_READBACK)
        // Reading uncached memory costs a bus transaction per load; nothing outweighs that.
        return (cached ? 4 : 0) + (local == unified ? 1 : 0);
    uint64_t heap = memory->memoryHeaps[memory->memoryTypes[index].heapIndex].size;
    bool reachable = local && (unified || heap > small_window);
    return (reachable ? 4 : 0) + (local && !reachable ? 0 : 2) + (cached ? 0 : 1);
}

uint32_t vk_plan_memory_type(const VkPhysicalDeviceMemoryProperties *memory, bool unified,
                             enum vyre_buffer_use use, uint32_t allowed)
{
    uint32_t best = UINT32_MAX;
    int best_score = -1;
    uint32_t count = u32_min(memory->memoryTypeCount, VK_MAX_MEMORY_TYPES);
    // Of equals the first wins: drivers list the faster one first (Vulkan, 11.2.1).
    for (uint32_t i = 0; i < count; i++) {
        int score = (allowed >> i & 1) && memory->memoryTypes[i].heapIndex < VK_MAX_MEMORY_HEAPS
                        ? score_type(memory, unified, use, i)
                        : -1;
        if (score > best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

static uint64_t heap_of(const VkPhysicalDeviceMemoryProperties *memory, uint32_t type)
{
    return memory->memoryHeaps[memory->memoryTypes[type].heapIndex].size;
}

// ---- The plan ---------------------------------------------------------------------------------

enum vyre_device_kind vk_plan_kind(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return VYRE_DEVICE_KIND_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return VYRE_DEVICE_KIND_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return VYRE_DEVICE_KIND_VIRTUAL;
    // A device that does not say what it is gets the least trust.
    default: return VYRE_DEVICE_KIND_CPU;
    }
}

const char *vk_plan_kind_text(enum vyre_device_kind kind)
{
    switch (kind) {
    case VYRE_DEVICE_KIND_DISCRETE: return "a discrete GPU";
    case VYRE_DEVICE_KIND_INTEGRATED: return "an integrated GPU";
    case VYRE_DEVICE_KIND_VIRTUAL: return "a virtual GPU";
    case VYRE_DEVICE_KIND_CPU: return "a CPU implementation";
    case VYRE_DEVICE_KIND_ANY: break;
    }
    return "a device";
}

// A family that computes and does not draw is not shared with the desktop, and its watchdog is the
// more patient one; any family that computes will do. Compute implies transfer (Vulkan, 5.1).
static uint32_t choose_queue_family(const struct vk_snapshot *snapshot)
{
    uint32_t best = UINT32_MAX;
    uint32_t count = u32_min(snapshot->queue_family_count, VK_SNAPSHOT_QUEUE_FAMILIES);
    for (uint32_t i = 0; i < count; i++) {
        const VkQueueFamilyProperties *family = &snapshot->queue_families[i];
        if (!family->queueCount || !(family->queueFlags & VK_QUEUE_COMPUTE_BIT))
            continue;
        if (!(family->queueFlags & VK_QUEUE_GRAPHICS_BIT))
            return i;
        if (best == UINT32_MAX)
            best = i;
    }
    return best;
}

void vk_plan_refuse(struct vk_plan *plan, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    plan->usable = false;
    vsnprintf(plan->refusal, sizeof plan->refusal, format, args);
    va_end(args);
}

// Full subgroups of 32, which are those of the language, or of 64, which are two of them. A size
// that is not the only one has to be demanded, and then not too many of them fit a workgroup.
static void plan_subgroups(const struct vk_snapshot *snapshot, struct vk_plan *plan)
{
    static const struct {
        VkSubgroupFeatureFlagBits flag;
        enum vyre_subgroup_op op;
    } ops[] = {
        { VK_SUBGROUP_FEATURE_ARITHMETIC_BIT, VYRE_SUBGROUP_ARITHMETIC },
        { VK_SUBGROUP_FEATURE_BALLOT_BIT, VYRE_SUBGROUP_BALLOT },
        { VK_SUBGROUP_FEATURE_SHUFFLE_BIT, VYRE_SUBGROUP_SHUFFLE },
        { VK_SUBGROUP_FEATURE_CLUSTERED_BIT, VYRE_SUBGROUP_CLUSTERED },
    };
    struct vyre_target *target = &plan->target;
    if (!(snapshot->subgroup_stages & VK_SHADER_STAGE_COMPUTE_BIT) ||
        !(snapshot->subgroup_operations & VK_SUBGROUP_FEATURE_BASIC_BIT))
        return;
    target->subgroup_size = snapshot->subgroup_size;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (snapshot->subgroup_operations & ops[i].flag)
            target->subgroup_ops |= ops[i].op;
    if (snapshot->subgroup_flow)
        target->subgroup_ops |= VYRE_SUBGROUP_REUNITES;
    if (!snapshot->subgroup_flow || !snapshot->full_subgroups)
        return;
    const uint32_t smallest = snapshot->subgroup_sizes[0], largest = snapshot->subgroup_sizes[1];
    const uint64_t most = snapshot->max_workgroup_subgroups;
    if (smallest == largest && (smallest == 32 || smallest == 64)) {
        target->full_subgroup_size = smallest;
    } else if (smallest <= 32 && largest >= 32 && snapshot->subgroup_size_control &&
               (snapshot->subgroup_demanding & VK_SHADER_STAGE_COMPUTE_BIT) &&
               32 * most >= snapshot->limits.maxComputeWorkGroupInvocations) {
        target->full_subgroup_size = 32;
        plan->demands_subgroup_size = true;
    }
}

static void plan_target(const struct vk_snapshot *snapshot, const struct vyre_pretend *pretend,
                        struct vk_plan *plan)
{
    const VkPhysicalDeviceLimits *limits = &snapshot->limits;
    struct vyre_target *target = &plan->target;
    target->env = snapshot->api_version >= VK_API_VERSION_1_3   ? VYRE_ENV_VULKAN_1_3
                  : snapshot->api_version >= VK_API_VERSION_1_2 ? VYRE_ENV_VULKAN_1_2
                                                                : VYRE_ENV_VULKAN_1_1;
    target->memory_model = snapshot->memory_model ? VYRE_MEMORY_VULKAN : VYRE_MEMORY_GLSL450;
    target->device_scope = snapshot->memory_model && snapshot->memory_model_device_scope;
    target->int64 = snapshot->int64;
    target->int16 = snapshot->int16;
    target->int8 = snapshot->int8;
    target->storage_16bit = snapshot->storage_16bit;
    target->storage_8bit = snapshot->storage_8bit;
    target->float16 = snapshot->float16;
    target->float64 = snapshot->float64;
    for (int axis = 0; axis < 3; axis++) {
        target->max_workgroup_size[axis] = limits->maxComputeWorkGroupSize[axis];
        plan->max_grid[axis] = limits->maxComputeWorkGroupCount[axis];
    }
    target->max_workgroup_invocations = limits->maxComputeWorkGroupInvocations;
    target->max_workgroup_memory = limits->maxComputeSharedMemorySize;
    target->max_push_bytes = limits->maxPushConstantsSize;

    target->max_storage_buffers = u32_min(u32_min(limits->maxPerStageDescriptorStorageBuffers,
                                                  limits->maxDescriptorSetStorageBuffers),
                                          limits->maxPerStageResources);
    target->max_storage_range = u64_min(limits->maxStorageBufferRange, plan->memory_bytes);
    // Vulkan promises 1 GiB (maxMemoryAllocationSize); 0 is a driver that does not say.
    if (snapshot->max_allocation_size)
        target->max_storage_range =
            u64_min(target->max_storage_range, snapshot->max_allocation_size);
    if (snapshot->max_buffer_size) // VUID-VkBufferCreateInfo-size-06409
        target->max_storage_range = u64_min(target->max_storage_range, snapshot->max_buffer_size);
    target->float_controls = snapshot->float_controls;
    plan->no_exact_floats = pretend->no_exact_floats;
    // Seen with Mesa 22.3.6. Later ones may be right, but their atomics are as strong on a CPU
    // anyway, so nothing is lost by asking all of them for relaxed ones.
    target->fence_is_barrier = snapshot->driver_id == VK_DRIVER_ID_MESA_LLVMPIPE;
    // Its vectors are its subgroups.
    target->vector_width = target->fence_is_barrier ? snapshot->subgroup_size : 0;
    target->nesting_limit = target->fence_is_barrier ? 80 : 0; // LP_MAX_TGSI_NESTING
    // What is left, the loop limit and exact floats, a probe fills in.
    plan_subgroups(snapshot, plan);
    vyre_target_reduce(target, pretend);
    plan->demands_subgroup_size &= target->full_subgroup_size != 0;
}

static void plan_extensions(const struct vk_snapshot *snapshot, struct vk_plan *plan)
{
    const struct vyre_target *target = &plan->target;
    const bool used[VK_EXTENSION_COUNT] = {
        [VK_EXTENSION_TIMELINE] = plan->timeline,
        [VK_EXTENSION_MEMORY_MODEL] = target->memory_model == VYRE_MEMORY_VULKAN,
        [VK_EXTENSION_STORAGE_8BIT] = target->storage_8bit,
        [VK_EXTENSION_FLOAT16_INT8] = target->int8 || target->float16,
        [VK_EXTENSION_HOST_IMPORT] = plan->host_import,
        [VK_EXTENSION_SUBGROUP_SIZE] = target->full_subgroup_size != 0,
        [VK_EXTENSION_SUBGROUP_FLOW] = target->full_subgroup_size != 0,
        [VK_EXTENSION_EXECUTABLE_PROPERTIES] = plan->executable_info,
        [VK_EXTENSION_FLOAT_CONTROLS] = target->float_controls != 0,
    };
    for (int i = 0; i < VK_EXTENSION_COUNT; i++)
        plan->extensions[i] = used[i] && vk_snapshot_by_extension(snapshot, (enum vk_extension)i);
}

void vk_plan_make(const struct vk_snapshot *snapshot, const struct vyre_pretend *pretend,
                  struct vk_plan *out)
{
    static const struct vyre_pretend nothing;
    if (!pretend)
        pretend = &nothing;
    memset(out, 0, sizeof *out);
    if (snapshot->api_version < VK_API_VERSION_1_1) {
        vk_plan_refuse(out, "it speaks Vulkan %u.%u, 1.1 is needed",
                       VK_API_VERSION_MAJOR(snapshot->api_version),
                       VK_API_VERSION_MINOR(snapshot->api_version));
        return;
    }
    out->usable = true;
    out->queue_family = choose_queue_family(snapshot);
    if (out->queue_family == UINT32_MAX)
        vk_plan_refuse(out, "it has no queue that computes");

    enum vyre_device_kind kind = vk_plan_kind(snapshot->type);
    out->unified = kind == VYRE_DEVICE_KIND_INTEGRATED || kind == VYRE_DEVICE_KIND_CPU;
    uint32_t device =
        vk_plan_memory_type(&snapshot->memory, out->unified, VYRE_BUFFER_DEVICE, UINT32_MAX);
    uint32_t host =
        vk_plan_memory_type(&snapshot->memory, out->unified, VYRE_BUFFER_READBACK, UINT32_MAX);
    if (host == UINT32_MAX || device == UINT32_MAX)
        // Vulkan promises one (11.2.1); without it buffers would not be what buffer.h says.
        vk_plan_refuse(out, "it has no memory that is host-visible and coherent");
    else
        out->memory_bytes = heap_of(&snapshot->memory, device);
    out->max_allocations = snapshot->limits.maxMemoryAllocationCount;
    out->offset_alignment = u64_max(snapshot->limits.minStorageBufferOffsetAlignment, 4);

    out->timeline = snapshot->timeline && vk_snapshot_offers(snapshot, VK_EXTENSION_TIMELINE) &&
                    !pretend->no_timeline;
    out->host_import = vk_snapshot_offers(snapshot, VK_EXTENSION_HOST_IMPORT) &&
                       snapshot->import_alignment != 0 && snapshot->import_buffers &&
                       !pretend->no_host_import;
    out->executable_info = snapshot->executable_info &&
                           vk_snapshot_offers(snapshot, VK_EXTENSION_EXECUTABLE_PROPERTIES);
    out->import_alignment = out->host_import ? snapshot->import_alignment : 0;
    plan_target(snapshot, pretend, out);
    plan_extensions(snapshot, out);
    // Buffers of one word would be useless; what a driver says with 0 is "no compute".
    if (out->usable && (out->target.max_storage_buffers == 0 || out->target.max_storage_range < 4 ||
                        out->target.max_workgroup_invocations == 0))
        vk_plan_refuse(out, "its limits leave no room for a storage buffer or a workgroup");
}
