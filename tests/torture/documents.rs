//! What people, other programs and the cache give to the program to read, and the commands that read it.

use std::fs;
use std::path::Path;

use crate::lies::lies;
use crate::mutation::mutate;
use crate::random::Random;
use crate::scenes::{SCENES, base, root_file_system, tar_of};
use crate::support::{BootJar, JavaBuildpack, copy_tree, fake_jre, gzip};

/// A file that is read, and who reads it.
pub(crate) struct Document {
    pub(crate) name: &'static str,
    /// The file below the world's folder; a folder's name stands for any file in it.
    pub(crate) file: &'static str,
    pub(crate) lay_out: fn(&Path),
    /// Commands, their arguments apart by spaces; `@` is the world's folder.
    pub(crate) commands: &'static [&'static str],
    pub(crate) change: fn(&mut Vec<u8>, &mut Random) -> &'static str,
}

const STAGE: &str = "@/app.jar --base none -o oci:@/out";
const DROPLET: &str = "@/app.jar --jre 17 -o droplet:@/out.tgz";
const MEMORY: &str = "memory @/app.jar --java=17 --limit=256M";
const FOLDER: &str = "@/app --base none -o oci:@/out";
const FOLDER_DROPLET: &str = "@/app --jre 17 -o droplet:@/out.tgz";
const FOLDER_MEMORY: &str = "memory @/app --java=17 --limit=256M";
const BASE: &str = "@/app.jar --base oci:@/base -o oci:@/out";
const BUILDPACK: &str = "@/app.jar --buildpack @/buildpack -o droplet:@/out.tgz";
const ARCHIVE: &str = "@/app.jar --base none -o oci-archive:@/out.tar";
const ADD: &str = "dependency add @/jre.zip --id fake --version 17.0.2 --prefix fake";
const BUILDER: &str = "builder -buildpackOrder=java_buildpack -buildDir=@/app -buildpacksDir=@/buildpacks \
                       -buildpacksDownloadDir=@/downloads -buildArtifactsCacheDir=@/artifacts \
                       -outputDroplet=@/out/droplet -outputMetadata=@/out/result.json \
                       -outputBuildArtifactsCache=@/out/cache.tgz";
const AGAIN: &str = "@/app.jar --base none --jre 17 -o oci:@/out";
const PARANOID: &str = "@/app.jar --base none --jre 17 --paranoid -o oci:@/out";

/// Every one.
pub(crate) fn documents() -> Vec<Document> {
    let document =
        |name, file, lay_out: fn(&Path), commands| Document { name, file, lay_out, commands, change: mutate };
    vec![
        document("jar", "app.jar", jar, &[STAGE, "detect @/app.jar", "plan @/app.jar --base none", MEMORY, DROPLET]),
        document("tar", "app.tar", tar, &["@/app.tar --base none -o oci:@/out", "detect @/app.tar"]),
        document("compressed tar", "app.tgz", tgz, &["@/app.tgz --base none -o oci:@/out", "detect @/app.tgz"]),
        document("manifest", "app/META-INF/MANIFEST.MF", folder, &[FOLDER, "detect @/app", FOLDER_DROPLET]),
        document("layers.idx", "app/BOOT-INF/layers.idx", folder, &[FOLDER]),
        document("classpath.idx", "app/BOOT-INF/classpath.idx", folder, &[FOLDER, FOLDER_DROPLET]),
        document("library", "app/BOOT-INF/lib/released-1.0.jar", folder, &[FOLDER, FOLDER_MEMORY]),
        document("class", "app/BOOT-INF/classes/demo/Main.class", folder, &[FOLDER, FOLDER_MEMORY]),
        document("Procfile", "app/Procfile", procfile, &[FOLDER, "detect @/app"]),
        document("ignore file", "app/.stageignore", ignore_file, &[FOLDER, "detect @/app"]),
        document("memory profile", "app.jar.memory-profile", profile, &[STAGE, MEMORY]),
        document(
            "catalogue",
            "more.toml",
            catalogue,
            &[
                "@/app.jar --base none --catalogue @/more.toml -o oci:@/out",
                "dependency list --all --catalogue @/more.toml",
            ],
        ),
        document("root file system", "base.tar", rootfs, &["@/app.jar --base rootfs:@/base.tar -o oci:@/out"]),
        document("base", "base", oci_base, &[BASE, "inspect oci:@/base", "inspect @/base --json"]),
        document("base's index", "base/index.json", oci_base, &[BASE, "inspect oci:@/base"]),
        document("output's index", "out/index.json", output, &["@/app.jar --base none -o oci:@/out:new", STAGE]),
        document("output", "out", output, &[STAGE, PARANOID]),
        document(
            "dependency",
            "cache/dependencies/sha256",
            jar,
            &[AGAIN, "dependency list", "dependency verify", DROPLET],
        ),
        document("cache", "cache/layers", jar, &[AGAIN, PARANOID]),
        document("archive to add", "jre.zip", archive_to_add, &[ADD, "dependency import @/jre.zip"]),
        document(
            "buildpack's manifest",
            "buildpack/manifest.yml",
            buildpack,
            &[BUILDPACK, "dependency import @/buildpack"],
        ),
        document("buildpack's archives", "buildpack/dependencies", buildpack, &[BUILDPACK]),
        Document {
            change: lies,
            ..document(
                "lies of a zip",
                "app.jar",
                jar,
                &[STAGE, "detect @/app.jar", "plan @/app.jar --base none", MEMORY],
            )
        },
    ]
}

