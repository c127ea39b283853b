package dev.headroom.engine.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Facts;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RecordingPrivacyTest {

  private static final Instant TIME = Instant.parse("2026-03-01T12:00:00Z");
  private static final InstanceId ID = InstanceId.of("acme-node", "/acme-cgroup", "/acme-data");

  private final InstanceRecording recording = recording();

  @Test
  void byDefault_textsThatCanQuoteAStatementStayBehind() {
    InstanceRecording shared = RecordingPrivacy.DEFAULT.apply(recording);

    assertThat(shared.toString()).doesNotContain("secret");
    assertThat(shared.kills().getFirst().victim().title()).isEqualTo("postgres: acme-user acme-db");
    assertThat(shared.kills().getFirst().victim().database()).isEqualTo("acme-db");
    assertThat(ContentHash.ofInstance(shared)).isEqualTo(ContentHash.ofInstance(recording));
  }

  @Test
  void withQueryText_nothingStaysBehind() {
    assertThat(RecordingPrivacy.DEFAULT.withQueryText().apply(recording)).isEqualTo(recording);
  }

  @Test
  void anonymised_noNameIsLeft() {
    InstanceRecording shared =
        RecordingPrivacy.DEFAULT.withQueryText().anonymised("key").apply(noTexts());

    assertThat(shared.toString()).doesNotContain("acme");
    assertThat(shared.samples()).hasSize(1);
    assertThat(shared.instance().id()).isEqualTo(ID);
  }

  @Test
  void pseudonym_isStableUnderOneKeyAndAnotherUnderAnother() {
    RecordingPrivacy one = RecordingPrivacy.DEFAULT.anonymised("one");
    RecordingPrivacy two = RecordingPrivacy.DEFAULT.anonymised("two");

    InstanceRecording underOne = one.apply(recording);
    assertThat(underOne).isEqualTo(one.apply(recording));
    assertThat(underOne.samples().getFirst().processes().getFirst().database())
        .matches("database-[0-9a-f]{12}")
        .isEqualTo(underOne.kills().getFirst().victim().database())
        .isNotEqualTo(two.apply(recording).kills().getFirst().victim().database());
    assertThat(underOne.instance().node()).isEqualTo(underOne.kills().getFirst().node());
  }

  /** Texts were asked for and may quote anything; here only names are looked at. */
  private InstanceRecording noTexts() {
    return RecordingPrivacy.DEFAULT.apply(recording);
  }

  private static InstanceRecording recording() {
    ProcessSample process =
        new ProcessSample(
            7,
            1,
            null,
            BackendKind.CLIENT_BACKEND,
            true,
            "acme-db",
            "acme-user",
            1L,
            2L,
            3L,
            4L,
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    return new InstanceRecording(
        new Instance(
            ID,
            "acme-node",
            "/acme-cgroup",
            CgroupVersion.V1,
            "/acme-data",
            5432,
            "17.11",
            Map.of("customer", "acme"),
            TIME),
        List.of(new Sample(ID, TIME, null, Facts.none(), List.of(process))),
        List.of(
            kill(
                oomProcess(BackendKind.CLIENT_BACKEND, "postgres: acme-user acme-db"),
                oomProcess(BackendKind.OTHER, "psql postgres://acme-user:secret@db"))),
        List.of(
            new InstanceEvent(
                ID, TIME, InstanceEvent.Kind.CRASH, null, "Failed process was running: secret")),
        List.of(),
        List.of());
  }

  private static OomKill kill(OomProcess victim, OomProcess invoker) {
    return new OomKill(
        new UUID(0, 1),
        new UUID(0, 2),
        "acme-node",
        ID,
        TIME,
        1,
        "tp_btf",
        victim,
        invoker,
        null,
        "/acme-cgroup",
        "/acme-cgroup",
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  private static OomProcess oomProcess(BackendKind kind, String title) {
    return new OomProcess(
        7, null, "postgres", title, kind, "acme-db", "acme-user", null, null, "SELECT 'secret'");
  }
}
