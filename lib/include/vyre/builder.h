// SPDX-License-Identifier: MIT
// The builder: programs made by calls instead of text.
#ifndef VYRE_BUILDER_H
#define VYRE_BUILDER_H

#include <vyre/program.h>

#endif // VYRE_BUILDER_H
