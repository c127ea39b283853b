/** Rollouts: how far each policy is, and the button that stops everything. */
@NullMarked
package dev.headroom.web.rollout;

import org.jspecify.annotations.NullMarked;
