package dev.headroom.guard.proof;

import static dev.headroom.guard.proof.GuardedPostgres.execute;
import static dev.headroom.guard.proof.GuardedPostgres.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.headroom.embedded.PostgresInstall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A collector that set a limit and was killed: its lease runs out, and the setting says what then.
 */
class LeaseTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String HUGE = "SELECT length(repeat('x', 900000000))";
  private static final long LIMIT_BYTES = 200L << 20;
  private static final long DAY_NS = Duration.ofDays(1).toNanos();

  // Offsets of headroom_segment.h.
  private static final int SEGMENT_BYTES = 4096;
  private static final int CONTROL_GENERATION = 256;
  private static final int CONTROL = 320;
  private static final int CONTROL_BYTES = 832;
  private static final int MODE = 0;
  private static final int LEASE_IS_SET = 4;
  private static final int LEASE_EXPIRES = 8;
  private static final int LIMIT_IS_SET = 32;
  private static final int LIMIT = 40;
  private static final int ENFORCE = 2;

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void leaseThatRanOut_endsRefusingUnlessTheSettingKeepsTheLimit(PostgresInstall install)
      throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, Map.of());
        Connection session = postgres.connect()) {
      publish(postgres, bootTimeNs() + DAY_NS);
      assertThatThrownBy(() -> execute(session, HUGE)).hasMessageContaining("out of memory");

      publish(postgres, bootTimeNs() - DAY_NS / 1_000_000);
      assertThat(query(session, HUGE)).isEqualTo("900000000");
      assertThat(query(session, "SELECT mode || lease_has_expired FROM headroom_guard_status"))
          .isEqualTo("offtrue");

      execute(session, "ALTER SYSTEM SET headroom.lease_fallback = 'keep'");
      execute(session, "SELECT pg_reload_conf()");
      await()
          .atMost(PATIENCE)
          .until(() -> query(session, "SELECT mode FROM headroom_guard_status").equals("enforce"));
      assertThatThrownBy(() -> execute(session, HUGE)).hasMessageContaining("out of memory");
    }
  }

  /** What a collector does: another copy of the control, then the generation that names it. */
  private static void publish(GuardedPostgres postgres, long leaseExpiresNs) throws IOException {
    try (FileChannel channel =
        FileChannel.open(segment(postgres), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer segment =
          channel
              .map(FileChannel.MapMode.READ_WRITE, 0, SEGMENT_BYTES)
              .order(ByteOrder.nativeOrder());
      long generation = segment.getLong(CONTROL_GENERATION);
      int from = CONTROL + (int) (generation & 1) * CONTROL_BYTES;
      int to = CONTROL + (int) ((generation + 1) & 1) * CONTROL_BYTES;
      for (int i = 0; i < CONTROL_BYTES; i++) {
        segment.put(to + i, segment.get(from + i));
      }
      segment.putInt(to + MODE, ENFORCE);
      segment.putInt(to + LEASE_IS_SET, 1);
      segment.putLong(to + LEASE_EXPIRES, leaseExpiresNs);
      segment.putInt(to + LIMIT_IS_SET, 1);
      segment.putLong(to + LIMIT, LIMIT_BYTES);
      segment.putLong(CONTROL_GENERATION, generation + 1);
    }
  }

  private static Path segment(GuardedPostgres postgres) throws IOException {
    Path descriptors = Path.of("/proc", Long.toString(postgres.postmasterPid()), "fd");
    try (Stream<Path> files = Files.list(descriptors)) {
      List<Path> all = files.toList();
      for (Path file : all) {
        if (Files.readSymbolicLink(file).toString().startsWith("/memfd:headroom-guard")) {
          return file;
        }
      }
    }
    throw new IOException("no segment below " + descriptors);
  }

  private static long bootTimeNs() throws IOException {
    String seconds = Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0];
    return (long) (Double.parseDouble(seconds) * 1e9);
  }
}
