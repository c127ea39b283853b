/**
 * How far a policy has been promoted, and what follows from it for one instance: pure functions of
 * what the database or its cached copy says, so that the collector, the web process and a test give
 * the same answer.
 */
@NullMarked
package dev.headroom.model.rollout;

import org.jspecify.annotations.NullMarked;
