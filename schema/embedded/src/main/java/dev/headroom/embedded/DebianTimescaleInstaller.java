package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes a private Postgres 17 with TimescaleDB from Debian's packages: downloads them from the
 * machine's own mirror, unpacks them into one folder and binds the programs to that folder's own C
 * library. Needs no root, works beside any other Postgres, changes nothing outside its folder.
 *
 * <p>The manifest is written last, so a folder without it is unfinished and is made again. It holds
 * the folder's path, because the programs are bound to it: a moved folder is made again too.
 */
public final class DebianTimescaleInstaller {

  /** Of the Postgres it makes. */
  public static final int MAJOR_VERSION = 17;

  /** The Debian release that packages TimescaleDB; its programs run on any newer kernel. */
  static final String SUITE = "trixie";

  private static final String PACKAGE = "postgresql-17-timescaledb";
  private static final String HEADERS_PACKAGE = "postgresql-server-dev-17";
  private static final String ALLOCATOR_PACKAGE = "libjemalloc2";
  private static final Path HEADERS = Path.of("usr/include/postgresql/17");
  private static final Path SERVER = Path.of("usr/lib/postgresql/17");
  private static final String MANIFEST = "headroom-install.properties";
  private static final Path KEYRINGS = Path.of("/usr/share/keyrings");
  private static final String KEYRING_PACKAGE = "debian-archive-keyring";
  private static final Duration UNPACK_TIMEOUT = Duration.ofMinutes(5);

  /** Packages with code that Postgres loads; LLVM is 35 MB for a JIT that we leave off. */
  private static final Pattern WANTED =
      Pattern.compile("postgresql-(client-)?17|" + PACKAGE + "|zlib1g|lib.+");

  private static final Pattern UNWANTED =
      Pattern.compile(
          "libllvm.*|libz3.*|libperl.*|.*-perl|libc-(bin|l10n)|lib(pam-modules|sem|sep).*|.*-common");

  private final HeadroomHome home;
  private final Path etcApt;
  private final Path osRelease;

  public DebianTimescaleInstaller(HeadroomHome home) {
    this(home, Path.of("/etc/apt"), Path.of("/etc/os-release"));
  }

  DebianTimescaleInstaller(HeadroomHome home, Path etcApt, Path osRelease) {
    this.home = home;
    this.etcApt = etcApt;
    this.osRelease = osRelease;
  }

  /** The finished install in the home, if there is one. */
  public Optional<PostgresInstall> find() {
    return findManifest().map(manifest -> describe());
  }

  /**
   * As {@link #find}, with what the guard needs beyond the server: headers to build the extension
   * with, and jemalloc.
   */
  public Optional<PostgresInstall> findForGuard() {
    return findManifest()
        .filter(DebianTimescaleInstaller::hasGuardParts)
        .map(manifest -> describe());
  }

  /** Its programs look for their libraries there; a link to that place is as good as the place. */
  private boolean isWhereItWasMade(Properties manifest) throws IOException {
    Path made = Path.of(manifest.getProperty("directory", ""));
    return Files.exists(made) && Files.isSameFile(made, home.postgresInstall());
  }

  private Optional<Properties> findManifest() {
    Path manifest = home.postgresInstall().resolve(MANIFEST);
    if (!Files.isRegularFile(manifest)) {
      return Optional.empty();
    }
    Properties properties = new Properties();
    try (var reader = Files.newBufferedReader(manifest)) {
      properties.load(reader);
      return isWhereItWasMade(properties) ? Optional.of(properties) : Optional.empty();
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot read " + manifest + ": " + e, e);
    }
  }

  private static boolean hasGuardParts(Properties manifest) {
    return manifest.containsKey(packageKey(HEADERS_PACKAGE))
        && manifest.containsKey(packageKey(ALLOCATOR_PACKAGE));
  }

  private static String packageKey(String name) {
    return "package." + name;
  }

