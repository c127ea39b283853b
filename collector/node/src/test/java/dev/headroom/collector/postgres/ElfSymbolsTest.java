package dev.headroom.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfSymbolsTest {

  private static final Path SELF = Path.of("/proc/self/exe");

  @Test
  void postgres_exportsItsQueryString() throws IOException {
    Path postgres = installedPostgres();

    ElfSymbols symbols = ElfSymbols.read(postgres);

    assertThat(symbols.find("debug_query_string"))
        .get()
        .satisfies(symbol -> {
          assertThat(symbol.address()).isPositive();
          assertThat(symbol.sizeBytes()).isEqualTo(8);
        });
    assertThat(symbols.find("malloc")).as("used but not defined").isEmpty();
    assertThat(symbols.find("no_such_symbol")).isEmpty();
  }

  /**
   * bash exports {@code dist_version}, a pointer to its version's text; a waiting bash holds it at
   * the address found.
   */
  @Test
  void address_leadsToTheSymbolsBytesInARunningProcess() throws IOException {
    Path bash = Path.of("/bin/bash");
    assumeTrue(Files.isExecutable(bash), "no " + bash);
    Process process = new ProcessBuilder(bash.toString(), "-c", "echo $BASH_VERSION; read").start();
    try (BufferedReader output = process.inputReader();
        RandomAccessFile memory = new RandomAccessFile("/proc/" + process.pid() + "/mem", "r")) {
      String version = output.readLine();

      long address = ElfSymbols.read(bash).findAddress("dist_version", process.pid()).orElseThrow();

      memory.seek(address);
      memory.seek(Long.reverseBytes(memory.readLong()));
      byte[] text = new byte[3];
      memory.readFully(text);
      assertThat(version).startsWith(new String(text, StandardCharsets.US_ASCII));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void process_ofAnotherProgram_isRefused() throws IOException {
    Path bash = Path.of("/bin/bash");
    assumeTrue(Files.isExecutable(bash), "no " + bash);

    assertThatThrownBy(
            () -> ElfSymbols.read(bash).findAddress("dist_version", ProcessHandle.current().pid()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another program");
  }

  @Test
  void file_thatIsNoElf_isRefusedByName(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("postgres"), "#!/bin/sh\n".repeat(20));

    assertThatThrownBy(() -> ElfSymbols.read(text))
        .hasMessageContaining("postgres: not a 64-bit little-endian ELF");
  }

  @Test
  void file_thatIsCutShort_isRefused(@TempDir Path folder) throws IOException {
    Path half = folder.resolve("half");
    Files.copy(SELF.toRealPath(), half);
    try (RandomAccessFile file = new RandomAccessFile(half.toFile(), "rw")) {
      file.setLength(file.length() / 2);
    }

    assertThatThrownBy(() -> ElfSymbols.read(half)).hasMessageContaining("cut short");
  }

  private static Path installedPostgres() throws IOException {
    Path root = Path.of("/usr/lib/postgresql");
    assumeTrue(Files.isDirectory(root), "no Postgres under " + root);
    try (Stream<Path> versions = Files.list(root)) {
      Path postgres =
          versions
              .map(version -> version.resolve("bin/postgres"))
              .filter(Files::isExecutable)
              .findFirst()
              .orElse(null);
      assumeTrue(postgres != null, "no Postgres server under " + root);
      return postgres;
    }
  }
}
