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

enum {
    FAULT_VARIABLES = sizeof fault_variables / sizeof fault_variables[0],
    FAULT_ENTRY = 256, // bytes of "NAME=value"
};

// The entries of the environment. A driver's threads call getenv as long as they live, which for a
// device that was given up is the whole process; setenv and unsetenv would move the entries under
// them. So each entry is put in once and only its value is written later. An empty value is none.
static char fault_entries[FAULT_VARIABLES][FAULT_ENTRY];

// Adds a fault to those that are set.
static inline void fault_also(const char *variable, const char *value)
{
    for (size_t i = 0; i < FAULT_VARIABLES; i++) {
        if (strcmp(fault_variables[i], variable) != 0)
            continue;
        assert_true(strlen(variable) + strlen(value) + 2 <= FAULT_ENTRY);
        strcpy(fault_entries[i] + strlen(variable) + 1, value);
        return;
    }
    fail_msg("%s is no variable of the fault layer", variable);
}

// No faults from the next device on.
static inline void fault_none(void)
{
    for (size_t i = 0; i < FAULT_VARIABLES; i++)
        fault_also(fault_variables[i], "");
}

static unsigned long (*fault_fired_function)(void);

// Puts the layer into every Vulkan instance of this process. Call it first thing in main.
static inline void fault_enable(void)
{
    setenv("VK_ADD_LAYER_PATH", FAULT_LAYER_DIR, 1);
    setenv("VK_INSTANCE_LAYERS", "VK_LAYER_VYRE_fault", 1);
    // Mesa's implicit device-select layer trusts every result and crashes on a failed one.
    setenv("NODEVICE_SELECT", "1", 1);
    for (size_t i = 0; i < FAULT_VARIABLES; i++) {
        snprintf(fault_entries[i], FAULT_ENTRY, "%s=", fault_variables[i]);
        putenv(fault_entries[i]);
    }
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
    fault_also(variable, value);
}

// How many faults happened since the last instance was created.
static inline unsigned long fault_fired(void)
{
    return fault_fired_function();
}

#endif // TESTS_FAULT_FAULT_H
