// SPDX-License-Identifier: MIT
#include "nesting.h"

#include "base/array.h"

#include <spirv/unified1/spirv.h>

struct function {
    uint32_t id;
    size_t at;
    uint64_t deepest; // 0: not looked at yet; else 1 more
};

struct construct {
    uint32_t merge;
    bool is_loop;
};

struct search {
    struct arena *arena;
    const uint32_t *words;
    struct {
        ARRAY(struct function);
    } functions;
    struct {
        ARRAY(struct construct);
    } open; // of the functions that are being looked at
    bool failed;
};

// Of the function that is being looked at.
struct place {
    size_t first_open;
    uint32_t open_loops;
    bool returns_from_loop; // out of the outermost one that is open
    uint64_t nests;         // branches that hold what follows returns
    uint64_t deepest;
};

static SpvOp op_of(uint32_t word)
{
    return (SpvOp)(word & SpvOpCodeMask);
}

static void note_depth(struct place *place, const struct search *search, uint64_t more)
{
    const uint64_t depth = search->open.count - place->first_open + place->nests + more;
    if (depth > place->deepest)
        place->deepest = depth;
}

static void open_construct(struct search *search, struct place *place, uint32_t merge, bool is_loop)
{
    if (!array_push_in(search->arena, &search->open, ((struct construct){ merge, is_loop })))
        search->failed = true;
    place->open_loops += is_loop;
    note_depth(place, search, 0);
}

// A return in a loop is a break, and behind the outermost loop a branch once.
static void close_constructs(struct search *search, struct place *place, uint32_t label)
{
    while (search->open.count > place->first_open &&
           search->open.items[search->open.count - 1].merge == label) {
        const bool was_loop = search->open.items[--search->open.count].is_loop;
        place->open_loops -= was_loop;
        if (place->open_loops > 0 || !place->returns_from_loop)
            continue;
        place->returns_from_loop = false;
        place->nests++;
    }
}

static uint64_t deepest_of(struct search *search, size_t index);

static uint64_t deepest_of_callee(struct search *search, uint32_t id)
{
    for (size_t i = 0; i < search->functions.count; i++)
        if (search->functions.items[i].id == id)
            return deepest_of(search, i);
    return 0;
}

// Functions of the library do not call themselves, so this ends.
static uint64_t deepest_of(struct search *search, size_t index)
{
    if (search->functions.items[index].deepest)
        return search->functions.items[index].deepest - 1;
    struct place place = { .first_open = search->open.count };
    const uint32_t *word = search->words + search->functions.items[index].at;
    for (; op_of(*word) != SpvOpFunctionEnd && !search->failed; word += *word >> SpvWordCountShift)
        switch (op_of(*word)) {
        case SpvOpSelectionMerge: open_construct(search, &place, word[1], false); break;
        case SpvOpLoopMerge: open_construct(search, &place, word[1], true); break;
        case SpvOpLabel: close_constructs(search, &place, word[1]); break;
        case SpvOpReturn:
        case SpvOpReturnValue:
            place.returns_from_loop |= place.open_loops > 0;
            place.nests += place.open_loops == 0;
            break;
        case SpvOpFunctionCall:
            note_depth(&place, search, deepest_of_callee(search, word[3]));
            break;
        default: break;
        }
    search->open.count = place.first_open;
    search->functions.items[index].deepest = place.deepest + 1;
    return place.deepest;
}

bool spv_deepest_nest(struct arena *arena, const uint32_t *words, size_t count, uint64_t *deepest)
{
    enum { HEADER_WORDS = 5 };
    struct search search = { .arena = arena, .words = words };
    for (size_t at = HEADER_WORDS; at < count; at += words[at] >> SpvWordCountShift)
        if (op_of(words[at]) == SpvOpFunction &&
            !array_push_in(arena, &search.functions,
                           ((struct function){ .id = words[at + 2], .at = at })))
            search.failed = true;
    *deepest = search.functions.count && !search.failed ? deepest_of(&search, 0) : 0;
    return !search.failed;
}
