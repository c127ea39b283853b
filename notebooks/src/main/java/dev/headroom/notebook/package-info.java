/** What the cells of a notebook work with: a recording, tables and pictures of it, and prose. */
@NullMarked
package dev.headroom.notebook;

import org.jspecify.annotations.NullMarked;
