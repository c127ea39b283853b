package dev.headroom.model;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The facts that were read at one moment. Immutable; a fact that was not there is absent, never 0.
 */
public final class Facts {

  private static final Facts NONE = new Builder().build();

  private final EnumMap<Fact, Long> values;

  private Facts(EnumMap<Fact, Long> values) {
    this.values = values;
  }

  /** No fact at all. */
  public static Facts none() {
    return NONE;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The fact's value in its unit, or empty when it was not there. */
  public OptionalLong find(Fact fact) {
    Long value = values.get(fact);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  public boolean has(Fact fact) {
    return values.containsKey(fact);
  }

  /**
   * The fact's value in its unit.
   *
   * @throws IllegalStateException when the fact is absent
   */
  public long get(Fact fact) {
    return find(fact)
        .orElseThrow(() -> new IllegalStateException(fact.columnName() + " was not sampled"));
  }

  /** The same facts with one more, or another value for it. */
  public Facts with(Fact fact, long value) {
    Builder builder = builder();
    builder.values.putAll(values);
    return builder.set(fact, value).build();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Facts that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  /** Collects facts; each may be set once or again. */
  public static final class Builder {
    private final Map<Fact, Long> values = new EnumMap<>(Fact.class);

    private Builder() {}

    /** Sets a fact in its unit: bytes, microseconds or a count. */
    public Builder set(Fact fact, long value) {
      values.put(fact, value);
      return this;
    }

    /** Sets the fact when there is a value; leaves it absent otherwise. */
    public Builder set(Fact fact, OptionalLong value) {
      value.ifPresent(known -> set(fact, known));
      return this;
    }

    /** Sets all that {@code others} has. */
    public Builder setAll(Facts others) {
      values.putAll(others.values);
      return this;
    }

    public Facts build() {
      EnumMap<Fact, Long> copy = new EnumMap<>(Fact.class);
      copy.putAll(values);
      return new Facts(copy);
    }
  }
}