  /**
   * What keeps this machine from installing, one sentence each with its remedy; empty if nothing.
   */
  public List<String> listObstacles() {
    List<String> obstacles = new ArrayList<>();
    Optional<String> distribution = osRelease("ID");
    if (!distribution.equals(Optional.of("debian"))) {
      obstacles.add(
          "the private install is made of Debian's packages from the machine's own Debian mirror,"
              + " and this machine says it is "
              + distribution.map(id -> "\"" + id + "\"").orElse("nothing in " + osRelease));
      return obstacles;
    }
    Set<String> packages = new LinkedHashSet<>();
    if (missing("apt-get") || missing("apt-config")) {
      packages.add("apt");
    }
    if (missing("dpkg")) {
      packages.add("dpkg");
    }
    if (missing("setsid")) {
      packages.add("util-linux");
    }
    if (!Files.exists(Path.of("/usr/share/zoneinfo/UTC"))) {
      packages.add("tzdata");
    }
    if (!packages.isEmpty()) {
      obstacles.add("run as root: apt-get install " + String.join(" ", packages));
    }
    if (findBase().isEmpty()) {
      obstacles.add(
          "add a line such as `deb <mirror> %s main` to %s: no enabled apt source there has the machine's own release"
              .formatted(osRelease("VERSION_CODENAME").orElse("<codename>"), etcApt));
    }
    return obstacles;
  }

  /**
   * The install in the home, made now if it is missing. Another install under way is waited for;
   * one that was cut off goes on with what it had downloaded.
   *
   * @throws EmbeddedDatabaseException when the machine lacks something, the mirror does not answer
   *     or its signature does not verify
   */
  public PostgresInstall install(Progress progress) {
    return make(progress, false);
  }

  /**
   * As {@link #install}, with what the guard needs beyond the server: headers to build the
   * extension with, and jemalloc. An install that lacks them is completed, not made again.
   */
  public PostgresInstall installForGuard(Progress progress) {
    return make(progress, true);
  }

  private PostgresInstall make(Progress progress, boolean forGuard) {
    home.create();
    try (DirectoryLock _ =
        DirectoryLock.acquire(home.directory().resolve("install.lock"), progress)) {
      Optional<Properties> manifest = findManifest();
      boolean serverThere = manifest.isPresent();
      boolean guardPartsThere =
          manifest.filter(DebianTimescaleInstaller::hasGuardParts).isPresent();
      if (serverThere && (guardPartsThere || !forGuard)) {
        return describe();
      }
      List<String> obstacles = listObstacles();
      if (!obstacles.isEmpty()) {
        throw new EmbeddedDatabaseException(
            "cannot install TimescaleDB into %s: %s"
                .formatted(home.postgresInstall(), String.join("; ", obstacles)));
      }
      AptSource base = findBase().orElseThrow();
      progress.step("reading Debian's package lists");
      PrivateApt apt = prepareApt(base);
      if (!serverThere) {
        build(base, apt, progress);
      }
      if (forGuard) {
        addGuardParts(apt, progress);
      }
      DirectoryTree.delete(home.cache());
      return describe();
    }
  }

  private void build(AptSource base, PrivateApt apt, Progress progress) {
    Path root = home.postgresInstall();
    DirectoryTree.delete(root);
    HeadroomHome.createDirectories(root);

    List<PrivateApt.PackageVersion> packages = listLoadable(apt.plan(PACKAGE));
    progress.step("downloading %d packages".formatted(packages.size()));
    List<Path> archives = apt.download(packages);
    Path patchelf = ExternalCommand.find("patchelf").orElseGet(() -> unpackTool(base, "patchelf"));

    progress.step("unpacking into " + root);
    for (Path archive : archives) {
      unpack(archive, root);
    }
    prune(root);
    bindToOwnLibraries(root, patchelf);
    PostgresInstall install = describe();
    verify(root);
    Properties manifest = new Properties();
    manifest.setProperty("directory", root.toString());
    writeManifest(manifest, packages);
    progress.step("installed " + install.describe());
  }

