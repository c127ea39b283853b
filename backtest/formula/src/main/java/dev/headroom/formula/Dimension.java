package dev.headroom.formula;

/** What an input measures, and with it the unit of its values. */
public enum Dimension {
  /** Memory; values are bytes. */
  BYTES,
  /** Things that are counted: connections, processes. Multiplies like a plain number. */
  COUNT,
  /** Time; values are seconds. */
  DURATION,
  /** A ratio or factor without a unit. */
  NUMBER
}
