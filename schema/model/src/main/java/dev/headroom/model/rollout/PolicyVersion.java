package dev.headroom.model.rollout;

import dev.headroom.model.Policy;

/**
 * A policy as it is kept: immutable, known for ever by its id.
 *
 * @param policyId such as {@code talk@3}; at most 63 bytes in UTF-8, which is what a guard can hold
 * @param version counts the versions of one name, from 1
 * @param policy what it decides
 */
public record PolicyVersion(String policyId, int version, Policy policy) {}
