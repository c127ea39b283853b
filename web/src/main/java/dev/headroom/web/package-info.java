/**
 * The web process: the dashboard, its API, and flags for other programs. {@link
 * dev.headroom.web.WebServer} puts it together; each package beside it is one part.
 */
@NullMarked
package dev.headroom.web;

import org.jspecify.annotations.NullMarked;
