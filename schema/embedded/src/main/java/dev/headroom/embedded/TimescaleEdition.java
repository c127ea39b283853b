package dev.headroom.embedded;

/** The two builds of TimescaleDB; {@code SHOW timescaledb.license} names them the same way. */
public enum TimescaleEdition {
  /** Apache-2.0 only, as Debian packages it: no compression, continuous aggregates or jobs. */
  APACHE,
  /** With the Timescale-licensed module: everything. */
  TIMESCALE;

  /** As {@code timescaledb.license} spells it. */
  public String license() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
