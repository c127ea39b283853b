/*
 * settings.c: the settings headroom.*, and how they reach the segment.
 *
 * The postmaster owns them. It publishes when a reload changed one, and every process obeys the segment, so a change reaches
 * also a backend in the middle of a statement, which would read its own copy only when idle.
 */
#include "compat.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "headroom.h"

static const struct config_enum_entry mode_words[] = {
	{"off", HEADROOM_MODE_OFF, false},
	{"shadow", HEADROOM_MODE_SHADOW, false},
	{"enforce", HEADROOM_MODE_ENFORCE, false},
	{NULL, 0, false},
};

static const struct config_enum_entry fallback_words[] = {
	{"count", HEADROOM_FALLBACK_COUNT, false},
	{"keep", HEADROOM_FALLBACK_KEEP, false},
	{NULL, 0, false},
};

static const struct config_enum_entry blame_words[] = {
	{"requester", HEADROOM_BLAME_REQUESTER, false},
	{"largest", HEADROOM_BLAME_LARGEST, false},
	{NULL, 0, false},
};

static int switch_mode = HEADROOM_MODE_ENFORCE;
static int static_mode = HEADROOM_MODE_SHADOW;
static int static_limit_mb = 0;
static int lease_fallback = HEADROOM_FALLBACK_COUNT;
static int blame = HEADROOM_BLAME_REQUESTER;
static int soft_line_percent = 90;
static bool exempt_superusers = false;
static char *blockable_kinds = NULL;
static int event_capacity = 4096;
static bool computes_query_ids = true;

static bool publishes = false;

const char *
headroom_mode_name(uint32 mode)
{
	return mode <= HEADROOM_MODE_ENFORCE ? mode_words[mode].name : "unknown";
}

HeadroomMode
headroom_mode_named(const char *name)
{
	for (const struct config_enum_entry *word = mode_words; word->name != NULL; word++)
	{
		if (strcmp(word->name, name) == 0)
			return (HeadroomMode) word->val;
	}
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" is not a mode of the guard", name),
			errhint("The modes are off, shadow and enforce."));
}

HeadroomSettings
headroom_settings(void)
{
	return (HeadroomSettings){
		.fallback = (uint32) lease_fallback,
		.blame = (uint32) blame,
		.soft_line_percent = (uint32) soft_line_percent,
		.exempt_superusers = exempt_superusers ? 1 : 0,
	};
}

HeadroomControl
headroom_first_control(void)
{
	HeadroomSettings settings = headroom_settings();
	HeadroomControl control = {
		.mode = (uint32) static_mode,
		.fallback = settings.fallback,
		.blame = settings.blame,
		.soft_line_percent = settings.soft_line_percent,
		.exempt_superusers = settings.exempt_superusers,
	};

	if (static_limit_mb > 0)
	{
		control.limit.is_set = 1;
		control.limit.limit_bytes = (uint64) static_limit_mb * 1024 * 1024;
	}
	return control;
}

HeadroomMode
headroom_switch(void)
{
	return (HeadroomMode) switch_mode;
}

uint32
headroom_ring_capacity(void)
{
	return (uint32) event_capacity;
}

bool
headroom_computes_query_ids(void)
{
	return computes_query_ids;
}

/* The bit of a kind that may be blockable; 0 for anything else. */
static uint32
kind_bit(const char *name)
{
	if (pg_strcasecmp(name, "client backend") == 0)
		return HEADROOM_KIND_BIT(HEADROOM_KIND_CLIENT_BACKEND);
	if (pg_strcasecmp(name, "parallel worker") == 0)
		return HEADROOM_KIND_BIT(HEADROOM_KIND_PARALLEL_WORKER);
	if (pg_strcasecmp(name, "background worker") == 0)
		return HEADROOM_KIND_BIT(HEADROOM_KIND_BACKGROUND_WORKER);
	return 0;
}

/* False when the text is no list, or names a kind that cannot be blockable; *stranger is that name, or NULL. */
static bool
parse_kinds(char *text, uint32 *kinds, char **stranger)
{
	char *at = text;

	*kinds = 0;
	*stranger = NULL;
	while (at != NULL)
	{
		char *name = at;
		char *comma = strchr(at, ',');
		uint32 bit;

		at = comma == NULL ? NULL : comma + 1;
		if (comma != NULL)
			*comma = '\0';
		while (*name == ' ')
			name++;
		for (char *end = name + strlen(name); end > name && end[-1] == ' '; end--)
			end[-1] = '\0';
		if (*name == '\0' && comma == NULL && at == NULL && *kinds == 0)
			return true; /* an empty list: nobody */
		bit = kind_bit(name);
		if (bit == 0)
		{
			*stranger = name;
			return false;
		}
		*kinds |= bit;
	}
	return true;
}

static bool
check_kinds(char **value, void **extra, GucSource source)
{
	char *copy = pstrdup(*value);
	char *stranger;
	uint32 kinds;
	bool good = parse_kinds(copy, &kinds, &stranger);

	if (!good)
	{
		GUC_check_errdetail("\"%s\" is not a kind of process that can be refused.", stranger);
		GUC_check_errhint("The kinds are client backend, parallel worker and background worker, with commas between them.");
	}
	pfree(copy);
	return good;
}

uint32
headroom_blockable_kinds(void)
{
	char *copy = pstrdup(blockable_kinds);
	char *stranger;
	uint32 kinds;

	(void) parse_kinds(copy, &kinds, &stranger);
	pfree(copy);
	return kinds;
}

