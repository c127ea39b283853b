package dev.headroom.cli;

import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.engine.recording.RecordingManifest;
import dev.headroom.engine.recording.RecordingPrivacy;
import dev.headroom.engine.recording.WriteOptions;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Recording;
import dev.headroom.store.RecordingRefusedException;
import dev.headroom.store.StoreResult;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom recording}: named ranges of what was recorded, and their files. */
@Command(
    name = "recording",
    mixinStandardHelpOptions = true,
    description =
        "Names time ranges of what was recorded, and moves them between machines as files.",
    subcommands = {
      RecordingCommand.ListAll.class,
      RecordingCommand.Create.class,
      RecordingCommand.Show.class,
      RecordingCommand.Export.class,
      RecordingCommand.Import.class,
      RecordingCommand.Delete.class
    })
public final class RecordingCommand {

  private RecordingCommand() {}

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the recordings in the database.")
  static final class ListAll implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListAll(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        List<Recording> recordings = open.recordings().list();
        if (json) {
          terminal.print(Json.write(recordings.stream().map(RecordingCommand::asMap).toList()));
        } else if (recordings.isEmpty()) {
          terminal.say(
              "there is no recording yet; `headroom lab run` makes one, `headroom recording create` names one");
        } else {
          TextTable table = new TextTable("name", "from", "for", "instances", "how it was made");
          recordings.forEach(each ->
              table.add(
                  each.name(),
                  each.startsAt(),
                  length(each),
                  each.instances().size(),
                  each.note()));
          terminal.print(table.render(terminal));
        }
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = "Gives a time range of everything that was recorded a name.")
  static final class Create implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "The recording's name.")
    private String name = "";

    @Option(
        names = "--from",
        required = true,
        paramLabel = "WHEN",
        description = "The first moment.")
    private String from = "";

    @Option(
        names = "--to",
        paramLabel = "WHEN",
        description = "The first moment after it. Default: now.")
    private String to = "now";

    @Option(names = "--note", paramLabel = "TEXT", description = "How it was made, in words.")
    private String note = "";

    Create(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      TimeRange range = TimeRange.parse(from, to, Instant.now());
      Instant start = range.startsAt();
      Instant end = range.endsAt();
      try (OpenDatabase open = database.startExisting(terminal)) {
        List<InstanceId> instances =
            open.recordings().listInstances(start, end).stream().map(Instance::id).toList();
        if (instances.isEmpty()) {
          throw CommandFailure.noData("nothing was recorded from " + start + " to " + end);
        }
        Recording recording = new Recording(name, start, end, instances, note);
        refusedMeansUsage(() -> {
          open.recordings().save(recording);
          return recording;
        });
        terminal.say("recording " + name + " has " + instances.size() + " instances");
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Reads a recording through and says what is in it, with its content hash.")
  static final class Show implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME|FOLDER", description = "A name in the database, or a folder.")
    private String recording = "";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    Show(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (RecordingOption.Chosen chosen = RecordingOption.find(recording, database, terminal)) {
        RecordingSummary summary = RecordingSummary.of(chosen.source());
        terminal.print(json ? Json.write(summary.asMap()) : summary.render(terminal));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      description = "Writes a recording as a folder of Parquet files with a manifest.",
      footer = {"", "Texts that can quote a statement stay behind unless --query-text is given."})
  static final class Export implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(index = "0", paramLabel = "NAME", description = "A name in the database.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "FOLDER", description = "The folder to make.")
    private Path folder = Path.of("");

    @Option(names = "--query-text", description = "Include the texts of statements.")
    private boolean queryText;

    @Option(
        names = "--anonymise",
        paramLabel = "KEY",
        description = "Replace names by pseudonyms; whoever knows the key can confirm a guess.")
    private @Nullable String pseudonymKey;

    @Option(
        names = "--overwrite",
        description = "Replace a recording that is already in the folder.")
    private boolean overwrite;

    Export(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        RecordingSource source = RecordingOption.named(open.recordings(), name);
        RecordingManifest manifest = write(source);
        long bytes =
            manifest.files().values().stream()
                .mapToLong(RecordingManifest.TableSummary::bytes)
                .sum();
        terminal.say(
            "wrote %s: %d instances, %d bytes, content hash %s"
                .formatted(folder, manifest.instances().size(), bytes, manifest.contentHash()));
      }
      return ExitCode.OK;
    }

    private RecordingManifest write(RecordingSource source) {
      RecordingPrivacy privacy = new RecordingPrivacy(queryText, pseudonymKey);
      WriteOptions options = new WriteOptions(producer(), privacy, overwrite);
      try (RecordingSource.InstanceStream instances = source.open()) {
        return RecordingDirectory.write(folder, source.recording(), instances, options);
      } catch (FileAlreadyExistsException e) {
        throw overwrite
            ? CommandFailure.ofFile(ExitCode.USAGE, "cannot replace " + folder, e)
            : CommandFailure.usage(folder + " is there already; --overwrite replaces a recording");
      } catch (IOException e) {
        throw CommandFailure.ofFile(ExitCode.UNAVAILABLE, "cannot write " + folder, e);
      }
    }

    private static String producer() {
      return "headroom "
          + Objects.requireNonNullElse(
              RecordingCommand.class.getPackage().getImplementationVersion(), "development");
    }
  }

  @Command(
      name = "import",
      mixinStandardHelpOptions = true,
      description =
          "Puts an exported recording into the database; what is there already stays as it is.")
  static final class Import implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "FOLDER", description = "What `recording export` wrote.")
    private Path folder = Path.of("");

    Import(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      RecordingSource source = new RecordingSource.Folder(RecordingOption.openFolder(folder));
      try (OpenDatabase open = database.start(terminal);
          RecordingSource.InstanceStream instances = source.open()) {
        StoreResult result =
            refusedMeansUsage(
                () -> open.recordings().importRecording(source.recording(), instances));
        terminal.say(
            "imported %s: %d rows stored, %d were there already"
                .formatted(source.recording().name(), result.stored(), result.alreadyStored()));
      }
      return ExitCode.OK;
    }
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Forgets a recording's name; what was recorded stays.")
  static final class Delete implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Parameters(paramLabel = "NAME", description = "A name in the database.")
    private String name = "";

    Delete(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      try (OpenDatabase open = database.startExisting(terminal)) {
        if (!open.recordings().delete(name)) {
          throw CommandFailure.usage("there is no recording '" + name + "' in the database");
        }
      }
      terminal.say("forgot the name " + name);
      return ExitCode.OK;
    }
  }

  /** What a store refuses is for the user to change. */
  private static <T> T refusedMeansUsage(Supplier<T> storing) {
    try {
      return storing.get();
    } catch (RecordingRefusedException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  static Map<String, Object> asMap(Recording recording) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", recording.name());
    fields.put("starts_at", recording.startsAt().toString());
    fields.put("ends_at", recording.endsAt().toString());
    fields.put("instances", recording.instances().size());
    fields.put("note", recording.note());
    return fields;
  }

  static String length(Recording recording) {
    Duration length = Duration.between(recording.startsAt(), recording.endsAt());
    if (length.toDays() > 1) {
      return String.format(Locale.ROOT, "%.1f days", length.toMinutes() / 1440.0);
    }
    return length.toMinutes() + " min";
  }
}
