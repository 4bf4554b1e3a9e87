// SPDX-License-Identifier: MIT
// A Vulkan layer that makes an implementation misbehave as told by environment variables, which are
// read when an instance is created. README.md one folder up says what they mean.
//
// The next functions are looked up while the instance or device is being created and kept: asking
// the loader later gives the top of the chain, which is this layer, and recurses.
#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <vulkan/vk_layer.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { MAX_OBJECTS = 64 };

// ---- What is wanted ---------------------------------------------------------------------------

static struct {
    char function[64]; // VYRE_FAULT_FAIL=FUNCTION:N:RESULT
    unsigned long nth;
    VkResult result;
    unsigned long freeze_after; // VYRE_FAULT_FREEZE=N; ULONG_MAX: never
    unsigned long reset_after;  // VYRE_FAULT_RESET=N:VALUE; ULONG_MAX: never
    uint64_t reset_value;
    unsigned long swallow_from; // VYRE_FAULT_SWALLOW=N; ULONG_MAX: never
    char hide[512];             // VYRE_FAULT_HIDE=EXTENSION,...
    char limits[512];           // VYRE_FAULT_LIMIT=NAME=VALUE,...
    bool no_coherent;           // VYRE_FAULT_NO_COHERENT=1
    bool twice;                 // VYRE_FAULT_TWICE=1
} wish;

// `lock` guards the wish, the counters and both tables.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long calls;      // of wish.function
static unsigned long submitted;  // vkQueueSubmit
static unsigned long dispatched; // vkCmdDispatch and vkCmdDispatchBase
static unsigned long fired;      // faults that happened

// For tests in this process: how many faults happened since the last instance was created.
EXPORT unsigned long vyre_fault_fired(void);
EXPORT unsigned long vyre_fault_fired(void)
{
    pthread_mutex_lock(&lock);
    unsigned long count = fired;
    pthread_mutex_unlock(&lock);
    return count;
}

// A variable's value; NULL when it is unset or empty, since a test cannot take a variable away
// while a driver's threads read the environment (fault.h).
static const char *setting(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

static unsigned long number(const char *text, unsigned long otherwise)
{
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static VkResult result_of(const char *text)
{
    static const struct {
        const char *name;
        VkResult result;
    } names[] = {
        { "host_memory", VK_ERROR_OUT_OF_HOST_MEMORY },
        { "device_memory", VK_ERROR_OUT_OF_DEVICE_MEMORY },
        { "device_lost", VK_ERROR_DEVICE_LOST },
        { "initialization", VK_ERROR_INITIALIZATION_FAILED },
        { "timeout", VK_TIMEOUT },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i].name) == 0)
            return names[i].result;
    return (VkResult)strtol(text, NULL, 10);
}

static void read_wishes(void)
{
    const char *fail = setting("VYRE_FAULT_FAIL");
    memset(&wish, 0, sizeof wish);
    calls = submitted = dispatched = fired = 0;
    char result[32] = "";
    if (fail && sscanf(fail, "%63[^:]:%lu:%31s", wish.function, &wish.nth, result) == 3)
        wish.result = result_of(result);
    else
        wish.function[0] = '\0';
    wish.reset_after = (unsigned long)-1;
    const char *reset = setting("VYRE_FAULT_RESET");
    if (reset && sscanf(reset, "%lu:%" SCNu64, &wish.reset_after, &wish.reset_value) != 2)
        wish.reset_after = (unsigned long)-1;
    wish.freeze_after = number(setting("VYRE_FAULT_FREEZE"), (unsigned long)-1);
    wish.swallow_from = number(setting("VYRE_FAULT_SWALLOW"), (unsigned long)-1);
    wish.no_coherent = number(setting("VYRE_FAULT_NO_COHERENT"), 0) != 0;
    wish.twice = number(setting("VYRE_FAULT_TWICE"), 0) != 0;
    copy(wish.hide, sizeof wish.hide, setting("VYRE_FAULT_HIDE"));
    copy(wish.limits, sizeof wish.limits, setting("VYRE_FAULT_LIMIT"));
}

static bool hidden(const char *extension)
{
    size_t size = strlen(extension);
    for (const char *at = wish.hide; (at = strstr(at, extension)); at += size)
        if ((at == wish.hide || at[-1] == ',') && (at[size] == ',' || !at[size]))
            return true;
    return false;
}

