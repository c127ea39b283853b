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

  private static final String DOCUMENT = "/api/v1/openapi.yaml";

  /** For a request that was turned away before any part of the API looked at it. */
  public static ErrorResponse ofStatus(int status) {
    return switch (status) {
      case 404 ->
          of(status, "not_found", "there is nothing here", DOCUMENT + " lists what there is");
      case 405 ->
          of(
              status,
              "method_not_allowed",
              "this path has other methods",
              DOCUMENT + " lists the methods of every path");
      case 408 ->
          of(status, "timeout", "the request did not arrive in time", "send it without pauses");
      case 413 -> of(status, "too_large", "the body is too large", "send less than 256 KiB");
      case 414, 431 ->
          of(status, "too_large", "the address or the headers are too large", "shorten them");
      case 505 -> of(status, "bad_request", "this is another HTTP than 1.0 or 1.1", null);
      case 503 -> of(status, "unavailable", "this process cannot answer now", "try again later");
      default ->
          status >= 500
              ? of(status, "defect", "this should not have happened", null)
              : of(status, "bad_request", "the request cannot be understood", null);
    };
  }

  private static ErrorResponse of(int status, String code, String message, @Nullable String next) {
    return new ErrorResponse(new Problem(status, code, message, next));
  }
}
