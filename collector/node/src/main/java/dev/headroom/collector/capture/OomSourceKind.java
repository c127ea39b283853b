package dev.headroom.collector.capture;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The places where the kernel tells of OOM kills, best first. */
public enum OomSourceKind {
  /** A BPF program on the typed tracepoint: the victim's own task, cgroups, title and query. */
  TP_BTF,
  /** A BPF program on the plain tracepoint: its fields only. */
  TRACEPOINT,
  /** The tracepoint's text, in a tracing instance of our own. */
  TRACEFS,
  /** The kernel log. */
  KMSG;

  /** The name in options, rows and messages, such as {@code tp_btf}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The kind of that label.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static OomSourceKind of(String label) {
    return Arrays.stream(values())
        .filter(kind -> kind.label().equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no capture source is called '%s'; there are %s"
                    .formatted(
                        label,
                        Arrays.stream(values())
                            .map(OomSourceKind::label)
                            .collect(Collectors.joining(", ")))));
  }
}
