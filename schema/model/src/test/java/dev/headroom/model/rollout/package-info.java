/** Tests of what rollouts mean for instances. */
@NullMarked
package dev.headroom.model.rollout;

import org.jspecify.annotations.NullMarked;
