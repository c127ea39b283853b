package dev.headroom.web;

import dev.headroom.web.ApiDocument.Operation;
import dev.headroom.web.ApiDocument.Parameter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes up requests as an attacker, or a broken program, would send them: most are nearly right, so
 * that they get far. Everything follows from the document of the API and from a seed.
 */
final class HostileRequests {

  /** Who asks. */
  enum Who {
    NOBODY,
    FORGED,
    EXPIRED,
    REVOKED,
    VIEWER,
    OPERATOR,
    ADMIN
  }

  /** What of a request is wrong, as far as it matters for what the answer may be. */
  enum Kind {
    /** HTTP that can be answered. */
    REQUEST,
    /** No HTTP: the server may also just hang up. */
    MALFORMED,
    /** The client goes away before it is answered. */
    ABANDONED
  }

  /**
   * A request.
   *
   * @param operation what it is for; absent when it is for nothing that there is
   * @param wire what is sent, each character a byte
   */
  record Hostile(
      Kind kind, Who who, String method, @Nullable Operation operation, String path, String wire) {

    byte[] bytes() {
      return wire.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** As much of it as tells it from others, on one line. */
    @Override
    public String toString() {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < Math.min(wire.length(), MOST_SHOWN); i++) {
        char c = wire.charAt(i);
        line.append(c >= ' ' && c < 127 ? String.valueOf(c) : "\\x%02x".formatted((int) c));
      }
      return who + " " + kind + " " + line + (wire.length() > MOST_SHOWN ? "…" : "");
    }
  }

