/** What every part of the web process shares: routes, who may call them, queries and errors. */
@NullMarked
package dev.headroom.web.http;

import org.jspecify.annotations.NullMarked;
