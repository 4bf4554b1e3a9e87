// SPDX-License-Identifier: MIT
// Tenants of a ring: who may run.
#ifndef MEGAKERNEL_HOST_TENANT_H
#define MEGAKERNEL_HOST_TENANT_H

#include <vyre/ring.h>

// Allows or denies a tenant from the next epoch on; all are allowed at first. Slots of a denied
// tenant come back as VYRE_WORK_DENIED. VYRE_ERR_INVALID_ARGUMENT: no such tenant.
// Thread-safety: that of the ring.
enum vyre_result mk_ring_allow_tenant(struct vyre_ring *ring, uint32_t tenant, bool allowed);

#endif // MEGAKERNEL_HOST_TENANT_H
