import java.nio.file.Files;
import java.nio.file.Path;

/** Writes into its home folder and says where that is. */
public class Home {
    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(System.getenv("HOME"));
        Files.writeString(home.resolve("gr\u00f6\u00dfe.txt"), "written");
        System.out.println("wrote into " + home + ", user.home " + System.getProperty("user.home"));
    }
}
