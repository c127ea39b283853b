/** Tests of the measuring, which are also a short form of it. */
@NullMarked
package dev.headroom.load;

import org.jspecify.annotations.NullMarked;
