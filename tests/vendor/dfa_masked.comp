// SPDX-License-Identifier: MIT
// The automaton of the benchmarks, which trusts its table there, with the masks that the program has
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer Text { uint text[]; };
layout(binding = 1) readonly buffer Table { uint table[]; };
layout(binding = 2) buffer State { uint state[]; };
layout(push_constant) uniform Push { uint n; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint s = 0;
    for (uint k = 0; k < 256; k++) {
        uint w = text[i * 256 + k];
        s = table[(s & 63) * 256 + (w & 255)];
        s = table[(s & 63) * 256 + (w >> 8 & 255)];
        s = table[(s & 63) * 256 + (w >> 16 & 255)];
        s = table[(s & 63) * 256 + (w >> 24)];
    }
    state[i] = s;
}
