package dev.headroom.collector.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The defined dynamic symbols of a 64-bit little-endian ELF file, such as the {@code postgres}
 * executable, which exports its globals for its extensions.
 *
 * <p>Shapes are those of the System V ABI, chapters 4 and 5 (ELF header, section header, symbol
 * table, program header).
 */
public final class ElfSymbols {

  /**
   * A symbol: its address as linked (add the load bias for a running process) and its size in
   * bytes.
   */
  public record Symbol(String name, long address, long sizeBytes) {}

  /** A PT_LOAD segment: where it stands in the file and where it was linked to, in bytes. */
  private record Segment(long fileOffset, long address) {}

  /** A section header's fields that are needed here. */
  private record Section(int type, long offset, long sizeBytes, int link, long entryBytes) {}

  private static final int ELF_MAGIC = 0x464c457f;
  private static final int HEADER_BYTES = 64;
  private static final int PROGRAM_HEADER_BYTES = 56;
  private static final int SECTION_HEADER_BYTES = 64;
  private static final int SYMBOL_BYTES = 24;
  private static final long PAGE_BYTES = 4096;
  private static final int PT_LOAD = 1;
  private static final int SHT_DYNSYM = 11;

  private final Path file;
  private final List<Segment> segments;
  private final Map<String, Symbol> symbols;

  private ElfSymbols(Path file, List<Segment> segments, Map<String, Symbol> symbols) {
    this.file = file;
    this.segments = List.copyOf(segments);
    this.symbols = Map.copyOf(symbols);
  }

  /**
   * Reads the dynamic symbols of {@code file}; {@code /proc/<pid>/exe} works across containers.
   *
   * @throws IOException when the file cannot be read, is not a 64-bit little-endian ELF file, or is
   *     cut short
   */
  public static ElfSymbols read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer header = read(channel, file, 0, HEADER_BYTES);
      if (header.getInt(0) != ELF_MAGIC || header.get(4) != 2 || header.get(5) != 1) {
        throw new IOException(
            file + ": not a 64-bit little-endian ELF file, so it has no symbols to read");
      }
      List<Section> sections =
          readSections(channel, file, header.getLong(40), Short.toUnsignedInt(header.getShort(60)));
      Map<String, Symbol> symbols = new HashMap<>();
      for (Section section : sections) {
        if (section.type() == SHT_DYNSYM) {
          readSymbols(channel, file, section, sections, symbols);
        }
      }
      List<Segment> segments =
          readSegments(channel, file, header.getLong(32), Short.toUnsignedInt(header.getShort(56)));
      return new ElfSymbols(file, segments, symbols);
    }
  }

  /** The symbol of that name, if the file defines it. */
  public Optional<Symbol> find(String name) {
    return Optional.ofNullable(symbols.get(name));
  }

  /**
   * Where {@code name} lies in the memory of the running process {@code pid}, whose executable this
   * file is; what {@code /proc/<pid>/mem} takes as offset. Empty when the file does not define the
   * symbol. A forked child that has not executed another program has the same addresses as its
   * parent.
   *
   * @throws IOException when the process is gone, is not readable, or does not map this file
   */
  public Optional<Long> findAddress(String name, long pid) throws IOException {
    Optional<Symbol> symbol = find(name);
    return symbol.isEmpty()
        ? Optional.empty()
        : Optional.of(loadBias(pid) + symbol.get().address());
  }

  private long loadBias(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    Path executable = process.resolve("exe");
    if (!Files.isSameFile(executable, file)) {
      throw new IOException("process %d runs another program than %s".formatted(pid, file));
    }
    String mapped = Files.readSymbolicLink(executable).toString();
    for (String line : Files.readAllLines(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
      // address perms offset dev inode path; the path may hold spaces
      String[] fields = line.split(" +", 6);
      if (fields.length == 6 && fields[5].equals(mapped)) {
        long start = Long.parseUnsignedLong(fields[0], 0, fields[0].indexOf('-'), 16);
        return start - linkedAddress(Long.parseUnsignedLong(fields[2], 16));
      }
    }
    throw new IOException(
        "process %d does not map %s any more; it has probably ended".formatted(pid, mapped));
  }

  /**
   * The linked address of the page that stands at {@code fileOffset}: mappings start at page
   * borders, segments need not.
   */
  private long linkedAddress(long fileOffset) throws IOException {
    for (Segment segment : segments) {
      long slack = segment.fileOffset() % PAGE_BYTES;
      if (segment.fileOffset() - slack == fileOffset) {
        return segment.address() - slack;
      }
    }
    throw new IOException("%s: no loadable segment at file offset %d".formatted(file, fileOffset));
  }

  private static List<Section> readSections(FileChannel channel, Path file, long offset, int count)
      throws IOException {
    ByteBuffer table = read(channel, file, offset, (long) count * SECTION_HEADER_BYTES);
    List<Section> sections = new ArrayList<>(count);
    for (int at = 0; at < table.limit(); at += SECTION_HEADER_BYTES) {
      sections.add(
          new Section(
              table.getInt(at + 4),
              table.getLong(at + 24),
              table.getLong(at + 32),
              table.getInt(at + 40),
              table.getLong(at + 56)));
    }
    return sections;
  }

  private static List<Segment> readSegments(FileChannel channel, Path file, long offset, int count)
      throws IOException {
    ByteBuffer table = read(channel, file, offset, (long) count * PROGRAM_HEADER_BYTES);
    List<Segment> segments = new ArrayList<>();
    for (int at = 0; at < table.limit(); at += PROGRAM_HEADER_BYTES) {
      if (table.getInt(at) == PT_LOAD) {
        segments.add(new Segment(table.getLong(at + 8), table.getLong(at + 16)));
      }
    }
    return segments;
  }

  private static void readSymbols(
      FileChannel channel,
      Path file,
      Section section,
      List<Section> sections,
      Map<String, Symbol> symbols)
      throws IOException {
    if (section.entryBytes() != SYMBOL_BYTES || section.link() >= sections.size()) {
      throw new IOException(
          file
              + ": malformed dynamic symbol table (entries of "
              + section.entryBytes()
              + " bytes)");
    }
    Section strings = sections.get(section.link());
    ByteBuffer names = read(channel, file, strings.offset(), strings.sizeBytes());
    ByteBuffer table = read(channel, file, section.offset(), section.sizeBytes());
    for (int at = 0; at + SYMBOL_BYTES <= table.limit(); at += SYMBOL_BYTES) {
      boolean defined = table.getShort(at + 6) != 0;
      int nameOffset = table.getInt(at);
      if (defined && nameOffset > 0 && nameOffset < names.limit()) {
        String name = text(names, nameOffset);
        symbols.put(name, new Symbol(name, table.getLong(at + 8), table.getLong(at + 16)));
      }
    }
  }

  private static String text(ByteBuffer bytes, int from) {
    int to = from;
    while (to < bytes.limit() && bytes.get(to) != 0) {
      to++;
    }
    return StandardCharsets.UTF_8.decode(bytes.slice(from, to - from)).toString();
  }

  private static ByteBuffer read(FileChannel channel, Path file, long offset, long sizeBytes)
      throws IOException {
    if (offset < 0 || sizeBytes < 0 || offset + sizeBytes > channel.size()) {
      throw new IOException(
          "%s: cut short: needs %d bytes at %d, has %d"
              .formatted(file, sizeBytes, offset, channel.size()));
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(sizeBytes)).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new IOException(file + ": ended while it was read");
      }
    }
    return bytes.flip();
  }
}
