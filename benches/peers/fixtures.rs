//! What the commands work on: the jar, its variants, a cache that holds the JRE's layer, Jib's class path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::jar;
use crate::measure::command::quiet;
use crate::measure::ground;

/// Files and folders of a bench.
pub(crate) struct Fixtures {
    /// Everything below here is the bench's own.
    pub(crate) work: PathBuf,
    /// The jar, without the launch script that Jib cannot read.
    pub(crate) jar: PathBuf,
    /// The jar with one class changed, and with the same class changed in another way.
    pub(crate) changed: [PathBuf; 2],
    /// A cache folder that holds the JRE and its layer and the base, for each compression.
    pub(crate) cache: PathBuf,
    /// A copy of it for the runs that fill it.
    pub(crate) warm_cache: PathBuf,
    /// Class path of the Jib driver, unless it is left out.
    pub(crate) jib: Option<String>,
}

impl Fixtures {
    /// Makes what is not there yet.
    pub(crate) fn prepare(with_jib: bool) -> io::Result<Self> {
        let project = ground::project()?;
        let work = project.join(".cache/bench");
        fs::create_dir_all(&work)?;
        let bytes = fs::read(ground::zipkin()?)?;
        let names = ["zipkin.jar", "changed-1.jar", "changed-2.jar"].map(|name| work.join(name));
        for (change, name) in names.iter().enumerate() {
            let class = "BOOT-INF/classes/zipkin/server/ZipkinServer.class";
            fs::write(name, jar::rewrite(&bytes, class, u8::try_from(change).unwrap_or(0))?)?;
        }
        let [jar, one, two] = names;
        let cache = prepare_cache(&work, &jar)?;
        let jib = if with_jib { Some(jib(&project, &work)?) } else { None };
        let warm_cache = work.join("warm-cache");
        if warm_cache.exists() {
            fs::remove_dir_all(&warm_cache)?;
        }
        quiet(Command::new("cp").arg("-a").arg(&cache).arg(&warm_cache))?;
        Ok(Self { work, jar, changed: [one, two], cache, warm_cache, jib })
    }
}

fn prepare_cache(work: &Path, jar: &Path) -> io::Result<PathBuf> {
    let cache = work.join("cache");
    ground::clear(&cache)?;
    let stage = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stage"));
        command.env("STAGE_CACHE_DIR", &cache).env_remove("SOURCE_DATE_EPOCH").env_remove("BP_JVM_VERSION");
        command
    };
    ground::add_jre(&cache)?;
    // Stages another application of the same JRE, so that the JRE's, the base's and the launcher's layers are there and
    // the application's are not.
    let other = work.join("other.jar");
    fs::write(&other, jar::minimal(&fs::read(jar)?)?)?;
    for compression in ["none", "zstd", "gzip"] {
        let output = work.join("prepared");
        if output.exists() {
            fs::remove_dir_all(&output)?;
        }
        let target = format!("oci:{}", output.display());
        quiet(stage().arg(&other).args(["--compression", compression, "-o", &target]))?;
    }
    Ok(cache)
}

/// Compiles the driver; Maven says where jib-core lies.
fn jib(project: &Path, work: &Path) -> io::Result<String> {
    let source = project.join("benches/jib");
    let list = work.join("jib-class-path");
    if !list.is_file() {
        let goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath";
        let to = format!("-Dmdep.outputFile={}", list.display());
        quiet(Command::new("mvn").arg("-B").arg("-q").arg("-f").arg(source.join("pom.xml")).args([goal, &to]))?;
    }
    let class_path = fs::read_to_string(&list)?;
    let classes = work.join("jib-classes");
    fs::create_dir_all(&classes)?;
    let driver = source.join("JibDriver.java");
    quiet(Command::new("javac").args(["-nowarn", "-cp", &class_path, "-d"]).arg(&classes).arg(driver))?;
    Ok(format!("{}:{class_path}", classes.display()))
}
