package dev.headroom.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.guard.GuardBuild.Ended;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every program under {@code test/} passes: the core alone, and the library over glibc, over
 * jemalloc, and over a jemalloc that does not offer its counters.
 */
class GuardProgramsTest {

  @BeforeEach
  void built() {
    GuardBuild.assumeBuilt();
  }

  @TestFactory
  List<DynamicTest> core_behaves() throws IOException {
    return GuardBuild.listPrograms("core_").stream().map(program -> test(program, "")).toList();
  }

  @TestFactory
  List<DynamicTest> library_behavesOverGlibc() throws IOException {
    return GuardBuild.listPrograms("preload_").stream()
        .map(program -> test(program, GuardBuild.LIBRARY.toString()))
        .toList();
  }

  @TestFactory
  List<DynamicTest> library_behavesOverJemalloc() throws IOException, InterruptedException {
    assumeTrue(GuardBuild.hasJemalloc(), "libjemalloc2 is not installed");
    return GuardBuild.listPrograms("preload_").stream()
        .map(program -> test(program, GuardBuild.LIBRARY + " libjemalloc.so.2"))
        .toList();
  }

  @TestFactory
  List<DynamicTest> library_behavesOverJemallocWithoutCounters()
      throws IOException, InterruptedException {
    assumeTrue(GuardBuild.hasJemalloc(), "libjemalloc2 is not installed");
    Path hidden = GuardBuild.DIRECTORY.resolve("test/no_counters.so");
    return GuardBuild.listPrograms("preload_").stream()
        .map(program -> test(program, GuardBuild.LIBRARY + " " + hidden + " libjemalloc.so.2"))
        .toList();
  }

  @Test
  void programs_areThere() throws IOException {
    assertThat(GuardBuild.listPrograms("core_")).hasSizeGreaterThanOrEqualTo(6);
    assertThat(GuardBuild.listPrograms("preload_")).hasSizeGreaterThanOrEqualTo(9);
  }

  /** All programs again, built with a sanitizer; shorter, because they are several times slower. */
  @TestFactory
  List<DynamicTest> sanitizers_findNothing() {
    return List.of(sanitizer("asan", "address,undefined"), sanitizer("tsan", "thread"));
  }

  @Test
  void sources_passClangTidy() throws IOException, InterruptedException {
    Ended version = GuardBuild.run(List.of("sh", "-c", "clang-tidy --version"), Map.of());
    assumeTrue(
        version.output().contains("version 14."),
        () -> "the checks are those of clang-tidy 14: " + version.output());
    Ended ended = GuardBuild.run(List.of("make", "-s", "tidy"), Map.of());
    assertThat(ended.status()).as(ended.output()).isZero();
  }

  private static DynamicTest sanitizer(String target, String flag) {
    return DynamicTest.dynamicTest(
        target,
        () -> {
          Path probe = GuardBuild.DIRECTORY.resolve("probe-" + target);
          String build = "echo 'int main(void){return 0;}' | cc -x c -fsanitize=" + flag + " - -o ";
          Ended probed =
              GuardBuild.run(List.of("sh", "-c", build + probe + " && " + probe), Map.of());
          assumeTrue(probed.status() == 0, () -> "no " + target + " here: " + probed.output());
          Ended ended =
              GuardBuild.run(
                  List.of("make", "-s", "-k", "-j2", target),
                  Map.of("HEADROOM_TEST_PERCENT", "10"));
          assertThat(ended.status()).as(ended.output()).isZero();
          assertThat(ended.output())
              .contains("ok      core_ring", "ok      core_counters", "ok      preload_refuse");
        });
  }

  private static DynamicTest test(Path program, String preload) {
    return DynamicTest.dynamicTest(
        program.getFileName().toString(),
        () -> {
          Ended ended = GuardBuild.run(List.of(program.toString()), Map.of("LD_PRELOAD", preload));
          assumeTrue(ended.status() != GuardBuild.SKIPPED, ended::output);
          assertThat(ended.status()).as(ended.output()).isZero();
        });
  }
}
