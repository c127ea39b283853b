/** Tests of what a person and a program read. */
@NullMarked
package dev.headroom.engine.report;

import org.jspecify.annotations.NullMarked;
