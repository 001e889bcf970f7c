import com.sun.net.httpserver.HttpServer;
import java.lang.ref.SoftReference;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Holds 32 MB softly, as a cache does, and answers every request; closes connections without a word, as many do. */
public class Hold {
    private static final List<SoftReference<byte[]>> HELD = new ArrayList<>();

    public static void main(String[] arguments) throws Exception {
        for (int megabyte = 0; megabyte < 32; megabyte++) {
            HELD.add(new SoftReference<>(new byte[1 << 20]));
        }
        InetSocketAddress address = new InetSocketAddress(Integer.parseInt(System.getenv("PORT")));
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
    }
}
