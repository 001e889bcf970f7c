"""Small applications, made by code, that answer `GET /index.html` with `it works` on $PORT."""

import subprocess
import zipfile
from pathlib import Path

from .programs import PROJECT, present

NODE = """\
require('http').createServer((_, answer) => answer.end('it works\\n')).listen(process.env.PORT);
"""

GO = """\
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(answer, "it works") })
	if err := http.ListenAndServe(":"+os.Getenv("PORT"), nil); err != nil {
		panic(err)
	}
}
"""

JAVA = """\
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

public class Main {
    public static void main(String[] arguments) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv("PORT"))), 0);
        server.createContext("/", exchange -> {
            byte[] answer = "it works\\n".getBytes();
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }
}
"""

FILES = {
    "files-with-procfile": {"index.html": "it works\n", "Procfile": "web: exec python3 -m http.server $PORT\n"},
    "files": {"index.html": "it works\n"},
    "staticfile": {"Staticfile": "root: public\n", "public/index.html": "it works\n", "public/.hidden": "x"},
    "node": {"package.json": '{"name": "small", "version": "1.0.0", "scripts": {"start": "node server.js"}}\n', "server.js": NODE},
    "go": {"go.mod": "module small\n\ngo 1.23\n", "main.go": GO},
}


def make(name: str, folder: Path) -> Path:
    """Makes the application in the folder, which is not there yet."""
    folder.mkdir()
    if name == "zipkin":
        unzip(Path.home() / ".m2/repository/io/zipkin/zipkin-server/3.5.1/zipkin-server-3.5.1-exec.jar", folder)
    elif name == "seed":
        unzip(PROJECT / ".cache/fixtures/seed-config-server.jar", folder)
    elif name in ("java-main", "java-3-main"):
        java_main(folder, "17" if name == "java-main" else "8")
    else:
        for file, content in FILES[name].items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(content)
    return folder


def unzip(jar: Path, folder: Path) -> None:
    """Explodes a jar as `unzip` does."""
    with zipfile.ZipFile(present(jar)) as archive:
        archive.extractall(folder)


def java_main(folder: Path, version: str) -> None:
    """A folder with a class for a version of Java and a manifest that names it."""
    (folder / "META-INF").mkdir()
    (folder / "META-INF/MANIFEST.MF").write_text("Manifest-Version: 1.0\nMain-Class: Main\n")
    source = folder / "Main.java"
    source.write_text(JAVA)
    subprocess.run(["javac", "-Xlint:none", "--release", version, "-d", folder, source], check=True, capture_output=True)
    source.unlink()
