package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One place that apt takes binary packages from, as {@code sources.list(5)} describes it.
 *
 * @param uri mirror, as configured
 * @param suite for example {@code bookworm} or {@code bookworm-security}
 * @param components for example {@code main}
 * @param signedBy keyring files, or the text of a key; empty when apt's common keyrings count
 */
record AptSource(String uri, String suite, List<String> components, List<String> signedBy) {

  private static final Pattern ONE_LINE =
      Pattern.compile("deb\\s+(?:\\[([^]]*)]\\s*)?(\\S+)\\s+(\\S+)((?:\\s+\\S+)*)");
  private static final Pattern WHITESPACE = Pattern.compile("\\s+");

  AptSource {
    components = List.copyOf(components);
    signedBy = List.copyOf(signedBy);
  }

  /** The same mirror and keys under another suite. */
  AptSource withSuite(String otherSuite) {
    return new AptSource(uri, otherSuite, List.of("main"), signedBy);
  }

  /** As a line of a sources.list; the keys are apt's to find. */
  String line() {
    return "deb %s %s %s".formatted(uri, suite, String.join(" ", components));
  }

  boolean isSecurity() {
    return suite.endsWith("-security") || suite.endsWith("/updates");
  }

  /** Whether this is the distribution itself: not its updates, backports or another project. */
  boolean isBase(String codename) {
    return components.contains("main")
        && (suite.equals(codename)
            || List.of("stable", "oldstable", "oldoldstable", "testing", "unstable", "sid")
                .contains(suite));
  }

  /**
   * The sources of a machine in apt's own order: {@code sources.list}, then the files of {@code
   * sources.list.d} by name.
   *
   * @param etcApt normally {@code /etc/apt}
   */
  static List<AptSource> listAll(Path etcApt) {
    List<AptSource> sources = new ArrayList<>();
    Path main = etcApt.resolve("sources.list");
    if (Files.isReadable(main)) {
      sources.addAll(parseOneLine(read(main)));
    }
    Path parts = etcApt.resolve("sources.list.d");
    if (Files.isDirectory(parts)) {
      try (Stream<Path> files = Files.list(parts)) {
        for (Path file : files.sorted().filter(Files::isReadable).toList()) {
          if (file.toString().endsWith(".list")) {
            sources.addAll(parseOneLine(read(file)));
          } else if (file.toString().endsWith(".sources")) {
            sources.addAll(parseDeb822(read(file)));
          }
        }
      } catch (IOException e) {
        throw new EmbeddedDatabaseException("cannot list " + parts + ": " + e, e);
      }
    }
    return sources;
  }

  /** The format {@code deb [options] uri suite component…}, one source a line. */
  static List<AptSource> parseOneLine(String text) {
    List<AptSource> sources = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      Matcher matcher = ONE_LINE.matcher(line.replaceFirst("#.*", "").strip());
      if (matcher.matches() && !matcher.group(2).startsWith("cdrom:")) {
        sources.add(
            new AptSource(
                matcher.group(2),
                matcher.group(3),
                words(matcher.group(4)),
                signedByOption(Optional.ofNullable(matcher.group(1)).orElse(""))));
      }
    }
    return sources;
  }

  /** The deb822 format: stanzas of {@code Field: value}, one source per URI and suite. */
  static List<AptSource> parseDeb822(String text) {
    List<AptSource> sources = new ArrayList<>();
    for (Map<String, String> stanza : stanzas(text)) {
      boolean enabled = !stanza.getOrDefault("enabled", "yes").strip().equalsIgnoreCase("no");
      if (!enabled || !words(stanza.getOrDefault("types", "")).contains("deb")) {
        continue;
      }
      String keys = stanza.getOrDefault("signed-by", "").strip();
      List<String> signedBy = keys.startsWith("-----BEGIN") ? List.of(keys) : words(keys);
      for (String uri : words(stanza.getOrDefault("uris", ""))) {
        for (String suite : words(stanza.getOrDefault("suites", ""))) {
          sources.add(
              new AptSource(uri, suite, words(stanza.getOrDefault("components", "")), signedBy));
        }
      }
    }
    return sources;
  }

  private static List<Map<String, String>> stanzas(String text) {
    List<Map<String, String>> stanzas = new ArrayList<>();
    Map<String, String> stanza = new HashMap<>();
    String field = "";
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("#")) {
        continue;
      }
      if (line.isBlank()) {
        stanzas.add(stanza);
        stanza = new HashMap<>();
        field = "";
      } else if (Character.isWhitespace(line.charAt(0))) {
        // A lone dot stands for an empty line in a continued value.
        String more = line.strip().equals(".") ? "" : line.strip();
        stanza.merge(field, more, (value, next) -> value + "\n" + next);
      } else {
        int colon = line.indexOf(':');
        field = colon < 0 ? "" : line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
        stanza.put(field, line.substring(colon + 1).strip());
      }
    }
    stanzas.add(stanza);
    return stanzas;
  }

  private static List<String> signedByOption(String options) {
    return words(options).stream()
        .filter(option -> option.toLowerCase(Locale.ROOT).startsWith("signed-by="))
        .flatMap(option -> Stream.of(option.substring(option.indexOf('=') + 1).split(",")))
        .toList();
  }

  private static List<String> words(String text) {
    return WHITESPACE.splitAsStream(text.strip()).filter(word -> !word.isEmpty()).toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot read " + file + ": " + e, e);
    }
  }
}
