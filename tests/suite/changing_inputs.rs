//! Inputs that are written while they are staged: whatever a run makes of them, what it keeps is right for later ones.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use sha2::Digest as _;

use crate::support::{BootJar, Item, World, digest_of, fake_jre};

/// How often an input is flipped to and fro while it is staged; the long run is `scripts/torture`.
const ROUNDS: usize = 8;
/// What is flipped, in one place of an input. Neither size nor anything else changes.
const ONE: &[u8] = b"the content that counts: AAAAAAAA";
const OTHER: &[u8] = b"the content in between :  BBBBBBB";

/// An input and how it is staged.
struct Input {
    /// The file that is written to.
    file: PathBuf,
    arguments: Vec<String>,
}

impl Input {
    fn of(application: &Path, file: PathBuf, base: &str) -> Self {
        let arguments = [application.to_str().unwrap(), "--base", base, "--json", "-o", "oci:out"];
        Self { file, arguments: arguments.map(str::to_owned).into() }
    }
}

/// Content in front of and behind the place that is flipped, so that reading it takes a while.
fn large() -> Vec<u8> {
    let noise = |seed: u32| (0..3_u32 << 20).map(move |at| (at.wrapping_mul(2_654_435_761) ^ seed).to_le_bytes()[2]);
    noise(1).chain(ONE.iter().copied()).chain(noise(2)).collect()
}

fn boot_folder(world: &World) -> PathBuf {
    let folder = world.path("folder");
    let jar = BootJar::new();
    for item in jar.zip().items {
        let path = folder.join(String::from_utf8(item.name.clone()).unwrap());
        if item.name.ends_with(b"/") {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &item.data).unwrap();
        }
    }
    folder
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn folder(world: &World) -> Input {
    let folder = boot_folder(world);
    let file = folder.join("BOOT-INF/classes/data.bin");
    fs::write(&file, large()).unwrap();
    Input::of(&folder, file, "none")
}

/// The bytes lie in an entry without a sum of its own: a zip's would tell.
fn application_tar(world: &World) -> Input {
    let jar = BootJar::new().zip();
    let large = large();
    let files = jar.items.iter().filter(|item| !item.name.ends_with(b"/"));
    let names: Vec<_> = files.map(|item| (String::from_utf8(item.name.clone()).unwrap(), item.data.clone())).collect();
    let mut members: Vec<(&str, &[u8])> = names.iter().map(|(name, data)| (name.as_str(), data.as_slice())).collect();
    members.push(("BOOT-INF/classes/data.bin", &large));
    let file = world.path("app.tar");
    fs::write(&file, tar(&members)).unwrap();
    Input::of(&file, file.clone(), "none")
}

fn jar(world: &World) -> Input {
    let mut zip = BootJar::new().zip();
    zip.items.push(Item::new("BOOT-INF/classes/data.bin", large()));
    let file = world.path("app.jar");
    fs::write(&file, zip.bytes()).unwrap();
    Input::of(&file, file.clone(), "none")
}

fn root_file_system(world: &World) -> Input {
    let application = BootJar::new().write(&world.path("app.jar"));
    let file = world.path("base.tar");
    fs::write(&file, tar(&[("etc/os-release", b"ID=some\n"), ("usr/lib/data", &large())])).unwrap();
    let base = format!("rootfs:{}", file.display());
    Input::of(&application, file, &base)
}

/// Stages while the input is flipped to and fro, and leaves it as it was.
fn stage_while_it_flips(world: &World, input: &Input, seed: usize) {
    let bytes = fs::read(&input.file).unwrap();
    let at = bytes.windows(ONE.len()).position(|window| window == ONE).unwrap() as u64;
    let file = fs::File::options().write(true).open(&input.file).unwrap();
    let mut command = world.command();
    let mut run = command.args(&input.arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    let mut pause = 20 + 37 * seed as u128;
    let mut next = 0;
    let mut turn = 0_usize;
    let status = loop {
        if let Some(status) = run.try_wait().unwrap() {
            break status;
        }
        if started.elapsed().as_micros() >= next {
            turn += 1;
            file.write_all_at(if turn % 2 == 1 { OTHER } else { ONE }, at).unwrap();
            pause = pause * 75 % 65_537;
            next = started.elapsed().as_micros() + pause;
        }
        std::thread::yield_now();
    };
    let output = run.wait_with_output().unwrap();
    file.write_all_at(ONE, at).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(status.code(), Some(0 | 1)), "{status}: {said}");
}

fn assert_blobs_are_what_they_are_called(world: &World) {
    for entry in fs::read_dir(world.cache().join("layers/blobs/sha256")).unwrap() {
        let path = entry.unwrap().path();
        let found = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(fs::read(&path).unwrap()));
        assert_eq!(path.file_name().unwrap().to_str(), Some(found.as_str()));
    }
}

fn digest(world: &World, input: &Input) -> String {
    digest_of(&world.run(&input.arguments).ok().json())
}

#[test]
fn inputs_that_change_while_they_are_staged_never_get_into_the_cache() {
    for (name, make) in [
        ("folder", folder as fn(&World) -> Input),
        ("tar", application_tar),
        ("jar", jar),
        ("root file system", root_file_system),
    ] {
        let world = World::new();
        let input = make(&world);
        let reference = digest(&world, &input);
        for round in 0..ROUNDS {
            fs::remove_dir_all(world.cache().join("layers")).unwrap();
            stage_while_it_flips(&world, &input, round);
            assert_eq!(digest(&world, &input), reference, "{name}, round {round}");
            assert_blobs_are_what_they_are_called(&world);
        }
    }
}

#[test]
fn an_archive_of_the_cache_that_changes_while_it_is_staged_never_gets_into_a_layer() {
    let world = World::empty();
    let application = BootJar::new().write(&world.path("app.jar"));
    let archive = world.path("runtime.zip");
    fs::write(&archive, fake_jre("17.0.1")).unwrap();
    let add = ["dependency", "add", "runtime.zip", "--id", "fake", "--version", "17.0.1", "--prefix", "fake"];
    world.run(add).ok();
    let arguments = [application.to_str().unwrap(), "--base", "none", "--json", "-o", "oci:out"];
    let reference = digest_of(&world.run(arguments).ok().json());
    let cached = fs::read_dir(world.cache().join("dependencies/sha256")).unwrap().map(|entry| entry.unwrap().path());
    let cached = cached.into_iter().find(|path| path.extension().is_none()).unwrap();
    let bytes = fs::read(&cached).unwrap();
    for round in 0..ROUNDS {
        fs::remove_dir_all(world.cache().join("layers")).unwrap();
        let mut run = world.command();
        let mut run = run.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut turn = round;
        let status = loop {
            if let Some(status) = run.try_wait().unwrap() {
                break status;
            }
            turn += 1;
            let at = turn * 31 % bytes.len();
            // It may lie in quarantine by now.
            if let Ok(file) = fs::File::options().write(true).open(&cached) {
                file.write_all_at(&[!bytes[at]], at as u64).unwrap();
                file.write_all_at(&bytes[at..=at], at as u64).unwrap();
            }
            std::thread::yield_now();
        };
        assert!(matches!(status.code(), Some(0 | 1 | 41)), "{status}");
        world.run(add).ok();
        assert_eq!(digest_of(&world.run(arguments).ok().json()), reference, "round {round}");
        assert_blobs_are_what_they_are_called(&world);
    }
}
