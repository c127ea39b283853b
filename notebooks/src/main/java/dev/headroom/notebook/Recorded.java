package dev.headroom.notebook;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.RecordingOption;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.RecordingSource.InstanceStream;
import dev.headroom.cli.Terminal;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.Recording;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.dflib.DataFrame;
import org.dflib.jdbc.Jdbc;

/**
 * A recording as a notebook holds it: all of it in memory, and the database it came from when it
 * came from one.
 */
public final class Recorded {

  /** The recording to look at instead of the notebook's own: a name or a folder. */
  public static final String SETTING = "HEADROOM_RECORDING";

  private static final int MOST_SAMPLES = 200_000;

  /** What commands would say: a cell has its own way to fail. */
  private static final Terminal NOBODY =
      new Terminal(
          new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false, false);

  private final RecordingSource source;
  private final Optional<OpenDatabase> database;
  private final List<InstanceRecording> instances;

  private Recorded(
      RecordingSource source, Optional<OpenDatabase> database, List<InstanceRecording> instances) {
    this.source = source;
    this.database = database;
    this.instances = List.copyOf(instances);
  }

  /**
   * Reads the recording that the environment names in {@value #SETTING}, else this one.
   *
   * @param otherwise a recording's name in the database, its folder, or one that comes with
   *     Headroom
   * @throws dev.headroom.cli.CommandFailure when there is none
   * @throws IllegalStateException when it is too large for a notebook
   */
  public static Recorded open(String otherwise) {
    String name = System.getenv().getOrDefault(SETTING, otherwise);
    RecordingOption.Chosen chosen = RecordingOption.find(name, new DatabaseOption(), NOBODY);
    return new Recorded(chosen.source(), chosen.database(), read(chosen.source()));
  }

  private static List<InstanceRecording> read(RecordingSource source) {
    List<InstanceRecording> instances = new ArrayList<>();
    long samples = 0;
    try (InstanceStream stream = source.open()) {
      while (stream.hasNext()) {
        InstanceRecording each = stream.next();
        samples += each.samples().size();
        if (samples > MOST_SAMPLES) {
          throw new IllegalStateException(
              "%s has more than %,d samples, which is more than a notebook holds: make a shorter one with `headroom recording create NAME --from … --to …`, or use `backtest run`"
                  .formatted(source.recording().name(), MOST_SAMPLES));
        }
        instances.add(each);
      }
    }
    return instances;
  }

  /** Its name, range and note. */
  public Recording recording() {
    return source.recording();
  }

  public String name() {
    return recording().name();
  }

  /** Every instance, in ascending order of their ids. */
  public List<InstanceRecording> instances() {
    return instances;
  }

  /**
   * The instance with this id.
   *
   * @throws java.util.NoSuchElementException when there is none
   */
  public InstanceRecording instance(InstanceId id) {
    return instances.stream()
        .filter(each -> each.instance().id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  /** Every kill, in order of time. */
  public List<OomKill> kills() {
    return instances.stream()
        .flatMap(each -> each.kills().stream())
        .sorted(Comparator.comparing(OomKill::killedAt).thenComparing(OomKill::killId))
        .toList();
  }

  /** How many samples there are of all instances together. */
  public int sampleCount() {
    return instances.stream().mapToInt(each -> each.samples().size()).sum();
  }

  /** Replays candidates over it: what {@code backtest run} does, parity included. */
  public BacktestResult backtest(List<Candidate> candidates, BacktestConfig config) {
    return new BacktestRunner(NOBODY).run(source, candidates, config, (_, _) -> {});
  }

  /** Whether it came from a database, so that {@link #sql} can ask that. */
  public boolean isStored() {
    return database.isPresent();
  }

  /**
   * Asks the database it came from.
   *
   * @param query SQL with a {@code ?} for each parameter
   * @return the rows, a column for each of the query's
   * @throws IllegalStateException when it came from a folder
   */
  public DataFrame sql(String query, Object... parameters) {
    OpenDatabase open =
        database.orElseThrow(() ->
            new IllegalStateException(
                name() + " is a folder; give the name of a recording in a database for SQL"));
    return Jdbc.connector(open.database().dataSource()).sqlLoader(query).load(parameters);
  }
}
