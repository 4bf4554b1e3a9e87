// SPDX-License-Identifier: MIT
#include "instance.h"

#include "base/memory.h"
#include "base/report.h"
#include "result.h"

#include <stdatomic.h>
#include <string.h>

static const char validation_layer[] = "VK_LAYER_KHRONOS_validation";

enum vyre_result vk_report(const struct vyre_diag_sink *diag, const char *call, VkResult result)
{
    if (result == VK_SUCCESS)
        return VYRE_OK;
    diag_report(diag, result == VK_ERROR_DEVICE_LOST ? DIAG_D011 : DIAG_D006, NULL,
                "%s returned %s (%d)", call, vk_result_name(result), (int)result);
    enum vyre_result mapped = vk_result_map(result);
    // A positive code where none was expected is a failure all the same.
    return mapped < 0 ? mapped : VYRE_ERR_DEVICE;
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                 VkDebugUtilsMessageTypeFlagsEXT types,
                                                 const VkDebugUtilsMessengerCallbackDataEXT *data,
                                                 void *user)
{
    (void)severity;
    (void)types;
    struct vk_instance *instance = user;
    atomic_fetch_add(&instance->validation_messages, 1);
    log_write(&instance->log, VYRE_LOG_ERROR, "validation: %s",
              data && data->pMessage ? data->pMessage : "(no text)");
    return VK_FALSE;
}

// VYRE_MISS: it is not installed.
static enum vyre_result find_validation_layer(struct vk_instance *instance)
{
    VkResult result = VK_INCOMPLETE;
    // The list of layers may grow between the two calls; then VK_INCOMPLETE asks for another round.
    for (int round = 0; round < 4 && result == VK_INCOMPLETE; round++) {
        uint32_t count = 0;
        result = instance->api.vkEnumerateInstanceLayerProperties(&count, NULL);
        if (result != VK_SUCCESS || !count)
            break;
        VkLayerProperties *layers = memory_calloc(count, sizeof *layers);
        if (!layers)
            return VYRE_ERR_NO_MEMORY;
        result = instance->api.vkEnumerateInstanceLayerProperties(&count, layers);
        bool found = false;
        for (uint32_t i = 0; result >= 0 && i < count; i++)
            found |= strcmp(layers[i].layerName, validation_layer) == 0;
        memory_free(layers);
        if (found)
            return VYRE_OK;
    }
    return result < 0 ? vk_result_map(result) : VYRE_MISS;
}

static enum vyre_result create(struct vk_instance *instance, bool validation,
                               const struct vyre_diag_sink *diag)
{
    const VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = on_message,
        .pUserData = instance,
    };
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pEngineName = "vyre",
        .apiVersion = instance->api_version,
    };
    const char *layers[] = { validation_layer };
    const char *extensions[] = { VK_EXT_DEBUG_UTILS_EXTENSION_NAME };
    const VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pNext = validation ? &messenger : NULL, // for what happens while it is created
        .pApplicationInfo = &application,
        .enabledLayerCount = validation ? 1 : 0,
        .ppEnabledLayerNames = layers,
        .enabledExtensionCount = validation ? 1 : 0,
        .ppEnabledExtensionNames = extensions,
    };
    struct vk_api *api = &instance->api;
    VkResult created = api->vkCreateInstance(&info, NULL, &instance->handle);
    if (created != VK_SUCCESS) {
        instance->handle = VK_NULL_HANDLE;
        if (created == VK_ERROR_INCOMPATIBLE_DRIVER) {
            diag_report(diag, DIAG_D003, NULL, "the Vulkan loader found no driver");
            return VYRE_ERR_NO_DEVICE;
        }
        return vk_report(diag, "vkCreateInstance", created);
    }
    enum vyre_result result = vk_api_load_instance(api, instance->handle, diag);
    if (result != VYRE_OK || !validation)
        return result;
    if (!api->vkCreateDebugUtilsMessengerEXT || !api->vkDestroyDebugUtilsMessengerEXT) {
        diag_report(diag, DIAG_D009, NULL, "the validation layer has no VK_EXT_debug_utils");
        return VYRE_ERR_UNSUPPORTED;
    }
    return vk_report(diag, "vkCreateDebugUtilsMessengerEXT",
                     api->vkCreateDebugUtilsMessengerEXT(instance->handle, &messenger, NULL,
                                                         &instance->messenger));
}

