/*
 * blackbox.c: notes this process's largest memory contexts in its slot.
 *
 * Called from inside malloc in the main thread: Postgres's memory contexts link a block only after malloc has returned it, so
 * the tree and every list of blocks are whole then. Nothing here allocates. Every context is looked at once for its bytes; the
 * blocks of the few largest are then counted by the context's own method, which walks them.
 */
#include "compat.h"

#include "nodes/memnodes.h"
#include "utils/memutils.h"

#include "headroom.h"

/* A tree deeper or wider than this is cut; the stack is ours to mind, for the process may be at its end. */
#define MOST_CONTEXTS 100000

typedef struct Largest
{
	uint32 count;
	MemoryContext contexts[HEADROOM_BLACKBOX_CONTEXTS]; /* largest first */
} Largest;

static void
offer(Largest *largest, MemoryContext context)
{
	uint32 at = largest->count;

	while (at > 0 && largest->contexts[at - 1]->mem_allocated < context->mem_allocated)
		at--;
	if (at == HEADROOM_BLACKBOX_CONTEXTS)
		return;
	if (largest->count < HEADROOM_BLACKBOX_CONTEXTS)
		largest->count++;
	for (uint32 i = largest->count - 1; i > at; i--)
		largest->contexts[i] = largest->contexts[i - 1];
	largest->contexts[at] = context;
}

/* Depth first along the tree's own links, without a stack. */
static MemoryContext
next_context(MemoryContext context)
{
	if (context->firstchild != NULL)
		return context->firstchild;
	while (context != NULL && context->nextchild == NULL)
		context = context->parent;
	return context == NULL ? NULL : context->nextchild;
}

void
headroom_write_blackbox(void)
{
	Largest largest = {.count = 0};
	HeadroomContext notes[HEADROOM_BLACKBOX_CONTEXTS];
	uint32 total = 0;

	for (MemoryContext context = TopMemoryContext; context != NULL && total < MOST_CONTEXTS;
		 context = next_context(context))
	{
		total++;
		offer(&largest, context);
	}
	for (uint32 i = 0; i < largest.count; i++)
	{
		MemoryContext context = largest.contexts[i];
		MemoryContextCounters counters = {0};

		context->methods->stats(context, NULL, NULL, &counters, false);
		memset(notes[i].name, 0, sizeof notes[i].name);
		memcpy(notes[i].name, context->name, strnlen(context->name, sizeof notes[i].name - 1));
		notes[i].bytes = (uint64) context->mem_allocated;
		notes[i].blocks = (uint64) counters.nblocks;
	}
	headroom_guard->blackbox_write(notes, largest.count, total);
}
