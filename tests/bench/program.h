// SPDX-License-Identifier: MIT
// Programs of any size for the benchmarks of the compiler's parts.
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdint.h>

#include <vyre/vyre.h>

// A valid program of exactly `statements` statements (1 to 100,000), the region around them
// included. It has the mixture of hand-written kernels: locals, loads, stores and atomics of some
// buffers, branches and loops that nest, integer and float operators. The same number gives the
// same program. Ends the process when memory runs out.
struct vyre_program *bench_program(uint32_t statements);

// The wire form; free it with vyre_free.
uint8_t *bench_encode(const struct vyre_program *program, size_t *size);

#endif // BENCH_PROGRAM_H
