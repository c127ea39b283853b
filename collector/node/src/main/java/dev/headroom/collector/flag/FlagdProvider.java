package dev.headroom.collector.flag;

import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.ImmutableMetadata;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.Reason;
import io.github.jamsesso.jsonlogic.JsonLogic;
import io.github.jamsesso.jsonlogic.JsonLogicException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Flags from a file in flagd's format, read again whenever it changes. Understood are {@code
 * state}, {@code variants} of strings, {@code defaultVariant}, {@code metadata}, and {@code
 * targeting} in plain JsonLogic; flagd's own operators are not, and a flag that uses one has no
 * answer. A file that becomes unreadable leaves the last good one in use for a bounded time.
 */
public final class FlagdProvider extends TextFlagProvider {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  private final Path file;
  private final Duration maxAge;
  private final Supplier<Instant> clock;
  private final Consumer<String> problems;
  private final JsonLogic logic = new JsonLogic();
  private Map<String, JsonNode> flags = Map.of();
  private @Nullable Instant goodAt;
  private @Nullable Instant lookedAt;
  private @Nullable FileTime modifiedAt;
  private long sizeBytes;

  /**
   * @param maxAge how long the last good file counts once it cannot be read
   * @param clock event time
   * @param problems is told why the file cannot be used
   */
  public FlagdProvider(
      Path file, Duration maxAge, Supplier<Instant> clock, Consumer<String> problems) {
    super("flagd file");
    this.file = file;
    this.maxAge = maxAge;
    this.clock = clock;
    this.problems = problems;
  }

  @Override
  public synchronized ProviderEvaluation<String> getStringEvaluation(
      String key, String otherwise, EvaluationContext context) {
    Instant now = clock.get();
    look(now);
    if (goodAt == null || Duration.between(goodAt, now).compareTo(maxAge) > 0) {
      return failed(
          otherwise,
          ErrorCode.PROVIDER_NOT_READY,
          goodAt == null ? file + " was never readable" : file + " is unreadable since " + goodAt);
    }
    JsonNode flag = flags.get(key);
    if (flag == null) {
      return failed(
          otherwise, ErrorCode.FLAG_NOT_FOUND, "there is no flag %s in %s".formatted(key, file));
    }
    if (flag.path("state").asString("").equals("DISABLED")) {
      return answer(otherwise, null, Reason.DISABLED, flag);
    }
    JsonNode targeting = flag.path("targeting");
    boolean isTargeted = targeting.isObject() && !targeting.isEmpty();
    try {
      @Nullable Object target =
          isTargeted ? logic.apply(targeting.toString(), data(key, context)) : null;
      if (target != null) {
        return variant(key, otherwise, target.toString(), Reason.TARGETING_MATCH, flag);
      }
    } catch (JsonLogicException | RuntimeException unsupported) {
      return failed(
          otherwise,
          ErrorCode.PARSE_ERROR,
          "the targeting of %s in %s cannot be evaluated: %s"
              .formatted(key, file, unsupported.getMessage()));
    }
    JsonNode byDefault = flag.path("defaultVariant");
    Reason reason = isTargeted ? Reason.DEFAULT : Reason.STATIC;
    return byDefault.isString()
        ? variant(key, otherwise, byDefault.asString(), reason, flag)
        : answer(otherwise, null, Reason.DEFAULT, flag);
  }

  private ProviderEvaluation<String> variant(
      String key, String otherwise, String name, Reason reason, JsonNode flag) {
    JsonNode value = flag.path("variants").path(name);
    if (value.isMissingNode()) {
      return failed(
          otherwise,
          ErrorCode.GENERAL,
          "the flag %s in %s has no variant '%s'".formatted(key, file, name));
    }
    return value.isString()
        ? answer(value.asString(), name, reason, flag)
        : failed(
            otherwise,
            ErrorCode.TYPE_MISMATCH,
            "variant '%s' of the flag %s in %s is no string".formatted(name, key, file));
  }

  private static ProviderEvaluation<String> answer(
      String value, @Nullable String variant, Reason reason, JsonNode flag) {
    ImmutableMetadata.ImmutableMetadataBuilder metadata = ImmutableMetadata.builder();
    flag.path("metadata")
        .forEachEntry((name, it) -> {
          if (it.isString()) {
            metadata.addString(name, it.asString());
          } else if (it.isIntegralNumber()) {
            metadata.addLong(name, it.asLong());
          } else if (it.isNumber()) {
            metadata.addDouble(name, it.asDouble());
          } else if (it.isBoolean()) {
            metadata.addBoolean(name, it.asBoolean());
          }
        });
    return ProviderEvaluation.<String>builder()
        .value(value)
        .variant(variant)
        .reason(reason.name())
        .flagMetadata(metadata.build())
        .build();
  }

  private Map<String, Object> data(String key, EvaluationContext context) {
    Map<String, Object> data = new HashMap<>(context.asObjectMap());
    data.put("targetingKey", Optional.ofNullable(context.getTargetingKey()).orElse(""));
    data.put("$flagd", Map.of("flagKey", key, "timestamp", clock.get().getEpochSecond()));
    return data;
  }

  private void look(Instant now) {
    if (lookedAt != null && now.isBefore(lookedAt.plus(LOOK_AGAIN))) {
      return;
    }
    lookedAt = now;
    try {
      FileTime modified = Files.getLastModifiedTime(file);
      long size = Files.size(file);
      if (!modified.equals(modifiedAt) || size != sizeBytes) {
        flags = read();
        modifiedAt = modified;
        sizeBytes = size;
      }
      goodAt = now;
    } catch (IOException | JacksonException unusable) {
      modifiedAt = null;
      problems.accept("the flags in %s cannot be used: %s".formatted(file, unusable.getMessage()));
    }
  }

  private Map<String, JsonNode> read() throws IOException {
    JsonNode found = MAPPER.readTree(Files.readString(file)).path("flags");
    if (!found.isObject()) {
      throw new IOException("it has no object \"flags\"");
    }
    Map<String, JsonNode> all = new HashMap<>();
    found.forEachEntry(all::put);
    return all;
  }
}
