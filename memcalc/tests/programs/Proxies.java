import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** 2,000 interfaces of five methods and a proxy of each, as mappers, clients and repositories have them. */
class Proxies {
    static final int METHODS = 5;

    static class Loader extends ClassLoader {
        Class<?> define(byte[] bytes) {
            return defineClass(null, bytes, 0, bytes.length);
        }
    }

    public static void main(String[] arguments) throws Exception {
        var loader = new Loader();
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            Class<?>[] interfaces = {loader.define(named("made/Interface" + i))};
            all.add(Proxy.newProxyInstance(loader, interfaces, (proxy, method, given) -> null));
        }
        all.forEach(Object::toString);
        System.out.println("all done");
    }

    /** An interface with methods that take a text and a number. */
    static byte[] named(String name) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(0xCAFEBABE);
        shorts(out, 0, 52, 5 + 2 * METHODS);
        for (String text : new String[] {name, "java/lang/Object"}) {
            text(out, text);
            out.writeByte(7);
            shorts(out, text.equals(name) ? 1 : 3);
        }
        for (int i = 0; i < METHODS; i++) {
            text(out, "method" + i);
            text(out, "(Ljava/lang/String;I)Ljava/lang/Object;");
        }
        shorts(out, 0x0601, 2, 4, 0, 0, METHODS);
        for (int i = 0; i < METHODS; i++) {
            shorts(out, 0x0401, 5 + 2 * i, 6 + 2 * i, 0);
        }
        shorts(out, 0);
        return bytes.toByteArray();
    }

    static void text(DataOutputStream out, String text) throws IOException {
        out.writeByte(1);
        out.writeUTF(text);
    }

    static void shorts(DataOutputStream out, int... numbers) throws IOException {
        for (int number : numbers) {
            out.writeShort(number);
        }
    }
}
