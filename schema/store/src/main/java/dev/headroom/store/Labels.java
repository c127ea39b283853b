package dev.headroom.store;

import dev.headroom.model.BackendKind;
import java.util.Locale;

/**
 * The labels by which the model's closed lists are known in SQL: an enum constant's name in lower
 * case, and Postgres's own description for what a process is for.
 */
final class Labels {

  private Labels() {}

  static String of(Enum<?> constant) {
    return constant instanceof BackendKind kind
        ? kind.description()
        : constant.name().toLowerCase(Locale.ROOT);
  }

  /**
   * The constant with this label.
   *
   * @throws IllegalArgumentException when the type has none
   */
  static <E extends Enum<E>> E get(Class<E> type, String label) {
    for (E constant : type.getEnumConstants()) {
      if (of(constant).equals(label)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "this program knows no " + type.getSimpleName() + " \"" + label + "\"; a newer one does");
  }
}
