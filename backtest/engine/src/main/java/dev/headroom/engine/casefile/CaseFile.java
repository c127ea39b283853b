package dev.headroom.engine.casefile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** A YAML file of worked examples; {@code docs/replay.md} describes every key. */
public final class CaseFile {

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
    try {
      Node root =
          new Compose(settings)
              .composeString(text)
              .orElseThrow(() -> new CaseFileException(fileName + ":1:1: there is no case in it"));
      return new CaseNode(fileName, root);
    } catch (MarkedYamlEngineException e) {
      throw new CaseFileException(
          CaseNode.place(fileName, e.getProblemMark().orElse(null)) + ": " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new CaseFileException(fileName + ": " + e.getMessage(), e);
    }
  }
}
