package dev.headroom.engine.casefile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A part of a case file that knows its place and reads itself strictly. */
record CaseNode(String file, Node node) {

  /** An error about this part. */
  CaseFileException error(String reason) {
    return new CaseFileException(place() + ": " + reason);
  }

  CaseFileException error(String reason, Throwable cause) {
    return new CaseFileException(place() + ": " + reason, cause);
  }

  /** Where this part starts, {@code file:line:column}. */
  String place() {
    return place(file, node.getStartMark().orElse(null));
  }

  static String place(String file, @Nullable Mark mark) {
    return mark == null ? file : file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
  }

  /** The entries of a mapping, every key one of these. */
  Map<String, CaseNode> mapping(Set<String> keys) {
    Map<String, CaseNode> entries = mapping();
    for (NodeTuple tuple : ((MappingNode) node).getValue()) {
      String key = ((ScalarNode) tuple.getKeyNode()).getValue();
      if (!keys.contains(key)) {
        throw new CaseNode(file, tuple.getKeyNode())
            .error("unknown key '" + key + "'; there are " + String.join(", ", keys));
      }
    }
    return entries;
  }

  /** The entries of a mapping with any keys, in the order of the file. */
  Map<String, CaseNode> mapping() {
    if (!(node instanceof MappingNode mapping)) {
      throw error("a mapping is needed here");
    }
    Map<String, CaseNode> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      CaseNode keyNode = new CaseNode(file, tuple.getKeyNode());
      String key = keyNode.text();
      if (entries.put(key, new CaseNode(file, tuple.getValueNode())) != null) {
        throw keyNode.error("the key '" + key + "' is here twice");
      }
    }
    return entries;
  }

  /** The entry of a mapping that must be there. */
  static CaseNode get(CaseNode mapping, Map<String, CaseNode> entries, String key) {
    CaseNode value = entries.get(key);
    if (value == null) {
      throw mapping.error("the key '" + key + "' is needed");
    }
    return value;
  }

  List<CaseNode> list() {
    if (!(node instanceof SequenceNode sequence)) {
      throw error("a list is needed here");
    }
    List<CaseNode> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new CaseNode(file, item));
    }
    return items;
  }

  /** A list with one item for each sample. */
  List<CaseNode> listOf(int samples) {
    List<CaseNode> items = list();
    if (items.size() != samples) {
      throw error(
          "one value for each of the " + samples + " samples is needed, not " + items.size());
    }
    return items;
  }

  boolean isList() {
    return node instanceof SequenceNode;
  }

  boolean isNull() {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && Set.of("null", "~", "").contains(scalar.getValue());
  }

  String text() {
    if (!(node instanceof ScalarNode scalar) || isNull()) {
      throw error("a text is needed here");
    }
    return scalar.getValue();
  }

  long bytes() {
    return quantity("a number of bytes such as 100MiB", Quantity::findBytes);
  }

  double input() {
    return quantity("a number or a number of bytes such as 100MiB", Quantity::findInput);
  }

  long nanoseconds() {
    return quantity("a time such as 500ms or 2s", Quantity::findNanoseconds);
  }

  long number() {
    return quantity("a whole number", CaseNode::findLong);
  }

  int pid() {
    return count();
  }

  /** A whole number, 0 or more. */
  int count() {
    long value = number();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw error("a whole number of 0 or more is needed, not " + value);
    }
    return (int) value;
  }

  boolean flag() {
    return switch (text()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw error("true or false is needed, not '" + text() + "'");
    };
  }

  private static Optional<Long> findLong(String text) {
    try {
      return Optional.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private <T> T quantity(String needed, Function<String, Optional<T>> read) {
    String text = text();
    try {
      return read.apply(text).orElseThrow(() -> error(needed + " is needed, not '" + text + "'"));
    } catch (ArithmeticException e) {
      throw error("'" + text + "' is too large", e);
    }
  }
}
