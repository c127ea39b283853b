package dev.headroom.web;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * How the web process runs.
 *
 * @param bind the address to listen on
 * @param port to listen on; 0 takes a free one
 * @param tokens whether callers must show a token; without, whoever reaches the port may do
 *     everything
 * @param behindProxy whether a proxy that ends TLS stands in front, so that its headers say where a
 *     request came from
 * @param requestsPerSecond how often one caller may call, over time
 */
public record WebConfig(
    String bind, int port, boolean tokens, boolean behindProxy, double requestsPerSecond) {

  private static final double REQUESTS_PER_SECOND = 200;

  /** A free port of this machine, without tokens. */
  public static final WebConfig LOOPBACK = of("127.0.0.1", 0, false, false);

  /** With the usual limit for requests. */
  public static WebConfig of(String bind, int port, boolean tokens, boolean behindProxy) {
    return new WebConfig(bind, port, tokens, behindProxy, REQUESTS_PER_SECOND);
  }

  /**
   * @throws IllegalArgumentException when other machines could do everything without a token
   */
  public WebConfig {
    if (!tokens && !isLoopback(bind)) {
      throw new IllegalArgumentException(
          "on %s other machines reach the dashboard: give --tokens, and put a proxy with TLS in front of it (--behind-proxy)"
              .formatted(bind));
    }
    if (!tokens && behindProxy) {
      throw new IllegalArgumentException(
          "behind a proxy everybody it lets through could do everything: give --tokens");
    }
    if (!isLoopback(bind) && !behindProxy) {
      throw new IllegalArgumentException(
          "tokens must not cross the network in the clear: put a proxy with TLS in front of %s and say --behind-proxy"
              .formatted(bind));
    }
  }

  public WebConfig withTokens() {
    return new WebConfig(bind, port, true, behindProxy, requestsPerSecond);
  }

  public WebConfig withRequestsPerSecond(double other) {
    return new WebConfig(bind, port, tokens, behindProxy, other);
  }

  private static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("there is no address " + address, e);
    }
  }
}
