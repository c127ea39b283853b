/** The pages: a shell and ES modules, served from the class path. */
@NullMarked
package dev.headroom.web.page;

import org.jspecify.annotations.NullMarked;
