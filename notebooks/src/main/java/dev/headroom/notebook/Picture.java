package dev.headroom.notebook;

/**
 * A drawing with words under it; the last value of a cell is shown.
 *
 * @param svg one {@code svg} element, drawn with the colours of this package's style sheet
 * @param caption what a reader should see in it, as plain text
 */
public record Picture(String svg, String caption) {}
