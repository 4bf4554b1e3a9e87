// SPDX-License-Identifier: MIT
// For tests that give a device up with work in flight: what the driver and the loader allocated for
// it leaks, as the contract says, and LeakSanitizer must not take that for a fault of ours. Leaks
// of the library's own memory are still found: their stacks do not pass through these modules.
#ifndef TESTS_SUPPORT_ABANDON_H
#define TESTS_SUPPORT_ABANDON_H

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libvulkan\nleak:libVkLayer\nleak:VkLayer_vyre_fault\nleak:libLLVM\n";
}

#endif // TESTS_SUPPORT_ABANDON_H
