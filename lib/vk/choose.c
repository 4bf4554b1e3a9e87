// SPDX-License-Identifier: MIT
// Which device: order of preference, choice, and the reasons.
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Whether `a` comes before `b`, as qsort wants it.
static int compare(const void *left, const void *right)
{
    const struct vk_candidate *a = left;
    const struct vk_candidate *b = right;
    if (a->plan.usable != b->plan.usable)
        return a->plan.usable ? -1 : 1;
    int kind_a = vk_plan_kind(a->snapshot.type);
    int kind_b = vk_plan_kind(b->snapshot.type);
    if (kind_a != kind_b)
        return kind_a < kind_b ? -1 : 1;
    if (a->plan.memory_bytes != b->plan.memory_bytes)
        return a->plan.memory_bytes > b->plan.memory_bytes ? -1 : 1;
    return a->enumerated < b->enumerated ? -1 : a->enumerated > b->enumerated;
}

bool vk_plan_fits(const struct vk_candidate *candidate, uint32_t index,
                  const struct vyre_device_params *params)
{
    if (params->index_plus_one && params->index_plus_one - 1 != index)
        return false;
    if (params->kind != VYRE_DEVICE_KIND_ANY &&
        params->kind != vk_plan_kind(candidate->snapshot.type))
        return false;
    return !params->name || strcasestr(candidate->snapshot.name, params->name) != NULL;
}

static const char *asked_by(const struct vyre_device_params *params)
{
    if (params->index_plus_one)
        return "index";
    return params->name ? "name" : "kind";
}

static void give_reason(struct vk_candidate *candidates, uint32_t count, uint32_t index,
                        uint32_t chosen, const struct vyre_device_params *params)
{
    struct vk_candidate *candidate = &candidates[index];
    char *reason = candidate->reason;
    const size_t size = sizeof candidate->reason;
    enum vyre_device_kind kind = vk_plan_kind(candidate->snapshot.type);
    const char *what = vk_plan_kind_text(kind);
    uint32_t usable = 0;
    for (uint32_t i = 0; i < count; i++)
        usable += candidates[i].plan.usable;

    if (!candidate->plan.usable) {
        snprintf(reason, size, "refused: %s", candidate->plan.refusal);
    } else if (chosen == UINT32_MAX ||
               (index != chosen && !vk_plan_fits(candidate, index, params))) {
        snprintf(reason, size, "not what was asked for; %s", what);
    } else if (index != chosen) {
        const struct vk_candidate *best = &candidates[chosen];
        enum vyre_device_kind best_kind = vk_plan_kind(best->snapshot.type);
        if (kind != best_kind)
            snprintf(reason, size, "%s; %.100s is preferred, it is %s", what, best->snapshot.name,
                     vk_plan_kind_text(best_kind));
        else
            snprintf(reason, size, "%s; %.100s is preferred, it %s", what, best->snapshot.name,
                     best->plan.memory_bytes > candidate->plan.memory_bytes ? "has more memory"
                                                                            : "is listed first");
    } else if (count == 1) {
        snprintf(reason, size, "the only device; %s", what);
    } else if (params->name || params->index_plus_one || params->kind) {
        snprintf(reason, size, "asked for by %s; %s", asked_by(params), what);
    } else if (usable == 1) {
        snprintf(reason, size, "the only usable device; %s", what);
    } else {
        snprintf(reason, size, "preferred; %s", what);
    }
}

uint32_t vk_plan_choose(struct vk_candidate *candidates, uint32_t count,
                        const struct vyre_device_params *params)
{
    static const struct vyre_device_params no_wishes;
    if (!params)
        params = &no_wishes;
    if (count > 1)
        qsort(candidates, count, sizeof *candidates, compare);
    uint32_t chosen = UINT32_MAX;
    for (uint32_t i = 0; i < count && chosen == UINT32_MAX; i++)
        if (candidates[i].plan.usable && vk_plan_fits(&candidates[i], i, params))
            chosen = i;
    for (uint32_t i = 0; i < count; i++) {
        candidates[i].chosen = i == chosen;
        give_reason(candidates, count, i, chosen, params);
    }
    return chosen;
}

void vk_plan_describe(const struct vk_candidate *candidate, struct vyre_device_info *out)
{
    const struct vk_snapshot *snapshot = &candidate->snapshot;
    const struct vk_plan *plan = &candidate->plan;
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", snapshot->name);
    if (snapshot->driver_name[0])
        snprintf(out->driver, sizeof out->driver, "%.120s %.120s", snapshot->driver_name,
                 snapshot->driver_info);
    else
        snprintf(out->driver, sizeof out->driver, "version 0x%x", snapshot->driver_version);
    out->kind = vk_plan_kind(snapshot->type);
    out->api_version = snapshot->api_version;
    out->vendor_id = snapshot->vendor_id;
    out->device_id = snapshot->device_id;
    out->usable = plan->usable;
    out->chosen = candidate->chosen;
    snprintf(out->reason, sizeof out->reason, "%s", candidate->reason);
    out->host_import = plan->host_import;
    out->import_alignment = plan->import_alignment;
    out->timeline = plan->timeline;
    out->memory_bytes = plan->memory_bytes;
    out->target = plan->target;
}
