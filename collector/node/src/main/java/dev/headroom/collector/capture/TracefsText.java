package dev.headroom.collector.capture;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of a tracing instance's {@code trace} file, with the events {@code mark_victim} and
 * {@code signal_generate}.
 *
 * @param writtenCount entries ever written, those included that newer ones have overwritten
 * @param heldCount entries that are still there
 * @param events the OOM events, oldest first
 */
record TracefsText(long writtenCount, long heldCount, List<KernelOomEvent> events) {

  private static final Pattern COUNTS =
      Pattern.compile("# entries-in-buffer/entries-written: (\\d+)/(\\d+) .*");

  /**
   * The task's name is padded to 16 characters, so that nothing in it can be taken for what
   * follows.
   */
  private static final Pattern ENTRY =
      Pattern.compile(
          "(.{16})-(\\d+)\\s+(?:\\(\\s*(\\d+|-+)\\)\\s+)?\\[\\d+\\]\\s+\\S+\\s+(\\d+)\\.(\\d{6}): (\\w+): (.*)",
          Pattern.DOTALL);

  private static final Pattern SIGNAL =
      Pattern.compile("sig=9 .* pid=(\\d+) grp=\\d+ res=\\d+", Pattern.DOTALL);

  private static final Pattern MARK =
      Pattern.compile(
          "pid=(\\d+)(?: comm=(.*) total-vm[=:](\\d+)kB anon-rss[=:](\\d+)kB file-rss[=:](\\d+)kB"
              + " shmem-rss[=:](\\d+)kB uid=(\\d+) pgtables[=:](\\d+)kB oom_score_adj=(-?\\d+))?",
          Pattern.DOTALL);

  private static final String UNKNOWN_COMM = "<...>";

  TracefsText {
    events = List.copyOf(events);
  }

  /** Parses the file's bytes, read as ISO 8859-1 so that each is one character. */
  static TracefsText parse(String text, UUID bootId) {
    long held = 0;
    long written = 0;
    List<String> entries = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      Matcher counts = COUNTS.matcher(line);
      if (counts.matches()) {
        held = Long.parseLong(counts.group(1));
        written = Long.parseLong(counts.group(2));
      } else if (ENTRY.matcher(line).matches()) {
        entries.add(line);
      } else if (!entries.isEmpty() && !line.isEmpty()) {
        // A task's name may hold a line break.
        entries.add(entries.removeLast() + "\n" + line);
      }
    }
    return new TracefsText(written, held, events(entries, written > held, bootId));
  }

  private static List<KernelOomEvent> events(
      List<String> entries, boolean overwritten, UUID bootId) {
    Map<String, Integer> killed = new HashMap<>();
    List<KernelOomEvent> events = new ArrayList<>();
    for (String line : entries) {
      Matcher entry = ENTRY.matcher(line);
      if (!entry.matches()) {
        continue;
      }
      String invoker = entry.group(2);
      if (entry.group(6).equals("signal_generate")) {
        Matcher signal = SIGNAL.matcher(entry.group(7));
        if (signal.matches()) {
          killed.put(invoker, Integer.valueOf(signal.group(1)));
        }
      } else if (entry.group(6).equals("mark_victim")) {
        Matcher mark = MARK.matcher(entry.group(7));
        if (mark.matches()) {
          boolean sent = Integer.valueOf(mark.group(1)).equals(killed.remove(invoker));
          // The signal's own entry may have been overwritten.
          events.add(
              event(entry, mark, sent ? Boolean.FALSE : overwritten ? null : Boolean.TRUE, bootId));
        }
      }
    }
    return events;
  }

  private static KernelOomEvent event(
      Matcher entry, Matcher mark, @Nullable Boolean phantom, UUID bootId) {
    long stampNs =
        Long.parseLong(entry.group(4)) * 1_000_000_000L + Long.parseLong(entry.group(5)) * 1_000L;
    boolean detailed = mark.group(2) != null;
    VictimMemory memory =
        detailed
            ? new VictimMemory(kib(mark, 3), kib(mark, 4), kib(mark, 5), kib(mark, 6), kib(mark, 8))
            : VictimMemory.UNKNOWN;
    OomTask victim =
        new OomTask(
            Integer.parseInt(mark.group(1)),
            null,
            detailed ? utf8(mark.group(2)) : null,
            null,
            detailed ? (Integer) Integer.parseUnsignedInt(mark.group(7)) : null);
    String group =
        Optional.ofNullable(entry.group(3))
            .filter(id -> !id.startsWith("-"))
            .orElse(entry.group(2));
    String comm = entry.group(1).stripLeading();
    return new KernelOomEvent(
        bootId,
        OomSourceKind.TRACEFS,
        stampNs,
        stampNs,
        victim,
        detailed ? (Integer) Integer.parseInt(mark.group(9)) : null,
        memory,
        OomTask.of(Integer.parseInt(group), comm.equals(UNKNOWN_COMM) ? null : utf8(comm)),
        null,
        null,
        null,
        phantom,
        null,
        null,
        null,
        null);
  }

  private static long kib(Matcher mark, int group) {
    return Long.parseLong(mark.group(group)) * 1024;
  }

  private static String utf8(String bytes) {
    return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }
}