// ---- The next ones in the chain ---------------------------------------------------------------

struct instance {
    void *key;
    VkInstance handle;
    PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr;
    PFN_vkDestroyInstance vkDestroyInstance;
    PFN_vkEnumeratePhysicalDevices vkEnumeratePhysicalDevices;
    PFN_vkEnumerateDeviceExtensionProperties vkEnumerateDeviceExtensionProperties;
    PFN_vkGetPhysicalDeviceProperties vkGetPhysicalDeviceProperties;
    PFN_vkGetPhysicalDeviceProperties2 vkGetPhysicalDeviceProperties2;
    PFN_vkGetPhysicalDeviceExternalBufferProperties vkGetPhysicalDeviceExternalBufferProperties;
    PFN_vkGetPhysicalDeviceFeatures2 vkGetPhysicalDeviceFeatures2;
    PFN_vkGetPhysicalDeviceMemoryProperties vkGetPhysicalDeviceMemoryProperties;
};

struct device {
    void *key;
    bool lost;
    bool reset; // lost, and only a wait says so
    PFN_vkGetDeviceProcAddr vkGetDeviceProcAddr;
    PFN_vkDestroyDevice vkDestroyDevice;
    PFN_vkQueueSubmit vkQueueSubmit;
    PFN_vkCmdDispatch vkCmdDispatch;
    PFN_vkCmdDispatchBase vkCmdDispatchBase;
#define FAULT(name, handle, parameters, arguments) PFN_##name name;
#include "functions.def"
};

static struct instance instances[MAX_OBJECTS];
static struct device devices[MAX_OBJECTS];

// The loader puts its dispatch table first into every dispatchable object; queues and command
// buffers share the device's, physical devices the instance's.
static void *key_of(const void *handle)
{
    return *(void *const *)handle;
}

static struct instance *instance_of(const void *handle)
{
    struct instance *found = NULL;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_OBJECTS && !found; i++)
        if (instances[i].key == key_of(handle))
            found = &instances[i];
    pthread_mutex_unlock(&lock);
    if (!found)
        abort(); // a handle that the loader never showed us
    return found;
}

static struct device *device_of(const void *handle)
{
    struct device *found = NULL;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < MAX_OBJECTS && !found; i++)
        if (devices[i].key == key_of(handle))
            found = &devices[i];
    pthread_mutex_unlock(&lock);
    if (!found)
        abort();
    return found;
}

// ---- Failing ----------------------------------------------------------------------------------

static bool fails(const char *name, struct device *device, bool reports_loss, VkResult *result)
{
    bool fail = false;
    pthread_mutex_lock(&lock);
    if (strcmp(name, wish.function) == 0 && ++calls == wish.nth) {
        fired++;
        fail = true;
        *result = wish.result;
        if (device && wish.result == VK_ERROR_DEVICE_LOST)
            device->lost = true;
    } else if (device && device->lost && reports_loss) {
        fail = true;
        *result = VK_ERROR_DEVICE_LOST;
    }
    pthread_mutex_unlock(&lock);
    return fail;
}

