package dev.headroom.web.http;

import org.jspecify.annotations.Nullable;

/** The body of every answer that is an error. */
public record ErrorResponse(Problem error) {

  /**
   * What went wrong.
   *
   * @param status of the answer
   * @param code the same for programs, such as {@code not_found}
   * @param message in words
   * @param nextStep what to do about it, when there is something
   */
  public record Problem(int status, String code, String message, @Nullable String nextStep) {}
}
