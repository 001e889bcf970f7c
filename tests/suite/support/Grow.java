import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Takes more and more of one kind of memory, and keeps it. */
public class Grow {
    /** Defines this program's own class anew. */
    static class Again extends ClassLoader {
        final Class<?> found;

        Again(byte[] bytes) {
            super(null);
            found = defineClass("Grow", bytes, 0, bytes.length);
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<Object> kept = new ArrayList<>();
        byte[] bytes;
        try (InputStream file = Grow.class.getResourceAsStream("/Grow.class")) {
            bytes = file.readAllBytes();
        }
        while (true) {
            switch (System.getenv("GROW")) {
                case "heap" -> kept.add(new byte[1 << 16]);
                case "classes" -> kept.add(new Again(bytes));
                case "direct" -> kept.add(ByteBuffer.allocateDirect(1 << 16));
                default -> throw new IllegalArgumentException("GROW");
            }
        }
    }
}
