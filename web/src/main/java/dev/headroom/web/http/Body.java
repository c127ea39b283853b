package dev.headroom.web.http;

import io.javalin.http.Context;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads the JSON body of a request; whatever is wrong with it is a 400 that says so. */
public final class Body {

  private Body() {}

  /** The body as an object. */
  public static JsonNode object(Context context) {
    try {
      JsonNode root = WebJson.mapper().readTree(context.body());
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (JacksonException e) {
      // The same answer as for JSON that is no object.
    }
    throw ApiException.badRequest("the body is no JSON object", "send one");
  }

  /** A field that must be there and not be blank. */
  public static String text(JsonNode body, String name, int most) {
    JsonNode value = body.path(name);
    if (!value.isString() || value.stringValue().isBlank()) {
      throw ApiException.badRequest(name + " is missing", "give " + name + " as text");
    }
    if (value.stringValue().length() > most) {
      throw ApiException.badRequest(
          name + " is longer than " + most + " characters", "shorten " + name);
    }
    return value.stringValue();
  }
}
