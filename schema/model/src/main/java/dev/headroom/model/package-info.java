/** What Headroom records and decides about: values only, no I/O, no library. */
@NullMarked
package dev.headroom.model;

import org.jspecify.annotations.NullMarked;
