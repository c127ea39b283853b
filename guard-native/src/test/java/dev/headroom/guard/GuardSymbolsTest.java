package dev.headroom.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.guard.GuardBuild.Ended;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the library shows to the processes it is loaded into: nothing but what it has to. */
class GuardSymbolsTest {

  /** Every name here takes the place of somebody else's function, or is the way in. */
  private static final List<String> EXPORTED =
      List.of(
          // the malloc family
          "malloc",
          "calloc",
          "realloc",
          "reallocarray",
          "free",
          "aligned_alloc",
          "memalign",
          "posix_memalign",
          "valloc",
          "pvalloc",
          // maps
          "mmap",
          "mmap64",
          "munmap",
          "mremap",
          // POSIX shared memory
          "posix_fallocate",
          "posix_fallocate64",
          "shm_unlink",
          // operators new and delete of C++
          "_Znwm",
          "_Znam",
          "_ZnwmRKSt9nothrow_t",
          "_ZnamRKSt9nothrow_t",
          "_ZnwmSt11align_val_t",
          "_ZnamSt11align_val_t",
          "_ZnwmSt11align_val_tRKSt9nothrow_t",
          "_ZnamSt11align_val_tRKSt9nothrow_t",
          "_ZdlPv",
          "_ZdaPv",
          "_ZdlPvm",
          "_ZdaPvm",
          "_ZdlPvRKSt9nothrow_t",
          "_ZdaPvRKSt9nothrow_t",
          "_ZdlPvSt11align_val_t",
          "_ZdaPvSt11align_val_t",
          "_ZdlPvmSt11align_val_t",
          "_ZdaPvmSt11align_val_t",
          "_ZdlPvSt11align_val_tRKSt9nothrow_t",
          "_ZdaPvSt11align_val_tRKSt9nothrow_t",
          // the extension's way in, and jemalloc's settings
          "headroom_guard_api",
          "malloc_conf");

  @BeforeEach
  void built() {
    GuardBuild.assumeBuilt();
  }

  @Test
  void library_exportsItsInterposedFunctionsAndNoMore() throws IOException, InterruptedException {
    Ended names = run("nm", "-D", "--defined-only", "--format=posix");
    assertThat(names.output().lines().map(line -> line.substring(0, line.indexOf(' '))))
        .containsExactlyInAnyOrderElementsOf(EXPORTED);
  }

  @Test
  void library_needsOnlyLibc() throws IOException, InterruptedException {
    Ended dynamic = run("readelf", "-d", "-W");
    assertThat(dynamic.output().lines().filter(line -> line.contains("(NEEDED)")))
        .allMatch(line -> line.contains("[libc.so.6]") || line.contains("[ld-linux"));
  }

  @Test
  void library_isHardened() throws IOException, InterruptedException {
    Ended dynamic = run("readelf", "-d", "-W");
    assertThat(dynamic.output()).contains("BIND_NOW").contains("STATIC_TLS");
    assertThat(dynamic.output()).doesNotContain("TEXTREL");
    assertThat(run("readelf", "-l", "-W").output()).contains("GNU_RELRO").doesNotContain("RWE");
  }

  /** What a test build calls to fail on purpose is not in what is shipped. */
  @Test
  void library_hasNoFaultInjectionPoints() throws IOException, InterruptedException {
    assertThat(run("nm").output()).contains("headroom_judge").doesNotContain("headroom_point_hook");
  }

  private static Ended run(String... command) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(command));
    line.add(GuardBuild.LIBRARY.toString());
    Ended ended = GuardBuild.run(line, Map.of());
    assertThat(ended.status()).as(ended.output()).isZero();
    return ended;
  }
}
