package dev.headroom.formula.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.formula.BigFormulas;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.check.Checker;
import dev.headroom.formula.interpret.WindowPlan;
import dev.headroom.formula.syntax.Parser;
import dev.headroom.formula.syntax.Source;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CompiledProgramTest {

  /** Up to this many bytes of code the JIT compiles a method; see -XX:-DontCompileHugeMethods. */
  private static final int JIT_LIMIT = 8_000;

  private static Graph graph(String text) {
    var source = new Source(text);
    Program program = Checker.check(source, Parser.parse(source)).program();
    return GraphBuilder.build(program, WindowPlan.of(program, source));
  }

  private static CompiledProgram compile(String text) {
    var source = new Source(text);
    Program program = Checker.check(source, Parser.parse(source)).program();
    return CompiledProgram.of(program, WindowPlan.of(program, source));
  }

  private static long operations(String text) {
    return graph(text).nodes().stream().filter(Node::isOperation).count();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Constants, params among them, are computed; 3 * 4 is not an operation any more.
        "anon + 3 * 4B                                   | 1",
        "param k = 2 in [1, 3]; anon * (k + 1)           | 1",
        "100MiB * 2 // 3                                 | 0",
        "anon if 1 < 2 else file / 2                     | 0",
        // The same value is computed once, whatever line or order it is written in.
        "a = anon + file; a * 2 + (file + anon) / 3      | 4",
        "min(anon - file, 5B) + max(anon - file, 5B)     | 4",
        "anon + 0 * file                                 | 2",
        // What changes no bit goes; x + 0 would change -0.0 and stays.
        "(anon * 1 - 0) / 1                              | 0",
        "-(-anon)                                        | 0",
        "anon + 0                                        | 1",
        "max(anon, anon)                                 | 0",
        "default(100MiB, anon)                           | 0",
        "max_over_time(anon, 5m) - max_over_time(anon, 300s) | 1",
      })
  void operations_areAsFewAsTheyCanBe(String text, int expected) {
    assertThat(operations(text)).isEqualTo(expected);
  }

  @Test
  void windows_thatAreTheSame_areOne() {
    assertThat(
            graph("a = max_over_time(anon + file, 5m); a - max_over_time(file + anon, 300s)")
                .windows())
        .hasSize(1);
    assertThat(graph("max_over_time(anon, 5m) - max_over_time(anon, 6m)").windows()).hasSize(2);
    assertThat(graph("max_over_time(anon, 5m) - min_over_time(anon, 5m)").windows()).hasSize(2);
  }

  @Test
  void formulasWithoutAPast_areOneLoop() {
    Graph graph = graph("a = memory_max - shmem; a - anon if a > 5MiB else a / 2");
    Schedule schedule = Schedule.of(graph);
    assertThat(schedule.loops()).hasSize(1);
    assertThat(schedule.scratchColumns()).isZero();
  }

  /** What windows look at in one loop, then both windows, then the loop for the limit. */
  @Test
  void windows_standBetweenTwoLoops() {
    Graph graph =
        graph("memory_max - shmem - max_over_time(anon + file, 5m) - min_over_time(anon, 5m)");
    Schedule schedule = Schedule.of(graph);
    assertThat(schedule.loops().stream().map(loop -> loop.operations().size()))
        .containsExactly(1, 3);
    assertThat(schedule.steps().stream().map(step -> step.getClass().getSimpleName()))
        .containsExactly("RunLoop", "FeedScratch", "FeedInput", "RunLoop");
  }

  @Test
  void formulasThatDifferInNumbersAlone_shareTheirCode() {
    CompiledProgram first = compile("75% * memory_max - shmem");
    CompiledProgram second = compile("90% * memory_max - shmem");
    CompiledProgram third = compile("90% * memory_max + shmem");
    assertThat(second.kernelClass()).isSameAs(first.kernelClass());
    assertThat(third.kernelClass()).isNotSameAs(first.kernelClass());
    assertThat(first.kernelClass().isHidden()).isTrue();
  }

  /** Collection of a class is the JVM's to time; all that is asked is that it comes. */
  @Test
  void code_thatNobodyUses_isUnloaded() throws InterruptedException {
    List<WeakReference<Class<?>>> classes =
        Stream.of("anon / 12345", "avg_over_time(anon, 5m) ** 1 // 7", "file if anon > 7B else 9B")
            .map(CompiledProgramTest::compile)
            .map(program -> new WeakReference<Class<?>>(program.kernelClass()))
            .toList();
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (classes.stream().anyMatch(reference -> reference.get() != null)) {
      assertThat(System.nanoTime()).as("the classes were collected in time").isLessThan(deadline);
      System.gc();
      Thread.sleep(20);
    }
    assertThat(compile("anon / 12345").kernelClass().isHidden()).isTrue();
  }

  static Stream<String> bigFormulas() {
    return BigFormulas.texts();
  }

  @ParameterizedTest
  @MethodSource("bigFormulas")
  void everyMethod_isSmallEnoughForTheJit(String text) {
    Graph graph = graph(text);
    List<MethodModel> methods =
        ClassFile.of().parse(Kernels.bytes(graph, Schedule.of(graph))).methods();
    assertThat(methods).hasSizeGreaterThan(3);
    assertThat(methods)
        .allSatisfy(method ->
            assertThat(codeBytes(method))
                .as(method.methodName().stringValue())
                .isLessThan(JIT_LIMIT));
  }

  private static int codeBytes(MethodModel method) {
    return method.findAttribute(Attributes.code()).map(CodeAttribute::codeLength).orElse(0);
  }
}
