package dev.headroom.web.page;

import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The dashboard's files. All of them are read at the start, so that a request never touches a file
 * system and no path of a request is ever looked up in one.
 */
public final class Pages implements Routes {

  /** What addresses show the shell; its script reads the address. */
  private static final List<String> VIEWS =
      List.of(
          "/",
          "/instances",
          "/instances/{id}",
          "/incidents/{id}",
          "/backtests",
          "/backtests/{id}",
          "/rollouts",
          "/rollouts/{id}",
          "/audit");

  private static final String FOLDER = "static/";
  private static final String LIST = FOLDER + "files.txt";
  private static final String SHELL = "index.html";
  private static final String ICON = "icon.svg";

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "txt", "text/plain; charset=utf-8");

  /** A file as it is sent; everything but the bytes is a header. */
  private static final class Asset {
    private final byte[] bytes;
    private final String type;
    private final String etag;

    Asset(byte[] bytes, String type) {
      this.bytes = bytes;
      this.type = type;
      this.etag = '"' + hash(bytes) + '"';
    }
  }

  @Override
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    Asset shell = read(SHELL);
    VIEWS.forEach(
        view -> routes.add(Route.get(view, Scope.PUBLIC, context -> send(context, shell))));
    // Where there is no page, as behind /healthz, a browser asks for this by itself.
    Asset icon = read(ICON);
    routes.add(Route.get("/favicon.ico", Scope.PUBLIC, context -> send(context, icon)));
    for (String file : listFiles()) {
      if (!file.equals(SHELL)) {
        Asset asset = read(file);
        routes.add(Route.get("/assets/" + file, Scope.PUBLIC, context -> send(context, asset)));
      }
    }
    return routes;
  }

  private static void send(Context context, Asset asset) {
    context.header("Cache-Control", "no-cache");
    context.header("ETag", asset.etag);
    if (asset.etag.equals(context.header("If-None-Match"))) {
      context.status(304);
      return;
    }
    context.contentType(asset.type);
    context.result(asset.bytes);
  }

  private static List<String> listFiles() {
    return new String(bytes(LIST), StandardCharsets.UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList();
  }

  private static Asset read(String file) {
    byte[] bytes = bytes(FOLDER + file);
    String type = TYPES.get(file.substring(file.lastIndexOf('.') + 1));
    if (type == null) {
      throw new IllegalStateException("nobody knows what type " + file + " is");
    }
    return new Asset(bytes, type);
  }

  private static byte[] bytes(String resource) {
    try (InputStream in = Pages.class.getResourceAsStream("/dev/headroom/web/" + resource)) {
      if (in == null) {
        throw new IllegalStateException("the build left out " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
