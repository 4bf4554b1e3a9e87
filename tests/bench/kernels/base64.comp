// SPDX-License-Identifier: MIT
// Base64 decoding: 16 characters to 12 bytes per invocation, by a table of 256 values
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer Text { uint text[]; };
layout(binding = 1) readonly buffer Values { uint values[]; };
layout(binding = 2) buffer Bytes { uint bytes[]; };
layout(push_constant) uniform Push { uint n; };

// The 24 bits of a word of text, first byte highest.
uint decode(uint w)
{
    return values[w & 255] << 18 | values[w >> 8 & 255] << 12 | values[w >> 16 & 255] << 6 |
           values[w >> 24];
}

void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint a = decode(text[i * 4]);
    uint b = decode(text[i * 4 + 1]);
    uint c = decode(text[i * 4 + 2]);
    uint d = decode(text[i * 4 + 3]);
    bytes[i * 3] = a >> 16 | a & 0xff00 | (a & 255) << 16 | (b >> 16) << 24;
    bytes[i * 3 + 1] = b >> 8 & 255 | (b & 255) << 8 | (c >> 16) << 16 | (c >> 8 & 255) << 24;
    bytes[i * 3 + 2] = c & 255 | (d >> 16) << 8 | (d >> 8 & 255) << 16 | (d & 255) << 24;
}
