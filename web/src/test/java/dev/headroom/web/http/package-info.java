/** Tests of what every route is made of. */
@NullMarked
package dev.headroom.web.http;

import org.jspecify.annotations.NullMarked;
