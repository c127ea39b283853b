package dev.headroom.engine.statistics;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers of any size as a person reads them at a glance: 0.05, 10.3, 326, 4.5k, 33M. */
public final class CompactNumber {

  private static final MathContext BELOW_A_THOUSAND = new MathContext(3);
  private static final MathContext FROM_A_THOUSAND = new MathContext(2);
  private static final BigDecimal THOUSAND = BigDecimal.valueOf(1000);
  private static final String SI_LETTERS = "kMGTPE";

  private CompactNumber() {}

  /**
   * At most three significant digits, and two before a letter of the SI, where nobody needs more.
   *
   * @param value finite, at least 0
   */
  public static String of(double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException("a finite number from 0 up is needed, not " + value);
    }
    BigDecimal rounded = new BigDecimal(value).round(BELOW_A_THOUSAND);
    if (rounded.compareTo(THOUSAND) >= 0) {
      rounded = new BigDecimal(value).round(FROM_A_THOUSAND);
    }
    int letters = 0;
    while (rounded.compareTo(THOUSAND) >= 0 && letters < SI_LETTERS.length()) {
      rounded = rounded.movePointLeft(3);
      letters++;
    }
    String digits = rounded.stripTrailingZeros().toPlainString();
    return letters == 0 ? digits : digits + SI_LETTERS.charAt(letters - 1);
  }
}
