//! What `STAGE_TIMINGS=1` says.

use crate::support::{BootJar, JavaBuildpack, Staging};

const KEY: &str = "java_buildpack";

fn staging() -> Staging {
    let staging = Staging::new().key(KEY).variable("CF_STACK", "cflinuxfs4");
    BootJar::new().explode(&staging.path("app"), 0o644);
    let cache = staging.path("pieces").display().to_string();
    staging.variable("STAGE_CACHE_DIR", &cache)
}

/// The line with every time, which has one decimal, as `N`.
fn without_times(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let number = word.split_once('.').filter(|(whole, tenths)| {
            tenths.len() == 1 && [*whole, *tenths].concat().bytes().all(|b| b.is_ascii_digit()) && !whole.is_empty()
        });
        if number.is_some() { "N" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_staging_ends_with_one_line_of_times_when_asked() {
    let staging = staging();
    JavaBuildpack::new().write(&staging.buildpack_folder(KEY));
    for value in ["", "0", "true"] {
        let other = staging.builder(&[]).env("STAGE_TIMINGS", value).output().unwrap();
        assert_eq!((other.status.code(), &*String::from_utf8_lossy(&other.stderr)), (Some(0), ""), "{value}");
    }
    let line = |hit: &str| {
        format!("total N ms (open N ms, choose N ms, build N ms, deps/0/jre {hit} N ms, droplet N ms, cache N ms)\n")
    };
    let staging = staging.variable("STAGE_TIMINGS", "1");
    for hit in ["hit", "miss"] {
        if hit == "miss" {
            fs_err::remove_dir_all(staging.path("pieces")).unwrap();
        }
        let staged = staging.stage(&[]);
        assert_eq!((staged.code, without_times(&staged.stderr)), (Some(0), line(hit)), "{staged:?}");
    }
}

#[test]
fn a_staging_that_fails_says_how_far_it_came_before_it_says_why() {
    let broken = JavaBuildpack::new().with("openjdk", b"no archive".to_vec());
    let whole = JavaBuildpack::new();
    let (compile, nothing) = (
        "Failed to compile droplet: Failed to run all supply scripts: exit status 14\n",
        "None of the buildpacks detected a compatible application\n",
    );
    for (buildpack, has_application, code, phases, reason) in
        [(&broken, true, 223, "open N ms, choose N ms", compile), (&whole, false, 222, "open N ms", nothing)]
    {
        let staging = if has_application { staging() } else { Staging::new().key(KEY).app("index.html", "x") };
        buildpack.write(&staging.buildpack_folder(KEY));
        let silent = staging.stage(&[]);
        assert_eq!((silent.code, &*silent.stderr), (Some(code), reason), "{silent:?}");
        let staged = staging.variable("STAGE_TIMINGS", "1").stage(&[]);
        assert_eq!(staged.code, Some(code), "{staged:?}");
        assert_eq!(without_times(&staged.stderr), format!("total N ms ({phases})\n{reason}"));
    }
}
