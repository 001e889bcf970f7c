import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Builds an image of a Spring Boot jar with jib-core as Jib's own command line does it: the jar is unpacked into the
 * project cache, sliced by BOOT-INF/layers.idx, and written to a tar.
 *
 * <p>Usage: JibDriver JAR CACHE-FOLDER OUTPUT.tar
 */
public final class JibDriver {
  private record Slice(String name, List<String> members) {
    boolean holds(String path) {
      return members.stream().anyMatch(m -> m.endsWith("/") ? path.startsWith(m) : path.equals(m));
    }
  }

  public static void main(String[] args) throws Exception {
    Path jar = Path.of(args[0]);
    Path cache = Path.of(args[1]);
    Path exploded = cache.resolve("exploded");
    remove(exploded);
    unpack(jar, exploded);
    JibContainerBuilder builder = Jib.fromScratch().setPlatforms(Set.of(new Platform("amd64", "linux")));
    for (Slice slice : slices(exploded.resolve("BOOT-INF/layers.idx"))) {
      FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(slice.name());
      try (Stream<Path> files = Files.walk(exploded)) {
        for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
          String path = exploded.relativize(file).toString();
          if (slice.holds(path)) {
            layer.addEntry(file, AbsoluteUnixPath.get("/app/" + path));
          }
        }
      }
      builder.addFileEntriesLayer(layer.build());
    }
    builder.setEntrypoint("java", "-cp", "/app", "org.springframework.boot.loader.launch.JarLauncher");
    Containerizer target = Containerizer.to(TarImage.at(Path.of(args[2])).named("bench"));
    target.setApplicationLayersCache(cache.resolve("application"));
    target.setBaseImageLayersCache(cache.resolve("base"));
    System.out.println(builder.containerize(target).getDigest());
  }

  private static List<Slice> slices(Path index) throws Exception {
    List<Slice> slices = new ArrayList<>();
    for (String line : Files.readAllLines(index)) {
      String name = line.substring(line.indexOf('"') + 1, line.lastIndexOf('"'));
      if (line.startsWith("- ")) {
        slices.add(new Slice(name, new ArrayList<>()));
      } else {
        slices.get(slices.size() - 1).members().add(name);
      }
    }
    return slices;
  }

  private static void unpack(Path jar, Path to) throws Exception {
    try (InputStream in = Files.newInputStream(jar); ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path path = to.resolve(entry.getName()).normalize();
        if (entry.isDirectory()) {
          Files.createDirectories(path);
          continue;
        }
        Files.createDirectories(path.getParent());
        Files.copy(zip, path);
        FileTime time = entry.getLastModifiedTime();
        Files.setLastModifiedTime(path, time);
      }
    }
  }

  private static void remove(Path tree) throws Exception {
    if (!Files.exists(tree)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(path);
      }
    }
  }
}
