package dev.headroom.collector.ffm;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** A C function with its errno. For rare calls: each one costs about a microsecond. */
@SuppressWarnings("restricted") // the package exists to call C
final class NativeFunction {

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  static final AddressLayout POINTER = ValueLayout.ADDRESS;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private final String name;
  private final MethodHandle handle;

  private NativeFunction(String name, MethodHandle handle) {
    this.name = name;
    this.handle = handle;
  }

  /** The function {@code name}, which returns {@code result} and takes {@code arguments}. */
  static NativeFunction of(
      SymbolLookup library, String name, ValueLayout result, MemoryLayout... arguments) {
    return link(
        library,
        name,
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }

  /** As {@link #of}, for a function whose arguments from {@code firstVariadic} on are variadic. */
  static NativeFunction ofVariadic(
      SymbolLookup library,
      String name,
      int firstVariadic,
      ValueLayout result,
      MemoryLayout... arguments) {
    return link(
        library,
        name,
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(firstVariadic));
  }

  /** As {@link #of}, for a function that returns nothing; the value of its calls is 0. */
  static NativeFunction ofVoid(SymbolLookup library, String name, MemoryLayout... arguments) {
    return link(
        library,
        name,
        FunctionDescriptor.ofVoid(arguments),
        Linker.Option.captureCallState("errno"));
  }

  private static NativeFunction link(
      SymbolLookup library, String name, FunctionDescriptor shape, Linker.Option... options) {
    return new NativeFunction(
        name, LINKER.downcallHandle(library.findOrThrow(name), shape, options));
  }

  /**
   * Calls it; the arguments' types are exactly the layouts' ({@code int}, {@code long}, {@link
   * MemorySegment}).
   */
  CallResult call(Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      Object[] all = new Object[arguments.length + 1];
      all[0] = state;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      long value =
          handle.invokeWithArguments(all) instanceof Number number ? number.longValue() : 0;
      return new CallResult(name, value, (int) ERRNO.get(state, 0L));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name + " threw what a C function cannot", e);
    }
  }
}
