package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.report.ReportFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The option that writes the result into files as well. */
final class ReportOption {

  @Option(
      names = "--report",
      paramLabel = "FILE|FOLDER",
      description =
          "Also write the result to this file, in the format that its ending names: html, md, xml (JUnit), json or"
              + " txt; or to report.* of every format in this folder. May be given several times.")
  private List<Path> reports = List.of();

  /**
   * Refuses what no report can be written to, before any work is done for it.
   *
   * @throws CommandFailure when a file's ending names no format
   */
  void check() {
    for (Path report : reports) {
      String fileName = String.valueOf(report.getFileName());
      if (fileName.contains(".") && ReportFormat.findByFileName(fileName).isEmpty()) {
        throw CommandFailure.usage(
            "no report is written to %s: a file ends in %s, and a folder's name has no dot"
                .formatted(report, names(", .", ".")));
      }
    }
  }

  /**
   * Writes what was asked for, which was {@linkplain #check checked}.
   *
   * @throws CommandFailure when a file cannot be written
   */
  void write(BacktestResult result, Terminal terminal) {
    for (Path report : reports) {
      Optional<ReportFormat> format =
          ReportFormat.findByFileName(String.valueOf(report.getFileName()));
      if (format.isPresent()) {
        write(result, format.get(), report);
        terminal.say("wrote " + report);
      } else {
        for (ReportFormat each : ReportFormat.values()) {
          write(result, each, report.resolve("report." + each.extension()));
        }
        terminal.say("wrote " + names(", report.", "report.") + " to " + report);
      }
    }
  }

  private static String names(String between, String before) {
    return Arrays.stream(ReportFormat.values())
        .map(ReportFormat::extension)
        .collect(Collectors.joining(between, before, ""));
  }

  private static void write(BacktestResult result, ReportFormat format, Path file) {
    try {
      Path folder = file.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.writeString(file, format.render(result));
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.UNAVAILABLE, "cannot write the report to " + file, e);
    }
  }
}
