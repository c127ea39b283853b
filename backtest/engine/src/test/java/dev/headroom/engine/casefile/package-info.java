/** Tests of the worked examples: the contract's own and ours. */
@NullMarked
package dev.headroom.engine.casefile;

import org.jspecify.annotations.NullMarked;
