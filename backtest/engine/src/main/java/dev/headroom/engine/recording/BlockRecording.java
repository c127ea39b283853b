package dev.headroom.engine.recording;

import dev.headroom.engine.columnar.BlockFile;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.model.InstanceRecording;
import java.io.IOException;

/** An instance whose samples lie in a file of column blocks. */
final class BlockRecording implements StreamedRecording {

  private final RecordingHeader header;
  private final BlockFile file;
  private final BlockNotes notes;

  /**
   * @param events the recording without its samples
   */
  BlockRecording(BlockFile file, InstanceRecording events) throws IOException {
    this.file = file;
    notes = BlockNotes.of(file.notes());
    header = notes.header(events);
  }

  @Override
  public RecordingHeader header() {
    return header;
  }

  @Override
  public SampleFeed openSamples() {
    return new BlockFeed(file, notes.texts(), header.instance().id());
  }
}
