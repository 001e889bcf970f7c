//! A web server on this machine, with or without TLS, and certificates for it. Both are made by programs of the system.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fs_err as fs;

/// Serves a folder, or answers what is posted to a path; with a certificate over TLS; with an authority only to clients
/// that it vouches for. Every request is a line of the log.
const SERVER: &str = r#"
import http.server, os, ssl, sys
folder, certificate, authority, log = sys.argv[1:5]
os.chdir(folder)
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(log, "ab") as file:
            file.write(b"POST " + self.path.encode() + b" " + body + b"\n")
        try:
            answer, code = open("." + self.path, "rb").read(), 200
        except OSError:
            answer, code = b"no", 500
        self.send_response(code)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda *_: None
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate + ".crt", certificate + ".key")
    if authority:
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// Ends with the value.
pub(crate) struct Server {
    process: Child,
    log: PathBuf,
    /// Where it is, such as `https://127.0.0.1:4711`.
    pub(crate) address: String,
}

impl Server {
    /// Serves `folder` in the clear.
    pub(crate) fn plain(folder: &Path) -> Self {
        Self::start(folder, "", "")
    }

    /// Serves `folder` over TLS.
    pub(crate) fn tls(folder: &Path, certificates: &Certificates) -> Self {
        Self::start(folder, &certificates.path("server"), "")
    }

    /// Serves `folder` to clients that the authority vouches for.
    pub(crate) fn for_clients(folder: &Path, certificates: &Certificates) -> Self {
        Self::start(folder, &certificates.path("server"), &certificates.path("authority.crt"))
    }

    fn start(folder: &Path, certificate: &str, authority: &str) -> Self {
        let log = folder.join("requests.log");
        let mut process = Command::new("python3")
            .args(["-c", SERVER])
            .arg(folder)
            .args([certificate, authority])
            .arg(&log)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is missing: scripts/setup-tests installs it");
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let scheme = if certificate.is_empty() { "http" } else { "https" };
        assert!(!port.is_empty(), "the server did not start");
        Self { process, log, address: format!("{scheme}://127.0.0.1:{}", port.trim()) }
    }

    /// What was posted: `POST path body`.
    pub(crate) fn posted(&self) -> Vec<String> {
        fs::read_to_string(&self.log).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authority, a server's and a client's certificate of it, and one of nobody's.
pub(crate) struct Certificates(tempfile::TempDir);

impl Certificates {
    pub(crate) fn new() -> Self {
        let certificates = Self(tempfile::tempdir().unwrap());
        certificates.make("authority", &["-addext", "basicConstraints=critical,CA:TRUE"]);
        for name in ["server", "client"] {
            let (authority, key) = (certificates.path("authority.crt"), certificates.path("authority.key"));
            let extensions =
                ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
            certificates.make(name, &[&["-CA", &authority, "-CAkey", &key], &extensions[..]].concat());
        }
        certificates.make("stranger", &["-addext", "basicConstraints=critical,CA:FALSE"]);
        certificates
    }

    fn make(&self, name: &str, more: &[&str]) {
        let (certificate, key) = (self.path(&format!("{name}.crt")), self.path(&format!("{name}.key")));
        let output = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", &format!("/CN={name}"), "-out", &certificate, "-keyout", &key])
            .args(more)
            .output()
            .expect("openssl is missing: scripts/setup-tests installs it");
        assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// A folder with the authority alone, as `CF_SYSTEM_CERT_PATH`.
    pub(crate) fn system(&self) -> String {
        let folder = self.0.path().join("system");
        fs::create_dir_all(&folder).unwrap();
        fs::copy(self.path("authority.crt"), folder.join("authority.crt")).unwrap();
        folder.display().to_string()
    }

    /// A file among them.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}
