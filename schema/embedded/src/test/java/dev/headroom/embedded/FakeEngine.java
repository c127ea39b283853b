package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A program that takes a container engine's command line, keeps whether "its" container exists and
 * runs in two files, and writes down each call. No container engine answers on the machines that
 * these tests run on.
 */
record FakeEngine(Path directory) {

  private static final String SCRIPT =
      """
      #!/bin/sh
      state=$(dirname "$0")
      echo "$@" >> "$state/calls"
      case "$1 $2" in
        "info ") exit 0 ;;
        "run --detach") echo "$POSTGRES_PASSWORD" > "$state/password"; touch "$state/exists" "$state/running" ;;
        "start headroom-timescaledb") touch "$state/running" ;;
        "stop headroom-timescaledb") rm "$state/running" ;;
        "rm --force") rm -f "$state/running" "$state/exists" ;;
        "volume rm") exit 0 ;;
        "container inspect") test -e "$state/exists" ;;
        "port headroom-timescaledb") test -e "$state/running" && echo "127.0.0.1:45678" ;;
        "exec headroom-timescaledb") test -e "$state/running" ;;
        *) echo "unknown: $*" >&2; exit 125 ;;
      esac
      """;

  static FakeEngine make(Path directory, String name, String script) throws IOException {
    Path program = directory.resolve(name);
    Files.writeString(program, script);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new FakeEngine(directory);
  }

  static FakeEngine make(Path directory) throws IOException {
    return make(directory, "docker", SCRIPT);
  }

  List<String> calls() throws IOException {
    return Files.readAllLines(directory.resolve("calls"));
  }

  String receivedPassword() throws IOException {
    return Files.readString(directory.resolve("password")).strip();
  }

  Path program() {
    return directory.resolve("docker");
  }
}
