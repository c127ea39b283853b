/** Tables of whole numbers as files of checked, packed column blocks that are mapped to memory. */
@NullMarked
package dev.headroom.engine.columnar;

import org.jspecify.annotations.NullMarked;
