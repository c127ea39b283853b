package dev.headroom.engine.casefile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/** A YAML file of worked examples; {@code docs/replay.md} describes every key. */
public final class CaseFile {

  private static final int DEEPEST = 20;

  private CaseFile() {}

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read
   * @throws CaseFileException when it is not a list of cases
   */
  public static List<ReplayCase> read(Path file) throws IOException {
    return parse(file.toString(), Files.readString(file));
  }

  /**
   * Reads a text.
   *
   * @param fileName what errors call it
   * @throws CaseFileException when it is not a list of cases
   */
  public static List<ReplayCase> parse(String fileName, String text) {
    List<ReplayCase> cases = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (CaseNode node : compose(fileName, text).list()) {
      ReplayCase replayCase = CaseReader.read(node);
      if (!names.add(replayCase.name())) {
        throw node.error("there are two cases named '" + replayCase.name() + "'");
      }
      cases.add(replayCase);
    }
    return List.copyOf(cases);
  }

  private static CaseNode compose(String fileName, String text) {
    LoadSettings settings = LoadSettings.builder().setLabel(fileName).setUseMarks(true).build();
    checkCharacters(fileName, text);
    try {
      checkDepth(fileName, settings, text);
      Node root =
          new Compose(settings)
              .composeString(text)
              .orElseThrow(() -> new CaseFileException(fileName + ":1:1: there is no case in it"));
      return new CaseNode(fileName, root);
    } catch (MarkedYamlEngineException e) {
      throw new CaseFileException(
          CaseNode.place(fileName, e.getProblemMark().orElse(null)) + ": " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new CaseFileException(fileName + ":1:1: " + e.getMessage(), e);
    }
  }

  /** YAML has no control characters, and its reader would not say where one is. */
  private static void checkCharacters(String fileName, String text) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int point = text.codePointAt(i);
      if (!StreamReader.isPrintable(point)) {
        throw new CaseFileException(
            "%s:%s:%s: the character U+%s cannot stand in a text"
                .formatted(fileName, line, column, HexFormat.of().toHexDigits((char) point)));
      }
      column++;
      if (point == '\n') {
        line++;
        column = 1;
      }
    }
  }

  /** What reads a tree follows it down; no case is deep. */
  private static void checkDepth(String fileName, LoadSettings settings, String text) {
    int depth = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      switch (event) {
        case CollectionStartEvent _ -> depth++;
        case CollectionEndEvent _ -> depth--;
        default -> {}
      }
      if (depth > DEEPEST) {
        throw new CaseFileException(
            CaseNode.place(fileName, event.getStartMark().orElse(null))
                + ": lists and mappings stand in each other more than %s deep".formatted(DEEPEST));
      }
    }
  }
}
