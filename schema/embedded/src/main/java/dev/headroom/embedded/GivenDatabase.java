package dev.headroom.embedded;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A server that somebody else runs: Headroom connects and does nothing else to it. */
record GivenDatabase(HeadroomHome home, DatabaseLocation.UrlGiven location)
    implements HeadroomDatabase {

  private static final int DEFAULT_PORT = 5432;
  private static final int CONNECT_TIMEOUT_MS = 5_000;

  @Override
  public DatabaseUrl start(Progress progress) {
    if (!reachable()) {
      throw new DatabaseUnavailableException(
          "nothing answers at %s, given by %s; start that server or correct the URL"
              .formatted(location.url(), location.origin()));
    }
    return location.url();
  }

  @Override
  public void stop() {
    throw notOurs("stop");
  }

  @Override
  public DatabaseStatus status() {
    return new DatabaseStatus.Remote(location.url(), reachable());
  }

  @Override
  public Optional<DatabaseUrl> findUrl() {
    return Optional.of(location.url());
  }

  @Override
  public Path resettable() {
    throw notOurs("reset");
  }

  @Override
  public void reset(Path confirmed) {
    throw notOurs("reset");
  }

  @Override
  public PsqlCommand psqlCommand(List<String> arguments) {
    String psql =
        new DebianTimescaleInstaller(home)
            .find()
            .map(install -> install.program("psql"))
            .filter(Files::isExecutable)
            .or(() -> ExternalCommand.find("psql"))
            .orElseThrow(() ->
                new EmbeddedDatabaseException(
                    "psql is not installed; install the package postgresql-client"))
            .toString();
    return PsqlCommand.of(psql, location.url(), arguments);
  }

  private boolean reachable() {
    String first = location.url().hosts().split(",", -1)[0];
    int colon = first.lastIndexOf(':');
    boolean hasPort = colon > 0 && first.indexOf(']') < colon;
    String host = (hasPort ? first.substring(0, colon) : first).replaceAll("[\\[\\]]", "");
    int port = hasPort ? Integer.parseInt(first.substring(colon + 1)) : DEFAULT_PORT;
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), CONNECT_TIMEOUT_MS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private EmbeddedDatabaseException notOurs(String action) {
    return new EmbeddedDatabaseException(
        "cannot %s %s: it was given by %s and is not Headroom's own; do it with the tools of that server"
            .formatted(action, location.url(), location.origin()));
  }
}
