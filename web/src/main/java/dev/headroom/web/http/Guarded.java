package dev.headroom.web.http;

import io.javalin.http.Context;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What every request must pass before it is looked at, and what every answer says to browsers. */
public final class Guarded {

  /** Everything a page uses comes from here; nothing may be framed, embedded or sent elsewhere. */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");
  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private Guarded() {}

  /** The headers of every answer. */
  public static void setHeaders(Context context) {
    context.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("X-Frame-Options", "DENY");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cross-Origin-Opener-Policy", "same-origin");
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    context.header("Cache-Control", "no-store");
  }

  /**
   * Refuses requests that reached this process under a stranger's name: a page elsewhere that made
   * its name point to this machine would otherwise be taken for ours.
   */
  public static void requireLoopbackName(Context context) {
    String host = context.header("Host");
    if (host == null || !LOOPBACK_NAMES.contains(nameOf(host))) {
      throw ApiException.forbidden(
          "this process answers to localhost only",
          "open it as http://127.0.0.1 and its port, or start it with --tokens");
    }
  }

  /**
   * Refuses what another site's page made a browser send. Programs that are no browser send neither
   * header.
   */
  public static void requireOwnSite(Context context) {
    String site = context.header("Sec-Fetch-Site");
    boolean foreign = site != null && !OWN_SITES.contains(site);
    if (foreign || !isOwnOrigin(context.header("Origin"), context.header("Host"))) {
      throw ApiException.forbidden(
          "another site's page sent this request", "use the dashboard's own pages, or a program");
    }
    String contentType = context.contentType();
    if (contentType == null
        || !contentType.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw ApiException.badRequest("the body must be JSON", "send Content-Type: application/json");
    }
  }

  private static boolean isOwnOrigin(@Nullable String origin, @Nullable String host) {
    if (origin == null) {
      return true;
    }
    try {
      return URI.create(origin).getAuthority() != null
          && URI.create(origin).getAuthority().equalsIgnoreCase(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String nameOf(String host) {
    int colon = host.lastIndexOf(':');
    String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    return name.toLowerCase(Locale.ROOT);
  }
}
