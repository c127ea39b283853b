package dev.headroom.embedded;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How to run psql on a database; the password is in the environment, where other users cannot read
 * it.
 *
 * @param command program and arguments
 * @param environment to add
 */
public record PsqlCommand(List<String> command, Map<String, String> environment) {

  public PsqlCommand {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  static PsqlCommand of(String program, DatabaseUrl url, List<String> arguments) {
    return new PsqlCommand(
        Stream.concat(
                Stream.of(program, "--dbname=" + url.libpqWithoutPassword()), arguments.stream())
            .toList(),
        url.password().map(password -> Map.of("PGPASSWORD", password)).orElse(Map.of()));
  }
}
