package dev.headroom.collector.spool;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * The model's records as JSON. Fields are the records' components; facts go by their column names;
 * a limit is a number or {@code "max"}; an absent value has no field. A field that this version
 * does not know is skipped, so an older collector can read what a newer one left behind.
 */
public final class ObservationJson {

  private static final String UNLIMITED = "max";

  private static final Map<String, Fact> FACT_BY_COLUMN =
      Arrays.stream(Fact.values())
          .collect(Collectors.toUnmodifiableMap(Fact::columnName, Function.identity()));

  private ObservationJson() {}

  /** A mapper for the model's records. */
  public static JsonMapper mapper() {
    return JsonMapper.builder()
        .addModule(
            new SimpleModule()
                .addSerializer(Facts.class, new FactsWriter())
                .addDeserializer(Facts.class, new FactsReader())
                .addSerializer(MemoryLimit.class, new LimitWriter())
                .addDeserializer(MemoryLimit.class, new LimitReader())
                .addSerializer(InstanceId.class, new IdWriter())
                .addDeserializer(InstanceId.class, new IdReader()))
        .changeDefaultPropertyInclusion(
            inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        // A record's components are all that is written; other methods are no properties.
        .changeDefaultVisibility(visibility ->
            visibility
                .withIsGetterVisibility(JsonAutoDetect.Visibility.NONE)
                .withGetterVisibility(JsonAutoDetect.Visibility.NONE)
                .withFieldVisibility(JsonAutoDetect.Visibility.ANY))
        .build();
  }

  private static final class FactsWriter extends ValueSerializer<Facts> {
    @Override
    public void serialize(Facts facts, JsonGenerator json, SerializationContext context) {
      json.writeStartObject();
      for (Fact fact : Fact.values()) {
        facts.find(fact).ifPresent(value -> json.writeNumberProperty(fact.columnName(), value));
      }
      json.writeEndObject();
    }
  }

  private static final class FactsReader extends ValueDeserializer<Facts> {
    @Override
    public Facts deserialize(JsonParser json, DeserializationContext context) {
      Facts.Builder facts = Facts.builder();
      JsonNode object = context.readTree(json);
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        Fact fact = FACT_BY_COLUMN.get(field.getKey());
        if (fact != null) {
          facts.set(fact, field.getValue().longValue());
        }
      }
      return facts.build();
    }
  }

  private static final class LimitWriter extends ValueSerializer<MemoryLimit> {
    @Override
    public void serialize(MemoryLimit limit, JsonGenerator json, SerializationContext context) {
      switch (limit) {
        case MemoryLimit.Unlimited() -> json.writeString(UNLIMITED);
        case MemoryLimit.Bytes(long bytes) -> json.writeNumber(bytes);
      }
    }
  }

  private static final class LimitReader extends ValueDeserializer<MemoryLimit> {
    @Override
    public MemoryLimit deserialize(JsonParser json, DeserializationContext context) {
      JsonNode limit = context.readTree(json);
      return limit.isString() && limit.stringValue().equals(UNLIMITED)
          ? MemoryLimit.UNLIMITED
          : MemoryLimit.ofBytes(limit.longValue());
    }
  }

  private static final class IdWriter extends ValueSerializer<InstanceId> {
    @Override
    public void serialize(InstanceId id, JsonGenerator json, SerializationContext context) {
      json.writeString(id.toString());
    }
  }

  private static final class IdReader extends ValueDeserializer<InstanceId> {
    @Override
    public InstanceId deserialize(JsonParser json, DeserializationContext context) {
      return InstanceId.parse(json.getString());
    }
  }
}
