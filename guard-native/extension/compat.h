/*
 * compat.h: every difference between PostgreSQL 15, 16, 17 and 18 that the extension meets.
 */
#ifndef HEADROOM_COMPAT_H
#define HEADROOM_COMPAT_H

#include "postgres.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "headroom is written for PostgreSQL 15, 16, 17 and 18"
#endif

/* 18 dropped ExecutorRun's execute_once. */
#if PG_VERSION_NUM >= 180000
#define HEADROOM_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define HEADROOM_RUN_ARGUMENTS query, direction, count
#else
#define HEADROOM_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define HEADROOM_RUN_ARGUMENTS query, direction, count, execute_once
#endif

/* 17 tells in a setting whether huge pages are in use; before, only the kernel knows. */
#if PG_VERSION_NUM >= 170000
#define HEADROOM_HAS_HUGE_PAGES_STATUS 1
#else
#define HEADROOM_HAS_HUGE_PAGES_STATUS 0
#endif

/* 16 exports what Postgres looks for by name, and moved the header of query identifiers. */
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
extern PGDLLEXPORT void _PG_init(void);
#endif

#endif
