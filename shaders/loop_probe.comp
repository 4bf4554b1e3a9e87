// SPDX-License-Identifier: MIT
// Counts how many iterations of one loop the driver really runs. Some CPU drivers end every loop
// after a fixed number of iterations, silently. The recurrence keeps a compiler from replacing the
// loop by its result, and proves to the host that the counted iterations happened.
#version 450
layout(local_size_x = 1) in;
layout(std430, set = 0, binding = 0) buffer Probe
{
    uint asked;
    uint counted;
    uint state;
};

void main()
{
    uint x = state;
    uint i = 0;
    while (i < asked) {
        x = x * 1664525u + 1013904223u;
        i++;
    }
    counted = i;
    state = x;
}
