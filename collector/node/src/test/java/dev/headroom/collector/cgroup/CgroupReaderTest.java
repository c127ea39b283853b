package dev.headroom.collector.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.kernel.MalformedFileException;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.MemoryLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupReaderTest {

  private static final String V1_NO_LIMIT = "9223372036854771712";

  @TempDir private Path mount;
  private final List<IOException> problems = new ArrayList<>();
  private Path database;

  @BeforeEach
  void makeDirectories() throws IOException {
    database = Files.createDirectories(mount.resolve("pod/database"));
  }

  @Test
  void v2_givesEveryFactItsFileHolds() throws IOException {
    write("memory.current", "1000\n");
    write("memory.peak", "2000\n");
    write("memory.max", "4096\n");
    write("memory.swap.current", "5\n");
    write("memory.oom.group", "0\n");
    write("memory.stat", "anon 1\nfile 2\nshmem 3\npagetables 4\nslab 5\nslab_unreclaimable 6\n");
    write("memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 8\noom_group_kill 9\n");

    Facts facts = facts(CgroupVersion.V2);

    assertThat(facts)
        .isEqualTo(
            Facts.builder()
                .set(Fact.MEMORY_CURRENT, 1000)
                .set(Fact.MEMORY_PEAK, 2000)
                .set(Fact.SWAP_CURRENT, 5)
                .set(Fact.ANON, 1)
                .set(Fact.FILE, 2)
                .set(Fact.SHMEM, 3)
                .set(Fact.PAGE_TABLES, 4)
                .set(Fact.SLAB, 5)
                .set(Fact.SLAB_UNRECLAIMABLE, 6)
                .set(Fact.LIMIT_HITS, 7)
                .set(Fact.OOM_KILLS, 8)
                .set(Fact.OOM_GROUP_KILLS, 9)
                .build());
    assertThat(problems).isEmpty();
  }

  @Test
  void v1_givesSubtreeTotalsAndLeavesAbsentWhatItDoesNotKnow() throws IOException {
    write("memory.usage_in_bytes", "1000\n");
    write("memory.max_usage_in_bytes", "2000\n");
    write("memory.limit_in_bytes", "4096\n");
    write("memory.failcnt", "7\n");
    write("memory.kmem.usage_in_bytes", "11\n");
    write("memory.stat", "cache 99\nrss 99\ntotal_cache 2\ntotal_rss 1\ntotal_shmem 3\n");
    write("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 8\n");

    Facts facts = facts(CgroupVersion.V1);

    assertThat(facts)
        .isEqualTo(
            Facts.builder()
                .set(Fact.MEMORY_CURRENT, 1000)
                .set(Fact.MEMORY_PEAK, 2000)
                .set(Fact.ANON, 1)
                .set(Fact.FILE, 2)
                .set(Fact.SHMEM, 3)
                .set(Fact.KERNEL, 11)
                .set(Fact.LIMIT_HITS, 7)
                .set(Fact.OOM_KILLS, 8)
                .build());
    assertThat(facts.has(Fact.SLAB)).isFalse();
    assertThat(problems).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memory.usage_in_bytes",
        "memory.max_usage_in_bytes",
        "memory.limit_in_bytes",
        "memory.failcnt",
        "memory.kmem.usage_in_bytes",
        "memory.kmem.tcp.usage_in_bytes",
        "memory.stat",
        "memory.oom_control"
      })
  void corruptV1File_isOneProblemThatNamesItAndNoFact(String name) throws IOException {
    write(name, "not what it should be\n");

    CgroupMemory memory = reader(CgroupVersion.V1).read(problems::add);

    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(name);
    assertThat(factsOf(memory)).isEqualTo(Facts.none());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memory.current",
        "memory.peak",
        "memory.max",
        "memory.swap.current",
        "memory.stat",
        "memory.events",
        "memory.oom.group"
      })
  void corruptV2File_isOneProblemThatNamesItAndNoFact(String name) throws IOException {
    write(name, "-\n");

    CgroupMemory memory = reader(CgroupVersion.V2).read(problems::add);

    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(name);
    assertThat(factsOf(memory)).isEqualTo(Facts.none());
  }

  @ParameterizedTest
  @ValueSource(strings = {"V1", "V2"})
  void vanishedCgroup_hasNoFactAndNoProblem(CgroupVersion version) throws IOException {
    Files.delete(database);

    assertThat(reader(version).exists()).isFalse();
    assertThat(facts(version)).isEqualTo(Facts.none());
    assertThat(reader(version).listPids()).isEmpty();
    assertThat(problems).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    // own limit, the parent's limit, what holds
    "max, 4096, 4096",
    "4096, max, 4096",
    "4096, 1024, 1024",
    "1024, 4096, 1024",
  })
  void effectiveLimit_isTheSmallestOnTheWayToTheRoot(String own, String parents, long effective)
      throws IOException {
    write("memory.max", own + "\n");
    Files.writeString(mount.resolve("pod/memory.max"), parents + "\n");

    assertThat(reader(CgroupVersion.V2).findEffectiveLimit(problems::add))
        .contains(MemoryLimit.ofBytes(effective));
  }

  @Test
  void effectiveLimit_isUnlimitedOnlyWhenEveryLimitIs() throws IOException {
    write("memory.limit_in_bytes", V1_NO_LIMIT + "\n");
    Files.writeString(mount.resolve("memory.limit_in_bytes"), V1_NO_LIMIT + "\n");

    assertThat(reader(CgroupVersion.V1).findEffectiveLimit(problems::add))
        .contains(MemoryLimit.UNLIMITED);
  }

  @Test
  void effectiveLimit_isEmptyWhenNoneCanBeRead() {
    assertThat(reader(CgroupVersion.V2).findEffectiveLimit(problems::add)).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void pressure_isReadInMicroseconds() throws IOException {
    write(
        "memory.pressure",
        """
        some avg10=0.12 avg60=0.00 avg300=0.00 total=123
        full avg10=0.00 avg60=0.00 avg300=0.00 total=45
        """);
    Facts.Builder facts = Facts.builder();
    CgroupFacts.add(facts, CgroupReader.findPressure(database, problems::add).orElseThrow());

    assertThat(facts.build())
        .isEqualTo(
            Facts.builder().set(Fact.PRESSURE_SOME, 123).set(Fact.PRESSURE_FULL, 45).build());
  }

  @Test
  void pressure_isEmptyWithoutTheFileAndAProblemWhenCorrupt() throws IOException {
    assertThat(CgroupReader.findPressure(database, problems::add)).isEmpty();
    assertThat(problems).isEmpty();

    write("memory.pressure", "some total=\n");

    assertThat(CgroupReader.findPressure(database, problems::add)).isEmpty();
    assertThat(problems).hasSize(1);
  }

  @Test
  void pids_areAscendingAndOnce() throws IOException {
    write("cgroup.procs", "30\n4\n30\n");

    assertThat(reader(CgroupVersion.V2).listPids()).containsExactly(4, 30);

    write("cgroup.procs", "30\nx\n");

    assertThatThrownBy(() -> reader(CgroupVersion.V2).listPids())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("cgroup.procs");
  }

  private Facts facts(CgroupVersion version) {
    return factsOf(reader(version).read(problems::add));
  }

  private static Facts factsOf(CgroupMemory memory) {
    Facts.Builder facts = Facts.builder();
    CgroupFacts.add(facts, memory);
    return facts.build();
  }

  private CgroupReader reader(CgroupVersion version) {
    return new CgroupReader(new MemoryHierarchy(version, mount, "/", null), database);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(database.resolve(name), text);
  }
}
