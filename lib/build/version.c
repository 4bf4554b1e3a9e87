// SPDX-License-Identifier: MIT
// What was built. The last object of the library: its build id is the digest of all others.
#include "vyre_build_id.h"
#include "vyre_commit.h"
#include "vyre_config.h"
#include <vyre/version.h>

#include <spirv/unified1/spirv.h>
#if VYRE_HAVE_VULKAN
#include <vulkan/vulkan_core.h>
#endif

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

const char *vyre_version(void)
{
    return VYRE_VERSION;
}

const char *vyre_build_info(void)
{
    return VYRE_VERSION " (" VYRE_COMMIT ", build " VYRE_BUILD_ID
#if VYRE_HAVE_VULKAN
                        ", Vulkan headers 1.x." TEXT(VK_HEADER_VERSION)
#else
                        ", without Vulkan"
#endif
                            ", SPIR-V headers revision " TEXT(SPV_REVISION) ")";
}
