package dev.headroom.web.instance;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.store.IncidentStore;
import dev.headroom.store.IncidentStore.Incident;
import dev.headroom.store.InstanceStore;
import dev.headroom.store.TimelineStore;
import dev.headroom.store.TimelineStore.Timeline;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Query.Range;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One instance's picture, and the incidents in it. */
public final class InstanceRoutes implements Routes {

  private static final String DEFAULT_FROM = "1h";
  private static final Duration LONGEST = Duration.ofDays(400);
  private static final int BUCKETS = 600;
  private static final int MOST_BUCKETS = 2_000;

  private final InstanceStore instances;
  private final TimelineStore timelines;
  private final IncidentStore incidents;

  public InstanceRoutes(InstanceStore instances, TimelineStore timelines, IncidentStore incidents) {
    this.instances = instances;
    this.timelines = timelines;
    this.incidents = incidents;
  }

  /** An instance as pages show it. */
  record InstanceView(
      UUID instanceId,
      String node,
      String cgroupPath,
      String cgroupVersion,
      String dataDirectory,
      @Nullable Integer port,
      @Nullable String postgresVersion,
      Map<String, String> labels,
      Instant observedAt) {

    static InstanceView of(Instance instance) {
      return new InstanceView(
          instance.id().value(),
          instance.node(),
          instance.cgroupPath(),
          instance.cgroupVersion().name().toLowerCase(java.util.Locale.ROOT),
          instance.dataDirectory(),
          instance.port(),
          instance.postgresVersion(),
          new TreeMap<>(instance.labels()),
          instance.observedAt());
    }
  }

  /**
   * A process in a kill. Of a statement the text only for those who may see it; the command line of
   * a program that is not Postgres may hold one too.
   */
  record ProcessView(
      int pid,
      String comm,
      @Nullable String title,
      String kind,
      @Nullable String database,
      @Nullable String user,
      @Nullable String queryId,
      @Nullable String queryFingerprint,
      @Nullable String queryText,
      boolean queryTextIsHidden) {

    static ProcessView of(OomProcess process, boolean showsText) {
      boolean hides = !showsText && process.queryText() != null;
      return new ProcessView(
          process.hostPid(),
          process.comm(),
          showsText || isPostgres(process.kind()) ? process.title() : null,
          process.kind().description(),
          process.database(),
          process.user(),
          text(process.queryId()),
          text(process.queryFingerprint()),
          showsText ? process.queryText() : null,
          hides);
    }

    private static boolean isPostgres(BackendKind kind) {
      return kind != BackendKind.OTHER && kind != BackendKind.UNKNOWN;
    }

    // Numbers of 64 bits lose digits in a browser.
    private static @Nullable String text(@Nullable Long number) {
      return number == null ? null : number.toString();
    }
  }

  /** A kill as pages show it. */
  record KillView(
      UUID killId,
      Instant killedAt,
      String captureSource,
      ProcessView victim,
      @Nullable ProcessView invoker,
      @Nullable String constraint,
      @Nullable String limitCgroupPath,
      @Nullable Long memoryMaxBytes,
      @Nullable Long memoryUsageBytes,
      @Nullable Long anonBytes,
      @Nullable Long fileBytes,
      @Nullable Long shmemBytes,
      @Nullable Long pageTablesBytes,
      @Nullable Integer oomScoreAdj,
      @Nullable Long guardVictimBytes,
      @Nullable Long guardInstanceBytes,
      @Nullable Boolean groupKill,
      @Nullable Boolean counterAgrees,
      List<MemoryContext> victimMemoryContexts) {

    static KillView of(OomKill kill, boolean showsText) {
      OomProcess invoker = kill.invoker();
      List<MemoryContext> contexts = kill.victimMemoryContexts();
      return new KillView(
          kill.killId(),
          kill.killedAt(),
          kill.captureSource(),
          ProcessView.of(kill.victim(), showsText),
          invoker == null ? null : ProcessView.of(invoker, showsText),
          kill.constraint(),
          kill.limitCgroupPath(),
          kill.memoryMax() instanceof MemoryLimit.Bytes(long bytes) ? (Long) bytes : null,
          kill.memoryUsageBytes(),
          kill.anonBytes(),
          kill.fileBytes(),
          kill.shmemBytes(),
          kill.pageTablesBytes(),
          kill.oomScoreAdj(),
          kill.guardVictimBytes(),
          kill.guardInstanceBytes(),
          kill.groupKill(),
          kill.counterAgrees(),
          contexts == null ? List.of() : contexts);
    }
  }

