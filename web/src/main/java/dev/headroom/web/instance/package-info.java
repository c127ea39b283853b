/** One instance: its picture, its incidents, and what a formula would have done. */
@NullMarked
package dev.headroom.web.instance;

import org.jspecify.annotations.NullMarked;
