package dev.headroom.engine.report;

import java.util.List;

/**
 * One part of why a policy is judged as it is.
 *
 * @param topic what it is about, in a word or two
 * @param text in one line
 * @param items single cases, the most telling first; often none
 */
record Reason(String topic, String text, List<String> items) {

  Reason {
    items = List.copyOf(items);
  }

  static Reason of(String topic, String text) {
    return new Reason(topic, text, List.of());
  }
}
