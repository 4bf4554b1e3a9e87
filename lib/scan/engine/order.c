// SPDX-License-Identifier: MIT
#include "scan/engine/order.h"

#include <string.h>

#include "base/size.h"

static bool before(const struct scan_order_entry *a, const struct scan_order_entry *b)
{
    return a->start != b->start ? a->start < b->start : a->pattern < b->pattern;
}

static void sift_up(struct scan_order_entry *heap, size_t i)
{
    struct scan_order_entry entry = heap[i];
    for (; i > 0 && before(&entry, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = entry;
}

static void sift_down(struct scan_order_entry *heap, size_t count)
{
    struct scan_order_entry entry = heap[0];
    size_t i = 0;
    for (size_t child = 1; child < count; child = 2 * i + 1) {
        if (child + 1 < count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &entry))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = entry;
}

// When an end is added, the one before it was the last that the bound knows of: matches of n bytes
// that ended up to longest - n bytes before that one still wait, longest - n + 1 of them, and the
// new one comes on top. Literals that end in one place differ in length, and the shortest wait
// longest, so the sum is largest for the lengths 1 to `ends`.
uint64_t scan_order_waiting_max(uint32_t longest, uint64_t ends)
{
    uint64_t lengths = u64_min(ends, longest);
    return lengths * (longest + UINT64_C(2)) - lengths * (lengths + 1) / 2;
}

bool scan_order_init(struct scan_order *order, const struct scan_set *set, size_t waiting_max)
{
    *order = (struct scan_order){ .set = set };
    return array_reserve(&order->heap, waiting_max);
}

bool scan_order_add(struct scan_order *order, uint64_t end, uint32_t literal)
{
    if (order->heap.count == order->heap.capacity)
        return false;
    const struct scan_literal *entry = &order->set->literals[literal];
    order->heap.items[order->heap.count] = (struct scan_order_entry){
        .start = end + 1 - entry->size,
        .pattern = order->set->members[entry->first],
        .member = entry->first,
        .literal = literal,
    };
    sift_up(order->heap.items, order->heap.count++);
    return true;
}

void scan_order_advance(struct scan_order *order, uint64_t end)
{
    uint64_t longest = order->set->size_max;
    order->bound = end + 1 > longest ? end + 1 - longest : 0;
}

void scan_order_flush(struct scan_order *order)
{
    order->bound = UINT64_MAX;
}

bool scan_order_next(struct scan_order *order, struct scan_hit *out)
{
    if (order->heap.count == 0 || order->heap.items[0].start >= order->bound)
        return false;
    struct scan_order_entry *top = &order->heap.items[0];
    const struct scan_literal *literal = &order->set->literals[top->literal];
    *out = (struct scan_hit){ top->start, top->pattern, literal->size };
    top->member++;
    if (top->member < literal->first + literal->count)
        top->pattern = order->set->members[top->member];
    else
        *top = order->heap.items[--order->heap.count];
    if (order->heap.count > 1)
        sift_down(order->heap.items, order->heap.count);
    return true;
}

void scan_order_reset(struct scan_order *order)
{
    order->heap.count = 0;
    order->bound = 0;
}

void scan_order_fini(struct scan_order *order)
{
    array_fini(&order->heap);
}

static void insertion_sort(struct scan_end *ends, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct scan_end end = ends[i];
        size_t j = i;
        for (; j > 0 && ends[j - 1].position > end.position; j--)
            ends[j] = ends[j - 1];
        ends[j] = end;
    }
}

// Three passes of eight bits; SCAN_POSITION_MAX is what they cover.
void scan_ends_sort(struct scan_end *ends, struct scan_end *scratch, size_t count)
{
    if (count <= 32) {
        insertion_sort(ends, count);
        return;
    }
    struct scan_end *from = ends;
    struct scan_end *to = scratch;
    for (unsigned shift = 0; shift < 24; shift += 8) {
        size_t places[256] = { 0 };
        for (size_t i = 0; i < count; i++)
            places[from[i].position >> shift & 255]++;
        size_t sum = 0;
        for (size_t i = 0; i < 256; i++) {
            size_t here = places[i];
            places[i] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            to[places[from[i].position >> shift & 255]++] = from[i];
        struct scan_end *swap = from;
        from = to;
        to = swap;
    }
    memcpy(ends, from, count * sizeof *ends);
}