enum vyre_result vk_instance_init(struct vk_instance *instance, const char *loader, bool validation,
                                  const struct vyre_log *log, const struct vyre_diag_sink *diag)
{
    memset(instance, 0, sizeof *instance);
    instance->log = *log;
    enum vyre_result result = vk_api_open(&instance->api, loader, diag);
    if (result != VYRE_OK)
        return result;
    uint32_t offered = VK_API_VERSION_1_0;
    result = vk_report(diag, "vkEnumerateInstanceVersion",
                       instance->api.vkEnumerateInstanceVersion(&offered));
    if (result == VYRE_OK && offered < VK_API_VERSION_1_1) {
        diag_report(diag, DIAG_D002, NULL, "the Vulkan loader is of version %u.%u",
                    VK_API_VERSION_MAJOR(offered), VK_API_VERSION_MINOR(offered));
        result = VYRE_ERR_NO_DEVICE;
    }
    // 1.3 is the newest version whose rules this library was written to.
    instance->api_version = offered < VK_API_VERSION_1_3 ? offered : VK_API_VERSION_1_3;
    if (result == VYRE_OK && validation)
        result = find_validation_layer(instance);
    if (result == VYRE_MISS) {
        diag_report(diag, DIAG_D009, NULL, "%s is not installed", validation_layer);
        result = VYRE_ERR_UNSUPPORTED;
    }
    if (result == VYRE_OK)
        result = create(instance, validation, diag);
    if (result != VYRE_OK)
        vk_instance_fini(instance);
    return result;
}

void vk_instance_abandon(struct vk_instance *instance)
{
    if (instance->messenger)
        instance->api.vkDestroyDebugUtilsMessengerEXT(instance->handle, instance->messenger, NULL);
    instance->messenger = VK_NULL_HANDLE;
}

void vk_instance_fini(struct vk_instance *instance)
{
    struct vk_api *api = &instance->api;
    vk_instance_abandon(instance);
    if (instance->handle && api->vkDestroyInstance)
        api->vkDestroyInstance(instance->handle, NULL);
    instance->handle = VK_NULL_HANDLE;
    vk_api_close(api);
}

enum vyre_result vk_instance_devices(struct vk_instance *instance, VkPhysicalDevice **out,
                                     uint32_t *count, const struct vyre_diag_sink *diag)
{
    static const char call[] = "vkEnumeratePhysicalDevices";
    *out = NULL;
    *count = 0;
    VkResult result = VK_INCOMPLETE;
    // A device may appear between the two calls; then VK_INCOMPLETE asks for another round.
    for (int round = 0; round < 4 && result == VK_INCOMPLETE; round++) {
        memory_free(*out);
        *out = NULL;
        result = instance->api.vkEnumeratePhysicalDevices(instance->handle, count, NULL);
        if (result != VK_SUCCESS || !*count)
            break;
        *out = memory_calloc(*count, sizeof **out);
        if (!*out)
            return VYRE_ERR_NO_MEMORY;
        result = instance->api.vkEnumeratePhysicalDevices(instance->handle, count, *out);
    }
    if (result == VK_SUCCESS && *count)
        return VYRE_OK;
    memory_free(*out);
    *out = NULL;
    if (result != VK_SUCCESS && result != VK_ERROR_INITIALIZATION_FAILED)
        return vk_report(diag, call, result);
    // Loaders say "initialization failed" when every driver refused to start.
    diag_report(diag, DIAG_D003, NULL, "no Vulkan driver offers a device");
    return VYRE_ERR_NO_DEVICE;
}
