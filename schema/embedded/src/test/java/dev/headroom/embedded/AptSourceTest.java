package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading both formats of apt's sources. */
class AptSourceTest {

  @Test
  void oneLineFormat_givesUriSuiteComponentsAndKeys() {
    List<AptSource> sources =
        AptSource.parseOneLine(
            """
            # deb http://commented.invalid/debian bookworm main
            deb http://mirror.invalid/debian bookworm main contrib # the mirror
            deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg] mirror+file:/etc/apt/m.list bookworm-security main
            deb-src http://mirror.invalid/debian bookworm main
            deb cdrom:[Debian]/ bookworm main
            deb	http://flat.invalid/	./
            nonsense
            """);

    assertThat(sources)
        .containsExactly(
            new AptSource(
                "http://mirror.invalid/debian", "bookworm", List.of("main", "contrib"), List.of()),
            new AptSource(
                "mirror+file:/etc/apt/m.list",
                "bookworm-security",
                List.of("main"),
                List.of("/k/a.gpg", "/k/b.gpg")),
            new AptSource("http://flat.invalid/", "./", List.of(), List.of()));
  }

  @Test
  void deb822Format_givesOneSourcePerUriAndSuite() {
    List<AptSource> sources =
        AptSource.parseDeb822(
            """
            Types: deb deb-src
            # http://comment.invalid inside a stanza
            URIs: http://one.invalid/debian
             http://two.invalid/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: http://off.invalid/debian
            Suites: bookworm
            Components: main
            Enabled: no

            Types: deb-src
            URIs: http://source.invalid/debian
            Suites: bookworm
            Components: main
            """);

    assertThat(sources)
        .extracting(AptSource::uri, AptSource::suite)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("http://one.invalid/debian", "bookworm"),
            org.assertj.core.groups.Tuple.tuple("http://one.invalid/debian", "bookworm-updates"),
            org.assertj.core.groups.Tuple.tuple("http://two.invalid/debian", "bookworm"),
            org.assertj.core.groups.Tuple.tuple("http://two.invalid/debian", "bookworm-updates"));
    assertThat(sources)
        .allSatisfy(source ->
            assertThat(source.signedBy())
                .containsExactly("/usr/share/keyrings/debian-archive-keyring.gpg"));
  }

  @Test
  void deb822Format_keepsAnEmbeddedKeyWithItsEmptyLines() {
    List<AptSource> sources =
        AptSource.parseDeb822(
            """
            Types: deb
            URIs: http://own.invalid/debian
            Suites: bookworm
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w
             -----END PGP PUBLIC KEY BLOCK-----
            """);

    assertThat(sources.getFirst().signedBy())
        .containsExactly(
            """
            -----BEGIN PGP PUBLIC KEY BLOCK-----

            mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w
            -----END PGP PUBLIC KEY BLOCK-----\
            """);
  }

  @Test
  void base_isTheDistributionAndNeitherUpdatesNorAnotherProject() {
    assertThat(source("bookworm", "main").isBase("bookworm")).isTrue();
    assertThat(source("stable", "main").isBase("bookworm")).isTrue();
    assertThat(source("bookworm-updates", "main").isBase("bookworm")).isFalse();
    assertThat(source("bookworm-security", "main").isBase("bookworm")).isFalse();
    assertThat(source("bookworm", "contrib").isBase("bookworm")).isFalse();
    assertThat(source("nodistro", "main").isBase("bookworm")).isFalse();
    assertThat(source("bookworm-security", "main").isSecurity()).isTrue();
  }

  @Test
  void listAll_readsTheMainFileFirstAndSkipsDisabledOnes(@TempDir Path etcApt) throws IOException {
    Files.createDirectory(etcApt.resolve("sources.list.d"));
    Files.writeString(etcApt.resolve("sources.list"), "deb http://first.invalid a main\n");
    Files.writeString(etcApt.resolve("sources.list.d/z.list"), "deb http://third.invalid c main\n");
    Files.writeString(
        etcApt.resolve("sources.list.d/b.sources"),
        "Types: deb\nURIs: http://second.invalid\nSuites: b\nComponents: main\n");
    Files.writeString(
        etcApt.resolve("sources.list.d/old.list.disabled"), "deb http://not.invalid d main\n");

    assertThat(AptSource.listAll(etcApt))
        .extracting(AptSource::uri)
        .containsExactly("http://first.invalid", "http://second.invalid", "http://third.invalid");
  }

  private static AptSource source(String suite, String component) {
    return new AptSource("http://mirror.invalid", suite, List.of(component), List.of());
  }
}
