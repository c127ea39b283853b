package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FmtCommandTest {

  @TempDir private Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void files_areRewritten_andThoseThatChangedAreListed() throws IOException {
    Path loose = file("loose", "a=shmem #why\n\n\nmemory_max-a");
    Path tidy = file("tidy", "memory_max - shmem\n");

    CommandRun run =
        CommandRun.piped("backtest", "fmt", loose.toString(), tidy.toString()).exits(ExitCode.OK);

    assertThat(run.out().strip()).isEqualTo(loose.toString());
    assertThat(loose).hasContent("a = shmem  # why\n\nmemory_max - a\n");
    assertThat(tidy).hasContent("memory_max - shmem\n");
  }

  @Test
  void check_writesNothing_andFailsIfSomethingWouldChange() throws IOException {
    Path loose = file("loose", "memory_max-shmem\n");
    Path tidy = file("tidy", "memory_max - shmem\n");

    CommandRun bad =
        CommandRun.piped("backtest", "fmt", "--check", loose.toString(), tidy.toString())
            .exits(ExitCode.FAILED);
    CommandRun good =
        CommandRun.piped("backtest", "fmt", "--check", tidy.toString()).exits(ExitCode.OK);
    CommandRun text =
        CommandRun.piped("backtest", "fmt", "--check", "--formula", "memory_max-shmem")
            .exits(ExitCode.FAILED);

    assertThat(bad.out().strip()).isEqualTo(loose.toString());
    assertThat(good.out()).isEmpty();
    assertThat(text.err()).contains("the formula is not formatted");
    assertThat(loose).hasContent("memory_max-shmem\n");
  }

  @Test
  void oneWrongFile_leavesAllAsTheyAre() throws IOException {
    Path loose = file("loose", "memory_max-shmem");
    Path wrong = file("wrong", "memory_max - shmen");

    CommandRun run =
        CommandRun.piped("backtest", "fmt", loose.toString(), wrong.toString())
            .exits(ExitCode.USAGE);

    assertThat(run.err()).contains(wrong + ": line 1, column 14: unknown name 'shmen'");
    assertThat(loose).hasContent("memory_max-shmem");
  }
}
