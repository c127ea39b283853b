package dev.headroom.web.http;

import io.javalin.http.Context;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What every request must pass before it is looked at, and what every answer says to browsers. */
public final class Guarded {

  /** Everything a page uses comes from here; nothing may be framed, embedded or sent elsewhere. */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          + "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** Read as it came: Javalin and Jetty fail over an encoding that they do not know. */
  private static final String CONTENT_TYPE = "Content-Type";

  private static final Set<String> UTF_8 =
      Set.of("charset=utf-8", "charset=\"utf-8\"", "charset=utf8");
  private static final Set<String> OWN_SITES = Set.of("same-origin", "none");
  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  /** The headers of every answer. */
  public static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy", CONTENT_SECURITY_POLICY,
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY",
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Opener-Policy", "same-origin",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Permissions-Policy", "camera=(), geolocation=(), microphone=()",
          "Cache-Control", "no-store");

  private Guarded() {}

  /**
   * Refuses what would be read in another way than it looks: a method in a header, which proxies
   * and logs would not see, and texts in another encoding than JSON has.
   */
  public static void requirePlain(Context context) {
    if (context.header("X-HTTP-Method-Override") != null) {
      throw ApiException.badRequest(
          "a method in a header is not taken", "send the method in the request's first line");
    }
    String contentType = context.header(CONTENT_TYPE);
    if (contentType != null && !isUtf8(contentType)) {
      throw ApiException.badRequest(
          "the request has another encoding than UTF-8", "send UTF-8, or leave charset out");
    }
  }

  private static boolean isUtf8(String contentType) {
    for (String parameter : contentType.split(";", -1)) {
      String text = parameter.strip().toLowerCase(Locale.ROOT);
      if (text.startsWith("charset") && !UTF_8.contains(text)) {
        return false;
      }
    }
    return true;
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
    String contentType = context.header(CONTENT_TYPE);
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
      String authority = URI.create(origin).getAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
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
