import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import javax.net.ssl.SSLContext;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;

/** One class, and much of Java itself: 3,300 classes. */
class Parts {
    public static void main(String[] arguments) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        var place = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        HttpClient.newHttpClient().send(HttpRequest.newBuilder(place).build(), BodyHandlers.ofString());
        var document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new ByteArrayInputStream("<a/>".getBytes()));
        TransformerFactory.newInstance().newTransformer()
            .transform(new DOMSource(document), new StreamResult(new ByteArrayOutputStream()));
        ManagementFactory.getPlatformMBeanServer();
        SSLContext.getDefault().getSupportedSSLParameters();
        System.out.println("all done");
        System.exit(0);
    }
}
