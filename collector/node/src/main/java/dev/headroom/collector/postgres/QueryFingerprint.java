package dev.headroom.collector.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number that is the same for statements that differ in literals, comments, white space and case
 * only. It is stable across versions of Headroom and of Postgres, and it is not Postgres's {@code
 * query_id}, which needs the parsed statement.
 *
 * <p>The text, cut after {@link #TEXT_BYTES}, becomes words: a string, dollar-quoted text, number
 * or parameter is {@code ?}, and a list of them is one; comments are left out; everything else but
 * a quoted identifier is in lower case. The fingerprint is the 64-bit FNV-1a hash of the words with
 * one space between two, in UTF-8.
 */
public final class QueryFingerprint {

  /** As much of a statement as is read from the process that runs it. */
  public static final int TEXT_BYTES = 1023;

  private static final long FNV_OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  /** What is cut off at the end of the text matches too: an open quote or comment runs to it. */
  private static final Pattern WORD =
      Pattern.compile(
          "(?<blank>\\s+|--[^\\n]*+|/\\*)"
              + "|(?<literal>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*+(?:'|\\z)"
              + "|[eE]'(?:[^'\\\\]|''|\\\\.)*+(?:'|\\\\?\\z)"
              + "|\\$(?<tag>(?:[A-Za-z_\\x80-\\uffff][\\w\\x80-\\uffff]*+)?)\\$"
              + "|\\$\\d++"
              + "|(?:\\d[\\d_]*+(?:\\.[\\d_]*+)?|\\.\\d[\\d_]*+)(?:[eE][+-]?\\d++)?)"
              + "|(?<quoted>\"(?:[^\"]|\"\")*+(?:\"|\\z))"
              + "|(?<name>[A-Za-z_\\x80-\\uffff][\\w$\\x80-\\uffff]*+)"
              + "|(?<other>.)",
          Pattern.DOTALL);

  private QueryFingerprint() {}

  /** The fingerprint of a statement. */
  public static long of(String statement) {
    long hash = FNV_OFFSET_BASIS;
    for (byte octet : normalized(statement).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (octet & 0xff)) * FNV_PRIME;
    }
    return hash;
  }

  /** The words that are hashed. */
  static String normalized(String statement) {
    StringBuilder words = new StringBuilder();
    String text = cut(statement);
    Matcher matcher = WORD.matcher(text);
    int at = 0;
    while (at < text.length() && matcher.find(at)) {
      at = matcher.end();
      if (matcher.group("blank") != null) {
        at = matcher.group().equals("/*") ? endOfComment(text, at) : at;
      } else if (matcher.group("literal") != null) {
        at = matcher.group("tag") != null ? endOfDollarQuote(text, matcher.group(), at) : at;
        append(words, "?");
      } else {
        append(
            words,
            matcher.group("quoted") != null
                ? matcher.group()
                : matcher.group().toLowerCase(Locale.ROOT));
      }
    }
    int end = words.length();
    while (end > 0 && " ;".indexOf(words.charAt(end - 1)) >= 0) {
      end--;
    }
    return words.substring(0, end);
  }

  private static void append(StringBuilder words, String word) {
    boolean continuesList =
        word.equals("?")
            && words.length() >= 3
            && words.substring(words.length() - 3).equals("? ,");
    if (continuesList) {
      words.setLength(words.length() - 2);
      return;
    }
    words.append(words.isEmpty() ? "" : " ").append(word);
  }

  private static int endOfComment(String text, int from) {
    int depth = 1;
    int at = from;
    while (at < text.length() && depth > 0) {
      if (text.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else if (text.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else {
        at++;
      }
    }
    return at;
  }

  private static int endOfDollarQuote(String text, String quote, int from) {
    int end = text.indexOf(quote, from);
    return end < 0 ? text.length() : end + quote.length();
  }

  private static String cut(String statement) {
    byte[] bytes = statement.getBytes(StandardCharsets.UTF_8);
    return bytes.length <= TEXT_BYTES
        ? statement
        : new String(bytes, 0, TEXT_BYTES, StandardCharsets.UTF_8);
  }
}
