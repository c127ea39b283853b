package dev.headroom.launcher;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.headroom.store.RolloutStore;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;

/** The arrows of ARCHITECTURE.md. Each rule says why it is one. */
@AnalyzeClasses(packages = "dev.headroom", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  private static final String[] PLAIN_JAVA = {"java..", "org.jspecify.annotations.."};

  @ArchTest
  static final ArchRule MODEL_KNOWS_ONLY_THE_JDK =
      classes()
          .that()
          .resideInAPackage("dev.headroom.model..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(with(PLAIN_JAVA, "dev.headroom.model.."))
          .because("every module speaks in the model, so it must not drag anything along");

  @ArchTest
  static final ArchRule FORMULA_KNOWS_ONLY_THE_JDK =
      classes()
          .that()
          .resideInAPackage("dev.headroom.formula..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(with(PLAIN_JAVA, "dev.headroom.formula.."))
          .because("the same compiled formula runs in the live loop and in the replay");

  @ArchTest
  static final ArchRule KERNEL_IS_PURE =
      classes()
          .that()
          .resideInAPackage("dev.headroom.engine.kernel..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              with(
                  PLAIN_JAVA,
                  "dev.headroom.model..",
                  "dev.headroom.formula..",
                  "dev.headroom.engine.kernel.."))
          .because("a replay that can be reproduced depends on nothing but its input");

  @ArchTest
  static final ArchRule KERNEL_HAS_NO_IO_CLOCK_OR_THREAD =
      noClasses()
          .that()
          .resideInAPackage("dev.headroom.engine.kernel..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.io..", "java.nio..", "java.net..", "java.sql..", "java.util.concurrent..")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(Clock.class, Thread.class)
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(Instant.class, "now")
          .because("the same manifest gives the same bytes on every machine and at every hour");

  @ArchTest
  static final ArchRule ENGINE_KNOWS_NEITHER_DATABASE_NOR_COLLECTOR =
      noClasses()
          .that()
          .resideInAPackage("dev.headroom.engine..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.headroom.store..",
              "dev.headroom.embedded..",
              "dev.headroom.collector..",
              "dev.headroom.lab..",
              "dev.headroom.promotion..",
              "dev.headroom.cli..")
          .because(
              "recordings come in from outside: the engine also runs where there is no database");

  @ArchTest
  static final ArchRule COLLECTOR_DOES_NOT_JUDGE =
      noClasses()
          .that()
          .resideInAnyPackage("dev.headroom.collector..", "dev.headroom.lab..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.headroom.engine..", "dev.headroom.promotion..", "dev.headroom.cli..")
          .because("what observes must not know what would look good");

  @ArchTest
  static final ArchRule PROMOTION_KNOWS_ENGINE_AND_STORE =
      noClasses()
          .that()
          .resideInAPackage("dev.headroom.promotion..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.headroom.embedded..",
              "dev.headroom.collector..",
              "dev.headroom.lab..",
              "dev.headroom.cli..",
              "dev.headroom.web..")
          .because(
              "the command line and the web process promote by the same rules, and guards learn of it"
                  + " through flags alone");

  @ArchTest
  static final ArchRule ONLY_PROMOTION_CHANGES_ROLLOUTS =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.headroom.promotion..", "dev.headroom.store..")
          .should()
          .callMethodWhere(
              target(owner(equivalentTo(RolloutStore.class)))
                  .and(target(name("create")).or(target(name("change")))))
          .because(
              "a step is one that the gates or a named approver allow, whoever asks: commands and pages"
                  + " alike call Promotion");

  @ArchTest
  static final ArchRule STORE_KNOWS_ONLY_THE_MODEL =
      noClasses()
          .that()
          .resideInAPackage("dev.headroom.store..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.headroom.engine..", "dev.headroom.promotion..", "dev.headroom.collector..")
          .because("what is kept must not depend on what is made of it");

  @ArchTest
  static final ArchRule COLLECTOR_DOES_NOT_KNOW_THE_LAB =
      noClasses()
          .that()
          .resideInAPackage("dev.headroom.collector..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.headroom.lab..", "dev.headroom.embedded..")
          .because("the lab's instances are found the way anybody's are");

  @ArchTest
  static final ArchRule WEB_KNOWS_NEITHER_COMMANDS_NOR_COLLECTOR =
      noClasses()
          .that()
          .resideInAPackage("dev.headroom.web..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.headroom.cli..",
              "dev.headroom.embedded..",
              "dev.headroom.collector..",
              "dev.headroom.lab..",
              "org.jooq..",
              "java.sql..")
          .because(
              "pages ask the stores; who starts the process says where the database is and how a backtest runs");

  @ArchTest
  static final ArchRule NOTHING_KNOWS_THE_LAUNCHER =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.headroom.launcher..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.headroom.launcher..")
          .because("it assembles the modules and is assembled by none");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices()
          .matching("dev.headroom.(**)")
          .should()
          .beFreeOfCycles()
          .ignoreDependency(
              resideInAPackage("dev.headroom.formula.."),
              resideInAPackage("dev.headroom.formula.."))
          .ignoreDependency(
              resideInAPackage("dev.headroom.store.jooq.."),
              resideInAPackage("dev.headroom.store.jooq.."))
          .because(
              "a cycle is two packages that are really one; the formula language is one, whose root package is the"
                  + " façade of the others, and how generated code is laid out is not ours to say");

  @ArchTest
  static final ArchRule ONLY_MAIN_EXITS =
      noClasses()
          .that()
          .doNotHaveSimpleName("Headroom")
          .should()
          .callMethod(System.class, "exit", int.class)
          .because("a library that exits takes its caller's unwritten data with it");

  @ArchTest
  static final ArchRule ONLY_COMMANDS_PRINT =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.headroom.cli..", "dev.headroom.launcher..")
          .should(ACCESS_STANDARD_STREAMS)
          .because(
              "results go to standard output and talk to standard error, and only a command knows which is which");

  @ArchTest
  static final ArchRule ONLY_FFM_CALLS_NATIVE_CODE =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.headroom.collector.ffm..")
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Linker.class, FunctionDescriptor.class, SymbolLookup.class)
          .orShould()
          .callMethodWhere(
              target(name("reinterpret")).and(target(owner(equivalentTo(MemorySegment.class)))))
          .because(
              "one wrong offset or signature kills the process, so all of them are read in one place");

  private static String[] with(String[] packages, String... more) {
    return Stream.of(packages, more).flatMap(Arrays::stream).toArray(String[]::new);
  }
}
