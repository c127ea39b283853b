/*
 * ring.c: the event ring. Any process and thread may write at any time, also a signal handler inside of a write; nobody
 * waits, so a writer that was killed half way stops nobody.
 *
 * A writer takes the next position, marks the entry as being written for it, stores the words, and marks it whole. Two writers
 * meet in one entry only when one of them was stopped for a whole lap of the ring: the later one takes the entry over, the
 * earlier one notices when it wants to mark it whole, and what the two may have mixed fails the checksum.
 */
#include <string.h>

#include "points.h"
#include "shared.h"

#define WORDS (sizeof(HeadroomEventPayload) / sizeof(uint64_t))

void
headroom_event_write(HeadroomSegment *segment, const HeadroomEventPayload *event)
{
	uint64_t position = atomic_fetch_add_explicit(&segment->ring_head, 1, memory_order_relaxed);
	HeadroomEvent *entry = headroom_event_at(segment, position);
	uint64_t writing = 2 * position + 1;
	uint64_t words[WORDS];
	uint64_t seen = atomic_load_explicit(&entry->sequence, memory_order_relaxed);

	do
	{
		if (seen >= writing)
		{
			headroom_count(&segment->ring_lost); /* a whole lap went by before this writer got here */
			return;
		}
	} while (!atomic_compare_exchange_weak_explicit(&entry->sequence, &seen, writing, memory_order_acq_rel,
													memory_order_relaxed));
	HEADROOM_POINT("event-claimed");
	memcpy(words, event, sizeof words);
	for (size_t i = 0; i < WORDS; i++)
		atomic_store_explicit(&entry->payload[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&entry->checksum, headroom_event_checksum(writing + 1, words), memory_order_relaxed);
	HEADROOM_POINT("event-written");
	if (!atomic_compare_exchange_strong_explicit(&entry->sequence, &writing, writing + 1, memory_order_release,
												 memory_order_relaxed))
		headroom_count(&segment->ring_lost);
}

HeadroomRead
headroom_event_read(HeadroomSegment *segment, uint64_t position, HeadroomEventPayload *event)
{
	HeadroomEvent *entry = headroom_event_at(segment, position);
	uint64_t whole = 2 * position + 2;
	uint64_t sequence = atomic_load_explicit(&entry->sequence, memory_order_acquire);
	uint64_t words[WORDS];
	uint64_t checksum;

	if (sequence < whole)
		return HEADROOM_READ_PENDING;
	if (sequence > whole)
		return HEADROOM_READ_LOST;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = atomic_load_explicit(&entry->payload[i], memory_order_relaxed);
	checksum = atomic_load_explicit(&entry->checksum, memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	if (atomic_load_explicit(&entry->sequence, memory_order_relaxed) != whole ||
		checksum != headroom_event_checksum(whole, words))
		return HEADROOM_READ_LOST;
	memcpy(event, words, sizeof words);
	return HEADROOM_READ_WHOLE;
}
