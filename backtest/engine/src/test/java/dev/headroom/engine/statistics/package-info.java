/** Tests against published numbers. */
@NullMarked
package dev.headroom.engine.statistics;

import org.jspecify.annotations.NullMarked;
