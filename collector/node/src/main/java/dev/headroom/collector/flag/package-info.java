/** What the guards of this node are to do, as flags say it, kept through the database's absence. */
@NullMarked
package dev.headroom.collector.flag;

import org.jspecify.annotations.NullMarked;
