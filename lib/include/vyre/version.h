// SPDX-License-Identifier: MIT
#ifndef VYRE_VERSION_H
#define VYRE_VERSION_H

#include <vyre/result.h>

VYRE_BEGIN

// The library's version, for example "0.1.0".
// Thread-safety: Safe. Lifetime: static.
VYRE_API const char *vyre_version(void);

// The build: version, commit when known, a digest of the library's objects (cached artifacts belong
// to it), and the versions of the Vulkan and SPIR-V headers, as
// "0.1.0 (1a2b3c4, build 0123456789abcdef, Vulkan headers 1.x.239, SPIR-V headers revision 1)".
// Thread-safety: Safe. Lifetime: static.
VYRE_API const char *vyre_build_info(void);

VYRE_END

#endif // VYRE_VERSION_H
