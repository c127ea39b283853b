package dev.headroom.notebook;

import java.util.List;
import java.util.function.Function;
import org.dflib.DataFrame;
import org.rapaio.jupyter.kernel.display.DisplayData;
import org.rapaio.jupyter.kernel.display.DisplayRenderer;
import org.rapaio.jupyter.kernel.display.DisplayTransformer;
import org.rapaio.jupyter.kernel.display.spi.DisplayProvider;

/** Tells the kernel how a cell's value is shown; found by the kernel as a service. */
public final class Displays implements DisplayProvider {

  @Override
  public List<DisplayRenderer> getDisplayRenderers() {
    return List.of(
        new Renderer<>(DataFrame.class, frame -> DisplayData.fromHtml(Html.of(frame))),
        new Renderer<>(Picture.class, picture -> DisplayData.fromHtml(Html.of(picture))),
        new Renderer<>(
            Prose.class, prose -> DisplayData.withType("text/markdown", prose.markdown())));
  }

  @Override
  public List<DisplayTransformer> getDisplayTransformers() {
    return List.of();
  }

  private record Renderer<T>(Class<T> type, Function<T, DisplayData> show)
      implements DisplayRenderer {
    @Override
    public Class<?> rendererClass() {
      return type;
    }

    /** Each value has one form, whatever was asked for. */
    @Override
    public boolean canRender(String mimeType) {
      return true;
    }

    @Override
    public DisplayData render(String mimeType, Object value) {
      return show.apply(type.cast(value));
    }
  }
}
