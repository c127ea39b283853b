package dev.headroom.web;

import dev.headroom.web.http.ErrorResponse;
import dev.headroom.web.http.Guarded;
import dev.headroom.web.http.WebJson;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/**
 * Answers what is no request that a route could look at, such as headers without an end, as every
 * other error is answered. Jetty's own page would name classes and lack the headers.
 */
final class ProtocolErrors implements Request.Handler {

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    if (request.getAttribute(ErrorHandler.ERROR_EXCEPTION) instanceof HttpException problem) {
      status = problem.getCode();
      response.setStatus(status);
    }
    Guarded.HEADERS.forEach(response.getHeaders()::put);
    if (request.getMethod().equals("HEAD") || HttpStatus.hasNoBody(status)) {
      callback.succeeded();
      return true;
    }
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    Content.Sink.write(
        response,
        true,
        WebJson.mapper().writeValueAsString(ErrorResponse.ofStatus(status)),
        callback);
    return true;
  }
}
