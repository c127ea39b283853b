package dev.headroom.web.token;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The secret half of a token: 32 random bytes behind a prefix that scanners for secrets can look
 * for. It is shown once; only its SHA-256 is kept, and because it is random that needs no salt.
 */
public final class TokenSecret {

  private static final String PREFIX = "hdrm_";
  private static final int BYTES = 32;

  private TokenSecret() {}

  /** A new one. */
  public static String make() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** What is kept of it. */
  public static byte[] sha256(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
