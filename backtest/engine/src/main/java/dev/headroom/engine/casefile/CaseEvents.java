package dev.headroom.engine.casefile;

import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Reads the events of a case, one after the other. */
final class CaseEvents {

  private static final Set<String> KEYS = Set.of("at", "oom_kill", "ready", "denied");
  private static final Set<String> KILL_KEYS = Set.of("victim", "allocated");
  private static final Set<String> DENIED_KEYS = Set.of("pid", "limit");

  private final InstanceId instanceId;
  private final List<CaseProcess> processes;
  private final List<OomKill> kills = new ArrayList<>();
  private final List<InstanceEvent> instanceEvents = new ArrayList<>();
  private final List<GuardEvent> guardEvents = new ArrayList<>();
  private final Map<UUID, Map<Integer, Long>> allocatedBytesAtKill = new HashMap<>();
  private long lastNs;

  CaseEvents(InstanceId instanceId, List<CaseProcess> processes) {
    this.instanceId = instanceId;
    this.processes = processes;
  }

  List<OomKill> kills() {
    return kills;
  }

  List<InstanceEvent> instanceEvents() {
    return instanceEvents;
  }

  List<GuardEvent> guardEvents() {
    return guardEvents;
  }

  Map<UUID, Map<Integer, Long>> allocatedBytesAtKill() {
    return allocatedBytesAtKill;
  }

  void read(CaseNode node) {
    Map<String, CaseNode> entries = node.mapping(KEYS);
    long atNs = CaseNode.get(node, entries, "at").nanoseconds();
    if (atNs < lastNs) {
      throw node.error("events stand in time order, but this one is before the one above");
    }
    lastNs = atNs;
    if (entries.size() != 2) {
      throw node.error("an event has a time 'at' and one of oom_kill, ready, denied");
    }
    entries.forEach((key, value) -> {
      switch (key) {
        case "oom_kill" -> readKill(value, atNs);
        case "ready" -> readReady(value, atNs);
        case "denied" -> readDenied(value, atNs);
        default -> {}
      }
    });
  }

  private void readKill(CaseNode node, long atNs) {
    Map<String, CaseNode> entries = node.mapping(KILL_KEYS);
    CaseProcess victim = processOf(CaseNode.get(node, entries, "victim"));
    UUID killId = killId(kills.size());
    CaseNode allocated = entries.get("allocated");
    if (allocated != null) {
      allocatedBytesAtKill.put(killId, readAllocated(allocated));
    }
    kills.add(kill(killId, victim, atNs));
  }

  private Map<Integer, Long> readAllocated(CaseNode node) {
    Map<Integer, Long> allocated = new HashMap<>();
    node.mapping()
        .forEach((pid, bytes) -> {
          CaseProcess process =
              processes.stream()
                  .filter(each -> String.valueOf(each.pid()).equals(pid))
                  .findAny()
                  .orElseThrow(() -> node.error("no process has the pid " + pid));
          allocated.put(process.pid(), bytes.bytes());
        });
    return allocated;
  }

  private void readReady(CaseNode node, long atNs) {
    if (!node.flag()) {
      throw node.error("an instance is ready or there is no event; false says nothing");
    }
    instanceEvents.add(
        new InstanceEvent(instanceId, at(atNs), InstanceEvent.Kind.READY, null, null));
  }

  private void readDenied(CaseNode node, long atNs) {
    Map<String, CaseNode> entries = node.mapping(DENIED_KEYS);
    CaseProcess process = processOf(CaseNode.get(node, entries, "pid"));
    guardEvents.add(
        new GuardEvent(
            instanceId,
            at(atNs),
            GuardEvent.Kind.DENIAL,
            process.pid(),
            null,
            process.kind(),
            null,
            null,
            CaseNode.get(node, entries, "limit").bytes(),
            null,
            null,
            null,
            null,
            null,
            null));
  }

  private CaseProcess processOf(CaseNode pid) {
    return processes.stream()
        .filter(process -> process.pid() == pid.pid())
        .findAny()
        .orElseThrow(() -> pid.error("no process has the pid " + pid.text()));
  }

  private static UUID killId(int number) {
    return UUID.nameUUIDFromBytes(("kill " + number).getBytes(StandardCharsets.UTF_8));
  }

  private static Instant at(long atNs) {
    return CaseReader.START.plusNanos(atNs);
  }

  private OomKill kill(UUID killId, CaseProcess victim, long atNs) {
    return OomKill.of(
        killId,
        killId,
        "case",
        instanceId,
        at(atNs),
        atNs,
        "case",
        OomProcess.of(victim.pid(), "postgres", victim.kind()));
  }
}
