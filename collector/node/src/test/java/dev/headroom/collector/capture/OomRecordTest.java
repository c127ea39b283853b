package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The records' layout is the same in C, where the compiler holds the header's offsets, and in Java.
 */
class OomRecordTest {

  private static final Pattern OFFSET =
      Pattern.compile("^AT\\((kill|detail)_record, (\\w+), (\\d+)\\);$", Pattern.MULTILINE);

  @Test
  void offsets_areThoseOfTheHeader() throws Exception {
    Map<String, Long> header = new TreeMap<>();
    OFFSET
        .matcher(header())
        .results()
        .forEach(offset ->
            header.put(
                (offset.group(1) + "_" + offset.group(2)).toUpperCase(Locale.ROOT),
                Long.valueOf(offset.group(3))));
    Map<String, Long> java = new TreeMap<>();
    for (Field field : OomRecord.class.getDeclaredFields()) {
      if (field.getName().matches("(KILL|DETAIL)_.*")) {
        java.put(field.getName(), field.getLong(null));
      }
    }

    assertThat(java).hasSize(31).isEqualTo(header);
  }

  @Test
  void layoutAndRing_areThoseOfTheHeader() throws IOException {
    String header = header();

    assertThat(find(header, "#define HEADROOM_LAYOUT (\\d+)")).isEqualTo(OomRecord.LAYOUT);
    assertThat(1 << find(header, "RING_BYTES = 1 << (\\d+)")).isEqualTo(OomRecord.RING_BYTES);
  }

  private static int find(String text, String pattern) {
    MatchResult found = Pattern.compile(pattern).matcher(text).results().findFirst().orElseThrow();
    return Integer.parseInt(found.group(1));
  }

  private static String header() throws IOException {
    return Files.readString(Path.of("src/main/bpf/oom_record.h"));
  }
}