#define WRAP(name, handle, parameters, arguments, reports_loss)                                    \
    static VKAPI_ATTR VkResult VKAPI_CALL fault_##name parameters                                  \
    {                                                                                              \
        struct device *next = device_of(handle);                                                   \
        VkResult result;                                                                           \
        return fails(#name, next, reports_loss, &result) ? result : next->name arguments;          \
    }
#define FAULT(name, handle, parameters, arguments) WRAP(name, handle, parameters, arguments, false)
#define LOST(name, handle, parameters, arguments)  WRAP(name, handle, parameters, arguments, true)
#include "functions.def"

static bool was_reset(const struct device *device)
{
    pthread_mutex_lock(&lock);
    bool reset = device->reset;
    pthread_mutex_unlock(&lock);
    return reset;
}

// After a reset polls find memory that nobody wrote, and only waits look at the device.
static VKAPI_ATTR VkResult VKAPI_CALL poll_counter(VkDevice device, VkSemaphore semaphore,
                                                   uint64_t *value)
{
    if (!was_reset(device_of(device)))
        return fault_vkGetSemaphoreCounterValue(device, semaphore, value);
    *value = wish.reset_value;
    return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL poll_fence(VkDevice device, VkFence fence)
{
    return was_reset(device_of(device)) ? VK_SUCCESS : fault_vkGetFenceStatus(device, fence);
}

static VKAPI_ATTR VkResult VKAPI_CALL wait_counter(VkDevice device, const VkSemaphoreWaitInfo *info,
                                                   uint64_t timeout)
{
    return was_reset(device_of(device)) ? VK_ERROR_DEVICE_LOST
                                        : fault_vkWaitSemaphores(device, info, timeout);
}

static VKAPI_ATTR VkResult VKAPI_CALL wait_fences(VkDevice device, uint32_t count,
                                                  const VkFence *fences, VkBool32 all,
                                                  uint64_t timeout)
{
    return was_reset(device_of(device))
               ? VK_ERROR_DEVICE_LOST
               : fault_vkWaitForFences(device, count, fences, all, timeout);
}

// A frozen submission never reaches the driver: what it would signal never advances.
static VKAPI_ATTR VkResult VKAPI_CALL fault_vkQueueSubmit(VkQueue queue, uint32_t count,
                                                          const VkSubmitInfo *infos, VkFence fence)
{
    struct device *next = device_of(queue);
    VkResult result;
    if (fails("vkQueueSubmit", next, true, &result))
        return result;
    pthread_mutex_lock(&lock);
    bool frozen = ++submitted > wish.freeze_after;
    next->reset |= submitted > wish.reset_after;
    frozen |= next->reset;
    fired += frozen;
    pthread_mutex_unlock(&lock);
    return frozen ? VK_SUCCESS : next->vkQueueSubmit(queue, count, infos, fence);
}

static bool swallowed(void)
{
    pthread_mutex_lock(&lock);
    bool swallow = ++dispatched >= wish.swallow_from;
    fired += swallow;
    pthread_mutex_unlock(&lock);
    return swallow;
}

static VKAPI_ATTR void VKAPI_CALL fault_vkCmdDispatch(VkCommandBuffer buffer, uint32_t x,
                                                      uint32_t y, uint32_t z)
{
    if (!swallowed())
        device_of(buffer)->vkCmdDispatch(buffer, x, y, z);
}

static VKAPI_ATTR void VKAPI_CALL fault_vkCmdDispatchBase(VkCommandBuffer buffer, uint32_t base_x,
                                                          uint32_t base_y, uint32_t base_z,
                                                          uint32_t x, uint32_t y, uint32_t z)
{
    if (!swallowed())
        device_of(buffer)->vkCmdDispatchBase(buffer, base_x, base_y, base_z, x, y, z);
}

// ---- Hiding and lowering ----------------------------------------------------------------------

static void lower_limits(VkPhysicalDeviceProperties *properties)
{
    static const struct {
        const char *name;
        size_t offset;
    } known[] = {
#define LIMIT(name) { #name, offsetof(VkPhysicalDeviceLimits, name) }
        LIMIT(maxStorageBufferRange),          LIMIT(maxPerStageDescriptorStorageBuffers),
        LIMIT(maxDescriptorSetStorageBuffers), LIMIT(maxPushConstantsSize),
        LIMIT(maxMemoryAllocationCount),       LIMIT(maxComputeSharedMemorySize),
        LIMIT(maxComputeWorkGroupInvocations),
        LIMIT(maxComputeWorkGroupCount), // of the x axis
    };
    for (const char *at = wish.limits; *at;) {
        size_t name_size = strcspn(at, "=,");
        if (at[name_size] == '=') {
            uint32_t value = (uint32_t)strtoul(at + name_size + 1, NULL, 10);
            if (name_size == 10 && memcmp(at, "apiVersion", 10) == 0)
                properties->apiVersion = VK_MAKE_API_VERSION(0, 1, value, 0);
            for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
                if (strlen(known[i].name) == name_size && memcmp(at, known[i].name, name_size) == 0)
                    memcpy((char *)&properties->limits + known[i].offset, &value, sizeof value);
        }
        at += strcspn(at, ",");
        at += *at == ',';
    }
}

// What VYRE_FAULT_LIMIT says about a name that is no field of the limits.
static bool limit_of(const char *name, uint64_t *value)
{
    const size_t size = strlen(name);
    for (const char *at = wish.limits; (at = strstr(at, name)); at += size)
        if ((at == wish.limits || at[-1] == ',') && at[size] == '=') {
            *value = strtoull(at + size + 1, NULL, 10);
            return true;
        }
    return false;
}

static VKAPI_ATTR void VKAPI_CALL
fault_vkGetPhysicalDeviceProperties(VkPhysicalDevice physical, VkPhysicalDeviceProperties *out)
{
    instance_of(physical)->vkGetPhysicalDeviceProperties(physical, out);
    lower_limits(out);
}

static VKAPI_ATTR void VKAPI_CALL
fault_vkGetPhysicalDeviceProperties2(VkPhysicalDevice physical, VkPhysicalDeviceProperties2 *out)
{
    instance_of(physical)->vkGetPhysicalDeviceProperties2(physical, out);
    lower_limits(&out->properties);
    for (VkBaseOutStructure *at = out->pNext; at; at = at->pNext)
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES)
            (void)limit_of("maxBufferSize",
                           &((VkPhysicalDeviceMaintenance4Properties *)(void *)at)->maxBufferSize);
}

static VKAPI_ATTR void VKAPI_CALL fault_vkGetPhysicalDeviceExternalBufferProperties(
    VkPhysicalDevice physical, const VkPhysicalDeviceExternalBufferInfo *info,
    VkExternalBufferProperties *out)
{
    uint64_t features;
    instance_of(physical)->vkGetPhysicalDeviceExternalBufferProperties(physical, info, out);
    if (limit_of("externalMemoryFeatures", &features))
        out->externalMemoryProperties.externalMemoryFeatures &= (uint32_t)features;
}

// What core took over from a hidden extension is hidden with it.
static VKAPI_ATTR void VKAPI_CALL fault_vkGetPhysicalDeviceFeatures2(VkPhysicalDevice physical,
                                                                     VkPhysicalDeviceFeatures2 *out)
{
    instance_of(physical)->vkGetPhysicalDeviceFeatures2(physical, out);
    for (VkBaseOutStructure *at = out->pNext; at; at = at->pNext) {
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES &&
            hidden("VK_KHR_timeline_semaphore"))
            ((VkPhysicalDeviceTimelineSemaphoreFeatures *)(void *)at)->timelineSemaphore = VK_FALSE;
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES &&
            hidden("VK_KHR_vulkan_memory_model"))
            ((VkPhysicalDeviceVulkanMemoryModelFeatures *)(void *)at)->vulkanMemoryModel = VK_FALSE;
    }
}

