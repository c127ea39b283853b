package dev.headroom.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows of words under a header: aligned columns for a terminal, Markdown for a pipe. */
public final class TextTable {

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  public TextTable(String... header) {
    this.header = List.of(header);
  }

  /**
   * Adds a row.
   *
   * @throws IllegalArgumentException when it has another number of cells than the header
   */
  public void add(Object... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          cells.length + " cells under " + header.size() + " headings");
    }
    rows.add(IntStream.range(0, cells.length).mapToObj(i -> String.valueOf(cells[i])).toList());
  }

  /** The table as this terminal wants it. */
  public String render(Terminal terminal) {
    return terminal.outIsTerminal() ? aligned() : markdown();
  }

  private String aligned() {
    int columns = header.size();
    int[] widths = new int[columns];
    for (int column = 0; column < columns; column++) {
      int index = column;
      widths[column] =
          IntStream.concat(
                  IntStream.of(header.get(index).length()),
                  rows.stream().mapToInt(row -> row.get(index).length()))
              .max()
              .orElse(0);
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : withHeader()) {
      String line =
          IntStream.range(0, columns)
              .mapToObj(i -> row.get(i) + " ".repeat(widths[i] - row.get(i).length()))
              .collect(Collectors.joining("  "));
      text.append(line.stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private String markdown() {
    StringBuilder text = new StringBuilder();
    List<List<String>> lines = withHeader();
    for (int i = 0; i < lines.size(); i++) {
      text.append(
          lines.get(i).stream()
              .map(cell -> cell.replace("|", "\\|").replace("\n", " "))
              .collect(Collectors.joining(" | ", "| ", " |\n")));
      if (i == 0) {
        text.append("|---".repeat(header.size())).append("|\n");
      }
    }
    return text.toString();
  }

  private List<List<String>> withHeader() {
    List<List<String>> lines = new ArrayList<>();
    lines.add(header);
    lines.addAll(rows);
    return lines;
  }
}
