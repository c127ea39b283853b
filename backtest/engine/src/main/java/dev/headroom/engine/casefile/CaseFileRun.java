package dev.headroom.engine.casefile;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * All cases of some files, run; what {@code backtest test} prints and how it exits.
 *
 * @param results one for each case of a readable file, in the order of the files
 * @param errors one for each file that is wrong, with its place
 */
public record CaseFileRun(List<CaseResult> results, List<String> errors) {

  /** Every case holds. */
  public static final int EXIT_HOLDS = 0;

  /** Some case does not hold. */
  public static final int EXIT_DIFFERS = 1;

  /** Some file is wrong. */
  public static final int EXIT_WRONG_FILE = 2;

  public CaseFileRun {
    results = List.copyOf(results);
    errors = List.copyOf(errors);
  }

  /** Reads and runs every case of these files; a wrong file does not keep the others from it. */
  public static CaseFileRun of(List<Path> files) {
    List<CaseResult> results = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    for (Path file : files) {
      try {
        for (ReplayCase replayCase : CaseFile.read(file)) {
          results.add(CaseRunner.run(replayCase));
        }
      } catch (CaseFileException e) {
        errors.add(e.getMessage());
      } catch (NoSuchFileException e) {
        errors.add(file + ": cannot be read: it does not exist");
      } catch (IOException e) {
        errors.add(file + ": cannot be read: " + e.getMessage());
      }
    }
    return new CaseFileRun(results, errors);
  }

  public int exitCode() {
    if (!errors.isEmpty()) {
      return EXIT_WRONG_FILE;
    }
    return results.stream().allMatch(CaseResult::holds) ? EXIT_HOLDS : EXIT_DIFFERS;
  }

  /** The differences, the errors and a last line that counts, for a person. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    for (CaseResult result : results) {
      if (!result.holds()) {
        text.append(result.place()).append(": ").append(result.name()).append(" does not hold\n");
        text.append("  why: ").append(result.why()).append('\n');
        result.differences().forEach(each -> text.append("  ").append(each).append('\n'));
      }
    }
    errors.forEach(error -> text.append(error).append('\n'));
    long holding = results.stream().filter(CaseResult::holds).count();
    text.append(holding).append(" of ").append(results.size()).append(" cases hold");
    if (!errors.isEmpty()) {
      text.append("; ")
          .append(errors.size() == 1 ? "1 file is wrong" : errors.size() + " files are wrong");
    }
    return text.append('\n').toString();
  }
}
