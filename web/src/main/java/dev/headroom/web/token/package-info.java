/** Who may call, and what callers asked to change. */
@NullMarked
package dev.headroom.web.token;

import org.jspecify.annotations.NullMarked;
