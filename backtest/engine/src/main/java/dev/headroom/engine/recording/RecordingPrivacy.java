package dev.headroom.engine.recording;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What leaves with a recording when it is written, because recordings get shared.
 *
 * <p>Unless told otherwise the texts that can quote a statement or a password stay behind: query
 * texts, the details of instance events (the server's log quotes the statement that was killed) and
 * the command lines of processes that are not Postgres's.
 *
 * @param queryText whether those texts are included
 * @param pseudonymKey when given, names are replaced by pseudonyms under this key
 */
public record RecordingPrivacy(boolean queryText, @Nullable String pseudonymKey) {

  /** Names as they are, without the texts that can quote a statement. */
  public static final RecordingPrivacy DEFAULT = new RecordingPrivacy(false, null);

  private static final int PSEUDONYM_BYTES = 6;

  /** The same, with query texts and everything else that was recorded. */
  public RecordingPrivacy withQueryText() {
    return new RecordingPrivacy(true, pseudonymKey);
  }

  /**
   * The same, with pseudonyms instead of the names of nodes, cgroups, data directories, databases,
   * users and the values of labels, and without process titles.
   *
   * <p>One name has one pseudonym under one key. Without the key nobody can confirm a guess; with
   * an empty or a published key, everybody can.
   */
  public RecordingPrivacy anonymised(String key) {
    return new RecordingPrivacy(queryText, key);
  }

  /** The recording without what stays behind. */
  InstanceRecording apply(InstanceRecording recording) {
    return new InstanceRecording(
        instance(recording.instance()),
        recording.samples().stream().map(this::sample).toList(),
        recording.kills().stream().map(this::kill).toList(),
        recording.instanceEvents().stream().map(this::event).toList(),
        recording.guardEvents(),
        recording.decisions());
  }

  private Instance instance(Instance instance) {
    Map<String, String> labels =
        instance.labels().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> name("label", entry.getValue())));
    return new Instance(
        instance.id(),
        name("node", instance.node()),
        name("cgroup", instance.cgroupPath()),
        instance.cgroupVersion(),
        name("directory", instance.dataDirectory()),
        instance.port(),
        instance.postgresVersion(),
        labels,
        instance.observedAt());
  }

  private Sample sample(Sample sample) {
    if (pseudonymKey == null) {
      return sample;
    }
    return new Sample(
        sample.instanceId(),
        sample.sampledAt(),
        sample.memoryMax(),
        sample.facts(),
        sample.processes().stream().map(this::process).toList());
  }

  private ProcessSample process(ProcessSample process) {
    return new ProcessSample(
        process.pid(),
        process.startTicks(),
        process.namespacePid(),
        process.kind(),
        process.blockable(),
        nullableName("database", process.database()),
        nullableName("user", process.user()),
        process.statementNumber(),
        process.queryId(),
        process.queryFingerprint(),
        process.residentAnonBytes(),
        process.residentFileBytes(),
        process.residentShmemBytes(),
        process.pageTablesBytes(),
        process.swapBytes(),
        process.oomScoreAdj(),
        process.guardAllocatedBytes(),
        process.guardAllocatedPeakBytes());
  }

  private OomKill kill(OomKill kill) {
    OomProcess invoker = kill.invoker();
    return new OomKill(
        kill.killId(),
        kill.incidentId(),
        name("node", kill.node()),
        kill.instanceId(),
        kill.killedAt(),
        kill.boottimeNs(),
        kill.captureSource(),
        oomProcess(kill.victim()),
        invoker == null ? null : oomProcess(invoker),
        kill.constraint(),
        nullableName("cgroup", kill.limitCgroupPath()),
        nullableName("cgroup", kill.victimCgroupPath()),
        kill.memoryMax(),
        kill.memoryUsageBytes(),
        kill.totalVmBytes(),
        kill.anonBytes(),
        kill.fileBytes(),
        kill.shmemBytes(),
        kill.pageTablesBytes(),
        kill.oomScoreAdj(),
        kill.guardVictimBytes(),
        kill.guardInstanceBytes(),
        kill.groupKill(),
        kill.counterAgrees(),
        kill.victimStatementNumber(),
        kill.victimMemoryContexts());
  }

  private OomProcess oomProcess(OomProcess process) {
    return new OomProcess(
        process.hostPid(),
        process.namespacePid(),
        process.comm(),
        keepsTitle(process.kind()) ? process.title() : null,
        process.kind(),
        nullableName("database", process.database()),
        nullableName("user", process.user()),
        process.queryId(),
        process.queryFingerprint(),
        queryText ? process.queryText() : null);
  }

  private boolean keepsTitle(BackendKind kind) {
    boolean postgres = kind != BackendKind.OTHER && kind != BackendKind.UNKNOWN;
    return pseudonymKey == null && (postgres || queryText);
  }

  private InstanceEvent event(InstanceEvent event) {
    return new InstanceEvent(
        event.instanceId(),
        event.occurredAt(),
        event.kind(),
        event.outageMs(),
        queryText ? event.detail() : null);
  }

  private @Nullable String nullableName(String what, @Nullable String name) {
    return name == null ? null : name(what, name);
  }

  private String name(String what, String name) {
    if (pseudonymKey == null) {
      return name;
    }
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(
          new SecretKeySpec(
              ("headroom" + pseudonymKey).getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] digest = mac.doFinal((what + '\0' + name).getBytes(StandardCharsets.UTF_8));
      return what + '-' + HexFormat.of().formatHex(Arrays.copyOf(digest, PSEUDONYM_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }
}
