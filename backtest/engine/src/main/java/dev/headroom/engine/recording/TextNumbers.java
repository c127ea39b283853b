package dev.headroom.engine.recording;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers the texts of a recording: millions of rows have a handful of databases and users. */
final class TextNumbers {

  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<String> texts = new ArrayList<>();
  private final List<byte[]> utf8 = new ArrayList<>();

  /** The text's number, which it gets when it is first asked for. */
  int of(String text) {
    Integer number = numbers.get(text);
    if (number == null) {
      number = texts.size();
      numbers.put(text, number);
      texts.add(text);
      utf8.add(text.getBytes(StandardCharsets.UTF_8));
    }
    return number;
  }

  String text(int number) {
    return texts.get(number);
  }

  /** Its UTF-8; not to be written to. */
  byte[] utf8(int number) {
    return utf8.get(number);
  }

  List<String> all() {
    return List.copyOf(texts);
  }
}
