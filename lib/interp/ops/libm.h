// SPDX-License-Identifier: MIT
// Transcendental functions of f32, bit for bit those of the reference: the single-precision
// routines of musl as spec: semantics.md, section 12, writes them out. The host's own may differ in
// the last bit. Arithmetic is f32 unless a variable says double; contraction is off for the whole
// project.
#ifndef INTERP_LIBM_H
#define INTERP_LIBM_H

// Operands are canonical: no subnormals and one NaN. Results are not.
float interp_exp(float x);
float interp_exp2(float x);
float interp_log(float x);
float interp_log2(float x);
float interp_sinh(float x);
float interp_cosh(float x);
float interp_tanh(float x);

float interp_sin(float x);
float interp_cos(float x);
float interp_tan(float x);
float interp_asin(float x);
float interp_acos(float x);
float interp_atan(float x);

#endif // INTERP_LIBM_H
