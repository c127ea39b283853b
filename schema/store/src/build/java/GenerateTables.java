import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Target;
import org.slf4j.LoggerFactory;

/**
 * Runs in the build, before the compiler: applies the migrations to a throw-away Postgres and writes jOOQ's classes for
 * what came out. Does nothing when migrations and this program are those of the last run.
 *
 * <p>Arguments: the folder of resources, the build's folder.
 */
public final class GenerateTables {

  private static final String MIGRATIONS = "dev/headroom/store/migration";
  private static final String PACKAGE = "dev.headroom.store.jooq";

  private GenerateTables() {}

  public static void main(String[] arguments) throws Exception {
    Path resources = Path.of(arguments[0]);
    Path target = Path.of(arguments[1]);
    Path sources = target.resolve("generated-sources/jooq");
    Path stamp = target.resolve("generate-tables.sha256");

    String inputs = hashOf(resources.resolve(MIGRATIONS), Path.of(System.getProperty("jdk.launcher.sourcefile", "")));
    if (Files.isDirectory(sources) && Files.exists(stamp) && Files.readString(stamp).equals(inputs)) {
      return;
    }
    Files.deleteIfExists(stamp);
    generate(resources.resolve(MIGRATIONS), sources);
    Files.writeString(stamp, inputs);
  }

  private static void generate(Path migrations, Path sources) throws Exception {
    System.setProperty("org.jooq.no-logo", "true");
    System.setProperty("org.jooq.no-tips", "true");
    // jOOQ's free edition warns about every Postgres but the newest.
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.ERROR);
    try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start()) {
      Flyway.configure()
          .dataSource(postgres.getPostgresDatabase())
          .schemas("headroom")
          .table("schema_history")
          .placeholderReplacement(false)
          .locations("filesystem:" + migrations)
          .load()
          .migrate();
      GenerationTool.generate(
          new Configuration()
              .withLogging(Logging.WARN)
              .withJdbc(
                  new Jdbc()
                      .withUrl(postgres.getJdbcUrl("postgres", "postgres")))
              .withGenerator(
                  new Generator()
                      .withDatabase(
                          new Database()
                              .withName("org.jooq.meta.postgres.PostgresDatabase")
                              .withInputSchema("headroom")
                              .withOutputSchemaToDefault(false)
                              .withIncludeRoutines(false)
                              .withExcludes("schema_history.*"))
                      .withGenerate(
                          new Generate()
                              .withGlobalCatalogReferences(false)
                              .withDaos(false)
                              .withPojos(false)
                              .withComments(true))
                      .withTarget(new Target().withPackageName(PACKAGE).withDirectory(sources.toString()).withClean(true))));
    }
  }

  private static String hashOf(Path folder, Path program) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> inputs = Stream.concat(files.filter(Files::isRegularFile).sorted(), Stream.of(program).filter(Files::isRegularFile)).toList();
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path input : inputs) {
        digest.update(input.getFileName().toString().getBytes());
        digest.update(Files.readAllBytes(input));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
