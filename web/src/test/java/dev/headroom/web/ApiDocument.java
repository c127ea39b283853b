package dev.headroom.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The API as openapi.yaml describes it, so that a new operation is tested without a new test. */
final class ApiDocument {

  private final JsonNode root;

  private ApiDocument(JsonNode root) {
    this.root = root;
  }

  /** A parameter of the path or of the query. */
  record Parameter(String name, boolean isInPath, JsonNode schema) {}

  /**
   * Something that can be asked.
   *
   * @param method in upper case
   * @param path with {@code {name}} for its parameters
   * @param body the schema of its JSON; absent when it takes none
   * @param statuses the answers that it names; a default is left out
   * @param isStream whether it answers with server-sent events
   */
  record Operation(
      String method,
      String path,
      List<Parameter> parameters,
      @Nullable JsonNode body,
      Set<Integer> statuses,
      boolean isStream) {}

  static ApiDocument read() {
    try (InputStream in = WebServer.class.getResourceAsStream("openapi.yaml")) {
      return new ApiDocument(new YAMLMapper().readTree(Objects.requireNonNull(in)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    root.get("paths")
        .forEachEntry((path, methods) ->
            methods.forEachEntry((method, operation) ->
                operations.add(operation(method.toUpperCase(Locale.ROOT), path, operation))));
    return operations;
  }

  private Operation operation(String method, String path, JsonNode operation) {
    List<Parameter> parameters = new ArrayList<>();
    for (JsonNode each : operation.path("parameters")) {
      JsonNode parameter = resolve(each);
      parameters.add(
          new Parameter(
              parameter.get("name").stringValue(),
              parameter.get("in").stringValue().equals("path"),
              parameter.path("schema")));
    }
    JsonNode content =
        resolve(operation.path("requestBody")).path("content").path("application/json");
    Set<Integer> statuses = new TreeSet<>();
    operation
        .get("responses")
        .forEachEntry((status, _) -> {
          if (!status.equals("default")) {
            statuses.add(Integer.valueOf(status));
          }
        });
    return new Operation(
        method,
        path,
        parameters,
        content.isMissingNode() ? null : content.path("schema"),
        statuses,
        operation
            .get("responses")
            .path("200")
            .path("description")
            .asString("")
            .contains("text/event-stream"));
  }

  private JsonNode resolve(JsonNode node) {
    JsonNode reference = node.path("$ref");
    return reference.isString() ? root.at(reference.stringValue().substring(1)) : node;
  }
}
