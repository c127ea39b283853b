package dev.headroom.collector.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds every constant of {@link SegmentLayout} to the C header, by asking a C compiler. */
class SegmentLayoutTest {

  private static final Path HEADER_DIRECTORY =
      Path.of("../../guard-native/include").toAbsolutePath().normalize();

  private static final Map<String, String> STRUCT_BY_CLASS =
      Map.of("Header", "HeadroomSegment", "Payload", "HeadroomEventPayload");

  @TempDir private Path folder;

  @Test
  void everyConstant_isThatOfTheHeader() throws Exception {
    Map<String, Object> javaByExpression = new LinkedHashMap<>();
    for (Field field : SegmentLayout.class.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() != String.class) {
        javaByExpression.put("HEADROOM_" + field.getName(), field.get(null));
      }
    }
    for (Class<?> struct : SegmentLayout.class.getDeclaredClasses()) {
      String name =
          STRUCT_BY_CLASS.getOrDefault(struct.getSimpleName(), "Headroom" + struct.getSimpleName());
      for (Field field : struct.getDeclaredFields()) {
        String member = field.getName().toLowerCase(Locale.ROOT);
        javaByExpression.put(
            member.equals("size")
                ? "sizeof(%s)".formatted(name)
                : "offsetof(%s, %s)".formatted(name, member),
            field.get(null));
      }
    }
    assertThat(javaByExpression).hasSizeGreaterThan(90);

    StringBuilder source = new StringBuilder();
    javaByExpression
        .keySet()
        .forEach(expression ->
            source.append(
                "printf(\"%s %%lld\\n\", (long long) (%s));\n".formatted(expression, expression)));
    source.append("printf(\"/memfd:%s (deleted)\\n\", HEADROOM_MEMFD_NAME);\n");
    StringBuilder expected = new StringBuilder();
    javaByExpression.forEach(
        (expression, value) -> expected.append(expression).append(' ').append(value).append('\n'));
    expected.append(SegmentLayout.LINK_TARGET).append('\n');

    assertThat(run(source.toString())).isEqualTo(expected.toString());
  }

  @Test
  void checksum_isThatOfTheHeader() throws Exception {
    ByteBuffer payload = ByteBuffer.allocate(240).order(ByteOrder.nativeOrder());
    for (int word = 0; word < 30; word++) {
      payload.putLong(word * 8, word * 0x0123_4567_89AB_CDEFL);
    }

    assertThat(
            run(
                """
                uint64_t payload[30];
                for (int word = 0; word < 30; word++) payload[word] = word * UINT64_C(0x0123456789ABCDEF);
                printf("%lld", (long long) headroom_event_checksum(42, payload));
                """))
        .isEqualTo(Long.toString(EventRing.checksum(42, payload)));
  }

  /** 53200 is out_of_memory: '5', '3', '2', '0', '0' in six bits each, the first lowest. */
  @Test
  void sqlState_isUnpackedAsPostgresPacksIt() {
    assertThat(EventRing.sqlState(5 + 3 * 64 + 2 * 64 * 64)).isEqualTo("53200");
    assertThat(EventRing.sqlState(('X' - '0') * 65)).isEqualTo("XX000");
  }

  private String run(String statements) throws IOException, InterruptedException {
    Path source = folder.resolve("layout.c");
    Path program = folder.resolve("layout");
    Files.writeString(
        source,
        """
        #include <stdio.h>
        #include "headroom_segment.h"
        int main(void)
        {
        %s
        return 0;
        }
        """
            .formatted(statements));
    assumeTrue(hasCompiler(), "no C compiler: install gcc");
    assertThat(
            output(
                "cc",
                "-std=gnu11",
                "-I" + HEADER_DIRECTORY,
                source.toString(),
                "-o",
                program.toString()))
        .isEmpty();
    return output(program.toString());
  }

  private static boolean hasCompiler() throws InterruptedException {
    try {
      Process version = new ProcessBuilder("cc", "--version").redirectErrorStream(true).start();
      version.getInputStream().readAllBytes();
      return version.waitFor() == 0;
    } catch (IOException none) {
      return false;
    }
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
