/**
 * The C functions of the kernel's and libbpf's interfaces that the collector needs, and the memory
 * it shares with them, by the JDK's foreign functions.
 */
@NullMarked
package dev.headroom.collector.ffm;

import org.jspecify.annotations.NullMarked;
