package dev.headroom.cli;

import dev.headroom.engine.kernel.FidelityCheck;
import dev.headroom.engine.recording.ContentHash;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is in a recording, counted by reading it through. */
record RecordingSummary(Recording recording, String contentHash, List<InstanceLine> instances) {

  /** One instance of it. */
  record InstanceLine(
      String id, String labels, Fidelity fidelity, int samples, int kills, int events) {}

  static RecordingSummary of(RecordingSource source) {
    ContentHash hash = new ContentHash();
    List<InstanceLine> lines = new ArrayList<>();
    try (RecordingSource.InstanceStream instances = source.open()) {
      while (instances.hasNext()) {
        InstanceRecording each = instances.next();
        hash.add(each);
        lines.add(
            new InstanceLine(
                each.instance().id().toString(),
                labels(each.instance().labels()),
                FidelityCheck.of(each.samples()).fidelity(),
                each.samples().size(),
                each.kills().size(),
                each.instanceEvents().size()));
      }
    }
    return new RecordingSummary(source.recording(), hash.value(), lines);
  }

  String render(Terminal terminal) {
    TextTable table = new TextTable("instance", "labels", "fidelity", "samples", "kills", "events");
    instances.forEach(each ->
        table.add(
            each.id(),
            each.labels(),
            name(each.fidelity()),
            each.samples(),
            each.kills(),
            each.events()));
    return "recording %s · %s to %s · content hash %s%n%s%n%s"
        .formatted(
            recording.name(),
            recording.startsAt(),
            recording.endsAt(),
            contentHash,
            recording.note(),
            table.render(terminal));
  }

  Map<String, Object> asMap() {
    Map<String, Object> fields = new LinkedHashMap<>(RecordingCommand.asMap(recording));
    fields.put("content_hash", contentHash);
    fields.put(
        "instances",
        instances.stream()
            .map(each -> {
              Map<String, Object> line = new LinkedHashMap<>();
              line.put("instance_id", each.id());
              line.put("labels", each.labels());
              line.put("fidelity", name(each.fidelity()));
              line.put("samples", each.samples());
              line.put("kills", each.kills());
              line.put("instance_events", each.events());
              return line;
            })
            .toList());
    return fields;
  }

  private static String labels(Map<String, String> labels) {
    return String.join(
        " ",
        labels.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(label -> label.getKey() + "=" + label.getValue())
            .toList());
  }

  private static String name(Fidelity fidelity) {
    return fidelity.name().toLowerCase(Locale.ROOT);
  }
}
