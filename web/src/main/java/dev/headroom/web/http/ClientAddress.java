package dev.headroom.web.http;

import io.javalin.http.Context;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** Where a request came from. */
public final class ClientAddress {

  private static final String ATTRIBUTE = ClientAddress.class.getName();
  private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f.:]{2,45}");

  private ClientAddress() {}

  /**
   * Finds out and remembers it. A proxy that is trusted adds the address it was asked from at the
   * end of {@code X-Forwarded-For}; what stands before that was said by the client and is not
   * believed. Without such a proxy the header is not looked at.
   *
   * @param behindProxy whether a trusted proxy stands in front
   */
  public static String attachTo(Context context, boolean behindProxy) {
    String address = context.ip();
    if (behindProxy) {
      List<String> headers = Collections.list(context.req().getHeaders("X-Forwarded-For"));
      String last = headers.isEmpty() ? "" : headers.getLast();
      String added = last.substring(last.lastIndexOf(',') + 1).strip();
      if (ADDRESS.matcher(added).matches()) {
        address = added;
      }
    }
    context.attribute(ATTRIBUTE, address);
    return address;
  }

  /** Where this request came from. */
  public static String of(Context context) {
    String address = context.attribute(ATTRIBUTE);
    return Objects.requireNonNullElseGet(address, context::ip);
  }
}
