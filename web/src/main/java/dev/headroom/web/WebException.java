package dev.headroom.web;

/** The web process cannot run; the message says what to do. */
public final class WebException extends RuntimeException {

  private WebException(String message, Throwable cause) {
    super(message, cause);
  }

  static WebException cannotListen(WebConfig config, RuntimeException cause) {
    return new WebException(
        "cannot listen on %s port %d: %s; choose another with --port, or 0 for a free one"
            .formatted(config.bind(), config.port(), reason(cause)),
        cause);
  }

  private static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest.getMessage());
  }
}