  /** An incident as pages show it. */
  record IncidentView(
      UUID incidentId,
      @Nullable UUID instanceId,
      String node,
      List<KillView> kills,
      @Nullable Instant sampledAt,
      Map<String, Long> memory,
      List<IncidentStore.ProcessRow> processes,
      List<TimelineStore.LifeMark> instanceEvents,
      List<IncidentStore.VerdictRow> verdicts) {

    static IncidentView of(Incident incident, boolean showsText) {
      OomKill first = incident.kills().getFirst();
      InstanceId instance = first.instanceId();
      return new IncidentView(
          incident.incidentId(),
          instance == null ? null : instance.value(),
          first.node(),
          incident.kills().stream().map(kill -> KillView.of(kill, showsText)).toList(),
          incident.sampledAt(),
          incident.memory(),
          incident.processes(),
          incident.instanceEvents().stream()
              .map(mark -> showsText ? mark : withoutDetail(mark))
              .toList(),
          incident.verdicts());
    }

    // A line of the server's log may hold a statement.
    private static TimelineStore.LifeMark withoutDetail(TimelineStore.LifeMark mark) {
      return new TimelineStore.LifeMark(mark.occurredAt(), mark.kind(), mark.outageMs(), null);
    }
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.get("/api/v1/instances/{id}", Scope.VIEWER, this::instance),
        Route.get("/api/v1/instances/{id}/timeline", Scope.VIEWER, this::timeline),
        Route.get("/api/v1/incidents/{id}", Scope.VIEWER, this::incident));
  }

  private void instance(Context context) {
    context.json(InstanceView.of(get(Query.instanceId(context))));
  }

  private Instance get(InstanceId id) {
    return instances
        .find(id)
        .orElseThrow(() ->
            ApiException.notFound(
                "no collector ever reported instance " + id, "/api/v1/instances lists them"));
  }

  private void timeline(Context context) {
    InstanceId id = get(Query.instanceId(context)).id();
    Range range = Query.range(context, DEFAULT_FROM);
    if (range.span().compareTo(LONGEST) > 0) {
      throw ApiException.tooMuch(
          "the range is " + range.span().toDays() + " days",
          "ask for " + LONGEST.toDays() + " days at most");
    }
    int buckets = Query.integer(context, "buckets", BUCKETS, 10, MOST_BUCKETS);
    Timeline timeline = timelines.read(id, range.from(), range.to(), buckets);
    context.json(showsText(context) ? timeline : withoutDetails(timeline));
  }

  private static Timeline withoutDetails(Timeline timeline) {
    return new Timeline(
        timeline.from(),
        timeline.to(),
        timeline.source(),
        timeline.bucketMs(),
        timeline.samples(),
        timeline.atMs(),
        timeline.columns(),
        timeline.limits(),
        timeline.modes(),
        timeline.kills(),
        timeline.guardEvents(),
        timeline.instanceEvents().stream().map(IncidentView::withoutDetail).toList(),
        timeline.marksLeftOut());
  }

  private void incident(Context context) {
    UUID id = Query.uuid(context, "id");
    Incident incident =
        incidents
            .find(id)
            .orElseThrow(() ->
                ApiException.notFound(
                    "there is no incident and no kill " + id,
                    "an instance's timeline lists its kills"));
    context.json(IncidentView.of(incident, showsText(context)));
  }

  private static boolean showsText(Context context) {
    return Caller.of(context).scope().includes(Scope.OPERATOR);
  }
}
