package dev.headroom.model;

/** What the guard of an instance does: nothing, count, or refuse. */
public enum GuardMode {
  OFF,
  SHADOW,
  ENFORCE
}
