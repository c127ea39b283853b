package dev.headroom.embedded;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a database answers and as whom to connect, in the two spellings people use: JDBC's and
 * libpq's. Its text form hides the password.
 *
 * @param hosts name or address with an optional {@code :port}, or several with commas, as given
 * @param database name
 * @param user empty when the URL names none
 * @param password empty when the URL holds none
 * @param parameters everything after the question mark, in JDBC's names
 */
public record DatabaseUrl(
    String hosts,
    String database,
    Optional<String> user,
    Optional<String> password,
    Map<String, String> parameters) {

  private static final Pattern JDBC =
      Pattern.compile("jdbc:postgresql://([^/?@]+)/([^?]*)(?:\\?(.*))?");
  private static final Pattern LIBPQ =
      Pattern.compile(
          "postgres(?:ql)?://(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?@]+)/([^?]*)(?:\\?(.*))?");

  /** What both sides know; anything else of JDBC's would make libpq refuse the whole URL. */
  private static final Map<String, String> LIBPQ_NAMES =
      Map.of(
          "sslmode", "sslmode",
          "sslrootcert", "sslrootcert",
          "sslcert", "sslcert",
          "sslkey", "sslkey",
          "options", "options",
          "ApplicationName", "application_name",
          "connectTimeout", "connect_timeout");

  public DatabaseUrl {
    parameters = Map.copyOf(parameters);
  }

  static DatabaseUrl loopback(int port, String database, String user, String password) {
    return new DatabaseUrl(
        "127.0.0.1:" + port, database, Optional.of(user), Optional.of(password), Map.of());
  }

  /**
   * Reads {@code jdbc:postgresql://host:port/database?user=…} or {@code
   * postgresql://user:password@host:port/database}.
   *
   * @throws IllegalArgumentException when the text is neither; the message never repeats it,
   *     because it may hold a password
   */
  public static DatabaseUrl parse(String text) {
    Matcher jdbc = JDBC.matcher(text.strip());
    if (jdbc.matches()) {
      Map<String, String> parameters = new LinkedHashMap<>(query(jdbc.group(3)));
      Optional<String> user = Optional.ofNullable(parameters.remove("user"));
      Optional<String> password = Optional.ofNullable(parameters.remove("password"));
      return new DatabaseUrl(
          jdbc.group(1), database(decode(jdbc.group(2)), user), user, password, parameters);
    }
    Matcher libpq = LIBPQ.matcher(text.strip());
    if (libpq.matches()) {
      Optional<String> user = optional(libpq.group(1));
      Map<String, String> parameters = new LinkedHashMap<>();
      query(libpq.group(5)).forEach((name, value) -> parameters.put(jdbcName(name), value));
      return new DatabaseUrl(
          libpq.group(3),
          database(decode(libpq.group(4)), user),
          user,
          optional(libpq.group(2)),
          parameters);
    }
    throw new IllegalArgumentException(
        "the database URL is malformed: write jdbc:postgresql://host:port/database?user=…&password=…"
            + " or postgresql://user:password@host:port/database (percent-encode @ : / ? in names and"
            + " passwords; a Unix socket cannot be used)");
  }

  /** For {@code DriverManager} and connection pools, password included. */
  public String jdbc() {
    Map<String, String> query = new LinkedHashMap<>();
    user.ifPresent(name -> query.put("user", name));
    password.ifPresent(secret -> query.put("password", secret));
    query.putAll(new TreeMap<>(parameters));
    return "jdbc:postgresql://" + hosts + "/" + encode(database) + joined(query);
  }

  /** For psql, pg_dump and most other languages, password included. */
  public String libpq() {
    return libpq(password);
  }

  /** The same without the password, for a command line that other users can read. */
  public String libpqWithoutPassword() {
    return libpq(Optional.empty());
  }

  /** Shows three stars for the password. */
  @Override
  public String toString() {
    return libpq(password.map(ignored -> "***"));
  }

  private String libpq(Optional<String> shownPassword) {
    Map<String, String> query = new LinkedHashMap<>();
    new TreeMap<>(parameters)
        .forEach((name, value) -> {
          if (LIBPQ_NAMES.containsKey(name)) {
            query.put(LIBPQ_NAMES.get(name), value);
          }
        });
    String userInfo =
        user.map(name -> encode(name) + shownPassword.map(p -> ":" + shown(p)).orElse("") + "@")
            .orElse("");
    return "postgresql://" + userInfo + hosts + "/" + encode(database) + joined(query);
  }

  private static String shown(String password) {
    return password.equals("***") ? password : encode(password);
  }

  private static String database(String given, Optional<String> user) {
    // Postgres' own rule: without a name, the user's.
    return given.isEmpty() ? user.orElse("postgres") : given;
  }

  private static String jdbcName(String libpqName) {
    return LIBPQ_NAMES.entrySet().stream()
        .filter(entry -> entry.getValue().equals(libpqName))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(libpqName);
  }

  private static Map<String, String> query(@Nullable String text) {
    Map<String, String> parameters = new LinkedHashMap<>();
    if (text != null) {
      for (String pair : text.split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          parameters.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
        }
      }
    }
    return parameters;
  }

  private static String joined(Map<String, String> query) {
    return query.isEmpty()
        ? ""
        : query.entrySet().stream()
            .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
            .collect(Collectors.joining("&", "?", ""));
  }

  private static Optional<String> optional(@Nullable String encoded) {
    return Optional.ofNullable(encoded).filter(text -> !text.isEmpty()).map(DatabaseUrl::decode);
  }

  private static String decode(String text) {
    // In a URL a plus sign is itself; only forms use it for a space.
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
