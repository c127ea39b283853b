package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * A notebook in a file.
 *
 * @param name the file's without its ending
 * @param file where it is
 */
record Notebook(String name, Path file) {

  private static final String ENDING = ".ipynb";

  /** Those that come with Headroom, by name. */
  static List<Notebook> list() {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(file -> file.toString().endsWith(ENDING))
          .sorted()
          .map(Notebook::of)
          .toList();
    } catch (IOException e) {
      throw CommandFailure.unavailable(
          "there are no notebooks in " + folder() + "; start the command as bin/headroom");
    }
  }

  /**
   * The notebook with this name, or in this file.
   *
   * @throws CommandFailure when there is none
   */
  static Notebook find(String nameOrFile) {
    Path file = Path.of(nameOrFile);
    if (nameOrFile.endsWith(ENDING) && Files.isRegularFile(file)) {
      return of(file.toAbsolutePath());
    }
    List<Notebook> all = list();
    return all.stream()
        .filter(each -> each.name().equals(nameOrFile))
        .findFirst()
        .orElseThrow(() ->
            CommandFailure.usage(
                "no notebook is named '%s'; there are %s"
                    .formatted(
                        nameOrFile,
                        all.stream().map(Notebook::name).collect(Collectors.joining(", ")))));
  }

  /** Where they and what runs them are. */
  static Path folder() {
    return Path.of(System.getProperty("headroom.root", ""), "notebooks").toAbsolutePath();
  }

  /** As its page is called. */
  String title() {
    try {
      return JsonMapper.shared()
          .readTree(Files.readString(file))
          .path("metadata")
          .path("title")
          .asString(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Notebook of(Path file) {
    String fileName = file.getFileName().toString();
    return new Notebook(fileName.substring(0, fileName.length() - ENDING.length()), file);
  }
}
