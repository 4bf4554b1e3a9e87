// SPDX-License-Identifier: MIT
// FNV-1a, 32 bits, of records of 1 KiB; one record per invocation
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer Text { uint text[]; };
layout(binding = 1) buffer Hash { uint hash[]; };
layout(push_constant) uniform Push { uint n; };

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint h = 0x811c9dc5u;
    for (uint k = 0; k < 256; k++) {
        uint w = text[i * 256 + k];
        h = (h ^ (w & 255)) * 0x01000193u;
        h = (h ^ (w >> 8 & 255)) * 0x01000193u;
        h = (h ^ (w >> 16 & 255)) * 0x01000193u;
        h = (h ^ (w >> 24)) * 0x01000193u;
    }
    hash[i] = h;
}
