package dev.headroom.web.http;

import io.javalin.http.Handler;
import io.javalin.http.HandlerType;

/**
 * One operation of the API. Every one is in the OpenAPI document; a test compares the two.
 *
 * @param method such as GET
 * @param path such as {@code /api/v1/instances/{id}}
 * @param scope what a caller needs
 * @param handler what answers
 */
public record Route(HandlerType method, String path, Scope scope, Handler handler) {

  /** Something that can be looked at. */
  public static Route get(String path, Scope scope, Handler handler) {
    return new Route(HandlerType.GET, path, scope, handler);
  }

  /** Something that can be done. */
  public static Route post(String path, Scope scope, Handler handler) {
    return new Route(HandlerType.POST, path, scope, handler);
  }

  /** Whether this changes something, so that it is noted who did it. */
  public boolean isWrite() {
    return method.equals(HandlerType.POST) && scope.includes(Scope.OPERATOR);
  }
}
