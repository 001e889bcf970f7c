//! `memcalc count`.

use super::options::Options;
use memcalc::outcome::Outcome;
use memcalc::{count, files};
use std::fs;
use std::path::Path;

/// Java version assumed where none is given: any with modules gives the same.
const JAVA_MAJOR: i64 = 17;
/// First bytes of a run-time image, little endian.
const IMAGE_MAGIC: [u8; 4] = 0xcafe_dada_u32.to_le_bytes();

pub(super) fn run(args: &[String]) -> Outcome {
    match command(args) {
        Ok(Ok(number)) => Outcome::success(format!("{number}\n"), String::new()),
        Ok(Err(error)) => Outcome::failure(1, format!("{error}\n")),
        Err(message) => super::usage(&message),
    }
}

fn command(args: &[String]) -> Result<Result<i64, count::Error>, String> {
    let options = Options::parse(args, &["as", "java-major"], &[])?;
    let [path] = *options.positionals else { return Err("`count` needs one path".to_owned()) };
    let path = Path::new(path);
    let java = options.number("java-major")?.unwrap_or(JAVA_MAJOR);
    let java = u32::try_from(java).map_err(|_| format!("No Java version: `{java}`"))?;
    Ok(match options.get("as").unwrap_or("libjvm") {
        "libjvm" => libjvm(path).map(|classes| i64::try_from(classes).unwrap_or(i64::MAX)),
        "v5" => Ok(count::v5(path, java)),
        "v4-ruby" => Ok(count::v4_ruby(path, java)),
        other => return Err(format!("Unknown kind of counting: `{other}`")),
    })
}

/// As the helper does for directories; beyond that, single jars and run-time images.
fn libjvm(path: &Path) -> Result<u64, count::Error> {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return count::application(path);
    }
    if starts_with_magic(path) { count::jimage_file(path) } else { count::tree(path) }
}

fn starts_with_magic(path: &Path) -> bool {
    use std::io::Read as _;
    let mut magic = [0; 4];
    files::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == IMAGE_MAGIC
}
