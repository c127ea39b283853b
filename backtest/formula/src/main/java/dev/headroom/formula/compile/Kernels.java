package dev.headroom.formula.compile;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import dev.headroom.formula.compile.Schedule.Loop;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes kernels, each a hidden class of its own, and remembers those in use: formulas that differ
 * in numbers alone, as those of a sweep do, share one class and so what the JIT learns about it. A
 * class is unloaded when the last formula that uses it is gone.
 */
final class Kernels {

  private static final ClassDesc NAME =
      ClassDesc.of(Kernels.class.getPackageName(), "GeneratedKernel");
  private static final ClassDesc DOUBLES = CD_double.arrayType();
  private static final ClassDesc COLUMNS = DOUBLES.arrayType();

  private static final MethodTypeDesc LOOP =
      MethodTypeDesc.of(CD_void, COLUMNS, COLUMNS, DOUBLES, CD_int, CD_int, DOUBLES);
  private static final MethodTypeDesc RUN = LOOP.insertParameterTypes(0, CD_int);

  /** What the code of a kernel depends on. */
  record Shape(List<Node> nodes, List<Loop> loops) {}

  private static final Map<Shape, Entry> IN_USE = new HashMap<>();
  private static final ReferenceQueue<Kernel> UNUSED = new ReferenceQueue<>();

  private static final class Entry extends WeakReference<Kernel> {
    private final Shape shape;

    Entry(Shape shape, Kernel kernel) {
      super(kernel, UNUSED);
      this.shape = shape;
    }
  }

  private Kernels() {}

  /** The kernel for a graph and its schedule. */
  static Kernel of(Graph graph, Schedule schedule) {
    var shape = new Shape(graph.nodes(), schedule.loops());
    synchronized (IN_USE) {
      forgetUnused();
      Entry entry = IN_USE.get(shape);
      @Nullable Kernel kernel = entry == null ? null : entry.get();
      if (kernel == null) {
        kernel = define(bytes(graph, schedule));
        IN_USE.put(shape, new Entry(shape, kernel));
      }
      return kernel;
    }
  }

  private static void forgetUnused() {
    for (Reference<? extends Kernel> gone = UNUSED.poll(); gone != null; gone = UNUSED.poll()) {
      // Under the same shape there may be a new kernel by now.
      IN_USE.remove(((Entry) gone).shape, gone);
    }
  }

  private static Kernel define(byte[] bytes) {
    try {
      var lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
      return (Kernel)
          lookup.findConstructor(lookup.lookupClass(), MethodType.methodType(void.class)).invoke();
    } catch (Throwable e) {
      throw new IllegalStateException("the code generated for a formula is not valid", e);
    }
  }

  /** The class file of a kernel. */
  static byte[] bytes(Graph graph, Schedule schedule) {
    return ClassFile.of()
        .build(
            NAME,
            kernel -> {
              kernel.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC);
              kernel.withInterfaceSymbols(ClassDesc.of(Kernel.class.getName()));
              kernel.withMethodBody(INIT_NAME, MTD_void, 0, Kernels::constructor);
              List<Loop> loops = schedule.loops();
              kernel.withMethodBody(
                  "run", RUN, ClassFile.ACC_PUBLIC, code -> dispatch(code, loops.size()));
              for (int loop = 0; loop < loops.size(); loop++) {
                loop(kernel, loop, graph, loops.get(loop));
              }
            });
  }

  private static void loop(ClassBuilder kernel, int number, Graph graph, Loop loop) {
    kernel.withMethodBody(
        "loop" + number,
        LOOP,
        ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC,
        code -> LoopCode.write(code, graph, loop));
  }

  private static void constructor(CodeBuilder code) {
    code.aload(0).invokespecial(ConstantDescs.CD_Object, INIT_NAME, MTD_void).return_();
  }

  /** {@code switch (loop)} over the methods of the loops. */
  private static void dispatch(CodeBuilder code, int loops) {
    Label unknown = code.newLabel();
    var cases = new ArrayList<SwitchCase>();
    for (int loop = 0; loop < loops; loop++) {
      cases.add(SwitchCase.of(loop, code.newLabel()));
    }
    code.iload(1).tableswitch(0, loops - 1, unknown, cases);
    for (SwitchCase each : cases) {
      code.labelBinding(each.target());
      code.aload(2).aload(3).aload(4).iload(5).iload(6).aload(7);
      code.invokestatic(NAME, "loop" + each.caseValue(), LOOP).return_();
    }
    code.labelBinding(unknown).return_();
  }
}
