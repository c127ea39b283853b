package dev.headroom.web.http;

import org.jspecify.annotations.Nullable;

/** A request that cannot be answered, and what to do instead. */
public final class ApiException extends RuntimeException {

  private final int status;
  private final String code;
  private final @Nullable String nextStep;

  private ApiException(int status, String code, String message, @Nullable String nextStep) {
    super(message);
    this.status = status;
    this.code = code;
    this.nextStep = nextStep;
  }

  /** 400: a parameter or the body is wrong. */
  public static ApiException badRequest(String message, String nextStep) {
    return new ApiException(400, "bad_request", message, nextStep);
  }

  /** 401: a token is needed. */
  public static ApiException unauthorized(String message) {
    return new ApiException(
        401,
        "unauthorized",
        message,
        "send Authorization: Bearer TOKEN; `headroom token create` makes one");
  }

  /** 403: the caller may not do this. */
  public static ApiException forbidden(String message, String nextStep) {
    return new ApiException(403, "forbidden", message, nextStep);
  }

  /** 404: there is no such thing. */
  public static ApiException notFound(String message, String nextStep) {
    return new ApiException(404, "not_found", message, nextStep);
  }

  /** 409: it is in a state that does not allow this. */
  public static ApiException conflict(String message, String nextStep) {
    return new ApiException(409, "conflict", message, nextStep);
  }

  /** 422: understood, and too much to answer. */
  public static ApiException tooMuch(String message, String nextStep) {
    return new ApiException(422, "too_much", message, nextStep);
  }

  /** 422: understood, and against the rules as things are. */
  public static ApiException refused(String message, String nextStep) {
    return new ApiException(422, "refused", message, nextStep);
  }

  /** 429: later. */
  public static ApiException tooManyRequests() {
    return new ApiException(
        429, "too_many_requests", "too many requests from this caller", "wait a second");
  }

  /** 503: something this process needs is not there. */
  public static ApiException unavailable(String message, String nextStep) {
    return new ApiException(503, "unavailable", message, nextStep);
  }

  public int status() {
    return status;
  }

  /** What the answer has as its body. */
  public ErrorResponse response() {
    return new ErrorResponse(
        new ErrorResponse.Problem(status, code, String.valueOf(getMessage()), nextStep));
  }
}
