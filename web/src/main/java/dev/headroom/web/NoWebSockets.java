package dev.headroom.web;

import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Refuses requests for a web socket. There is none here, and Javalin would look at such a request
 * before anything has asked who makes it.
 */
final class NoWebSockets extends Handler.Wrapper {

  private static final int BAD_REQUEST = 400;

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (request.getHeaders().contains("Sec-WebSocket-Key")) {
      Response.writeError(request, response, callback, BAD_REQUEST);
      return true;
    }
    return super.handle(request, response, callback);
  }
}
