package dev.headroom.collector.postgres;

import dev.headroom.model.BackendKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a Postgres process says about itself in its title, as {@code init_ps_display} and {@code
 * set_ps_display} of versions 13 to 18 write it:
 *
 * <pre>
 * postgres: [cluster_name: ]user database host(port) activity      a client backend
 * postgres: [cluster_name: ]walsender user [database ]host(port) activity
 * postgres: [cluster_name: ]description [detail]                   everything else
 * </pre>
 *
 * With {@code update_process_title = off} the activity stays what it was at the start.
 *
 * @param kind what the process is for
 * @param database connected to; absent when the kind has none or a name with spaces hides which
 *     words are the user and which the database
 * @param user connected as; absent likewise
 * @param activity what follows, such as {@code idle in transaction} or {@code SELECT}
 * @param leaderNamespacePid the pid of a parallel worker's leader, as the server sees it
 */
public record ProcessTitle(
    BackendKind kind,
    @Nullable String database,
    @Nullable String user,
    @Nullable String activity,
    @Nullable Integer leaderNamespacePid) {

  private static final String PREFIX = "postgres: ";
  private static final String WAL_SENDER_PREFIX = "walsender ";
  private static final Pattern PEER = Pattern.compile("\\[local]|\\S+\\(\\d{1,5}\\)");
  private static final Pattern PARALLEL_WORKER =
      Pattern.compile("parallel worker for PID (\\d{1,9})\\b.*");

  /** Kinds whose title is their description; those with a common start come longest first. */
  private static final List<BackendKind> DESCRIBED =
      Arrays.stream(BackendKind.values())
          .filter(kind -> kind != BackendKind.CLIENT_BACKEND && kind != BackendKind.OTHER)
          .filter(kind -> kind != BackendKind.UNKNOWN && kind != BackendKind.POSTMASTER)
          .toList();

  /**
   * Reads a title.
   *
   * @param title the command line
   * @param clusterName the server's {@code cluster_name}; absent when it could not be read, and
   *     then one leading word that ends in a colon is taken for it
   * @return empty when it is no title, as in a child that has not yet written one
   */
  public static Optional<ProcessTitle> find(String title, @Nullable String clusterName) {
    if (!title.startsWith(PREFIX)) {
      return Optional.empty();
    }
    String text = withoutClusterName(title.substring(PREFIX.length()).strip(), clusterName);
    if (text.startsWith(WAL_SENDER_PREFIX)) {
      String rest = text.substring(WAL_SENDER_PREFIX.length());
      return Optional.of(
          findConnection(BackendKind.WAL_SENDER, rest).orElse(of(BackendKind.WAL_SENDER, rest)));
    }
    Optional<ProcessTitle> connection = findConnection(BackendKind.CLIENT_BACKEND, text);
    if (connection.isPresent()) {
      return connection;
    }
    Matcher parallel = PARALLEL_WORKER.matcher(text);
    if (parallel.matches()) {
      return Optional.of(
          new ProcessTitle(
              BackendKind.PARALLEL_WORKER, null, null, null, Integer.valueOf(parallel.group(1))));
    }
    return Optional.of(described(text));
  }

  private static String withoutClusterName(String text, @Nullable String clusterName) {
    if (clusterName != null) {
      String prefix = clusterName + ": ";
      return !clusterName.isEmpty() && text.startsWith(prefix)
          ? text.substring(prefix.length())
          : text;
    }
    int space = text.indexOf(' ');
    return space > 0 && text.charAt(space - 1) == ':' ? text.substring(space + 1) : text;
  }

  private static Optional<ProcessTitle> findConnection(BackendKind kind, String text) {
    List<String> words = new ArrayList<>(Arrays.asList(text.split(" ", -1)));
    for (int i = 1; i < words.size(); i++) {
      if (PEER.matcher(words.get(i)).matches()) {
        String activity = String.join(" ", words.subList(i + 1, words.size()));
        boolean walSenderWithoutDatabase = kind == BackendKind.WAL_SENDER && i == 1;
        return Optional.of(
            new ProcessTitle(
                kind,
                i == 2 ? words.get(1) : null,
                i == 2 || walSenderWithoutDatabase ? words.getFirst() : null,
                activity.isEmpty() ? null : activity,
                null));
      }
    }
    return Optional.empty();
  }

  private static ProcessTitle described(String text) {
    for (BackendKind kind : DESCRIBED) {
      String description = kind.description();
      if (text.equals(description)) {
        return of(kind, "");
      }
      if (text.startsWith(description + " ")) {
        return of(kind, text.substring(description.length() + 1));
      }
    }
    return of(
        text.startsWith("logical replication ")
            ? BackendKind.LOGICAL_WORKER
            : BackendKind.BACKGROUND_WORKER,
        text);
  }

  private static ProcessTitle of(BackendKind kind, String detail) {
    @Nullable String text = detail.isEmpty() ? null : detail;
    return kind == BackendKind.AUTOVACUUM_WORKER
        ? new ProcessTitle(kind, text, null, null, null)
        : new ProcessTitle(kind, null, null, text, null);
  }
}
