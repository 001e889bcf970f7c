//! Compiles the launcher that images get, and embeds it.
//!
//! Cargo cannot make one crate's program an input of another, and a program for images has to be static, small and the
//! same wherever it is built. So the compiler is called directly, for `memcalc` and then for the launcher. What goes into
//! the bytes: sources, compiler, and the C library and linker of the machine. What does not: paths, user, environment,
//! flags and profile of the surrounding build.

#![expect(clippy::disallowed_methods, reason = "sources, and programs made here")]

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The one target a launcher can be built for.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Flags for both crates.
const FLAGS: [&str; 13] = [
    "--edition=2024",
    "--cap-lints=allow",
    "-Copt-level=z",
    "-Cpanic=abort",
    "-Ccodegen-units=1",
    "-Cembed-bitcode=yes",
    "-Cdebuginfo=0",
    "-Cdebug-assertions=off",
    "-Coverflow-checks=off",
    "-Ctarget-cpu=x86-64",
    "-Ctarget-feature=+crt-static",
    // Not position-independent: smaller, and nothing to relocate when it starts.
    "-Crelocation-model=static",
    "-Cmetadata=stage-launcher",
];

/// Flags for the program alone.
const PROGRAM_FLAGS: [&str; 4] =
    ["-Clto=fat", "-Cstrip=symbols", "-Clink-arg=-Wl,--build-id=none", "-Clink-arg=-Wl,--no-eh-frame-hdr"];

#[expect(clippy::print_stderr, reason = "how a build script speaks to people; a returned error is printed as code")]
fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<()> {
    let target = env::var("TARGET")?;
    let workspace = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..").canonicalize()?;
    let output = PathBuf::from(env::var("OUT_DIR")?);
    tell("rerun-if-changed=build.rs");
    tell("rerun-if-changed=../launcher/src");
    tell("rerun-if-changed=../memcalc/src");
    tell("rerun-if-changed=../buildpacks/src");
    tell("rerun-if-changed=src");
    tell("rerun-if-env-changed=RUSTC");
    if target != TARGET {
        return Err(format!(
            "stage embeds a launcher for images, which can only be built for {TARGET} so far, not for {target}"
        )
        .into());
    }

    let compiler = Compiler::new(workspace)?;
    let library = output.join("libmemcalc.rlib");
    let program = output.join("launcher");
    compiler.run(&["--crate-type=lib", "--crate-name=memcalc", "memcalc/src/lib.rs"], &library)?;
    let library = format!("--extern=memcalc={}", library.display());
    let arguments = ["--crate-type=bin", "--crate-name=launcher", "launcher/src/main.rs", &library];
    compiler.run(&[&arguments[..], &PROGRAM_FLAGS[..]].concat(), &program)?;
    tell(&format!("rustc-env=STAGE_LAUNCHER_SHA256={}", sha256::hex(&fs::read(&program)?)));
    tell(&format!("rustc-env=STAGE_SOURCES_SHA256={}", sources(&compiler.workspace)?));
    Ok(())
}

/// What decides how results come about: the sources of every crate in `stage`, and the versions of the others. Part of
/// the keys of remembered results, so that another build of one version does not take them for its own.
fn sources(workspace: &Path) -> Result<String> {
    let mut pending: Vec<PathBuf> =
        ["stager/src", "buildpacks/src", "memcalc/src"].map(|path| workspace.join(path)).into();
    let mut files = vec![workspace.join("Cargo.lock")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                pending.push(entry?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    let mut listing = String::new();
    for file in files {
        tell(&format!("rerun-if-changed={}", file.display()));
        let name = file.strip_prefix(workspace)?.display().to_string();
        writeln!(listing, "{} {name}", sha256::hex(&fs::read(&file)?))?;
    }
    Ok(sha256::hex(listing.as_bytes()))
}

/// Says something to cargo.
fn tell(directive: &str) {
    println!("cargo::{directive}");
}

/// The compiler, called so that its output does not depend on where and by whom.
struct Compiler {
    program: PathBuf,
    workspace: PathBuf,
    /// Replaces paths that would end up in panic messages.
    remaps: Vec<String>,
}

impl Compiler {
    fn new(workspace: PathBuf) -> Result<Self> {
        let program = PathBuf::from(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let ask = |argument: &[&str]| -> Result<String> {
            let output = Command::new(&program).args(argument).output()?;
            Ok(String::from_utf8(output.stdout)?)
        };
        let version = ask(&["-vV"])?;
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
        let sysroot = ask(&["--print=sysroot"])?;
        // Where the standard library's sources are installed their local paths would show; elsewhere they are like this.
        let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
        let remaps = vec![
            format!("--remap-path-prefix={}=/stage", workspace.display()),
            format!("--remap-path-prefix={}=/rustc/{commit}", sources.display()),
        ];
        Ok(Self { program, workspace, remaps })
    }

    fn run(&self, arguments: &[&str], output: &Path) -> Result<()> {
        let mut command = Command::new(&self.program);
        // Sources are named relative to the workspace, so that its path is not part of theirs.
        command.current_dir(&self.workspace).args(FLAGS).args(&self.remaps).args(arguments);
        command.arg(format!("--target={TARGET}")).arg("-o").arg(output);
        for name in ["SOURCE_DATE_EPOCH", "RUSTC_BOOTSTRAP", "LIBRARY_PATH", "LD_RUN_PATH", "GCC_EXEC_PREFIX"] {
            command.env_remove(name);
        }
        let done = command.env("LC_ALL", "C").output()?;
        if done.status.success() {
            return Ok(());
        }
        let errors = String::from_utf8_lossy(&done.stderr);
        let mut message = format!("could not build the launcher for images: {command:?} failed\n{errors}");
        if errors.contains("linking with") {
            message.push_str("It needs the static C library `libc.a` (Debian: libc6-dev, Fedora: glibc-static)");
        }
        Err(message.into())
    }
}

/// SHA-256, here because a build dependency would be compiled a second time for the sake of one digest.
mod sha256 {
    use std::fmt::Write as _;

    const START: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    #[rustfmt::skip]
    const ROUNDS: [u32; 64] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ];

    /// The digest of some bytes, in hexadecimal.
    pub(crate) fn hex(bytes: &[u8]) -> String {
        let mut padded = bytes.to_vec();
        padded.push(0x80);
        padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
        padded.extend((bytes.len() as u64 * 8).to_be_bytes());
        let state = padded.chunks_exact(64).fold(START, compress);
        state.iter().fold(String::new(), |mut hex, word| {
            let _ = write!(hex, "{word:08x}");
            hex
        })
    }

    #[expect(clippy::many_single_char_names, reason = "the names of the standard, FIPS 180-4")]
    fn compress(state: [u32; 8], block: &[u8]) -> [u32; 8] {
        let mut words = [0_u32; 64];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for index in 16..64 {
            let (w15, w2) = (words[index - 15], words[index - 2]);
            let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ w15 >> 3;
            let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ w2 >> 10;
            words[index] = words[index - 16].wrapping_add(s0).wrapping_add(words[index - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (round, word) in ROUNDS.iter().zip(words) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = e & f ^ !e & g;
            let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*round).wrapping_add(word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add(a & b ^ a & c ^ b & c);
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        let mut next = state;
        for (word, add) in next.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(add);
        }
        next
    }
}