static VKAPI_ATTR void VKAPI_CALL fault_vkGetPhysicalDeviceMemoryProperties(
    VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties *out)
{
    instance_of(physical)->vkGetPhysicalDeviceMemoryProperties(physical, out);
    for (uint32_t i = 0; wish.no_coherent && i < out->memoryTypeCount; i++)
        out->memoryTypes[i].propertyFlags &=
            ~(VkMemoryPropertyFlags)VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
}

static VKAPI_ATTR VkResult VKAPI_CALL fault_vkEnumeratePhysicalDevices(VkInstance instance,
                                                                       uint32_t *count,
                                                                       VkPhysicalDevice *out)
{
    VkResult result;
    if (fails("vkEnumeratePhysicalDevices", NULL, false, &result))
        return result;
    const uint32_t room = *count;
    result = instance_of(instance)->vkEnumeratePhysicalDevices(instance, count, out);
    if (!wish.twice || result != VK_SUCCESS)
        return result;
    const uint32_t listed = *count;
    *count *= 2;
    if (!out)
        return VK_SUCCESS;
    for (uint32_t i = 0; i < listed && listed + i < room; i++)
        out[listed + i] = out[i];
    if (*count <= room)
        return VK_SUCCESS;
    *count = room;
    return VK_INCOMPLETE;
}

