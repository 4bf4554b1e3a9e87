// SPDX-License-Identifier: MIT
// How a test in this process uses the fault layer; README.md says what the variables mean.
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include "test.h"

#include <dlfcn.h>
#include <stdlib.h>

static const char *const fault_variables[] = {
    "VYRE_FAULT_FAIL", "VYRE_FAULT_FREEZE", "VYRE_FAULT_RESET",       "VYRE_FAULT_SWALLOW",
    "VYRE_FAULT_HIDE", "VYRE_FAULT_LIMIT",  "VYRE_FAULT_NO_COHERENT", "VYRE_FAULT_TWICE",
};

// No faults from the next device on.
static inline void fault_none(void)
{
    for (size_t i = 0; i < sizeof fault_variables / sizeof fault_variables[0]; i++)
        unsetenv(fault_variables[i]);
}

static unsigned long (*fault_fired_function)(void);

// Puts the layer into every Vulkan instance of this process. Call it first thing in main.
static inline void fault_enable(void)
{
    setenv("VK_ADD_LAYER_PATH", FAULT_LAYER_DIR, 1);
    setenv("VK_INSTANCE_LAYERS", "VK_LAYER_VYRE_fault", 1);
    // Mesa's implicit device-select layer trusts every result and crashes on a failed one.
    setenv("NODEVICE_SELECT", "1", 1);
    fault_none();
    // Keeps the layer loaded, so that it outlives the instances that it is asked about.
    void *layer = dlopen(FAULT_LAYER_DIR "/VkLayer_vyre_fault.so", RTLD_NOW);
    void *symbol = layer ? dlsym(layer, "vyre_fault_fired") : NULL;
    if (!symbol) {
        print_error("the fault layer: %s\n", dlerror());
        exit(1);
    }
    memcpy(&fault_fired_function, &symbol, sizeof symbol);
}

// From the next device on, this fault and no other.
static inline void fault_only(const char *variable, const char *value)
{
    fault_none();
    setenv(variable, value, 1);
}

// How many faults happened since the last instance was created.
static inline unsigned long fault_fired(void)
{
    return fault_fired_function();
}

#endif // TESTS_FAULT_FAULT_H