  private static final int MOST_SHOWN = 1_500;

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "x",
          "0",
          "-1",
          "1",
          "7",
          "2147483648",
          "99999999999999999999",
          "1e9",
          "1.5",
          "NaN",
          "null",
          "true",
          "undefined",
          "now",
          "1h",
          "30d",
          "365d",
          "999999d",
          "0s",
          "2026-11-20T00:00:00Z",
          "2026-11-20T00:00:00+25:00",
          "9999-12-31T23:59:59Z",
          "+1000000000-01-01T00:00:00Z",
          "-1000000000-01-01T00:00:00Z",
          "' OR '1'='1",
          "'; DROP TABLE headroom.api_token; --",
          "1); SELECT pg_sleep(10); --",
          "$$ || pg_read_file('/etc/passwd')",
          "%' ESCAPE '",
          "\\",
          "{\"$gt\": 0}",
          "${jndi:ldap://127.0.0.1/x}",
          "{{7*7}}",
          "<script>alert(1)</script>",
          "\"><img src=x onerror=alert(1)>",
          "=cmd|' /C calc'!A0",
          "../../../../etc/passwd",
          "..\\..\\windows",
          "\0",
          "a\0b",
          "\r\nSet-Cookie: a=b",
          "a\nb",
          "\uFEFFx",
          "\u202Egnp.exe",
          "\uD800",
          "🐘",
          "e\u0301",
          "ﷺ",
          "%00",
          "%2e%2e%2f",
          "a".repeat(201),
          "a".repeat(5_000));

  private static final List<String> FORMULAS =
      List.of(
          "talk",
          "neon",
          "memory_max * 0.9",
          "a: memory_max",
          "memory_max - conections",
          "max_over_time(anon, 10m)",
          "quantile_over_time(0.99, anon, 999999h)",
          "predict_linear(anon, 5m, 30s)",
          "memory_max ** memory_max",
          "memory_max / 0",
          "1 if memory_max else " + "(".repeat(2_000),
          "-".repeat(3_000) + "1B",
          "not ".repeat(2_000) + "true",
          "min(" + "memory_max,".repeat(800) + "memory_max)",
          "x = memory_max\n".repeat(500) + "x",
          "param k = 1.2 in [0.5, 3]\nmemory_max * k",
          "memory_max * " + "9".repeat(400));

  private static final List<String> BODIES =
      List.of(
          "",
          " ",
          "{",
          "}",
          "[]",
          "null",
          "7",
          "\"x\"",
          "{}",
          "{\"a\": 1, \"a\": 2}",
          "{\"a\": 1e999999999}",
          "{\"a\": NaN}",
          "{'a': 1}",
          "{\"a\": \"\\ud800\"}",
          "{\"a\": \"\\u0000\"}",
          "{\"a\": \"\\x\"}",
          "{\"a\": 1} trailing",
          "{\"__proto__\": {\"admin\": true}}",
          "{\"@class\": \"java.lang.Runtime\"}",
          "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
          "stopped=true&reason=x",
          "[".repeat(20_000),
          "{\"a\":".repeat(5_000),
          "{\"context\": " + "{\"a\":".repeat(600) + "1" + "}".repeat(601),
          "{\"a\": " + "9".repeat(50_000) + "}");

  private static final List<String> PATHS =
      List.of(
          "/../../etc/passwd",
          "/assets/../../../../etc/passwd",
          "/assets/..%2f..%2f..%2fetc%2fpasswd",
          "/assets/%2e%2e/%2e%2e/pom.xml",
          "/assets/..\\..\\pom.xml",
          "/assets/%c0%ae%c0%ae/x",
          "/assets/app.js%00.html",
          "/assets/",
          "/assets/../api/v1/audit",
          "/api/v1/audit;x=y",
          "/api/v1/audit/",
          "/api/v1/%61udit",
          "//api/v1/audit",
          "/API/V1/AUDIT",
          "/api/v1/fleet/../audit",
          "/api/v1/./audit",
          "/api/v1/",
          "/api/v2/fleet",
          "/ofrep/v1/evaluate/flags/%2F",
          "/WEB-INF/web.xml",
          "/.git/config",
          "/actuator/env",
          "/%",
          "/%zz",
          "/%u0041",
          "/%e0%80%af",
          "/?" + "a=b&".repeat(1_000),
          "/" + "a".repeat(7_000),
          "/" + "a/".repeat(2_000),
          "/healthz?x=%zz",
          "/healthz%0d%0aX: y");

  private static final List<String> CONTENT_TYPES =
      List.of(
          "application/json; charset=utf-8",
          "application/json;charset",
          "application/json; charset=",
          "application/json; charset=utf-16",
          "application/json; charset=no-such-thing",
          "application/json; charset=utf-7",
          "application/jsonx",
          "APPLICATION/JSON",
          "text/plain",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "multipart/form-data",
          "application/xml",
          "\"",
          ";;;",
          "application/json, text/plain");

  private static final List<String> HEADERS =
      List.of(
          "Accept: text/html",
          "Accept: text/event-stream",
          "Accept: */*;q=x",
          "Accept: " + "a/b,".repeat(500),
          "Accept-Encoding: br;;q=9",
          "Accept-Encoding: identity;q=0",
          "Accept-Charset: nothing",
          "Accept-Language: ../../etc/passwd",
          "Origin: https://evil.example",
          "Origin: null",
          "Origin: ::::",
          "Origin: http://127.0.0.1:1",
          "Sec-Fetch-Site: cross-site",
          "Sec-Fetch-Site: same-site",
          "Sec-Fetch-Site: ",
          "Referer: https://evil.example/",
          "X-HTTP-Method-Override: POST",
          "X-HTTP-Method-Override: GET",
          "X-HTTP-Method-Override: BEFORE",
          "X-Forwarded-For: 10.0.0.1, '; DROP TABLE x",
          "X-Forwarded-Host: evil.example",
          "X-Forwarded-Proto: javascript",
          "Forwarded: for=\"_x\";host=evil",
          "X-Original-URL: /api/v1/audit",
          "X-Rewrite-URL: /api/v1/audit",
          "Host: evil.example",
          "If-None-Match: *",
          "If-None-Match: W/\"\",,,\"",
          "If-Modified-Since: yesterday",
          "Range: bytes=0-18446744073709551615,0-0,-1",
          "Expect: 100-continue",
          "Expect: the unexpected",
          "Cookie: a=b; JSESSIONID=../../x; \0",
          "Cookie: " + "a=b; ".repeat(200),
          "Content-Encoding: gzip",
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
          "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA",
          "Connection: close",
          "TE: trailers",
          "Trailer: X-Evil",
          "Max-Forwards: 0",
          "User-Agent: () { :; }; echo",
          "X-Api-Key: x",
          "Authorization: Basic YTpi",
          "Authorization: Digest x",
          "X-Long: " + "x".repeat(6_000));

  private static final List<String> METHODS =
      List.of(
          "GET",
          "HEAD",
          "POST",
          "PUT",
          "PATCH",
          "DELETE",
          "OPTIONS",
          "TRACE",
          "CONNECT",
          "PROPFIND",
          "BEFORE",
          "AFTER",
          "GETS",
          "get");

  private static final List<String> MALFORMED =
      List.of(
          "GET\r\n\r\n",
          "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.0\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nNo colon here\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n: empty name\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n folded\r\n\r\n",
          "GET / HTTP/1.1\nHost: 127.0.0.1\n\n",
          "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + "x".repeat(20_000) + "\r\n\r\n",
          "GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "X: y\r\n".repeat(3_000) + "\r\n",
          "GET http://evil.example/api/v1/audit HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
          "GET api/v1/audit HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
          "GET /a b c HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: \0\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "\u0016\u0003\u0001\u0002\0\u0001\0\u0001",
          "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n{}",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: x, y\r\n\r\n{}",
          "POST /api/v1/guard-stop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}");

  private static final List<Who> WITHOUT_RIGHTS =
      List.of(
          Who.NOBODY,
          Who.FORGED,
          Who.EXPIRED,
          Who.REVOKED,
          Who.VIEWER,
          Who.VIEWER,
          Who.VIEWER,
          Who.VIEWER);

  private static final List<Who> EVERYBODY =
      List.of(
          Who.NOBODY,
          Who.FORGED,
          Who.EXPIRED,
          Who.REVOKED,
          Who.VIEWER,
          Who.VIEWER,
          Who.OPERATOR,
          Who.OPERATOR,
          Who.OPERATOR,
          Who.OPERATOR,
          Who.ADMIN,
          Who.ADMIN,
          Who.ADMIN,
          Who.ADMIN);

  private final long seed;
  private final List<Operation> operations;
  private final Map<Who, String> tokens;
  private final List<String> ids;
  private final List<String> names;

  /**
   * @param ids of things that there are
   * @param names of things that there are
   */
  HostileRequests(
      long seed,
      List<Operation> operations,
      Map<Who, String> tokens,
      List<String> ids,
      List<String> names) {
    this.seed = seed;
    this.operations = operations;
    this.tokens = tokens;
    this.ids = ids;
    this.names = names;
  }

  /**
   * The request of this number.
   *
   * @param mayChange whether it may come from somebody who may change something; otherwise it comes
   *     from those who may not, or from a browser on another site's page
   */
  Hostile make(int number, boolean mayChange) {
    Random random = new Random(seed * 1_000_003 + number);
    int kind = random.nextInt(100);
    if (kind < 5) {
      String text = pick(random, MALFORMED);
      return new Hostile(Kind.MALFORMED, Who.NOBODY, text.substring(0, 3), null, "", text);
    }
    Who who = mayChange ? pick(random, EVERYBODY) : pick(random, WITHOUT_RIGHTS);
    if (!mayChange && random.nextInt(5) == 0) {
      return request(random, Who.OPERATOR, "Origin: https://evil.example\r\n");
    }
    if (kind < 12) {
      String path = pick(random, PATHS);
      return plain(random, who, random.nextInt(4) == 0 ? pick(random, METHODS) : "GET", path);
    }
    return request(random, who, "");
  }

  private Hostile plain(Random random, Who who, String method, String path) {
    String head =
        method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header(random, who) + "\r\n";
    return new Hostile(Kind.REQUEST, who, method, null, path, head);
  }

  private Hostile request(Random random, Who who, String more) {
    Operation operation = pick(random, operations);
    String method = random.nextInt(12) == 0 ? pick(random, METHODS) : operation.method();
    String path = path(random, operation);
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(query(random, operation));
    head.append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(more).append(header(random, who));
    for (int i = random.nextInt(3); i > 0 && random.nextBoolean(); i--) {
      head.append(pick(random, HEADERS)).append("\r\n");
    }
    if (operation.isStream() && random.nextInt(8) > 0) {
      head.append("Accept: text/event-stream\r\n");
    }
    byte[] body = new byte[0];
    if (operation.method().equals("POST") || random.nextInt(20) == 0) {
      body = body(random, operation);
      head.append("Content-Type: ")
          .append(random.nextInt(8) == 0 ? pick(random, CONTENT_TYPES) : "application/json")
          .append("\r\n");
    }
    boolean isChunked = body.length > 0 && random.nextInt(10) == 0;
    // A client that announces more than it ever sends.
    boolean isAbandoned = body.length > 0 && random.nextInt(150) == 0;
    if (isChunked) {
      head.append("Transfer-Encoding: chunked\r\n");
    } else if (body.length > 0 || method.equals("POST")) {
      head.append("Content-Length: ").append(body.length + (isAbandoned ? 7 : 0)).append("\r\n");
    }
    head.append("\r\n");
    String content = new String(body, StandardCharsets.ISO_8859_1);
    if (isChunked) {
      String length = Integer.toHexString(body.length);
      head.append(length).append("\r\n").append(content).append("\r\n0\r\n\r\n");
    } else {
      head.append(content);
    }
    return new Hostile(
        isAbandoned && !isChunked ? Kind.ABANDONED : Kind.REQUEST,
        who,
        method,
        operation,
        path,
        head.toString());
  }

  private String header(Random random, Who who) {
    if (who == Who.NOBODY) {
      return random.nextInt(4) == 0 ? "Authorization: Bearer\r\n" : "";
    }
    String token =
        who == Who.FORGED
            ? pick(
                random, List.of("hdrm_" + random.nextLong(), "x", "a".repeat(300), "' OR 1=1 --"))
            : tokens.get(who);
    return switch (random.nextInt(4)) {
      case 0 -> "X-API-Key: " + token + "\r\n";
      case 1 -> "authorization: bearer " + token + "\r\n";
      default -> "Authorization: Bearer " + token + "\r\n";
    };
  }

  private String path(Random random, Operation operation) {
    String path = operation.path();
    for (Parameter parameter : operation.parameters()) {
      if (parameter.isInPath()) {
        String value = random.nextInt(3) == 0 ? pick(random, TEXTS) : value(random, parameter);
        if (value.isEmpty()) {
          value = "%20";
        } else if (value.length() > 1_000) {
          value = value.substring(0, 1_000);
        }
        path = path.replace("{" + parameter.name() + "}", encode(value));
      }
    }
    return path;
  }

  private String query(Random random, Operation operation) {
    StringBuilder query = new StringBuilder();
    for (Parameter parameter : operation.parameters()) {
      if (!parameter.isInPath() && random.nextInt(3) > 0) {
        query
            .append(query.isEmpty() ? '?' : '&')
            .append(parameter.name())
            .append('=')
            .append(encode(value(random, parameter)));
      }
    }
    if (random.nextInt(15) == 0) {
      query
          .append(query.isEmpty() ? '?' : '&')
          .append(
              pick(random, List.of("%zz=1", "&&&", "=", "a[]=1", "from=1h&from=2h", "x=%ff%fe")));
    }
    return query.toString();
  }

  private String value(Random random, Parameter parameter) {
    JsonNode schema = parameter.schema();
    if (parameter.name().equals("key") && random.nextBoolean()) {
      return pick(random, names);
    }
    if (schema.path("format").asString("").equals("uuid")) {
      return random.nextInt(3) == 0 ? pick(random, TEXTS) : pick(random, ids);
    }
    if (schema.path("type").asString("").equals("integer") && random.nextBoolean()) {
      long bound = schema.path(random.nextBoolean() ? "minimum" : "maximum").asLong(0);
      return Long.toString(bound + random.nextInt(3) - 1);
    }
    if (schema.path("enum").isArray() && random.nextBoolean()) {
      return pick(random, schema.path("enum"));
    }
    return pick(random, TEXTS);
  }

  private byte[] body(Random random, Operation operation) {
    int kind = random.nextInt(100);
    JsonNode schema = operation.body();
    if (kind < 20 || schema == null) {
      return pick(random, BODIES).getBytes(StandardCharsets.UTF_8);
    }
    if (kind < 21) {
      return ("{\"a\": \"" + "x".repeat(300_000) + "\"}").getBytes(StandardCharsets.UTF_8);
    }
    String json = JsonMapper.shared().writeValueAsString(value(random, "", schema, 0));
    return switch (kind) {
      case 21 -> json.getBytes(StandardCharsets.UTF_16);
      case 22 -> ("\uFEFF" + json).getBytes(StandardCharsets.UTF_8);
      case 23 -> json.getBytes(StandardCharsets.ISO_8859_1);
      case 24 -> json.substring(0, json.length() / 2).getBytes(StandardCharsets.UTF_8);
      default -> json.getBytes(StandardCharsets.UTF_8);
    };
  }

  /** A value that fits the schema more often than not. */
  private @Nullable Object value(Random random, String name, JsonNode schema, int depth) {
    if (depth > 0 && random.nextInt(5) == 0) {
      return anything(random);
    }
    String type =
        schema.path("type").isArray()
            ? pick(random, schema.path("type"))
            : schema.path("type").asString("");
    if (schema.path("enum").isArray()) {
      return pick(random, schema.path("enum"));
    }
    return switch (type) {
      case "object" -> {
        Map<String, Object> object = new LinkedHashMap<>();
        schema
            .path("properties")
            .forEachEntry((key, of) -> {
              if (random.nextInt(10) > 0) {
                object.put(key, value(random, key, of, depth + 1));
              }
            });
        if (schema.path("additionalProperties").isObject() || random.nextInt(10) == 0) {
          object.put(pick(random, TEXTS), pick(random, TEXTS));
        }
        yield object;
      }
      case "array" -> {
        List<Object> array = new ArrayList<>();
        for (int i = random.nextInt(random.nextInt(10) == 0 ? 40 : 3); i >= 0; i--) {
          array.add(value(random, name, schema.path("items"), depth + 1));
        }
        yield array;
      }
      case "boolean" -> random.nextBoolean();
      case "integer", "number" ->
          pick(random, List.of(0, 1, 5, 100, -1, 1_000_000, Long.MAX_VALUE, 0.5, 1e300));
      case "null" -> null;
      default -> text(random, name, schema);
    };
  }

  private String text(Random random, String name, JsonNode schema) {
    if (schema.path("format").asString("").equals("uuid")) {
      return pick(random, ids);
    }
    return switch (name) {
      case "from" -> pick(random, List.of("1h", "2026-11-20T00:00:00Z", "2000-01-01T00:00:00Z"));
      case "to" -> pick(random, List.of("now", "2026-11-21T00:00:00Z"));
      case "formula", "formulas" -> pick(random, FORMULAS);
      default -> random.nextInt(4) == 0 ? pick(random, names) : pick(random, TEXTS);
    };
  }

  private @Nullable Object anything(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> null;
      case 1 -> List.of(List.of(List.of()));
      case 2 -> Map.of("a", Map.of());
      case 3 -> random.nextLong();
      case 4 -> random.nextBoolean();
      default -> pick(random, TEXTS);
    };
  }

  private static String encode(String value) {
    return value.startsWith("%")
        ? value
        : URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String pick(Random random, JsonNode from) {
    return from.get(random.nextInt(from.size())).asString("");
  }
}