static VKAPI_ATTR VkResult VKAPI_CALL fault_vkEnumerateDeviceExtensionProperties(
    VkPhysicalDevice physical, const char *layer, uint32_t *count, VkExtensionProperties *out)
{
    static VkExtensionProperties all[1024];
    VkResult result;
    if (fails("vkEnumerateDeviceExtensionProperties", NULL, false, &result))
        return result;
    struct instance *next = instance_of(physical);
    if (layer)
        return next->vkEnumerateDeviceExtensionProperties(physical, layer, count, out);
    pthread_mutex_lock(&lock);
    uint32_t listed = 1024;
    uint32_t kept = 0;
    result = next->vkEnumerateDeviceExtensionProperties(physical, NULL, &listed, all);
    for (uint32_t i = 0; result >= 0 && i < listed; i++) {
        if (hidden(all[i].extensionName))
            continue;
        if (out && kept < *count)
            out[kept] = all[i];
        kept++;
    }
    if (result >= 0) {
        result = out && *count < kept ? VK_INCOMPLETE : VK_SUCCESS;
        *count = out && *count < kept ? *count : kept;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

// ---- Instances and devices --------------------------------------------------------------------

static VKAPI_ATTR VkResult VKAPI_CALL fault_vkCreateInstance(const VkInstanceCreateInfo *info,
                                                             const VkAllocationCallbacks *a,
                                                             VkInstance *out)
{
    VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)(uintptr_t)info->pNext;
    while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO &&
                     link->function == VK_LAYER_LINK_INFO))
        link = (VkLayerInstanceCreateInfo *)(uintptr_t)link->pNext;
    if (!link)
        return VK_ERROR_INITIALIZATION_FAILED;
    PFN_vkGetInstanceProcAddr get = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext; // for the next layer

    pthread_mutex_lock(&lock);
    read_wishes();
    pthread_mutex_unlock(&lock);
    VkResult result;
    if (fails("vkCreateInstance", NULL, false, &result))
        return result;
    PFN_vkCreateInstance create = (PFN_vkCreateInstance)get(VK_NULL_HANDLE, "vkCreateInstance");
    result = create ? create(info, a, out) : VK_ERROR_INITIALIZATION_FAILED;
    if (result != VK_SUCCESS)
        return result;

    pthread_mutex_lock(&lock);
    struct instance *next = instances;
    while (next < instances + MAX_OBJECTS && next->key)
        next++;
    if (next == instances + MAX_OBJECTS)
        abort(); // a test that never destroys its instances
    next->key = key_of(*out);
    next->handle = *out;
    next->vkGetInstanceProcAddr = get;
#define NEXT(name) next->name = (PFN_##name)get(*out, #name)
    NEXT(vkDestroyInstance);
    NEXT(vkEnumeratePhysicalDevices);
    NEXT(vkEnumerateDeviceExtensionProperties);
    NEXT(vkGetPhysicalDeviceProperties);
    NEXT(vkGetPhysicalDeviceProperties2);
    NEXT(vkGetPhysicalDeviceExternalBufferProperties);
    NEXT(vkGetPhysicalDeviceFeatures2);
    NEXT(vkGetPhysicalDeviceMemoryProperties);
#undef NEXT
    pthread_mutex_unlock(&lock);
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL fault_vkDestroyInstance(VkInstance instance,
                                                          const VkAllocationCallbacks *a)
{
    if (!instance)
        return;
    struct instance *next = instance_of(instance);
    PFN_vkDestroyInstance destroy = next->vkDestroyInstance;
    pthread_mutex_lock(&lock);
    memset(next, 0, sizeof *next);
    pthread_mutex_unlock(&lock);
    destroy(instance, a);
}

static VKAPI_ATTR VkResult VKAPI_CALL fault_vkCreateDevice(VkPhysicalDevice physical,
                                                           const VkDeviceCreateInfo *info,
                                                           const VkAllocationCallbacks *a,
                                                           VkDevice *out)
{
    VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)(uintptr_t)info->pNext;
    while (link && !(link->sType == VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO &&
                     link->function == VK_LAYER_LINK_INFO))
        link = (VkLayerDeviceCreateInfo *)(uintptr_t)link->pNext;
    VkResult result;
    if (!link)
        return VK_ERROR_INITIALIZATION_FAILED;
    if (fails("vkCreateDevice", NULL, false, &result))
        return result;
    PFN_vkGetInstanceProcAddr get_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
    PFN_vkGetDeviceProcAddr get = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
    link->u.pLayerInfo = link->u.pLayerInfo->pNext;
    PFN_vkCreateDevice create =
        (PFN_vkCreateDevice)get_instance(instance_of(physical)->handle, "vkCreateDevice");
    result = create ? create(physical, info, a, out) : VK_ERROR_INITIALIZATION_FAILED;
    if (result != VK_SUCCESS)
        return result;

    pthread_mutex_lock(&lock);
    struct device *next = devices;
    while (next < devices + MAX_OBJECTS && next->key)
        next++;
    if (next == devices + MAX_OBJECTS)
        abort();
    next->key = key_of(*out);
    next->vkGetDeviceProcAddr = get;
