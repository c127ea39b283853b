/** The notebooks and what their cells work with, run as users run them. */
@NullMarked
package dev.headroom.notebook;

import org.jspecify.annotations.NullMarked;
