/** The headroom command: every module's commands under one root. */
@NullMarked
package dev.headroom.launcher;

import org.jspecify.annotations.NullMarked;
