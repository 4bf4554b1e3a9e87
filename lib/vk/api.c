// SPDX-License-Identifier: MIT
#include "api.h"

#include "base/report.h"

#include <dlfcn.h>
#include <string.h>

static enum vyre_result missing(const struct vyre_diag_sink *diag, const char *name,
                                enum vyre_result result)
{
    diag_report(diag, DIAG_D002, NULL, "the Vulkan implementation has no %s", name);
    return result;
}

enum vyre_result vk_api_open(struct vk_api *api, const char *path,
                             const struct vyre_diag_sink *diag)
{
    memset(api, 0, sizeof *api);
    if (!path)
        path = "libvulkan.so.1";
    // Local: the names of Vulkan functions must not reach the program that embeds us.
    api->loader = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!api->loader) {
        const char *why = dlerror();
        diag_report(diag, DIAG_D001, NULL, "cannot open the Vulkan loader: %s", why ? why : path);
        return VYRE_ERR_NO_DEVICE;
    }
    // POSIX promises that dlsym's object pointer holds a function pointer; ISO C has no cast for
    // it.
    void *entry = dlsym(api->loader, "vkGetInstanceProcAddr");
    memcpy(&api->vkGetInstanceProcAddr, &entry, sizeof entry);
    if (!entry) {
        diag_report(diag, DIAG_D002, NULL, "%s has no vkGetInstanceProcAddr", path);
        vk_api_close(api);
        return VYRE_ERR_NO_DEVICE;
    }

    const char *absent = NULL;
#define VK_GLOBAL(name)                                                                            \
    api->name = (PFN_##name)api->vkGetInstanceProcAddr(NULL, #name);                               \
    if (!api->name)                                                                                \
        absent = #name;
#include "functions.def"
    if (absent) {
        vk_api_close(api);
        return missing(diag, absent, VYRE_ERR_NO_DEVICE);
    }
    return VYRE_OK;
}

void vk_api_close(struct vk_api *api)
{
    if (api->loader)
        dlclose(api->loader);
    memset(api, 0, sizeof *api);
}

enum vyre_result vk_api_load_instance(struct vk_api *api, VkInstance instance,
                                      const struct vyre_diag_sink *diag)
{
    const char *absent = NULL;
#define VK_INSTANCE(name)                                                                          \
    api->name = (PFN_##name)api->vkGetInstanceProcAddr(instance, #name);                           \
    if (!api->name)                                                                                \
        absent = #name;
#define VK_INSTANCE_OPTIONAL(name)                                                                 \
    api->name = (PFN_##name)api->vkGetInstanceProcAddr(instance, #name);
#include "functions.def"
    return absent ? missing(diag, absent, VYRE_ERR_DEVICE) : VYRE_OK;
}

enum vyre_result vk_api_load_device(struct vk_api *api, VkDevice device,
                                    const struct vyre_diag_sink *diag)
{
    const char *absent = NULL;
#define VK_DEVICE(name)                                                                            \
    api->name = (PFN_##name)api->vkGetDeviceProcAddr(device, #name);                               \
    if (!api->name)                                                                                \
        absent = #name;
#define VK_DEVICE_OPTIONAL(name, alias)                                                            \
    api->name = (PFN_##name)api->vkGetDeviceProcAddr(device, #name);                               \
    if (!api->name)                                                                                \
        api->name = (PFN_##name)api->vkGetDeviceProcAddr(device, #alias);
#include "functions.def"
    return absent ? missing(diag, absent, VYRE_ERR_DEVICE) : VYRE_OK;
}
