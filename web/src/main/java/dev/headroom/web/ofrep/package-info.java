/** Flags for other programs: the OpenFeature Remote Evaluation Protocol, and flagd's own file. */
@NullMarked
package dev.headroom.web.ofrep;

import org.jspecify.annotations.NullMarked;
