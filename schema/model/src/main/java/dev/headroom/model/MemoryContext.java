package dev.headroom.model;

/**
 * One of a Postgres process's memory contexts.
 *
 * @param name as the server names it, such as {@code PortalContext}
 * @param bytes what its blocks hold, free space in them included
 * @param blocks how many blocks it has
 */
public record MemoryContext(String name, long bytes, long blocks) {}
