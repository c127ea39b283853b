package dev.headroom.formula;

/** What an input measures, and with it the unit of its values. */
public enum Dimension {
  /** Memory. */
  BYTES("bytes"),
  /** Things that are counted: connections, processes. Multiplies like a plain number. */
  COUNT("one each"),
  /** Time. */
  DURATION("seconds"),
  /** A ratio or factor without a unit. */
  NUMBER("none");

  private final String unit;

  Dimension(String unit) {
    this.unit = unit;
  }

  /** The unit of values, in words. */
  public String unit() {
    return unit;
  }
}
