/**
 * The C functions of the kernel's and libbpf's interfaces that capturing needs, called by the JDK's
 * foreign functions.
 */
@NullMarked
package dev.headroom.collector.capture.ffm;

import org.jspecify.annotations.NullMarked;