/* --- publishing: only the postmaster, and only once there is a segment ---------------------------------------------- */

static bool
is_publisher(void)
{
	return publishes && !IsUnderPostmaster;
}

static void
publish_settings(HeadroomSettings settings)
{
	if (is_publisher() && !headroom_guard->publish_settings(&settings))
		ereport(LOG, errmsg("headroom: a changed setting was not published, because another writer held the segment for 2 s"),
				errhint("Reload the configuration again."));
}

/* Not over the head of a collector: its control has a lease, and comes again with the next tick anyway. */
static void
publish_static(int mode, int limit_mb)
{
	const HeadroomSegment *segment;
	HeadroomControl control;

	if (!is_publisher())
		return;
	segment = headroom_guard->segment();
	if (segment == NULL || segment->control[atomic_load(&segment->control_generation) & 1].lease_is_set)
		return;
	control = headroom_first_control();
	control.mode = (uint32) mode;
	control.limit.is_set = limit_mb > 0;
	control.limit.limit_bytes = (uint64) limit_mb * 1024 * 1024;
	if (!headroom_guard->publish_control(&control))
		ereport(LOG, errmsg("headroom: the static limit was not published, because another writer held the segment for 2 s"),
				errhint("Reload the configuration again."));
}

static void
assign_switch(int value, void *extra)
{
	if (is_publisher())
		headroom_guard->set_switch((HeadroomMode) value);
}

static void
assign_static_mode(int value, void *extra)
{
	publish_static(value, static_limit_mb);
}

static void
assign_static_limit(int value, void *extra)
{
	publish_static(static_mode, value);
}

static void
assign_fallback(int value, void *extra)
{
	HeadroomSettings settings = headroom_settings();

	settings.fallback = (uint32) value;
	publish_settings(settings);
}

static void
assign_blame(int value, void *extra)
{
	HeadroomSettings settings = headroom_settings();

	settings.blame = (uint32) value;
	publish_settings(settings);
}

static void
assign_soft_line(int value, void *extra)
{
	HeadroomSettings settings = headroom_settings();

	settings.soft_line_percent = (uint32) value;
	publish_settings(settings);
}

static void
assign_exempt(bool value, void *extra)
{
	HeadroomSettings settings = headroom_settings();

	settings.exempt_superusers = value ? 1 : 0;
	publish_settings(settings);
}

void
headroom_publish_changes(void)
{
	publishes = true;
}

void
headroom_define_settings(void)
{
	DefineCustomEnumVariable("headroom.switch", "The most that the guard may do: off, shadow or enforce.",
							 "The kill switch: takes effect in every process at a reload. The function "
							 "headroom_guard_switch() does the same at once, until the next change or restart.",
							 &switch_mode, HEADROOM_MODE_ENFORCE, mode_words, PGC_SIGHUP, 0, NULL, assign_switch, NULL);
	DefineCustomEnumVariable("headroom.static_mode", "What the guard does while no collector has set a limit.",
							 "A collector's mode takes its place.", &static_mode, HEADROOM_MODE_SHADOW, mode_words,
							 PGC_SIGHUP, 0, NULL, assign_static_mode, NULL);
	DefineCustomIntVariable("headroom.static_limit", "The limit while no collector has set one; 0: none.",
							"For servers without a collector. A collector's limit takes its place.", &static_limit_mb, 0, 0,
							INT_MAX, PGC_SIGHUP, GUC_UNIT_MB, NULL, assign_static_limit, NULL);
	DefineCustomEnumVariable("headroom.lease_fallback", "What the guard does once the collector's lease has run out.",
							 "count: keeps counting and stops refusing; keep: goes on with the last limit.",
							 &lease_fallback, HEADROOM_FALLBACK_COUNT, fallback_words, PGC_SIGHUP, 0, NULL,
							 assign_fallback, NULL);
	DefineCustomEnumVariable("headroom.blame", "Who is refused: requester or largest.",
							 "requester: who asks when the limit is reached. largest: above headroom.soft_line only who "
							 "holds more than its share, the largest first.",
							 &blame, HEADROOM_BLAME_REQUESTER, blame_words, PGC_SIGHUP, 0, NULL, assign_blame, NULL);
	DefineCustomIntVariable("headroom.soft_line", "Percent of the limit above which headroom.blame = largest refuses.", NULL,
							&soft_line_percent, 90, 1, 100, PGC_SIGHUP, 0, NULL, assign_soft_line, NULL);
	DefineCustomBoolVariable("headroom.exempt_superusers", "Never refuse sessions of superusers.",
							 "Off by default, because many containers run their application as a superuser.",
							 &exempt_superusers, false, PGC_SIGHUP, 0, NULL, assign_exempt, NULL);
	DefineCustomStringVariable("headroom.blockable_kinds", "Kinds of processes that may be refused, with commas between them.",
							   "Possible are client backend, parallel worker and background worker; no other kind ever is.",
							   &blockable_kinds, "client backend, parallel worker", PGC_POSTMASTER, 0, check_kinds, NULL,
							   NULL);
	DefineCustomIntVariable("headroom.event_capacity", "Events kept in the ring, rounded up to a power of two.",
							"A collector that reads every second loses none of 4096 unless statements fail faster than that.",
							&event_capacity, 4096, 16, 65536, PGC_POSTMASTER, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("headroom.compute_query_id", "Have Postgres compute query identifiers, so that events name queries.",
							 "Only with compute_query_id = auto; on and off are obeyed as they are.", &computes_query_ids, true,
							 PGC_POSTMASTER, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("headroom");
}
