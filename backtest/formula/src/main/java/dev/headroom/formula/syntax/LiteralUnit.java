package dev.headroom.formula.syntax;

import dev.headroom.formula.Dimension;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The units a number may carry. Binary and decimal multiples of the byte are told apart by their
 * names.
 */
public enum LiteralUnit {
  /** No unit: takes the dimension of what it meets. */
  NONE("", Dimension.NUMBER, "1"),
  PERCENT("%", Dimension.NUMBER, "0.01"),
  BYTE("B", Dimension.BYTES, "1"),
  KIBIBYTE("KiB", Dimension.BYTES, "1024"),
  MEBIBYTE("MiB", Dimension.BYTES, "1048576"),
  GIBIBYTE("GiB", Dimension.BYTES, "1073741824"),
  TEBIBYTE("TiB", Dimension.BYTES, "1099511627776"),
  MEGABYTE("MB", Dimension.BYTES, "1000000"),
  GIGABYTE("GB", Dimension.BYTES, "1000000000"),
  TERABYTE("TB", Dimension.BYTES, "1000000000000"),
  MILLISECOND("ms", Dimension.DURATION, "0.001"),
  SECOND("s", Dimension.DURATION, "1"),
  MINUTE("m", Dimension.DURATION, "60"),
  HOUR("h", Dimension.DURATION, "3600"),
  DAY("d", Dimension.DURATION, "86400");

  private final String symbol;
  private final Dimension dimension;
  private final BigDecimal factor;

  LiteralUnit(String symbol, Dimension dimension, String factor) {
    this.symbol = symbol;
    this.dimension = dimension;
    this.factor = new BigDecimal(factor);
  }

  /** As written behind the digits. */
  public String symbol() {
    return symbol;
  }

  public Dimension dimension() {
    return dimension;
  }

  /** One of this unit in bytes, seconds or plain numbers. */
  public BigDecimal factor() {
    return factor;
  }

  static Optional<LiteralUnit> find(String symbol) {
    return Arrays.stream(values()).filter(unit -> unit.symbol.equals(symbol)).findFirst();
  }

  /** What to write instead of a unit that is none. */
  static String suggestionFor(String digits, String wrong) {
    return switch (wrong.toLowerCase(Locale.ROOT)) {
      case "b", "byte", "bytes" -> "write " + digits + "B for bytes";
      case "k", "kb", "ki", "kib" ->
          "write %sKiB (1024 bytes each) or %sB (1000 bytes each)"
              .formatted(digits, new BigDecimal(digits).movePointRight(3).toPlainString());
      case "mi", "mib" -> "write " + digits + "MiB";
      case "m", "mb" -> "write %sMiB (2^20 bytes) or %sMB (10^6 bytes)".formatted(digits, digits);
      case "g", "gi", "gib", "gb" ->
          "write %sGiB (2^30 bytes) or %sGB (10^9 bytes)".formatted(digits, digits);
      case "t", "ti", "tib", "tb" ->
          "write %sTiB (2^40 bytes) or %sTB (10^12 bytes)".formatted(digits, digits);
      case "sec", "secs", "second", "seconds" -> "write " + digits + "s";
      case "min", "mins", "minute", "minutes" -> "write " + digits + "m";
      case "hour", "hours", "hr", "hrs" -> "write " + digits + "h";
      case "day", "days" -> "write " + digits + "d";
      default -> "units are B KiB MiB GiB TiB MB GB TB % ms s m h d";
    };
  }
}
