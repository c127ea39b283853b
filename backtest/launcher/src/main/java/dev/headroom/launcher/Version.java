package dev.headroom.launcher;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** What {@code headroom --version} prints: the build's version and the Java it runs on. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Headroom.class.getPackage().getImplementationVersion();
    return new String[] {
      "headroom "
          + Objects.requireNonNullElse(version, "(from classes)")
          + " on Java "
          + Runtime.version()
    };
  }
}