/// Places where files are made, or looked for, that are not documents.
pub(crate) fn more_places() -> Vec<Document> {
    let place = |name, file, lay_out: fn(&Path), commands| Document { name, file, lay_out, commands, change: mutate };
    vec![
        place("leftover of a layout", ".out.stage-evil", jar, &[STAGE]),
        place("leftover of an archive", ".out.tar.stage-evil", jar, &[ARCHIVE]),
        place("leftover of a droplet", ".out.tgz.stage-evil", jar, &[DROPLET]),
        place("leftover in a layout", "out/.new-evil", output, &[STAGE]),
        place("leftover among blobs", "out/blobs/sha256/.new-evil", output, &[STAGE]),
        place("leftover in the cache", "cache/layers/tmp/evil", jar, &[STAGE]),
        place("leftover of dependencies", "cache/dependencies/tmp/evil", archive_to_add, &[ADD]),
        place("lock of dependencies", "cache/dependencies/tmp.lock", archive_to_add, &[ADD]),
        place("locks of layers", "cache/layers/locks", jar, &[STAGE, DROPLET]),
        place("memory of the cache", "cache/layers/memo", jar, &[STAGE, PARANOID]),
        place("tag of the cache", "cache/CACHEDIR.TAG", jar, &[STAGE]),
        place("cache", "cache", jar, &[STAGE, "dependency list"]),
        place(
            "application",
            "app.jar",
            jar,
            &[STAGE, DROPLET, "detect @/app.jar", "plan @/app.jar --base none", MEMORY],
        ),
        place("application's file", "app", folder, &[FOLDER, FOLDER_DROPLET, "detect @/app", FOLDER_MEMORY]),
        place("base's folder", "base", jar, &[BASE, "inspect oci:@/base"]),
        place("root file system's file", "base.tar", jar, &["@/app.jar --base rootfs:@/base.tar -o oci:@/out"]),
        place("base's archive", "base.tar", jar, &["@/app.jar --base oci-archive:@/base.tar -o oci:@/out"]),
        place("output: layout", "out", jar, &[STAGE]),
        place("output: archive", "out.tar", jar, &[ARCHIVE]),
        place("output: droplet", "out.tgz", jar, &[DROPLET]),
        place("output: blobs", "out/blobs", output, &[STAGE]),
        place("buildpack's version", "buildpack/VERSION", buildpack, &[BUILDPACK]),
        place("builder's Procfile", "app/Procfile", builder, &[BUILDER]),
        place("builder's launch.yml", "app/launch.yml", builder, &[BUILDER]),
        place("builder's buildpack", "buildpacks", builder, &[BUILDER]),
        place("builder's artifacts", "artifacts", builder, &[BUILDER]),
        place("output: builder's droplet", "out/droplet", builder, &[BUILDER]),
        place("output: builder's metadata", "out/result.json", builder, &[BUILDER]),
    ]
}

/// The built-in buildpack's builder.
fn builder(place: &Path) {
    let scene = SCENES.iter().find(|scene| scene.name == "builder, built-in buildpack").unwrap();
    (scene.inputs)(place);
    (scene.before)(place);
}

fn jar(place: &Path) {
    BootJar::new().write(&place.join("app.jar"));
}

fn tar(place: &Path) {
    fs::write(place.join("app.tar"), tar_of(&BootJar::new())).unwrap();
}

fn tgz(place: &Path) {
    fs::write(place.join("app.tgz"), gzip(&tar_of(&BootJar::new()))).unwrap();
}

fn folder(place: &Path) {
    BootJar::new().explode(&place.join("app"), 0o644);
}

fn procfile(place: &Path) {
    folder(place);
    fs::write(place.join("app/Procfile"), "web: java -jar app.jar --port $PORT\nworker: run it\n").unwrap();
}

fn ignore_file(place: &Path) {
    folder(place);
    fs::write(place.join("app/.stageignore"), "# nothing\n*.bak\n!kept/**\n/top\n").unwrap();
}

fn profile(place: &Path) {
    jar(place);
    let text = "application = \"0123456789abcdef\"\nprofiles = [\"java=17 heap=1000000 metaspace=20000000\"]\n";
    fs::write(place.join("app.jar.memory-profile"), text).unwrap();
}

fn catalogue(place: &Path) {
    jar(place);
    let text = format!(
        "[defaults]\nopenjdk = \"17.x\"\n\n[[dependency]]\nid = \"openjdk\"\nname = \"A JRE\"\nkind = \"jre\"\n\
         version = \"17.0.20+10\"\nos = \"linux\"\narch = \"amd64\"\nuri = \"https://host/x.tar.gz\"\n\
         sha256 = \"{}\"\nprefix = \"a/b\"\nstrip = 1\n",
        "42fe5962".repeat(8)
    );
    fs::write(place.join("more.toml"), text).unwrap();
}

fn rootfs(place: &Path) {
    jar(place);
    fs::write(place.join("base.tar"), root_file_system()).unwrap();
}

fn oci_base(place: &Path) {
    jar(place);
    copy_tree(&base(), &place.join("base"));
}

fn output(place: &Path) {
    jar(place);
    copy_tree(&base(), &place.join("out"));
}

fn archive_to_add(place: &Path) {
    fs::write(place.join("jre.zip"), fake_jre("17.0.2")).unwrap();
}

fn buildpack(place: &Path) {
    jar(place);
    JavaBuildpack::new().write(&place.join("buildpack"));
}
