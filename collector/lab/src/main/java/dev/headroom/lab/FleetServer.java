package dev.headroom.lab;

import dev.headroom.model.InstanceId;

/**
 * One server of a fleet.
 *
 * @param name within its fleet
 * @param scenario what it goes through in every round
 * @param instanceId as every collector names it
 * @param heldOut whether it stays in shadow for ever, whatever is promoted
 */
public record FleetServer(String name, Scenario scenario, InstanceId instanceId, boolean heldOut) {}
