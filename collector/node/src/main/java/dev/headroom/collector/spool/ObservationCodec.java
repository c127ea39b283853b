package dev.headroom.collector.spool;

import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Observations as JSON: {@code {"v":1,"kind":"sample","value":{…}}}, in UTF-8 without line breaks.
 *
 * <p>Values are as in {@link ObservationJson}.
 */
public final class ObservationCodec {

  private static final int VERSION = 1;

  private static final Map<String, Class<? extends Observation>> CLASS_BY_KIND =
      Map.of(
          "node", Node.class,
          "instance", Instance.class,
          "sample", Sample.class,
          "oom_kill", OomKill.class,
          "instance_event", InstanceEvent.class,
          "collector_event", CollectorEvent.class,
          "guard_event", GuardEvent.class,
          "decision", Decision.class);

  private static final Map<Class<? extends Observation>, String> KIND_BY_CLASS =
      CLASS_BY_KIND.entrySet().stream()
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getValue, Map.Entry::getKey));

  private final JsonMapper mapper = ObservationJson.mapper();

  /** One observation as it is written. */
  private record Envelope(int v, String kind, JsonNode value) {}

  /** The observation's bytes. */
  public byte[] encode(Observation observation) {
    String kind = KIND_BY_CLASS.get(observation.getClass());
    if (kind == null) {
      throw new IllegalArgumentException(
          "no kind of observation is written for " + observation.getClass().getName());
    }
    // NUL is the one character that the database cannot keep in a text.
    return mapper
        .writeValueAsString(new Envelope(VERSION, kind, mapper.valueToTree(observation)))
        .replace("\\u0000", "\ufffd")
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IOException when the bytes are of a later version, of an unknown kind or no observation
   */
  public Observation decode(byte[] bytes) throws IOException {
    try {
      Envelope envelope = mapper.readValue(bytes, Envelope.class);
      Class<? extends Observation> type = CLASS_BY_KIND.get(envelope.kind());
      if (envelope.v() != VERSION || type == null) {
        throw new IOException(
            "observation of version %d and kind '%s': this collector reads version %d and kinds %s"
                .formatted(envelope.v(), envelope.kind(), VERSION, CLASS_BY_KIND.keySet()));
      }
      return mapper.treeToValue(envelope.value(), type);
    } catch (JacksonException | IllegalArgumentException | NullPointerException malformed) {
      throw new IOException(
          "no observation: " + new String(bytes, StandardCharsets.UTF_8), malformed);
    }
  }
}