#define NEXT(name) next->name = (PFN_##name)get(*out, #name)
    NEXT(vkDestroyDevice);
    NEXT(vkQueueSubmit);
    NEXT(vkCmdDispatch);
    NEXT(vkCmdDispatchBase);
#define FAULT(name, handle, parameters, arguments) NEXT(name);
#include "functions.def"
#undef NEXT
    pthread_mutex_unlock(&lock);
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL fault_vkDestroyDevice(VkDevice device,
                                                        const VkAllocationCallbacks *a)
{
    if (!device)
        return;
    struct device *next = device_of(device);
    PFN_vkDestroyDevice destroy = next->vkDestroyDevice;
    pthread_mutex_lock(&lock);
    memset(next, 0, sizeof *next);
    pthread_mutex_unlock(&lock);
    destroy(device, a);
}

// ---- What the loader asks for -----------------------------------------------------------------

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc(VkInstance instance,
                                                                  const char *name);

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device_proc(VkDevice device, const char *name)
{
    struct device *next = device ? device_of(device) : NULL;
#define OURS(function)                                                                             \
    if (strcmp(name, #function) == 0)                                                              \
        return (PFN_vkVoidFunction)fault_##function;
    if (strcmp(name, "vkGetDeviceProcAddr") == 0)
        return (PFN_vkVoidFunction)get_device_proc;
    OURS(vkDestroyDevice)
    OURS(vkQueueSubmit)
    OURS(vkCmdDispatch)
    OURS(vkCmdDispatchBase)
#define POLL(function, replacement)                                                                \
    if (strcmp(name, #function) == 0 && (!next || next->function))                                 \
        return (PFN_vkVoidFunction)replacement;
    POLL(vkGetSemaphoreCounterValue, poll_counter)
    POLL(vkGetFenceStatus, poll_fence)
    POLL(vkWaitSemaphores, wait_counter)
    POLL(vkWaitForFences, wait_fences)
    // Functions of extensions only where the next one has them.
#define FAULT(function, handle, parameters, arguments)                                             \
    if (strcmp(name, #function) == 0 && (!next || next->function))                                 \
        return (PFN_vkVoidFunction)fault_##function;
#include "functions.def"
    return next ? next->vkGetDeviceProcAddr(device, name) : NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc(VkInstance instance,
                                                                  const char *name)
{
    if (strcmp(name, "vkGetInstanceProcAddr") == 0)
        return (PFN_vkVoidFunction)get_instance_proc;
    OURS(vkCreateInstance)
    OURS(vkDestroyInstance)
    OURS(vkCreateDevice)
    OURS(vkEnumeratePhysicalDevices)
    OURS(vkEnumerateDeviceExtensionProperties)
    OURS(vkGetPhysicalDeviceProperties)
    OURS(vkGetPhysicalDeviceProperties2)
    OURS(vkGetPhysicalDeviceExternalBufferProperties)
    OURS(vkGetPhysicalDeviceFeatures2)
    OURS(vkGetPhysicalDeviceMemoryProperties)
    PFN_vkVoidFunction ours = get_device_proc(VK_NULL_HANDLE, name);
    if (ours || !instance)
        return ours;
    return instance_of(instance)->vkGetInstanceProcAddr(instance, name);
}

EXPORT VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *interface)
{
    if (interface->loaderLayerInterfaceVersion < 2)
        return VK_ERROR_INITIALIZATION_FAILED;
    interface->loaderLayerInterfaceVersion = 2;
    interface->pfnGetInstanceProcAddr = get_instance_proc;
    interface->pfnGetDeviceProcAddr = get_device_proc;
    interface->pfnGetPhysicalDeviceProcAddr = NULL;
    return VK_SUCCESS;
}
