// SPDX-License-Identifier: MIT
// Slots of a ring that a device looks at. What tools need is in <vyre/protocol.h>.
#ifndef MEGAKERNEL_PROTOCOL_SLOT_H
#define MEGAKERNEL_PROTOCOL_SLOT_H

#include <vyre/protocol.h>

// Publishes an item, which the caller knows to be well-formed, in a slot that it knows to be free.
// Only writes, so the ring may be in memory that is slow to read. A concurrent reader that sees
// PUBLISHED sees the rest.
void mk_slot_write(uint32_t slot[VYRE_SLOT_WORDS], uint32_t tenant,
                   const struct vyre_slot_item *item);

#endif // MEGAKERNEL_PROTOCOL_SLOT_H