  /** Adds the server's headers, and jemalloc with what it needs and the server does not. */
  private void addGuardParts(PrivateApt apt, Progress progress) {
    Path root = home.postgresInstall();
    Properties manifest = findManifest().orElseThrow();
    List<PrivateApt.PackageVersion> allocator =
        listLoadable(apt.plan(ALLOCATOR_PACKAGE)).stream()
            .filter(planned -> !manifest.containsKey(packageKey(planned.name())))
            .toList();
    List<PrivateApt.PackageVersion> headers =
        apt.plan(HEADERS_PACKAGE).stream()
            .filter(planned -> planned.name().equals(HEADERS_PACKAGE))
            .toList();
    progress.step("downloading the headers and the allocator for the guard");
    apt.download(allocator).forEach(archive -> unpack(archive, root));
    prune(root);
    Path unpacked = home.cache().resolve("headers");
    HeadroomHome.createDirectories(unpacked);
    apt.download(headers).forEach(archive -> unpack(archive, unpacked));
    DirectoryTree.delete(root.resolve(HEADERS));
    HeadroomHome.createDirectories(root.resolve(HEADERS.getParent()));
    try {
      Files.move(unpacked.resolve(HEADERS), root.resolve(HEADERS));
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "cannot move the server's headers to %s: %s".formatted(root.resolve(HEADERS), e), e);
    }
    writeManifest(manifest, Stream.concat(allocator.stream(), headers.stream()).toList());
  }

  private static List<PrivateApt.PackageVersion> listLoadable(
      List<PrivateApt.PackageVersion> planned) {
    return planned.stream()
        .filter(one -> WANTED.matcher(one.name()).matches())
        .filter(one -> !UNWANTED.matcher(one.name()).matches())
        .toList();
  }

  /** Lists of the packaging suite, verified by keys that the machine already trusts. */
  private PrivateApt prepareApt(AptSource base) {
    List<AptSource> sources = new ArrayList<>();
    sources.add(base.withSuite(SUITE));
    AptSource.listAll(etcApt).stream()
        .filter(AptSource::isSecurity)
        .findFirst()
        .ifPresent(security -> sources.add(security.withSuite(SUITE + "-security")));
    PrivateApt apt = PrivateApt.configure(home.cache().resolve("apt"), sources, keyrings(sources));
    ExternalCommand.Result update = apt.update();
    if (!update.succeeded() && update.output().contains("NO_PUBKEY")) {
      // An old machine does not know the newer release's key; its keyring package may.
      Path unpacked = unpackPackage(base, KEYRING_PACKAGE);
      apt.trust(listKeyrings(unpacked.resolve("usr/share/keyrings")));
      update = apt.update();
    }
    if (!update.succeeded()) {
      throw new EmbeddedDatabaseException(
          ("cannot read the package lists of Debian %s from %s; check the network and the mirror in"
                  + " %s, then try again%n%s")
              .formatted(SUITE, base.uri(), etcApt, ExternalCommand.tail(update.output())));
    }
    return apt;
  }

  private Path unpackTool(AptSource base, String name) {
    return unpackPackage(base, name).resolve("usr/bin").resolve(name);
  }

  /** A package of the machine's own release, unpacked into the cache. */
  private Path unpackPackage(AptSource base, String name) {
    List<AptSource> sources = List.of(base);
    PrivateApt own = PrivateApt.configure(home.cache().resolve("own"), sources, keyrings(sources));
    ExternalCommand.Result update = own.update();
    if (!update.succeeded()) {
      throw new EmbeddedDatabaseException(
          "cannot read the package lists of %s for %s; install the package %s and try again%n%s"
              .formatted(base.uri(), name, name, ExternalCommand.tail(update.output())));
    }
    Path target = home.cache().resolve("tools").resolve(name);
    HeadroomHome.createDirectories(target);
    List<PrivateApt.PackageVersion> wanted =
        own.plan(name).stream().filter(planned -> planned.name().equals(name)).toList();
    own.download(wanted).forEach(archive -> unpack(archive, target));
    return target;
  }

  private static void unpack(Path archive, Path target) {
    ExternalCommand.of(UNPACK_TIMEOUT, "dpkg", "--extract", archive.toString(), target.toString())
        .runOrThrow("unpacking " + archive.getFileName());
  }

  /** Leaves the server, its libraries and the licences. */
  private static void prune(Path root) {
    DirectoryTree.delete(root.resolve("etc"));
    DirectoryTree.delete(root.resolve("var"));
    for (String folder : List.of("usr/bin", "usr/sbin", "usr/lib64", "usr/share/locale")) {
      DirectoryTree.delete(root.resolve(folder));
    }
    DirectoryTree.delete(root.resolve(SERVER).resolve("lib/bitcode"));
    DirectoryTree.delete(root.resolve(SERVER).resolve("lib/pgxs"));
    Path libraries = libraries(root);
    for (Path entry : list(libraries, "*")) {
      if (Files.isDirectory(entry)) {
        DirectoryTree.delete(entry);
      }
    }
    for (Path jit : list(root.resolve(SERVER).resolve("lib"), "llvmjit*")) {
      DirectoryTree.delete(jit);
    }
  }

  /**
   * Makes every program start with the folder's own loader and libraries. The older kind of search
   * path (RPATH) is inherited by the libraries, so only programs are changed.
   */
  private static void bindToOwnLibraries(Path root, Path patchelf) {
    String fromPrograms =
        "$ORIGIN/" + root.resolve(SERVER).resolve("bin").relativize(libraries(root));
    List<String> command =
        new ArrayList<>(
            List.of(
                patchelf.toString(),
                "--set-interpreter",
                loader(root).toString(),
                "--force-rpath",
                "--set-rpath",
                fromPrograms));
    list(root.resolve(SERVER).resolve("bin"), "*").stream()
        .filter(program -> !Files.isSymbolicLink(program))
        .map(Path::toString)
        .forEach(command::add);
    ExternalCommand.of(command, UNPACK_TIMEOUT).runOrThrow("binding the programs to " + root);
  }

  /** Every program and module must find every library in the folder itself. */
  private static void verify(Path root) {
    List<Path> files = new ArrayList<>(list(root.resolve(SERVER).resolve("bin"), "*"));
    files.addAll(list(root.resolve(SERVER).resolve("lib"), "*.so"));
    for (Path file : files) {
      ExternalCommand.Result result =
          ExternalCommand.of(
                  UNPACK_TIMEOUT,
                  loader(root).toString(),
                  "--library-path",
                  ".",
                  "--list",
                  file.toString())
              // Entered, not named: the loader would split its name at a colon or semicolon.
              .in(libraries(root))
              .run();
      boolean complete = result.succeeded() && !result.output().contains("not found");
      boolean optional = file.getFileName().toString().matches(".*(plperl|plpython3|pltcl).*");
      if (!complete && !optional) {
        throw new EmbeddedDatabaseException(
            "the packages of Debian %s lack a library that %s needs%n%s"
                .formatted(SUITE, file.getFileName(), ExternalCommand.tail(result.output())));
      }
    }
  }

  private void writeManifest(Properties properties, List<PrivateApt.PackageVersion> added) {
    added.forEach(one -> properties.setProperty(packageKey(one.name()), one.version()));
    Path manifest = home.postgresInstall().resolve(MANIFEST);
    Path unfinished = home.postgresInstall().resolve(MANIFEST + ".new");
    try {
      try (var writer = Files.newBufferedWriter(unfinished)) {
        properties.store(writer, "Debian packages of this Postgres");
      }
      Files.move(unfinished, manifest, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot write " + manifest + ": " + e, e);
    }
  }

  private PostgresInstall describe() {
    return PostgresInstall.ofPgConfig(
        home.postgresInstall().resolve(SERVER).resolve("bin/pg_config"),
        PostgresInstall.Kind.PRIVATE);
  }

  private Optional<AptSource> findBase() {
    String codename = osRelease("VERSION_CODENAME").orElse("");
    return AptSource.listAll(etcApt).stream().filter(source -> source.isBase(codename)).findFirst();
  }

  private static List<Path> keyrings(List<AptSource> sources) {
    Set<Path> keyrings = new LinkedHashSet<>();
    for (AptSource source : sources) {
      source.signedBy().stream()
          .filter(key -> key.startsWith("/"))
          .map(Path::of)
          .filter(Files::isReadable)
          .forEach(keyrings::add);
    }
    keyrings.addAll(listKeyrings(KEYRINGS));
    return List.copyOf(keyrings);
  }

  private static List<Path> listKeyrings(Path directory) {
    return Stream.of(KEYRING_PACKAGE + ".gpg", KEYRING_PACKAGE + ".pgp")
        .map(directory::resolve)
        .filter(Files::isReadable)
        .toList();
  }

  private Optional<String> osRelease(String field) {
    Pattern pattern = Pattern.compile("(?m)^" + field + "=\"?([^\"\\n]*)\"?$");
    try {
      Matcher matcher = pattern.matcher(Files.readString(osRelease));
      return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean missing(String program) {
    return ExternalCommand.find(program).isEmpty();
  }

  private static Path loader(Path root) {
    return list(libraries(root), "ld-linux*").getFirst();
  }

  /** The folder of the architecture's libraries, told by the loader that lies in it. */
  private static Path libraries(Path root) {
    return list(root.resolve("usr/lib"), "*-linux-gnu*").stream()
        .filter(folder -> !list(folder, "ld-linux*").isEmpty())
        .findFirst()
        .orElseThrow(() ->
            new EmbeddedDatabaseException(
                "the C library's package left no loader below " + root.resolve("usr/lib")));
  }

  private static List<Path> list(Path directory, String glob) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
      stream.forEach(found::add);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot list " + directory + ": " + e, e);
    }
    found.sort(null);
    return found;
  }
}
