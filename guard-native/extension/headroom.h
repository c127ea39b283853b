/*
 * headroom.h: what the extension's parts share. headroom.c tells how they work together.
 */
#ifndef HEADROOM_EXTENSION_H
#define HEADROOM_EXTENSION_H

#include "postgres.h"

#include "headroom_guard.h"

/* The preload library, or NULL when the extension is passive. */
extern const HeadroomGuardApi *headroom_guard;

/* settings.c */
void headroom_define_settings(void);
/* From here on a changed setting is published at once. Postmaster only. */
void headroom_publish_changes(void);
HeadroomSettings headroom_settings(void);
/* The control that holds until a collector publishes one. */
HeadroomControl headroom_first_control(void);
uint32 headroom_blockable_kinds(void);
uint32 headroom_ring_capacity(void);
HeadroomMode headroom_switch(void);
bool headroom_computes_query_ids(void);
const char *headroom_mode_name(uint32 mode);
/* Raises an ERROR that names the possible words. */
HeadroomMode headroom_mode_named(const char *name);

/* facts.c */
void headroom_install_facts_hook(void);

/* statement.c */
void headroom_install_statement_hooks(void);

/* blackbox.c */
void headroom_write_blackbox(void);

#endif
