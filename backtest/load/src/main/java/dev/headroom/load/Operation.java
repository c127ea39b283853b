package dev.headroom.load;

import dev.headroom.web.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * One operation of the API, as its document describes it.
 *
 * @param method in capitals
 * @param path with its parameters in braces
 * @param queryParameters by name
 * @param isStream whether the answer has no end
 */
record Operation(String method, String path, List<String> queryParameters, boolean isStream) {

  private static final String EVENT_STREAM = "text/event-stream";

  /** What reports call it. */
  String name() {
    return method + " " + path;
  }

  boolean isRead() {
    return method.equals("GET");
  }

  /** Every operation of the document that the web process serves, in its order. */
  static List<Operation> listDocumented() {
    try (InputStream document = WebServer.class.getResourceAsStream("openapi.yaml")) {
      if (document == null) {
        throw new IllegalStateException("the build left out openapi.yaml");
      }
      JsonNode root = new YAMLMapper().readTree(document);
      List<Operation> operations = new ArrayList<>();
      for (Map.Entry<String, JsonNode> path : root.get("paths").properties()) {
        for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
          operations.add(operation(root, path.getKey(), operation.getKey(), operation.getValue()));
        }
      }
      return operations;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Operation operation(
      JsonNode root, String path, String method, JsonNode description) {
    List<String> query = new ArrayList<>();
    for (JsonNode parameter : description.path("parameters")) {
      JsonNode resolved =
          parameter.has("$ref")
              ? root.at(parameter.get("$ref").stringValue().substring(1))
              : parameter;
      if (resolved.get("in").stringValue().equals("query")) {
        query.add(resolved.get("name").stringValue());
      }
    }
    boolean isStream =
        description.at("/responses/200/description").asString("").equals(EVENT_STREAM)
            || description
                .path("summary")
                .asString("")
                .startsWith("A stream of server-sent events");
    return new Operation(
        method.toUpperCase(java.util.Locale.ROOT), path, List.copyOf(query), isStream);
  }
}
