package dev.headroom.model;

/**
 * Anything a collector writes down. Each has a key of its own, so that storing one twice stores it
 * once.
 *
 * <p>Times are kept to the microsecond, which is what the database keeps.
 */
public sealed interface Observation
    permits Node, Instance, Sample, OomKill, InstanceEvent, CollectorEvent, GuardEvent, Decision {}
